package engine_test

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/cordboard/cordboard/core/internal/conversation"
	"github.com/cordboard/cordboard/core/internal/engine"
	"github.com/cordboard/cordboard/core/internal/id"
	"github.com/cordboard/cordboard/core/internal/inspect"
	"github.com/cordboard/cordboard/core/internal/run"
	"github.com/cordboard/cordboard/core/internal/testenv"
	"github.com/cordboard/cordboard/sdk/protocol"
)

var trials = flag.Int("trials", 30, "how often each row of the race table in waits.md is tried, on each database")

// batch is how many people race at once, each with a run of their own; one node dies in each batch.
const batch = 30

// race is a row of the table.
type race struct {
	name      string
	questions int    // open when the race begins; 0 is one
	beside    string // a second flow that asks everyone too
	// run is what one person and the others do. It may meet the death of the node.
	run func(p *racer)
	// judge says what is wrong with what came of it.
	judge func(p *racer, d inspect.RunDetail) string
}

// racer is one person in one trial.
type racer struct {
	*world
	n       int
	phone   string
	waits   []run.Wait // oldest first
	refused error      // what an admin was told
	heard   []string   // requests that were received for the person
	after   int        // calls made when it was over for the person
	rand    *rand.Rand
}

// say stores a message as the intake does.
func (p *racer) say(at time.Time, change func(*protocol.Event)) (requestID string) {
	ev := wrote(id.New("wamid"), p.phone, "yes", at)
	if change != nil {
		change(&ev)
	}
	return p.arrives(ev)
}

func (p *racer) arrives(ev protocol.Event) (requestID string) {
	requestID = p.receive(ev)
	p.heard = append(p.heard, requestID)
	return requestID
}

func (p *racer) hears(requestID string) {
	p.look(p.engine, engine.Alarm{Kind: engine.KindRequest, ID: requestID})
}
func (p *racer) fires() {
	p.look(p.engine, engine.Alarm{Kind: engine.KindWait, ID: p.waits[0].ID})
}

// jitter is a moment around which two things meet.
func (p *racer) jitter() { time.Sleep(time.Duration(p.rand.Int64N(int64(4 * time.Millisecond)))) }

// together lets things happen at about the same time.
func (p *racer) together(things ...func()) {
	var all sync.WaitGroup
	for _, thing := range things {
		pause := time.Duration(p.rand.Int64N(int64(3 * time.Millisecond)))
		all.Go(func() { time.Sleep(pause); thing() })
	}
	all.Wait()
}

// took says what is wrong if a run did not take an exit and end well after it, with each of its calls made once.
func (p *racer) took(d inspect.RunDetail, exit, then string) string {
	want := []string{"ask", "answer." + exit, then}
	if d.Run.State.Phase == run.PhaseSettling && slices.Equal(p.called(d.Run.ID), []string{"ask"}) && slices.Equal(exits(d), want) {
		return "" // its node died on the way to the last call: that nothing went out, nobody will tell
	}
	if got := exits(d); !slices.Equal(got, want) || d.Run.State.Status != run.Succeeded {
		return fmt.Sprintf("it is %s and went %v, want %v", d.Run.State.Status, got, want)
	}
	if calls := p.called(d.Run.ID); !slices.Equal(calls, []string{"ask", then}) {
		return fmt.Sprintf("it called %v", calls)
	}
	return ""
}

func (p *racer) consumed(d inspect.RunDetail) string {
	n := 0
	for _, e := range d.WaitEvents {
		if e.Kind == engine.WaitReplied || e.Kind == engine.WaitFired || e.Kind == engine.WaitClosed {
			n++
		}
	}
	if n != 1 {
		return fmt.Sprintf("its wait was consumed %d times", n)
	}
	return ""
}

// dispositions lists what became of what the person said.
func (p *racer) dispositions() []string {
	ms, err := p.store.ListMessages(p.Context(), p.workspace.ID, p.waits[0].ContactID, pageOf200)
	p.check(err)
	var all []string
	for _, m := range ms {
		if m.Direction == protocol.Inbound {
			all = append(all, fmt.Sprintf("%s+%d", m.Disposition, m.Duplicates))
		}
	}
	slices.Sort(all)
	return all
}

func (p *racer) heardAs(want ...string) string {
	if got := p.dispositions(); !slices.Equal(got, want) {
		return fmt.Sprintf("what the person said became %v, want %v", got, want)
	}
	return ""
}

