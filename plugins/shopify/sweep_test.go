package main

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/cordboard/cordboard/plugins/sandbox/sandbox"
	"github.com/cordboard/cordboard/sdk/protocol"
)

// changed reads the poll of orders to its end and returns its events and where to go on.
func (s shop) changed(t *testing.T, cursor string) (events []protocol.Event, next string) {
	t.Helper()
	manifest, _ := connector.Manifest()
	described, _ := manifest.Trigger("order_changed")
	for {
		page, err := s.Fetch("order_changed", map[string]any{}, cursor)
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range page.Events {
			for _, p := range described.Output.Check(e.Data, "order") {
				t.Errorf("%s %s", p.Path, p.Message)
			}
		}
		events, cursor = append(events, page.Events...), page.Cursor
		if !page.More {
			return events, cursor
		}
	}
}

// roundOf is the cursor of a poll that began at a time and has seen nothing since.
func roundOf(begun time.Time) string {
	return fmt.Sprintf(`{"floor":%q,"newest":%[1]q}`, begun.Format(time.RFC3339Nano))
}

func keys(events []protocol.Event) []string {
	var keys []string
	for _, e := range events {
		keys = append(keys, e.Key)
	}
	slices.Sort(keys)
	return slices.Compact(keys)
}

// Shopify deletes the subscription of a gateway that was away: the next round subscribes again, and the poll finds what
// happened in between, each change once.
func TestAnOutageThatCostsTheSubscription(t *testing.T) {
	t.Parallel()
	s := openShop(t)
	first, err := s.Subscribe("order_paid", map[string]any{}, s.hook)
	if err != nil {
		t.Fatal(err)
	}
	s.box.PayOrder(sandbox.Order{Email: "before@example.com"}, sandbox.OrderOptions{})
	if events, cursor := s.changed(t, ""); len(events) != 0 || cursor == "" {
		t.Errorf("the first round found %v, then %q", keys(events), cursor)
	}
	s.box.Advance(time.Hour)
	begun := s.box.Now().Add(-time.Minute)
	cursor := roundOf(begun)

	if err := s.Unsubscribe("order_paid", map[string]any{}, first.ID); err != nil { // as Shopify does by itself
		t.Fatal(err)
	}
	for i := range 7 {
		s.box.PayOrder(sandbox.Order{Email: fmt.Sprintf("during%d@example.com", i), Phone: "+34600000000"}, sandbox.OrderOptions{})
	}
	again, err := s.Subscribe("order_paid", map[string]any{}, s.hook)
	if err != nil || again.ID == first.ID {
		t.Errorf("subscribed again: got %+v, %v after %+v", again, err, first)
	}
	events, cursor := s.changed(t, cursor)
	if len(keys(events)) != 7 || events[0].Contact.Email != "during0@example.com" || events[0].OccurredAt.IsZero() {
		t.Fatalf("got %v", keys(events))
	}
	// The next round looks back, so that what is late is found; what it finds again has the same keys.
	known := keys(events)
	events, cursor = s.changed(t, cursor)
	if fmt.Sprint(keys(events)) != fmt.Sprint(known) {
		t.Errorf("the next round found %v, want %v", keys(events), known)
	}
	s.box.Advance(time.Hour)
	s.do(t, "add_order_note", map[string]any{"order_id": json.Number(strings.Fields(known[0])[0]), "note": "Bell Bianchi"})
	events, _ = s.changed(t, cursor)
	if fresh := slices.DeleteFunc(keys(events), func(key string) bool { return slices.Contains(known, key) }); len(fresh) != 1 {
		t.Errorf("a change later: got %v", keys(events))
	}
}

// The poll looks back from the newest change that it saw, but never behind its beginning.
func TestHowFarTheOrdersAreLookedAtAgain(t *testing.T) {
	t.Parallel()
	for cursor, want := range map[string]string{
		`{"floor":"2026-11-27T11:59:00Z","newest":"2026-11-27T12:00:00Z"}`: "2026-11-27T11:59:00Z",
		`{"floor":"2026-11-20T10:00:00Z","newest":"2026-11-27T12:00:00Z"}`: "2026-11-27T11:58:00Z",
	} {
		h := setup(t, answering(`{"data":{"orders":{"nodes":[],"pageInfo":{"hasNextPage":false}}}}`))
		page, err := h.Fetch("order_changed", map[string]any{}, cursor)
		if err != nil || page.Cursor != cursor {
			t.Errorf("got %+v, %v", page, err)
		}
		if asked := string(h.Gateway.Requests()[0].Body); !strings.Contains(asked, "updated_at:\\u003e='"+want+"'") {
			t.Errorf("%s: asked %s", cursor, asked)
		}
	}
}
