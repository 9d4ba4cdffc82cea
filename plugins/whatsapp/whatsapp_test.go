package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
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
		"token": "EAAG-token", "phone_number_id": "106540352242922", "waba_id": "102290129340398", "app_secret": "wa-app-secret-canary",
		"verify_token": "wa-verify-token-canary",
	}, provider)
}

func answering(status int, body string, header ...string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		for i := 0; i < len(header); i += 2 {
			w.Header().Set(header[i], header[i+1])
		}
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

func TestCheckNamesTheNumber(t *testing.T) {
	t.Parallel()
	h := setup(t, sdktest.Recorded(t, "testdata/check.json"))
	identity, err := h.Check()
	if err != nil || identity != (protocol.Identity{ID: "106540352242922", Label: "Bottega Rossi (+39 02 1234 5678)"}) {
		t.Errorf("got %+v, %v", identity, err)
	}
	if got := h.Gateway.Requests()[0].Header.Get("Authorization"); got != "Bearer EAAG-token" {
		t.Errorf("authorised with %q", got)
	}
}

func TestCheckRefusesAForeignAccount(t *testing.T) {
	t.Parallel()
	_, err := setup(t, answering(200, `{"data":[{"id":"7"}]}`)).Check()
	if f := failureOf(t, err); f.Kind != protocol.Invalid || f.Field != "waba_id" {
		t.Errorf("got %+v", f)
	}
}

// In Brazil the wa_id may lack the ninth digit; the answer to this message comes from the wa_id.
func TestSendTextReturnsTheRecipientAsTheyWillAnswer(t *testing.T) {
	t.Parallel()
	result, err := setup(t, sdktest.Recorded(t, "testdata/send_text.json")).Invoke("send_text", map[string]any{
		"to": "0055 11 98765-4321", "text": "Olá", "reply_to": "wamid.quoted",
	})
	want := protocol.SentMessage{ID: "wamid.HBgM", Recipient: "551187654321", Text: "Olá"}
	if err != nil || result.Sent == nil || *result.Sent != want {
		t.Errorf("got %+v, %v, want %+v", result.Sent, err, want)
	}
}

func TestSendTemplate(t *testing.T) {
	t.Parallel()
	result, err := setup(t, sdktest.Recorded(t, "testdata/send_template.json")).Invoke("send_template", map[string]any{
		"to": "+393471234567", "template": "order_confirmation", "language": "it", "body": []string{"Giulia", "€ 49,90"},
		"header":  map[string]any{"kind": "image", "value": "https://cdn.example.com/p/1042.jpg"},
		"buttons": []any{map[string]any{"index": 0, "kind": "url", "value": "orders/1042"}, map[string]any{"index": 1, "kind": "quick_reply", "value": "help:1042"}},
	})
	if err != nil || result.Sent.ID != "wamid.T" || result.Sent.Text != "order_confirmation (it): Giulia, € 49,90" || !strings.Contains(string(result.Output), `"status":"accepted"`) {
		t.Errorf("got %s, %+v, %v", result.Output, result.Sent, err)
	}
}

func TestWhoAMessageIsFor(t *testing.T) {
	t.Parallel()
	tests := map[string]struct{ to, want string }{
		"E.164":                        {"+393471234567", `"to":"+393471234567"`},
		"a wa_id":                      {"393471234567", `"to":"+393471234567"`},
		"Buenos Aires as it is typed":  {"+54 11 15 2345-6789", `"to":"+5491123456789"`},
		"Rosario as it is typed":       {"54 0341 15 234-5678", `"to":"+5493412345678"`},
		"Ushuaia as it is typed":       {"+54 2901 15 23-4567", `"to":"+5492901234567"`},
		"an area that ends in 15":      {"+54 3415 15 23-4567", `"to":"+5493415234567"`},
		"Argentina as WhatsApp has it": {"5491123456789", `"to":"+5491123456789"`},
		"a landline of Argentina":      {"+54 11 2345 6789", `"to":"+541123456789"`},
		"twelve digits without a 15":   {"+54 341 23 4567890", `"to":"+54341234567890"`},
		"Mexico as WhatsApp has it":    {"5215512345678", `"to":"+5215512345678"`},
		"Brazil without the ninth":     {"554791234567", `"to":"+554791234567"`},
		"a business-scoped user id":    {"IT.13491208655302741918", `"recipient":"IT.13491208655302741918"`},
		"a name":                       {"Giulia", ""},
		"too few digits":               {"+39 12", ""},
		"letters between the digits":   {"+39 347 CALL 4567", ""},
		"more digits than any number":  {"+1234567890123456", ""},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := setup(t, answering(200, `{"messages":[{"id":"m"}]}`))
			_, err := h.Invoke("send_text", map[string]any{"to": tt.to, "text": "x"})
			if tt.want == "" {
				if f := failureOf(t, err); f.Kind != protocol.Invalid || f.Field != "to" || len(h.Gateway.Requests()) > 0 {
					t.Errorf("got %+v", f)
				}
				return
			}
			if err != nil || !strings.Contains(string(h.Gateway.Requests()[0].Body), tt.want) {
				t.Errorf("got %v", err)
			}
		})
	}
}

