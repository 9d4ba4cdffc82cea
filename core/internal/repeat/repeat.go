// Package repeat has a request that is sent twice under one Idempotency-Key done once: it keeps the answer of the first
// and gives it to the second. What a request means and how it is answered is left to the caller.
package repeat

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/cordboard/cordboard/core/internal/seal"
)

// Kept is how long an answer is kept, counted from the request.
const Kept = 24 * time.Hour

// lost is how long a request may be under way before it counts as lost with its node. It is more than the API allows.
const lost = 2 * time.Minute

var (
	// ErrOther is a key that was used for another request.
	ErrOther = errors.New("the key was used for another request")
	// ErrBusy is a key whose first request is under way.
	ErrBusy = errors.New("the first request with the key is under way")
	// ErrUnknown is a key whose first request was lost: whether it took effect is not known.
	ErrUnknown = errors.New("what became of the first request with the key is not known")
)

// Key names a request: what its sender calls it.
type Key struct {
	WorkspaceID string
	Actor       string // id of the person or the token; each has keys of its own
	Text        string
}

// Answer is what a request was answered.
type Answer struct {
	Status int    `json:"status"`
	Type   string `json:"type,omitempty"` // media type
	Body   []byte `json:"body,omitempty"`
}

// Claim is a key as it is stored.
type Claim struct {
	Key
	Request seal.Sealed // a hash of the request
	Answer  seal.Sealed // without Data: there is none yet
	At      time.Time
}

// Store keeps keys. Its clock decides.
type Store interface {
	// ClaimKey stores a key unless it is there; then it returns the stored one, and fresh is false. age is how long ago
	// it was stored. A key that is older than Kept counts as gone.
	ClaimKey(ctx context.Context, c Claim, kept time.Duration) (stored Claim, age time.Duration, fresh bool, err error)
	// KeepAnswer stores the answer to a key.
	KeepAnswer(ctx context.Context, k Key, answer seal.Sealed) error
	// DropKey forgets a key.
	DropKey(ctx context.Context, k Key) error
}

// Requests keeps the answers to requests. They may hold a secret that is shown once, so they are sealed.
type Requests struct {
	Store Store
	Keys  *seal.Keys
}

// Begin claims a key for a request. done is set when its answer is there; when neither it nor an error is returned, the
// caller works on the request and ends with End or Drop.
func (r *Requests) Begin(ctx context.Context, k Key, request []byte) (a Answer, done bool, err error) {
	sum := sha256.Sum256(request)
	// A plain hash of a request that holds a weak password would give the password away.
	sealed, err := r.Keys.Seal(place(k, "request"), seal.NewSecret(string(sum[:])))
	if err != nil {
		return Answer{}, false, fmt.Errorf("seal a request: %w", err)
	}
	first, age, fresh, err := r.Store.ClaimKey(ctx, Claim{Key: k, Request: sealed}, Kept)
	if err != nil || fresh {
		return Answer{}, false, err
	}
	known, err := r.Keys.Open(place(k, "request"), first.Request)
	if err != nil {
		return Answer{}, false, fmt.Errorf("open a request: %w", err)
	}
	switch {
	case known.Reveal() != string(sum[:]):
		return Answer{}, false, ErrOther
	case len(first.Answer.Data) == 0 && age < lost:
		return Answer{}, false, ErrBusy
	case len(first.Answer.Data) == 0:
		return Answer{}, false, ErrUnknown
	}
	text, err := r.Keys.Open(place(k, "answer"), first.Answer)
	if err == nil {
		err = json.Unmarshal([]byte(text.Reveal()), &a)
	}
	if err != nil {
		return Answer{}, false, fmt.Errorf("open an answer: %w", err)
	}
	return a, true, nil
}

// End keeps the answer to a request.
func (r *Requests) End(ctx context.Context, k Key, a Answer) error {
	text, err := json.Marshal(a)
	if err != nil {
		return err
	}
	sealed, err := r.Keys.Seal(place(k, "answer"), seal.NewSecret(string(text)))
	if err != nil {
		return fmt.Errorf("seal an answer: %w", err)
	}
	return r.Store.KeepAnswer(ctx, k, sealed)
}

// Drop gives up a key: the request has changed nothing and may be sent again.
func (r *Requests) Drop(ctx context.Context, k Key) error { return r.Store.DropKey(ctx, k) }

func place(k Key, column string) seal.Place {
	return seal.Place{WorkspaceID: k.WorkspaceID, Table: "idempotency_keys", RowID: k.Actor + " " + k.Text, Column: column}
}
