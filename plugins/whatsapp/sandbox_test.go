package main

import (
	"io"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/cordboard/cordboard/plugins/sandbox/sandbox"
	"github.com/cordboard/cordboard/sdk/protocol"
	"github.com/cordboard/cordboard/sdk/sdktest"
)

// The sandbox was written from the vendor's documents, not from this connector: what one sends the other must take.
func TestAConversationInTheSandbox(t *testing.T) {
	t.Parallel()
	box := sandbox.New(sandbox.Config{})
	t.Cleanup(box.Close)
	webhooks := make(chan string, 16)
	hooks := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodGet {
			_, _ = io.WriteString(w, r.URL.Query().Get("hub.challenge"))
			return
		}
		body, _ := io.ReadAll(r.Body)
		webhooks <- string(body)
	}))
	t.Cleanup(hooks.Close)
	h := sdktest.New(t, connector, map[string]any{
		"token": "demo-whatsapp-token", "phone_number_id": "106540352242922", "waba_id": "102290129340398",
		"app_secret": "demo-app-secret", "verify_token": "demo-verify-token", "base_url": "http://sandbox.test/whatsapp",
	}, box.Handler())

	if identity, err := h.Check(); err != nil || identity.Label != "Bottega Rossi (+39 02 1234 5678)" {
		t.Errorf("check: got %+v, %v", identity, err)
	}
	if page, err := h.ListOptions("templates", ""); err != nil || len(page.Options) == 0 {
		t.Errorf("templates: got %+v, %v", page, err)
	}
	if _, err := h.Subscribe("message_received", map[string]any{}, hooks.URL+"/hooks/in"); err != nil {
		t.Fatal(err)
	}
	result, err := h.Invoke("send_template", map[string]any{"to": "+393471234567", "template": "verify_purchase", "language": "es", "body": []string{"#1042"}})
	if err != nil || result.Sent.Recipient != "393471234567" {
		t.Fatalf("send: got %+v, %v", result.Sent, err)
	}
	for {
		select {
		case body := <-webhooks:
			events, err := h.Receive(nil, body)
			if err != nil || len(events) == 0 {
				t.Fatalf("receive: got %+v, %v\n%s", events, err, body)
			}
			if s := events[0].Status; s != nil && s.MessageID == result.Sent.ID && s.State == protocol.StatusDelivered && s.IdempotencyKey == h.Call().IdempotencyKey {
				return
			}
		case <-time.After(10 * time.Second):
			t.Fatal("no news of the delivery")
		default:
			box.Advance(100 * time.Millisecond)
		}
	}
}

func TestTheSandboxRefusesWhatMetaRefuses(t *testing.T) {
	t.Parallel()
	box := sandbox.New(sandbox.Config{})
	t.Cleanup(box.Close)
	tests := map[string]struct {
		token string
		input map[string]any
		kind  protocol.FailureKind
		field string
	}{
		"a template in another language": {"demo-whatsapp-token", map[string]any{"template": "verify_purchase", "language": "es_ES"}, protocol.Invalid, "template"},
		"too few values":                 {"demo-whatsapp-token", map[string]any{"template": "verify_purchase", "language": "es"}, protocol.Invalid, "body"},
		"a paused template":              {"demo-whatsapp-token", map[string]any{"template": "autumn_sale", "language": "es"}, protocol.Permanent, ""},
		"a bad token":                    {"another-token", map[string]any{"template": "reminder", "language": "es"}, protocol.Unauthorized, ""},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := sdktest.New(t, connector, map[string]any{
				"token": tt.token, "phone_number_id": "106540352242922", "waba_id": "102290129340398", "base_url": "http://sandbox.test/whatsapp",
			}, box.Handler())
			tt.input["to"] = "+393471234567"
			_, err := h.Invoke("send_template", tt.input)
			if f := failureOf(t, err); f.Kind != tt.kind || f.Field != tt.field {
				t.Errorf("got %+v", f)
			}
		})
	}
}