// raceTable is the table at the end of waits.md, but for its rows about a lost send, about Redis and about a database that
// is restarted, which have tests of their own below.
var raceTable = []race{
	{
		name: "a reply commits, then the timeout runs",
		run: func(p *racer) {
			p.hears(p.say(time.Now(), nil))
			p.fires()
		},
		judge: func(p *racer, d inspect.RunDetail) string {
			return first(p.took(d, "default", "thank"), p.consumed(d), p.heardAs("matched+0"))
		},
	}, {
		name: "a timeout claims, then a reply",
		run: func(p *racer) {
			p.waits[0] = p.reschedule(p.waits[0].ID, time.Now().Add(-time.Second))
			p.fires()
			p.hears(p.say(time.Now(), nil))
		},
		judge: func(p *racer, d inspect.RunDetail) string {
			return first(p.took(d, "no_response", "remind"), p.consumed(d), p.heardAs("late+0"))
		},
	}, {
		name: "a reply is received before the deadline and read after the timeout has begun",
		run: func(p *racer) {
			reply := p.say(time.Now(), nil)
			deadline := time.Now().Add(2 * time.Millisecond)
			p.waits[0] = p.reschedule(p.waits[0].ID, deadline)
			time.Sleep(time.Until(deadline))
			p.together(p.fires, p.fires, func() { p.hears(reply) })
		},
		judge: func(p *racer, d inspect.RunDetail) string {
			return first(p.took(d, "default", "thank"), p.consumed(d), p.heardAs("matched+0"))
		},
	}, {
		name: "a reply races its timeout (case 60)",
		run: func(p *racer) {
			deadline := time.Now().Add(3 * time.Millisecond)
			p.waits[0] = p.reschedule(p.waits[0].ID, deadline)
			at := deadline.Add(time.Duration(p.rand.Int64N(int64(4*time.Millisecond))) - 2*time.Millisecond)
			p.together(
				func() { time.Sleep(time.Until(deadline)); p.fires() },
				func() { time.Sleep(time.Until(at)); p.hears(p.say(at, nil)) },
			)
		},
		judge: func(p *racer, d inspect.RunDetail) string {
			if d.Waits[0].State == run.WaitReplied {
				return first(p.took(d, "default", "thank"), p.consumed(d), p.heardAs("matched+0"))
			}
			return first(p.took(d, "no_response", "remind"), p.consumed(d), p.heardAs("late+0"))
		},
	}, {
		name: "two replies in the same millisecond on two nodes (case 61)",
		run: func(p *racer) {
			now := time.Now()
			one, other := p.say(now, nil), p.say(now, nil)
			p.together(
				func() { p.hears(one) },
				func() { p.look(p.other, engine.Alarm{Kind: engine.KindRequest, ID: other}) },
			)
		},
		judge: func(p *racer, d inspect.RunDetail) string {
			return first(p.took(d, "default", "thank"), p.consumed(d), p.heardAs("matched+0", "no_match+0"))
		},
	}, {
		name: "one provider event is delivered five times in parallel (case 58)",
		run: func(p *racer) {
			ev := wrote(id.New("wamid"), p.phone, "yes", time.Now())
			copies := make([]func(), 5)
			for i := range copies {
				request, e := p.arrives(ev), p.engine
				if i%2 == 1 {
					e = p.other
				}
				copies[i] = func() { p.look(e, engine.Alarm{Kind: engine.KindRequest, ID: request}) }
			}
			p.together(copies...)
		},
		judge: func(p *racer, d inspect.RunDetail) string {
			return first(p.took(d, "default", "thank"), p.consumed(d), p.heardAs("matched+4"))
		},
	}, {
		name: "three open waits, a quoted reply to the second", questions: 3,
		run: func(p *racer) {
			p.hears(p.say(time.Now(), func(ev *protocol.Event) { ev.Message.InReplyTo = "ref of " + p.waits[1].RunID + ":ask" }))
		},
		judge: func(p *racer, d inspect.RunDetail) string { return p.onlyAnswered(1) },
	}, {
		name: "an admin answers while the timeout fires",
		run: func(p *racer) {
			deadline := time.Now().Add(2 * time.Millisecond)
			p.waits[0] = p.reschedule(p.waits[0].ID, deadline)
			p.together(
				func() { p.jitter(); p.fires() },
				func() {
					_, p.refused = p.engine.Answer(p.Context(), engine.Answer{WaitID: p.waits[0].ID, WorkspaceID: p.workspace.ID, Text: "yes"})
				},
			)
		},
		judge: func(p *racer, d inspect.RunDetail) string {
			var closed *engine.ClosedError
			switch {
			case d.Waits[0].State == run.WaitReplied && (p.refused == nil || errors.Is(p.refused, errDead)):
				return first(p.took(d, "default", "thank"), p.consumed(d))
			case d.Waits[0].State == run.WaitNoResponse && (errors.As(p.refused, &closed) || errors.Is(p.refused, errDead)):
				return first(p.took(d, "no_response", "remind"), p.consumed(d))
			}
			return fmt.Sprintf("the wait is %s, and the admin was told %v", d.Waits[0].State, p.refused)
		},
	}, {
		name: "a run is cancelled while its contact answers",
		run: func(p *racer) {
			reply := p.say(time.Now(), nil)
			p.together(
				func() { p.hears(reply) },
				func() { p.refused = p.engine.Cancel(p.Context(), p.waits[0].RunID, "The flow is paused.") },
			)
		},
		judge: func(p *racer, d inspect.RunDetail) string {
			if d.Waits[0].State == run.WaitCancelled {
				if calls := p.called(d.Run.ID); d.Run.State.Reason != "The flow is paused." || !slices.Equal(calls, []string{"ask"}) {
					return fmt.Sprintf("it was cancelled for the reason %q after the calls %v", d.Run.State.Reason, calls)
				}
				return p.consumed(d)
			}
			if d.Run.State.Status == run.Cancelled { // while it said its thanks
				return p.consumed(d)
			}
			return first(p.took(d, "default", "thank"), p.consumed(d))
		},
	}, {
		name: "a contact is erased while they answer (case 14)",
		run: func(p *racer) {
			reply := p.say(time.Now(), nil)
			p.together(
				func() { p.hears(reply) },
				func() {
					for p.refused = errDead; errors.Is(p.refused, errDead); { // whoever erases does it until it is done
						if p.refused = p.present().Erase(p.Context(), p.workspace.ID, p.waits[0].ContactID); p.refused != nil {
							time.Sleep(time.Millisecond)
						}
					}
				},
			)
			p.after = len(p.called(p.waits[0].RunID))
		},
		judge: func(p *racer, d inspect.RunDetail) string {
			if p.refused != nil {
				return fmt.Sprintf("the contact was not erased: %v", p.refused)
			}
			calls := p.called(d.Run.ID)
			if !d.Run.State.Status.Ended() || len(calls) > 2 {
				return fmt.Sprintf("it is %s after the calls %v", d.Run.State.Status, calls)
			}
			if d.Waits[0].State == run.WaitCancelled && (d.Run.State.Reason != engine.ErasedReason || len(calls) > 1) {
				return fmt.Sprintf("it was cancelled for the reason %q after the calls %v", d.Run.State.Reason, calls)
			}
			if len(calls) > max(p.after, 2) {
				return fmt.Sprintf("after the contact was erased there were the calls %v", calls[p.after:])
			}
			return ""
		},
	}, {
		name: "three open waits, a plain yes: the newest that accepts it", questions: 3, beside: choosyFlow,
		run:   func(p *racer) { p.hears(p.say(time.Now(), nil)) },
		judge: func(p *racer, d inspect.RunDetail) string { return p.onlyAnswered(2) },
	},
}

