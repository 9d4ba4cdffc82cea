package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"net/url"
	"strings"
	"time"

	"github.com/cordboard/cordboard/sdk"
	"github.com/cordboard/cordboard/sdk/protocol"
)

// Change is something that happened to a contact.
type Change struct {
	Type          string  `json:"type" label:"Event"`
	At            string  `json:"date_time" label:"When" help:"In the account's time zone."`
	InitiatedFrom string  `json:"initiated_from" label:"Changed by" help:"public (the contact), admin, api or system (an automation)."`
	List          string  `json:"list" label:"List id" help:"0 for none."`
	Tag           string  `json:"tag" label:"Tag"`
	Contact       Changed `json:"contact" label:"Contact"`
}

// Changed is the contact after the change.
type Changed struct {
	ID        string            `json:"id" label:"Contact id"`
	Email     string            `json:"email" label:"E-mail" help:"Empty for contacts with a phone number only."`
	FirstName string            `json:"first_name" label:"First name"`
	LastName  string            `json:"last_name" label:"Last name"`
	Phone     string            `json:"phone" label:"Phone"`
	Tags      string            `json:"tags" label:"Tags" help:"Separated by commas."`
	Fields    map[string]string `json:"fields,omitempty" label:"Custom fields" help:"Those filled in, by tag or by number."`
}

// receive reads one change. Types that no trigger names yield nothing.
func receive(_ context.Context, _ *sdk.Call, req sdk.Request) ([]sdk.Event, error) {
	form, err := parseForm(string(req.Body))
	if err != nil {
		return nil, err
	}
	change := form.change()
	at, err := time.Parse(time.RFC3339, change.At)
	if err != nil {
		at = req.ReceivedAt
	}
	var event sdk.Event
	switch key := change.key(); change.Type {
	case "contact_tag_added":
		event = contactTagAdded.Event(key, at, change)
	case "update":
		event = contactUpdated.Event(key, at, change)
	case "subscribe":
		event = contactSubscribed.Event(key, at, change)
	default:
		return nil, nil
	}
	c := change.Contact
	event.Contact = &sdk.Contact{
		Phone: c.Phone, Email: c.Email, Name: strings.TrimSpace(c.FirstName + " " + c.LastName), ExternalID: c.ID,
	}
	return []sdk.Event{event}, nil
}

// key tells copies from one another as far as that is possible: events have no id. Two equal changes within a second
// look like one.
func (c Change) key() string {
	sum := sha256.Sum256([]byte(strings.Join([]string{c.Type, c.At, c.Contact.ID, c.Contact.Email, c.Tag, c.List}, "\x00")))
	return hex.EncodeToString(sum[:16])
}

// form holds the pairs of a body by their whole name, brackets included: what is wanted is known by name, so that no
// tree has to be built of what strangers nest.
type form map[string]string

// maxPairs bounds the pairs of a body; the largest real ones have some hundreds.
const maxPairs = 2000

func parseForm(body string) (form, error) {
	f := form{}
	pairs := 0
	for pair := range strings.SplitSeq(body, "&") {
		if pairs++; pairs > maxPairs {
			return nil, &sdk.Failure{Kind: protocol.Permanent, Source: protocol.FromProvider, Message: "The webhook has too many fields."}
		}
		name, value, _ := strings.Cut(pair, "=")
		name, errName := url.QueryUnescape(name)
		value, errValue := url.QueryUnescape(value)
		if errName == nil && errValue == nil {
			f[name] = value
		}
	}
	return f, nil
}

func (f form) change() Change {
	change := Change{
		Type: f["type"], At: f["date_time"], InitiatedFrom: f["initiated_from"], Tag: f["tag"], List: f.list(),
		Contact: Changed{
			ID: f["contact[id]"], Email: f["contact[email]"], FirstName: f["contact[first_name]"], LastName: f["contact[last_name]"],
			Phone: f["contact[phone]"], Tags: f["contact[tags]"],
		},
	}
	for name, value := range f {
		field, ok := strings.CutPrefix(name, "contact[fields][")
		if field, closed := strings.CutSuffix(field, "]"); ok && closed {
			if change.Contact.Fields == nil {
				change.Contact.Fields = map[string]string{}
			}
			change.Contact.Fields[field] = value
		}
	}
	return change
}

// list is a plain id in most events and a list of lists in some.
func (f form) list() string {
	for _, name := range []string{"list", "list[0][id]", "list[][id]", "list[id]"} {
		if f[name] != "" {
			return f[name]
		}
	}
	return ""
}
