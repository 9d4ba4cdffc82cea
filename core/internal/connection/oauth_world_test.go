package connection_test

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"net/netip"
	"net/url"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/cordboard/cordboard/core/internal/access"
	"github.com/cordboard/cordboard/core/internal/connection"
	"github.com/cordboard/cordboard/core/internal/connection/oauthtest"
	"github.com/cordboard/cordboard/core/internal/delivery"
	"github.com/cordboard/cordboard/core/internal/egress"
	"github.com/cordboard/cordboard/core/internal/id"
	"github.com/cordboard/cordboard/core/internal/list"
	"github.com/cordboard/cordboard/core/internal/seal"
	"github.com/cordboard/cordboard/core/internal/store"
	"github.com/cordboard/cordboard/core/internal/testenv"
	"github.com/cordboard/cordboard/sdk/protocol"
	"github.com/cordboard/cordboard/sdk/schema"
)

const callback = "https://console.example/oauth/callback"

// cloud is a connector whose one action asks the provider who it is.
type cloud struct {
	unasked
	gateway protocol.Gateway
	auth    protocol.Auth
}

func (c *cloud) Manifest(name string) (protocol.Manifest, bool) {
	return protocol.Manifest{Name: "cloud", Title: "Cloud", Version: "1.0.0", Auth: c.auth, Actions: []protocol.Action{{Name: "ask", Repeat: protocol.RepeatOnce}}}, name == "cloud"
}

func (c *cloud) PinnedManifest(name, _ string) (protocol.Manifest, bool) { return c.Manifest(name) }

func (c *cloud) Pinned(string, string) (protocol.Connector, error) { return c, nil }

func (c *cloud) Invoke(ctx context.Context, in protocol.Invocation, _ func(protocol.LogLine)) (protocol.Result, error) {
	resp, err := c.gateway.Do(ctx, in.Ticket, protocol.HTTPRequest{Method: http.MethodPost, URL: "/api/me"})
	if err != nil {
		return protocol.Result{}, err
	}
	if resp.Status == http.StatusUnauthorized {
		return protocol.Result{}, &protocol.Failure{Kind: protocol.Unauthorized, Message: "The provider answered 401.", Source: protocol.FromProvider}
	}
	return protocol.Result{Output: resp.Body}, nil
}

// node is one gateway on a database.
type node struct {
	*connection.Service
	store *store.Store
	cloud *cloud
	clock *atomic.Int64 // nanoseconds that have passed beyond what has
}

// pass lets time pass for this node.
func (n *node) pass(d time.Duration) { n.clock.Add(int64(d)) }

func text(name string, secret bool) schema.Field {
	return schema.Field{Name: name, Type: schema.Type{Kind: schema.String}, Secret: secret}
}

// auths are the ways to a token.
func auths() map[string]protocol.Auth {
	fields := schema.Type{Kind: schema.Object, Fields: []schema.Field{text("base", false), text("client_id", false), text("client_secret", true), text("user", false), text("password", true)}}
	bearer := []protocol.Header{{Name: "Authorization", Value: "Bearer {access_token}"}}
	oauth := protocol.Auth{Kind: protocol.AuthOAuth2, BaseURL: "{base}", Fields: fields, Headers: bearer, OAuth: &protocol.OAuth{
		Grant: protocol.GrantCode, AuthorizeURL: "{base}/authorize", TokenURL: "{base}/token", Scopes: []string{"read", "write"}, Params: map[string]string{"access_type": "offline"},
		ClientID: "{client_id}", ClientSecret: "{client_secret}", ClientAuth: protocol.ClientBasic,
	}}
	client := oauth
	client.OAuth = &protocol.OAuth{Grant: protocol.GrantClient, TokenURL: "{base}/token", ClientID: "{client_id}", ClientSecret: "{client_secret}", ClientAuth: protocol.ClientBody}
	session := protocol.Auth{Kind: protocol.AuthSession, BaseURL: "{base}", Fields: fields, Headers: bearer, Login: &protocol.Login{
		URL: "/login", Fields: map[string]string{"user": "{user}", "password": "{password}"}, Token: "data.token",
	}}
	return map[string]protocol.Auth{"code": oauth, "client": client, "session": session}
}

