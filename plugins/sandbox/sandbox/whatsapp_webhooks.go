package sandbox

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf16"
	"unicode/utf8"
)

// Direction tells who wrote a Message.
type Direction string

// In is from the person to the business, Out from the business to the person.
const (
	In  Direction = "in"
	Out Direction = "out"
)

// Message is one WhatsApp message as the person's phone shows it.
type Message struct {
	ID        string    `json:"id"`
	Direction Direction `json:"direction"`
	Phone     string    `json:"phone"` // the person's wa_id
	Name      string    `json:"name,omitempty"`
	At        time.Time `json:"at"`
	Type      string    `json:"type"`
	Header    string    `json:"header,omitempty"`
	Text      string    `json:"text"`
	Footer    string    `json:"footer,omitempty"`
	Buttons   []Button  `json:"buttons,omitempty"`
	Template  string    `json:"template,omitempty"`
	Language  string    `json:"language,omitempty"`
	ContextID string    `json:"context_id,omitempty"` // the message it quotes
	Opaque    string    `json:"biz_opaque_callback_data,omitempty"`
	Status    string    `json:"status"` // accepted, sent, delivered, read or failed; received or read if inbound
	Error     int       `json:"error,omitempty"`

	asyncCode int
}

// Button is a choice a message offers. Kind is button (of a template), button_reply or list_reply.
type Button struct {
	Kind string `json:"kind"`
	ID   string `json:"id"` // comes back as payload or id
	Text string `json:"text"`
}

// Sent lists the messages the business sent, oldest first.
func (s *Sandbox) Sent() []Message {
	return slices.DeleteFunc(s.Messages(), func(m Message) bool { return m.Direction != Out })
}

// Messages lists the messages of both ways, oldest first.
func (s *Sandbox) Messages() []Message {
	s.whatsApp.mu.Lock()
	defer s.whatsApp.mu.Unlock()
	list := make([]Message, len(s.whatsApp.messages))
	for i, m := range s.whatsApp.messages {
		list[i] = *m
	}
	return list
}

// ReplyOptions shapes an inbound message; the zero value is a plain text.
type ReplyOptions struct {
	Name string `json:"name,omitempty"` // profile name; default Lucía
	// ContextID quotes a sent message. A tapped Button quotes the last message that offers it by itself.
	ContextID string `json:"context_id,omitempty"`
	// Button answers with a button: its Kind, ID and Text. An empty Kind means a template's quick reply.
	Button *Button `json:"button,omitempty"`
	// Message replaces type and content, for every other kind: {"type":"reaction","reaction":{…}}.
	Message map[string]any `json:"message,omitempty"`
	// Ago sets the timestamp back, as a message that was long under way.
	Ago time.Duration `json:"-"`
	// Copies sends the identical webhook several times at once; zero means once.
	Copies int `json:"copies,omitempty"`
	// BadSignature signs with another secret.
	BadSignature bool `json:"bad_signature,omitempty"`
	// UsernameOnly hides the phone number, as for people known by their username.
	UsernameOnly bool `json:"username_only,omitempty"`
}

var errNoCallback = errors.New("no callback is registered: connect the gateway first (POST …/subscribed_apps)")

// Reply plays the person: it sends an inbound message to the gateway, opens the 24-hour window and returns
// the message. It is an error when no callback is registered.
func (s *Sandbox) Reply(from, text string, opt ReplyOptions) (Message, error) {
	return s.whatsApp.reply(from, text, opt)
}

func (w *whatsApp) reply(from, text string, opt ReplyOptions) (Message, error) {
	phone := waID(from)
	if phone == "" {
		return Message{}, errors.New("from must be a phone number")
	}
	setDefault(&opt.Name, "Lucía")
	w.mu.Lock()
	defer w.mu.Unlock()
	url := w.callbackURL()
	if url == "" {
		return Message{}, errNoCallback
	}
	m := &Message{
		ID: newWamid(phone), Direction: In, Phone: phone, Name: opt.Name, At: w.env.clock.now().Add(-opt.Ago),
		Type: "text", Text: text, ContextID: opt.ContextID, Status: "received",
	}
	p := w.person(phone)
	p.name = opt.Name
	if m.At.After(p.lastIn) {
		p.lastIn = m.At
	}
	wire := map[string]any{
		"from": phone, "from_user_id": userID(phone), "id": m.ID, "timestamp": strconv.FormatInt(m.At.Unix(), 10),
	}
	content := map[string]any{"type": "text", "text": map[string]any{"body": text}}
	if opt.Message != nil {
		content = opt.Message
		m.Type, _ = opt.Message["type"].(string)
	} else if b := opt.Button; b != nil {
		content = w.tap(m, *b)
	}
	maps.Copy(wire, content)
	if m.ContextID != "" {
		wire["context"] = map[string]any{"from": digits(w.cfg.DisplayNumber), "id": m.ContextID}
	}
	who := map[string]any{"profile": map[string]any{"name": opt.Name}, "wa_id": phone, "user_id": userID(phone)}
	if opt.UsernameOnly {
		delete(wire, "from")
		delete(who, "wa_id")
	}
	w.messages = append(w.messages, m)
	w.post(url, "messages", map[string]any{"contacts": []any{who}, "messages": []any{wire}}, max(opt.Copies, 1), opt.BadSignature)
	return *m, nil
}

