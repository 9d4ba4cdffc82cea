package main

import (
	"context"
	"net/http"
	"regexp"
	"strings"
	"time"

	"github.com/cordboard/cordboard/sdk"
	"github.com/cordboard/cordboard/sdk/protocol"
)

// outgoing is the body of POST /{phone_number_id}/messages. Meta takes no idempotency key: a timeout after the body
// left has an unknown outcome, which is why sending is never repeated. CallbackData comes back with every status of
// the message and settles such cases.
type outgoing struct {
	Product       string           `json:"messaging_product"`
	RecipientType string           `json:"recipient_type"`
	To            string           `json:"to,omitempty"`
	Recipient     string           `json:"recipient,omitempty"` // a business-scoped user id, instead of To
	Type          string           `json:"type"`
	Context       *quoted          `json:"context,omitempty"`
	Text          *textContent     `json:"text,omitempty"`
	Template      *templateContent `json:"template,omitempty"`
	Interactive   *interactive     `json:"interactive,omitempty"`
	Image         *media           `json:"image,omitempty"`
	Video         *media           `json:"video,omitempty"`
	Audio         *media           `json:"audio,omitempty"`
	Document      *media           `json:"document,omitempty"`
	Sticker       *media           `json:"sticker,omitempty"`
	Location      *spot            `json:"location,omitempty"`
	Contacts      []vCard          `json:"contacts,omitempty"`
	Reaction      *sign            `json:"reaction,omitempty"`
	CallbackData  string           `json:"biz_opaque_callback_data,omitempty"`
}

type quoted struct {
	MessageID string `json:"message_id"`
}

type textContent struct {
	Body       string `json:"body"`
	PreviewURL bool   `json:"preview_url"`
}

// Recipient says whom a free message is for. It arrives only within 24 hours of the person's last one.
type Recipient struct {
	To string `json:"to" label:"To" help:"Phone number with country code, or the user id of a person known by user name only." rule:"required"`
}

// Quoting says which message a free message quotes.
type Quoting struct {
	ReplyTo string `json:"reply_to" label:"Quote" help:"Id of a message to quote."`
}

// post sends a message; said is what the timeline shows.
func (r Recipient) post(ctx context.Context, call *sdk.Call, q Quoting, message outgoing, said string) (Sent, error) {
	if q.ReplyTo != "" {
		message.Context = &quoted{q.ReplyTo}
	}
	return post(ctx, call, r.To, message, said)
}

// Text is a free message.
type Text struct {
	Recipient
	Text    string `json:"text" label:"Text" rule:"required,max=4096"`
	Preview bool   `json:"preview" label:"Show a preview of the first link"`
	Quoting
}

// Sent is a message that Meta accepted; whether it arrives is told by its statuses.
type Sent struct {
	sdk.Sent
	Status string `json:"status,omitempty" label:"Status" help:"Of templates: accepted, held_for_quality_assessment or paused."`
}

// serviceWindow is how long a person's message lets the business write freely; outside of it only templates are delivered.
const serviceWindow = 24 * time.Hour

var sendText = sdk.Action[Text, Sent]{
	Name: "send_text", Title: "Send a text", Summary: "Writes to a person who wrote within the last 24 hours.", Sends: true,
	Window: serviceWindow, Instead: "send_template",
	Run: func(ctx context.Context, call *sdk.Call, in Text) (Sent, error) {
		return in.post(ctx, call, in.Quoting, outgoing{Type: "text", Text: &textContent{Body: in.Text, PreviewURL: in.Preview}}, in.Text)
	},
}

// post sends a message; said is what the timeline shows.
func post(ctx context.Context, call *sdk.Call, to string, message outgoing, said string) (Sent, error) {
	s, err := sdk.Settings[Settings](call)
	if err != nil {
		return Sent{}, err
	}
	if err := message.address(to); err != nil {
		return Sent{}, err
	}
	message.Product, message.RecipientType = "whatsapp", "individual"
	if len(call.IdempotencyKey) <= 512 { // Meta's limit
		message.CallbackData = call.IdempotencyKey
	}
	var answer struct {
		Contacts []struct {
			WAID   string `json:"wa_id"`
			UserID string `json:"user_id"`
		} `json:"contacts"`
		Messages []struct {
			ID     string `json:"id"`
			Status string `json:"message_status"`
		} `json:"messages"`
	}
	if err := send(ctx, call, http.MethodPost, "/"+s.PhoneNumberID+"/messages", message, &answer); err != nil {
		return Sent{}, err
	}
	if len(answer.Messages) == 0 || answer.Messages[0].ID == "" {
		return Sent{}, &sdk.Failure{Kind: protocol.Unknown, Source: protocol.FromProvider, Message: "WhatsApp accepted the message but did not name it."}
	}
	sent := Sent{Sent: sdk.Sent{MessageID: answer.Messages[0].ID, Text: said}, Status: answer.Messages[0].Status}
	// The person answers from the wa_id given here, which may differ from the number written to (Brazil, Mexico).
	if len(answer.Contacts) > 0 {
		if sent.Recipient = answer.Contacts[0].WAID; sent.Recipient == "" {
			sent.Recipient = answer.Contacts[0].UserID
		}
	}
	return sent, nil
}

var (
	userID    = regexp.MustCompile(`^[A-Z]{2}\.(ENT\.)?[A-Za-z0-9]{1,128}$`)
	phoneLike = regexp.MustCompile(`^\+?[0-9 ()./-]+$`)
)

// address says whom a message is for: a business-scoped user id, or a phone number in its full international form.
// Without the plus Meta may put the business number's own country code in front.
func (m *outgoing) address(to string) error {
	to = strings.TrimSpace(to)
	if userID.MatchString(to) {
		m.Recipient = to
		return nil
	}
	digits := strings.Map(func(r rune) rune {
		if r < '0' || r > '9' {
			return -1
		}
		return r
	}, to)
	digits = strings.TrimPrefix(digits, "00")
	if !phoneLike.MatchString(to) || len(digits) < 7 || len(digits) > 15 {
		return sdk.Invalid("to", "must be a phone number with its country code, such as +34600123456")
	}
	m.To = "+" + mobile(digits)
	return nil
}

// mobile turns a mobile number of Argentina as people write it, with 15 after the area code, into the form that WhatsApp has, with 9
// before it. All other numbers stay: a wa_id that looks strange is right.
func mobile(digits string) string {
	rest, argentine := strings.CutPrefix(digits, "54")
	if rest = strings.TrimPrefix(rest, "0"); !argentine || len(rest) != 12 { // ten digits, and the 15
		return digits
	}
	for _, area := range []int{2, 3, 4} {
		if rest[area:area+2] == "15" {
			return "549" + rest[:area] + rest[area+2:]
		}
	}
	return digits
}
