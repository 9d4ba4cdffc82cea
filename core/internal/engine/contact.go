package engine

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"

	"github.com/cordboard/cordboard/core/internal/conversation"
	"github.com/cordboard/cordboard/core/internal/event"
	"github.com/cordboard/cordboard/core/internal/flow"
	"github.com/cordboard/cordboard/core/internal/run"
)

// BlockedReason is why a run ended whose contact was blocked.
const BlockedReason = "The contact was blocked."

// ChangeContact changes what is known of a contact, and returns them as they then are. Flows that listen and endpoints are
// told; a contact who is blocked leaves all runs. The error is ErrNotFound for a contact that is not there.
func (e *Engine) ChangeContact(ctx context.Context, workspaceID, contactID string, change run.ContactChange) (c conversation.Contact, err error) {
	known, err := e.Store.ContactByID(ctx, workspaceID, contactID)
	if err != nil {
		return known, err
	}
	contactID = known.ID // of the one with whom they were merged
	err = e.writeAll(ctx, []string{contactID}, func(ctx context.Context, tx Tx, out *sequel) (err error) {
		c, err = e.change(ctx, tx, workspaceID, contactID, change, event.Origin{}, out)
		return err
	})
	return c, err
}

// AddContact finds or makes the contact with these identities and changes what is known of them. Flows that listen to new
// contacts see them with the change.
func (e *Engine) AddContact(ctx context.Context, workspaceID string, person conversation.Person, change run.ContactChange) (conversation.Contact, error) {
	c, made, err := e.know(ctx, workspaceID, person, &change, event.Origin{})
	if err != nil || made {
		return c, err
	}
	return e.ChangeContact(ctx, workspaceID, c.ID, change)
}

// know finds or makes a contact. One that is made is changed, unless change is nil, and told of. origin says which run led
// to it; the zero Origin: none.
func (e *Engine) know(ctx context.Context, workspaceID string, person conversation.Person, change *run.ContactChange, origin event.Origin) (c conversation.Contact, made bool, err error) {
	var out sequel
	var madeID string
	c, err = e.Store.Contact(ctx, workspaceID, person, func(ctx context.Context, tx Tx, c conversation.Contact) (conversation.Contact, error) {
		out, madeID = sequel{}, c.ID
		err := e.tellChange(ctx, tx, c, difference{event.ContactCreated, map[string]any{}}, origin, &out)
		if err != nil || change == nil {
			return c, err
		}
		return e.change(ctx, tx, workspaceID, c.ID, *change, origin, &out)
	})
	if err != nil || c.ID != madeID {
		return c, false, err
	}
	e.notify(ctx, out)
	return c, true, nil
}

// ErasedReason is why a run ended whose contact was erased.
const ErasedReason = "The contact was erased."

// Erase ends a contact's runs and takes what tells of them out of every table; that something happened stays. Whoever
// writes from the same number later is somebody new. It may be called again, should it have stopped in the middle. The
// error is ErrNotFound for a contact that is not there.
func (e *Engine) Erase(ctx context.Context, workspaceID, contactID string) error {
	known, err := e.Store.ContactByID(ctx, workspaceID, contactID)
	if err != nil {
		return err
	}
	contactID = known.ID // of the one with whom they were merged
	err = e.writeAll(ctx, []string{contactID}, func(ctx context.Context, tx Tx, out *sequel) error {
		if _, err := tx.Contact(ctx, workspaceID, contactID); err != nil {
			return err
		}
		return e.endOthers(ctx, tx, run.Run{ContactID: contactID}, run.EndRuns{Reason: ErasedReason}, out)
	})
	if err != nil {
		return err
	}
	return e.Store.EraseContact(ctx, workspaceID, contactID)
}

