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
	if err := setup(t, answering(403, `{"message":"No Result found for Webhook with id 3"}`)).Unsubscribe("contact_updated", map[string]any{}, "3"); err != nil {
		t.Errorf("a webhook that is gone: %v", err)
	}
	err := setup(t, answering(403, `{"message":"Forbidden"}`)).Unsubscribe("contact_updated", map[string]any{}, "3")
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

// A webhook that is there already may have been switched off, or carry a former token: looking after it replaces it, the new
// one first. That of another input has another address, and stays.
func TestLookingAfterAWebhook(t *testing.T) {
	t.Parallel()
	var asked, created []string
	h := setup(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked = append(asked, r.Method+" "+r.URL.Path)
		switch r.Method {
		case http.MethodGet:
			_, _ = io.WriteString(w, `{"webhooks":[`+
				`{"id":"1","name":"Cordboard contact_tag_added","url":"https://other.example.com/hooks/connections/con_1?token=x"},`+
				`{"id":"2","name":"Cordboard update","url":"https://hooks.example.com/hooks/connections/con_1?token=ac-token-0123456789"},`+
				`{"id":"3","name":"Cordboard contact_tag_added","url":"https://hooks.example.com/hooks/connections/con_1?token=ac-token-0123456789"},`+
				`{"id":"4","name":"Cordboard contact_tag_added","url":"https://hooks.example.com/hooks/connections/con_1?token=a-former-token"},`+
				`{"id":"5","name":"Cordboard contact_tag_added","url":"https://hooks.example.com/hooks/connections/con_1?sub=2&token=ac-token-0123456789"}]}`)
		case http.MethodPost:
			body, _ := io.ReadAll(r.Body)
			created = append(created, string(body))
			w.WriteHeader(http.StatusCreated)
			_, _ = io.WriteString(w, `{"webhook":{"id":"7"}}`)
		default:
			w.WriteHeader(http.StatusBadGateway) // what cannot be taken away goes with the next round
		}
	}))
	subscription, err := h.Renew("contact_tag_added", map[string]any{}, "3", callback)
	if err != nil || subscription.ID != "7" {
		t.Errorf("got %+v, %v", subscription, err)
	}
	want := `[{"webhook":{"name":"Cordboard contact_tag_added","url":"https://hooks.example.com/hooks/connections/con_1?token=ac-token-0123456789","events":["contact_tag_added"],"sources":["public","admin","system"]}}]`
	if fmt.Sprint(created) != want {
		t.Errorf("made %s", created)
	}
	if order := "[GET /api/3/webhooks POST /api/3/webhooks DELETE /api/3/webhooks/3 DELETE /api/3/webhooks/4]"; fmt.Sprint(asked) != order {
		t.Errorf("asked %s, want %s", asked, order)
	}
}