// choosyFlow asks everyone too, and "yes" is no answer to it.
var choosyFlow = strings.NewReplacer("name: ask", "name: other", "within: 1s", "within: 2h, accept: {choices: {never: [never]}}").Replace(askFlow)

// onlyAnswered wants one of the person's questions answered and the others open.
func (p *racer) onlyAnswered(n int) string {
	for i, w := range p.waits {
		got, err := p.store.Wait(p.Context(), w.ID)
		p.check(err)
		if want := map[bool]run.WaitState{true: run.WaitReplied, false: run.WaitOpen}[i == n]; got.State != want {
			return fmt.Sprintf("question %d is %s, want %s", i+1, got.State, want)
		}
	}
	return p.heardAs("matched+0")
}

func first(problems ...string) string {
	for _, p := range problems {
		if p != "" {
			return p
		}
	}
	return ""
}

// TestRaces tries each row of the table with random delays, and in each batch the node dies at a random moment; another
// one takes over.
func TestRaces(t *testing.T) {
	onBoth(t, func(t *testing.T, url string) {
		w := newWorld(t, url, patient, withoutAlarms)
		for _, row := range raceTable {
			t.Run(row.name, func(t *testing.T) { w.T = t; row.try(w) })
		}
	})
}

func (row race) try(w *world) {
	seed := rand.Uint64()
	r := rand.New(rand.NewPCG(seed, 0))
	if row.beside != "" {
		w.publish(row.beside)
	}
	deaths := 0
	for done := 0; done < *trials && !w.Failed(); done += batch {
		if row.batch(w, r, min(batch, *trials-done)) {
			deaths++
		}
	}
	w.Logf("%d trials, %d deaths, seed %d", *trials, deaths, seed)
}

