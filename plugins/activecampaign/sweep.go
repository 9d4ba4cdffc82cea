package main

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/cordboard/cordboard/sdk"
	"github.com/cordboard/cordboard/sdk/protocol"
)

// sweep is how far the changed contacts were read. Each sweep goes through the account by the contacts' numbers, because
// their order by the time of change may not be asked for and would move meanwhile.
type sweep struct {
	Floor time.Time `json:"floor"`          // when the polling began; what changed before is no news
	Since time.Time `json:"since"`          // when the last complete sweep began
	Began time.Time `json:"began,omitzero"` // when this sweep began; zero between sweeps
	Last  id        `json:"last,omitempty"` // the last contact that this sweep has read
}

// sweepOverlap covers clocks that differ from ActiveCampaign's, and how late its search may know of a change.
const sweepOverlap = 10 * time.Minute

// from is the time of the oldest change that counts.
func (s sweep) from() time.Time {
	from := s.Since.Add(-sweepOverlap)
	if from.Before(s.Floor) {
		from = s.Floor
	}
	return from.UTC().Truncate(time.Second)
}

func (s sweep) cursor() (sdk.Cursor, error) {
	text, err := json.Marshal(s)
	return sdk.Cursor(text), err
}

// contactChanged finds what no webhook told: ActiveCampaign sends nothing twice.
var contactChanged = sdk.Poll[sdk.None, Contact]{
	Name: "contact_changed", Title: "Contact changed, by asking", Every: 5 * time.Minute,
	Summary:    "A contact is new or changed, also when its webhook was lost; later than a webhook, and only its latest state. Changes of our own steps are among them: a flow that writes to the contact starts itself again unless a condition ends it.",
	Key:        func(c Contact) string { return c.ID + " " + changedAt(c).UTC().Format(time.RFC3339) },
	OccurredAt: changedAt,
	Contact:    Contact.person,
	Fetch: func(ctx context.Context, call *sdk.Call, _ sdk.None, cursor sdk.Cursor) (sdk.Page[Contact], error) {
		now := time.Now()
		s := sweep{Floor: now, Since: now}
		if cursor != "" {
			if err := json.Unmarshal([]byte(cursor), &s); err != nil {
				return sdk.Page[Contact]{}, &sdk.Failure{Kind: protocol.Permanent, Source: protocol.FromConnector, Message: "The poll's cursor could not be read."}
			}
		}
		var page sdk.Page[Contact]
		var err error
		if cursor != "" {
			if page.Items, page.More, err = s.read(ctx, call, now); err != nil {
				return sdk.Page[Contact]{}, err
			}
		}
		page.Next, err = s.cursor()
		return page, err
	},
}

// read reads a page and moves the sweep on. ActiveCampaign ignores filters that it does not know, so times and numbers are
// looked at again; a page may be short in the middle, so that only one without a further contact is the end.
func (s *sweep) read(ctx context.Context, call *sdk.Call, now time.Time) (changed []Contact, more bool, err error) {
	if s.Began.IsZero() {
		s.Began, s.Last = now, "0"
	}
	query := url.Values{
		"filters[updated_after]": {s.from().Format(time.RFC3339)}, "orders[id]": {"ASC"}, "id_greater": {string(s.Last)}, "limit": {strconv.Itoa(pageSize)},
	}
	var answer struct {
		Contacts []contactRow `json:"contacts"`
	}
	if err := do(ctx, call, http.MethodGet, "/contacts?"+query.Encode(), nil, &answer); err != nil {
		return nil, false, err
	}
	for _, row := range answer.Contacts {
		if !row.ID.after(s.Last) {
			continue
		}
		s.Last, more = row.ID, true
		if c := row.contact(); !changedAt(c).Before(s.from()) {
			changed = append(changed, c)
		}
	}
	if !more {
		s.Since, s.Began, s.Last = s.Began, time.Time{}, ""
	}
	return changed, more, nil
}

// after says that an object is younger than another: numbers only grow.
func (i id) after(other id) bool { return i.number() > other.number() }

// number is zero for what is none.
func (i id) number() uint64 {
	n, _ := strconv.ParseUint(string(i), 10, 64)
	return n
}

// changedAt is when a contact changed; zero where ActiveCampaign does not say, or says 0000-00-00 00:00:00.
func changedAt(c Contact) time.Time {
	at, _ := time.Parse(time.RFC3339, c.UpdatedAt)
	return at
}

// person is a contact as the gateway knows people.
func (c Contact) person() *sdk.Contact {
	return &sdk.Contact{Phone: c.Phone, Email: c.Email, Name: strings.TrimSpace(c.FirstName + " " + c.LastName), ExternalID: c.ID}
}
