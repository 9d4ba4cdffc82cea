package main

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
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
	if page, err := h.ListOptions("forms", ""); err != nil || len(page.Options) != 1 || page.Options[0].Label != "survey" {
		t.Errorf("forms: got %+v, %v", page, err)
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

// phone is a connection to a sandbox to whom a person wrote lately.
type phone struct {
	*sdktest.Harness
	box *sandbox.Sandbox
}

func openNumber(t *testing.T, templates ...sandbox.Template) phone {
	t.Helper()
	box := sandbox.New(sandbox.Config{WhatsApp: sandbox.WhatsAppConfig{Templates: templates}})
	t.Cleanup(box.Close)
	hooks := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.WriteString(w, r.URL.Query().Get("hub.challenge"))
	}))
	t.Cleanup(hooks.Close)
	h := sdktest.New(t, connector, map[string]any{
		"token": "demo-whatsapp-token", "phone_number_id": "106540352242922", "waba_id": "102290129340398",
		"app_secret": "demo-app-secret", "verify_token": "demo-verify-token", "base_url": "http://sandbox.test/whatsapp",
	}, box.Handler())
	if _, err := h.Subscribe("message_received", map[string]any{}, hooks.URL+"/hooks/in"); err != nil {
		t.Fatal(err)
	}
	return phone{h, box}
}

// last is what the person's phone shows last.
func (p phone) last() sandbox.Message {
	sent := p.box.Sent()
	return sent[len(sent)-1]
}

