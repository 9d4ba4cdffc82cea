package api

import (
	"time"

	"github.com/cordboard/cordboard/core/internal/erasure"
)

// Erasure is what is kept of a person who was erased: keyed hashes, by which a restored backup is searched.
type Erasure struct {
	ID       string    `json:"id" maxLength:"64"`
	KeyID    string    `json:"key_id" maxLength:"64" doc:"Of the secret key that the marks were made with."`
	Marks    []string  `json:"marks" maxItems:"10000" doc:"Keyed hashes of the contact's ids and identities."`
	ErasedAt time.Time `json:"erased_at"`
}

// ErasureOf shapes a tombstone.
func ErasureOf(t erasure.Tombstone) Erasure {
	return Erasure{ID: t.ID, KeyID: t.KeyID, Marks: t.Marks, ErasedAt: t.ErasedAt.UTC()}
}

// Tombstone is the erasure as the gateway keeps it.
func (e Erasure) Tombstone() erasure.Tombstone {
	return erasure.Tombstone{ID: e.ID, KeyID: e.KeyID, Marks: e.Marks, ErasedAt: e.ErasedAt}
}

// EraseAgain are erasures that another state of the database knows.
type EraseAgain struct {
	Erasures []Erasure `json:"erasures" minItems:"1" maxItems:"200" doc:"As listed by GET /erasures."`
}

// ErasedAgain is what came of them.
type ErasedAgain struct {
	Contacts int `json:"contacts" doc:"How many contacts were found and erased."`
}
