package connection_test

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/cordboard/cordboard/core/internal/connection"
	"github.com/cordboard/cordboard/core/internal/connection/oauthtest"
	"github.com/cordboard/cordboard/core/internal/event"
	"github.com/cordboard/cordboard/core/internal/testenv"
	"github.com/cordboard/cordboard/sdk/protocol"
)

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
