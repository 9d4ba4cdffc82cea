//go:build linux

package wholepath_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/cordboard/cordboard/core/internal/api"
)

// quoting asks a service for the price and answers whoever asked for it.
const quoting = `name: quoting
trigger: { on: webhook, with: { auth: none, answer: respond, delivery_key: X-Delivery } }
steps:
  - id: price
    connection: prices
    http: { url: "/prices/{{ event.body.sku }}", query: { lang: es }, accept_status: [404] }
  - id: tell
    respond:
      status: 200
      headers: { Content-Type: text/html, X-Sku: "{{ event.body.sku }}" }
      text: "<b>{{ steps.price.status == 200 ? steps.price.body.amount : 'none' }}</b>"
`

// chasing calls its own address.
const chasing = `name: chasing
trigger: { on: webhook, with: { auth: none } }
steps:
  - id: again
    http: { method: POST, url: "ADDRESS", json: {} }
`

func ask(t *testing.T, url, body, key string) (*http.Response, string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("X-Delivery", key)
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	answer, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp, string(answer)
}

func TestAFlowAnswersItsCaller(t *testing.T) {
	onBoth(t, func(t *testing.T, databases map[string]string) {
		prices := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.Header.Get("X-Key") != "s3cret-of-prices" {
				w.WriteHeader(http.StatusUnauthorized)
				return
			}
			if r.URL.EscapedPath() != "/prices/a%2Fb%3F" || r.URL.RawQuery != "lang=es" {
				http.NotFound(w, r)
				return
			}
			w.Header().Set("Content-Type", "application/json")
			fmt.Fprint(w, `{"amount":9007199254740993,"said":"s3cret-of-prices"}`)
		}))
		t.Cleanup(prices.Close)
		g := newGateway(t, databases, within)
		g.call(t, http.MethodPost, "connections", map[string]any{"name": "prices", "connector": "http", "settings": map[string]string{
			"url": prices.URL, "header": "X-Key", "value": "s3cret-of-prices",
		}}, nil)
		var tested api.ConnectionCheck
		if g.call(t, http.MethodPost, "connections/prices/test", map[string]string{}, &tested); !tested.OK {
			t.Errorf("the connection does not work: %+v", tested)
		}
		g.call(t, http.MethodPut, "flows/quoting", []byte(quoting), nil)
		var hook api.FlowWebhook
		g.call(t, http.MethodGet, "flows/quoting/webhook", nil, &hook)

		for range 2 { // a copy is answered like the first
			resp, answer := ask(t, hook.URL, `{"sku":"a/b?"}`, "d-1")
			if resp.StatusCode != 200 || answer != "<b>9007199254740993</b>" || resp.Header.Get("X-Sku") != "a/b?" {
				t.Errorf("answered %d %s %v", resp.StatusCode, answer, resp.Header)
			}
			if h := resp.Header; h.Get("Content-Type") != "text/html" || !strings.HasPrefix(h.Get("Content-Security-Policy"), "sandbox") || h.Get("X-Content-Type-Options") != "nosniff" {
				t.Errorf("case 75: %v", h)
			}
		}
		if _, answer := ask(t, hook.URL, `{"sku":"unknown"}`, "d-2"); answer != "<b>none</b>" {
			t.Errorf("a price that is not there is answered %s", answer)
		}
		var page api.List[api.Run]
		if g.call(t, http.MethodGet, "runs?flow=quoting", nil, &page); len(page.Items) != 2 {
			t.Fatalf("there are %d runs", len(page.Items))
		}
		for _, r := range page.Items {
			var detail json.RawMessage
			if g.call(t, http.MethodGet, "runs/"+r.ID, nil, &detail); strings.Contains(string(detail), "s3cret") {
				t.Errorf("the run's history holds the secret: %s", detail)
			}
		}

		// A flow that calls itself.
		g.call(t, http.MethodPut, "flows/chasing", []byte(strings.Replace(chasing, "ADDRESS", g.hooks, 1)), nil)
		g.call(t, http.MethodGet, "flows/chasing/webhook", nil, &hook)
		g.call(t, http.MethodPut, "flows/chasing", []byte(strings.Replace(chasing, "ADDRESS", hook.URL, 1)), nil)
		ask(t, hook.URL, "{}", "")
		eventually(t, "case 93: the loop has ended", func() (bool, any) {
			g.call(t, http.MethodGet, "runs?flow=chasing", nil, &page)
			ended := 0
			for _, r := range page.Items {
				if r.Status == "failed" && strings.HasPrefix(r.Failure.Message, "Loop suspected") {
					ended++
				}
			}
			return ended == 1 && len(page.Items) == 12, page
		})
	})
}
