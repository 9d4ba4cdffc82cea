package egress

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"code.dny.dev/ssrf"
)

// ErrBlocked is a destination that the gateway does not connect to. It goes to the log; people are told no more than
// that the destination is not reachable, so that nobody can map a network by trying.
var ErrBlocked = errors.New("destination is not allowed")

// platformAddress serves one cloud's machines from a public address that stands in no registry.
var platformAddress = netip.MustParsePrefix("168.63.129.16/32")

const (
	dialTimeout   = 10 * time.Second // for all addresses of a name together
	addressWait   = 5 * time.Second  // for one of them
	maxHostLength = 253
)

// Resolver finds the addresses of a name; *net.Resolver is one.
type Resolver interface {
	LookupNetIP(ctx context.Context, network, host string) ([]netip.Addr, error)
}

// guard is a transport that judges each URL before a request and each address before a connection.
type guard struct {
	resolver  Resolver
	allowed   []netip.Prefix
	judgement *ssrf.Guardian
	dialer    net.Dialer
	transport *http.Transport
	log       *slog.Logger
}

func newGuard(cfg Config) *guard {
	g := &guard{
		resolver:  cfg.Resolver,
		allowed:   cfg.AllowedNets,
		judgement: ssrf.New(ssrf.WithPorts(cfg.Ports...), ssrf.WithDeniedV4Prefixes(platformAddress)),
		log:       cfg.Logger,
	}
	g.dialer = net.Dialer{Timeout: addressWait, Control: g.control}
	g.transport = &http.Transport{
		Proxy:                  nil, // the environment does not decide where we connect
		DialContext:            g.dial,
		TLSClientConfig:        &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: cfg.RootCAs},
		TLSHandshakeTimeout:    dialTimeout,
		ForceAttemptHTTP2:      true,
		MaxIdleConnsPerHost:    16,
		IdleConnTimeout:        30 * time.Second,
		MaxResponseHeaderBytes: 256 << 10,
	}
	return g
}

// RoundTrip checks the URL, then sends the request. Redirects are the caller's affair: they are answers here.
func (g *guard) RoundTrip(req *http.Request) (*http.Response, error) {
	if err := checkURL(req.URL); err != nil {
		if req.Body != nil {
			_ = req.Body.Close()
		}
		return nil, err
	}
	return g.transport.RoundTrip(req)
}

// checkURL refuses what parsers read differently or what never leads to a public web server. The addresses behind a
// name are judged later, when they are dialled.
func checkURL(u *url.URL) error {
	host := u.Hostname()
	switch {
	case u.Scheme != "http" && u.Scheme != "https":
		return fmt.Errorf("%w: scheme %q", ErrBlocked, u.Scheme)
	case u.Opaque != "" || host == "" || len(host) > maxHostLength:
		return fmt.Errorf("%w: no valid host", ErrBlocked)
	case u.User != nil:
		return fmt.Errorf("%w: user information in the address", ErrBlocked)
	case !isHostname(host):
		return fmt.Errorf("%w: host name has characters that are not allowed", ErrBlocked)
	}
	return nil
}

// isHostname accepts literal addresses without a zone and names of letters, digits, dots, hyphens and underscores
// whose last label is not a number: resolvers disagree on "127.1", "0x7f.1" and "2130706433".
func isHostname(host string) bool {
	if addr, err := netip.ParseAddr(host); err == nil {
		return addr.Zone() == ""
	}
	for _, r := range host {
		if !(r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '.' || r == '-' || r == '_') {
			return false
		}
	}
	labels := strings.Split(strings.TrimSuffix(host, "."), ".")
	last := labels[len(labels)-1]
	return !slices.Contains(labels, "") && (last[0] < '0' || last[0] > '9')
}

// dial resolves the name once, refuses it as a whole when one of its addresses is not allowed, and connects to the
// addresses it has judged, so that a second answer of the name server changes nothing.
func (g *guard) dial(ctx context.Context, network, address string) (net.Conn, error) {
	ctx, cancel := context.WithTimeout(ctx, dialTimeout)
	defer cancel()
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return nil, err
	}
	number, err := strconv.ParseUint(port, 10, 16)
	if err != nil {
		return nil, err
	}
	addrs, err := g.lookup(ctx, host)
	if err != nil {
		return nil, err
	}
	for _, addr := range addrs {
		if err := g.judge(netip.AddrPortFrom(addr, uint16(number))); err != nil {
			g.log.WarnContext(ctx, "destination refused", "host", host, "error", err)
			return nil, err
		}
	}
	var failed error
	for _, addr := range addrs {
		conn, err := g.dialer.DialContext(ctx, network, netip.AddrPortFrom(addr.Unmap(), uint16(number)).String())
		if err == nil {
			return conn, nil
		}
		failed = errors.Join(failed, err)
	}
	return nil, failed
}

func (g *guard) lookup(ctx context.Context, host string) ([]netip.Addr, error) {
	if addr, err := netip.ParseAddr(host); err == nil {
		return []netip.Addr{addr}, nil
	}
	addrs, err := g.resolver.LookupNetIP(ctx, "ip", host)
	if err == nil && len(addrs) == 0 {
		err = &net.DNSError{Err: "no address", Name: host, IsNotFound: true}
	}
	return addrs, err
}

// judge decides on one address. What the installation allows explicitly is allowed on each port.
func (g *guard) judge(dest netip.AddrPort) error {
	addr := dest.Addr().Unmap()
	if addr.Zone() != "" {
		return fmt.Errorf("%w: address with a zone", ErrBlocked)
	}
	for _, net := range g.allowed {
		if net.Contains(addr) {
			return nil
		}
	}
	if err := g.judgement.SafeAddrPort(netip.AddrPortFrom(addr, dest.Port())); err != nil {
		return fmt.Errorf("%w: %w", ErrBlocked, err)
	}
	return nil
}

// control is the last look, at the moment of connecting.
func (g *guard) control(_, address string, _ syscall.RawConn) error {
	dest, err := netip.ParseAddrPort(address)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrBlocked, err)
	}
	return g.judge(dest)
}