// newNode opens a gateway on a database; several may be on one.
func newNode(t *testing.T, database string, auth protocol.Auth) *node {
	t.Helper()
	s, err := store.Open(t.Context(), database, store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	if err := s.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	keys, err := seal.New(strings.Repeat("root", 10))
	if err != nil {
		t.Fatal(err)
	}
	log := slog.New(slog.DiscardHandler)
	gateway := egress.New(egress.Config{AllowedNets: []netip.Prefix{netip.MustParsePrefix("127.0.0.1/32")}, Logger: log})
	t.Cleanup(gateway.CloseIdle)
	n := &node{store: s, cloud: &cloud{gateway: gateway, auth: auth}, clock: &atomic.Int64{}}
	endpoints := &delivery.Endpoints{Store: s, Keys: keys, Allow: gateway.Allows, Due: func() {}}
	n.Service = connection.New(connection.Config{
		Store: s, Manifests: n.cloud, Connectors: n.cloud, Tickets: gateway, Keys: keys, Client: gateway.Client(), Allow: gateway.Allows, Callback: callback,
		Subscribers: endpoints.Subscribers, Logger: log, Now: func() time.Time { return time.Now().Add(time.Duration(n.clock.Load())) },
	})
	return n
}

// onBoth runs a test on each database.
func onBoth(t *testing.T, test func(t *testing.T, database string)) {
	t.Parallel()
	t.Run("SQLite", func(t *testing.T) {
		t.Parallel()
		test(t, filepath.Join(t.TempDir(), "cordboard.db"))
	})
	t.Run("Postgres", func(t *testing.T) {
		t.Parallel()
		test(t, testenv.Postgres(t))
	})
}

// signedIn makes a workspace with a person in it.
func (n *node) signedIn(t *testing.T) (workspaceID string, p connection.Person) {
	t.Helper()
	ws, err := n.store.EnsureWorkspace(t.Context(), "default", "UTC")
	if err != nil {
		t.Fatal(err)
	}
	u, err := n.store.InsertUser(t.Context(), access.User{ID: id.New("usr"), WorkspaceID: ws.ID, Email: "ana@example.com", Role: access.Administrator}, false)
	if err != nil {
		t.Fatal(err)
	}
	s, err := n.store.InsertSession(t.Context(), access.Session{ID: id.New("ses"), UserID: u.ID, WorkspaceID: u.WorkspaceID, Hash: []byte("hash")})
	if err != nil {
		t.Fatal(err)
	}
	return ws.ID, connection.Person{UserID: u.ID, SessionID: s.ID}
}

// listens makes an endpoint that wants all of a connection's events, and returns which of them it was told.
func (n *node) listens(t *testing.T, workspaceID string) func() []string {
	t.Helper()
	endpoints := &delivery.Endpoints{Store: n.store, Keys: mustKeys(t), Allow: func(*url.URL) error { return nil }, Due: func() {}}
	to := "https://crm.example/hook"
	if _, _, err := endpoints.Create(t.Context(), workspaceID, delivery.Draft{URL: &to, Events: []string{"connection.*"}}); err != nil {
		t.Fatal(err)
	}
	return func() (types []string) {
		told, err := n.store.ListDeliveries(t.Context(), workspaceID, delivery.Filter{}, list.Page{})
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range slices.Backward(told) {
			types = append(types, d.Type)
		}
		return types
	}
}

func mustKeys(t *testing.T) *seal.Keys {
	t.Helper()
	keys, err := seal.New(strings.Repeat("root", 10))
	if err != nil {
		t.Fatal(err)
	}
	return keys
}

// made makes a connection to the provider.
func (n *node) made(t *testing.T, workspaceID string, p *oauthtest.Provider) connection.Connection {
	t.Helper()
	settings, _ := json.Marshal(map[string]string{
		"base": p.URL, "client_id": oauthtest.ClientID, "client_secret": oauthtest.ClientSecret, "user": oauthtest.User, "password": oauthtest.Password,
	})
	c, err := n.Create(t.Context(), connection.Draft{WorkspaceID: workspaceID, Name: "my-cloud", Connector: "cloud", Settings: settings})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// browse goes to the provider's page, where a person consents, and returns what their browser brings back.
func browse(t *testing.T, a connection.Authorization) connection.Return {
	t.Helper()
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	resp, err := client.Get(a.URL)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	back, err := resp.Location()
	if err != nil || !strings.HasPrefix(back.String(), callback+"?") {
		t.Fatalf("status %d leads to %v, %v", resp.StatusCode, back, err)
	}
	return connection.Return{State: back.Query().Get("state"), Code: back.Query().Get("code"), Cookie: func(name string) string {
		if name == a.Name {
			return a.Browser
		}
		return ""
	}}
}

// connected leads a person through the consent.
func (n *node) connected(t *testing.T, workspaceID string, by connection.Person) {
	t.Helper()
	a, err := n.Authorize(t.Context(), workspaceID, "my-cloud", by)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := n.Complete(t.Context(), browse(t, a)); err != nil {
		t.Fatal(err)
	}
}

func (n *node) ask(ctx context.Context, c connection.Connection) (string, error) {
	result, _, err := n.Invoke(ctx, connection.Invocation{WorkspaceID: c.WorkspaceID, ConnectionID: c.ID, Connector: "cloud", Action: "ask", RunID: "run_1", StepID: "ask", Attempt: 1})
	return string(result.Output), err
}

// wantFailure wants a failure of that kind whose words hold all of want.
func wantFailure(t *testing.T, err error, kind protocol.FailureKind, want ...string) {
	t.Helper()
	var f *protocol.Failure
	if !errors.As(err, &f) || f.Kind != kind {
		t.Fatalf("got %v, want a failure of the kind %s", err, kind)
	}
	for _, words := range want {
		if !strings.Contains(f.Message+" "+f.Detail, words) {
			t.Errorf("it says %q (%s), not %q", f.Message, f.Detail, words)
		}
	}
}

func (n *node) health(t *testing.T, c connection.Connection) connection.Health {
	t.Helper()
	now, err := n.store.Connection(t.Context(), c.ID)
	if err != nil {
		t.Fatal(err)
	}
	return now.Health
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