func TestWhatIsSentInTheSandbox(t *testing.T) {
	t.Parallel()
	const to = "+393471234567"
	tests := map[string]struct {
		action string
		input  map[string]any
		text   string // of the timeline
		shows  func(m sandbox.Message) bool
	}{
		"an image":         {"send_media", map[string]any{"kind": "image", "media": "https://cdn.example.com/a.jpg", "caption": "La borsa"}, "[image] La borsa", func(m sandbox.Message) bool { return m.Type == "image" && m.Text == "La borsa" }},
		"a document by id": {"send_media", map[string]any{"kind": "document", "media": "4490709327384033", "filename": "a.pdf"}, "[document]", func(m sandbox.Message) bool { return m.Type == "document" }},
		"a voice note":     {"send_media", map[string]any{"kind": "audio", "media": "4490709327384033", "voice": true}, "[audio]", func(m sandbox.Message) bool { return m.Type == "audio" }},
		"a video":          {"send_media", map[string]any{"kind": "video", "media": "4490709327384033"}, "[video]", func(m sandbox.Message) bool { return m.Type == "video" }},
		"a sticker":        {"send_media", map[string]any{"kind": "sticker", "media": "4490709327384033"}, "[sticker]", func(m sandbox.Message) bool { return m.Type == "sticker" }},
		"buttons": {"send_buttons", map[string]any{"text": "Ship?", "footer": "Bottega", "header": map[string]any{"kind": "text", "value": "#1042"}, "buttons": []any{
			map[string]any{"title": "Yes", "id": "ship:1042"}, map[string]any{"title": "No"}}}, "Ship?", func(m sandbox.Message) bool {
			return m.Header == "#1042" && m.Footer == "Bottega" && len(m.Buttons) == 2 && m.Buttons[0].ID == "ship:1042" && m.Buttons[1].ID == "No"
		}},
		"buttons below an image": {"send_buttons", map[string]any{"text": "Ship?", "header": map[string]any{"kind": "image", "value": "https://cdn.example.com/a.jpg"}, "buttons": []any{map[string]any{"title": "Yes"}}}, "Ship?",
			func(m sandbox.Message) bool { return m.Text == "Ship?" && len(m.Buttons) == 1 }},
		"a list": {"send_list", map[string]any{"text": "When?", "button": "See times", "header": "Delivery", "sections": []any{
			map[string]any{"title": "Today", "rows": []any{map[string]any{"title": "Morning", "description": "Before noon"}}}, map[string]any{"title": "Later", "rows": []any{map[string]any{"title": "Tomorrow", "id": "t+1"}}}}},
			"When?", func(m sandbox.Message) bool {
				return m.Header == "Delivery" && len(m.Buttons) == 2 && m.Buttons[1].ID == "t+1" && m.Buttons[0].Kind == "list_reply"
			}},
		"a link button":              {"send_link_button", map[string]any{"text": "Your order", "button": "Open", "url": "https://shop.example.com"}, "Your order", func(m sandbox.Message) bool { return m.Type == "interactive" }},
		"a form with a first screen": {"send_form", map[string]any{"text": "Questions", "form_id": "1", "button": "Begin", "screen": "WELCOME", "data": map[string]any{"a": 1}}, "Questions", func(m sandbox.Message) bool { return m.Type == "interactive" }},
		"a form of a server":         {"send_form", map[string]any{"text": "Questions", "form_id": "1", "button": "Begin"}, "Questions", func(m sandbox.Message) bool { return m.Type == "interactive" }},
		"a carousel": {"send_carousel", map[string]any{"text": "New in", "cards": []any{
			map[string]any{"media": "https://cdn.example.com/1.jpg", "text": "La\nborsa\nnera", "button": "See", "url": "https://shop.example.com/1"},
			map[string]any{"media": "4490709327384033", "button": "See", "url": "https://shop.example.com/2"}}}, "New in", func(m sandbox.Message) bool { return m.Type == "interactive" && m.Text == "New in" }},
		"a carousel of videos": {"send_carousel", map[string]any{"text": "New in", "kind": "video", "cards": []any{
			map[string]any{"media": "1", "button": "See", "url": "https://shop.example.com/1"}, map[string]any{"media": "2", "button": "See", "url": "https://shop.example.com/2"}}},
			"New in", func(m sandbox.Message) bool { return m.Type == "interactive" }},
		"a product":             {"send_products", map[string]any{"text": "For you", "catalog_id": "1", "products": []string{"BRS"}, "footer": "Bottega"}, "For you", func(m sandbox.Message) bool { return m.Footer == "Bottega" }},
		"several products":      {"send_products", map[string]any{"text": "For you", "header": "Everything that we have for the winter", "catalog_id": "1", "products": []string{"BRS", "CNT"}}, "For you", func(m sandbox.Message) bool { return strings.HasPrefix(m.Header, "Everything") }},
		"the catalogue":         {"send_products", map[string]any{"text": "All we have"}, "All we have", func(m sandbox.Message) bool { return m.Type == "interactive" }},
		"a location":            {"send_location", map[string]any{"latitude": 45.46, "longitude": 9.19, "name": "Bottega"}, "Bottega 45.46,9.19", func(m sandbox.Message) bool { return m.Type == "location" && m.Text == "45.46, 9.19" }},
		"a contact card":        {"send_contact", map[string]any{"first_name": "Anna", "last_name": "Rossi", "company": "Bottega", "phones": []string{"+39021"}, "emails": []string{"a@example.com"}, "url": "https://example.com"}, "Anna Rossi", func(m sandbox.Message) bool { return m.Type == "contacts" && m.Text == "Anna Rossi" }},
		"asking for a location": {"request_info", map[string]any{"text": "Where?", "what": "location"}, "Where?", func(m sandbox.Message) bool { return m.Type == "interactive" }},
		"asking for the number": {"request_info", map[string]any{"text": "Your number?", "what": "contact_info"}, "Your number?", func(m sandbox.Message) bool { return m.Type == "interactive" }},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := openNumber(t)
			asked, err := p.box.Reply(to, "Ciao", sandbox.ReplyOptions{})
			if err != nil {
				t.Fatal(err)
			}
			tt.input["to"], tt.input["reply_to"] = to, asked.ID
			result, err := p.Invoke(tt.action, tt.input)
			if err != nil {
				t.Fatal(err)
			}
			if m := p.last(); result.Sent == nil || result.Sent.ID != m.ID || result.Sent.Text != tt.text || m.ContextID != asked.ID || !tt.shows(m) {
				t.Errorf("got %+v, the phone shows %+v", result.Sent, m)
			}
		})
	}
}

