package connection_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/cordboard/cordboard/core/internal/connection"
	"github.com/cordboard/cordboard/core/internal/egress"
	"github.com/cordboard/cordboard/core/internal/flow"
	"github.com/cordboard/cordboard/core/internal/list"
	"github.com/cordboard/cordboard/core/internal/seal"
	"github.com/cordboard/cordboard/sdk/protocol"
	"github.com/cordboard/cordboard/sdk/schema"
)

var errNotFound = errors.New("not found")

// memory is a Store without tokens.
type memory struct {
	connection.TokenStore

	mu   sync.Mutex
	rows map[string]connection.Connection
}

func (m *memory) InsertConnection(_ context.Context, c connection.Connection) (connection.Connection, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	c.Revision = 1
	m.rows[c.ID] = c
	return c, nil
}

func (m *memory) UpdateConnection(_ context.Context, c connection.Connection) (connection.Connection, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.rows[c.ID].Revision != c.Revision {
		return connection.Connection{}, errors.New("stale")
	}
	c.Revision++
	m.rows[c.ID] = c
	return c, nil
}

func (m *memory) ChangeConnection(ctx context.Context, c connection.Connection, _ []string, _ bool) (connection.Connection, error) {
	return m.UpdateConnection(ctx, c)
}

func (m *memory) SetHealth(_ context.Context, id string, health connection.Health, f *protocol.Failure) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	c := m.rows[id]
	c.Health, c.Failure = health, f
	m.rows[id] = c
	return nil
}

func (m *memory) WakeHeld(context.Context, string) error { return nil }

func (m *memory) Hold(context.Context, string, time.Duration) error { return nil }

func (m *memory) Connection(_ context.Context, id string) (connection.Connection, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	c, ok := m.rows[id]
	if !ok {
		return c, errNotFound
	}
	return c, nil
}

func (m *memory) ConnectionByName(_ context.Context, workspaceID, name string) (connection.Connection, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, c := range m.rows {
		if c.WorkspaceID == workspaceID && c.Name == name {
			return c, nil
		}
	}
	return connection.Connection{}, errNotFound
}

func (m *memory) ListConnections(_ context.Context, workspaceID string, _ list.Page) (found []connection.Connection, _ error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, c := range m.rows {
		if c.WorkspaceID == workspaceID {
			found = append(found, c)
		}
	}
	return found, nil
}

// unasked stands for the methods that no test calls.
type unasked struct{ protocol.Connector }

// desk is a connector whose methods do what a test wants. It implements Manifests and Connectors for itself.
type desk struct {
	called string // the version that was asked for last
	unasked
	gateway protocol.Gateway
	check   func(protocol.Call) (protocol.Identity, error)
	invoke  func(context.Context, protocol.Invocation) (protocol.Result, error)
	receive func(protocol.Webhook) ([]protocol.Event, error)
	asked   protocol.SubscribeRequest
	gone    error
	signs   bool // with its key, where it otherwise sends its token
}

func (d *desk) Manifest(name string) (protocol.Manifest, bool) {
	text := schema.Type{Kind: schema.String}
	verify := protocol.Verification{Scheme: protocol.SchemeToken, Query: "token", Secret: "token"}
	if d.signs {
		verify = protocol.Verification{Scheme: protocol.SchemeHMACSHA256, Header: "X-Sign", Encoding: protocol.Hex, Secret: "key"}
	}
	return protocol.Manifest{
		Name: "desk", Title: "Desk", Version: "1.0.0",
		Auth: protocol.Auth{
			Kind: protocol.AuthAPIKey, BaseURL: "{base_url|https://{site}.desk.example}", Headers: []protocol.Header{{Name: "X-Key", Value: "{key}"}},
			Fields: schema.Type{Kind: schema.Object, Fields: []schema.Field{
				{Name: "site", Type: text, Required: true, Format: "slug"},
				{Name: "key", Type: text, Required: true, Secret: true},
				{Name: "token", Type: text, Secret: true, Generate: true},
				{Name: "base_url", Type: text, Format: "url"},
				{Name: "region", Type: text, Default: json.RawMessage(`"eu"`)},
			}},
		},
		Inbox: &protocol.Inbox{Verify: verify},
		Actions: []protocol.Action{{Name: "create", Repeat: protocol.RepeatOnce, Output: schema.Type{
			Kind: schema.Object, Fields: []schema.Field{{Name: "id", Type: schema.Type{Kind: schema.Integer}, Required: true}},
		}}},
		Triggers: []protocol.Trigger{{Name: "opened", Kind: protocol.TriggerWebhook}},
	}, name == "desk"
}

