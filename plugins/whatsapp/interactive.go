package main

import (
	"context"
	"fmt"

	"github.com/cordboard/cordboard/sdk"
)

// interactive is a message with something to choose from.
type interactive struct {
	Type   string     `json:"type"`
	Header *topping   `json:"header,omitempty"`
	Body   paragraph  `json:"body"`
	Footer *paragraph `json:"footer,omitempty"`
	Action any        `json:"action"`
}

type paragraph struct {
	Text string `json:"text"`
}

// topping is a header: a text, or a file named by its kind.
type topping struct {
	Type     string `json:"type"`
	Text     string `json:"text,omitempty"`
	Image    *media `json:"image,omitempty"`
	Video    *media `json:"video,omitempty"`
	Document *media `json:"document,omitempty"`
}

// Top is what stands above the text.
type Top struct {
	Kind  string `json:"kind" label:"Kind" rule:"required,oneof=text image video document"`
	Value string `json:"value" label:"Text, address or media id" rule:"required"`
}

func (t *Top) topping() (*topping, error) {
	if t == nil {
		return nil, nil
	}
	if t.Kind == "text" {
		if len([]rune(t.Value)) > 60 {
			return nil, sdk.Invalid("header.value", "must have at most 60 characters")
		}
		return &topping{Type: "text", Text: t.Value}, nil
	}
	file, err := fileAt(t.Value, "header.value")
	top := &topping{Type: t.Kind}
	switch t.Kind {
	case "image":
		top.Image = file
	case "video":
		top.Video = file
	case "document":
		top.Document = file
	}
	return top, err
}

// ask sends an interactive message.
func (r Recipient) ask(ctx context.Context, call *sdk.Call, q Quoting, kind, text, footer string, top *topping, action any) (Sent, error) {
	content := interactive{Type: kind, Header: top, Body: paragraph{text}, Action: action}
	if footer != "" {
		content.Footer = &paragraph{footer}
	}
	return r.post(ctx, call, q, outgoing{Type: "interactive", Interactive: &content}, text)
}

// option is a reply button or an entry of a list.
type option struct {
	ID          string `json:"id"`
	Title       string `json:"title"`
	Description string `json:"description,omitempty"`
}

// Question is a text with buttons to answer by.
type Question struct {
	Recipient
	Text    string        `json:"text" label:"Text" rule:"required,max=1024"`
	Buttons []ReplyButton `json:"buttons" label:"Buttons" rule:"required,min=1,max=3"`
	Header  *Top          `json:"header,omitempty" label:"Header"`
	Footer  string        `json:"footer,omitempty" label:"Footer" rule:"max=60"`
	Quoting
}

// ReplyButton is one answer to choose.
type ReplyButton struct {
	Title string `json:"title" label:"Title" rule:"required,max=20"`
	ID    string `json:"id,omitempty" label:"Payload" help:"What a flow reads when it is chosen; empty for the title." rule:"max=256"`
}

var sendButtons = sdk.Action[Question, Sent]{
	Name: "send_buttons", Title: "Send buttons", Summary: "Asks with up to three buttons, within 24 hours of the person's last message.", Sends: true,
	Window: serviceWindow, Instead: "send_template",
	Run: func(ctx context.Context, call *sdk.Call, in Question) (Sent, error) {
		top, err := in.Header.topping()
		if err != nil {
			return Sent{}, err
		}
		type button struct {
			Type  string `json:"type"`
			Reply option `json:"reply"`
		}
		buttons := make([]button, len(in.Buttons))
		taken := map[string]bool{}
		for i, b := range in.Buttons {
			if b.ID == "" {
				b.ID = b.Title
			}
			if taken["title "+b.Title] || taken["id "+b.ID] {
				return Sent{}, sdk.Invalid(fmt.Sprintf("buttons[%d]", i), "must have a title and a payload of its own")
			}
			taken["title "+b.Title], taken["id "+b.ID] = true, true
			buttons[i] = button{"reply", option{ID: b.ID, Title: b.Title}}
		}
		return in.ask(ctx, call, in.Quoting, "button", in.Text, in.Footer, top, map[string]any{"buttons": buttons})
	},
}

// Menu is a text with a list to choose from.
type Menu struct {
	Recipient
	Text     string    `json:"text" label:"Text" rule:"required,max=4096"`
	Button   string    `json:"button" label:"Button that opens the list" rule:"required,max=20"`
	Sections []Section `json:"sections" label:"Sections" help:"With ten entries at most in all of them." rule:"required,min=1,max=10"`
	Header   string    `json:"header,omitempty" label:"Header" rule:"max=60"`
	Footer   string    `json:"footer,omitempty" label:"Footer" rule:"max=60"`
	Quoting
}

// Section is a part of a list.
type Section struct {
	Title string `json:"title,omitempty" label:"Title" help:"Needed where there are several sections." rule:"max=24"`
	Rows  []Row  `json:"rows" label:"Entries" rule:"required,min=1,max=10"`
}

// Row is one entry to choose.
type Row struct {
	Title       string `json:"title" label:"Title" rule:"required,max=24"`
	Description string `json:"description,omitempty" label:"Description" rule:"max=72"`
	ID          string `json:"id,omitempty" label:"Payload" help:"What a flow reads when it is chosen; empty for the title." rule:"max=200"`
}

// maxRows is how many entries a list may have over all its sections.
const maxRows = 10

