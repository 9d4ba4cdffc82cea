package main

import (
	"io"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/cordboard/cordboard/plugins/sandbox/sandbox"
	"github.com/cordboard/cordboard/sdk/sdktest"
)

// The sandbox was written from the vendor's documents, not from this connector: what one sends the other must take.
func TestTagsInTheSandbox(t *testing.T) {
	t.Parallel()
	box := sandbox.New(sandbox.Config{ActiveCampaign: sandbox.ActiveCampaignConfig{PerSecond: 1000}})
	t.Cleanup(box.Close)
	webhooks := make(chan string, 16)
	hooks := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		webhooks <- string(body)
	}))
	t.Cleanup(hooks.Close)
	h := sdktest.New(t, connector, map[string]any{
		"url": "http://127.0.0.1:8090/activecampaign", "key": "demo-activecampaign-token", "webhook_token": "demo-webhook-token",
	}, box.Handler())

	if _, err := h.Check(); err != nil {
		t.Errorf("check: %v", err)
	}
	address := hooks.URL + "/hooks/in?token=hdl_webhook_token_x7Qw2"
	first, err := h.Subscribe("contact_tag_added", map[string]any{"include_api": true}, address)
	if err != nil {
		t.Fatal(err)
	}
	if second, err := h.Subscribe("contact_tag_added", map[string]any{"include_api": true}, address); err != nil || second.ID != first.ID {
		t.Errorf("subscribing again: got %+v, %v, want %+v", second, err, first)
	}
	if _, err := h.Invoke("upsert_contact", map[string]any{"email": "giulia+shop@example.com", "first_name": "Giulia", "phone": "+393471234567"}); err != nil {
		t.Errorf("upsert: %v", err)
	}
	tagging := map[string]any{"email": "Giulia+Shop@example.com", "tag": "reactive"}
	added, err := h.Invoke("add_tag", tagging)
	if err != nil {
		t.Fatal(err)
	}
	if again, err := h.Invoke("add_tag", tagging); err != nil || string(again.Output) != string(added.Output) {
		t.Errorf("adding again: got %s, %v, want %s", again.Output, err, added.Output)
	}
	select {
	case body := <-webhooks:
		events, err := h.Receive(nil, body)
		if err != nil || len(events) != 1 || events[0].Contact.Phone != "+393471234567" {
			t.Errorf("receive: got %+v, %v\n%s", events, err, body)
		}
	case <-time.After(10 * time.Second):
		t.Error("no webhook")
	}
	for range 2 {
		if _, err := h.Invoke("remove_tag", tagging); err != nil {
			t.Errorf("remove: %v", err)
		}
	}
	for range 2 {
		if err := h.Unsubscribe("contact_tag_added", first.ID); err != nil {
			t.Errorf("unsubscribe: %v", err)
		}
	}
}
