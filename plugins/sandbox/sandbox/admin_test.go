package sandbox

import (
	"io"
	"net/http"
	"strings"
	"testing"
	"time"
)

func TestHoldKeepsWebhooksAndTheirTimestamps(t *testing.T) {
	t.Parallel()
	r := newRig(t, Config{})
	r.subscribe()
	r.call("POST", "/sandbox/hold", "")
	if status, answer, _ := r.call("POST", "/sandbox/whatsapp/reply", `{"from":"+34600111222","text":"hola"}`); status != 200 || answer["text"] != "hola" {
		t.Fatalf("reply: %d %v", status, answer)
	}
	if d := r.Deliveries()[0]; d.State != Held || len(d.Attempts) != 0 {
		t.Fatalf("while holding the delivery is %+v", d)
	}
	r.Advance(3 * time.Hour)
	r.call("POST", "/sandbox/release", "")
	in := at(r.next().json(t), "entry", 0, "changes", 0, "value", "messages", 0)
	if at(in, "timestamp") != "1795428000" {
		t.Errorf("timestamp is %v, want that of the message, 1795428000", at(in, "timestamp"))
	}
}

func TestResetForgetsButStaysConnected(t *testing.T) {
	t.Parallel()
	r := newRig(t, Config{})
	r.subscribe()
	r.PayOrder(Order{}, OrderOptions{})
	r.graph("POST", messagesPath, textTo(lucia, "x"))
	r.Advance(time.Hour)
	r.call("POST", "/sandbox/reset", "")
	if len(r.Sent())+len(r.Orders())+len(r.Deliveries()) != 0 || !r.Now().Equal(start) {
		t.Error("something is left after the reset")
	}
	if _, err := r.Reply(lucia, "hola", ReplyOptions{}); err != nil {
		t.Errorf("after the reset: %v", err)
	}
}

func TestAdminRefuses(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		path, body, host, origin string
		status                   int
	}{
		"a page of another site":          {"/sandbox/reset", "", "", "https://evil.example", 403},
		"a name that was bound to us":     {"/sandbox/reset", "", "evil.example", "", 403},
		"rubbish":                         {"/sandbox/whatsapp/reply", "{", "", "", 400},
		"a reply before any subscription": {"/sandbox/whatsapp/reply", `{"text":"x"}`, "", "", 400},
		"time going back":                 {"/sandbox/clock", `{"advance":"-1h"}`, "", "", 400},
		"a fault that does not exist":     {"/sandbox/shopify/fail", `{"drop":"sometimes"}`, "", "", 400},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t, Config{})
			req, err := http.NewRequest("POST", r.url+c.path, strings.NewReader(c.body))
			if err != nil {
				t.Fatal(err)
			}
			if c.host != "" {
				req.Host = c.host
			}
			if c.origin != "" {
				req.Header.Set("Origin", c.origin)
			}
			resp, err := http.DefaultClient.Do(req)
			if err != nil {
				t.Fatal(err)
			}
			resp.Body.Close()
			if resp.StatusCode != c.status {
				t.Errorf("status is %d, want %d", resp.StatusCode, c.status)
			}
		})
	}
}

func TestAdminOrder(t *testing.T) {
	t.Parallel()
	r := newRig(t, Config{})
	r.hookTo("ORDERS_PAID")
	status, answer, _ := r.call("POST", "/sandbox/shopify/orders", `{"name":"Ana","phone":"+34600333444","product_ids":[921728736],"copies":2}`)
	if status != 200 || at(answer, "items", 0, "title") != "Product Y" {
		t.Fatalf("order: %d %v", status, answer)
	}
	for range 2 {
		if got := at(r.next().json(t), "phone"); got != "+34600333444" {
			t.Errorf("phone is %v", got)
		}
	}
}

func TestScriptedFaultsAnswerAsWritten(t *testing.T) {
	t.Parallel()
	r := newRig(t, Config{})
	r.call("POST", "/sandbox/shopify/fail", `{"status":502,"body":"<html>Bad gateway</html>","times":2}`)
	r.call("POST", "/sandbox/activecampaign/fail", `{"status":429,"retry_after":30}`)
	for i, want := range []int{502, 502, 200} {
		if status, _, _ := r.call("POST", graphQLPath, `{"query":"{shop{id}}"}`, "X-Shopify-Access-Token", "shpat_0123456789abcdef0123456789abcdef"); status != want {
			t.Errorf("call %d is answered %d, want %d", i+1, status, want)
		}
	}
	if status, _, header := r.call("GET", "/activecampaign/api/3/users/me", "", "Api-Token", "demo-activecampaign-token"); status != 429 || header.Get("Retry-After") != "30" {
		t.Errorf("the scripted 429 is %d %v", status, header)
	}
}

func TestEventsTellThePageToLookAgain(t *testing.T) {
	t.Parallel()
	r := newRig(t, Config{})
	resp, err := http.Get(r.url + "/sandbox/events")
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	event := make([]byte, len("event: change\ndata: {}\n\n"))
	for range 2 { // one on connecting, one for the order
		if _, err := io.ReadFull(resp.Body, event); err != nil || !strings.HasPrefix(string(event), "event: change\n") {
			t.Fatalf("event is %q, %v", event, err)
		}
		r.PayOrder(Order{}, OrderOptions{})
	}
}

func TestPageNeedsNothingFromElsewhere(t *testing.T) {
	t.Parallel()
	r := newRig(t, Config{})
	for _, path := range []string{"/", "/app.js", "/app.css"} {
		resp, err := http.Get(r.url + path)
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(resp.Body)
		resp.Body.Close()
		if err != nil || resp.StatusCode != 200 || len(body) == 0 {
			t.Errorf("%s is answered %d with %d bytes, %v", path, resp.StatusCode, len(body), err)
		}
		if strings.Contains(string(body), "://") || strings.Contains(string(body), "innerHTML") {
			t.Errorf("%s reaches for another host, or builds HTML from strings", path)
		}
		if csp := resp.Header.Get("Content-Security-Policy"); !strings.Contains(csp, "default-src 'none'") {
			t.Errorf("%s has the policy %q", path, csp)
		}
	}
}

func TestAnyWebhookCanBeSignedSentAndRepeated(t *testing.T) {
	t.Parallel()
	r := newRig(t, Config{})
	if status, _, _ := r.call("POST", "/sandbox/whatsapp/webhook", `{"body":{"entry":[]}}`); status != 400 {
		t.Errorf("without a callback: %d, want 400", status)
	}
	r.subscribe()
	r.call("POST", "/sandbox/whatsapp/webhook", `{"body":{"entry":[],"note":"perché a\/b"}}`)
	first := r.next()
	if string(first.body) != `{"entry":[],"note":"perch\u00e9 a\/b"}` || first.header.Get("X-Hub-Signature-256") != signMeta("demo-app-secret", first.body) {
		t.Errorf("body is %s", first.body)
	}
	if err := r.Redeliver(r.Deliveries()[0].ID, 2); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if again := r.next(); string(again.body) != string(first.body) {
			t.Errorf("repeat is %s", again.body)
		}
	}
	r.hookTo("REFUNDS_CREATE")
	if err := r.ShopifyWebhook("refunds/create", []byte(`{"id":1}`), OrderOptions{}); err != nil {
		t.Fatal(err)
	}
	if w := r.next(); string(w.body) != `{"id":1}` || w.header.Get("X-Shopify-Topic") != "refunds/create" {
		t.Errorf("refund is %s %v", w.body, w.header)
	}
}