func TestReactingAndReadingInTheSandbox(t *testing.T) {
	t.Parallel()
	p := openNumber(t)
	asked, err := p.box.Reply("+393471234567", "Ciao", sandbox.ReplyOptions{})
	if err != nil {
		t.Fatal(err)
	}
	for _, emoji := range []string{"👍", ""} {
		if _, err := p.Invoke("send_reaction", map[string]any{"to": "+393471234567", "message_id": asked.ID, "emoji": emoji}); err != nil || p.last().Text != emoji || p.last().ContextID != asked.ID {
			t.Errorf("reacting %q: got %v, %+v", emoji, err, p.last())
		}
	}
	if _, err := p.Invoke("mark_read", map[string]any{"message_id": asked.ID, "typing": true}); err != nil {
		t.Error(err)
	}
	if got := p.box.Messages()[0].Status; got != "read" {
		t.Errorf("the message is %s", got)
	}
	if body := string(p.Gateway.Requests()[len(p.Gateway.Requests())-1].Body); !strings.Contains(body, `"typing_indicator":{"type":"text"}`) {
		t.Errorf("sent %s", body)
	}
	_, err = p.Invoke("mark_read", map[string]any{"message_id": "wamid.unknown"})
	if f := failureOf(t, err); f.Kind != protocol.Invalid || f.Field != "message_id" {
		t.Errorf("an unknown message: got %+v", f)
	}
}

