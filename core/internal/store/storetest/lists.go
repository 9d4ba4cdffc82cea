package storetest

import (
	"context"
	"errors"
	"reflect"
	"slices"
	"testing"

	"github.com/cordboard/cordboard/core/internal/conversation"
	"github.com/cordboard/cordboard/core/internal/engine"
	"github.com/cordboard/cordboard/core/internal/inspect"
	"github.com/cordboard/cordboard/core/internal/run"
)

// put has a contact on lists, as a change does.
func (w *world) put(c conversation.Contact, change run.ContactChange) conversation.Contact {
	w.t.Helper()
	c = c.With(change)
	w.write(func(ctx context.Context, tx engine.Tx) error { return tx.SaveContact(ctx, c) })
	return c
}

// on lists who is on a list, the newest first.
func (w *world) on(list string, limit int) (ids []string) {
	w.t.Helper()
	for _, c := range must(w.SearchContacts(w.t.Context(), w.workspace.ID, inspect.ContactFilter{List: list}, page(limit)))(w.t) {
		ids = append(ids, c.ID)
	}
	return ids
}

var listCases = cases{
	"a contact is on lists, in a run too, until taken off": func(t *testing.T, w *world) {
		ctx, ws := t.Context(), w.workspace.ID
		if err := errors.Join(w.SaveList(ctx, ws, "vip", "Best"), w.SaveList(ctx, ws, "news", "")); err != nil {
			t.Fatal(err)
		}
		r := w.insertRun()
		other := w.put(w.person("+34600000002"), run.ContactChange{AddLists: []string{"news"}})
		changed := w.put(w.contact, run.ContactChange{AddLists: []string{"vip", "news"}})
		if got := must(w.ContactByID(ctx, ws, w.contact.ID))(t); !reflect.DeepEqual(got, changed) || !slices.Equal(got.Lists, []string{"news", "vip"}) {
			t.Errorf("stored %+v, want %+v", got, changed)
		}
		if got := must(w.Run(ctx, r.ID))(t).State.Facts.Contact; !reflect.DeepEqual(got, changed.Facts()) {
			t.Errorf("the run knows %+v", got)
		}
		if got := w.on("news", 0); !slices.Equal(got, []string{other.ID, w.contact.ID}) {
			t.Errorf("on the list are %v", got)
		}
		if got := w.on("news", 1); !slices.Equal(got, []string{other.ID}) {
			t.Errorf("the first page has %v", got)
		}
		w.put(changed, run.ContactChange{RemoveLists: []string{"news"}})
		lists := must(w.Lists(ctx, ws))(t)
		if len(lists) != 2 || lists[0].Name != "news" || lists[0].Members != 1 || lists[1].Members != 1 || lists[1].Title != "Best" || lists[1].CreatedAt.IsZero() {
			t.Errorf("the lists are %+v", lists)
		}
		if got := must(w.Lists(ctx, "wsp_other"))(t); len(got) != 0 {
			t.Errorf("another workspace sees %+v", got)
		}
	},
	"a list that is deleted takes its members along, and is there again when somebody is put on it": func(t *testing.T, w *world) {
		ctx, ws := t.Context(), w.workspace.ID
		if err := w.SaveList(ctx, ws, "vip", "Best"); err != nil {
			t.Fatal(err)
		}
		w.put(w.contact, run.ContactChange{AddLists: []string{"vip"}})
		if err := w.DeleteList(ctx, ws, "vip"); err != nil {
			t.Fatal(err)
		}
		if err := w.DeleteList(ctx, ws, "vip"); !errors.Is(err, engine.ErrNotFound) {
			t.Errorf("deleted twice: %v", err)
		}
		c := must(w.ContactByID(ctx, ws, w.contact.ID))(t)
		if len(c.Lists) > 0 {
			t.Errorf("still on %v", c.Lists)
		}
		w.put(c, run.ContactChange{AddLists: []string{"vip"}})
		if got := w.on("vip", 0); !slices.Equal(got, []string{c.ID}) {
			t.Errorf("on the list are %v", got)
		}
	},
	"who is erased is on no list": func(t *testing.T, w *world) {
		w.put(w.contact, run.ContactChange{AddLists: []string{"vip"}})
		if err := w.EraseContact(t.Context(), w.workspace.ID, w.contact.ID); err != nil {
			t.Fatal(err)
		}
		if got := w.on("vip", 0); len(got) > 0 {
			t.Errorf("on the list are %v", got)
		}
	},
	"what goes with a new contact happens once, in its transaction": func(t *testing.T, w *world) {
		calls := 0
		made := func(ctx context.Context, tx engine.Tx, c conversation.Contact) (conversation.Contact, error) {
			calls++
			c = c.With(run.ContactChange{AddLists: []string{"vip"}})
			return c, tx.SaveContact(ctx, c)
		}
		for range 2 {
			c := must(w.Contact(t.Context(), w.workspace.ID, byPhone("+34600000009"), made))(t)
			if got := must(w.ContactByID(t.Context(), w.workspace.ID, c.ID))(t); !slices.Equal(got.Lists, []string{"vip"}) {
				t.Errorf("on %v", got.Lists)
			}
		}
		if calls != 1 {
			t.Errorf("it was made %d times", calls)
		}
		refuse := errors.New("no")
		if _, err := w.Contact(t.Context(), w.workspace.ID, byPhone("+34600000010"), func(context.Context, engine.Tx, conversation.Contact) (conversation.Contact, error) {
			return conversation.Contact{}, refuse
		}); !errors.Is(err, refuse) {
			t.Errorf("got %v", err)
		}
		if _, err := w.Recognise(t.Context(), w.workspace.ID, byPhone("+34600000010")); !errors.Is(err, engine.ErrNotFound) {
			t.Errorf("the contact is there: %v", err)
		}
	},
}
