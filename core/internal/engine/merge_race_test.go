package engine_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/cordboard/cordboard/core/internal/conversation"
	"github.com/cordboard/cordboard/core/internal/engine"
	"github.com/cordboard/cordboard/core/internal/id"
	"github.com/cordboard/cordboard/core/internal/run"
	"github.com/cordboard/cordboard/sdk/protocol"
)

// lateStore lets something happen before a unit takes its locks, when all that it was given has been read.
type lateStore struct {
	engine.Store
	before *atomic.Pointer[func(contactIDs []string)]
}

func (s lateStore) Write(ctx context.Context, contactIDs []string, unit func(ctx context.Context, tx engine.Tx) error) error {
	if before := s.before.Load(); before != nil {
		(*before)(contactIDs)
	}
	return s.Store.Write(ctx, contactIDs, unit)
}

// known makes the contact with a number, and returns their id.
func (w *world) known(phone string) string {
	w.Helper()
	c, err := w.store.Contact(w.Context(), w.workspace.ID, conversation.Recognise(protocol.Contact{Phone: phone}, "", ""), nil)
	w.check(err)
	return c.ID
}

// TestAMergeBeforeTheLockIsTaken: what was found out about a contact before their lock was held counts for nothing (R4).
func TestAMergeBeforeTheLockIsTaken(t *testing.T) {
	for name, c := range map[string]struct {
		flow string
		does func(w *world)
	}{
		"an event starts a run": {patient, func(w *world) { w.send(ordered("o1", otherPhone)) }},
		"an event starts a run of a flow that takes one at a time": {
			strings.Replace(patient, "title: Ask", "title: Ask\nper_contact: reject", 1), func(w *world) { w.send(ordered("o1", otherPhone)) },
		},
		"somebody starts a run": {manual, func(w *world) {
			in := w.newStart("k")
			in.Data = []byte(`{"phone":"` + otherPhone + `"}`)
			_, err := w.engine.Start(w.Context(), in)
			w.check(err)
		}},
		"they say something that starts a run": {strings.Replace(patient, "{on: chat.ordered, connection: line}\ncontact: {phone: \"{{ event.phone }}\"}", "{on: message, connection: line}", 1), func(w *world) {
			w.send(wrote("m1", otherPhone, "hello", time.Now()))
		}},
	} {
		t.Run(name, func(t *testing.T) {
			onBoth(t, func(t *testing.T, url string) {
				var before atomic.Pointer[func([]string)]
				w := newWorld(t, url, c.flow, func(cfg *engine.Config) { cfg.Store = lateStore{cfg.Store, &before} })
				to, from := w.known(phone), w.known(otherPhone)
				merge := func(contactIDs []string) {
					if slices.Contains(contactIDs, from) {
						before.Store(nil)
						_, err := w.engine.MergeContacts(context.Background(), w.workspace.ID, to, from, false)
						w.check(err)
					}
				}
				before.Store(&merge)
				c.does(w)
				d := w.asked()
				if d.Run.ContactID != to || d.Waits[0].ContactID != to {
					t.Errorf("the run is about %s, and its wait about %s; want %s", d.Run.ContactID, d.Waits[0].ContactID, to)
				}
				for _, m := range w.messages() {
					if m.ContactID != to {
						t.Errorf("message %s is from %s", m.ProviderID, m.ContactID)
					}
				}
				w.send(wrote("m2", phone, "yes", time.Now()))
				if got := w.disposition("m2"); got != conversation.Matched {
					t.Errorf("the answer is %s", got)
				}
			})
		})
	}
}

// TestR4AnAnswerDuringAMerge: who answers is merged between the look for them and the lock.
func TestR4AnAnswerDuringAMerge(t *testing.T) {
	onBoth(t, func(t *testing.T, url string) {
		var before atomic.Pointer[func([]string)]
		w := newWorld(t, url, patient, func(cfg *engine.Config) { cfg.Store = lateStore{cfg.Store, &before} })
		to := w.known(phone)
		w.send(ordered("o1", otherPhone))
		w.asked()
		merge := func(contactIDs []string) {
			before.Store(nil)
			_, err := w.engine.MergeContacts(context.Background(), w.workspace.ID, to, contactIDs[0], false)
			w.check(err)
		}
		before.Store(&merge)
		w.send(wrote("m1", otherPhone, "yes", time.Now()))
		if got := w.disposition("m1"); got != conversation.Matched {
			t.Errorf("the answer is %s", got)
		}
	})
}

// TestABlockBeforeTheLockIsTaken: the contact is blocked when their event has been read and is not stored yet.
func TestABlockBeforeTheLockIsTaken(t *testing.T) {
	onBoth(t, func(t *testing.T, url string) {
		var before atomic.Pointer[func([]string)]
		w := newWorld(t, url, patient, func(cfg *engine.Config) { cfg.Store = lateStore{cfg.Store, &before} })
		known := w.known(phone)
		block := func(contactIDs []string) {
			if slices.Contains(contactIDs, known) {
				before.Store(nil)
				_, err := w.engine.ChangeContact(context.Background(), w.workspace.ID, known, run.ContactChange{Blocked: new(true)})
				w.check(err)
			}
		}
		before.Store(&block)
		w.send(ordered("o1", phone))
		d := w.theRun(run.Cancelled)
		if calls := w.called(d.Run.ID); len(calls) > 0 {
			t.Errorf("a contact who is blocked was sent %v", calls)
		}
	})
}

// TestRaceOfAMergeWithAStart: whichever comes first, nothing is left with the contact who is gone.
func TestRaceOfAMergeWithAStart(t *testing.T) {
	onBoth(t, func(t *testing.T, url string) {
		w := newWorld(t, url, patient, nil)
		var trying sync.WaitGroup
		slots := make(chan struct{}, batch)
		for n := range *trials {
			slots <- struct{}{}
			trying.Go(func() {
				defer func() { <-slots }()
				one, other := fmt.Sprintf("+34600%06d", n), fmt.Sprintf("+34611%06d", n)
				to, from := w.known(one), w.known(other)
				request := w.receive(ordered(id.New("o"), other))
				var both sync.WaitGroup
				for _, do := range []func(){
					func() { w.look(w.engine, engine.Alarm{Kind: engine.KindRequest, ID: request}) },
					func() {
						_, err := w.engine.MergeContacts(context.Background(), w.workspace.ID, to, from, false)
						w.check(err)
					},
				} {
					pause := rand.N(4 * time.Millisecond)
					both.Go(func() { time.Sleep(pause); do() })
				}
				both.Wait()
			})
		}
		trying.Wait()
		w.until("all are asked", func() bool {
			for _, r := range w.runs() {
				if r.State.Phase != run.PhaseAsking {
					return false
				}
			}
			return true
		})
		runs := w.runs()
		if len(runs) != *trials {
			t.Errorf("%d runs, want %d", len(runs), *trials)
		}
		for _, r := range runs {
			if c, err := w.store.ContactByID(t.Context(), w.workspace.ID, r.ContactID); err != nil || c.ID != r.ContactID {
				t.Errorf("run %s is about %s, who is %s now: %v", r.ID, r.ContactID, c.ID, err)
			}
			d, err := w.store.RunDetail(t.Context(), w.workspace.ID, r.ID)
			w.check(err)
			if len(d.Waits) != 1 || d.Waits[0].ContactID != r.ContactID {
				t.Errorf("run %s waits as %+v", r.ID, d.Waits)
			}
		}
	})
}
