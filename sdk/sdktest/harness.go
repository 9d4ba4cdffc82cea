// Package sdktest runs a connector inside a test: without a process, without a network, with provider answers that
// are handlers or recordings. Conformance is the suite that every connector passes.
package sdktest

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"sync"
	"testing"
	"time"

	"github.com/cordboard/cordboard/sdk"
	"github.com/cordboard/cordboard/sdk/conformance"
	"github.com/cordboard/cordboard/sdk/protocol"
)

// Gateway is a gateway in memory.
type Gateway = conformance.Gateway

// Sent is a request as the provider saw it.
type Sent = conformance.Sent

// Ticket is the one that Gateway takes.
const Ticket = conformance.Ticket

// NewGateway returns a gateway for one connection, whose settings hold its secrets in the clear.
func NewGateway(auth protocol.Auth, settings json.RawMessage, provider http.Handler) *Gateway {
	return conformance.NewGateway(auth, settings, provider)
}

// Harness is a connector with a connection and a provider.
type Harness struct {
	Connector protocol.Connector
	Gateway   *Gateway

	t        testing.TB
	settings json.RawMessage

	mu   sync.Mutex
	logs []protocol.LogLine
}

// New starts a connector with the settings of a connection, secrets in the clear; the gateway turns those into
// handles. provider answers every request that leaves; nil refuses them all.
func New(t testing.TB, c sdk.Connector, settings map[string]any, provider http.Handler) *Harness {
	t.Helper()
	manifest, err := c.Manifest()
	if err != nil {
		t.Fatalf("the connector does not hold together:\n%v", err)
	}
	gateway := NewGateway(manifest.Auth, marshal(t, settings), provider)
	connector, err := sdk.Protocol(c, gateway)
	if err != nil {
		t.Fatal(err)
	}
	return &Harness{Connector: connector, Gateway: gateway, t: t, settings: gateway.Settings()}
}

// Call is what each call of the harness carries.
func (h *Harness) Call() protocol.Call {
	return protocol.Call{
		Ticket: Ticket, ConnectionID: "con_test", Settings: h.settings, RunID: "run_test", StepID: "step", Attempt: 1, IdempotencyKey: "run_test:step",
	}
}

// Check runs "Test connection".
func (h *Harness) Check() (protocol.Identity, error) {
	return h.Connector.CheckConnection(h.t.Context(), h.Call())
}

// Invoke runs an action; input is anything that marshals to JSON.
func (h *Harness) Invoke(action string, input any) (protocol.Result, error) {
	h.t.Helper()
	return h.InvokeContext(h.t.Context(), action, input)
}

// InvokeContext is Invoke with a context of the test's.
func (h *Harness) InvokeContext(ctx context.Context, action string, input any) (protocol.Result, error) {
	h.t.Helper()
	return h.Connector.Invoke(ctx, protocol.Invocation{Call: h.Call(), Action: action, Input: marshal(h.t, input)}, func(l protocol.LogLine) {
		h.mu.Lock()
		defer h.mu.Unlock()
		h.logs = append(h.logs, l)
	})
}

// Logs returns the lines logged so far.
func (h *Harness) Logs() []protocol.LogLine {
	h.mu.Lock()
	defer h.mu.Unlock()
	return append([]protocol.LogLine(nil), h.logs...)
}

// Fetch reads a page of a poll.
func (h *Harness) Fetch(trigger string, input any, cursor string) (protocol.Page, error) {
	h.t.Helper()
	return h.Connector.Fetch(h.t.Context(), protocol.FetchRequest{Call: h.Call(), Trigger: trigger, Input: marshal(h.t, input), Cursor: cursor})
}

// Subscribe asks for webhooks at callbackURL.
func (h *Harness) Subscribe(trigger string, input any, callbackURL string) (protocol.Subscription, error) {
	h.t.Helper()
	return h.Connector.Subscribe(h.t.Context(), protocol.SubscribeRequest{
		Call: h.Call(), Trigger: trigger, Input: marshal(h.t, input), CallbackURL: callbackURL,
	})
}

// Renew asks for a subscription that is there to be looked after.
func (h *Harness) Renew(trigger string, input any, id, callbackURL string) (protocol.Subscription, error) {
	h.t.Helper()
	return h.Connector.Subscribe(h.t.Context(), protocol.SubscribeRequest{
		Call: h.Call(), Trigger: trigger, Input: marshal(h.t, input), CallbackURL: callbackURL, ID: id,
	})
}

// Unsubscribe ends a subscription that was made with input.
func (h *Harness) Unsubscribe(trigger string, input any, id string) error {
	h.t.Helper()
	return h.Connector.Unsubscribe(h.t.Context(), protocol.UnsubscribeRequest{Call: h.Call(), Trigger: trigger, Input: marshal(h.t, input), ID: id})
}

// ReceivedAt is when the harness's webhooks arrive.
var ReceivedAt = time.Date(2026, 11, 22, 9, 15, 4, 0, time.UTC)

// Receive hands over a webhook as if its signature had been verified.
func (h *Harness) Receive(header http.Header, body string) ([]protocol.Event, error) {
	return h.Connector.Receive(h.t.Context(), protocol.Webhook{
		Call: h.Call(), Method: http.MethodPost, Query: url.Values{}, Header: header, Body: []byte(body), ReceivedAt: ReceivedAt,
	})
}

// ListOptions asks a loader for a dropdown's entries.
func (h *Harness) ListOptions(loader, search string) (protocol.OptionsPage, error) {
	return h.Connector.ListOptions(h.t.Context(), protocol.OptionsRequest{Call: h.Call(), Loader: loader, Search: search})
}

func marshal(t testing.TB, v any) json.RawMessage {
	t.Helper()
	encoded, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return encoded
}
