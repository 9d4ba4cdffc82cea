package main

import (
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/cordboard/cordboard/sdk/protocol"
)

// Whoever is gone from an automation between our look and our step is answered with a 403 that is no matter of the key.
func TestLeavingAnAutomationThatWasLeft(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		status int
		body   string
		kind   protocol.FailureKind
	}{
		"left meanwhile": {403, `{"message":"No Result found for SubscriberSeries with id 3"}`, ""},
		"a bad key":      {403, `{"message":"Forbidden"}`, protocol.Unauthorized},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := setup(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				switch {
				case r.Method == http.MethodDelete:
					w.WriteHeader(tt.status)
					_, _ = io.WriteString(w, tt.body)
				case strings.HasSuffix(r.URL.Path, "/contactAutomations"):
					_, _ = io.WriteString(w, `{"contactAutomations":[{"id":"3","automation":"42","status":"1"}]}`)
				default:
					_, _ = io.WriteString(w, `{"contacts":[{"id":"113","email":"giulia@example.com"}]}`)
				}
			}))
			_, err := h.Invoke("remove_from_automation", map[string]any{"email": "giulia@example.com", "automation_id": "42"})
			if tt.kind != "" {
				if f := failureOf(t, err); f.Kind != tt.kind {
					t.Errorf("got %+v", f)
				}
				return
			}
			if err != nil {
				t.Error(err)
			}
		})
	}
}

// Flows on WhatsApp know people by their phone; an e-mail may be missing.
func TestAContactWithAPhoneOnly(t *testing.T) {
	t.Parallel()
	body := "type=contact_tag_added&contact[id]=114&contact[email]=&contact[first_name]=Giulia&contact[phone]=%2B393471234567&tag=vip"
	events, err := setup(t, nil).Receive(nil, body)
	if err != nil || len(events) != 1 || *events[0].Contact != (protocol.Contact{Phone: "+393471234567", Name: "Giulia", ExternalID: "114"}) {
		t.Fatalf("got %+v, %v", events, err)
	}
	other, err := setup(t, nil).Receive(nil, strings.Replace(body, "114", "115", 1))
	if err != nil || other[0].Key == events[0].Key {
		t.Errorf("two people without an e-mail share the key %s, %v", events[0].Key, err)
	}
}

// Digits are a field's number, although a tag may be of digits too.
func TestAFieldWhoseTagIsANumber(t *testing.T) {
	t.Parallel()
	fields := `{"fields":[{"id":"7","title":"Shoe","perstag":"3","type":"text"},{"id":"3","title":"Colour","perstag":"SHOE_COLOUR","type":"text"}]}`
	for field, want := range map[string]string{"3": "3", "%SHOE_COLOUR%": "3", "shoe": "7", "7": "7"} {
		h := setup(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			switch {
			case strings.HasSuffix(r.URL.Path, "/fields"):
				_, _ = io.WriteString(w, fields)
			case strings.HasSuffix(r.URL.Path, "/fieldValues"):
				_, _ = io.WriteString(w, `{"fieldValue":{"value":"40"}}`)
			default:
				_, _ = io.WriteString(w, `{"contacts":[{"id":"113","email":"giulia@example.com"}]}`)
			}
		}))
		result, err := h.Invoke("set_field", map[string]any{"email": "giulia@example.com", "field": field, "value": "40"})
		if err != nil || !strings.Contains(string(result.Output), `"field_id":"`+want+`"`) {
			t.Errorf("%s: got %s, %v, want field %s", field, result.Output, err, want)
		}
	}
}
