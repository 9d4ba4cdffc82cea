//go:build linux

package wholepath_test

import (
	"bytes"
	"encoding/json"
	"io"
	"maps"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/cordboard/cordboard/core/internal/api"
	"github.com/cordboard/cordboard/core/internal/testenv"
)

// What the gateways here are told, and what the example's hours become.
const (
	settle   = 1500 * time.Millisecond // long enough for a message to come between a deadline and its timeout
	grace    = 3 * time.Second
	pause    = 2 * time.Second
	flowName = "verify-product-x"
)

// onBoth runs a test on SQLite with the embedded queue, and on Postgres with Redis.
func onBoth(t *testing.T, test func(t *testing.T, databases map[string]string)) {
	t.Parallel()
	for name, databases := range map[string]func(t *testing.T) map[string]string{
		"SQLite": func(*testing.T) map[string]string { return nil },
		"Postgres": func(t *testing.T) map[string]string {
			return map[string]string{"CORDBOARD_DATABASE_URL": testenv.Postgres(t), "CORDBOARD_REDIS_URL": testenv.Redis(t)}
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(t, databases(t))
		})
	}
}

// gateway is a `cordboard serve` with the vendors it works with, and the person who works its API.
type gateway struct {
	*process
	vendors    *vendors
	env        map[string]string
	api, hooks string
	token      string
}

// newGateway starts a gateway with a sandbox, connects it to the vendors there and publishes the example flow with its
// two hours made within.
func newGateway(t *testing.T, databases map[string]string, within time.Duration) *gateway {
	t.Helper()
	apiAddr, hooksAddr := freeAddr(t), freeAddr(t)
	g := &gateway{vendors: startSandbox(t), api: "http://" + apiAddr, hooks: "http://" + hooksAddr, env: map[string]string{
		"CORDBOARD_ADDR": apiAddr, "CORDBOARD_HOOKS_ADDR": hooksAddr, "CORDBOARD_HOOKS_PUBLIC_URL": "http://" + hooksAddr,
		"CORDBOARD_DATA_DIR": t.TempDir(), "CORDBOARD_PLUGIN_DIR": connectorsDir(), "CORDBOARD_EGRESS_ALLOW": "127.0.0.0/8",
		"CORDBOARD_SETTLE": settle.String(), "CORDBOARD_GRACE": grace.String(), "CORDBOARD_UNSIGNED_CONNECTORS": "allow",
	}}
	maps.Copy(g.env, databases)
	g.start(t)
	g.readToken(t)
	g.connect(t)
	g.publish(t, within)
	return g
}

// start runs the gateway, anew after a kill, and returns when both its listeners are ready.
func (g *gateway) start(t *testing.T) {
	t.Helper()
	g.process = start(t, gatewayProgram(), g.env, "serve")
	g.awaitReady(t)
}

// readToken reads the token of the command line, with which the API is worked.
func (g *gateway) readToken(t *testing.T) {
	t.Helper()
	token, err := os.ReadFile(filepath.Join(g.env["CORDBOARD_DATA_DIR"], "cli.token"))
	if err != nil {
		t.Fatal(err)
	}
	g.token = strings.TrimSpace(string(token))
}

// awaitReady returns when a gateway that has just been started takes work.
func (g *gateway) awaitReady(t *testing.T) {
	t.Helper()
	for _, base := range []string{g.api, g.hooks} {
		eventually(t, "the gateway is ready", func() (bool, any) {
			select {
			case <-g.ended:
				t.Fatal("the gateway has ended")
			default:
			}
			resp, err := http.Get(base + "/readyz")
			if err != nil {
				return false, err
			}
			defer resp.Body.Close()
			return resp.StatusCode == http.StatusOK, resp.Status
		})
	}
	eventually(t, "the token of the command line is there", func() (bool, any) {
		_, err := os.Stat(filepath.Join(g.env["CORDBOARD_DATA_DIR"], "cli.token"))
		return err == nil, err
	})
}

