package seal

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

const (
	rotateBatch  = 100                   // secrets that one short transaction seals anew
	rotateBreath = 10 * time.Millisecond // between them, so that others come in between
)

// Stored is a secret with where it is stored.
type Stored struct {
	Place
	Sealed

	After string // where a list goes on behind it
}

// NodeKeys are the ids of the keys that a running node knows, the one that it seals with first.
type NodeKeys struct {
	Node string
	Keys []string
}

// OtherKeyError is a node that runs and does not seal with the key that everything is to be sealed with.
type OtherKeyError struct{ Node, KeyID string }

func (e *OtherKeyError) Error() string {
	return fmt.Sprintf("the node %s does not seal with the key %s: restart it with that key first in CORDBOARD_SECRET_KEY, and the old one behind it", e.Node, e.KeyID)
}

// RotationStore keeps everything that is sealed.
type RotationStore interface {
	SentinelStore
	// NodeKeys lists the nodes that are alive.
	NodeKeys(ctx context.Context) ([]NodeKeys, error)
	// SealedColumns names the columns that hold secrets.
	SealedColumns() []string
	// SealedOtherwise lists secrets of a column that are not sealed with this key, from after on.
	SealedOtherwise(ctx context.Context, column, keyID, after string, limit int) ([]Stored, error)
	// Reseal puts to in the place of from, as one unit, except where something else is stored by now. It returns how many
	// it has changed.
	Reseal(ctx context.Context, column string, from []Stored, to []Sealed) (int, error)
}

// Rotation is what came of Rotate.
type Rotation struct {
	Sealed map[string]int // secrets by column that were sealed anew
	Stuck  []string       // where secrets are that no key opens, each with the reason
}

// Total is how many secrets were sealed anew.
func (r Rotation) Total() (n int) {
	for _, some := range r.Sealed {
		n += some
	}
	return n
}

// Rotate seals with the first key everything that another has sealed, beside gateways that go on working. It may be
// stopped at any moment and begun again: each secret names its key. tell is called now and then with how many secrets of
// a column were sealed anew. It changes nothing while a node runs that could not open what it seals, or that would go
// on sealing with another key.
func (k *Keys) Rotate(ctx context.Context, store RotationStore, tell func(column string, done int)) (r Rotation, err error) {
	nodes, err := store.NodeKeys(ctx)
	if err != nil {
		return r, fmt.Errorf("list nodes: %w", err)
	}
	for _, n := range nodes {
		if len(n.Keys) > 0 && n.Keys[0] != k.primary {
			return r, &OtherKeyError{Node: n.Node, KeyID: k.primary}
		}
	}
	if err := k.Check(ctx, store); err != nil {
		return r, err
	}
	r.Sealed = map[string]int{}
	for _, column := range store.SealedColumns() {
		if err := k.rotateColumn(ctx, store, column, &r, tell); err != nil {
			return r, fmt.Errorf("seal %s anew: %w", column, err)
		}
	}
	return r, nil
}

// rotateColumn goes through a column until nothing is left in it but what no key opens: while it is read, somebody may
// put back a row that was read before.
func (k *Keys) rotateColumn(ctx context.Context, store RotationStore, column string, r *Rotation, tell func(string, int)) error {
	stuck := map[string]string{}
	for again := true; again; {
		again = false
		for after := ""; ; {
			some, err := store.SealedOtherwise(ctx, column, k.primary, after, rotateBatch)
			if err != nil {
				return err
			}
			if len(some) == 0 {
				break
			}
			after = some[len(some)-1].After
			var from []Stored
			var to []Sealed
			for _, s := range some {
				sealed, err := k.reseal(s)
				if err != nil {
					stuck[s.RowID] = fmt.Sprintf("%s of %s: %s", column, s.RowID, reason(err, s.KeyID))
					continue
				}
				from, to = append(from, s), append(to, sealed)
			}
			if len(from) == 0 {
				continue
			}
			again = true
			n, err := store.Reseal(ctx, column, from, to)
			if err != nil {
				return err
			}
			r.Sealed[column] += n
			tell(column, r.Sealed[column])
			select {
			case <-ctx.Done():
				return ctx.Err()
			case <-time.After(rotateBreath):
			}
		}
	}
	for _, text := range stuck {
		r.Stuck = append(r.Stuck, text)
	}
	slices.Sort(r.Stuck)
	return nil
}

func (k *Keys) reseal(s Stored) (Sealed, error) {
	text, err := k.Open(s.Place, s.Sealed)
	if err != nil {
		return Sealed{}, err
	}
	return k.Seal(s.Place, text)
}

func reason(err error, keyID string) string {
	if errors.Is(err, ErrWrongKey) {
		return "sealed with the key " + keyID + ", which is not given"
	}
	return "damaged"
}

// Known lists the ids of the keys, the one that seals first, with blanks between them.
func (k *Keys) Known() string { return strings.Join(k.known, " ") }

// Others are the ids of the keys that open and do not seal.
func (k *Keys) Others() []string { return k.known[1:] }