// WriteInApp plays the owner of the number who writes to a person in the phone app: the person gets the message, and the
// gateway an echo of it. It is an error when no callback is registered.
func (s *Sandbox) WriteInApp(to, text string) (Message, error) {
	w := s.whatsApp
	w.mu.Lock()
	defer w.mu.Unlock()
	url, phone := w.callbackURL(), waID(to)
	switch {
	case phone == "":
		return Message{}, errors.New("to must be a phone number")
	case url == "":
		return Message{}, errNoCallback
	}
	m := &Message{ID: newWamid(phone), Direction: Out, Phone: phone, At: w.env.clock.now(), Type: "text", Text: text, Status: "sent"}
	w.messages = append(w.messages, m)
	w.postField(url, "smb_message_echoes", "smb_message_echoes", map[string]any{"message_echoes": []any{map[string]any{
		"from": digits(w.cfg.DisplayNumber), "to": phone, "id": m.ID, "timestamp": strconv.FormatInt(m.At.Unix(), 10), "type": "text", "text": map[string]any{"body": text},
	}}}, 1, false)
	return *m, nil
}

// tap fills in a button answer and the quote that always comes with it. The caller holds mu.
func (w *whatsApp) tap(m *Message, b Button) map[string]any {
	setDefault(&b.Kind, "button")
	setDefault(&b.ID, b.Text)
	setDefault(&b.Text, b.ID)
	m.Text = b.Text
	if m.ContextID == "" {
		for _, sent := range slices.Backward(w.messages) {
			if sent.Direction == Out && sent.Phone == m.Phone && slices.ContainsFunc(sent.Buttons, func(x Button) bool { return x.ID == b.ID }) {
				m.ContextID = sent.ID
				break
			}
		}
	}
	if b.Kind == "button" {
		m.Type = "button"
		return map[string]any{"type": "button", "button": map[string]any{"payload": b.ID, "text": b.Text}}
	}
	m.Type = "interactive"
	return map[string]any{"type": "interactive", "interactive": map[string]any{"type": b.Kind, b.Kind: map[string]any{"id": b.ID, "title": b.Text}}}
}

// statusLadder is what becomes of a message that meets no trouble.
var statusLadder = []string{"sent", "delivered", "read"}

// scheduleStatuses reports a message's way step by step.
func (w *whatsApp) scheduleStatuses(m Message) {
	steps := statusLadder
	switch {
	case m.asyncCode != 0:
		steps = []string{"failed"}
	case m.Type == "reaction":
		steps = steps[:1]
	case w.cfg.NoReadReceipts:
		steps = steps[:2]
	}
	var next func()
	next = func() {
		w.status(m.ID, steps[0])
		if steps = steps[1:]; len(steps) > 0 {
			w.env.clock.after(w.cfg.StatusDelay, next)
		}
	}
	w.env.clock.after(w.cfg.StatusDelay, next)
}

func (w *whatsApp) status(id, status string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	m := w.find(id)
	if m == nil { // forgotten by a reset
		return
	}
	m.Status = status
	s := map[string]any{
		"id": m.ID, "status": status, "timestamp": strconv.FormatInt(w.env.clock.now().Unix(), 10), "recipient_id": m.Phone,
	}
	if m.Opaque != "" {
		s["biz_opaque_callback_data"] = m.Opaque
	}
	value := map[string]any{"statuses": []any{s}}
	if status == "failed" {
		m.Error = m.asyncCode
		e := knownError(m.asyncCode)
		title := strings.TrimPrefix(e.text, fmt.Sprintf("(#%d) ", e.code))
		s["errors"] = []any{map[string]any{
			"code": e.code, "title": title, "message": title, "error_data": map[string]any{"details": e.details},
			"href": "https://developers.facebook.com/docs/whatsapp/cloud-api/support/error-codes/",
		}}
	} else {
		s["recipient_user_id"] = userID(m.Phone)
		if status != "read" {
			category := "service"
			if i := slices.IndexFunc(w.cfg.Templates, func(t Template) bool { return t.Name == m.Template }); i >= 0 {
				category = strings.ToLower(w.cfg.Templates[i].Category)
			}
			s["pricing"] = map[string]any{"billable": category != "service", "pricing_model": "PMP", "type": "regular", "category": category}
		}
		name := m.Name
		setDefault(&name, "Lucía")
		value["contacts"] = []any{map[string]any{"profile": map[string]any{"name": name}, "wa_id": m.Phone, "user_id": userID(m.Phone)}}
	}
	if url := w.callbackURL(); url != "" {
		w.post(url, "status."+status, value, 1, false)
	} else {
		w.env.changes.notify()
	}
}