func TestTextIsCountedInCharacters(t *testing.T) {
	t.Parallel()
	h := setup(t, answering(200, `{"messages":[{"id":"m"}]}`))
	if _, err := h.Invoke("send_text", map[string]any{"to": "+393471234567", "text": strings.Repeat("é", 4096)}); err != nil {
		t.Errorf("4096 characters: %v", err)
	}
	if _, err := h.Invoke("send_text", map[string]any{"to": "+393471234567", "text": strings.Repeat("é", 4097)}); err == nil {
		t.Error("4097 characters pass")
	}
}

func TestErrorsByCode(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		status  int
		code    int
		more    string // further members of the error
		want    protocol.FailureKind
		field   string
		waiting time.Duration
	}{
		"token expired":                     {401, 190, `,"error_subcode":463`, protocol.Unauthorized, "", 0},
		"cannot authenticate":               {401, 0, "", protocol.Unauthorized, "", 0},
		"permission missing":                {403, 200, "", protocol.Unauthorized, "", 0},
		"unknown number under code 100":     {400, 100, `,"error_subcode":33`, protocol.Permanent, "", 0},
		"bad parameter":                     {400, 100, "", protocol.Invalid, "", 0},
		"one person gets too many":          {400, 131056, "", protocol.Retryable, "", 0},
		"throughput of the number":          {429, 130429, "", protocol.RateLimited, "", 2 * time.Second},
		"spam limit of the number":          {400, 131048, "", protocol.RateLimited, "", time.Hour},
		"something went wrong at Meta":      {500, 131000, "", protocol.Retryable, "", 0},
		"a new code that is transient":      {400, 999999, `,"is_transient":true`, protocol.Retryable, "", 0},
		"a new code that is not":            {400, 999999, "", protocol.Permanent, "", 0},
		"outside the window":                {400, 131047, "", protocol.Permanent, "", 0},
		"template in the wrong language":    {404, 132001, "", protocol.Invalid, "template", 0},
		"wrong number of values":            {400, 132000, "", protocol.Invalid, "body", 0},
		"a test number's allow list":        {400, 131030, "", protocol.Invalid, "to", 0},
		"marketing limit of the person":     {400, 131049, "", protocol.Permanent, "", 0},
		"the person opted out of marketing": {400, 131050, "", protocol.Permanent, "", 0},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			body := fmt.Sprintf(`{"error":{"message":"(#%d) no","type":"OAuthException","code":%d,"error_data":{"details":"in words"},"fbtrace_id":"Az8"%s}}`, tt.code, tt.code, tt.more)
			_, err := setup(t, answering(tt.status, body)).Invoke("send_text", map[string]any{"to": "+393471234567", "text": "x"})
			f := failureOf(t, err)
			if f.Kind != tt.want || f.Field != tt.field || f.RetryAfter != tt.waiting || !strings.Contains(f.Message, "in words") || !strings.Contains(f.Detail, "Az8") {
				t.Errorf("got %+v", f)
			}
		})
	}
}

func TestALimitLastsAsLongAsMetaSays(t *testing.T) {
	t.Parallel()
	_, err := setup(t, answering(400, `{"error":{"code":80007,"message":"limit"}}`,
		"X-Business-Use-Case-Usage", `{"102290129340398":[{"type":"messaging","estimated_time_to_regain_access":7}]}`,
	)).Invoke("send_text", map[string]any{"to": "+393471234567", "text": "x"})
	if f := failureOf(t, err); f.RetryAfter != 7*time.Minute {
		t.Errorf("got %+v", f)
	}
}

// A server error without Meta's own words may have come after the message was accepted.
func TestAnUnexplainedServerErrorIsUnknown(t *testing.T) {
	t.Parallel()
	_, err := setup(t, answering(502, "<html>")).Invoke("send_text", map[string]any{"to": "+393471234567", "text": "x"})
	if f := failureOf(t, err); f.Kind != protocol.Unknown {
		t.Errorf("got %+v", f)
	}
}

