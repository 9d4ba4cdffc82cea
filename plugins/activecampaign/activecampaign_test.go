package main

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/cordboard/cordboard/sdk/protocol"
	"github.com/cordboard/cordboard/sdk/sdktest"
)

func TestConformance(t *testing.T) { sdktest.Conformance(t, connector) }

func setup(t *testing.T, provider http.Handler) *sdktest.Harness {
	t.Helper()
	return sdktest.New(t, connector, map[string]any{
		"url": "https://acme.api-us1.com/api/3/", "key": "ac-key-0123456789", "webhook_token": "ac-token-0123456789",
	}, provider)
}

func answering(status int, body string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	})
}

func failureOf(t *testing.T, err error) protocol.Failure {
	t.Helper()
	var f *protocol.Failure
	if !errors.As(err, &f) {
		t.Fatalf("got %v, want a failure", err)
	}
	return *f
}

func TestCheckNamesTheUser(t *testing.T) {
	t.Parallel()
	h := setup(t, answering(200, `{"user":{"id":"1","email":"j@example.com"}}`))
	identity, err := h.Check()
	if err != nil || identity.Label != "acme (j@example.com)" {
		t.Errorf("got %+v, %v", identity, err)
	}
	sent := h.Gateway.Requests()[0]
	if sent.URL != "https://acme.api-us1.com/api/3/users/me" || sent.Header.Get("Api-Token") != "ac-key-0123456789" {
		t.Errorf("asked %s with %v", sent.URL, sent.Header)
	}
	_, err = setup(t, answering(200, `{"hello":"I am a page"}`)).Check()
	if f := failureOf(t, err); f.Kind != protocol.Invalid || f.Field != "url" {
		t.Errorf("another site: got %+v", f)
	}
}

func TestCheckSendsTheKeyOverTLSOnly(t *testing.T) {
	t.Parallel()
	for address, well := range map[string]bool{
		"http://acme.api-us1.com": false, "http://127.0.0.1:8090/activecampaign": true, "https://acme.activehosted.com": true,
	} {
		h := sdktest.New(t, connector, map[string]any{"url": address, "key": "k"}, answering(200, `{"user":{"id":"1"}}`))
		if _, err := h.Check(); (err == nil) != well || !well && len(h.Gateway.Requests()) > 0 {
			t.Errorf("%s: got %v after %d requests", address, err, len(h.Gateway.Requests()))
		}
	}
}

func TestTagging(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		file, action, email, want string
	}{
		"a tag that is missing is made":     {"add_tag", "add_tag", "giulia+shop@example.com", `{"contact_id":"113","tag_id":"16"}`},
		"a contact that is missing is made": {"add_tag_new_contact", "add_tag", "giulia@example.com", `{"contact_id":"113","tag_id":"16"}`},
		"removing wants the link's id":      {"remove_tag", "remove_tag", "giulia@example.com", `{"contact_id":"113","tag_id":"16"}`},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			result, err := setup(t, sdktest.Recorded(t, "testdata/"+tt.file+".json")).Invoke(tt.action, map[string]any{"email": tt.email, "tag": "reactive"})
			if err != nil || string(result.Output) != tt.want {
				t.Errorf("got %s, %v", result.Output, err)
			}
		})
	}
}

func TestRemovingWhatIsNotThereIsFine(t *testing.T) {
	t.Parallel()
	h := setup(t, answering(200, `{"contacts":[]}`))
	if _, err := h.Invoke("remove_tag", map[string]any{"email": "giulia@example.com", "tag": "x"}); err != nil || len(h.Gateway.Requests()) != 1 {
		t.Errorf("got %v", err)
	}
}

// A 403 may mean that an object is gone; only its words tell it from a bad key.
func TestA403(t *testing.T) {
	t.Parallel()
	if err := setup(t, answering(403, `{"message":"No Result found for Webhook with id 3"}`)).Unsubscribe("contact_updated", "3"); err != nil {
		t.Errorf("a webhook that is gone: %v", err)
	}
	err := setup(t, answering(403, `{"message":"Forbidden"}`)).Unsubscribe("contact_updated", "3")
	if f := failureOf(t, err); f.Kind != protocol.Unauthorized {
		t.Errorf("a bad key: got %+v", f)
	}
}

func TestErrorsSpeakInActiveCampaignsWords(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		status  int
		body    string
		kind    protocol.FailureKind
		message string
	}{
		"an empty object":      {400, `{}`, protocol.Invalid, "400"},
		"a message":            {404, `{"message":"No such thing"}`, protocol.Permanent, "No such thing"},
		"a title":              {422, `{"errors":[{"title":"Email address already exists","detail":"","code":"duplicate"}]}`, protocol.Invalid, "already exists"},
		"a detail":             {403, `{"errors":[{"status":403,"title":"Forbidden","detail":"You may not view lists."}]}`, protocol.Unauthorized, "may not view lists"},
		"a refusal with 200":   {200, `{"succeeded":0,"message":"not today"}`, protocol.Permanent, "not today"},
		"an unpaid account":    {402, ``, protocol.Unauthorized, "402"},
		"a page":               {502, `<html>`, protocol.Retryable, "502"},
		"an empty 200":         {200, ``, protocol.Retryable, "could not be read"},
		"an answer without id": {200, `{"contact":{}}`, protocol.Unknown, "did not name"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := setup(t, answering(tt.status, tt.body)).Invoke("upsert_contact", map[string]any{"email": "giulia@example.com"})
			if f := failureOf(t, err); f.Kind != tt.kind || !strings.Contains(f.Message, tt.message) {
				t.Errorf("got %+v", f)
			}
		})
	}
}

const callback = "https://hooks.example.com/hooks/connections/con_1?token=hdl_webhook_token_x7Qw2"

