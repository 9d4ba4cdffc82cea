package main

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/cordboard/cordboard/sdk"
)

// reach is how far new contacts were read. Numbers only grow, but a contact may be listed after one with a higher number,
// so that each round begins some numbers before the highest that it saw.
type reach struct {
	Floor uint64 `json:"floor"`        // the newest when the polling began
	Last  uint64 `json:"last"`         // the highest number that was seen
	At    uint64 `json:"at,omitempty"` // where this round has come to; zero between rounds
}

const (
	lookBehind = 100            // numbers, which are one page
	lateUntil  = 24 * time.Hour // after its creation a contact that was not seen yet is new; less than keys are remembered for
)

// contactCreated is a poll, because no webhook tells of a contact that joins no list.
var contactCreated = sdk.Poll[sdk.None, Contact]{
	Name: "contact_created", Title: "Contact created", Summary: "A contact is new, with or without a list.", Every: 2 * time.Minute,
	Key:        func(c Contact) string { return c.ID },
	OccurredAt: createdAt,
	Contact:    Contact.person,
	Fetch: func(ctx context.Context, call *sdk.Call, _ sdk.None, since sdk.Cursor) (sdk.Page[Contact], error) {
		if since == "" { // begin behind the newest
			rows, err := listContacts(ctx, call, url.Values{"orders[id]": {"DESC"}, "limit": {"1"}})
			if err != nil {
				return sdk.Page[Contact]{}, err
			}
			begun := reach{}
			if len(rows) > 0 {
				begun.Floor = rows[0].ID.number()
			}
			begun.Last = begun.Floor
			return sdk.Page[Contact]{Next: begun.cursor()}, nil
		}
		r := reach{}
		if err := json.Unmarshal([]byte(since), &r); err != nil { // a bare number, as it was once kept
			n := id(since).number()
			r = reach{Floor: n, Last: n}
		}
		return r.read(ctx, call, time.Now())
	},
}

// read reads one page. A page may be short in the middle, so that only one without a further contact ends the round.
func (r reach) read(ctx context.Context, call *sdk.Call, now time.Time) (sdk.Page[Contact], error) {
	if r.At == 0 {
		r.At = max(r.Floor, r.Last-min(r.Last, lookBehind))
	}
	rows, err := listContacts(ctx, call, url.Values{"orders[id]": {"ASC"}, "id_greater": {strconv.FormatUint(r.At, 10)}, "limit": {strconv.Itoa(pageSize)}})
	if err != nil {
		return sdk.Page[Contact]{}, err
	}
	var page sdk.Page[Contact]
	for _, row := range rows {
		n, c := row.ID.number(), row.contact()
		if n <= r.At {
			continue
		}
		r.At, page.More = n, true
		if n > r.Last || createdAt(c).After(now.Add(-lateUntil)) {
			page.Items = append(page.Items, c)
		}
		r.Last = max(r.Last, n)
	}
	if !page.More {
		r.At = 0
	}
	page.Next = r.cursor()
	return page, nil
}

func (r reach) cursor() sdk.Cursor {
	text, _ := json.Marshal(r) // numbers always can be
	return sdk.Cursor(text)
}

func listContacts(ctx context.Context, call *sdk.Call, query url.Values) ([]contactRow, error) {
	var answer struct {
		Contacts []contactRow `json:"contacts"`
	}
	err := do(ctx, call, http.MethodGet, "/contacts?"+query.Encode(), nil, &answer)
	return answer.Contacts, err
}

// createdAt is when a contact came to be; zero where ActiveCampaign does not say.
func createdAt(c Contact) time.Time {
	at, _ := time.Parse(time.RFC3339, c.CreatedAt)
	return at
}