func TestWhatCannotBeSent(t *testing.T) {
	t.Parallel()
	rows := make([]any, 6)
	for i := range rows {
		rows[i] = map[string]any{"title": fmt.Sprint("row ", i)}
	}
	tests := map[string]struct {
		action string
		input  map[string]any
		field  string
	}{
		"a file over http":              {"send_media", map[string]any{"kind": "image", "media": "http://example.com/a.jpg"}, "media"},
		"a text below audio":            {"send_media", map[string]any{"kind": "audio", "media": "1", "caption": "x"}, "caption"},
		"an image with a file name":     {"send_media", map[string]any{"kind": "image", "media": "1", "filename": "a.jpg"}, "filename"},
		"a video as a voice note":       {"send_media", map[string]any{"kind": "video", "media": "1", "voice": true}, "voice"},
		"two buttons of one title":      {"send_buttons", map[string]any{"text": "x", "buttons": []any{map[string]any{"title": "Yes", "id": "1"}, map[string]any{"title": "Yes", "id": "2"}}}, "buttons[1]"},
		"two buttons of one payload":    {"send_buttons", map[string]any{"text": "x", "buttons": []any{map[string]any{"title": "Yes", "id": "No"}, map[string]any{"title": "No"}}}, "buttons[1]"},
		"four buttons":                  {"send_buttons", map[string]any{"text": "x", "buttons": []any{map[string]any{"title": "1"}, map[string]any{"title": "2"}, map[string]any{"title": "3"}, map[string]any{"title": "4"}}}, "buttons"},
		"a long button":                 {"send_buttons", map[string]any{"text": "x", "buttons": []any{map[string]any{"title": strings.Repeat("é", 21)}}}, "buttons[0].title"},
		"a long header":                 {"send_buttons", map[string]any{"text": "x", "buttons": []any{map[string]any{"title": "1"}}, "header": map[string]any{"kind": "text", "value": strings.Repeat("é", 61)}}, "header.value"},
		"a header over http":            {"send_link_button", map[string]any{"text": "x", "button": "x", "url": "https://example.com", "header": map[string]any{"kind": "image", "value": "http://example.com/a.jpg"}}, "header.value"},
		"twelve entries":                {"send_list", map[string]any{"text": "x", "button": "x", "sections": []any{map[string]any{"title": "a", "rows": rows}, map[string]any{"title": "b", "rows": []any{map[string]any{"title": "1"}, map[string]any{"title": "2"}, map[string]any{"title": "3"}, map[string]any{"title": "4"}, map[string]any{"title": "5"}}}}}, "sections"},
		"two entries of one payload":    {"send_list", map[string]any{"text": "x", "button": "x", "sections": []any{map[string]any{"rows": []any{map[string]any{"title": "a"}, map[string]any{"title": "a"}}}}}, "sections[0].rows[1]"},
		"sections without titles":       {"send_list", map[string]any{"text": "x", "button": "x", "sections": []any{map[string]any{"rows": rows}, map[string]any{"title": "b", "rows": rows}}}, "sections[0].title"},
		"an address that is none":       {"send_link_button", map[string]any{"text": "x", "button": "x", "url": "javascript:alert(1)"}, "url"},
		"values without a first screen": {"send_form", map[string]any{"text": "x", "form_id": "1", "button": "x", "data": map[string]any{"a": 1}}, "screen"},
		"a carousel of one card":        {"send_carousel", map[string]any{"text": "x", "cards": []any{map[string]any{"media": "1", "button": "x", "url": "https://example.com"}}}, "cards"},
		"a card over http": {"send_carousel", map[string]any{"text": "x", "cards": []any{map[string]any{"media": "1", "button": "x", "url": "https://example.com"},
			map[string]any{"media": "http://example.com/a.jpg", "button": "x", "url": "https://example.com"}}}, "cards[1].media"},
		"a card of four lines": {"send_carousel", map[string]any{"text": "x", "cards": []any{map[string]any{"media": "1", "text": "1\n2\n3\n4", "button": "x", "url": "https://example.com"},
			map[string]any{"media": "1", "button": "x", "url": "https://example.com"}}}, "cards[0].text"},
		"products of no catalogue":     {"send_products", map[string]any{"text": "x", "products": []string{"a"}}, "catalog_id"},
		"a catalogue without products": {"send_products", map[string]any{"text": "x", "catalog_id": "1"}, "products"},
		"several products, no header":  {"send_products", map[string]any{"text": "x", "catalog_id": "1", "products": []string{"a", "b"}}, "header"},
		"one product below a header":   {"send_products", map[string]any{"text": "x", "catalog_id": "1", "products": []string{"a"}, "header": "x"}, "header"},
		"a place off the map":          {"send_location", map[string]any{"latitude": 91, "longitude": 0}, "latitude"},
		"one card of a carousel":       {"send_template", map[string]any{"template": "x", "language": "it", "cards": []any{map[string]any{}}}, "cards"},
		"a code beside other values":   {"send_template", map[string]any{"template": "x", "language": "it", "code": "1", "body": []string{"2"}}, "code"},
		"a button without its value":   {"send_template", map[string]any{"template": "x", "language": "it", "buttons": []any{map[string]any{"kind": "url"}}}, "buttons[0].value"},
		"products of a link":           {"send_template", map[string]any{"template": "x", "language": "it", "buttons": []any{map[string]any{"kind": "url", "value": "a", "sections": []any{map[string]any{"title": "A", "products": []string{"1"}}}}}}, "buttons[0].sections"},
		"values of a link":             {"send_template", map[string]any{"template": "x", "language": "it", "buttons": []any{map[string]any{"kind": "url", "value": "a", "data": map[string]any{"a": 1}}}}, "buttons[0].data"},
		"products without a picture":   {"send_template", map[string]any{"template": "x", "language": "it", "buttons": []any{map[string]any{"kind": "mpm", "sections": []any{map[string]any{"title": "A", "products": []string{"1"}}}}}}, "buttons[0].value"},
		"no products":                  {"send_template", map[string]any{"template": "x", "language": "it", "buttons": []any{map[string]any{"kind": "mpm", "value": "1"}}}, "buttons[0].sections"},
		"too many products":            {"send_template", map[string]any{"template": "x", "language": "it", "buttons": []any{map[string]any{"kind": "mpm", "value": "1", "sections": []any{map[string]any{"title": "A", "products": make([]string, 31)}}}}}, "buttons[0].sections"},
		"minutes of a link":            {"send_template", map[string]any{"template": "x", "language": "it", "buttons": []any{map[string]any{"kind": "url", "value": "a", "minutes": 5}}}, "buttons[0].minutes"},
		"too many minutes":             {"send_template", map[string]any{"template": "x", "language": "it", "buttons": []any{map[string]any{"kind": "voice_call", "minutes": 43201}}}, "buttons[0].minutes"},
		"a long payload of a call":     {"send_template", map[string]any{"template": "x", "language": "it", "buttons": []any{map[string]any{"kind": "voice_call", "value": strings.Repeat("é", 513)}}}, "buttons[0].value"},
		"a product of no catalogue":    {"send_template", map[string]any{"template": "x", "language": "it", "header": map[string]any{"kind": "product", "value": "1"}}, "header.catalog_id"},
		"a card's header over http":    {"send_template", map[string]any{"template": "x", "language": "it", "cards": []any{map[string]any{}, map[string]any{"header": map[string]any{"kind": "image", "value": "http://x.example.com"}}}}, "cards[1].header.value"},
		"numbered beside named values": {"send_template", map[string]any{"template": "x", "language": "it", "body": []string{"1"}, "named": map[string]any{"a": "b"}}, "named"},
		"a reaction to no message":     {"send_reaction", map[string]any{"emoji": "👍"}, "message_id"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			tt.input["to"] = "+393471234567"
			h := setup(t, nil)
			_, err := h.Invoke(tt.action, tt.input)
			if f := failureOf(t, err); f.Kind != protocol.Invalid || f.Field != tt.field || len(h.Gateway.Requests()) > 0 {
				t.Errorf("got %+v", f)
			}
		})
	}
}

