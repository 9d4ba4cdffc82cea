// Package erasure keeps people erased. It notes each erasure before anything is done, in the database and in a file beside
// it, so that one that broke off goes on by itself and nobody comes back with a restored backup. What is noted are keyed hashes. How
// a person is taken out of the tables is the business of the engine and the store.
package erasure

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/cordboard/cordboard/core/internal/access"
	"github.com/cordboard/cordboard/core/internal/engine"
	"github.com/cordboard/cordboard/core/internal/list"
)

const (
	// lookEvery is how often what broke off is looked for.
	lookEvery = 30 * time.Second
	// noteEvery is after how many of these looks the log takes over what other nodes have erased.
	noteEvery = 20
	// brokenOff is how old an erasure is that is taken for one that broke off. Doing one twice at once does no harm.
	brokenOff = 2 * time.Minute
)

// Open is an erasure that has not come to its end.
type Open struct {
	ID          string
	WorkspaceID string
	Contacts    []string
	By          access.Actor // who asked for it
}

// Store keeps tombstones and what is left to do. Its clock decides.
type Store interface {
	// BeginErasure notes that a contact is to be erased, with the tombstone that bury makes of what they are known by. It is the
	// erasure that is open already, if there is one; ErrNotFound for a contact that is not there.
	BeginErasure(ctx context.Context, workspaceID, contactID string, bury func(Tombstone, Known) Tombstone) (Tombstone, Open, error)
	// EndErasure notes that one is done.
	EndErasure(ctx context.Context, id string) error
	// OpenErasures lists those that are not done and were begun that long ago or earlier; 0: all.
	OpenErasures(ctx context.Context, ago time.Duration) ([]Open, error)
	// AddTombstone stores one that another database has made, with the contacts of this one whom it names. One that is
	// known stays as it is.
	AddTombstone(ctx context.Context, t Tombstone, contacts []string) error
	// Tombstones returns a page of a workspace's, the newest first.
	Tombstones(ctx context.Context, workspaceID string, p list.Page) ([]Tombstone, error)
	// Workspaces lists the ids of all workspaces.
	Workspaces(ctx context.Context) ([]string, error)
	// WalkContacts calls visit with each contact of a workspace.
	WalkContacts(ctx context.Context, workspaceID string, visit func(contactID string, k Known)) error
}

// EraseFunc ends a contact's runs and takes what tells of them out of every table. It may be called again.
type EraseFunc func(ctx context.Context, workspaceID, contactID string) error

// Keeper erases people and sees to it that they stay so.
type Keeper struct {
	Store Store
	Keys  Keys
	Do    EraseFunc
	Log   *slog.Logger

	file file
}

// New returns a Keeper that has its log in the data folder.
func New(store Store, keys Keys, do EraseFunc, dataDir string, log *slog.Logger) *Keeper {
	return &Keeper{Store: store, Keys: keys, Do: do, Log: log, file: file{dir: dataDir}}
}

// Erase erases a contact. Should it break off, it goes on by itself. The error is ErrNotFound for a contact that is not there.
func (k *Keeper) Erase(ctx context.Context, workspaceID, contactID string) error {
	t, open, err := k.Store.BeginErasure(ctx, workspaceID, contactID, func(t Tombstone, known Known) Tombstone { return bury(k.Keys, t, known) })
	if err != nil {
		return err
	}
	// Before anything is gone: of what a backup brings back, the file alone knows that it has to go.
	if err := k.file.add(t); err != nil {
		return err
	}
	return k.finish(ctx, open)
}

func (k *Keeper) finish(ctx context.Context, o Open) error {
	ctx = access.ActingAs(ctx, o.By)
	for _, contactID := range o.Contacts {
		if err := k.Do(ctx, o.WorkspaceID, contactID); err != nil && !errors.Is(err, engine.ErrNotFound) {
			return fmt.Errorf("erasure %s: %w", o.ID, err)
		}
	}
	return k.Store.EndErasure(ctx, o.ID)
}

