package main

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/cordboard/cordboard/plugins/sandbox/sandbox"
	"github.com/cordboard/cordboard/sdk/protocol"
	"github.com/cordboard/cordboard/sdk/sdktest"
)

// swept reads a sweep to its end and returns the numbers of the contacts, and where to go on.
func swept(t *testing.T, h *sdktest.Harness, cursor string) (contacts []string, next string) {
	t.Helper()
	for range 20 {
		page, err := h.Fetch("contact_changed", map[string]any{}, cursor)
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range page.Events {
			contacts = append(contacts, e.Contact.ExternalID)
		}
		if cursor = page.Cursor; !page.More {
			return contacts, cursor
		}
	}
	t.Fatal("a sweep without an end")
	return nil, ""
}

// A gateway that answered 410, as a proxy may for it, gets no webhooks any more and nothing again: looking after them
// switches them on, and the sweep finds who changed in between.
func TestWebhooksThatWereSwitchedOff(t *testing.T) {
	t.Parallel()
	begin := time.Now()
	box := sandbox.New(sandbox.Config{Now: func() time.Time { return begin.Add(-time.Hour) }, ActiveCampaign: sandbox.ActiveCampaignConfig{PerSecond: 1000}})
	t.Cleanup(box.Close)
	answers := make(chan int, 1)
	got := make(chan string, 8)
	hooks := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		w.WriteHeader(<-answers)
		got <- string(body)
	}))
	t.Cleanup(hooks.Close)
	c := crm{sdktest.New(t, connector, map[string]any{
		"url": "http://127.0.0.1:8090/activecampaign", "key": "demo-activecampaign-token", "webhook_token": "demo-webhook-token",
	}, box.Handler()), box, hooks.URL + "/hooks/in?token=hdl_webhook_token_x7Qw2", got}

	c.do(t, "upsert_contact", map[string]any{"email": "before@example.com"})
	first, err := c.Subscribe("contact_updated", map[string]any{"include_api": true}, c.hook)
	if err != nil {
		t.Fatal(err)
	}
	box.Advance(time.Hour + time.Minute)
	contacts, cursor := swept(t, c.Harness, "")
	if len(contacts) != 0 {
		t.Errorf("the first round found %v", contacts)
	}

	change := func(name string, answer ...int) {
		t.Helper()
		c.do(t, "upsert_contact", map[string]any{"email": "before@example.com", "first_name": name})
		for _, status := range answer {
			answers <- status
			if e := c.event(t); e == nil || !strings.Contains(string(e.Data), name) {
				t.Errorf("got %+v, want %s", e, name)
			}
		}
	}
	change("Ada", http.StatusGone)
	for box.Deliveries()[0].State != sandbox.Failed {
		runtime.Gosched()
	}
	change("Bea") // nobody is told
	if contacts, _ = swept(t, c.Harness, cursor); fmt.Sprint(contacts) != "[1]" {
		t.Errorf("the sweep found %v", contacts)
	}
	if again, err := c.Renew("contact_updated", map[string]any{"include_api": true}, first.ID, c.hook); err != nil || again.ID == first.ID {
		t.Errorf("looked after: got %+v, %v", again, err)
	}
	change("Cleo", http.StatusOK)
}

// A contact that changes behind the sweep's back is found by the next one; nothing is found twice under two keys.
func TestASweepOfManyPages(t *testing.T) {
	t.Parallel()
	c := openCRM(t)
	for i := range pageSize + 5 {
		c.do(t, "upsert_contact", map[string]any{"email": fmt.Sprintf("c%d@example.com", i)})
	}
	start := time.Now().Add(-time.Minute)
	begun, err := json.Marshal(sweep{Floor: start, Since: start})
	if err != nil {
		t.Fatal(err)
	}
	first, err := c.Fetch("contact_changed", map[string]any{}, string(begun))
	if err != nil || len(first.Events) != pageSize || !first.More {
		t.Fatalf("got %d events, more %v, %v", len(first.Events), first.More, err)
	}
	c.box.Advance(time.Minute)
	c.do(t, "upsert_contact", map[string]any{"email": "c0@example.com", "first_name": "Ada"})
	rest, cursor := swept(t, c.Harness, first.Cursor)
	if len(rest) != 5 {
		t.Errorf("the rest is %v", rest)
	}
	again, err := c.Fetch("contact_changed", map[string]any{}, cursor)
	if err != nil {
		t.Fatal(err)
	}
	var fresh []string
	for _, e := range again.Events {
		if !slices.ContainsFunc(first.Events, func(f protocol.Event) bool { return f.Key == e.Key }) {
			fresh = append(fresh, e.Key)
		}
	}
	if len(again.Events) != pageSize || len(fresh) != 1 || !strings.HasPrefix(fresh[0], "1 ") {
		t.Errorf("the next sweep has %d events, of which %v are new", len(again.Events), fresh)
	}
}

// ActiveCampaign ignores filters that it does not know, and then answers with everything.
func TestASweepWithoutItsFilters(t *testing.T) {
	t.Parallel()
	h := setup(t, answering(200, `{"contacts":[{"id":"9","udate":"2026-11-22T07:04:13-06:00"},{"id":10,"udate":"2026-11-21T07:04:13-06:00"},{"id":"11","udate":"0000-00-00 00:00:00"},{"id":"12"},{"id":"13","udate":"2026-11-22T13:00:00+00:00"}]}`))
	contacts, cursor := swept(t, h, `{"floor":"2026-11-22T12:00:00Z","since":"2026-11-22T13:00:00Z"}`)
	if fmt.Sprint(contacts) != "[9 13]" || len(h.Gateway.Requests()) != 2 {
		t.Errorf("got %v in %d requests", contacts, len(h.Gateway.Requests()))
	}
	var next sweep
	if err := json.Unmarshal([]byte(cursor), &next); err != nil || !next.Began.IsZero() || next.Last != "" || !next.Since.After(next.Floor.Add(time.Hour)) {
		t.Errorf("goes on from %s, %v", cursor, err)
	}
	if asked := h.Gateway.Requests()[0].URL; !strings.Contains(asked, "filters%5Bupdated_after%5D=2026-11-22T12%3A50%3A00Z") {
		t.Errorf("asked %s", asked)
	}
	h = setup(t, answering(200, `{"contacts":[]}`))
	swept(t, h, `{"floor":"2026-11-22T12:55:00Z","since":"2026-11-22T13:00:00Z"}`)
	if asked := h.Gateway.Requests()[0].URL; !strings.Contains(asked, "2026-11-22T12%3A55%3A00Z") {
		t.Errorf("near its beginning: asked %s", asked)
	}
	_, err := h.Fetch("contact_changed", map[string]any{}, "rubbish")
	if f := failureOf(t, err); f.Kind != protocol.Permanent {
		t.Errorf("a rubbish cursor: got %+v", f)
	}
}
