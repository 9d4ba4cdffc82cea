package main

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/cordboard/cordboard/plugins/sandbox/sandbox"
	"github.com/cordboard/cordboard/sdk/sdktest"
)

// The sandbox checks our documents against Shopify's own schema: what this connector sends must be valid there.
func TestAnOrderInTheSandbox(t *testing.T) {
	t.Parallel()
	box := sandbox.New(sandbox.Config{})
	t.Cleanup(box.Close)
	type webhook struct {
		header http.Header
		body   string
	}
	webhooks := make(chan webhook, 16)
	hooks := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		webhooks <- webhook{r.Header, string(body)}
	}))
	t.Cleanup(hooks.Close)
	h := sdktest.New(t, connector, map[string]any{
		"shop": "demo-shop", "access_token": "shpat_0123456789abcdef0123456789abcdef", "client_secret": "demo-client-secret",
		"base_url": "http://sandbox.test/shopify",
	}, box.Handler())

	if identity, err := h.Check(); err != nil || identity.ID != "demo-shop.myshopify.com" {
		t.Errorf("check: got %+v, %v", identity, err)
	}
	first, err := h.Subscribe("order_paid", map[string]any{}, hooks.URL+"/hooks/in")
	if err != nil {
		t.Fatal(err)
	}
	if second, err := h.Subscribe("order_paid", map[string]any{}, hooks.URL+"/hooks/in"); err != nil || second.ID != first.ID {
		t.Errorf("subscribing again: got %+v, %v, want %+v", second, err, first)
	}
	placed := httptest.NewRecorder()
	box.Handler().ServeHTTP(placed, sandboxRequest(`{"phone":"+34600123456","paid":true}`))
	if placed.Code >= 300 {
		t.Fatalf("placing an order: %d %s", placed.Code, placed.Body)
	}
	var arrived webhook
	select {
	case arrived = <-webhooks:
	case <-time.After(10 * time.Second):
		t.Fatal("no webhook")
	}
	events, err := h.Receive(arrived.header, arrived.body)
	if err != nil || len(events) != 1 || events[0].Trigger != "order_paid" || events[0].Contact.Phone != "+34600123456" {
		t.Fatalf("got %+v, %v\n%s", events, err, arrived.body)
	}
	manifest, _ := connector.Manifest()
	described, _ := manifest.Trigger("order_paid")
	for _, p := range described.Output.Check(events[0].Data, "event") {
		t.Errorf("%s %s", p.Path, p.Message)
	}
	var order struct {
		ID int64 `json:"id"`
	}
	if err := json.Unmarshal(events[0].Data, &order); err != nil {
		t.Fatal(err)
	}
	result, err := h.Invoke("add_order_tags", map[string]any{"order_id": order.ID, "tags": []string{"reactive"}})
	if err != nil || !strings.Contains(string(result.Output), "reactive") {
		t.Errorf("tags: got %s, %v", result.Output, err)
	}
	for range 2 {
		result, err = h.Invoke("add_order_note", map[string]any{"order_id": order.ID, "note": "Wants blue"})
		if err != nil || strings.Count(string(result.Output), "Wants blue") != 1 {
			t.Errorf("note: got %s, %v", result.Output, err)
		}
	}
	for range 2 {
		if err := h.Unsubscribe("order_paid", first.ID); err != nil {
			t.Errorf("unsubscribe: %v", err)
		}
	}
}

func sandboxRequest(body string) *http.Request {
	r := httptest.NewRequest(http.MethodPost, "http://127.0.0.1/sandbox/shopify/orders", strings.NewReader(body))
	r.Header.Set("Content-Type", "application/json")
	r.RemoteAddr = "127.0.0.1:1"
	return r
}
