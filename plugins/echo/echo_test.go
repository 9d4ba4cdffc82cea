package main

import (
	"errors"
	"net/http"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/cordboard/cordboard/sdk/protocol"
	"github.com/cordboard/cordboard/sdk/sdktest"
)

func TestConformance(t *testing.T) {
	sdktest.Conformance(t, connector)
}

func setup(t *testing.T, baseURL string, provider http.Handler) *sdktest.Harness {
	t.Helper()
	return sdktest.New(t, connector, map[string]any{"secret": "s", "base_url": baseURL}, provider)
}

func TestEchoKeepsLargeNumbers(t *testing.T) {
	t.Parallel()
	result, err := setup(t, "", nil).Invoke("echo", map[string]any{"id": int64(820982911946154508)})
	if err != nil || string(result.Output) != `{"id":820982911946154508}` {
		t.Errorf("got %s, %v", result.Output, err)
	}
}

func TestFailuresOfEveryKind(t *testing.T) {
	t.Parallel()
	for _, kind := range []protocol.FailureKind{
		protocol.Invalid, protocol.Unauthorized, protocol.RateLimited, protocol.Retryable, protocol.Permanent, protocol.Unknown,
	} {
		_, err := setup(t, "", nil).Invoke("fail", map[string]any{"kind": kind})
		var f *protocol.Failure
		if !errors.As(err, &f) || f.Kind != kind || !strings.Contains(f.Message, "as asked") {
			t.Errorf("%s: got %v", kind, err)
		}
	}
}

func TestSayReturnsTheMessageItTold(t *testing.T) {
	t.Parallel()
	h := setup(t, "http://listener.test", http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte(`{"id":"m1"}`)) }))
	result, err := h.Invoke("say", map[string]any{"to": "+34600123456", "text": "hi"})
	if err != nil || result.Sent == nil || *result.Sent != (protocol.SentMessage{ID: "m1", Recipient: "+34600123456", Text: "hi"}) {
		t.Fatalf("got %+v, %v", result.Sent, err)
	}
	sent := h.Gateway.Requests()
	if len(sent) != 1 || sent[0].URL != "http://listener.test/say" || !strings.Contains(string(sent[0].Body), `"idempotency_key":"run_test:step"`) {
		t.Errorf("told %+v", sent)
	}
}

func TestSayWithoutAListenerIsQuiet(t *testing.T) {
	t.Parallel()
	result, err := setup(t, "", nil).Invoke("say", map[string]any{"to": "x"})
	if err != nil || result.Sent == nil || result.Sent.ID == "" {
		t.Errorf("got %+v, %v", result.Sent, err)
	}
}

func TestPingsBecomeEvents(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC)
	tests := map[string]struct {
		body string
		want protocol.Event
	}{
		"a bare ping takes the delivery's key": {`{"x":1}`, protocol.Event{Key: "d1", OccurredAt: sdktest.ReceivedAt}},
		"a person":                             {`{"id":"1","phone":"+34600123456","email":"a@example.com"}`, protocol.Event{Key: "1", OccurredAt: sdktest.ReceivedAt, Contact: &protocol.Contact{Phone: "+34600123456", Email: "a@example.com"}}},
		"a message": {`{"id":"2","at":"2026-11-22T09:00:00Z","message":{"id":"m","text":"yes","in_reply_to":"q"}}`, protocol.Event{Key: "2", OccurredAt: at,
			Message: &protocol.Message{ID: "m", Direction: protocol.Inbound, Kind: "text", Text: "yes", InReplyTo: "q"}}},
		"a status": {`{"id":"3","status":{"message_id":"m","state":"failed","error":"blocked"}}`, protocol.Event{Key: "3", OccurredAt: sdktest.ReceivedAt,
			Status: &protocol.Status{MessageID: "m", State: protocol.StatusFailed, Failure: &protocol.Failure{Kind: protocol.Permanent, Message: "blocked", Source: protocol.FromProvider}}}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			tt.want.Trigger, tt.want.Data = "pinged", []byte(tt.body)
			events, err := setup(t, "", nil).Receive(http.Header{"X-Echo-Delivery": {"d1"}}, tt.body)
			if err != nil || len(events) != 1 || !reflect.DeepEqual(events[0], tt.want) {
				t.Errorf("got %+v, %v\nwant %+v", events, err, tt.want)
			}
		})
	}
}

func TestAListOfPings(t *testing.T) {
	t.Parallel()
	events, err := setup(t, "", nil).Receive(nil, ` [{"id":"1"},{"id":"2"}]`)
	if err != nil || len(events) != 2 || events[1].Key != "2" {
		t.Errorf("got %+v, %v", events, err)
	}
	if _, err := setup(t, "", nil).Receive(nil, `no JSON`); err == nil {
		t.Error("a body that is not JSON passes")
	}
}

func TestThePollReadsOnFromItsCursor(t *testing.T) {
	t.Parallel()
	h := setup(t, "http://listener.test", http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/items" || r.URL.Query().Get("queue") != "a" || r.URL.Query().Get("after") != "7" {
			t.Errorf("asked %s", r.URL)
		}
		_, _ = w.Write([]byte(`{"items":[{"id":"8","phone":"+34600123456","x":1}],"next":"8","more":true}`))
	}))
	page, err := h.Fetch("listed", map[string]any{"queue": "a"}, "7")
	if err != nil || page.Cursor != "8" || !page.More || len(page.Events) != 1 || page.Events[0].Key != "8" || page.Events[0].Contact.Phone != "+34600123456" {
		t.Errorf("got %+v, %v", page, err)
	}
}