func (d *desk) PinnedManifest(name, version string) (protocol.Manifest, bool) {
	m, ok := d.Manifest(name)
	if version != "" {
		m.Version = version
	}
	return m, ok
}

func (d *desk) Pinned(_, version string) (protocol.Connector, error) {
	d.called = version
	return d, d.gone
}

func (d *desk) CheckConnection(_ context.Context, call protocol.Call) (protocol.Identity, error) {
	return d.check(call)
}

func (d *desk) Invoke(ctx context.Context, in protocol.Invocation, _ func(protocol.LogLine)) (protocol.Result, error) {
	return d.invoke(ctx, in)
}

func (d *desk) Receive(_ context.Context, in protocol.Webhook) ([]protocol.Event, error) {
	return d.receive(in)
}

func (d *desk) Subscribe(_ context.Context, in protocol.SubscribeRequest) (protocol.Subscription, error) {
	d.asked = in
	return protocol.Subscription{ID: "sub-1"}, nil
}

const workspace = "ws_1"

type bundle struct {
	*connection.Service
	store   *memory
	desk    *desk
	gateway *egress.Gateway
}

func setup(t *testing.T) *bundle {
	t.Helper()
	keys, err := seal.New(strings.Repeat("root", 10))
	if err != nil {
		t.Fatal(err)
	}
	log := slog.New(slog.DiscardHandler)
	gateway := egress.New(egress.Config{AllowedNets: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}, Logger: log})
	t.Cleanup(gateway.CloseIdle)
	b := &bundle{store: &memory{rows: map[string]connection.Connection{}}, desk: &desk{gateway: gateway}, gateway: gateway}
	b.Service = connection.New(connection.Config{
		Store: b.store, Manifests: b.desk, Connectors: b.desk, Tickets: gateway, Keys: keys, Logger: log,
	})
	return b
}

