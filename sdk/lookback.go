package sdk

import (
	"context"
	"encoding/json"
	"time"

	"github.com/cordboard/cordboard/sdk/protocol"
)

// LookBack is the Fetch of a Poll over a list that can be asked for what is not older than a time. Providers list things late and
// out of order: each round begins that much earlier than the newest that was seen, what was seen before is known by its Key, and the
// first round yields nothing, because what is there already is no news. Let by be longer than the provider's list, or its clock, may
// lag, and shorter than seven days, for which keys are remembered.
//
// at is the time that the list is asked by, such as when an item was changed; what has none, or an older one than was asked for,
// is left out, since some providers ignore filters. list reads one page: page is empty at first and then the Next of the page before
// it, as long as that says More. from stays the same over the pages of a round, in whole seconds of UTC.
//
// An item that changes belongs into Key with its time: "7 2026-01-31T09:00:00Z".
func LookBack[In, Out any](by time.Duration, at func(item Out) time.Time, list func(ctx context.Context, call *Call, in In, from time.Time, page Cursor) (Page[Out], error)) func(context.Context, *Call, In, Cursor) (Page[Out], error) {
	return func(ctx context.Context, call *Call, in In, since Cursor) (Page[Out], error) {
		if since == "" {
			now := time.Now()
			return Page[Out]{Next: round{Floor: now, Newest: now}.cursor()}, nil
		}
		var r round
		if err := json.Unmarshal([]byte(since), &r); err != nil {
			return Page[Out]{}, &Failure{
				Kind: protocol.Permanent, Source: protocol.FromConnector, Message: "The poll's cursor is not one of this version: pause the flow and switch it on again, and it begins with what is new then.",
			}
		}
		if r.Page == "" {
			r.Seen = r.Newest
		}
		from := r.Newest.Add(-by)
		if from.Before(r.Floor) {
			from = r.Floor
		}
		from = from.UTC().Truncate(time.Second)
		page, err := list(ctx, call, in, from, r.Page)
		if err != nil {
			return Page[Out]{}, err
		}
		items := page.Items[:0:0]
		for _, item := range page.Items {
			t := at(item)
			if t.Before(from) {
				continue
			}
			items = append(items, item)
			if t.After(r.Seen) {
				r.Seen = t
			}
		}
		if r.Page = page.Next; !page.More { // what a round looks back from stays until its end
			r.Page, r.Newest = "", r.Seen
		}
		return Page[Out]{Items: items, Next: r.cursor(), More: page.More}, nil
	}
}

// round is how far LookBack has read.
type round struct {
	Floor  time.Time `json:"floor"`          // when the polling began; what is older is no news
	Newest time.Time `json:"newest"`         // what was seen before this round
	Seen   time.Time `json:"seen,omitzero"`  // what was seen in it
	Page   Cursor    `json:"page,omitempty"` // where its list goes on; empty between rounds
}

func (r round) cursor() Cursor {
	if r.Page == "" {
		r.Seen = time.Time{}
	}
	text, _ := json.Marshal(r) // times always can be
	return Cursor(text)
}
