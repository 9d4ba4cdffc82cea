package main

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/cordboard/cordboard/sdk/protocol"
)

// batch wraps updates as Meta does.
func batch(number, updates string) string {
	return `{"object":"whatsapp_business_account","entry":[{"id":"102290129340398","changes":[{"field":"messages","value":{"messaging_product":"whatsapp",
		"metadata":{"display_phone_number":"390212345678","phone_number_id":"` + number + `"},` + updates + `}}]}]}`
}

const giulia = `"contacts":[{"profile":{"name":"Giulia Bianchi"},"wa_id":"393471234567","user_id":"IT.1349"}],`

func TestInboundMessages(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		message string // beside from, id and timestamp
		want    protocol.Message
	}{
		"text":                       {`"type":"text","text":{"body":"Sì"}`, protocol.Message{Kind: "text", Text: "Sì"}},
		"an answer that quotes":      {`"type":"text","text":{"body":"Sì"},"context":{"from":"390212345678","id":"wamid.Q"}`, protocol.Message{Kind: "text", Text: "Sì", InReplyTo: "wamid.Q"}},
		"a forwarded text":           {`"type":"text","text":{"body":"x"},"context":{"forwarded":true}`, protocol.Message{Kind: "text", Text: "x"}},
		"a template's button":        {`"type":"button","button":{"payload":"help:1042","text":"Aiuto"},"context":{"id":"wamid.Q"}`, protocol.Message{Kind: "button", Text: "Aiuto", Payload: "help:1042", InReplyTo: "wamid.Q"}},
		"a reply button":             {`"type":"interactive","interactive":{"type":"button_reply","button_reply":{"id":"ship:1042","title":"Yes"}},"context":{"id":"wamid.Q"}`, protocol.Message{Kind: "button", Text: "Yes", Payload: "ship:1042", InReplyTo: "wamid.Q"}},
		"a list entry":               {`"type":"interactive","interactive":{"type":"list_reply","list_reply":{"id":"row1","title":"One","description":"d"}}`, protocol.Message{Kind: "list", Text: "One", Payload: "row1"}},
		"a form with broken JSON":    {`"type":"interactive","interactive":{"type":"nfm_reply","nfm_reply":{"name":"flow","body":"Sent","response_json":"{oops"}}`, protocol.Message{Kind: "flow", Text: "Sent", Payload: "{oops"}},
		"interactive without object": {`"type":"interactive"`, protocol.Message{Kind: "unsupported"}},
		"an image":                   {`"type":"image","image":{"id":"1","mime_type":"image/jpeg","caption":"look"}`, protocol.Message{Kind: "image", Text: "look", Media: &protocol.Media{ID: "1", MIMEType: "image/jpeg", Caption: "look"}}},
		"a document":                 {`"type":"document","document":{"id":"1","mime_type":"application/pdf","filename":"a.pdf"}`, protocol.Message{Kind: "document", Media: &protocol.Media{ID: "1", MIMEType: "application/pdf", Filename: "a.pdf"}}},
		"a voice note":               {`"type":"audio","audio":{"id":"1","mime_type":"audio/ogg; codecs=opus","voice":true}`, protocol.Message{Kind: "audio", Media: &protocol.Media{ID: "1", MIMEType: "audio/ogg; codecs=opus"}}},
		"a location":                 {`"type":"location","location":{"latitude":45.46,"longitude":9.19,"name":"Duomo"}`, protocol.Message{Kind: "location", Text: "Duomo 45.46,9.19"}},
		"a contact card":             {`"type":"contacts","contacts":[{"name":{"formatted_name":"Anna"}},{"name":{"formatted_name":"Ugo"}}]`, protocol.Message{Kind: "contacts", Text: "Anna, Ugo"}},
		"an order":                   {`"type":"order","order":{"catalog_id":"c","text":"please","product_items":[]}`, protocol.Message{Kind: "order", Text: "please"}},
		"a reaction":                 {`"type":"reaction","reaction":{"message_id":"wamid.Q","emoji":"👍"}`, protocol.Message{Kind: "reaction", Text: "👍", InReplyTo: "wamid.Q"}},
		"a reaction taken back":      {`"type":"reaction","reaction":{"message_id":"wamid.Q"}`, protocol.Message{Kind: "reaction", InReplyTo: "wamid.Q", NotReply: true}},
		"a text in a group":          {`"type":"text","text":{"body":"x"},"group_id":"G1"`, protocol.Message{Kind: "text", Text: "x", NotReply: true}},
		"a reaction in a group":      {`"type":"reaction","reaction":{"message_id":"wamid.Q","emoji":"👍"},"group_id":"G1"`, protocol.Message{Kind: "reaction", Text: "👍", InReplyTo: "wamid.Q", NotReply: true}},
		"an emptied reaction":        {`"type":"reaction","reaction":{"message_id":"wamid.Q","emoji":""}`, protocol.Message{Kind: "reaction", InReplyTo: "wamid.Q", NotReply: true}},
		"an opened chat":             {`"type":"request_welcome"`, protocol.Message{Kind: "request_welcome", NotReply: true}},
		"an edit":                    {`"type":"edit","edit":{"original_message_id":"wamid.O","message":{"type":"text","text":{"body":"new"}}}`, protocol.Message{Kind: "edit", Text: "new", InReplyTo: "wamid.O", NotReply: true}},
		"a deletion":                 {`"type":"revoke","revoke":{"original_message_id":"wamid.O"}`, protocol.Message{Kind: "revoke", InReplyTo: "wamid.O", NotReply: true}},
		"an edited caption":          {`"type":"edit","edit":{"original_message_id":"wamid.O","message":{"type":"image","image":{"id":"1","caption":"new"}}}`, protocol.Message{Kind: "edit", Text: "new", InReplyTo: "wamid.O", NotReply: true}},
		"a location without object":  {`"type":"location"`, protocol.Message{Kind: "location"}},
		"a location in words":        {`"type":"location","location":{"latitude":"45.46","longitude":"east"}`, protocol.Message{Kind: "location", Text: "45.46,"}},
		"an order without object":    {`"type":"order"`, protocol.Message{Kind: "order"}},
		"something unsupported":      {`"type":"unsupported","errors":[{"code":131051,"title":"Message type unknown"}]`, protocol.Message{Kind: "unsupported"}},
		"a type of the future":       {`"type":"hologram","hologram":{}`, protocol.Message{Kind: "hologram"}},
		"a text of another shape":    {`"type":"text","text":"bare"`, protocol.Message{Kind: "text"}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			events, err := setup(t, nil).Receive(nil, batch("106540352242922", giulia+`"messages":[{"from":"393471234567","id":"wamid.1","timestamp":"1763800003",`+tt.message+`}]`))
			if err != nil || len(events) != 1 {
				t.Fatalf("got %+v, %v", events, err)
			}
			e := events[0]
			tt.want.ID, tt.want.Direction = "wamid.1", protocol.Inbound
			got, _ := json.Marshal(e.Message)
			want, _ := json.Marshal(tt.want)
			if string(got) != string(want) {
				t.Errorf("got  %s\nwant %s", got, want)
			}
			if e.Key != "wamid.1" || e.Trigger != "message_received" || !e.OccurredAt.Equal(time.Unix(1763800003, 0)) ||
				*e.Contact != (protocol.Contact{Phone: "+393471234567", ExternalID: "393471234567", OtherID: "IT.1349", Name: "Giulia Bianchi"}) {
				t.Errorf("got %+v, contact %+v", e, e.Contact)
			}
			manifest, _ := connector.Manifest()
			described, _ := manifest.Trigger(e.Trigger)
			for _, p := range described.Output.Check(e.Data, "data") {
				t.Errorf("%s %s", p.Path, p.Message)
			}
		})
	}
}

