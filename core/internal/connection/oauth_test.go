package connection_test

import (
	"errors"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/cordboard/cordboard/core/internal/connection"
	"github.com/cordboard/cordboard/core/internal/connection/oauthtest"
	"github.com/cordboard/cordboard/sdk/protocol"
)

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
