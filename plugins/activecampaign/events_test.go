package main

import (
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/cordboard/cordboard/plugins/sandbox/sandbox"
	"github.com/cordboard/cordboard/sdk/protocol"
	"github.com/cordboard/cordboard/sdk/sdktest"
)

const eventKey = "ac-event-0123456789"

// tracking is a connection that may track events; the API knows the contact, and answer plays the tracking host.
func tracking(t *testing.T, answer http.HandlerFunc) *sdktest.Harness {
	t.Helper()
	return sdktest.New(t, connector, map[string]any{
		"url": "https://acme.api-us1.com", "key": "ac-key-0123456789", "event_account": "609711", "event_key": eventKey,
	}, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Host == "trackcmp.net" {
			answer(w, r)
			return
		}
		_, _ = io.WriteString(w, `{"contacts":[{"id":"113","email":"giulia+shop@example.com"}]}`)
	}))
}

var placed = map[string]any{"email": "giulia+shop@example.com", "event": "order_placed", "value": "#1042 & more"}

func TestAnEventIsTracked(t *testing.T) {
	t.Parallel()
	h := tracking(t, answering(200, `{"success":1,"message":"Event spawned"}`).ServeHTTP)
	result, err := h.Invoke("track_event", placed)
	if err != nil || string(result.Output) != `{"contact_id":"113"}` {
		t.Fatalf("got %s, %v", result.Output, err)
	}
	sent := h.Gateway.Requests()[1]
	form, err := url.ParseQuery(string(sent.Body))
	if err != nil || sent.Method != http.MethodPost || sent.URL != "https://trackcmp.net/event" || sent.Header.Get("Content-Type") != "application/x-www-form-urlencoded" {
		t.Errorf("sent %s %s %v, %v", sent.Method, sent.URL, sent.Header, err)
	}
	for name, want := range map[string]string{
		"actid": "609711", "key": eventKey, "event": "order_placed", "eventdata": "#1042 & more", "visit": `{"email":"giulia+shop@example.com"}`,
	} {
		if form.Get(name) != want {
			t.Errorf("%s is %q, want %q", name, form.Get(name), want)
		}
	}
	if token := sent.Header.Get("Api-Token"); token != "" {
		t.Errorf("the tracking host was given the API key: %s", token)
	}
}

// Each event is a new one, and its host answers 200 to refusals.
func TestEventsThatAreNotTaken(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		status  int
		body    string
		kind    protocol.FailureKind
		message string
	}{
		"a refusal":           {200, `{"success":0,"message":"Invalid key."}`, protocol.Permanent, "(Invalid key). Check the connection's event account id and event key"},
		"a refusal as text":   {200, `{"success":"0"}`, protocol.Permanent, "event tracking is on"},
		"a wrong key":         {403, `{"message":"Forbidden"}`, protocol.Permanent, "(Forbidden)"},
		"no access":           {401, ``, protocol.Permanent, "event key"},
		"what it cannot read": {400, `{}`, protocol.Invalid, "400"},
		"too much at once":    {429, ``, protocol.RateLimited, "429"},
		"a page":              {502, `<html>`, protocol.Unknown, "502"},
		"a page with 200":     {200, `<html>`, protocol.Unknown, "could not be read"},
		"an empty 200":        {200, ``, protocol.Unknown, "could not be read"},
		"neither yes nor no":  {200, `{}`, protocol.Unknown, "did not say"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := tracking(t, answering(tt.status, tt.body).ServeHTTP).Invoke("track_event", placed)
			if f := failureOf(t, err); f.Kind != tt.kind || !strings.Contains(f.Message, tt.message) {
				t.Errorf("got %+v", f)
			}
		})
	}
}

func TestAnEventWithoutItsSettings(t *testing.T) {
	t.Parallel()
	for missing, settings := range map[string]map[string]any{
		"event_account": {"event_key": eventKey},
		"event_key":     {"event_account": "609711"},
	} {
		settings["url"], settings["key"] = "https://acme.api-us1.com", "ac-key-0123456789"
		h := sdktest.New(t, connector, settings, answering(200, `{"user":{"id":"1"}}`))
		_, err := h.Invoke("track_event", placed)
		if f := failureOf(t, err); f.Kind != protocol.Permanent || !strings.Contains(f.Message, "("+missing+")") || len(h.Gateway.Requests()) != 0 {
			t.Errorf("without %s: got %+v after %d requests", missing, f, len(h.Gateway.Requests()))
		}
		_, err = h.Check()
		if f := failureOf(t, err); f.Kind != protocol.Invalid || f.Field != missing {
			t.Errorf("checked without %s: got %+v", missing, f)
		}
	}
	h := sdktest.New(t, connector, map[string]any{"url": "https://acme.api-us1.com", "key": "ac-key-0123456789"}, answering(200, `{"user":{"id":"1"}}`))
	if _, err := h.Check(); err != nil {
		t.Errorf("checked without either: %v", err)
	}
}

