package connection_test

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"net/netip"
	"net/url"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/cordboard/cordboard/core/internal/access"
	"github.com/cordboard/cordboard/core/internal/connection"
	"github.com/cordboard/cordboard/core/internal/connection/oauthtest"
	"github.com/cordboard/cordboard/core/internal/delivery"
	"github.com/cordboard/cordboard/core/internal/egress"
	"github.com/cordboard/cordboard/core/internal/event"
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
	s, err := n.store.InsertSession(t.Context(), access.Session{ID: id.New("ses"), UserID: u.ID, Hash: []byte("hash")})
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

func TestAPersonConnects(t *testing.T) {
	onBoth(t, func(t *testing.T, database string) {
		p, n := oauthtest.New(t, time.Hour), newNode(t, database, auths()["code"])
		ws, ana := n.signedIn(t)
		c := n.made(t, ws, p)
		_, err := n.ask(t.Context(), c)
		wantFailure(t, err, protocol.Unauthorized, "Nobody has connected my-cloud yet", "press Connect")

		a, err := n.Authorize(t.Context(), ws, "my-cloud", ana)
		if err != nil {
			t.Fatal(err)
		}
		page, err := url.Parse(a.URL)
		if err != nil {
			t.Fatal(err)
		}
		for name, want := range map[string]string{"redirect_uri": callback, "scope": "read write", "access_type": "offline", "code_challenge_method": "S256", "response_type": "code"} {
			if got := page.Query().Get(name); got != want {
				t.Errorf("the page is asked with %s=%q, want %q", name, got, want)
			}
		}
		back := browse(t, a)
		if _, err := n.Complete(t.Context(), back); err != nil {
			t.Fatal(err)
		}
		out, err := n.ask(t.Context(), c)
		if err != nil || !strings.Contains(out, "Ana") {
			t.Fatalf("got %s, %v", out, err)
		}
		for _, secret := range append(p.Given(), oauthtest.ClientSecret) { // case 90
			if strings.Contains(out, secret) {
				t.Errorf("the connector saw %s in %s", secret, out)
			}
		}
		if n.health(t, c) != connection.HealthGood {
			t.Errorf("its health is %s", n.health(t, c))
		}
		o, err := n.Open(t.Context(), c.ID)
		if err != nil || o.Token().Scopes != "read write" || o.Token().Revision != 1 {
			t.Errorf("tokens %+v, %v", o.Token(), err)
		}
		if _, err := n.Complete(t.Context(), back); !errors.Is(err, connection.ErrConsent) {
			t.Errorf("a state counts twice: %v", err)
		}
	})
}

