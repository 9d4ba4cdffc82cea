//go:build linux

package wholepath_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/cordboard/cordboard/core/internal/conversation"
	"github.com/cordboard/cordboard/core/internal/engine"
	"github.com/cordboard/cordboard/core/internal/inspect"
	"github.com/cordboard/cordboard/core/internal/list"
	"github.com/cordboard/cordboard/core/internal/run"
	"github.com/cordboard/cordboard/core/internal/store"
	"github.com/cordboard/cordboard/sdk/protocol"
)

// history is what the gateways know at the end, and what of it is wrong.
type history struct {
	loop     *crashLoop
	calls    map[string][]outsideCall // by key
	messages map[string][]conversation.Message

	ends                  map[string]int // runs by how they ended
	lost, doubled, broken int
	repeated, late, won   int
	unknown, happened     int // steps whose outcome nobody knows, and those of them that the outside world was told of
}

// check waits until all runs have ended and holds them against the outside world's log.
func (l *crashLoop) check() {
	s, err := store.Open(l.Context(), l.database, store.Options{})
	if err != nil {
		l.Fatal(err)
	}
	defer s.Close()
	spaces, err := s.ListWorkspaces(l.Context())
	if err != nil || len(spaces) != 1 {
		l.Fatalf("%d workspaces: %v", len(spaces), err)
	}
	runs := l.rest(s, spaces[0].ID)
	h := &history{loop: l, calls: map[string][]outsideCall{}, messages: map[string][]conversation.Message{}, ends: map[string]int{}}
	for _, c := range l.outside.since(0) {
		h.calls[c.Key] = append(h.calls[c.Key], c)
	}
	for page := (list.Page{Limit: list.MaxLimit}); ; {
		ms, err := s.ListMessages(l.Context(), spaces[0].ID, "", page)
		if err != nil {
			l.Fatal(err)
		}
		for _, m := range ms {
			h.messages[m.ProviderID] = append(h.messages[m.ProviderID], m)
		}
		if len(ms) < list.MaxLimit {
			break
		}
		page.After = ms[len(ms)-1].ID
	}
	known := map[string]int{}
	for _, r := range runs {
		d, err := s.RunDetail(l.Context(), spaces[0].ID, r.ID)
		if err != nil {
			l.Fatal(err)
		}
		var ev struct{ ID string }
		_ = json.Unmarshal(d.Run.State.Facts.Event, &ev)
		known[ev.ID]++
		h.checkRun(d)
	}
	for _, event := range l.sent {
		if known[event] == 0 {
			h.lose("event %s was acknowledged and has no run", event)
		}
	}
	for event, n := range known {
		if n > 1 {
			h.double("event %s has %d runs", event, n)
		}
	}
	h.checkCalls(runs)
	h.checkReplies()
	h.report(len(runs))
}

// rest waits until nothing is under way any more.
func (l *crashLoop) rest(s *store.Store, workspaceID string) []run.Run {
	var runs []run.Run
	open := -1
	for end := time.Now().Add(drainedIn); open != 0 && time.Now().Before(end); {
		<-time.After(500 * time.Millisecond)
		runs, open = nil, 0
		for page := (list.Page{Limit: list.MaxLimit}); ; {
			some, err := s.ListRuns(l.Context(), workspaceID, inspect.RunFilter{}, page)
			if err != nil {
				l.Fatal(err)
			}
			for _, r := range some {
				runs = append(runs, r.Run)
			}
			if len(some) < list.MaxLimit {
				break
			}
			page.After = some[len(some)-1].ID
		}
		for _, r := range runs {
			if !r.State.Status.Ended() {
				open++
			}
		}
		if len(runs) < len(l.sent) {
			open++
		}
	}
	if open != 0 {
		l.Errorf("%d runs have not ended %s after the last fault", open, drainedIn)
		for _, r := range runs {
			if !r.State.Status.Ended() {
				l.Logf("run %s is %s, %s at %s, to wake at %s", r.ID, r.State.Status, r.State.Phase, r.State.Cursor, r.State.WakeAt)
			}
		}
	}
	<-time.After(time.Second) // what is told of the end, and copies that come after it
	return runs
}

// once are the steps that must not happen twice, whatever is repeated.
var once = []string{"ask", "thank", "remind", "charge"}

// checkRun holds one run against the calls that it made.
func (h *history) checkRun(d inspect.RunDetail) {
	id, state := d.Run.ID, d.Run.State
	outcome := string(state.Status)
	if f := state.Failure; f != nil {
		outcome += ": " + string(f.Kind)
		switch f.Kind {
		case protocol.Unknown:
			h.unknown++
			if len(h.calls[id+":"+state.Cursor]) > 0 {
				h.happened++
			}
		default:
			h.fault("run %s failed at %s: %+v", id, state.Cursor, *f)
		}
	}
	h.ends[outcome]++
	var path []string
	for _, s := range d.Steps {
		path = append(path, strings.TrimSuffix(s.StepID+"."+s.Exit, "."))
		calls := h.calls[id+":"+s.StepID]
		switch made := slices.Contains(once, s.StepID) || s.StepID == "note"; {
		case made && s.Status == run.StepSucceeded && len(calls) == 0:
			h.lose("step %s of run %s went well, and nobody outside was told", s.StepID, id)
		case len(calls) > 1 && slices.Contains(once, s.StepID):
			h.double("step %s of run %s reached the outside world %d times", s.StepID, id, len(calls))
		}
		for _, c := range calls {
			if c.Attempt > s.Attempt {
				h.fault("step %s of run %s has seen %d attempts, and there was a call of attempt %d", s.StepID, id, s.Attempt, c.Attempt)
			}
		}
	}
	want := "note ask answer.default thank charge few.else"
	if slices.Contains(path, "answer.no_response") {
		want = "note ask answer.no_response remind charge few.else"
	}
	if slices.Contains(path, "few.then") {
		want = strings.Replace(want, "few.else", "few.then tag", 1)
	}
	got := strings.Join(path, " ")
	if ok := strings.HasPrefix(want+" ", got+" ") || strings.HasPrefix(want+" ", strings.TrimSuffix(got, "answer")); !ok || state.Status == run.Succeeded && got != want {
		h.fault("run %s took the path %s", id, got)
	}
	for _, w := range d.Waits {
		h.checkWait(d, w)
	}
	if len(d.Waits) > 1 {
		h.double("run %s has %d waits", id, len(d.Waits))
	}
}