var sendList = sdk.Action[Menu, Sent]{
	Name: "send_list", Title: "Send a list", Summary: "Asks with a list of up to ten entries, within 24 hours of the person's last message.", Sends: true,
	Window: serviceWindow, Instead: "send_template",
	Run: func(ctx context.Context, call *sdk.Call, in Menu) (Sent, error) {
		type section struct {
			Title string   `json:"title,omitempty"`
			Rows  []option `json:"rows"`
		}
		sections := make([]section, len(in.Sections))
		rows, taken := 0, map[string]bool{}
		for i, s := range in.Sections {
			if s.Title == "" && len(in.Sections) > 1 {
				return Sent{}, sdk.Invalid(fmt.Sprintf("sections[%d].title", i), "must be filled in where there are several sections")
			}
			sections[i].Title = s.Title
			for j, row := range s.Rows {
				if row.ID == "" {
					row.ID = row.Title
				}
				if taken[row.ID] {
					return Sent{}, sdk.Invalid(fmt.Sprintf("sections[%d].rows[%d]", i, j), "must have a payload of its own")
				}
				taken[row.ID] = true
				rows++
				sections[i].Rows = append(sections[i].Rows, row.option())
			}
		}
		if rows > maxRows {
			return Sent{}, sdk.Invalid("sections", fmt.Sprintf("must have at most %d entries in all, not %d", maxRows, rows))
		}
		var top *topping
		if in.Header != "" { // a list takes no file above it
			top = &topping{Type: "text", Text: in.Header}
		}
		return in.ask(ctx, call, in.Quoting, "list", in.Text, in.Footer, top, map[string]any{"button": in.Button, "sections": sections})
	},
}

func (r Row) option() option { return option{ID: r.ID, Title: r.Title, Description: r.Description} }

// LinkButton is a text with a button that opens an address.
type LinkButton struct {
	Recipient
	Text   string `json:"text" label:"Text" rule:"required,max=1024"`
	Button string `json:"button" label:"Button" rule:"required,max=20"`
	URL    string `json:"url" label:"Address" rule:"required,url"`
	Header *Top   `json:"header,omitempty" label:"Header"`
	Footer string `json:"footer,omitempty" label:"Footer" rule:"max=60"`
	Quoting
}

var sendLinkButton = sdk.Action[LinkButton, Sent]{
	Name: "send_link_button", Title: "Send a link button", Summary: "Sends a text with a button that opens an address, within 24 hours of the person's last message.", Sends: true,
	Window: serviceWindow, Instead: "send_template",
	Run: func(ctx context.Context, call *sdk.Call, in LinkButton) (Sent, error) {
		top, err := in.Header.topping()
		if err != nil {
			return Sent{}, err
		}
		return in.ask(ctx, call, in.Quoting, "cta_url", in.Text, in.Footer, top, linkTo(in.Button, in.URL))
	},
}

// Request asks for something that one tap gives.
type Request struct {
	Recipient
	Text string `json:"text" label:"Text" rule:"required,max=1024"`
	What string `json:"what" label:"What is asked for" help:"contact_info: the phone number of a person known by user name only." rule:"required,oneof=location contact_info"`
	Quoting
}

var request = sdk.Action[Request, Sent]{
	Name: "request_info", Title: "Ask for a location or a phone number", Summary: "Asks with a button that sends it, within 24 hours of the person's last message.", Sends: true,
	Window: serviceWindow, Instead: "send_template",
	Run: func(ctx context.Context, call *sdk.Call, in Request) (Sent, error) {
		kind, action := "location_request_message", "send_location"
		if in.What == "contact_info" {
			kind, action = "contact_request", "request_contact_info"
		}
		return in.ask(ctx, call, in.Quoting, kind, in.Text, "", nil, map[string]string{"name": action})
	},
}

// Form is a text with a button that opens a WhatsApp flow, which is a form.
type Form struct {
	Recipient
	Text   string         `json:"text" label:"Text" rule:"required,max=1024"`
	FormID string         `json:"form_id" label:"Flow id" help:"WhatsApp Manager, Flows." rule:"required,digits" options:"forms"`
	Button string         `json:"button" label:"Button" rule:"required,max=20"`
	Token  string         `json:"token,omitempty" label:"Token" help:"Comes back with the answers; empty for the key of this step."`
	Screen string         `json:"screen,omitempty" label:"First screen" help:"Empty where the flow's own server decides."`
	Data   map[string]any `json:"data,omitempty" label:"Values for the first screen"`
	Header *Top           `json:"header,omitempty" label:"Header"`
	Footer string         `json:"footer,omitempty" label:"Footer" rule:"max=60"`
	Quoting
}

var sendForm = sdk.Action[Form, Sent]{
	Name: "send_form", Title: "Send a form", Summary: "Sends a WhatsApp flow to fill in, within 24 hours of the person's last message.", Sends: true,
	Window: serviceWindow, Instead: "send_template",
	Run: func(ctx context.Context, call *sdk.Call, in Form) (Sent, error) {
		top, err := in.Header.topping()
		if err != nil {
			return Sent{}, err
		}
		if in.Token == "" {
			in.Token = call.IdempotencyKey
		}
		parameters := map[string]any{
			"flow_message_version": "3", "flow_id": in.FormID, "flow_cta": in.Button, "flow_token": in.Token, "flow_action": "data_exchange",
		}
		if in.Screen != "" { // the payload may only stand with navigate
			first := map[string]any{"screen": in.Screen}
			if len(in.Data) > 0 {
				first["data"] = in.Data
			}
			parameters["flow_action"], parameters["flow_action_payload"] = "navigate", first
		} else if len(in.Data) > 0 {
			return Sent{}, sdk.Invalid("screen", "must be filled in with values for it")
		}
		return in.ask(ctx, call, in.Quoting, "flow", in.Text, in.Footer, top, map[string]any{"name": "flow", "parameters": parameters})
	},
}
