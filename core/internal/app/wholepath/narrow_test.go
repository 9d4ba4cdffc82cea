//go:build linux

package wholepath_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/cordboard/cordboard/core/internal/api"
)

// queues is what the connector echo asks for events: it keeps subscriptions and sends to their addresses.
type queues struct {
	*httptest.Server

	mu   sync.Mutex
	subs map[string]string // queue to the address of its subscription; the queue "" is all
	gone []string          // ids that were ended, with the queue that was named
}

func newQueues(t *testing.T) *queues {
	t.Helper()
	q := &queues{subs: map[string]string{}}
	mux := http.NewServeMux()
	mux.HandleFunc("POST /subscriptions", func(w http.ResponseWriter, r *http.Request) {
		var in struct {
			ID, Queue, Colour string
			CallbackURL       string `json:"callback_url"`
		}
		if err := json.NewDecoder(r.Body).Decode(&in); err != nil || in.Colour != "" {
			http.Error(w, "only the gateway knows colours", http.StatusBadRequest)
			return
		}
		q.mu.Lock()
		defer q.mu.Unlock()
		q.subs[in.Queue] = in.CallbackURL
		_ = json.NewEncoder(w).Encode(map[string]string{"id": "of " + in.Queue})
	})
	mux.HandleFunc("DELETE /subscriptions/{id}", func(_ http.ResponseWriter, r *http.Request) {
		q.mu.Lock()
		defer q.mu.Unlock()
		q.gone = append(q.gone, r.PathValue("id")+" in "+r.URL.Query().Get("queue"))
		delete(q.subs, r.URL.Query().Get("queue"))
	})
	mux.HandleFunc("GET /queues", func(w http.ResponseWriter, r *http.Request) {
		found := []map[string]string{}
		for _, name := range []string{"orders", "refunds"} {
			if strings.HasPrefix(name, r.URL.Query().Get("search")) {
				found = append(found, map[string]string{"value": name, "label": "Queue of " + name})
			}
		}
		_ = json.NewEncoder(w).Encode(map[string]any{"options": found})
	})
	q.Server = httptest.NewServer(mux)
	t.Cleanup(q.Close)
	return q
}

func (q *queues) addresses() map[string]string {
	q.mu.Lock()
	defer q.mu.Unlock()
	addresses := map[string]string{}
	for queue, address := range q.subs {
		addresses[queue] = address
	}
	return addresses
}

func (q *queues) ended() []string {
	q.mu.Lock()
	defer q.mu.Unlock()
	return slices.Clone(q.gone)
}

