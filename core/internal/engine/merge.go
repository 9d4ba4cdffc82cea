package engine

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"maps"
	"slices"

	"github.com/cordboard/cordboard/core/internal/conversation"
	"github.com/cordboard/cordboard/core/internal/event"
	"github.com/cordboard/cordboard/core/internal/flow"
	"github.com/cordboard/cordboard/core/internal/run"
)

// ErrSameContact is returned for two ids of one contact.
var ErrSameContact = errors.New("a contact can't be merged with themselves")

// Belongings is what belongs to a contact besides what is known of them.
type Belongings struct {
	Identities []string // kind, scope and value of each
	Messages   int
	Runs       int
	ActiveRuns int // of them
	Waits      int
	OpenWaits  int // of them
}

// Merge is what two contacts become.
type Merge struct {
	Contact conversation.Contact // as they are afterwards
	Moved   Belongings           // what the other one brings
	Dropped []string             // fields of the other one whose values are not taken, because the contact has its own
}

// MergeContacts makes one contact of two: what belongs to the other one is the first one's, and whoever looks the other one
// up finds the first. Open waits go on, and are answered from any of the identities. With dry nothing is done. The errors
// are ErrNotFound and ErrSameContact.
func (e *Engine) MergeContacts(ctx context.Context, workspaceID, contactID, otherID string, dry bool) (m Merge, err error) {
	err = e.writeAll(ctx, []string{contactID, otherID}, func(ctx context.Context, tx Tx, out *sequel) error {
		m = Merge{}
		to, err := tx.Contact(ctx, workspaceID, contactID)
		if err != nil {
			return err
		}
		from, err := tx.Contact(ctx, workspaceID, otherID)
		switch {
		case err != nil:
			return err
		case from.ID == to.ID:
			return ErrSameContact
		case from.ID != otherID || to.ID != contactID:
			return ErrNotFound // merged before: their locks are not held
		}
		if m.Moved, err = tx.Belongings(ctx, from.ID); err != nil {
			return err
		}
		m.Contact, m.Dropped = united(to, from)
		if dry {
			return nil
		}
		if err := tx.MergeContact(ctx, from.ID, to.ID); err != nil {
			return err
		}
		if err := tx.SaveContact(ctx, m.Contact); err != nil {
			return err
		}
		if m.Contact.Blocked {
			if err := e.endOthers(ctx, tx, run.Run{ContactID: to.ID}, run.EndRuns{Reason: BlockedReason}, out); err != nil {
				return err
			}
		}
		c := m.Contact
		return e.announce(ctx, tx, news{workspaceID, event.ContactMerged, tx.Now(), map[string]any{
			"contact": person(c.ID, c.Phone, c.Email, c.Name), "merged_id": from.ID,
		}}, out)
	})
	return m, err
}

// united is what is known of a contact who takes another one over: their own values where they have any, the tags and lists
// of both, and the stricter of what each wants to hear.
func united(to, from conversation.Contact) (c conversation.Contact, dropped []string) {
	c = to
	for _, f := range []struct {
		name   string
		to     *string
		theirs string
	}{
		{"phone", &c.Phone, from.Phone}, {"email", &c.Email, from.Email}, {"name", &c.Name, from.Name}, {"language", &c.Language, from.Language},
		{"time_zone", &c.TimeZone, from.TimeZone},
	} {
		if *f.to != "" && f.theirs != "" && *f.to != f.theirs {
			dropped = append(dropped, f.name)
		}
		*f.to = cmp.Or(*f.to, f.theirs)
	}
	own, all := fields(to), fields(from)
	for _, name := range slices.Sorted(maps.Keys(all)) {
		if value, ok := own[name]; ok && string(value) != string(all[name]) {
			dropped = append(dropped, "fields."+name)
		}
	}
	maps.Copy(all, own)
	if len(all) > 0 {
		c.Fields, _ = json.Marshal(all) // it was JSON before
	}
	c = c.With(run.ContactChange{AddTags: from.Tags, AddLists: from.Lists})
	switch {
	case to.Consent == flow.Unsubscribed || from.Consent == flow.Unsubscribed:
		c.Consent = flow.Unsubscribed
	case to.Consent == flow.NotDeclared:
		c.Consent = from.Consent
	}
	c.Blocked = to.Blocked || from.Blocked
	return c, dropped
}

// movedError says that a unit is about another contact than the one whose lock it holds.
type movedError struct{ to string }

func (e *movedError) Error() string { return "the contact is now " + e.to }