// Prepare compares the database with the log. What the log alone knows was erased after the backup that the database was
// restored from: those people are to be erased again. It returns how many erasures are left to do, those included that broke
// off. The error is a *KeyError for a tombstone that no key reads.
func (k *Keeper) Prepare(ctx context.Context) (left int, err error) {
	logged, torn, err := k.file.read()
	if err != nil {
		return 0, err
	}
	if torn > 0 {
		k.Log.Warn("the log of erasures has lines that can't be read", "lines", torn)
	}
	workspaces, err := k.Store.Workspaces(ctx)
	if err != nil {
		return 0, err
	}
	stored, err := k.stored(ctx, workspaces)
	if err != nil {
		return 0, err
	}
	unknown := map[string][]Tombstone{}
	for _, t := range logged {
		if _, there := stored[t.ID]; !there {
			unknown[t.WorkspaceID] = append(unknown[t.WorkspaceID], t)
		}
		delete(stored, t.ID)
	}
	for _, workspaceID := range workspaces { // of a workspace that is not there nobody is
		if _, err := k.take(ctx, workspaceID, unknown[workspaceID]); err != nil {
			return 0, err
		}
	}
	if err := k.file.add(values(stored)...); err != nil {
		return 0, err
	}
	open, err := k.Store.OpenErasures(ctx, 0)
	return len(open), err
}

// Resume does what is left.
func (k *Keeper) Resume(ctx context.Context) error { return k.resume(ctx, 0) }

func (k *Keeper) resume(ctx context.Context, ago time.Duration) error {
	open, err := k.Store.OpenErasures(ctx, ago)
	if err != nil {
		return err
	}
	for _, o := range open {
		if err := k.finish(ctx, o); err != nil {
			return err
		}
	}
	return nil
}

// Again erases once more whoever tombstones of a workspace name, for a database whose node had no log. It returns how many
// contacts were found.
func (k *Keeper) Again(ctx context.Context, workspaceID string, all []Tombstone) (found int, err error) {
	for i := range all {
		all[i].WorkspaceID = workspaceID
	}
	if found, err = k.take(ctx, workspaceID, all); err != nil {
		return 0, err
	}
	if err := k.file.add(all...); err != nil {
		return 0, err
	}
	return found, k.Resume(ctx)
}

// take stores tombstones of one workspace with the contacts whom they name here.
func (k *Keeper) take(ctx context.Context, workspaceID string, all []Tombstone) (found int, err error) {
	if len(all) == 0 {
		return 0, nil
	}
	graves, err := index(k.Keys, workspaceID, all)
	if err != nil {
		return 0, err
	}
	named := map[string][]string{}
	err = k.Store.WalkContacts(ctx, workspaceID, func(contactID string, known Known) {
		for id := range graves.names(known) {
			named[id] = append(named[id], contactID)
		}
	})
	if err != nil {
		return 0, fmt.Errorf("look for who was erased: %w", err)
	}
	for _, t := range all {
		if err := k.Store.AddTombstone(ctx, t, named[t.ID]); err != nil {
			return 0, fmt.Errorf("keep the tombstone %s: %w", t.ID, err)
		}
		found += len(named[t.ID])
	}
	return found, nil
}

// stored returns the tombstones of the database by their ids.
func (k *Keeper) stored(ctx context.Context, workspaces []string) (map[string]Tombstone, error) {
	all := map[string]Tombstone{}
	for _, workspaceID := range workspaces {
		for page := (list.Page{Limit: list.MaxLimit}); ; {
			some, err := k.Store.Tombstones(ctx, workspaceID, page)
			if err != nil {
				return nil, err
			}
			for _, t := range some {
				all[t.ID], page.After = t, t.ID
			}
			if len(some) < page.Size() {
				break
			}
		}
	}
	return all, nil
}

func values(m map[string]Tombstone) (all []Tombstone) {
	for _, t := range m {
		all = append(all, t)
	}
	return all
}

// Run goes on with what broke off elsewhere and notes what other nodes have erased, until ctx ends.
func (k *Keeper) Run(ctx context.Context) {
	tick := time.NewTicker(lookEvery)
	defer tick.Stop()
	for look := 1; ; look++ {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			err := k.resume(ctx, brokenOff)
			if look%noteEvery == 0 {
				_, more := k.Prepare(ctx)
				err = errors.Join(err, more)
			}
			if err != nil && ctx.Err() == nil {
				k.Log.Error("erasures that broke off", "error", err)
			}
		}
	}
}
