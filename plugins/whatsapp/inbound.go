package main

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/cordboard/cordboard/sdk"
	"github.com/cordboard/cordboard/sdk/protocol"
)

// Inbound is a message from a person.
type Inbound struct {
	ID        string          `json:"id" label:"Message id"`
	From      string          `json:"from" label:"From" help:"The person's WhatsApp number without plus; empty for people known by user name only."`
	UserID    string          `json:"user_id" label:"User id" help:"The person's key for this business."`
	Name      string          `json:"name" label:"Name"`
	Type      string          `json:"type" label:"Type" help:"text, button, list, flow, image, video, audio, document, sticker, location, contacts, order, reaction, …"`
	Text      string          `json:"text" label:"Text"`
	Payload   string          `json:"payload" label:"Payload" help:"What the chosen button or list entry stands for."`
	InReplyTo string          `json:"in_reply_to" label:"Answers"`
	MediaID   string          `json:"media_id" label:"Media id"`
	MIMEType  string          `json:"mime_type" label:"Media type"`
	Filename  string          `json:"filename" label:"File name"`
	Username  string          `json:"username" label:"User name"`
	Forwarded bool            `json:"forwarded" label:"Forwarded"`
	Voice     bool            `json:"voice" label:"Voice note"`
	Location  *Point          `json:"location" label:"Location"`
	Cards     []Person        `json:"contacts" label:"Contact cards"`
	Order     *Order          `json:"order" label:"Order from a catalogue"`
	Answers   json.RawMessage `json:"answers" label:"Answers" help:"Of a form, by the names of its fields; null otherwise." rule:"nullable"`
	Product   *Asked          `json:"product" label:"Product" help:"The one of the catalogue that is asked about; null otherwise."`
	GroupID   string          `json:"group_id" label:"Group id" help:"Of a message in a group, which answers no question to one person."`
	Referral  *Referral       `json:"referral" label:"Advertisement" help:"The one that the person came from; null otherwise."`
	NewFrom   string          `json:"new_from" label:"New number" help:"In a notice that the person changed their number."`
	Error     string          `json:"error" label:"Why it cannot be read" help:"Of a message of a kind that WhatsApp does not hand over."`
	SentAt    time.Time       `json:"sent_at" label:"Sent at"`
	Raw       json.RawMessage `json:"raw" label:"As received"`
}

// incoming is a message as Meta sends it: the common part, and beside it one object named by the type.
type incoming struct {
	From      string `json:"from"`
	UserID    string `json:"from_user_id"`
	GroupID   string `json:"group_id"`
	ID        string `json:"id"`
	Timestamp epoch  `json:"timestamp"`
	Type      string `json:"type"`
	Context   struct {
		ID             string `json:"id"` // absent for a forwarded message
		Forwarded      bool   `json:"forwarded"`
		ForwardedOften bool   `json:"frequently_forwarded"`
		Product        *Asked `json:"referred_product"`
	} `json:"context"`
	Referral *Referral    `json:"referral"`
	Errors   []graphError `json:"errors"` // of what cannot be read

	Text struct {
		Body string `json:"body"`
	} `json:"text"`
	Button struct { // quick reply of a template
		Payload string `json:"payload"`
		Text    string `json:"text"`
	} `json:"button"`
	Interactive struct {
		Type        string `json:"type"`
		ButtonReply choice `json:"button_reply"`
		ListReply   choice `json:"list_reply"`
		FlowReply   struct {
			Body     string `json:"body"`
			Response string `json:"response_json"` // JSON as a string, not always valid
		} `json:"nfm_reply"`
		CallPermission struct {
			Response string `json:"response"`
		} `json:"call_permission_reply"`
	} `json:"interactive"`
	Image    file   `json:"image"`
	Video    file   `json:"video"`
	Audio    file   `json:"audio"`
	Document file   `json:"document"`
	Sticker  file   `json:"sticker"`
	Location *Point `json:"location"`
	Contacts []struct {
		Name struct {
			Formatted string `json:"formatted_name"`
		} `json:"name"`
		Phones []struct {
			Phone string `json:"phone"`
			WAID  string `json:"wa_id"`
		} `json:"phones"`
		Emails []struct {
			Email string `json:"email"`
		} `json:"emails"`
	} `json:"contacts"`
	Order *struct {
		Order
		Text string `json:"text"`
	} `json:"order"`
	Reaction struct {
		MessageID string `json:"message_id"`
		Emoji     string `json:"emoji"` // absent or empty: taken back
	} `json:"reaction"`
	System struct {
		Body   string `json:"body"`
		WAID   string `json:"wa_id"`
		UserID string `json:"user_id"`
	} `json:"system"`
	Edit struct {
		Original string `json:"original_message_id"`
		Message  struct {
			Type string `json:"type"`
			Text struct {
				Body string `json:"body"`
			} `json:"text"`
			Image    file `json:"image"`
			Video    file `json:"video"`
			Document file `json:"document"`
		} `json:"message"`
	} `json:"edit"`
	Revoke struct {
		Original string `json:"original_message_id"`
	} `json:"revoke"`
}

type choice struct {
	ID    string `json:"id"`
	Title string `json:"title"`
}

type file struct {
	ID       string `json:"id"`
	MIMEType string `json:"mime_type"`
	Caption  string `json:"caption"`
	Filename string `json:"filename"`
	Voice    bool   `json:"voice"`
}

