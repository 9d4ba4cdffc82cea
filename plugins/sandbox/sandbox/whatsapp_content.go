package sandbox

import (
	"encoding/json"
	"fmt"
	"strings"
	"unicode/utf8"
)

type textContent struct {
	Body string `json:"body"`
}

type mediaContent struct {
	ID      string `json:"id"`
	Link    string `json:"link"`
	Caption string `json:"caption"`
}

type reactionContent struct {
	MessageID string `json:"message_id"`
	Emoji     string `json:"emoji"`
}

type interactiveContent struct {
	Type   string `json:"type"`
	Header *struct {
		Type     string        `json:"type"`
		Text     string        `json:"text"`
		Image    *mediaContent `json:"image"`
		Video    *mediaContent `json:"video"`
		Document *mediaContent `json:"document"`
	} `json:"header"`
	Body   *struct{ Text string } `json:"body"`
	Footer *struct{ Text string } `json:"footer"`
	Action struct {
		Name    string `json:"name"`
		Button  string `json:"button"`
		Buttons []struct {
			Type  string      `json:"type"`
			Reply replyOption `json:"reply"`
		} `json:"buttons"`
		Sections []struct {
			Title string        `json:"title"`
			Rows  []replyOption `json:"rows"`
			Items []productItem `json:"product_items"`
		} `json:"sections"`
		CatalogID  string          `json:"catalog_id"`
		ProductID  string          `json:"product_retailer_id"`
		Cards      []carouselCard  `json:"cards"`
		Parameters json.RawMessage `json:"parameters"`
	} `json:"action"`
}

type replyOption struct {
	ID          string `json:"id"`
	Title       string `json:"title"`
	Description string `json:"description"`
}

// check validates the content of a message and fills in how a phone shows it.
func (req sendRequest) check(m *Message, templates []Template) *graphError {
	switch req.Type {
	case "text":
		if req.Text == nil {
			return missing("text")
		}
		m.Text = req.Text.Body
		return length("text['body']", m.Text, 1, 4096)
	case "template":
		if req.Template == nil {
			return missing("template")
		}
		return req.Template.check(m, templates)
	case "interactive":
		if req.Interactive == nil {
			return missing("interactive")
		}
		return req.Interactive.check(m)
	case "image":
		return req.Image.check(m, "image")
	case "video":
		return req.Video.check(m, "video")
	case "audio":
		return req.Audio.check(m, "audio")
	case "document":
		return req.Document.check(m, "document")
	case "sticker":
		return req.Sticker.check(m, "sticker")
	case "location":
		return checkLocation(req.Location, m)
	case "contacts":
		return checkContacts(req.Contacts, m)
	case "reaction":
		if req.Reaction == nil || req.Reaction.MessageID == "" {
			return missing("reaction")
		}
		if req.Context != nil {
			return invalid("a reaction may not carry a context")
		}
		m.ContextID, m.Text = req.Reaction.MessageID, req.Reaction.Emoji
		return nil
	}
	return &graphError{status: 400, code: 100, text: fmt.Sprintf("(#100) Param type must be one of {AUDIO, CONTACTS, DOCUMENT, IMAGE, INTERACTIVE, LOCATION, REACTION, STICKER, TEMPLATE, TEXT, VIDEO} - got %q.", req.Type)}
}

func (c *mediaContent) check(m *Message, kind string) *graphError {
	if c == nil {
		return missing(kind)
	}
	if (c.ID == "") == (c.Link == "") {
		return invalid(kind + " needs exactly one of id and link")
	}
	if c.Caption != "" && (kind == "audio" || kind == "sticker") {
		return invalid(kind + " cannot have a caption")
	}
	if c.Link != "" && !strings.HasPrefix(c.Link, "https://") { // Meta finds out when it fetches the file
		setDefault(&m.asyncCode, 131053)
	}
	m.Text = c.Caption
	return length(kind+"['caption']", c.Caption, 0, 1024)
}

func (c *interactiveContent) check(m *Message) *graphError {
	if c.Body == nil {
		return missing("body")
	}
	m.Text = c.Body.Text
	if p := c.checkFrame(m); p != nil {
		return p
	}
	switch c.Type {
	case "button":
		return c.checkButtons(m)
	case "list":
		return c.checkList(m)
	case "cta_url":
		return firstOf(c.checkLink(), length("body['text']", m.Text, 1, 1024))
	case "flow":
		return firstOf(c.checkFlow(), length("body['text']", m.Text, 1, 1024))
	case "location_request_message":
		return firstOf(c.named("send_location"), length("body['text']", m.Text, 1, 1024))
	case "contact_request":
		return firstOf(c.named("request_contact_info"), length("body['text']", m.Text, 1, 1024))
	case "carousel":
		return firstOf(c.checkCarousel(m), length("body['text']", m.Text, 1, 1024))
	case "product", "product_list", "catalog_message":
		return firstOf(c.checkProducts(), length("body['text']", m.Text, 1, 1024))
	}
	return invalid(fmt.Sprintf("interactive type %q is unknown", c.Type))
}

// checkFrame checks what stands above and below the text.
func (c *interactiveContent) checkFrame(m *Message) *graphError {
	bare := c.Type == "location_request_message" || c.Type == "contact_request" || c.Type == "carousel"
	if f := c.Footer; f != nil {
		if bare {
			return invalid(c.Type + " has no footer")
		}
		m.Footer = f.Text
		if p := length("footer['text']", f.Text, 1, 60); p != nil {
			return p
		}
	}
	h := c.Header
	switch {
	case h == nil:
		return nil
	case bare, c.Type == "list" && h.Type != "text":
		return invalid(fmt.Sprintf("%s takes no header of type %q", c.Type, h.Type))
	case h.Type == "text":
		m.Header = h.Text
		return length("header['text']", h.Text, 1, 60)
	}
	text, problem := m.Text, invalid(fmt.Sprintf("header type %q is unknown", h.Type))
	switch h.Type {
	case "image":
		problem = h.Image.check(m, "image")
	case "video":
		problem = h.Video.check(m, "video")
	case "document":
		problem = h.Document.check(m, "document")
	}
	m.Text = text // a header's file leaves the text of the message alone
	return problem
}