func TestSubscribeAndUnsubscribe(t *testing.T) {
	t.Parallel()
	h := setup(t, sdktest.Recorded(t, "testdata/subscribe.json"))
	subscription, err := h.Subscribe("message_received", map[string]any{}, "https://hooks.example.com/hooks/connections/con_1")
	if err != nil || subscription.ID != "102290129340398" {
		t.Fatalf("got %+v, %v", subscription, err)
	}
	if err := h.Unsubscribe("message_received", map[string]any{}, subscription.ID); err != nil {
		t.Error(err)
	}
}

func TestDropdowns(t *testing.T) {
	t.Parallel()
	h := setup(t, answering(200, `{"data":[{"name":"order_confirmation","language":"it","category":"UTILITY"},{"name":"order_confirmation","language":"es","category":"UTILITY"},
		{"name":"sale","language":"it","category":"MARKETING"}],"paging":{"cursors":{"after":"MjQZD"},"next":"https://graph.facebook.com/secret"}}`))
	page, err := h.ListOptions("templates", "order")
	if err != nil || len(page.Options) != 1 || page.Options[0] != (protocol.Option{Value: "order_confirmation", Label: "order_confirmation (utility)"}) || page.Cursor != "MjQZD" {
		t.Errorf("templates: got %+v, %v", page, err)
	}
	if page, err = h.ListOptions("languages", ""); err != nil || len(page.Options) != 2 {
		t.Errorf("languages: got %+v, %v", page, err)
	}
}

func TestFormsThatMayBeSent(t *testing.T) {
	t.Parallel()
	h := setup(t, answering(200, `{"data":[{"id":"1","name":"Survey","status":"PUBLISHED"},{"id":"2","name":"Survey, new","status":"DRAFT"},{"id":"3","name":"Booking","status":"PUBLISHED"}],
		"paging":{"cursors":{"after":"MjQZD"},"next":"https://graph.facebook.com/secret"}}`))
	for search, want := range map[string]string{"": "[{1 Survey} {3 Booking}]", "surv": "[{1 Survey}]", "3": "[{3 Booking}]"} {
		page, err := h.ListOptions("forms", search)
		if err != nil || fmt.Sprint(page.Options) != want || page.Cursor != "MjQZD" {
			t.Errorf("%q: got %+v, %v, want %s", search, page, err, want)
		}
	}
	if asked := h.Gateway.Requests()[0].URL; asked != "https://graph.facebook.com/v25.0/102290129340398/flows?fields=id%2Cname%2Cstatus&limit=100" {
		t.Errorf("asked %s", asked)
	}
}

// field wraps a value as Meta does in fields other than messages.
func field(waba, name, value string) string {
	return `{"object":"whatsapp_business_account","entry":[{"id":"` + waba + `","time":1763800003,"changes":[{"field":"` + name + `","value":` + value + `}]}]}`
}

func TestWhatPeopleWantOfMarketing(t *testing.T) {
	t.Parallel()
	const metadata = `"metadata":{"phone_number_id":"106540352242922"},"contacts":[{"profile":{"name":"Giulia"},"wa_id":"393471234567"}]`
	one := func(preference string) string {
		return field("102290129340398", "user_preferences", `{`+metadata+`,"user_preferences":[`+preference+`]}`)
	}
	stop := one(`{"wa_id":"393471234567","detail":"User requested to stop marketing messages","category":"marketing_messages","value":"stop","timestamp":1731705721}`)
	events, err := setup(t, nil).Receive(nil, stop)
	if err != nil || len(events) != 1 {
		t.Fatalf("got %+v, %v", events, err)
	}
	if e := events[0]; e.Trigger != "marketing_preference_changed" || !strings.Contains(string(e.Data), `"value":"stop"`) || e.Key != "preference:393471234567:stop:1731705721" ||
		*e.Contact != (protocol.Contact{Phone: "+393471234567", ExternalID: "393471234567", Name: "Giulia"}) || !e.OccurredAt.Equal(time.Unix(1731705721, 0)) {
		t.Errorf("got %+v %s", e, e.Data)
	}
	for name, body := range map[string]string{
		"of another category": one(`{"wa_id":"1","category":"calls","value":"stop"}`),
		"of nobody":           one(`{"category":"marketing_messages","value":"stop"}`),
		"of another number":   strings.Replace(stop, "106540352242922", "999", 1),
		"of another shape":    one(`7`),
	} {
		if events, err := setup(t, nil).Receive(nil, body); err != nil || len(events) != 0 {
			t.Errorf("%s: got %+v, %v", name, events, err)
		}
	}
}