func (b *bundle) create(t *testing.T, settings string) connection.Connection {
	t.Helper()
	c, err := b.Create(t.Context(), connection.Draft{WorkspaceID: workspace, Name: "my-desk", Connector: "desk", Settings: json.RawMessage(settings)})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestSecretsAreSealedAndMadeUp(t *testing.T) {
	t.Parallel()
	b := setup(t)
	c := b.create(t, `{"site":"acme","key":"hush-hush"}`)
	if got, want := string(c.Settings), `{"region":"eu","site":"acme"}`; got != want {
		t.Errorf("stored in clear: %s, want %s", got, want)
	}
	if everything := fmt.Sprintf("%+v %s", c, c.Secrets); strings.Contains(everything, "hush") || c.KeyID == "" || len(c.Secrets) == 0 {
		t.Errorf("stored: %s", everything)
	}
	o, err := b.Open(t.Context(), c.ID)
	if err != nil {
		t.Fatal(err)
	}
	if o.Secret("key") != "hush-hush" || len(o.Secret("token")) < 20 || o.Secret("site") != "" {
		t.Errorf("key %q, token %q, site %q", o.Secret("key"), o.Secret("token"), o.Secret("site"))
	}
	if printed := fmt.Sprintf("%v %+v %#v", o, o, o); strings.Contains(printed, "hush-hush") {
		t.Error("it prints its secrets")
	}
	g, err := b.Grant(t.Context(), c.ID)
	if err != nil {
		t.Fatal(err)
	}
	if g.Values["key"] != "hush-hush" || g.Values["site"] != "acme" || g.Values["region"] != "eu" || len(g.Secrets) != 2 {
		t.Errorf("values %v, %d secrets", g.Values, len(g.Secrets))
	}
}

func TestSettingsAreCheckedTogether(t *testing.T) {
	t.Parallel()
	b := setup(t)
	_, err := b.Create(t.Context(), connection.Draft{WorkspaceID: workspace, Name: "My Desk", Connector: "desk", Settings: json.RawMessage(`{"site":"a b","sight":1}`)})
	var input *flow.InputError
	if !errors.As(err, &input) {
		t.Fatalf("error = %v", err)
	}
	var paths []string
	for _, p := range input.Problems {
		paths = append(paths, p.Path)
	}
	if got, want := strings.Join(paths, " "), "name settings.site settings.key settings.sight"; got != want {
		t.Errorf("problems at %s, want %s", got, want)
	}
	for name, draft := range map[string]connection.Draft{
		"connector": {Name: "x", Connector: "unknown"},
		"settings":  {Name: "x", Connector: "desk", Settings: json.RawMessage(`[1]`)},
	} {
		if _, err := b.Create(t.Context(), draft); !errors.As(err, &input) || len(input.Problems) != 1 || input.Problems[0].Path != name {
			t.Errorf("%s: error = %v", name, err)
		}
	}
	if len(b.store.rows) != 0 {
		t.Error("something was stored")
	}
}

func TestAnEmptySecretStaysAsItIs(t *testing.T) {
	t.Parallel()
	b := setup(t)
	c := b.create(t, `{"site":"acme","key":"hush-hush"}`)
	before, err := b.Open(t.Context(), c.ID)
	if err != nil {
		t.Fatal(err)
	}
	if c, err = b.Change(t.Context(), c.WorkspaceID, c.ID, json.RawMessage(`{"site":"other","key":""}`)); err != nil {
		t.Fatal(err)
	}
	after, err := b.Open(t.Context(), c.ID)
	if err != nil {
		t.Fatal(err)
	}
	if after.Secret("key") != "hush-hush" || after.Secret("token") != before.Secret("token") || !strings.Contains(string(after.Settings), "other") {
		t.Errorf("key %q, settings %s", after.Secret("key"), after.Settings)
	}
	if c, err = b.Change(t.Context(), c.WorkspaceID, c.ID, json.RawMessage(`{"key":"new-key"}`)); err != nil {
		t.Fatal(err)
	}
	if after, err = b.Open(t.Context(), c.ID); err != nil || after.Secret("key") != "new-key" || !strings.Contains(string(after.Settings), "other") {
		t.Errorf("key %q, settings %s, %v", after.Secret("key"), after.Settings, err)
	}
}

// A provider may sign with the former secret for a while.
func TestTheFormerSecretProvesWebhooksForAnHour(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		signs   bool
		changes []string
		want    string
	}{
		"another secret":              {true, []string{`{"key":"second"}`}, "first"},
		"and then another field":      {true, []string{`{"key":"second"}`, `{"site":"other"}`}, "first"},
		"two after each other":        {true, []string{`{"key":"second"}`, `{"key":"third"}`}, "second"},
		"the same again":              {true, []string{`{"key":"first"}`}, ""},
		"another field":               {true, []string{`{"site":"other"}`}, ""},
		"a secret that signs nothing": {true, []string{`{"token":"t0ken"}`}, ""},
		"a token in what is sent":     {false, []string{`{"token":"t0ken","key":"second"}`}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := setup(t)
			b.desk.signs = tt.signs
			c := b.create(t, `{"site":"acme","key":"first"}`)
			for _, change := range tt.changes {
				if _, err := b.Change(t.Context(), c.WorkspaceID, c.ID, json.RawMessage(change)); err != nil {
					t.Fatal(err)
				}
			}
			o, err := b.Open(t.Context(), c.ID)
			if err != nil {
				t.Fatal(err)
			}
			if got := o.Former(time.Now()); got != tt.want || o.Former(time.Now().Add(time.Hour)) != "" {
				t.Errorf("got %q, and in an hour %q, want %q", got, o.Former(time.Now().Add(time.Hour)), tt.want)
			}
			grant, err := b.Grant(t.Context(), c.ID)
			b.desk.check = func(call protocol.Call) (protocol.Identity, error) {
				if strings.Contains(string(call.Settings), "former") {
					t.Errorf("the connector is handed %s", call.Settings)
				}
				return protocol.Identity{}, nil
			}
			if _, err := b.Test(t.Context(), c.WorkspaceID, c.ID); err != nil {
				t.Error(err)
			}
			if stored := b.store.rows[c.ID]; err != nil || len(grant.Secrets) != 2 || strings.Contains(string(stored.Settings)+string(stored.Secrets), "first") || strings.Contains(string(stored.Settings), "former") {
				t.Errorf("%d secrets go out, %v; stored is %s", len(grant.Secrets), err, stored.Settings)
			}
		})
	}
}

