// Package egress is the one way out. Requests of connectors, and of the gateway itself to addresses that people type,
// leave through it: it sends to declared hosts only, judges each address when it is dialled, puts secrets in on the way
// out and takes them out on the way in, and keeps time and size limits. It knows nothing of flows; a ticket says on
// whose behalf a request leaves.
package egress

import (
	"bytes"
	"cmp"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptrace"
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/cordboard/cordboard/core/internal/connection"
	"github.com/cordboard/cordboard/sdk/protocol"
)

// Config of a Gateway. The zero value works and reaches public addresses on ports 80 and 443.
type Config struct {
	AllowedNets []netip.Prefix // destinations allowed although they are private; on any port
	Ports       []uint16       // of all other destinations; default 80 and 443
	Timeout     time.Duration  // of a request whose context has no deadline; default 30 s
	MaxResponse int            // bytes of an answer's body; default 4 MiB
	Resolver    Resolver       // default net.DefaultResolver
	RootCAs     *x509.CertPool // default the system's
	Logger      *slog.Logger   // default slog.Default
}

// Gateway sends requests. It implements protocol.Gateway and connection.Tickets.
type Gateway struct {
	guard       *guard
	timeout     time.Duration
	maxResponse int
	log         *slog.Logger
	tickets     tickets
}

// New returns a Gateway. Call CloseIdle when it is no longer used.
func New(cfg Config) *Gateway {
	if len(cfg.Ports) == 0 {
		cfg.Ports = []uint16{80, 443}
	}
	if cfg.Resolver == nil {
		cfg.Resolver = net.DefaultResolver
	}
	cfg.Logger = cmp.Or(cfg.Logger, slog.Default())
	return &Gateway{
		guard:       newGuard(cfg),
		timeout:     cmp.Or(cfg.Timeout, 30*time.Second),
		maxResponse: cmp.Or(cfg.MaxResponse, 4<<20),
		log:         cfg.Logger,
	}
}

