package storetest

import (
	"context"
	"encoding/json"
	"reflect"
	"sync"
	"testing"

	"github.com/cordboard/cordboard/core/internal/conversation"
	"github.com/cordboard/cordboard/core/internal/engine"
	"github.com/cordboard/cordboard/core/internal/flow"
	"github.com/cordboard/cordboard/core/internal/run"
)

var contactCases = cases{
	"callers at once who share an identity get one contact": func(t *testing.T, w *world) {
		var mu sync.Mutex
		ids := map[string]bool{}
		atOnce(t, 30, func(i int) (bool, error) {
			person := byPhone("+34600000002")
			own := conversation.Identity{Kind: conversation.EmailIdentity, Value: string(rune('a'+i)) + "@example.com"}
			person.Identities = append(person.Identities, own)
			if i%2 == 0 { // locks are taken in one order whatever the person's
				person.Identities[0], person.Identities[1] = person.Identities[1], person.Identities[0]
			}
			c, err := w.Contact(t.Context(), w.workspace.ID, person, nil)
			mu.Lock()
			ids[c.ID] = true
			mu.Unlock()
			return true, err
		})
		if len(ids) != 1 {
			t.Errorf("got %d contacts", len(ids))
		}
	},
	"what is empty is filled in, what is known stays": func(t *testing.T, w *world) {
		person := byPhone(w.contact.Phone)
		person.Name, person.Email, person.Phone = "Ana", "ana@example.com", "+34999"
		got := must(w.Contact(t.Context(), w.workspace.ID, person, nil))(t)
		if got.ID != w.contact.ID || got.Name != "Ana" || got.Email != "ana@example.com" || got.Phone != w.contact.Phone {
			t.Errorf("got %+v", got)
		}
		if stored := must(w.ContactByID(t.Context(), w.workspace.ID, got.ID))(t); !reflect.DeepEqual(stored, got) {
			t.Errorf("stored %+v, returned %+v", stored, got)
		}
	},
	"what is known of a contact comes back, in a run too": func(t *testing.T, w *world) {
		r := w.insertRun()
		changed := w.contact.With(run.ContactChange{
			Language: new("es"), TimeZone: new("Europe/Madrid"), AddTags: []string{"vip", "new"}, RemoveTags: []string{"new"},
			Fields: map[string]json.RawMessage{"size": json.RawMessage(`"M"`)}, Consent: flow.Unsubscribed, Blocked: new(true),
		})
		w.write(func(ctx context.Context, tx engine.Tx) error { return tx.SaveContact(ctx, changed) })
		if got := must(w.ContactByID(t.Context(), w.workspace.ID, w.contact.ID))(t); !reflect.DeepEqual(got, changed) {
			t.Errorf("stored %+v, want %+v", got, changed)
		}
		if got := must(w.Run(t.Context(), r.ID))(t).State.Facts.Contact; !reflect.DeepEqual(got, changed.Facts()) {
			t.Errorf("the run knows %+v, want %+v", got, changed.Facts())
		}
	},
	"identities of two contacts stay with them, and the first named decides": func(t *testing.T, w *world) {
		other := w.person("+34600000002")
		both := conversation.Person{Identities: append(byPhone(other.Phone).Identities, byPhone(w.contact.Phone).Identities...)}
		if got := must(w.Contact(t.Context(), w.workspace.ID, both, nil))(t); got.ID != other.ID {
			t.Errorf("got %s, want %s", got.ID, other.ID)
		}
		if got := w.person(w.contact.Phone); got.ID != w.contact.ID {
			t.Errorf("the second's identity moved to %s", got.ID)
		}
	},
	"an identity in another workspace or scope is another's": func(t *testing.T, w *world) {
		external := func(scope string) conversation.Person {
			return conversation.Person{Identities: []conversation.Identity{{Kind: conversation.ExternalIdentity, Scope: scope, Value: "1"}}}
		}
		a := must(w.Contact(t.Context(), w.workspace.ID, external("con_a"), nil))(t)
		b := must(w.Contact(t.Context(), w.workspace.ID, external("con_b"), nil))(t)
		c := must(w.Contact(t.Context(), "wsp_other", external("con_a"), nil))(t)
		if a.ID == b.ID || a.ID == c.ID {
			t.Errorf("got %s, %s, %s", a.ID, b.ID, c.ID)
		}
	},
	"a person without identities is refused": func(t *testing.T, w *world) {
		if _, err := w.Contact(t.Context(), w.workspace.ID, conversation.Person{Name: "Ana"}, nil); err == nil {
			t.Error("made a contact that nobody can find")
		}
	},
}