// batch lets some people race and reports whether the node died meanwhile.
func (row race) batch(w *world, r *rand.Rand, people int) (died bool) {
	racers := make([]*racer, people)
	for i := range racers {
		w.racers++
		racers[i] = &racer{world: w, n: w.racers, phone: fmt.Sprintf("+346%08d", w.racers), rand: rand.New(rand.NewPCG(r.Uint64(), 1))}
	}
	row.ask(w, racers)
	at := []window{beforeCommit, afterCommit}[r.IntN(2)]
	w.other = w.engine // lives
	node := w.mortalNode(at, r.Int64N(3*batch), withoutAlarms)
	mortal := w.node
	var running sync.WaitGroup
	for _, p := range racers {
		running.Go(func() { row.run(p) })
	}
	over := make(chan struct{})
	go func() { running.Wait(); close(over) }()
	select {
	case <-over:
	case <-node.died:
		w.mu.Lock()
		w.heir = w.other
		w.mu.Unlock()
		<-over
	}
	node.die()
	w.check(w.store.LeaveNode(w.Context(), mortal))
	w.engine = w.other
	for _, p := range racers {
		for _, requestID := range p.heard {
			p.hears(requestID)
		}
	}
	w.sweep("nothing is due and nobody calls", w.isAtRest)
	for _, p := range racers {
		p.isTold()
	}
	w.mu.Lock()
	w.heir = nil
	w.mu.Unlock()
	for _, p := range racers {
		d, err := w.store.RunDetail(w.Context(), w.workspace.ID, p.waits[0].RunID)
		w.check(err)
		if wrong := row.judge(p, d); wrong != "" {
			w.Errorf("trial %d, death %s: %s\n%v", p.n, at, wrong, d.WaitEvents)
		}
	}
	return node.fuse.Load() < 0
}

// isTold lets the provider tell of the person's last message, if it went out with a node that died.
func (p *racer) isTold() {
	for _, wait := range p.waits {
		settling := func() (step string, yes bool) {
			r, err := p.store.Run(p.Context(), wait.RunID)
			p.check(err)
			return r.State.Cursor, r.State.Phase == run.PhaseSettling
		}
		step, yes := settling()
		if yes && slices.Contains(p.called(wait.RunID), step) {
			p.hears(p.receive(status("told "+wait.RunID, wait.RunID+":"+step, protocol.StatusSent)))
			p.sweep("the outcome is known", func() bool { _, yes := settling(); return !yes })
		}
	}
}

// isAtRest reports whether nothing is due, now or in a moment to which it was put off, and no run is calling.
func (w *world) isAtRest() bool {
	due, err := w.store.Overdue(w.Context(), -time.Second, 1)
	w.check(err)
	calling, err := w.store.ListRuns(w.Context(), w.workspace.ID, inspect.RunFilter{Status: run.Running}, pageOf200)
	w.check(err)
	return len(due)+len(calling) == 0
}

// ask opens the questions that the race is about.
func (row race) ask(w *world, racers []*racer) {
	for q := range max(row.questions, 1) {
		for _, p := range racers {
			w.send(ordered(fmt.Sprint(p.phone, " ", q), p.phone))
		}
		w.until("all are asked", func() bool { return w.asks(racers, q+1, row.beside != "") })
	}
}

