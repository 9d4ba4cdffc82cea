//go:build linux

package wholepath_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"strings"
	"testing"
	"time"

	"github.com/cordboard/cordboard/core/internal/api"
	"github.com/cordboard/cordboard/core/internal/connection/oauthtest"
)

const noting = `name: noting
title: A note in the cloud
trigger: { on: manual }
contact: { phone: "+34600111998" }
steps:
  - id: note
    do: cloud.write_note
    connection: my_cloud
    with: { text: hello }
`

// browser is a person's, signed in to the console.
type browser struct {
	*gateway
	client *http.Client
}

// signIn has a person invited and lets them sign in.
func (g *gateway) signIn(t *testing.T) *browser {
	t.Helper()
	var user api.UserLink
	g.call(t, http.MethodPost, "users", map[string]string{"email": "ana@example.com", "role": "builder"}, &user)
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	b := &browser{g, &http.Client{Jar: jar}}
	_, link, _ := strings.Cut(user.Link, "#link=")
	b.post(t, "session/link", map[string]string{"link": link, "password": "correct horse battery"}, nil)
	return b
}

func (b *browser) post(t *testing.T, path string, body, into any) {
	t.Helper()
	text, err := json.Marshal(body)
	if err != nil {
		t.Fatal(err)
	}
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, b.api+"/api/v1/"+path, bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("X-Cordboard-Console", "1")
	resp, err := b.client.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	answer, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode/100 != 2 {
		t.Fatalf("POST %s: %s %s", path, resp.Status, answer)
	}
	if into != nil {
		if err := json.Unmarshal(answer, into); err != nil {
			t.Fatal(err)
		}
	}
}

// connects presses Connect and consents on the provider's page.
func (b *browser) connects(t *testing.T) {
	t.Helper()
	var a api.Authorization
	b.post(t, "connections/my_cloud/authorize", map[string]string{}, &a)
	resp, err := b.client.Get(a.URL) // whose page leads back
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	page, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != http.StatusOK || !strings.Contains(string(page), "my_cloud is connected.") {
		t.Fatalf("%s %s", resp.Status, page)
	}
}

// noted starts a run and returns where to look at it.
func (g *gateway) noted(t *testing.T) string {
	t.Helper()
	var started api.StartedRuns
	g.call(t, http.MethodPost, "flows/noting/start", map[string]any{}, &started)
	return "runs/" + started.Runs[0].RunID
}

func (g *gateway) becomes(t *testing.T, run, status, phase string) (d api.RunDetail) {
	t.Helper()
	eventually(t, "the run is "+status+" "+phase, func() (bool, any) {
		d = api.RunDetail{}
		g.call(t, http.MethodGet, run, nil, &d)
		return d.Status == status && d.Phase == phase, d
	})
	return d
}

// TestRunsWaitForAPersonWhoConnects: a flow that needs a connection by OAuth is held until somebody consents, works, is held
// again when the provider withdraws the consent, and goes on where it was after they consent once more. The tokens are
// nowhere to be seen (case 90).
func TestRunsWaitForAPersonWhoConnects(t *testing.T) {
	onBoth(t, func(t *testing.T, databases map[string]string) {
		g := newGateway(t, databases, time.Hour)
		ana := g.signIn(t)
		p := oauthtest.New(t, time.Hour)
		var c api.Connection
		connection := func() api.Connection {
			t.Helper()
			c = api.Connection{}
			g.call(t, http.MethodGet, "connections/my_cloud", nil, &c)
			return c
		}
		g.call(t, http.MethodPost, "connections", map[string]any{"name": "my_cloud", "connector": "cloud", "settings": map[string]string{
			"base_url": p.URL, "client_id": oauthtest.ClientID, "client_secret": oauthtest.ClientSecret,
		}}, nil)
		g.call(t, http.MethodPut, "flows/noting", []byte(noting), nil)
		g.call(t, http.MethodPost, "endpoints", map[string]any{"url": g.vendors.url + "/nowhere", "events": []string{"connection.*"}}, nil)

		first := g.noted(t)
		d := g.becomes(t, first, "waiting", "held")
		if f := d.Steps[0].Failure; f == nil || !strings.Contains(f.Message, "press Connect") {
			t.Errorf("the step says %+v", f)
		}
		if c := connection(); c.HeldRuns != 1 || c.Token == nil || c.Token.Connected || !c.Token.Consent {
			t.Errorf("before: %+v with %+v", c, c.Token)
		}
		ana.connects(t)
		d = g.becomes(t, first, "succeeded", "")
		if a := d.Steps[0].Attempts; len(a) != 1 || len(a[0].Exchanges) != 1 || a[0].Exchanges[0].Path != "/api/notes" || a[0].Exchanges[0].Status != 200 {
			t.Errorf("the attempts are %+v", a)
		}
		if c := connection(); c.HeldRuns != 0 || c.Health != "good" || !c.Token.Connected || fmt.Sprint(c.Token.Scopes) != "[notes]" {
			t.Errorf("connected: %+v with %+v", c, c.Token)
		}

		p.Revoke(true)
		second := g.noted(t)
		g.becomes(t, second, "waiting", "held")
		if c := connection(); c.Health != "needs_reconnect" || !strings.Contains(c.Failure.Message, "takes the consent as ended") {
			t.Errorf("withdrawn: %+v, %+v", c, c.Failure)
		}
		ana.connects(t)
		d = g.becomes(t, second, "succeeded", "")
		var told api.List[api.Delivery]
		g.call(t, http.MethodGet, "deliveries", nil, &told)
		if len(told.Items) != 2 || told.Items[1].Type != "connection.needs_reconnect" || told.Items[0].Type != "connection.restored" {
			t.Errorf("outside systems are told %+v", told.Items)
		}

		seen := []byte(g.output.String())
		for _, path := range []string{"connections", "connections/my_cloud", first, second, "audit", "deliveries/" + told.Items[0].ID, "deliveries/" + told.Items[1].ID} {
			var answer json.RawMessage
			g.call(t, http.MethodGet, path, nil, &answer)
			seen = append(seen, answer...)
		}
		for _, secret := range append(p.Given(), oauthtest.ClientSecret) {
			if bytes.Contains(seen, []byte(secret)) {
				t.Errorf("%.9s… is shown", secret)
			}
		}
	})
}