// An address that is not the tracking host's gets no key.
func TestEventsGoToTheTrackingHostOnly(t *testing.T) {
	t.Parallel()
	h := sdktest.New(t, connector, map[string]any{
		"url": "https://acme.api-us1.com", "key": "ac-key-0123456789", "event_account": "609711", "event_key": eventKey, "event_url": "https://trackcmp.net.example.com",
	}, answering(200, `{"contacts":[{"id":"113","email":"giulia+shop@example.com"}]}`))
	_, err := h.Invoke("track_event", placed)
	if f := failureOf(t, err); f.Source != protocol.FromGateway || len(h.Gateway.Requests()) != 1 {
		t.Errorf("got %+v after %d requests", f, len(h.Gateway.Requests()))
	}
}

func TestTheEventKeyStaysOutOfFailures(t *testing.T) {
	t.Parallel()
	for _, status := range []int{200, 400, 403, 500} {
		h := tracking(t, func(w http.ResponseWriter, r *http.Request) {
			body, _ := io.ReadAll(r.Body)
			w.WriteHeader(status)
			_, _ = io.WriteString(w, `{"success":0,"message":"what is `+string(body)+`?"}`)
		})
		_, err := h.Invoke("track_event", placed)
		f := failureOf(t, err)
		if leaked := h.Gateway.Leaks(f.Message + f.Detail); len(leaked) > 0 || !strings.Contains(f.Message, "what is actid=609711") {
			t.Errorf("%d: %v in %+v", status, leaked, f)
		}
	}
}

func TestEventsInTheSandbox(t *testing.T) {
	t.Parallel()
	box := sandbox.New(sandbox.Config{ActiveCampaign: sandbox.ActiveCampaignConfig{PerSecond: 1000}})
	t.Cleanup(box.Close)
	open := func(key string) crm {
		return crm{Harness: sdktest.New(t, connector, map[string]any{
			"url": "http://127.0.0.1:8090/activecampaign", "key": "demo-activecampaign-token",
			"event_account": "609711", "event_key": key, "event_url": "http://127.0.0.1:8090/trackcmp/",
		}, box.Handler()), box: box}
	}
	c := open("demo-event-key")
	c.do(t, "track_event", placed)
	c.do(t, "track_event", placed)
	want := sandbox.TrackedEvent{Email: "giulia+shop@example.com", Name: "order_placed", Data: "#1042 & more"}
	if got := box.TrackedEvents(); len(got) != 2 || got[0] != want || got[1] != want {
		t.Errorf("the account knows %+v, want twice %+v", got, want)
	}
	if page, err := c.ListOptions("events", ""); err != nil || len(page.Options) != 1 || page.Options[0].Value != "order_placed" {
		t.Errorf("the names: got %+v, %v", page, err)
	}
	_, err := open("another-event-key").Invoke("track_event", placed)
	if f := failureOf(t, err); f.Kind != protocol.Permanent || !strings.Contains(f.Message, "Invalid account or key") {
		t.Errorf("another key: got %+v", f)
	}
	if err := box.Fail("trackcmp", sandbox.Fault{Status: 429, RetryAfter: 7}); err != nil {
		t.Fatal(err)
	}
	_, err = c.Invoke("track_event", placed)
	if f := failureOf(t, err); f.Kind != protocol.RateLimited || f.RetryAfter != 7*time.Second {
		t.Errorf("too much at once: got %+v", f)
	}
	_, err = c.Invoke("track_event", map[string]any{"email": "giulia@example.com", "event": strings.Repeat("x", 33)})
	if f := failureOf(t, err); f.Kind != protocol.Invalid || f.Field != "event" {
		t.Errorf("a long name: got %+v", f)
	}
	if got := box.TrackedEvents(); len(got) != 2 {
		t.Errorf("the account knows %+v", got)
	}
}