// connect makes the connections that the flow names, with the credentials that the sandbox takes.
func (g *gateway) connect(t *testing.T) {
	t.Helper()
	for _, c := range []struct {
		Name      string            `json:"name"`
		Connector string            `json:"connector"`
		Settings  map[string]string `json:"settings"`
	}{
		{"wa", "whatsapp", map[string]string{
			"token": "demo-whatsapp-token", "app_secret": "demo-app-secret", "phone_number_id": "106540352242922",
			"waba_id": "102290129340398", "base_url": g.vendors.url + "/whatsapp",
		}},
		{"my-shop", "shopify", map[string]string{
			"shop": "demo-shop", "client_id": "demo-client-id",
			"client_secret": "demo-client-secret", "base_url": g.vendors.url + "/shopify",
		}},
		{"crm", "activecampaign", map[string]string{
			"key": "demo-activecampaign-token", "url": g.vendors.url + "/activecampaign",
			"event_account": "609711", "event_key": "demo-event-key", "event_url": g.vendors.url + "/trackcmp",
		}},
	} {
		g.call(t, http.MethodPost, "connections", c, nil)
	}
}

// publish applies the example flow with its hours made short and waits until the vendors send what it needs.
func (g *gateway) publish(t *testing.T, within time.Duration) {
	t.Helper()
	source, err := os.ReadFile("../../../../examples/flows/" + flowName + ".yaml")
	if err != nil {
		t.Fatal(err)
	}
	short := strings.NewReplacer("within: 2h", "within: "+within.String(), "for: 12h", "for: "+pause.String()).Replace(string(source))
	var applied api.Applied
	g.call(t, http.MethodPut, "flows/"+flowName, []byte(short), &applied)
	if !applied.Changed || applied.Version != 1 {
		t.Fatalf("applied %+v, want version 1 to be new", applied)
	}
	eventually(t, "the vendors send webhooks", func() (bool, any) {
		var state struct {
			Connected struct{ WhatsApp, Shopify bool }
		}
		g.vendors.get(t, "state", &state)
		return state.Connected.WhatsApp && state.Connected.Shopify, state
	})
}

// call works the REST API. A body of bytes is sent as YAML, any other as JSON.
func (g *gateway) call(t *testing.T, method, path string, body, into any) {
	t.Helper()
	exchange(t, method, g.api+"/api/v1/"+path, g.token, body, into)
}

func exchange(t *testing.T, method, address, token string, body, into any) {
	t.Helper()
	sent, media := []byte(nil), "application/json"
	switch b := body.(type) {
	case nil:
	case []byte:
		sent, media = b, "application/yaml"
	default:
		var err error
		if sent, err = json.Marshal(b); err != nil {
			t.Fatal(err)
		}
	}
	req, err := http.NewRequestWithContext(t.Context(), method, address, bytes.NewReader(sent))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", media)
	if token != "" {
		req.Header.Set("Authorization", "Bearer "+token)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode/100 != 2 {
		t.Fatalf("%s %s: %s %v\n%s", method, address, resp.Status, err, text)
	}
	if into == nil {
		return
	}
	if err := json.Unmarshal(text, into); err != nil {
		t.Fatalf("%s %s: %v\n%s", method, address, err, text)
	}
}

// contact finds a person by phone number.
func (g *gateway) contact(t *testing.T, phone string) (found api.Contact, ok bool) {
	t.Helper()
	var contacts api.List[api.Contact]
	g.call(t, http.MethodGet, "contacts?limit=200", nil, &contacts)
	for _, c := range contacts.Items {
		if c.Phone == phone {
			return c, true
		}
	}
	return api.Contact{}, false
}

// runs lists the runs about a person, newest first.
func (g *gateway) runs(t *testing.T, phone string) []api.Run {
	t.Helper()
	c, ok := g.contact(t, phone)
	if !ok {
		return nil
	}
	var runs api.List[api.Run]
	g.call(t, http.MethodGet, "runs?limit=200&contact="+url.QueryEscape(c.ID), nil, &runs)
	return runs.Items
}

// heard lists what a person has said, newest first.
func (g *gateway) heard(t *testing.T, phone string) []api.Message {
	t.Helper()
	c, ok := g.contact(t, phone)
	if !ok {
		return nil
	}
	var messages api.List[api.Message]
	g.call(t, http.MethodGet, "messages?limit=200&contact="+url.QueryEscape(c.ID), nil, &messages)
	var heard []api.Message
	for _, m := range messages.Items {
		if m.Direction == "in" {
			heard = append(heard, m)
		}
	}
	return heard
}