func TestSecretsOfAnotherRowDoNotOpen(t *testing.T) {
	t.Parallel()
	b := setup(t)
	c := b.create(t, `{"site":"acme","key":"hush-hush"}`)
	thief := c
	thief.ID, thief.WorkspaceID = "con_00000000000000000000000000", "ws_2"
	b.store.rows[thief.ID] = thief
	_, err := b.Open(t.Context(), thief.ID)
	var f *protocol.Failure
	if !errors.As(err, &f) || f.Kind != protocol.Unauthorized || !strings.Contains(f.Message, "enter them again") {
		t.Errorf("error = %v", err)
	}
}

func TestOtherWorkspacesDoNotFindIt(t *testing.T) {
	t.Parallel()
	b := setup(t)
	c := b.create(t, `{"site":"acme","key":"hush-hush"}`)
	for _, key := range []string{c.ID, c.Name} {
		if got, err := b.Get(t.Context(), workspace, key); err != nil || got.ID != c.ID {
			t.Errorf("%s: %v", key, err)
		}
		if _, err := b.Get(t.Context(), "ws_2", key); !errors.Is(err, errNotFound) {
			t.Errorf("%s from another workspace: %v", key, err)
		}
	}
	in := connection.Invocation{WorkspaceID: "ws_2", ConnectionID: c.ID, Connector: "desk", Action: "create"}
	if _, _, err := b.Invoke(t.Context(), in); err == nil || !strings.Contains(err.Error(), "not one of this workspace") {
		t.Errorf("invoke: %v", err)
	}
}

// The whole way: settings with handles go in, the request leaves with the secret, the answer comes back without it.
func TestACallGoesToTheVersionOfItsFlow(t *testing.T) {
	t.Parallel()
	b := setup(t)
	c := b.create(t, `{"site":"acme","key":"secret-1"}`)
	b.desk.invoke = func(context.Context, protocol.Invocation) (protocol.Result, error) {
		return protocol.Result{Output: json.RawMessage(`{"id":1}`)}, nil
	}
	for _, version := range []string{"0.9.0", "1.1.0"} {
		in := connection.Invocation{WorkspaceID: workspace, ConnectionID: c.ID, Connector: "desk", Version: version, Action: "create"}
		if _, _, err := b.Invoke(t.Context(), in); err != nil {
			t.Fatal(err)
		}
		if b.desk.called != version {
			t.Errorf("called %q, want %q", b.desk.called, version)
		}
	}
}