func TestWhatOnlySomeMessagesHave(t *testing.T) {
	t.Parallel()
	tests := map[string]struct{ message, want string }{
		"an order":            {`"type":"order","order":{"catalog_id":"c","text":"please","product_items":[{"product_retailer_id":"SKU1","quantity":2,"item_price":30.5,"currency":"EUR"}]}`, `"order":{"catalog_id":"c","product_items":[{"product_retailer_id":"SKU1","quantity":2,"item_price":30.5,"currency":"EUR"}]}`},
		"a location":          {`"type":"location","location":{"latitude":45.46,"longitude":"9.19","name":"Duomo"}`, `"location":{"latitude":45.46,"longitude":9.19,"name":"Duomo","address":""}`},
		"an odd location":     {`"type":"location","location":{"latitude":"north"}`, `"location":{"latitude":null,"longitude":null,"name":"","address":""}`},
		"a contact card":      {`"type":"contacts","contacts":[{"name":{"formatted_name":"Anna"},"phones":[{"phone":"+39 02","wa_id":"3902"}],"emails":[{"email":"a@example.com"}]}]`, `"contacts":[{"name":"Anna","phones":["+39 02"],"emails":["a@example.com"]}]`},
		"an advertisement":    {`"type":"text","text":{"body":"x"},"referral":{"source_type":"ad","source_id":"1","source_url":"https://fb.me/1","headline":"Sale","body":"Now","ctwa_clid":"clid"}`, `"referral":{"source_type":"ad","source_id":"1","source_url":"https://fb.me/1","headline":"Sale","body":"Now","ctwa_clid":"clid"}`},
		"a voice note":        {`"type":"audio","audio":{"id":"1","voice":true}`, `"voice":true`},
		"a forward":           {`"type":"text","text":{"body":"x"},"context":{"frequently_forwarded":true}`, `"forwarded":true`},
		"a new number":        {`"type":"system","system":{"type":"user_changed_number","body":"changed","wa_id":"39340"}`, `"new_from":"39340"`},
		"a new user id":       {`"type":"system","system":{"type":"user_changed_user_id","body":"changed","user_id":"IT.2"}`, `"new_from":"IT.2"`},
		"what cannot be read": {`"type":"unsupported","errors":[{"code":131051,"title":"Message type unknown","error_data":{"details":"a poll"}}]`, `"error":"a poll"`},
		"a group":             {`"type":"text","text":{"body":"x"},"group_id":"G1"`, `"group_id":"G1"`},
		"a product asked for": {`"type":"text","text":{"body":"x"},"context":{"from":"390212345678","id":"wamid.Q","referred_product":{"catalog_id":"c","product_retailer_id":"SKU1"}}`, `"product":{"product_retailer_id":"SKU1","catalog_id":"c"}`},
		"a form":              {`"type":"interactive","interactive":{"type":"nfm_reply","nfm_reply":{"name":"flow","body":"Sent","response_json":"{\"size\":\"L\",\"n\":820982911946154508}"}}`, `"answers":{"size":"L","n":820982911946154508}`},
		"a form in pieces":    {`"type":"interactive","interactive":{"type":"nfm_reply","nfm_reply":{"name":"flow","body":"Sent","response_json":"{oops"}}`, `"answers":null`},
		"a form of one word":  {`"type":"interactive","interactive":{"type":"nfm_reply","nfm_reply":{"name":"flow","body":"Sent","response_json":"\"L\""}}`, `"answers":null`},
		"a user name":         {`"type":"text","text":{"body":"x"}`, `"username":"@giulia.b"`},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			events, err := setup(t, nil).Receive(nil, batch("106540352242922", `"contacts":[{"profile":{"name":"Giulia","username":"@giulia.b"},"wa_id":"393471234567"}],
				"messages":[{"from":"393471234567","id":"wamid.1","timestamp":"1763800003",`+tt.message+`}]`))
			if err != nil || len(events) != 1 || !strings.Contains(string(events[0].Data), tt.want) {
				t.Fatalf("got %v, want %s in\n%s", err, tt.want, events[0].Data)
			}
			manifest, _ := connector.Manifest()
			described, _ := manifest.Trigger("message_received")
			for _, p := range described.Output.Check(events[0].Data, "data") {
				t.Errorf("%s %s", p.Path, p.Message)
			}
		})
	}
}

