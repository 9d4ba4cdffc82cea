package erasure

import (
	"encoding/base64"
	"fmt"
	"strings"
	"time"
)

// Tombstone is what is kept of a person who was erased: by it they are known again, and from it nobody learns who they were.
type Tombstone struct {
	ID          string    `json:"id"` // ers_…
	WorkspaceID string    `json:"workspace_id"`
	KeyID       string    `json:"key_id"` // of the secret key that the marks were made with
	Marks       []string  `json:"marks"`  // keyed hashes of the contact's ids and identities
	ErasedAt    time.Time `json:"erased_at"`
}

// Known is what a contact is known by.
type Known struct {
	IDs        []string  // theirs and of those who were merged with them
	Identities []string  // kind, scope and value, with blanks between
	CreatedAt  time.Time // whoever is made after an erasure is somebody new, even by the same number
}

// Keys makes keyed hashes. It is the secret keys'.
type Keys interface {
	// Fingerprint names the key that makes new ones.
	Fingerprint() string
	// Mark is the hash of a text with the key of that id; nil if the key is not there.
	Mark(keyID, text string) []byte
}

func mark(keys Keys, keyID, workspaceID, what, text string) string {
	sum := keys.Mark(keyID, strings.Join([]string{what, workspaceID, text}, "\x00"))
	return base64.RawURLEncoding.EncodeToString(sum)
}

// bury makes the marks of a tombstone.
func bury(keys Keys, t Tombstone, k Known) Tombstone {
	t.KeyID, t.Marks = keys.Fingerprint(), []string{}
	for _, one := range k.IDs {
		t.Marks = append(t.Marks, mark(keys, t.KeyID, t.WorkspaceID, "contact", one))
	}
	for _, one := range k.Identities {
		t.Marks = append(t.Marks, mark(keys, t.KeyID, t.WorkspaceID, "identity", one))
	}
	return t
}

// buried finds out whether a contact is one who was erased, for many tombstones of one workspace at once.
type buried struct {
	keys        Keys
	workspaceID string
	by          map[string]map[string][]Tombstone // key id to mark to whoever has it
}

// index is a *KeyError if there is a tombstone that no key reads.
func index(keys Keys, workspaceID string, all []Tombstone) (buried, error) {
	b := buried{keys: keys, workspaceID: workspaceID, by: map[string]map[string][]Tombstone{}}
	for _, t := range all {
		if keys.Mark(t.KeyID, "") == nil {
			return b, &KeyError{KeyID: t.KeyID}
		}
		if b.by[t.KeyID] == nil {
			b.by[t.KeyID] = map[string][]Tombstone{}
		}
		for _, m := range t.Marks {
			b.by[t.KeyID][m] = append(b.by[t.KeyID][m], t)
		}
	}
	return b, nil
}

// names returns the ids of the tombstones that are this contact's.
func (b buried) names(k Known) map[string]bool {
	found := map[string]bool{}
	for keyID, marks := range b.by {
		for _, one := range k.IDs {
			for _, t := range marks[mark(b.keys, keyID, b.workspaceID, "contact", one)] {
				found[t.ID] = true
			}
		}
		for _, one := range k.Identities {
			for _, t := range marks[mark(b.keys, keyID, b.workspaceID, "identity", one)] {
				if k.CreatedAt.Before(t.ErasedAt) {
					found[t.ID] = true
				}
			}
		}
	}
	return found
}

// KeyError is a tombstone that can't be read, because the key it was made with is not given.
type KeyError struct{ KeyID string }

func (e *KeyError) Error() string {
	return fmt.Sprintf("somebody was erased who may be back with a restored backup, and nobody can tell who: their tombstone was made with the key %s; "+
		"put that key into CORDBOARD_SECRET_KEY too, behind the others", e.KeyID)
}