// TestAFlowGetsTheEventsOfItsOwnInput: the trigger's input is checked when the flow is saved, reaches the provider in a
// subscription for each that flows have, and each flow gets what its own one brings, narrowed by what the gateway compares;
// though two subscriptions bring one event under one id.
func TestAFlowGetsTheEventsOfItsOwnInput(t *testing.T) {
	onBoth(t, func(t *testing.T, databases map[string]string) {
		g, q := newGateway(t, databases, time.Hour), newQueues(t)
		var line api.Connection
		g.call(t, http.MethodPost, "connections", map[string]any{"name": "line", "connector": "echo", "settings": map[string]string{"secret": lineSecret, "base_url": q.URL}}, &line)
		flow := func(name, with string) []byte {
			return fmt.Appendf(nil, "name: %s\ntrigger: { on: echo.queued, connection: line, with: %s }\nsteps: [{ id: seen, set: { of: \"{{ event.queue }}\" } }]\n", name, with)
		}
		for with, path := range map[string]string{`{ queue: [orders] }`: "trigger.with.queue", `{ que: orders }`: "trigger.with.que", `{ queue: "{{ event.id }}" }`: "trigger.with.queue"} {
			if status, text := g.put(t, "flows/bad", flow("bad", with)); status != http.StatusUnprocessableEntity || !strings.Contains(text, `"`+path+`"`) {
				t.Errorf("%s: %d %s", with, status, text)
			}
		}
		for name, with := range map[string]string{
			"all": `{}`, "orders": `{ queue: orders }`, "refunds": `{ queue: refunds }`, "red": `{ colour: red }`, "red-orders": `{ queue: orders, colour: red }`,
		} {
			g.call(t, http.MethodPut, "flows/"+name, flow(name, with), nil)
		}
		var to map[string]string
		eventually(t, "the provider is asked for each input", func() (bool, any) {
			to = q.addresses()
			return len(to) == 3, to
		})
		if to[""] != line.WebhookURL || to["orders"] == to["refunds"] || !strings.HasPrefix(to["orders"], line.WebhookURL+"/queued-") {
			t.Errorf("the addresses are %v", to)
		}
		want := []string{"queued <nil> active", "queued map[queue:orders] active", "queued map[queue:refunds] active"}
		eventually(t, "the connection shows its subscriptions", func() (bool, any) {
			g.call(t, http.MethodGet, "connections/line", nil, &line)
			var kept []string
			for _, s := range line.Subscriptions {
				kept = append(kept, fmt.Sprint(s.Trigger, " ", s.Input, " ", s.State))
			}
			return sameSet(kept, want), kept
		})
		var options api.Options
		g.call(t, http.MethodPost, "connections/line/options", map[string]any{"list": "queues", "search": "or", "input": map[string]string{"colour": "red"}}, &options)
		if len(options.Items) != 1 || options.Items[0].Value != "orders" || options.Items[0].Label != "Queue of orders" {
			t.Errorf("the dropdown holds %+v", options)
		}

		send := func(id, colour string, queues ...string) {
			t.Helper()
			body := fmt.Sprintf(`{"id":%q,"queue":"orders","colour":%q}`, id, colour)
			for _, queue := range queues {
				header := hexSignature(lineSecret, body)
				header = http.Header{"X-Echo-Signature": {strings.TrimPrefix(header.Get("X-Signature"), "sha256=")}, "X-Echo-Delivery": {id}}
				if status := post(t, to[queue], body, header); status != http.StatusOK {
					t.Fatalf("%s to %q: %d", id, queue, status)
				}
			}
		}
		ran := func(want map[string]int) {
			t.Helper()
			eventually(t, "each flow has run as often as it should", func() (bool, any) {
				got := map[string]int{}
				for name := range want {
					var list api.List[api.Run]
					g.call(t, http.MethodGet, "runs?limit=50&flow="+name, nil, &list)
					got[name] = len(list.Items)
				}
				return fmt.Sprint(got) == fmt.Sprint(want), got
			})
		}
		send("1", "red", "", "orders", "orders")
		ran(map[string]int{"all": 1, "orders": 1, "refunds": 0, "red": 1, "red-orders": 1})
		send("2", "blue", "orders", "")
		send("3", "red", "refunds")
		ran(map[string]int{"all": 2, "orders": 2, "refunds": 1, "red": 1, "red-orders": 1})

		if status := post(t, line.WebhookURL+"/queued-nothing", "{}", nil); status != http.StatusNotFound {
			t.Errorf("an address of another form: %d", status)
		}
		g.call(t, http.MethodPut, "flows/refunds", flow("refunds", `{ queue: orders }`), nil)
		g.call(t, http.MethodPost, "flows/orders/disable", nil, nil)
		eventually(t, "what nobody wants is ended, with its input", func() (bool, any) {
			gone := q.ended()
			return slices.Equal(gone, []string{"of refunds in refunds"}), gone
		})
		send("4", "blue", "orders")
		ran(map[string]int{"orders": 2, "refunds": 2})
	})
}

// TestWebhooksOfTheFormerSecretAreTaken: for a while after a connection's secret was changed, and those of no other.
func TestWebhooksOfTheFormerSecretAreTaken(t *testing.T) {
	onBoth(t, func(t *testing.T, databases map[string]string) {
		g := newGateway(t, databases, time.Hour)
		var line api.Connection
		g.call(t, http.MethodPost, "connections", map[string]any{"name": "line", "connector": "echo", "settings": map[string]string{"secret": lineSecret, "base_url": "http://echo.example"}}, &line)
		send := func(secret string) int {
			t.Helper()
			body := `{"id":"1"}`
			signed := strings.TrimPrefix(hexSignature(secret, body).Get("X-Signature"), "sha256=")
			return post(t, line.WebhookURL, body, http.Header{"X-Echo-Signature": {signed}})
		}
		if got := send(lineSecret); got != http.StatusOK {
			t.Fatalf("before the change: %d", got)
		}
		g.call(t, http.MethodPatch, "connections/line", map[string]any{"settings": map[string]string{"secret": "another secret of the line"}}, nil)
		for secret, want := range map[string]int{lineSecret: http.StatusOK, "another secret of the line": http.StatusOK, "nobody's secret of a line": http.StatusUnauthorized} {
			if got := send(secret); got != want {
				t.Errorf("%s: %d, want %d", secret, got, want)
			}
		}
	})
}

func sameSet(a, b []string) bool {
	slices.Sort(a)
	slices.Sort(b)
	return slices.Equal(a, b)
}

// put saves a document that may be refused.
func (g *gateway) put(t *testing.T, path string, document []byte) (status int, text string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPut, g.api+"/api/v1/"+path, bytes.NewReader(document))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/yaml")
	req.Header.Set("Authorization", "Bearer "+g.token)
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	answer, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, string(answer)
}
