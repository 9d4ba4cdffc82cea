// Package conformance holds what a connector is examined with, whatever runs it: a gateway in memory, providers that
// answer as no provider should, and what may come of each answer. Package sdktest examines connectors in Go inside
// their tests with it; cordboard connector check examines programs in any language.
package conformance

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path"
	"slices"
	"strings"
	"sync"

	"github.com/cordboard/cordboard/sdk/protocol"
)

// Ticket is the one that Gateway takes.
const Ticket = "tkt_test"

// AccessToken is the token of connections for which a gateway would have to get one.
const AccessToken = "token-7Qw2-of-the-test"

// Gateway is a gateway in memory: it fills in what Auth declares, swaps handles for secrets, refuses hosts that are
// not declared, and lets a handler play the provider.
type Gateway struct {
	auth     protocol.Auth
	values   map[string]string // of the settings, secrets in the clear
	settings json.RawMessage   // as the connector sees them, secrets as handles
	secrets  *strings.Replacer // handles to secrets
	handles  *strings.Replacer // secrets to handles
	provider http.Handler

	mu         sync.Mutex
	sent       []Sent
	undeclared []string
}

var _ protocol.Gateway = (*Gateway)(nil)

// Sent is a request as the provider saw it.
type Sent struct {
	Method string
	URL    string
	Header http.Header
	Body   []byte
}

// NewGateway returns a gateway for one connection, whose settings hold its secrets in the clear.
func NewGateway(auth protocol.Auth, settings json.RawMessage, provider http.Handler) *Gateway {
	g := &Gateway{auth: auth, values: auth.Values(settings), provider: provider}
	if auth.HasToken() && g.values[protocol.AccessToken] == "" {
		g.values[protocol.AccessToken] = AccessToken
	}
	var fields map[string]any
	if err := json.Unmarshal(auth.Fields.Normalize(settings), &fields); err != nil {
		fields = map[string]any{}
	}
	var secrets, handles []string
	for _, f := range auth.Fields.Fields {
		if secret := g.values[f.Name]; f.Secret && secret != "" {
			handle := "hdl_" + f.Name + "_x7Qw2"
			fields[f.Name] = handle
			secrets = append(secrets, handle, secret)
			if len(secret) >= 8 { // a shorter one would be found in the middle of words
				handles = append(handles, secret, handle)
			}
		}
	}
	g.settings, _ = json.Marshal(fields) // strings and what json.Unmarshal made
	g.secrets, g.handles = strings.NewReplacer(secrets...), strings.NewReplacer(handles...)
	return g
}

// Requests returns what left so far, in order.
func (g *Gateway) Requests() []Sent {
	g.mu.Lock()
	defer g.mu.Unlock()
	return append([]Sent(nil), g.sent...)
}

// Undeclared returns the hosts that were asked though no template of Auth allows them, each once.
func (g *Gateway) Undeclared() []string {
	g.mu.Lock()
	defer g.mu.Unlock()
	return slices.Compact(slices.Sorted(slices.Values(g.undeclared)))
}

// Settings are the connection's as the connector sees them, secrets as handles.
func (g *Gateway) Settings() json.RawMessage { return g.settings }

// Leaks returns the names of the fields whose secret or handle is in a text. Secrets of less than eight characters are
// not looked for: they are found in the middle of words.
func (g *Gateway) Leaks(text string) []string {
	var leaked []string
	for _, f := range g.auth.Fields.Fields {
		secret := g.values[f.Name]
		if f.Secret && secret != "" && (len(secret) >= 8 && strings.Contains(text, secret) || strings.Contains(text, "hdl_"+f.Name)) {
			leaked = append(leaked, f.Name)
		}
	}
	return leaked
}

// Do lets the provider answer.
func (g *Gateway) Do(ctx context.Context, ticket string, req protocol.HTTPRequest) (protocol.HTTPResponse, error) {
	if err := ctx.Err(); err != nil {
		return protocol.HTTPResponse{}, err
	}
	if ticket != Ticket {
		return protocol.HTTPResponse{}, refused("the ticket is not known")
	}
	target, err := g.resolve(req.URL)
	if err != nil {
		return protocol.HTTPResponse{}, err
	}
	body := []byte(g.secrets.Replace(string(req.Body)))
	out := httptest.NewRequestWithContext(ctx, req.Method, target.String(), bytes.NewReader(body))
	for name, values := range req.Header {
		for _, value := range values {
			out.Header.Add(name, g.secrets.Replace(value))
		}
	}
	if err := g.authorise(out.Header); err != nil {
		return protocol.HTTPResponse{}, err
	}
	g.mu.Lock()
	g.sent = append(g.sent, Sent{Method: req.Method, URL: target.String(), Header: out.Header, Body: body})
	g.mu.Unlock()
	if g.provider == nil {
		return protocol.HTTPResponse{}, refused("this test has no provider")
	}
	recorder := httptest.NewRecorder()
	g.provider.ServeHTTP(recorder, out)
	if err := ctx.Err(); err != nil {
		return protocol.HTTPResponse{}, err
	}
	answer := recorder.Result()
	for _, values := range answer.Header {
		for i := range values {
			values[i] = g.handles.Replace(values[i])
		}
	}
	return protocol.HTTPResponse{Status: answer.StatusCode, Header: answer.Header, Body: []byte(g.handles.Replace(recorder.Body.String()))}, nil
}

// resolve returns the address of a request, if its host is declared.
func (g *Gateway) resolve(raw string) (*url.URL, error) {
	base, err := protocol.Expand(g.auth.BaseURL, g.values)
	if err != nil {
		return nil, refused(err.Error())
	}
	target := g.secrets.Replace(raw)
	if strings.HasPrefix(target, "/") {
		target = base + target
	}
	u, err := url.Parse(target)
	if err != nil || u.Host == "" {
		return nil, refused(fmt.Sprintf("%q is not an address", raw))
	}
	if b, err := url.Parse(base); err == nil && b.Host == u.Host {
		return u, nil
	}
	for _, template := range g.auth.Hosts {
		pattern, err := protocol.Expand(template, g.values)
		if ok, _ := path.Match(pattern, u.Host); err == nil && ok {
			return u, nil
		}
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	g.undeclared = append(g.undeclared, u.Host)
	return nil, refused("the host " + u.Host + " is not declared; begin the address with / for the base URL, or add the host to Hosts of Auth")
}

func (g *Gateway) authorise(header http.Header) error {
	for _, h := range g.auth.Headers {
		value, err := protocol.Expand(h.Value, g.values)
		if err != nil {
			return refused(err.Error())
		}
		header.Set(h.Name, value)
	}
	if g.auth.Kind == protocol.AuthBasic {
		user, _ := protocol.Expand(g.auth.Username, g.values)
		password, _ := protocol.Expand(g.auth.Password, g.values)
		header.Set("Authorization", "Basic "+base64.StdEncoding.EncodeToString([]byte(user+":"+password)))
	}
	return nil
}

func refused(why string) error {
	return &protocol.Failure{Kind: protocol.Permanent, Message: "The gateway refused the request: " + why + ".", Source: protocol.FromGateway}
}
