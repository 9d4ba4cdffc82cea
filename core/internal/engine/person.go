package engine

import (
	"context"
	"errors"
	"fmt"

	"github.com/cordboard/cordboard/core/internal/conversation"
	"github.com/cordboard/cordboard/sdk/protocol"
)

// oneOfTwo makes one contact of those whom the provider of an event knows under two keys; contact is the one that was found.
// The contact as it then is comes back.
func (e *Engine) oneOfTwo(ctx context.Context, workspaceID, connectionID string, c protocol.Contact, contact conversation.Contact) (conversation.Contact, error) {
	if c.OtherID == "" || connectionID == "" {
		return contact, nil
	}
	other, err := e.Store.Recognise(ctx, workspaceID, conversation.Recognise(protocol.Contact{ExternalID: c.OtherID}, connectionID, ""))
	if errors.Is(err, ErrNotFound) || err == nil && other.ID == contact.ID {
		return contact, nil
	}
	if err != nil {
		return contact, fmt.Errorf("find contact by its other key: %w", err)
	}
	return e.absorb(ctx, contact, other)
}

// renumber gives a contact the new number or key that their provider tells of, and takes the former one from them: whoever is
// given that number later is somebody else. When the new one is a contact already, the two become one. Told again it changes
// nothing.
func (e *Engine) renumber(ctx context.Context, workspaceID, connectionID string, c protocol.Contact) error {
	if c.Formerly == nil || connectionID == "" {
		return nil
	}
	former, now := conversation.Recognise(*c.Formerly, connectionID, ""), conversation.Recognise(c, connectionID, "")
	if len(former.Identities) == 0 || len(now.Identities) == 0 {
		return nil
	}
	known, err := e.Store.Recognise(ctx, workspaceID, former)
	if errors.Is(err, ErrNotFound) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("find contact by its former key: %w", err)
	}
	err = e.writeAll(ctx, []string{known.ID}, func(ctx context.Context, tx Tx, _ *sequel) error {
		contact, err := tx.Contact(ctx, workspaceID, known.ID)
		if err != nil {
			return err
		}
		known = contact
		return tx.Renumber(ctx, workspaceID, contact.ID, former, now)
	})
	if errors.Is(err, ErrNotFound) {
		return nil // erased meanwhile
	}
	if err != nil {
		return fmt.Errorf("renumber contact: %w", err)
	}
	owner, err := e.Store.Recognise(ctx, workspaceID, now)
	if err != nil || owner.ID == known.ID {
		return err
	}
	_, err = e.absorb(ctx, known, owner)
	return err
}

// absorb merges other into contact. Who was merged or erased by somebody else meanwhile is left as they are.
func (e *Engine) absorb(ctx context.Context, contact, other conversation.Contact) (conversation.Contact, error) {
	m, err := e.MergeContacts(ctx, contact.WorkspaceID, contact.ID, other.ID, false)
	switch {
	case errors.Is(err, ErrSameContact):
		return contact, nil
	case errors.Is(err, ErrNotFound):
		return contact, errElsewhere
	case err != nil:
		return contact, fmt.Errorf("make two contacts one: %w", err)
	}
	return m.Contact, nil
}