func TestSubscribing(t *testing.T) {
	t.Parallel()
	var created string
	h := setup(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodGet {
			_, _ = io.WriteString(w, `{"webhooks":[{"id":"1","url":"https://other.example.com","events":["contact_tag_added"]}]}`)
			return
		}
		body, _ := io.ReadAll(r.Body)
		created = string(body)
		w.WriteHeader(http.StatusCreated)
		_, _ = io.WriteString(w, `{"webhook":{"id":"7"}}`)
	}))
	subscription, err := h.Subscribe("contact_tag_added", map[string]any{}, callback)
	want := `{"webhook":{"name":"Cordboard contact_tag_added","url":"https://hooks.example.com/hooks/connections/con_1?token=ac-token-0123456789","events":["contact_tag_added"],"sources":["public","admin","system"]}}`
	if err != nil || subscription.ID != "7" || created != want {
		t.Errorf("got %+v, %v\n%s", subscription, err, created)
	}
}

func TestSubscribingAgainFindsTheFirst(t *testing.T) {
	t.Parallel()
	h := setup(t, answering(200, `{"webhooks":[{"id":"3","url":"https://hooks.example.com/hooks/connections/con_1?token=ac-token-0123456789","events":["update"]}]}`))
	subscription, err := h.Subscribe("contact_updated", map[string]any{}, callback)
	if err != nil || subscription.ID != "3" || len(h.Gateway.Requests()) != 1 {
		t.Errorf("got %+v, %v", subscription, err)
	}
}

const tagAdded = "type=contact_tag_added&date_time=2026-11-22T07%3A04%3A13-06%3A00&initiated_from=admin&initiated_by=admin&list=0&" +
	"contact%5Bid%5D=113&contact[email]=giulia%40example.com&contact[first_name]=Giulia&contact[last_name]=Bianchi&contact[phone]=%2B393471234567&" +
	"contact[tags]=vip%2C+whatsapp&contact[fields][COLOUR]=Red&contact[fields][3]=%7C%7Ca%7C%7Cb%7C%7C&tag=whatsapp"

func TestAChangeArrives(t *testing.T) {
	t.Parallel()
	events, err := setup(t, nil).Receive(nil, tagAdded)
	if err != nil || len(events) != 1 {
		t.Fatalf("got %+v, %v", events, err)
	}
	e := events[0]
	want := `{"type":"contact_tag_added","date_time":"2026-11-22T07:04:13-06:00","initiated_from":"admin","list":"0","tag":"whatsapp","contact":{"id":"113",` +
		`"email":"giulia@example.com","first_name":"Giulia","last_name":"Bianchi","phone":"+393471234567","tags":"vip, whatsapp","fields":{"3":"||a||b||","COLOUR":"Red"}}}`
	if string(e.Data) != want || e.Trigger != "contact_tag_added" || !e.OccurredAt.Equal(time.Date(2026, 11, 22, 13, 4, 13, 0, time.UTC)) {
		t.Errorf("got %+v\n%s", e, e.Data)
	}
	if *e.Contact != (protocol.Contact{Phone: "+393471234567", Email: "giulia@example.com", Name: "Giulia Bianchi", ExternalID: "113"}) {
		t.Errorf("got %+v", e.Contact)
	}
	again, _ := setup(t, nil).Receive(nil, tagAdded)
	other, _ := setup(t, nil).Receive(nil, strings.Replace(tagAdded, "tag=whatsapp", "tag=vip", 1))
	if again[0].Key != e.Key || other[0].Key == e.Key {
		t.Errorf("keys %s, copy %s, other %s", e.Key, again[0].Key, other[0].Key)
	}
}

func TestTheList(t *testing.T) {
	t.Parallel()
	for body, want := range map[string]string{"list=0": "0", "list=2": "2", "list[0][id]=2": "2", "list%5B%5D%5Bid%5D=2": "2", "list[id]=2&list[name]=News": "2", "": ""} {
		events, err := setup(t, nil).Receive(nil, "type=subscribe&"+body)
		if err != nil || len(events) != 1 || !strings.Contains(string(events[0].Data), fmt.Sprintf(`"list":%q`, want)) {
			t.Errorf("%q: got %+v, %v", body, events, err)
		}
	}
}

func TestBodiesOfStrangers(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		body   string
		events int
		kind   protocol.FailureKind
	}{
		"nothing":                   {"", 0, ""},
		"JSON":                      {`{"type":"update"}`, 0, ""},
		"a type that is not known":  {"type=deal_add", 0, ""},
		"bad escapes":               {"type=update&%zz=1&a=%", 1, ""},
		"a bracket never closed":    {"type=update&contact[fields][x=1", 1, ""},
		"a deep key":                {"type=update&a" + strings.Repeat("[x]", 1000) + "=1", 1, ""},
		"a prototype":               {"type=update&contact[fields][__proto__]=1", 1, ""},
		"a hundred thousand fields": {"type=update" + strings.Repeat("&a=1", 100_000), 0, protocol.Permanent},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			events, err := setup(t, nil).Receive(nil, tt.body)
			if tt.kind != "" {
				if f := failureOf(t, err); f.Kind != tt.kind {
					t.Errorf("got %+v", f)
				}
				return
			}
			if err != nil || len(events) != tt.events {
				t.Errorf("got %+v, %v", events, err)
			}
		})
	}
}

func FuzzReceive(f *testing.F) {
	f.Add(tagAdded)
	f.Add(url.Values{"type": {"subscribe"}, "list[0][id]": {"2"}}.Encode())
	f.Fuzz(func(t *testing.T, body string) {
		events, err := setup(t, nil).Receive(nil, body)
		if err == nil && len(events) > 0 && events[0].Key == "" {
			t.Errorf("%q: an event without a key", body)
		}
	})
}