// What the owner types in the phone app is no answer of the person: it goes the other way.
func TestWhatTheOwnerWrites(t *testing.T) {
	t.Parallel()
	echo := func(message string) string {
		return field("102290129340398", "smb_message_echoes", `{"metadata":{"phone_number_id":"106540352242922"},"message_echoes":[`+message+`]}`)
	}
	events, err := setup(t, nil).Receive(nil, echo(`{"from":"390212345678","to":"393471234567","id":"wamid.E","timestamp":"1763800003","type":"image","image":{"id":"44","mime_type":"image/jpeg","caption":"here"}}`))
	if err != nil || len(events) != 1 {
		t.Fatalf("got %+v, %v", events, err)
	}
	e := events[0]
	want := protocol.Message{ID: "wamid.E", Direction: protocol.Outbound, Kind: "image", Text: "here", Media: &protocol.Media{ID: "44", MIMEType: "image/jpeg", Caption: "here"}}
	got, _ := json.Marshal(e.Message)
	if wanted, _ := json.Marshal(want); string(got) != string(wanted) || e.Trigger != "message_echoed" || e.Key != "wamid.E" ||
		*e.Contact != (protocol.Contact{Phone: "+393471234567", ExternalID: "393471234567"}) {
		t.Errorf("got %+v %s", e, got)
	}
	if want := `{"id":"wamid.E","to":"393471234567","user_id":"","type":"image","text":"here","media_id":"44","sent_at":"2025-11-22T08:26:43Z"}`; string(e.Data) != want {
		t.Errorf("got %s, want %s", e.Data, want)
	}
	for _, body := range []string{echo(`{"id":"wamid.E","type":"text"}`), echo(`{"to":"39347","type":"text"}`), echo(`7`)} {
		if events, err := setup(t, nil).Receive(nil, body); err != nil || len(events) != 0 {
			t.Errorf("got %+v, %v", events, err)
		}
	}
}

func TestWhatMetaThinksOfATemplate(t *testing.T) {
	t.Parallel()
	const value = `{"event":"PAUSED","message_template_id":1689556908129832,"message_template_name":"autumn_sale","message_template_language":"it","reason":"LOW_QUALITY"}`
	events, err := setup(t, nil).Receive(nil, field("102290129340398", "message_template_status_update", value))
	want := `{"template_id":"1689556908129832","template":"autumn_sale","language":"it","status":"PAUSED","reason":"LOW_QUALITY"}`
	if err != nil || len(events) != 1 || string(events[0].Data) != want || events[0].Trigger != "template_status_changed" || events[0].Key != "template:autumn_sale:it:PAUSED:1763800003" {
		t.Errorf("got %+v, %v", events, err)
	}
	for _, body := range []string{field("999", "message_template_status_update", value), field("102290129340398", "message_template_status_update", `{"event":"PAUSED"}`)} {
		if events, err := setup(t, nil).Receive(nil, body); err != nil || len(events) != 0 {
			t.Errorf("got %+v, %v", events, err)
		}
	}
}

// Since usernames exist a person may have no phone number; later the same person shows both keys.
func TestAPersonKnownByUserNameOnly(t *testing.T) {
	t.Parallel()
	events, err := setup(t, nil).Receive(nil, batch("106540352242922", `"contacts":[{"profile":{"name":"Giulia","username":"@giulia.b"},"user_id":"IT.1349"}],
		"messages":[{"from_user_id":"IT.1349","id":"wamid.1","timestamp":"1763800003","type":"text","text":{"body":"x"}}]`))
	if err != nil || len(events) != 1 || *events[0].Contact != (protocol.Contact{ExternalID: "IT.1349", Name: "Giulia"}) {
		t.Errorf("got %+v, %v", events, err)
	}
	events, err = setup(t, nil).Receive(nil, batch("106540352242922", `"contacts":[{"profile":{"name":"Giulia"},"wa_id":"393471234567","user_id":"IT.1349"}],
		"messages":[{"from":"393471234567","id":"wamid.2","timestamp":"1763800003","type":"text","text":{"body":"x"}}]`))
	if want := (protocol.Contact{Phone: "+393471234567", ExternalID: "393471234567", OtherID: "IT.1349", Name: "Giulia"}); err != nil || len(events) != 1 || *events[0].Contact != want {
		t.Errorf("later by both keys: got %+v, %v", events, err)
	}
}

