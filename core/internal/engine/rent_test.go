package engine_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/cordboard/cordboard/core/internal/conversation"
	"github.com/cordboard/cordboard/core/internal/engine"
	"github.com/cordboard/cordboard/core/internal/flow"
	"github.com/cordboard/cordboard/core/internal/inspect"
	"github.com/cordboard/cordboard/core/internal/publish"
	"github.com/cordboard/cordboard/core/internal/run"
	"github.com/cordboard/cordboard/sdk/protocol"
)

// lease makes a version for rented waits, with a question that the gateway sends or one that somebody else does.
func (w *world) lease(asks bool) engine.LiveFlow {
	w.Helper()
	source := "name: rented\ntrigger: {on: manual}\nsteps:\n"
	terms := "within: 2h, connection: line"
	if asks {
		source += "  - {id: ask, do: chat.say, connection: line, with: {text: \"{{ event.ask.text }}\"}}\n"
		terms = "within: 2h"
	}
	source += "  - {id: answer, customer_response: {" + terms + "}, default: [], no_response: [], undelivered: []}\n"
	live, err := w.store.EnsureRented(w.Context(), publish.Publication{
		WorkspaceID: w.workspace.ID, Name: flow.Rented, Source: []byte(source), EventType: flow.Manual, Connectors: map[string]string{"chat": pinnedChat},
	})
	w.check(err)
	return live
}

// rental asks for a wait for a person.
func (w *world) rental(live engine.LiveFlow, key, phone string) engine.Rental {
	return engine.Rental{
		WorkspaceID: w.workspace.ID, LiveFlow: live, Key: key, Contact: protocol.Contact{Phone: phone},
		Data: json.RawMessage(`{"reference":"` + key + `","data":{},"ask":{"text":"Well?"}}`),
	}
}

// insists asks for a wait until it is told of one, as an outside system does whose request was not answered.
func (w *world) insists(in engine.Rental) (begun engine.Started) {
	w.Helper()
	w.until("the wait is rented", func() bool {
		var err error
		begun, err = w.present().Rent(w.Context(), in)
		return err == nil
	})
	return begun
}

// TestKillPointsOfARental: a node dies while it rents a wait, and the outside system asks another one with the same key.
func TestKillPointsOfARental(t *testing.T) {
	for name, k := range map[string]struct {
		asks  bool
		at    window
		nth   int64
		fresh bool // the second node begins the run
		calls string
		open  bool // there is a wait
	}{
		"before the run is stored":                      {true, beforeCommit, 0, true, "ask", true},
		"the run is stored, the question not sent":      {true, afterCommit, 0, false, "", false},
		"the question is about to be sent":              {true, beforeCall, 0, false, "", false},
		"the question was sent":                         {true, afterCall, 0, false, "ask", false},
		"inside of the commit that opens the wait":      {true, beforeCommit, 1, false, "ask", false},
		"the wait is open":                              {true, afterCommit, 1, false, "ask", true},
		"their own question, before the wait is stored": {false, beforeCommit, 0, true, "", true},
		"their own question, the wait is stored":        {false, afterCommit, 0, false, "", true},
	} {
		t.Run(name, func(t *testing.T) {
			onBoth(t, func(t *testing.T, url string) {
				w := newWorld(t, url, patient, withoutAlarms)
				live := w.lease(k.asks)
				node := w.mortalNode(k.at, k.nth, withoutAlarms)
				in := w.rental(live, "k", phone)
				_, err := w.engine.Rent(t.Context(), in)
				<-node.died
				if k.at == beforeCommit && k.nth == 0 && !errors.Is(err, errDead) {
					t.Errorf("the first was told %v", err)
				}
				w.succeed(nil)
				second := w.insists(in)
				if second.Fresh != k.fresh {
					t.Errorf("the second began it: %v", second.Fresh)
				}
				w.sweep("nothing is due and nobody calls", w.isAtRest)
				runs := w.runsOf(flow.Rented)
				if len(runs) != 1 || runs[0].ID != second.RunID {
					t.Fatalf("%d runs, and %s was told of", len(runs), second.RunID)
				}
				if calls := strings.Join(w.called(second.RunID), " "); calls != k.calls {
					t.Errorf("calls %q, want %q", calls, k.calls)
				}
				r, wait, err := w.engine.RentedWait(t.Context(), second.RunID)
				w.check(err)
				if (wait.State == run.WaitOpen) != k.open {
					t.Errorf("the wait is %q, the run %s in %q", wait.State, r.State.Status, r.State.Phase)
				}
				if !k.open && r.State.Phase != run.PhaseSettling && r.State.Status != run.Failed {
					t.Errorf("whether it was asked is not known, and the run is %s in %q", r.State.Status, r.State.Phase)
				}
			})
		})
	}
}