func TestSubscribing(t *testing.T) {
	t.Parallel()
	for id, answer := range map[string]string{
		"7": `{"webhooks":[{"id":"1","name":"Cordboard update","url":"https://other.example.com"}],"webhook":{"id":"7"}}`,
		"3": `{"webhooks":[{"id":"3","name":"Cordboard update","url":"https://hooks.example.com/hooks/connections/con_1?token=ac-token-0123456789"}]}`,
	} {
		h := setup(t, answering(200, answer))
		subscription, err := h.Subscribe("contact_updated", map[string]any{}, callback)
		if err != nil || subscription.ID != id || len(h.Gateway.Requests()) > 2 {
			t.Errorf("got %+v, %v, want %s", subscription, err, id)
		}
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
		events, err := setup(t, nil).Receive(nil, "type=update&"+body)
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
		"a type that is not known":  {"type=account_add", 0, ""},
		"a deal without a number":   {"type=deal_add&deal[id]=..", 0, ""},
		"a contact without one":     {"type=unsubscribe&contact[id]=1%2Fx", 0, ""},
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

const left = "type=unsubscribe&date_time=2026-11-22T07%3A04%3A13-06%3A00&initiated_from=public&contact[id]=113&contact[email]=old%40example.com&unsubscribe[reason]=too+many&list[0][id]=2&active_subscriptions[0]=3"

// Nobody signs what a contact wants, so it is believed only when the account says the same.
func TestConsentIsReadAgain(t *testing.T) {
	t.Parallel()
	answer := func(status string) string {
		return `{"contact":{"id":"113","email":"giulia@example.com","phone":"+393471234567","firstName":"Giulia","lastName":"Bianchi"},"contactLists":[{"list":"2","status":"` + status + `"},{"list":"3","status":"2"}]}`
	}
	tests := map[string]struct {
		status int
		body   string
		events int
		kind   protocol.FailureKind
	}{
		"the account agrees":     {200, answer("2"), 1, ""},
		"the account disagrees":  {200, answer("1"), 0, ""},
		"the contact is gone":    {404, `{"message":"No Result found for Subscriber with id 113"}`, 0, ""},
		"it is too much at once": {429, `{}`, 0, protocol.RateLimited},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := setup(t, answering(tt.status, tt.body))
			events, err := h.Receive(nil, left)
			if tt.kind != "" {
				if f := failureOf(t, err); f.Kind != tt.kind {
					t.Errorf("got %+v", f)
				}
				return
			}
			if err != nil || len(events) != tt.events {
				t.Fatalf("got %+v, %v", events, err)
			}
			if asked := h.Gateway.Requests()[0].URL; asked != "https://acme.api-us1.com/api/3/contacts/113" {
				t.Errorf("asked %s", asked)
			}
			if tt.events == 0 {
				return
			}
			if e := events[0]; e.Trigger != "contact_unsubscribed" || *e.Contact != (protocol.Contact{Phone: "+393471234567", Email: "giulia@example.com", Name: "Giulia Bianchi", ExternalID: "113"}) ||
				!strings.Contains(string(e.Data), `"list":"2"`) || !strings.Contains(string(e.Data), `"reason":"too many"`) {
				t.Errorf("got %+v %s", e, e.Data)
			}
		})
	}
}

const moved = "type=deal_update&date_time=2026-11-22T07%3A04%3A13-06%3A00&initiated_from=admin&deal[id]=57&deal[title]=X&deal[value]=1%2C044%2C055.00&deal[value_raw]=1044055&deal[currency]=usd&" +
	"deal[stage_title]=In+talks&deal[contactid]=113&deal[contact_email]=giulia%40example.com&deal[contact_firstname]=Giulia&updated_fields[0]=value&updated_fields[1]=stage"

// What is sent of a deal's value is written for people.
func TestADealIsReadAgain(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		deal   string
		value  string
		events int
	}{
		"in cents":             {`{"id":"57","title":"X","value":"104405500","currency":"usd","status":"1","group":"1","stage":"2","owner":"1","contact":"113"}`, `"value":"1044055.00","currency":"USD","status":"won"`, 1},
		"in yen":               {`{"id":"57","value":"4990","currency":"jpy","status":"0"}`, `"value":"4990","currency":"JPY","status":"open"`, 1},
		"in Kuwaiti dinar":     {`{"id":"57","value":50,"currency":"kwd","status":2}`, `"value":"0.050","currency":"KWD","status":"lost"`, 1},
		"that may not be seen": {`{"id":"57","isDisabled":true,"title":"X"}`, "", 0},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			events, err := setup(t, answering(200, `{"deal":`+tt.deal+`}`)).Receive(nil, moved)
			if err != nil || len(events) != tt.events {
				t.Fatalf("got %+v, %v", events, err)
			}
			if tt.events == 0 {
				return
			}
			e := events[0]
			if e.Trigger != "deal_updated" || e.Contact.Email != "giulia@example.com" || !strings.Contains(string(e.Data), tt.value) || !strings.Contains(string(e.Data), `"updated_fields":["stage","value"]`) {
				t.Errorf("got %+v %s", e, e.Data)
			}
		})
	}
	if events, err := setup(t, answering(404, `{"message":"No Result found for Deal with id 57"}`)).Receive(nil, moved); err != nil || len(events) != 0 {
		t.Errorf("a deal that is gone: got %+v, %v", events, err)
	}
	_, err := setup(t, answering(502, `<html>`)).Receive(nil, moved)
	if f := failureOf(t, err); f.Kind != protocol.Retryable {
		t.Errorf("while the account is down: got %+v", f)
	}
}