func TestAConnectorNeverSeesASecret(t *testing.T) {
	t.Parallel()
	b := setup(t)
	var arrived http.Header
	provider := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		arrived = r.Header
		_, _ = io.WriteString(w, "you sent "+r.Header.Get("X-Key")+" and "+r.Header.Get("X-Own"))
	}))
	t.Cleanup(provider.Close)
	c := b.create(t, `{"site":"acme","key":"hush-hush","base_url":"`+provider.URL+`"}`)
	var seen, ticket string
	b.desk.invoke = func(ctx context.Context, in protocol.Invocation) (protocol.Result, error) {
		var settings struct{ Key string }
		if err := json.Unmarshal(in.Settings, &settings); err != nil {
			return protocol.Result{}, err
		}
		header := map[string][]string{"X-Own": {"Token " + settings.Key}}
		resp, err := b.gateway.Do(ctx, in.Ticket, protocol.HTTPRequest{Method: "POST", URL: "/tickets", Header: header})
		if err != nil {
			return protocol.Result{}, err
		}
		seen, ticket = fmt.Sprintf("%s %s %v", in.Settings, resp.Body, resp.Header), in.Ticket
		return protocol.Result{Output: json.RawMessage(`{"id":7}`), Sent: &protocol.SentMessage{ID: "m"}}, nil
	}
	in := connection.Invocation{WorkspaceID: workspace, ConnectionID: c.ID, Connector: "desk", Action: "create", RunID: "run_1", Attempt: 1}
	result, exchanges, err := b.Invoke(t.Context(), in)
	if err != nil || string(result.Output) != `{"id":7}` || result.Sent.ID != "m" {
		t.Fatalf("result = %+v, %v", result, err)
	}
	if strings.Contains(seen, "hush-hush") {
		t.Errorf("the connector saw %s", seen)
	}
	if arrived.Get("X-Key") != "hush-hush" || arrived.Get("X-Own") != "Token hush-hush" {
		t.Errorf("the provider saw %v", arrived)
	}
	if len(exchanges) != 1 || exchanges[0].Path != "/tickets" || exchanges[0].Status != http.StatusOK {
		t.Errorf("exchanges = %+v", exchanges)
	}
	if _, err := b.gateway.Do(t.Context(), ticket, protocol.HTTPRequest{URL: "/"}); err == nil {
		t.Error("the ticket outlives its call")
	}
	if got, _ := b.Get(t.Context(), workspace, c.ID); got.Health != connection.HealthGood {
		t.Errorf("health = %s", got.Health)
	}
}

func TestWhatDoesNotFitIsAFailure(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		action string
		result protocol.Result
		err    error
		gone   error
		want   protocol.Failure
	}{
		"an output of another shape": {
			action: "create", result: protocol.Result{Output: json.RawMessage(`{"id":"x"}`), Sent: &protocol.SentMessage{ID: "m"}},
			want: protocol.Failure{Kind: protocol.Permanent, Source: protocol.FromConnector, Message: "output.id"},
		},
		"no output":         {action: "create", want: protocol.Failure{Kind: protocol.Permanent, Source: protocol.FromConnector, Message: "output"}},
		"an unknown action": {action: "destroy", want: protocol.Failure{Kind: protocol.Permanent, Source: protocol.FromGateway, Message: "no action destroy"}},
		"a connector that does not run": {
			action: "create", gone: errors.New("it is not installed"),
			want: protocol.Failure{Kind: protocol.Retryable, Source: protocol.FromGateway, Message: "it is not installed"},
		},
		"a failure of the provider": {
			action: "create", err: &protocol.Failure{Kind: protocol.Unauthorized, Source: protocol.FromProvider, Message: "no entry"},
			want: protocol.Failure{Kind: protocol.Unauthorized, Source: protocol.FromProvider, Message: "no entry"},
		},
	}
	for name, tt := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := setup(t)
			c := b.create(t, `{"site":"acme","key":"hush-hush"}`)
			b.desk.gone = tt.gone
			b.desk.invoke = func(context.Context, protocol.Invocation) (protocol.Result, error) { return tt.result, tt.err }
			in := connection.Invocation{WorkspaceID: workspace, ConnectionID: c.ID, Connector: "desk", Action: tt.action}
			result, _, err := b.Invoke(t.Context(), in)
			var f *protocol.Failure
			if !errors.As(err, &f) || f.Kind != tt.want.Kind || f.Source != tt.want.Source || !strings.Contains(f.Message, tt.want.Message) {
				t.Errorf("error = %#v, want %+v", err, tt.want)
			}
			if result.Sent != tt.result.Sent {
				t.Error("what was sent is lost")
			}
			got, _ := b.Get(t.Context(), workspace, c.ID)
			if bad := got.Health == connection.HealthBad; bad != (tt.want.Kind == protocol.Unauthorized) {
				t.Errorf("health = %s", got.Health)
			}
		})
	}
}