// TestRaceOfARental: several requests with one key, on two nodes of which one dies, while the contact writes. There is one run,
// one question and one wait, and what the contact says has one disposition.
func TestRaceOfARental(t *testing.T) {
	onBoth(t, func(t *testing.T, url string) {
		w := newWorld(t, url, patient, withoutAlarms)
		versions := map[bool]engine.LiveFlow{true: w.lease(true), false: w.lease(false)}
		for n := range max(*trials/batch, 1) {
			other := w.engine
			node := w.mortalNode([]window{beforeCommit, afterCommit, beforeCall, afterCall}[rand.IntN(4)], rand.Int64N(2*batch), withoutAlarms)
			mortal, mortalID := w.engine, w.node
			rented := make([]rentals, batch)
			var all sync.WaitGroup
			for i := range rented {
				rented[i] = rentals{key: fmt.Sprint("k", n, " ", i), phone: fmt.Sprintf("+346%08d", n*batch+i)}
				all.Go(func() { rented[i].race(w, w.rental(versions[i%2 == 0], rented[i].key, rented[i].phone), mortal, other) })
			}
			all.Wait()
			node.die()
			w.check(w.store.LeaveNode(w.Context(), mortalID))
			w.engine = other
			for i := range rented {
				rented[i].began(w.insists(w.rental(versions[i%2 == 0], rented[i].key, rented[i].phone)))
				w.look(other, engine.Alarm{Kind: engine.KindRequest, ID: rented[i].request})
			}
			w.sweep("nothing is due and nobody calls", w.isAtRest)
			for i := range rented {
				rented[i].judge(w)
			}
		}
	})
}

// rentals is what came of several requests for one wait.
type rentals struct {
	key, phone string
	request    string // that brought what the contact wrote
	mu         sync.Mutex
	fresh      int
	runs       []string
}

func (r *rentals) began(s engine.Started) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if s.Fresh {
		r.fresh++
	}
	r.runs = append(r.runs, s.RunID)
}

// race asks five times at once, and lets the contact write.
func (r *rentals) race(w *world, in engine.Rental, nodes ...*engine.Engine) {
	var all sync.WaitGroup
	for i := range 5 {
		all.Go(func() {
			switch s, err := nodes[i%len(nodes)].Rent(w.Context(), in); {
			case err == nil:
				r.began(s)
			case !errors.Is(err, errDead):
				w.Errorf("%s: %v", r.key, err)
			}
		})
	}
	r.request = w.receive(wrote("m of "+r.key, r.phone, "yes", time.Now()))
	w.look(nodes[1], engine.Alarm{Kind: engine.KindRequest, ID: r.request})
	all.Wait()
}

func (r *rentals) judge(w *world) {
	w.Helper()
	slices.Sort(r.runs)
	if runs := slices.Compact(r.runs); len(runs) != 1 || r.fresh > 1 {
		w.Fatalf("%s: runs %v, begun %d times", r.key, runs, r.fresh)
	}
	d := w.detail(r.runs[0])
	contact, err := w.store.ListRuns(w.Context(), w.workspace.ID, inspect.RunFilter{ContactID: d.Run.ContactID}, pageOf200)
	w.check(err)
	if calls := w.called(d.Run.ID); len(contact) != 1 || len(calls) > 1 || len(d.Waits) > 1 {
		w.Errorf("%s: %d runs of the contact, calls %v, %d waits", r.key, len(contact), calls, len(d.Waits))
	}
	messages, err := w.store.ListMessages(w.Context(), w.workspace.ID, d.Run.ContactID, pageOf200)
	w.check(err)
	i := slices.IndexFunc(messages, func(m conversation.Message) bool { return m.Direction == protocol.Inbound })
	answered := len(d.Waits) == 1 && d.Waits[0].State == run.WaitReplied
	if i < 0 || (messages[i].Disposition == conversation.Matched) != answered || messages[i].Disposition != conversation.Matched && messages[i].Disposition != conversation.NoMatch {
		w.Errorf("%s: answered %v by %+v", r.key, answered, messages)
	}
}