// A person who changes their number, or gets another user id, is the one they were.
func TestAChangeOfNumber(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct{ message, want string }{
		"another number": {`"from":"393471234567","from_user_id":"IT.1","system":{"type":"user_changed_number","body":"changed","wa_id":"39340","user_id":"IT.2"}`,
			`{"phone":"+39340","external_id":"39340","other_id":"IT.2","formerly":{"phone":"+393471234567","external_id":"393471234567"}}`},
		"another user id": {`"from":"393471234567","from_user_id":"IT.1","system":{"type":"user_changed_user_id","body":"changed","user_id":"IT.2"}`,
			`{"phone":"+393471234567","external_id":"393471234567","other_id":"IT.2","formerly":{"external_id":"IT.1"}}`},
		"another user id of a person without a number": {`"from_user_id":"IT.1","system":{"type":"user_changed_user_id","body":"changed","user_id":"IT.2"}`,
			`{"external_id":"IT.2","formerly":{"external_id":"IT.1"}}`},
		"another key of theirs": {`"from":"393471234567","system":{"type":"customer_identity_changed","body":"changed"}`,
			`{"phone":"+393471234567","external_id":"393471234567"}`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			events, err := setup(t, nil).Receive(nil, batch("106540352242922", `"messages":[{"id":"wamid.1","timestamp":"1763800003","type":"system",`+tt.message+`}]`))
			if err != nil || len(events) != 1 || !events[0].Message.NotReply || events[0].Message.Text != "changed" {
				t.Fatalf("got %+v, %v", events, err)
			}
			if got, _ := json.Marshal(events[0].Contact); string(got) != tt.want {
				t.Errorf("got  %s\nwant %s", got, tt.want)
			}
		})
	}
}