func TestFailuresShowNoHandles(t *testing.T) {
	t.Parallel()
	b := setup(t)
	c := b.create(t, `{"site":"acme","key":"hush-hush"}`)
	b.desk.invoke = func(_ context.Context, in protocol.Invocation) (protocol.Result, error) {
		return protocol.Result{}, &protocol.Failure{Kind: protocol.Permanent, Message: "refused", Detail: string(in.Settings)}
	}
	in := connection.Invocation{WorkspaceID: workspace, ConnectionID: c.ID, Connector: "desk", Action: "create"}
	_, _, err := b.Invoke(t.Context(), in)
	var f *protocol.Failure
	if !errors.As(err, &f) || strings.Contains(f.Detail, "secret_") || !strings.Contains(f.Detail, `"key":"•••"`) {
		t.Errorf("error = %#v", err)
	}
}

func TestTestNotesHealthAndAccount(t *testing.T) {
	t.Parallel()
	b := setup(t)
	c := b.create(t, `{"site":"acme","key":"hush-hush"}`)
	b.desk.check = func(protocol.Call) (protocol.Identity, error) { return protocol.Identity{ID: "1", Label: "Acme"}, nil }
	if identity, err := b.Test(t.Context(), workspace, "my-desk"); err != nil || identity.Label != "Acme" {
		t.Errorf("identity = %+v, %v", identity, err)
	}
	if got, _ := b.Get(t.Context(), workspace, c.ID); got.Health != connection.HealthGood || got.Account != "Acme" {
		t.Errorf("after a good test: %s, account %q", got.Health, got.Account)
	}
	refused := &protocol.Failure{Kind: protocol.Unauthorized, Message: "no"}
	b.desk.check = func(protocol.Call) (protocol.Identity, error) { return protocol.Identity{}, refused }
	if _, err := b.Test(t.Context(), workspace, c.ID); err == nil || err.Error() != "no" {
		t.Errorf("error = %v", err)
	}
	if got, _ := b.Get(t.Context(), workspace, c.ID); got.Health != connection.HealthBad || got.Failure == nil || got.Account != "Acme" {
		t.Errorf("after a bad test: %+v", got)
	}
}

func TestReceivedEventsNameDeclaredTriggers(t *testing.T) {
	t.Parallel()
	b := setup(t)
	c := b.create(t, `{"site":"acme","key":"hush-hush"}`)
	for trigger, ok := range map[string]bool{"opened": true, "closed": false} {
		b.desk.receive = func(in protocol.Webhook) ([]protocol.Event, error) {
			if in.Ticket == "" || in.ConnectionID != c.ID || strings.Contains(string(in.Settings), "hush") {
				t.Errorf("call = %+v", in.Call)
			}
			return []protocol.Event{{Key: string(in.Body), Trigger: trigger}}, nil
		}
		events, _, err := b.Receive(t.Context(), c.ID, protocol.Webhook{Body: []byte("k")})
		if (err == nil) != ok || ok && (len(events) != 1 || events[0].Key != "k") {
			t.Errorf("%s: %v, %v", trigger, events, err)
		}
	}
}

func TestCallbackAddressesCarryTheToken(t *testing.T) {
	t.Parallel()
	b := setup(t)
	c := b.create(t, `{"site":"acme","key":"hush-hush"}`)
	if _, _, err := b.Subscribe(t.Context(), c.ID, protocol.SubscribeRequest{Trigger: "opened", CallbackURL: "https://hooks.example/hooks/connections/" + c.ID}); err != nil {
		t.Fatal(err)
	}
	o, err := b.Open(t.Context(), c.ID)
	if err != nil {
		t.Fatal(err)
	}
	address := b.desk.asked.CallbackURL
	handle := address[strings.LastIndex(address, "=")+1:]
	if !strings.HasPrefix(address, "https://hooks.example/hooks/connections/"+c.ID+"?token=secret_") || o.Grant().Secrets[handle] != o.Secret("token") {
		t.Errorf("address = %s", address)
	}
}