func TestStatuses(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		status string
		key    string
		want   protocol.Status
	}{
		"sent":       {`"status":"sent","biz_opaque_callback_data":"run_1:ask"`, "wamid.1:sent", protocol.Status{IdempotencyKey: "run_1:ask", State: protocol.StatusSent}},
		"delivered":  {`"status":"delivered"`, "wamid.1:delivered", protocol.Status{State: protocol.StatusDelivered}},
		"read":       {`"status":"read"`, "wamid.1:read", protocol.Status{State: protocol.StatusRead}},
		"played":     {`"status":"played"`, "wamid.1:played", protocol.Status{State: protocol.StatusRead}},
		"in a group": {`"status":"read","recipient_type":"group","recipient_participant_id":"39340"`, "wamid.1:read:39340", protocol.Status{State: protocol.StatusRead}},
		"failed": {`"status":"failed","errors":[{"code":131047,"title":"Re-engagement message"}]`, "wamid.1:failed", protocol.Status{State: protocol.StatusFailed, Failure: &protocol.Failure{
			Kind: protocol.Permanent, Source: protocol.FromProvider, Detail: "code 131047, subcode 0, trace : ",
			Message: "More than 24 hours have passed since the person's last message: send a template. (Re-engagement message)"}}},
		"failed without a reason": {`"status":"failed"`, "wamid.1:failed", protocol.Status{State: protocol.StatusFailed, Failure: &protocol.Failure{
			Kind: protocol.Permanent, Source: protocol.FromProvider, Message: "WhatsApp could not deliver the message and did not say why."}}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			events, err := setup(t, nil).Receive(nil, batch("106540352242922", `"statuses":[{"id":"wamid.1","timestamp":"1763800003","recipient_id":"393471234567",`+tt.status+`}]`))
			if err != nil || len(events) != 1 {
				t.Fatalf("got %+v, %v", events, err)
			}
			tt.want.MessageID = "wamid.1"
			got, _ := json.Marshal(events[0].Status)
			want, _ := json.Marshal(tt.want)
			if string(got) != string(want) || events[0].Key != tt.key || events[0].Trigger != "message_status" {
				t.Errorf("got  %s %s\nwant %s %s", events[0].Key, got, tt.key, want)
			}
		})
	}
}

func TestABatchIsReadWhateverIsInIt(t *testing.T) {
	t.Parallel()
	mine := batch("106540352242922", giulia+`"messages":[{"from":"393471234567","id":"wamid.1","type":"text","text":{"body":"a"}},7,{"no":"id"},
		{"from":"393471234567","id":"wamid.2","type":"text","text":{"body":"b"}}],"statuses":[{"id":"wamid.9","status":"warped"},{"id":"wamid.9","status":"read"}]`)
	other := batch("999", `"messages":[{"from":"1","id":"wamid.3","type":"text","text":{"body":"c"}}]`)
	foreign := `{"id":"1","changes":[{"field":"message_template_status_update","value":{"message_template_id":12}},{"field":"messages","value":[]}]}`
	entries := func(body string) string {
		return strings.TrimSuffix(strings.TrimPrefix(body, `{"object":"whatsapp_business_account","entry":[`), `]}`)
	}
	events, err := setup(t, nil).Receive(nil, `{"object":"whatsapp_business_account","entry":[`+foreign+`,`+entries(other)+`,`+entries(mine)+`]}`)
	var keys []string
	for _, e := range events {
		keys = append(keys, e.Key)
	}
	if err != nil || strings.Join(keys, " ") != "wamid.1 wamid.2 wamid.9:read" {
		t.Errorf("got %v, %v", keys, err)
	}
	if len(events) > 0 && !events[0].OccurredAt.Equal(sdktest.ReceivedAt) {
		t.Errorf("a message without a time happened at %s", events[0].OccurredAt)
	}
}

func FuzzReceive(f *testing.F) {
	f.Add(batch("106540352242922", giulia+`"messages":[{"from":"393471234567","id":"wamid.1","timestamp":"1763800003","type":"text","text":{"body":"x"}}]`))
	f.Add(batch("106540352242922", `"statuses":[{"id":"wamid.1","status":"failed","errors":[{}]}]`))
	f.Fuzz(func(t *testing.T, body string) {
		h := sdktest.New(t, connector, map[string]any{"phone_number_id": "106540352242922"}, nil)
		events, err := h.Receive(nil, body)
		if f := new(protocol.Failure); err != nil && (!errors.As(err, &f) || f.Kind != protocol.Permanent) {
			t.Errorf("%q: %v", body, err)
		}
		for _, e := range events {
			if e.Key == "" || !json.Valid(e.Data) {
				t.Errorf("%q: %+v", body, e)
			}
		}
	})
}