// post wraps one change of the field messages in its envelope and sends copies of it.
func (w *whatsApp) post(url, topic string, value map[string]any, copies int, badSignature bool) {
	w.postField(url, topic, "messages", value, copies, badSignature)
}

func (w *whatsApp) postField(url, topic, field string, value map[string]any, copies int, badSignature bool) {
	value["messaging_product"] = "whatsapp"
	value["metadata"] = map[string]any{"display_phone_number": digits(w.cfg.DisplayNumber), "phone_number_id": w.cfg.PhoneNumberID}
	w.postBody(url, topic, encode(map[string]any{"object": "whatsapp_business_account", "entry": []any{
		map[string]any{"id": w.cfg.WABAID, "changes": []any{map[string]any{"field": field, "value": value}}},
	}}), copies, badSignature)
}

// WhatsAppWebhook signs any JSON body and sends it to the registered callback: batches, statuses out of
// order, fields a connector has never seen. Copies below one mean one.
func (s *Sandbox) WhatsAppWebhook(body []byte, copies int, badSignature bool) error {
	if !json.Valid(body) {
		return errors.New("body must be JSON")
	}
	w := s.whatsApp
	w.mu.Lock()
	defer w.mu.Unlock()
	url := w.callbackURL()
	if url == "" {
		return errNoCallback
	}
	w.postBody(url, "custom", body, max(copies, 1), badSignature)
	return nil
}

func (w *whatsApp) postBody(url, topic string, body []byte, copies int, badSignature bool) {
	body = escapeASCII(body)
	secret := w.cfg.AppSecret
	if badSignature {
		secret += "-wrong"
	}
	header := http.Header{
		"Content-Type":        {"application/json"},
		"User-Agent":          {"facebookexternalua"},
		"X-Hub-Signature-256": {signMeta(secret, body)},
	}
	gaps := append([]time.Duration{0}, w.env.gaps(9)...) // at once, then further and further apart
	for range copies {
		w.env.out.send(Delivery{Vendor: "whatsapp", Topic: topic, URL: url, Header: header}, body, policy{
			success: func(status int) bool { return status == http.StatusOK },
			gaps:    gaps,
		})
	}
}

// signMeta is the value of X-Hub-Signature-256 for a body.
func signMeta(secret string, body []byte) string {
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write(body)
	return "sha256=" + hex.EncodeToString(mac.Sum(nil))
}

// escapeASCII rewrites JSON the way Meta sends it: every non-ASCII character as \uXXXX and / as \/.
// Only these bytes match the signature; decoding and encoding again breaks it.
func escapeASCII(body []byte) []byte {
	out := make([]byte, 0, len(body)+64)
	for len(body) > 0 {
		r, n := utf8.DecodeRune(body)
		body = body[n:]
		switch {
		case r == '/' && (len(out) == 0 || out[len(out)-1] != '\\'):
			out = append(out, '\\', '/')
		case r < utf8.RuneSelf:
			out = append(out, byte(r))
		case r > 0xffff:
			hi, lo := utf16.EncodeRune(r)
			out = fmt.Appendf(out, `\u%04x\u%04x`, hi, lo)
		default:
			out = fmt.Appendf(out, `\u%04x`, r)
		}
	}
	return out
}

// userID is the business-scoped id of a person: stable, opaque, and no way back to the number.
func userID(phone string) string {
	country := "ES"
	for prefix, c := range map[string]string{"1": "US", "33": "FR", "39": "IT", "44": "GB", "49": "DE", "52": "MX", "54": "AR", "55": "BR"} {
		if strings.HasPrefix(phone, prefix) {
			country = c
		}
	}
	sum := sha256.Sum256([]byte("bsuid:" + phone))
	n, _ := strconv.ParseUint(hex.EncodeToString(sum[:8]), 16, 64)
	return country + "." + strconv.FormatUint(n, 10)
}