// change is ChangeContact under the contact's lock. origin says which run does it; the zero Origin: none.
func (e *Engine) change(ctx context.Context, tx Tx, workspaceID, contactID string, change run.ContactChange, origin event.Origin, out *sequel) (conversation.Contact, error) {
	before, err := tx.Contact(ctx, workspaceID, contactID)
	if err != nil {
		return before, err
	}
	after := before.With(change)
	if err := tx.SaveContact(ctx, after); err != nil {
		return before, err
	}
	for _, d := range differences(before, after) {
		if err := e.tellChange(ctx, tx, after, d, origin, out); err != nil {
			return before, err
		}
	}
	if after.Blocked && !before.Blocked {
		return after, e.endOthers(ctx, tx, run.Run{ID: origin.RunID, ContactID: contactID}, run.EndRuns{Reason: BlockedReason}, out)
	}
	return after, nil
}

// consent notes whether a contact wants messages, as they said themselves.
func (e *Engine) consent(ctx context.Context, tx Tx, c conversation.Contact, to flow.Consent, out *sequel) error {
	_, err := e.change(ctx, tx, c.WorkspaceID, c.ID, run.ContactChange{Consent: to}, event.Origin{}, out)
	return err
}

// difference is one thing that has changed about a contact.
type difference struct {
	kind string // a type of event.OutgoingTypes
	data map[string]any
}

func differences(before, after conversation.Contact) []difference {
	var all []difference
	words := func(what, added, removed string, was, is []string) {
		for _, w := range is {
			if !slices.Contains(was, w) {
				all = append(all, difference{added, map[string]any{what: w}})
			}
		}
		for _, w := range was {
			if !slices.Contains(is, w) {
				all = append(all, difference{removed, map[string]any{what: w}})
			}
		}
	}
	words("tag", event.ContactTagAdded, event.ContactTagRemoved, before.Tags, after.Tags)
	words("list", event.ContactListAdded, event.ContactListRemoved, before.Lists, after.Lists)
	field := func(name string, was, is any) {
		all = append(all, difference{event.ContactFieldChanged, map[string]any{"field": name, "before": was, "after": is}})
	}
	for _, f := range []struct{ name, was, is string }{
		{"name", before.Name, after.Name}, {"language", before.Language, after.Language}, {"time_zone", before.TimeZone, after.TimeZone},
	} {
		if f.was != f.is {
			field(f.name, f.was, f.is)
		}
	}
	was, is := fields(before), fields(after)
	names := maps.Clone(was)
	maps.Copy(names, is)
	for _, name := range slices.Sorted(maps.Keys(names)) {
		if !bytes.Equal(was[name], is[name]) {
			field(name, was[name], is[name])
		}
	}
	if before.Consent != after.Consent {
		all = append(all, difference{event.ContactConsentChanged, map[string]any{"before": before.Consent, "after": after.Consent}})
	}
	if before.Blocked != after.Blocked {
		all = append(all, difference{event.ContactBlocked, map[string]any{"before": before.Blocked, "after": after.Blocked}})
	}
	return all
}

func fields(c conversation.Contact) map[string]json.RawMessage {
	all := map[string]json.RawMessage{}
	_ = json.Unmarshal(c.Fields, &all) // an object, or nothing
	return all
}

// tellChange tells endpoints, and leaves it to the flows that listen.
func (e *Engine) tellChange(ctx context.Context, tx Tx, c conversation.Contact, d difference, origin event.Origin, out *sequel) error {
	told := maps.Clone(d.data)
	told["contact"] = person(c.ID, c.Phone, c.Email, c.Name)
	if err := e.announce(ctx, tx, news{c.WorkspaceID, d.kind, tx.Now(), told}, out); err != nil {
		return err
	}
	if origin.Hops > event.MaxHops {
		return nil
	}
	data, err := json.Marshal(d.data)
	if err != nil {
		return fmt.Errorf("write %s: %w", d.kind, err)
	}
	return e.raise(ctx, tx, c.WorkspaceID, raised{Type: d.kind, ContactID: c.ID, Data: data, Origin: &origin}, out)
}
