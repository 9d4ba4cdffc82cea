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
	Note          string  `json:"note,omitempty" label:"Note"`
	Reason        string  `json:"reason,omitempty" label:"Reason" help:"Why somebody left a list, or why an e-mail bounced, if that is said."`
	CampaignID    string  `json:"campaign_id,omitempty" label:"Campaign id"`
	Campaign      string  `json:"campaign,omitempty" label:"Campaign"`
	Link          string  `json:"link,omitempty" label:"Link that was clicked"`
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

// triggers are the triggers that concern a contact, by ActiveCampaign's name of the event.
var triggers = map[string]interface {
	Event(key string, at time.Time, data Change) sdk.Event
}{
	"contact_tag_added": contactTagAdded, "contact_tag_removed": contactTagRemoved, "update": contactUpdated, "subscriber_note": contactNoted,
	"subscribe": contactSubscribed, "unsubscribe": contactUnsubscribed, "open": emailOpened, "click": linkClicked, "bounce": emailBounced,
}

// consents are the events that say what a contact wants, by the status that the list must then have. As nobody signs
// them, they are believed only when the account says the same.
var consents = map[string]string{"subscribe": "subscribed", "unsubscribe": "unsubscribed"}

// receive reads one change. Types that no trigger names yield nothing.
func receive(ctx context.Context, call *sdk.Call, req sdk.Request) ([]sdk.Event, error) {
	form, err := parseForm(string(req.Body))
	if err != nil {
		return nil, err
	}
	change := form.change()
	at, err := time.Parse(time.RFC3339, change.At)
	if err != nil {
		at = req.ReceivedAt
	}
	if trigger, ok := dealTriggers[change.Type]; ok {
		return form.deal(ctx, call, trigger, change, at)
	}
	trigger, ok := triggers[change.Type]
	if !ok {
		return nil, nil
	}
	if wanted, ok := consents[change.Type]; ok {
		held, err := change.confirm(ctx, call, wanted)
		if err != nil || !held {
			return nil, err
		}
	}
	event := trigger.Event(change.key(), at, change)
	event.Contact = change.Contact.contact()
	return []sdk.Event{event}, nil
}

func (c Changed) contact() *sdk.Contact {
	return &sdk.Contact{Phone: c.Phone, Email: c.Email, Name: strings.TrimSpace(c.FirstName + " " + c.LastName), ExternalID: c.ID}
}

// confirm reads the contact of a change again, puts what it finds in place of what was sent, and says whether the list
// has the wanted status. A change that names no list is confirmed by any.
func (c *Change) confirm(ctx context.Context, call *sdk.Call, wanted string) (bool, error) {
	if !isNumber(c.Contact.ID) {
		return false, nil
	}
	found, err := readContact(ctx, call, c.Contact.ID)
	if err != nil || found == nil {
		return false, err
	}
	row := found.Contact
	c.Contact.Email, c.Contact.Phone, c.Contact.FirstName, c.Contact.LastName = row.Email, row.Phone, row.FirstName, row.LastName
	for _, m := range found.memberships() {
		if m.Status == wanted && (m.ListID == c.List || c.List == "" || c.List == "0") {
			return true, nil
		}
	}
	return false, nil
}

// key tells copies from one another as far as that is possible: events have no id. Two equal changes within a second
// look like one.
func (c Change) key() string {
	sum := sha256.Sum256([]byte(strings.Join([]string{c.Type, c.At, c.Contact.ID, c.Contact.Email, c.Tag, c.List, c.Note, c.CampaignID, c.Link}, "\x00")))
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
		Note: f["note"], Reason: f.first("unsubscribe[reason]", "bounce[description]"), CampaignID: f["campaign[id]"], Campaign: f["campaign[name]"], Link: f["link[url]"],
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
func (f form) list() string { return f.first("list", "list[0][id]", "list[][id]", "list[id]") }

// first returns the first of the values that is there.
func (f form) first(names ...string) string {
	for _, name := range names {
		if f[name] != "" {
			return f[name]
		}
	}
	return ""
}