func TestTemplatesWithAllTheirParts(t *testing.T) {
	t.Parallel()
	image := map[string]any{"kind": "image", "value": "https://cdn.example.com/a.jpg"}
	link := func(tail string) any { return map[string]any{"index": 0, "kind": "url", "value": tail} }
	tests := map[string]struct {
		template sandbox.Template
		input    map[string]any
		header   string
		text     string
		code     protocol.FailureKind // empty: it is sent
	}{
		"an image and a link": {sandbox.Template{Body: "Ciao {{1}}", Media: "image", Links: []string{"Open"}}, map[string]any{"header": image, "body": []string{"Giulia"}, "buttons": []any{link("orders/1042")}}, "[image]", "Ciao Giulia", ""},
		"a place":             {sandbox.Template{Body: "Here", Media: "location"}, map[string]any{"header": map[string]any{"kind": "location", "value": "Bottega", "latitude": 45.46, "longitude": 9.19}}, "[location]", "Here", ""},
		"a document":          {sandbox.Template{Body: "Here", Media: "document"}, map[string]any{"header": map[string]any{"kind": "document", "value": "44", "filename": "a.pdf"}}, "[document]", "Here", ""},
		"a code to copy": {sandbox.Template{Body: "Save", Buttons: []string{"Help"}, CopyCode: true}, map[string]any{"buttons": []any{
			map[string]any{"index": 0, "kind": "quick_reply", "value": "help:1042"}, map[string]any{"index": 1, "kind": "copy_code", "value": "SAVE10"}}}, "", "Save", ""},
		"a form":                          {sandbox.Template{Body: "Tell us", Form: true}, map[string]any{"buttons": []any{map[string]any{"index": 0, "kind": "flow", "value": "token-1042"}}}, "", "Tell us", ""},
		"a form with values and no token": {sandbox.Template{Body: "Tell us", Form: true}, map[string]any{"buttons": []any{map[string]any{"kind": "flow", "data": map[string]any{"order": "1042"}}}}, "", "Tell us", ""},
		"the catalogue":                   {sandbox.Template{Body: "Look", Last: "catalog"}, map[string]any{"buttons": []any{map[string]any{"kind": "catalog", "value": "SKU-1"}}}, "", "Look", ""},
		"the catalogue's first product":   {sandbox.Template{Body: "Look", Last: "catalog"}, map[string]any{"buttons": []any{map[string]any{"kind": "catalog"}}}, "", "Look", ""},
		"several products": {sandbox.Template{Body: "Look", Last: "mpm"}, map[string]any{"buttons": []any{map[string]any{"kind": "mpm", "value": "SKU-1", "sections": []any{
			map[string]any{"title": "Bags", "products": []string{"SKU-1", "SKU-2"}}, map[string]any{"title": "Belts", "products": []string{"SKU-3"}}}}}}, "", "Look", ""},
		"a call":                                {sandbox.Template{Body: "Call us", Buttons: []string{"Help"}, Last: "voice_call"}, map[string]any{"buttons": []any{map[string]any{"index": 0, "kind": "quick_reply", "value": "help:1042"}, map[string]any{"index": 1, "kind": "voice_call", "value": "support", "minutes": 60}}}, "", "Call us", ""},
		"one product":                           {sandbox.Template{Body: "Look", Media: "product", Links: []string{"Open"}}, map[string]any{"header": map[string]any{"kind": "product", "value": "SKU-1", "catalog_id": "1234"}, "buttons": []any{link("a")}}, "[product]", "Look", ""},
		"products that are not in the template": {sandbox.Template{Body: "Look", Last: "catalog"}, map[string]any{"buttons": []any{map[string]any{"kind": "mpm", "value": "SKU-1", "sections": []any{map[string]any{"title": "Bags", "products": []string{"SKU-1"}}}}}}, "", "", protocol.Invalid},
		"missing products":                      {sandbox.Template{Body: "Look", Last: "mpm"}, map[string]any{}, "", "", protocol.Invalid},
		"a one-time code":                       {sandbox.Template{Body: "{{1}} is your code", Links: []string{"Copy"}, Category: "AUTHENTICATION"}, map[string]any{"code": "123456"}, "", "123456 is your code", ""},
		"an offer with an end":                  {sandbox.Template{Body: "Sale", Offer: true}, map[string]any{"expires": "2026-12-01T00:00:00Z"}, "", "Sale", ""},
		"names in the header and text":          {sandbox.Template{Header: "For {{name}}", Body: "Order {{order}}", Named: true}, map[string]any{"header": map[string]any{"kind": "text", "value": "Giulia", "name": "name"}, "named": map[string]any{"order": "#1042"}}, "For Giulia", "Order #1042", ""},
		"a carousel":                            {sandbox.Template{Body: "Look", Cards: 2}, map[string]any{"cards": []any{map[string]any{"header": image, "buttons": []any{link("a")}}, map[string]any{"header": image, "buttons": []any{link("b")}}}}, "", "Look", ""},
		"a carousel with too many cards":        {sandbox.Template{Body: "Look", Cards: 2}, map[string]any{"cards": []any{map[string]any{"header": image, "buttons": []any{link("a")}}, map[string]any{"header": image, "buttons": []any{link("b")}}, map[string]any{"header": image, "buttons": []any{link("c")}}}}, "", "", protocol.Invalid},
		"a sum and a time": {sandbox.Template{Body: "{{1}} until {{2}}"}, map[string]any{"body": []string{"€ 49,90", "31 January"}, "amounts": []any{
			map[string]any{"place": "1", "amount": "49.90", "currency": "eur"}, map[string]any{"place": "2", "kind": "date_time"}}}, "", "€ 49,90 until 31 January", ""},
		"a sum with a name":        {sandbox.Template{Body: "{{total}}", Named: true}, map[string]any{"named": map[string]any{"total": "€ 49,90"}, "amounts": []any{map[string]any{"place": "total", "amount": "49.90", "currency": "EUR"}}}, "", "€ 49,90", ""},
		"a sum in no place":        {sandbox.Template{Body: "{{1}}"}, map[string]any{"body": []string{"x"}, "amounts": []any{map[string]any{"place": "2", "amount": "49.90", "currency": "EUR"}}}, "", "", protocol.Invalid},
		"a sum that is none":       {sandbox.Template{Body: "{{1}}"}, map[string]any{"body": []string{"x"}, "amounts": []any{map[string]any{"place": "1", "amount": "49,90", "currency": "EUR"}}}, "", "", protocol.Invalid},
		"a sum without a currency": {sandbox.Template{Body: "{{1}}"}, map[string]any{"body": []string{"x"}, "amounts": []any{map[string]any{"place": "1", "amount": "49.90"}}}, "", "", protocol.Invalid},
		"a missing image":          {sandbox.Template{Body: "Here", Media: "image"}, map[string]any{}, "", "", protocol.Invalid},
		"a missing link":           {sandbox.Template{Body: "Here", Links: []string{"Open"}}, map[string]any{}, "", "", protocol.Invalid},
		"a missing end":            {sandbox.Template{Body: "Here", Offer: true}, map[string]any{}, "", "", protocol.Invalid},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			tt.template.Name, tt.template.Language, tt.template.Status = "news", "it", "APPROVED"
			p := openNumber(t, tt.template)
			tt.input["to"], tt.input["template"], tt.input["language"] = "+393471234567", "news", "it"
			_, err := p.Invoke("send_template", tt.input)
			if tt.code != "" {
				if f := failureOf(t, err); f.Kind != tt.code {
					t.Errorf("got %+v", f)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if m := p.last(); m.Header != tt.header || m.Text != tt.text || len(m.Buttons) > 0 && m.Buttons[0].ID != "help:1042" {
				t.Errorf("the phone shows %+v", m)
			}
		})
	}
}