// asks loads the open waits of the flow ask and reports whether everybody has that many.
func (w *world) asks(racers []*racer, want int, beside bool) bool {
	for _, p := range racers {
		if len(p.waits) == want {
			continue
		}
		c, err := w.store.Contact(w.Context(), w.workspace.ID, conversation.Recognise(protocol.Contact{Phone: p.phone}, "", ""), nil)
		w.check(err)
		waits, err := w.store.ListWaits(w.Context(), w.workspace.ID, inspect.WaitFilter{ContactID: c.ID}, pageOf200)
		w.check(err)
		slices.SortFunc(waits, func(a, b run.Wait) int { return a.OpenedAt.Compare(b.OpenedAt) })
		mine := slices.DeleteFunc(slices.Clone(waits), func(x run.Wait) bool { return x.Terms.Accept.Choices != nil })
		if len(mine) != want || beside && len(waits) != 2*want {
			return false
		}
		p.waits = mine
	}
	return true
}

// present is the engine of a node that lives.
func (w *world) present() *engine.Engine {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.heir != nil {
		return w.heir
	}
	return w.engine
}

// TestRaceOfALostSend: a node dies after a message was sent and before that is recorded. No second message goes out;
// the provider's status tells the outcome, or nobody does, and then a person is shown that it is not known.
func TestRaceOfALostSend(t *testing.T) {
	onBoth(t, func(t *testing.T, url string) {
		w := newWorld(t, url, patient, withoutAlarms)
		for n := range max(*trials/batch, 1) * 2 {
			node := w.mortalNode(afterCall, rand.Int64N(batch), withoutAlarms)
			for i := range batch {
				w.send(ordered(fmt.Sprint("o", n, " ", i), fmt.Sprintf("+346%08d", n*batch+i)))
			}
			<-node.died
			w.succeed(withoutAlarms)
			w.sweep("nothing is due and nobody calls", w.isAtRest)
		}
		settling := 0
		for _, r := range w.runs() {
			if calls := w.called(r.ID); len(calls) > 1 {
				t.Errorf("run %s called %v", r.ID, calls)
			}
			if r.State.Phase != run.PhaseSettling {
				continue
			}
			settling++
			w.send(status("s of "+r.ID, r.ID+":ask", protocol.StatusSent))
			w.sweep("the question is open", func() bool {
				now, err := w.store.Run(w.Context(), r.ID)
				w.check(err)
				return now.State.Phase == run.PhaseAsking
			})
		}
		if settling == 0 {
			t.Error("no send was lost")
		}
		t.Logf("%d sends, %d of which were lost with their node", len(w.runs()), settling)
	})
}

// TestRaceWithARestartOfPostgres: people answer while the database is crashed and comes back. Each wait is claimed once or,
// where nobody was told, not yet.
func TestRaceWithARestartOfPostgres(t *testing.T) {
	t.Parallel()
	server := testenv.OwnPostgres(t)
	w := newWorld(t, server.URL, patient, withoutAlarms)
	w.beats()
	row := race{}
	restarts := 0
	for done := 0; done < *trials && !t.Failed(); done += batch {
		racers := make([]*racer, batch)
		for i := range racers {
			racers[i] = &racer{world: w, n: done + i, phone: fmt.Sprintf("+346%08d", done+i)}
		}
		row.ask(w, racers)
		var people sync.WaitGroup
		for _, p := range racers {
			reply := p.say(time.Now(), nil)
			people.Go(func() { time.Sleep(rand.N(5 * time.Millisecond)); p.hears(reply) })
		}
		time.Sleep(rand.N(5 * time.Millisecond))
		if restarts%2 == 0 {
			server.Crash()
		}
		server.Restart()
		restarts++
		people.Wait()
		ended := func(p *racer) bool {
			r, err := w.store.Run(context.Background(), p.waits[0].RunID)
			return err == nil && r.State.Status.Ended()
		}
		w.sweep("all have been heard", func() bool { return !slices.ContainsFunc(racers, func(p *racer) bool { return !ended(p) }) })
		for _, p := range racers {
			d, err := w.store.RunDetail(w.Context(), w.workspace.ID, p.waits[0].RunID)
			w.check(err)
			if wrong := first(p.took(d, "default", "thank"), p.consumed(d), p.heardAs("matched+0")); wrong != "" {
				t.Errorf("trial %d: %s", p.n, wrong)
			}
		}
	}
	t.Logf("%d claims over %d restarts", *trials, restarts)
}
