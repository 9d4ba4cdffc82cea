//go:build linux

package wholepath_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/cordboard/cordboard/core/internal/api"
)

// crm is an outside system that takes webhooks, after refusing the first one.
type crm struct {
	mu   sync.Mutex
	got  []string // types, in the order of coming
	ids  []string
	bad  []string // whose signature was wrong
	url  string
	seen int
}

func newCRM(t *testing.T, secret func() string) *crm {
	c := &crm{}
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		c.mu.Lock()
		defer c.mu.Unlock()
		c.seen++
		want := standardSignatureAt(t, secret(), r.Header.Get("webhook-id"), r.Header.Get("webhook-timestamp"), string(body))
		if !strings.Contains(r.Header.Get("webhook-signature"), want) {
			c.bad = append(c.bad, r.Header.Get("webhook-signature"))
		}
		if c.seen == 1 {
			http.Error(w, "come back later", http.StatusServiceUnavailable)
			return
		}
		var e struct{ Type string }
		_ = json.Unmarshal(body, &e)
		c.got, c.ids = append(c.got, e.Type), append(c.ids, r.Header.Get("webhook-id"))
	}))
	t.Cleanup(s.Close)
	c.url = s.URL
	return c
}

// Case 79: an address that says Gone is left alone at once, and whoever wants to know is told why.
func TestOthersAreToldThatAnEndpointIsDisabled(t *testing.T) {
	onBoth(t, func(t *testing.T, databases map[string]string) {
		g := newGateway(t, databases, within)
		gone := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusGone) }))
		t.Cleanup(gone.Close)
		told := make(chan string, 8)
		other := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
			body, _ := io.ReadAll(r.Body)
			told <- string(body)
		}))
		t.Cleanup(other.Close)
		var made api.EndpointSecret
		g.call(t, http.MethodPost, "endpoints", map[string]any{"url": gone.URL + "/token-7", "description": "The old CRM", "events": []string{"*"}}, &made)
		g.call(t, http.MethodPost, "endpoints", map[string]any{"url": other.URL, "events": []string{"endpoint.*"}}, nil)
		g.call(t, http.MethodPut, "flows/hooked", []byte(strings.Replace(hooked, "AUTH", "none", 1)), nil)
		var hook api.FlowWebhook
		g.call(t, http.MethodGet, "flows/hooked/webhook", nil, &hook)
		if got := post(t, hook.URL, `{"contact":{"email":"ana@example.com"},"deal":7}`, nil); got != http.StatusOK {
			t.Fatalf("start: %d", got)
		}
		eventually(t, "the other is told", func() (bool, any) { return len(told) > 0, nil })
		var e struct {
			Type string
			Data struct {
				Endpoint struct{ ID, Description string }
				Reason   string
			}
		}
		body := <-told
		if err := json.Unmarshal([]byte(body), &e); err != nil || e.Type != "endpoint.disabled" || e.Data.Endpoint.ID != made.ID ||
			e.Data.Endpoint.Description != "The old CRM" || !strings.Contains(e.Data.Reason, "410") || strings.Contains(body, "token-7") {
			t.Errorf("told %s", body)
		}
	})
}

func TestEventsGoOutSignedUntilTheyAreTaken(t *testing.T) {
	onBoth(t, func(t *testing.T, databases map[string]string) {
		g := newGateway(t, databases, within)
		var made api.EndpointSecret
		c := newCRM(t, func() string { return made.Secret })
		g.call(t, http.MethodPost, "endpoints", map[string]any{"url": c.url + "/in", "events": []string{"run.*"}}, &made)
		g.call(t, http.MethodPut, "flows/hooked", []byte(strings.Replace(hooked, "AUTH", "none", 1)), nil)
		var hook api.FlowWebhook
		g.call(t, http.MethodGet, "flows/hooked/webhook", nil, &hook)
		if got := post(t, hook.URL, `{"contact":{"email":"ana@example.com"},"deal":7}`, nil); got != http.StatusOK {
			t.Fatalf("start: %d", got)
		}
		eventually(t, "both events of the run have come", func() (bool, any) {
			c.mu.Lock()
			defer c.mu.Unlock()
			return slices.Contains(c.got, "run.started") && slices.Contains(c.got, "run.succeeded") && len(c.got) == 2 && len(c.bad) == 0, []any{c.got, c.bad}
		})
		var deliveries api.List[api.Delivery]
		eventually(t, "the deliveries are noted", func() (bool, any) {
			g.call(t, http.MethodGet, "deliveries?state=delivered&endpoint="+made.ID, nil, &deliveries)
			return len(deliveries.Items) == 2, deliveries
		})
		attempts := 0
		for _, d := range deliveries.Items {
			var log api.DeliveryLog
			g.call(t, http.MethodGet, "deliveries/"+d.ID, nil, &log)
			attempts += len(log.Log)
			if first := log.Log[0]; len(log.Log) == 2 && (first.Status != http.StatusServiceUnavailable || !strings.Contains(first.Response, "come back later")) {
				t.Errorf("%+v", first)
			}
		}
		if attempts != 3 {
			t.Errorf("%d attempts, want 3: the first was refused", attempts)
		}
		g.call(t, http.MethodPost, "deliveries/"+deliveries.Items[0].ID+"/resend", nil, nil)
		var test api.DeliveryID
		g.call(t, http.MethodPost, "endpoints/"+made.ID+"/test", nil, &test)
		eventually(t, "one was sent again, and the test", func() (bool, any) {
			c.mu.Lock()
			defer c.mu.Unlock()
			return len(c.got) == 4 && slices.Contains(c.got, "endpoint.test"), c.got
		})
		if n := len(slices.Compact(slices.Sorted(slices.Values(c.ids)))); n != 3 || len(c.bad) != 0 {
			t.Errorf("%d webhook-ids, want 3 (%v); wrong signatures: %v", n, c.ids, c.bad)
		}
	})
}