// message turns one inbound message into an event; one without an id cannot be told from its copies and is left out.
func (v value) message(raw json.RawMessage, receivedAt time.Time) (sdk.Event, bool) {
	var in incoming
	if !decode(raw, &in) || in.ID == "" {
		return sdk.Event{}, false
	}
	said := in.content()
	who := in.person(v)
	data := Inbound{
		ID: in.ID, From: in.From, UserID: in.UserID, Name: who.Name, Type: said.Kind, Text: said.Text, Payload: said.Payload,
		InReplyTo: said.InReplyTo, SentAt: in.Timestamp.or(receivedAt), Raw: raw,
	}
	if said.Media != nil {
		data.MediaID, data.MIMEType, data.Filename = said.Media.ID, said.Media.MIMEType, said.Media.Filename
	}
	in.details(&data)
	data.Username = v.username(in.From, in.UserID)
	event := messageReceived.Event(in.ID, data.SentAt, data)
	event.Contact, event.Message = who, said
	return event, true
}

// person is who a message is from. A notice that they changed their number or their user id names them by the new one, and
// says who they were.
func (in incoming) person(v value) *sdk.Contact {
	said, moved := v.person(in.From, in.UserID), in.System
	if in.Type != "system" || moved.WAID == "" && moved.UserID == "" {
		return said
	}
	was := sdk.Contact{ExternalID: in.From}
	if moved.WAID == "" { // the number stays
		moved.WAID, was.ExternalID = in.From, in.UserID
	} else if in.From != "" {
		was.Phone = "+" + in.From
	}
	now := v.person(moved.WAID, moved.UserID)
	now.Name, now.Formerly = said.Name, &was
	return now
}

// content reads what was said, in words that are the same for every messenger. Reading a message of an unknown type
// yields its kind and nothing more.
func (in incoming) content() *sdk.Message {
	m := &sdk.Message{ID: in.ID, Direction: protocol.Inbound, Kind: in.Type, InReplyTo: in.Context.ID, NotReply: in.GroupID != ""}
	switch in.Type {
	case "text":
		m.Text = in.Text.Body
	case "button":
		m.Text, m.Payload = in.Button.Text, in.Button.Payload
	case "interactive":
		in.interactive(m)
	case "image":
		in.Image.attach(m)
	case "video":
		in.Video.attach(m)
	case "audio":
		in.Audio.attach(m)
	case "document":
		in.Document.attach(m)
	case "sticker":
		in.Sticker.attach(m)
	case "location":
		if at := in.Location; at != nil {
			place := strings.TrimSpace(at.Name + " " + at.Address)
			m.Text = strings.TrimSpace(fmt.Sprintf("%s %s,%s", place, at.Latitude, at.Longitude))
		}
	case "contacts":
		var names []string
		for _, c := range in.Contacts {
			names = append(names, c.Name.Formatted)
		}
		m.Text = strings.Join(names, ", ")
	case "order":
		if in.Order != nil {
			m.Text = in.Order.Text
		}
	case "reaction":
		m.Text, m.InReplyTo = in.Reaction.Emoji, in.Reaction.MessageID
		m.NotReply = m.NotReply || in.Reaction.Emoji == ""
	case "system": // a change of number or identity, said by WhatsApp and not by the person
		m.Text, m.NotReply = in.System.Body, true
	case "request_welcome": // the chat was opened, nothing was said
		m.NotReply = true
	case "edit":
		edited := in.Edit.Message // a text, or the text below a file
		for _, text := range []string{edited.Text.Body, edited.Image.Caption, edited.Video.Caption, edited.Document.Caption} {
			m.Text += text
		}
		m.InReplyTo, m.NotReply = in.Edit.Original, true
	case "revoke":
		m.InReplyTo, m.NotReply = in.Revoke.Original, true
	}
	return m
}

// details fills in what only one kind of message has.
func (in incoming) details(data *Inbound) {
	data.Forwarded, data.Voice = in.Context.Forwarded || in.Context.ForwardedOften, in.Audio.Voice
	data.Location, data.Referral, data.Product, data.GroupID = in.Location, in.Referral, in.Context.Product, in.GroupID
	if answers := in.Interactive.FlowReply.Response; strings.HasPrefix(answers, "{") && json.Valid([]byte(answers)) {
		data.Answers = json.RawMessage(answers)
	}
	if in.Order != nil {
		data.Order = &in.Order.Order
	}
	for _, c := range in.Contacts {
		card := Person{Name: c.Name.Formatted, Phones: []string{}, Emails: []string{}}
		for _, p := range c.Phones {
			card.Phones = append(card.Phones, p.Phone)
		}
		for _, e := range c.Emails {
			card.Emails = append(card.Emails, e.Email)
		}
		data.Cards = append(data.Cards, card)
	}
	if data.NewFrom = in.System.WAID; data.NewFrom == "" {
		data.NewFrom = in.System.UserID
	}
	if len(in.Errors) > 0 {
		data.Error = in.Errors[0].failure().Message
	}
}

// interactive reads the choice of a button or list entry, or the answers of a form. The object may be missing
// altogether when Meta could not read it; something was said all the same.
func (in incoming) interactive(m *sdk.Message) {
	switch i := in.Interactive; i.Type {
	case "button_reply":
		m.Kind, m.Text, m.Payload = "button", i.ButtonReply.Title, i.ButtonReply.ID
	case "list_reply":
		m.Kind, m.Text, m.Payload = "list", i.ListReply.Title, i.ListReply.ID
	case "nfm_reply":
		m.Kind, m.Text, m.Payload = "flow", i.FlowReply.Body, i.FlowReply.Response
	case "call_permission_reply":
		m.Kind, m.Payload = "call_permission", i.CallPermission.Response
	default:
		m.Kind = "unsupported"
	}
}

func (f file) attach(m *sdk.Message) {
	m.Text = f.Caption
	m.Media = &sdk.Media{ID: f.ID, MIMEType: f.MIMEType, Caption: f.Caption, Filename: f.Filename}
}