func TestOtherChanges(t *testing.T) {
	t.Parallel()
	tests := map[string]struct{ body, trigger, data string }{
		"a note":         {"type=subscriber_note&contact[id]=1&note=Call+back", "contact_note_added", `"note":"Call back"`},
		"a tag taken":    {"type=contact_tag_removed&contact[id]=1&tag=vip", "contact_tag_removed", `"tag":"vip"`},
		"a click":        {"type=click&contact[id]=1&campaign[id]=7&campaign[name]=News&link[url]=https%3A%2F%2Fexample.com", "link_clicked", `"campaign_id":"7","campaign":"News","link":"https://example.com"`},
		"an open":        {"type=open&contact[id]=1&campaign[id]=7", "email_opened", `"campaign_id":"7"`},
		"a bounce":       {"type=bounce&contact[id]=1&campaign[id]=7&bounce[description]=full", "email_bounced", `"reason":"full"`},
		"fields by name": {"type=update&contact[id]=1&contact[fields][COLOUR]=Red", "contact_updated", `"COLOUR":"Red"`},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			events, err := setup(t, nil).Receive(nil, tt.body)
			if err != nil || len(events) != 1 || events[0].Trigger != tt.trigger || !strings.Contains(string(events[0].Data), tt.data) {
				t.Errorf("got %+v, %v", events, err)
			}
		})
	}
}

func TestMinorUnits(t *testing.T) {
	t.Parallel()
	for amount, want := range map[string]int64{"49.90 EUR": 4990, "6.5 EUR": 650, "5 EUR": 500, "0.05 eur": 5, "4990 JPY": 4990, "4990.0 JPY": 4990, "1.234 KWD": 1234, "12345678901234.56 EUR": 1234567890123456} {
		value, currency, _ := strings.Cut(amount, " ")
		if got, err := toMinor(value, currency); err != nil || got != want {
			t.Errorf("%s: got %d, %v, want %d", amount, got, err, want)
		}
	}
	for _, amount := range []string{"49.901 EUR", "1.5 JPY", "-1 EUR", "1,5 EUR", " EUR", ".5 EUR", "x EUR", "99999999999999999999 EUR"} {
		value, currency, _ := strings.Cut(amount, " ")
		_, err := toMinor(value, currency)
		if f := failureOf(t, err); f.Kind != protocol.Invalid || f.Field != "value" {
			t.Errorf("%s: got %+v", amount, f)
		}
	}
}

// Under load ActiveCampaign now and then answers 403 for no reason.
func TestASporadic403(t *testing.T) {
	t.Parallel()
	n := 0
	h := setup(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		if n++; n == 1 {
			w.WriteHeader(http.StatusForbidden)
			_, _ = io.WriteString(w, `{"message":"Forbidden"}`)
			return
		}
		_, _ = io.WriteString(w, `{"contact":{"id":"113","email":"giulia@example.com"}}`)
	}))
	if _, err := h.Invoke("upsert_contact", map[string]any{"email": "giulia@example.com"}); err != nil || n != 2 {
		t.Errorf("got %v after %d requests", err, n)
	}
}

// A page that is not the API's answers 200 for what should be a list.
func TestADropdownOfNothing(t *testing.T) {
	t.Parallel()
	_, err := setup(t, answering(200, `{"hello":1}`)).ListOptions("lists", "")
	if f := failureOf(t, err); !strings.Contains(f.Message, "lists") {
		t.Errorf("got %+v", f)
	}
}

// Making the contact first does no harm, so that a deal that was turned away at the limit may be tried again.
func TestALimitAfterTheContactWasMade(t *testing.T) {
	t.Parallel()
	_, err := setup(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.Method + " " + r.URL.Path {
		case "GET /api/3/contacts":
			_, _ = io.WriteString(w, `{"contacts":[]}`)
		case "POST /api/3/contact/sync":
			_, _ = io.WriteString(w, `{"contact":{"id":"113"}}`)
		default:
			w.Header().Set("Retry-After", "30")
			w.WriteHeader(http.StatusTooManyRequests)
		}
	})).Invoke("create_deal", map[string]any{"title": "x", "email": "giulia@example.com", "stage_id": "1"})
	if f := failureOf(t, err); f.Kind != protocol.RateLimited || f.RetryAfter != 30*time.Second {
		t.Errorf("got %+v", f)
	}
}