func (c *interactiveContent) named(name string) *graphError {
	if c.Action.Name != name {
		return invalid(fmt.Sprintf("action['name'] must be %s", name))
	}
	return nil
}

func (c *interactiveContent) checkLink() *graphError {
	var p struct {
		Text string `json:"display_text"`
		URL  string `json:"url"`
	}
	if json.Unmarshal(c.Action.Parameters, &p) != nil || !strings.HasPrefix(p.URL, "http") {
		return invalid("parameters['url'] must be an address")
	}
	return firstOf(c.named("cta_url"), length("parameters['display_text']", p.Text, 1, 20))
}

func (c *interactiveContent) checkFlow() *graphError {
	var p struct {
		Version string          `json:"flow_message_version"`
		ID      string          `json:"flow_id"`
		Name    string          `json:"flow_name"`
		Button  string          `json:"flow_cta"`
		Action  string          `json:"flow_action"`
		Payload json.RawMessage `json:"flow_action_payload"`
	}
	switch err := json.Unmarshal(c.Action.Parameters, &p); {
	case err != nil || p.Version != "3":
		return invalid("parameters['flow_message_version'] must be 3")
	case (p.ID == "") == (p.Name == ""):
		return invalid("exactly one of flow_id and flow_name is needed")
	case len(p.Payload) > 0 && p.Action != "navigate":
		return invalid("flow_action_payload may only stand with flow_action navigate")
	}
	return firstOf(c.named("flow"), length("parameters['flow_cta']", p.Button, 1, 20))
}

func (c *interactiveContent) checkButtons(m *Message) *graphError {
	if n := len(c.Action.Buttons); n < 1 || n > 3 {
		return invalid(fmt.Sprintf("Invalid buttons count. Min allowed buttons: 1, Max allowed buttons: 3, got %d", n))
	}
	ids, titles := map[string]bool{}, map[string]bool{}
	for _, b := range c.Action.Buttons {
		if b.Type != "reply" {
			return invalid("button type must be reply")
		}
		if ids[b.Reply.ID] || titles[b.Reply.Title] {
			return invalid("Duplicated reply id or title, each button needs its own")
		}
		ids[b.Reply.ID], titles[b.Reply.Title] = true, true
		if p := firstOf(length("reply['id']", b.Reply.ID, 1, 256), length("reply['title']", b.Reply.Title, 1, 20)); p != nil {
			return p
		}
		m.Buttons = append(m.Buttons, Button{Kind: "button_reply", ID: b.Reply.ID, Text: b.Reply.Title})
	}
	return length("body['text']", m.Text, 1, 1024)
}

func (c *interactiveContent) checkList(m *Message) *graphError {
	rows, sections := 0, len(c.Action.Sections)
	if sections < 1 || sections > 10 {
		return invalid(fmt.Sprintf("a list has 1 to 10 sections, got %d", sections))
	}
	for _, s := range c.Action.Sections {
		if sections > 1 && s.Title == "" {
			return invalid("each section needs a title when there is more than one")
		}
		if p := length("section['title']", s.Title, 0, 24); p != nil {
			return p
		}
		for _, row := range s.Rows {
			rows++
			p := firstOf(length("row['id']", row.ID, 1, 200), length("row['title']", row.Title, 1, 24), length("row['description']", row.Description, 0, 72))
			if p != nil {
				return p
			}
			m.Buttons = append(m.Buttons, Button{Kind: "list_reply", ID: row.ID, Text: row.Title})
		}
	}
	if rows < 1 || rows > 10 {
		return invalid(fmt.Sprintf("Total row count exceed max allowed count: 10, got %d", rows))
	}
	return firstOf(length("action['button']", c.Action.Button, 1, 20), length("body['text']", m.Text, 1, 4096))
}

func checkLocation(raw json.RawMessage, m *Message) *graphError {
	var at struct{ Latitude, Longitude, Name, Address any }
	if len(raw) == 0 || json.Unmarshal(raw, &at) != nil {
		return missing("location")
	}
	if at.Latitude == nil || at.Longitude == nil {
		return invalid("latitude and longitude are required")
	}
	m.Text = fmt.Sprintf("%v, %v", at.Latitude, at.Longitude)
	return nil
}

func checkContacts(raw json.RawMessage, m *Message) *graphError {
	var cards []struct{ Name map[string]string }
	if len(raw) == 0 || json.Unmarshal(raw, &cards) != nil || len(cards) == 0 {
		return missing("contacts")
	}
	for _, c := range cards {
		if c.Name["formatted_name"] == "" || len(c.Name) < 2 {
			return invalid("each contact needs formatted_name and one more name part")
		}
		m.Text = c.Name["formatted_name"]
	}
	return nil
}

// length checks a text's size in characters.
func length(parameter, s string, least, most int) *graphError {
	n := utf8.RuneCountInString(s)
	if n > most {
		return &graphError{status: 400, code: 100, text: fmt.Sprintf("(#100) Param %s must be at most %d characters long.", parameter, most)}
	}
	if n < least {
		return &graphError{status: 400, code: 100, text: fmt.Sprintf("(#100) Param %s must be at least %d characters long.", parameter, least)}
	}
	return nil
}

func firstOf(problems ...*graphError) *graphError {
	for _, p := range problems {
		if p != nil {
			return p
		}
	}
	return nil
}