func TestAConsentBelongsToWhoAskedForIt(t *testing.T) {
	onBoth(t, func(t *testing.T, database string) {
		p, n := oauthtest.New(t, time.Hour), newNode(t, database, auths()["code"])
		ws, ana := n.signedIn(t)
		c := n.made(t, ws, p)
		cases := map[string]func(r *connection.Return){
			"another browser":        func(r *connection.Return) { r.Cookie = func(string) string { return "other" } },
			"a state of nobody":      func(r *connection.Return) { r.State = "made-up" },
			"no state":               func(r *connection.Return) { r.State = "" },
			"a session that is over": func(*connection.Return) { must(t, n.store.EndSession(t.Context(), ana.SessionID)) },
		}
		for _, name := range []string{"another browser", "a state of nobody", "no state", "a session that is over"} { // the last ends the session
			a, err := n.Authorize(t.Context(), ws, "my-cloud", ana)
			if err != nil {
				t.Fatal(err)
			}
			back := browse(t, a)
			cases[name](&back)
			if _, err := n.Complete(t.Context(), back); !errors.Is(err, connection.ErrConsent) {
				t.Errorf("%s: %v", name, err)
			}
		}
		if _, err := n.Authorize(t.Context(), ws, "my-cloud", connection.Person{}); err == nil || !strings.Contains(err.Error(), "in a browser") {
			t.Errorf("without a person: %v", err)
		}
		if p.Calls("authorization_code") != 0 || n.health(t, c) != connection.HealthUnknown {
			t.Errorf("a code was exchanged %d times, the connection is %s", p.Calls("authorization_code"), n.health(t, c))
		}
	})
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func TestADeniedConsentSaysSo(t *testing.T) {
	onBoth(t, func(t *testing.T, database string) {
		p, n := oauthtest.New(t, time.Hour), newNode(t, database, auths()["code"])
		ws, ana := n.signedIn(t)
		n.made(t, ws, p)
		a, err := n.Authorize(t.Context(), ws, "my-cloud", ana)
		must(t, err)
		back := browse(t, a)
		back.Code, back.Error = "", "access_denied"
		_, err = n.Complete(t.Context(), back)
		wantFailure(t, err, protocol.Unauthorized, "denied on the provider's page")
	})
}

// together makes calls at once, spread over the nodes, and wants all of them to succeed.
func together(t *testing.T, c connection.Connection, calls int, nodes ...*node) {
	t.Helper()
	var wait sync.WaitGroup
	for i := range calls {
		wait.Go(func() {
			if _, err := nodes[i%len(nodes)].ask(t.Context(), c); err != nil {
				t.Error(err)
			}
		})
	}
	wait.Wait()
}

// TestParallelCallsRefreshOnce: fifty calls find a token that is over; one request for another goes out, on one node as on
// two.
func TestParallelCallsRefreshOnce(t *testing.T) {
	onBoth(t, func(t *testing.T, database string) {
		p, one := oauthtest.New(t, time.Hour), newNode(t, database, auths()["code"])
		nodes := []*node{one}
		if strings.HasPrefix(database, "postgres") {
			nodes = append(nodes, newNode(t, database, auths()["code"]))
		}
		ws, ana := one.signedIn(t)
		c := one.made(t, ws, p)
		one.connected(t, ws, ana)
		p.Revoke(false) // the old token is good for nothing, so whoever keeps it is seen
		for _, n := range nodes {
			n.pass(2 * time.Hour)
			n.Forget()
		}
		p.Meanwhile(func(string) { // while one node has asked, no other may
			if began, err := nodes[len(nodes)-1].store.BeginRenewal(t.Context(), c.ID, 1, time.Minute); began || err != nil {
				t.Errorf("another renewal began beside the first: %v, %v", began, err)
			}
		})
		together(t, c, 50, nodes...)
		if got := p.Calls("refresh_token"); got != 1 || p.Calls("refused") != 0 {
			t.Errorf("it was refreshed %d times, refused %d times", got, p.Calls("refused"))
		}
		if p.Calls("api") != 50 {
			t.Errorf("the API was called %d times", p.Calls("api"))
		}
	})
}

// TestATokenIsRenewedAheadOfItsEnd: and calls go on with the one they have while that is under way or fails.
func TestATokenIsRenewedAheadOfItsEnd(t *testing.T) {
	onBoth(t, func(t *testing.T, database string) {
		p, n := oauthtest.New(t, time.Hour), newNode(t, database, auths()["code"])
		ws, ana := n.signedIn(t)
		c := n.made(t, ws, p)
		n.connected(t, ws, ana)
		n.pass(54 * time.Minute)
		_, err := n.ask(t.Context(), c)
		must(t, err)
		if p.Calls("refresh_token") != 0 {
			t.Error("it was renewed six minutes before its end")
		}
		n.pass(2 * time.Minute)
		p.Answer(func(w http.ResponseWriter) bool { w.WriteHeader(http.StatusBadGateway); return true })
		_, err = n.ask(t.Context(), c)
		must(t, err) // the provider has no token now, and the old one lives
		p.Answer(nil)
		n.pass(10 * time.Minute)
		_, err = n.ask(t.Context(), c)
		wantFailure(t, err, protocol.Retryable, "502 Bad Gateway") // until the pause is over, by the database's clock
		if p.Calls("refresh_token") != 0 || n.health(t, c) != connection.HealthGood {
			t.Errorf("renewed %d times during the pause; the connection is %s", p.Calls("refresh_token"), n.health(t, c))
		}
	})
}

// TestARefusedTokenIsRenewedOnce: a 401 leads to one other token, with which the same request leaves again; where that is
// refused too, a person must reconnect, and no call asks the provider any more.
func TestARefusedTokenIsRenewedOnce(t *testing.T) {
	onBoth(t, func(t *testing.T, database string) {
		p, n := oauthtest.New(t, 0), newNode(t, database, auths()["code"])
		ws, ana := n.signedIn(t)
		told := n.listens(t, ws)
		c := n.made(t, ws, p)
		n.connected(t, ws, ana)
		p.Revoke(false)
		together(t, c, 20, n)
		if p.Calls("refresh_token") != 1 {
			t.Fatalf("renewed %d times", p.Calls("refresh_token"))
		}
		n.pass(time.Hour) // a token that was good for long may be refused again
		p.Revoke(false)
		p.Meanwhile(func(string) { p.Revoke(false) }) // and now even fresh ones are
		_, err := n.ask(t.Context(), c)
		wantFailure(t, err, protocol.Unauthorized)
		if p.Calls("refresh_token") != 2 || n.health(t, c) != connection.HealthReconnect {
			t.Errorf("renewed %d times, the connection is %s", p.Calls("refresh_token"), n.health(t, c))
		}
		before := p.Calls("api")
		_, err = n.ask(t.Context(), c)
		wantFailure(t, err, protocol.Unauthorized, "needs to be reconnected", "even a token that it has just given")
		if p.Calls("api") != before {
			t.Error("the provider was asked although the connection needs to be reconnected")
		}
		p.Meanwhile(nil)
		n.connected(t, ws, ana)
		_, err = n.ask(t.Context(), c)
		must(t, err)
		if got, want := told(), []string{event.ConnectionNeedsReconnect, event.ConnectionRestored}; !slices.Equal(got, want) || n.health(t, c) != connection.HealthGood {
			t.Errorf("told %q, want %q; the connection is %s", got, want, n.health(t, c))
		}
	})
}

// TestAReconnectionCountsOnAllNodesAtOnce: a run that was held is woken by whichever node looks first.
func TestAReconnectionCountsOnAllNodesAtOnce(t *testing.T) {
	t.Parallel()
	database := testenv.Postgres(t)
	p, here, there := oauthtest.New(t, time.Hour), newNode(t, database, auths()["code"]), newNode(t, database, auths()["code"])
	ws, ana := here.signedIn(t)
	c := here.made(t, ws, p)
	lost := func() {
		t.Helper()
		_, err := there.ask(t.Context(), c)
		wantFailure(t, err, protocol.Unauthorized)
	}
	lost() // nobody has connected it
	here.connected(t, ws, ana)
	together(t, c, 1, there)
	p.Revoke(true)
	lost()
	here.connected(t, ws, ana)
	together(t, c, 1, there)
}

// TestCase11: a node dies after the provider has rotated the refresh token. The next one tries once with the old token, is
// refused, and then a person must reconnect: nothing loops.
func TestCase11(t *testing.T) {
	onBoth(t, func(t *testing.T, database string) {
		p, dies := oauthtest.New(t, time.Hour), newNode(t, database, auths()["code"])
		ws, ana := dies.signedIn(t)
		c := dies.made(t, ws, p)
		dies.connected(t, ws, ana)
		dies.pass(2 * time.Hour)
		ctx, cancel := context.WithCancel(t.Context())
		p.Meanwhile(func(string) { cancel(); _ = dies.store.Close() }) // as it is for a process that ended
		if _, err := dies.ask(ctx, c); err == nil {
			t.Fatal("a node without a database has a token")
		}
		p.Meanwhile(nil)

		next := newNode(t, database, auths()["code"])
		next.pass(2 * time.Hour)
		ended(t, database) // the lease
		_, err := next.ask(t.Context(), c)
		wantFailure(t, err, protocol.Unauthorized, "An earlier renewal was broken off")
		for range 5 {
			_, err = next.ask(t.Context(), c)
			wantFailure(t, err, protocol.Unauthorized, "needs to be reconnected")
		}
		if p.Calls("refresh_token") != 2 || p.Calls("refused") != 1 || next.health(t, c) != connection.HealthReconnect {
			t.Errorf("asked %d times, refused %d times; the connection is %s", p.Calls("refresh_token"), p.Calls("refused"), next.health(t, c))
		}
	})
}

// ended lets the time of a lease be over.
func ended(t *testing.T, database string) {
	t.Helper()
	driver, statement := "sqlite", "UPDATE connection_tokens SET renewing_until = 0"
	if strings.HasPrefix(database, "postgres") {
		driver, statement = "pgx", "UPDATE connection_tokens SET renewing_until = to_timestamp(0)"
	}
	raw, err := sql.Open(driver, database)
	must(t, err)
	defer raw.Close()
	_, err = raw.ExecContext(t.Context(), statement)
	must(t, err)
}

// TestTokensWithoutAPerson: client credentials and sessions get theirs at the first call, and another when it is refused.
func TestTokensWithoutAPerson(t *testing.T) {
	for name, asked := range map[string]string{"client": "client_credentials", "session": "login"} {
		t.Run(name, func(t *testing.T) {
			onBoth(t, func(t *testing.T, database string) {
				p, n := oauthtest.New(t, 0), newNode(t, database, auths()[name])
				ws, _ := n.signedIn(t)
				c := n.made(t, ws, p)
				together(t, c, 20, n)
				p.Revoke(false)
				together(t, c, 20, n)
				if p.Calls(asked) != 2 {
					t.Errorf("asked %d times for a token, want 2", p.Calls(asked))
				}
				if a, err := n.Authorize(t.Context(), ws, c.Name, connection.Person{}); err != nil || a.URL != "" {
					t.Errorf("nobody has to consent, but %+v, %v", a, err)
				}
			})
		})
	}
}

// TestATokenThatSomebodyHasIsUsed: a field called as the token stands in for one that would be got.
func TestATokenThatSomebodyHasIsUsed(t *testing.T) {
	t.Parallel()
	auth := auths()["client"]
	auth.Fields.Fields = append(slices.Clone(auth.Fields.Fields), text(protocol.AccessToken, true))
	p, n := oauthtest.New(t, 0), newNode(t, filepath.Join(t.TempDir(), "cordboard.db"), auth)
	ws, _ := n.signedIn(t)
	made := func(name string, settings map[string]string) connection.Connection {
		settings["base"] = p.URL
		raw, _ := json.Marshal(settings)
		c, err := n.Create(t.Context(), connection.Draft{WorkspaceID: ws, Name: name, Connector: "cloud", Settings: raw})
		must(t, err)
		return c
	}
	_, err := n.ask(t.Context(), made("neither", map[string]string{}))
	wantFailure(t, err, protocol.Unauthorized, "hold neither a client ID nor a token")

	got := made("got", map[string]string{"client_id": oauthtest.ClientID, "client_secret": oauthtest.ClientSecret})
	_, err = n.ask(t.Context(), got)
	must(t, err)
	o, err := n.Open(t.Context(), got.ID)
	must(t, err)
	token := o.Grant().Values[protocol.AccessToken]
	asked := p.Calls("client_credentials")

	own := made("own", map[string]string{protocol.AccessToken: token})
	_, err = n.ask(t.Context(), own)
	must(t, err)
	p.Revoke(false)
	_, err = n.ask(t.Context(), own)
	wantFailure(t, err, protocol.Unauthorized, "")
	if now := p.Calls("client_credentials"); now != asked {
		t.Errorf("%d tokens were asked for beside the one that was there", now-asked)
	}
	if _, err := n.Authorize(t.Context(), ws, own.Name, connection.Person{}); err == nil {
		t.Error("there is nothing to connect, and nobody says so")
	}
}

func TestWrongCredentialsNeedAPerson(t *testing.T) {
	for name, want := range map[string]string{"client": "client ID and secret", "session": "401 Unauthorized"} {
		t.Run(name, func(t *testing.T) {
			onBoth(t, func(t *testing.T, database string) {
				p, n := oauthtest.New(t, 0), newNode(t, database, auths()[name])
				ws, _ := n.signedIn(t)
				settings, _ := json.Marshal(map[string]string{"base": p.URL, "client_id": oauthtest.ClientID, "client_secret": "wrong-secret", "user": oauthtest.User, "password": "wrong-password"})
				c, err := n.Create(t.Context(), connection.Draft{WorkspaceID: ws, Name: "my-cloud", Connector: "cloud", Settings: settings})
				must(t, err)
				_, err = n.ask(t.Context(), c)
				wantFailure(t, err, protocol.Unauthorized, want)
				if n.health(t, c) != connection.HealthReconnect {
					t.Errorf("the connection is %s", n.health(t, c))
				}
				_, err = n.Authorize(t.Context(), ws, c.Name, connection.Person{})
				wantFailure(t, err, protocol.Unauthorized, want)
			})
		})
	}
}

// TestCase76: no request for a token and no person is sent to an address that the gateway does not connect to.
func TestCase76TokenAddresses(t *testing.T) {
	t.Parallel()
	n := newNode(t, filepath.Join(t.TempDir(), "cordboard.db"), auths()["client"])
	ws, ana := n.signedIn(t)
	for i, base := range []string{"http://169.254.169.254", "http://[::1]:9", "http://10.0.0.1", "http://127.0.0.2:1", "http://2130706433", "ftp://example.com"} {
		for _, kind := range []string{"client", "session", "code"} {
			n.cloud.auth = auths()[kind]
			settings, _ := json.Marshal(map[string]string{"base": base, "client_id": "a", "client_secret": "bbbbbbbb", "user": "u", "password": "pppppppp"})
			c, err := n.Create(t.Context(), connection.Draft{WorkspaceID: ws, Name: kind + "-" + string(rune('a'+i)), Connector: "cloud", Settings: settings})
			must(t, err)
			_, err = n.Authorize(t.Context(), ws, c.Name, ana)
			var f *protocol.Failure
			if !errors.As(err, &f) || strings.Contains(f.Message, base) || !strings.Contains(f.Message, "not reachable") && !strings.Contains(f.Message, "allowed address") {
				t.Errorf("%s at %s: %v", kind, base, err)
			}
		}
	}
}

// TestOtherNodesHeedPatience: what a provider said to one node holds the calls of all.
func TestOtherNodesHeedPatience(t *testing.T) {
	onBoth(t, func(t *testing.T, database string) {
		p, here := oauthtest.New(t, 0), newNode(t, database, auths()["client"])
		there := here
		if strings.HasPrefix(database, "postgres") {
			there = newNode(t, database, auths()["client"])
		}
		ws, _ := here.signedIn(t)
		c := here.made(t, ws, p)
		together(t, c, 1, here)
		must(t, here.store.Hold(t.Context(), c.ID, time.Hour))
		must(t, here.store.Hold(t.Context(), c.ID, time.Minute)) // less patience changes nothing
		there.Forget()
		before := p.Calls("api")
		_, err := there.ask(t.Context(), c)
		wantFailure(t, err, protocol.RateLimited, "asked this connection to wait")
		_, _, polled := there.Fetch(t.Context(), c.ID, protocol.FetchRequest{Trigger: "news"})
		wantFailure(t, polled, protocol.RateLimited, "asked this connection to wait")
		var f *protocol.Failure
		if errors.As(err, &f) && (f.RetryAfter < 59*time.Minute || f.RetryAfter > time.Hour) || p.Calls("api") != before {
			t.Errorf("it waits %v; the API was called %d times", f.RetryAfter, p.Calls("api")-before)
		}
	})
}