// Client returns a client for requests of the gateway itself to addresses that people typed, such as outgoing
// webhooks: the same guard, no redirects, no cookies, and no limit but the guard's on time and size.
func (g *Gateway) Client() *http.Client {
	return &http.Client{
		Transport:     g.guard,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// Allows refuses an address that is never connected to, as far as the address alone tells: what a name stands for is
// judged when it is dialled.
func (g *Gateway) Allows(u *url.URL) error {
	if err := checkURL(u); err != nil {
		return err
	}
	addr, err := netip.ParseAddr(u.Hostname())
	if err != nil {
		return nil // a name
	}
	port := map[string]uint64{"http": 80, "https": 443}[u.Scheme]
	if text := u.Port(); text != "" {
		if port, err = strconv.ParseUint(text, 10, 16); err != nil {
			return fmt.Errorf("%w: port %q", ErrBlocked, text)
		}
	}
	return g.guard.judge(netip.AddrPortFrom(addr, uint16(port)))
}

// CloseIdle closes connections that are kept for later requests.
func (g *Gateway) CloseIdle() { g.guard.transport.CloseIdleConnections() }

// Do sends one request on behalf of the call that the ticket stands for. Each error is a *protocol.Failure. It is
// Retryable when nothing left or repeating is harmless by the method, and Unknown when the provider may have acted.
func (g *Gateway) Do(ctx context.Context, ticket string, in protocol.HTTPRequest) (protocol.HTTPResponse, error) {
	t := g.tickets.find(ticket)
	if t == nil {
		return protocol.HTTPResponse{}, failure(protocol.Permanent, "This call has ended; its requests are not sent any more.")
	}
	ctx, cancel := t.bind(ctx, g.timeout)
	defer cancel()
	now := t.current()
	out, err := g.patiently(ctx, now, in)
	if err != nil || out.Status != http.StatusUnauthorized || now.grant.Renew == nil {
		return out, err
	}
	// A request that is refused for its token had no effect, so it may leave once more with another one.
	renewed := t.renew(ctx, now)
	if renewed == nil {
		return out, nil
	}
	out, err = g.patiently(ctx, renewed, in)
	if err == nil && out.Status == http.StatusUnauthorized {
		t.renew(ctx, renewed) // it is for the connection to say what that means
	}
	return out, err
}

// send sends one request with the credentials of t and records it.
func (g *Gateway) send(ctx context.Context, t *ticket, in protocol.HTTPRequest) (protocol.HTTPResponse, error) {
	req, sent, err := t.request(ctx, in)
	if err != nil {
		t.record(connection.Exchange{At: time.Now(), Method: in.Method, Error: err.Error()})
		return protocol.HTTPResponse{}, err
	}
	seen := connection.Exchange{
		At: time.Now(), Method: req.Method, Sent: sent,
		Host: t.secrets().mask(req.URL.Host), Path: t.secrets().mask(req.URL.EscapedPath()),
	}
	out, err := g.exchange(req, t.secrets())
	seen.Status, seen.Received, seen.Duration = out.Status, len(out.Body), time.Since(seen.At)
	if err != nil {
		seen.Error = err.Error()
	}
	t.record(seen)
	return out, err
}

// exchange sends the finished request and reads the answer within the limits.
func (g *Gateway) exchange(req *http.Request, secrets *secrets) (protocol.HTTPResponse, error) {
	var left atomic.Bool
	trace := &httptrace.ClientTrace{WroteHeaders: func() { left.Store(true) }}
	req = req.WithContext(httptrace.WithClientTrace(req.Context(), trace))
	resp, err := g.guard.RoundTrip(req)
	if err != nil {
		return protocol.HTTPResponse{}, g.explain(req, secrets, err, left.Load())
	}
	defer func() { _ = resp.Body.Close() }()
	body, err := io.ReadAll(io.LimitReader(resp.Body, int64(g.maxResponse)+1))
	out := protocol.HTTPResponse{Status: resp.StatusCode}
	if err != nil {
		return out, g.explain(req, secrets, err, true)
	}
	if len(body) > g.maxResponse {
		host := secrets.mask(req.URL.Hostname())
		return out, failure(protocol.Permanent, fmt.Sprintf("%s: reply too large, more than %d bytes.", host, g.maxResponse))
	}
	out.Header, out.Body = secrets.hideHeader(resp.Header), secrets.hide(body)
	return out, nil
}

// explain turns a transport error into words that hold no address, query or secret. Blocked, refused, unknown and
// slow destinations read the same.
func (g *Gateway) explain(req *http.Request, secrets *secrets, err error, left bool) *protocol.Failure {
	host := secrets.mask(req.URL.Hostname())
	g.log.WarnContext(req.Context(), "request failed", "host", host, "method", req.Method, "error", reason(err))
	kind := protocol.Retryable
	if left && req.Method != http.MethodGet && req.Method != http.MethodHead {
		kind = protocol.Unknown
	}
	var certificate *tls.CertificateVerificationError
	switch {
	case errors.As(err, &certificate):
		return failure(protocol.Retryable, host+": the TLS certificate is not valid.")
	case !left:
		return failure(protocol.Retryable, host+": the destination is not reachable.")
	case errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled):
		return failure(kind, host+": no answer in time.")
	default:
		return failure(kind, host+": the connection broke before the answer was complete.")
	}
}

// reason is an error for the log, without the URL that net/url puts around it.
func reason(err error) string {
	if op := new(net.OpError); errors.As(err, &op) {
		return op.Error()
	}
	return err.Error()
}

func failure(kind protocol.FailureKind, message string) *protocol.Failure {
	return &protocol.Failure{Kind: kind, Message: message, Source: protocol.FromGateway}
}

// methods are those that a connector may use.
var methods = []string{
	http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete, http.MethodOptions,
}

// request builds what leaves: the address, the declared headers, and secrets instead of handles. It also returns the
// size of the body.
func (t *ticket) request(ctx context.Context, in protocol.HTTPRequest) (*http.Request, int, error) {
	target, err := t.target(in.URL)
	if err != nil {
		return nil, 0, err
	}
	header, err := t.header(in.Header)
	if err != nil {
		return nil, 0, err
	}
	method := cmp.Or(in.Method, http.MethodGet)
	if !slices.Contains(methods, method) {
		return nil, 0, failure(protocol.Permanent, fmt.Sprintf("The request has no valid method: %.20q.", in.Method))
	}
	body := t.secrets().putBody(in.Body, header.Get("Content-Type"))
	req, err := http.NewRequestWithContext(ctx, method, "", bytes.NewReader(body))
	if err != nil {
		return nil, 0, failure(protocol.Permanent, "The request cannot be made.")
	}
	req.URL, req.Host, req.Header = target, target.Host, header
	return req, len(body), nil
}