// checkWait wants a wait to have been consumed once, by whom it says, and not before its time.
func (h *history) checkWait(d inspect.RunDetail, w run.Wait) {
	consumed := 0
	for _, e := range d.WaitEvents {
		switch e.Kind {
		case engine.WaitReplied, engine.WaitFired, engine.WaitClosed:
			consumed++
		case engine.WaitLost:
			h.late++
		}
	}
	if consumed != 1 {
		h.double("wait %s was consumed %d times", w.ID, consumed)
	}
	switch w.State {
	case run.WaitReplied:
		h.won++
		i := slices.IndexFunc(d.Messages, func(m conversation.Message) bool { return m.ID == w.ReplyID })
		if i < 0 || d.Messages[i].Disposition != conversation.Matched || !d.Messages[i].EffectiveAt.Before(w.Deadline) {
			h.fault("wait %s was answered by %s, which does not count", w.ID, w.ReplyID)
		}
	case run.WaitNoResponse:
		if w.ClosedAt.Before(w.Deadline.Add(500 * time.Millisecond)) {
			h.fault("wait %s timed out %s after its deadline, which is before it is settled", w.ID, w.ClosedAt.Sub(w.Deadline))
		}
	default:
		h.fault("wait %s is %s", w.ID, w.State)
	}
}

// checkCalls wants each call of the outside world's log to be an attempt of a run, and one key for all of a step's.
func (h *history) checkCalls(runs []run.Run) {
	known := map[string]bool{}
	for _, r := range runs {
		known[r.ID] = true
	}
	for key, calls := range h.calls {
		h.repeated += len(calls) - 1
		for _, c := range calls {
			if !known[c.RunID] {
				h.fault("a call of %s by run %s, which there is not", c.Action, c.RunID)
			}
			if key != c.RunID+":"+c.StepID {
				h.fault("step %s of run %s was called with the key %q", c.StepID, c.RunID, key)
			}
			if c.Action == "note" && c.Header != key {
				h.fault("the call %q bore the header Idempotency-Key: %q", key, c.Header)
			}
		}
	}
}

// checkReplies wants each thing that a customer said to be stored once, with one disposition (R10).
func (h *history) checkReplies() {
	matched := 0
	for _, id := range h.loop.replies {
		switch ms := h.messages[id]; {
		case len(ms) == 0:
			h.lose("the message %s is not known", id)
		case len(ms) > 1:
			h.double("the message %s is stored %d times", id, len(ms))
		case ms[0].Disposition == "":
			h.fault("the message %s has no disposition", id)
		case ms[0].Disposition == conversation.Matched:
			matched++
		}
	}
	if matched != h.won {
		h.fault("%d messages are matched, and %d waits are answered", matched, h.won)
	}
}

func (h *history) lose(format string, args ...any) { h.lost++; h.loop.Errorf("lost: "+format, args...) }
func (h *history) double(format string, args ...any) {
	h.doubled++
	h.loop.Errorf("doubled: "+format, args...)
}
func (h *history) fault(format string, args ...any) { h.broken++; h.loop.Errorf(format, args...) }

func (h *history) report(runs int) {
	l := h.loop
	var b strings.Builder
	for _, kind := range slices.Sorted(maps.Keys(l.faults)) {
		fmt.Fprintf(&b, ", %s: %d", kind, l.faults[kind])
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	at := func(of []time.Duration, percent int) time.Duration {
		if len(of) == 0 {
			return 0
		}
		slices.Sort(of)
		return of[min(len(of)*percent/100, len(of)-1)].Round(time.Millisecond)
	}
	l.Logf("seed %d%s; events acknowledged: %d, runs: %d %v, replies: %d (%d claimed a wait), calls outside: %d (%d repeated), outcome unknown: %d (%d had happened), claims that came second: %d, lost: %d, doubled: %d, otherwise wrong: %d; first progress after %d kills: median %s, p99 %s, longest %s; %d had none before the next fault, longest %s",
		l.seed, b.String(), len(l.sent), runs, h.ends, len(l.replies), h.won, len(l.outside.since(0)), h.repeated, h.unknown, h.happened, h.late,
		h.lost, h.doubled, h.broken, len(l.progress), at(l.progress, 50), at(l.progress, 99), at(l.progress, 100), len(l.cutShort), at(l.cutShort, 100))
}
