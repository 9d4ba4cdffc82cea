package run_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/cordboard/cordboard/core/internal/flow"
	"github.com/cordboard/cordboard/core/internal/run"
	"github.com/cordboard/cordboard/sdk/protocol"
)

const parked = `
  - {id: look, do: chat.look, connection: line, with: {text: hello}}
  - {id: ask, do: chat.say, connection: line, with: {text: "Well?"}}
  - id: answer
    customer_response: {within: 2h}
    default:
      - {id: thank, do: chat.say, connection: line, with: {text: "{{ steps.answer.reply.text }}"}}
    no_response:
      - {id: remind, do: chat.say, connection: line, with: {text: "{{ steps.look.name }}"}}
`

// asked plays a run until it waits for the answer to the question of start.
func asked(t *testing.T, v *flow.Version) (run.State, run.Wait) {
	t.Helper()
	s := queued()
	tr := play(t, v, s, start, run.Start{}, run.Called{Result: protocol.Result{Output: json.RawMessage(`{"name":"Ana"}`)}}, run.Called{Result: protocol.Result{Output: json.RawMessage(`{}`)}})
	if tr.Ask == nil {
		t.Fatalf("nothing is asked: %+v", tr.State)
	}
	return tr.State, run.Wait{State: run.WaitOpen, StepID: "answer", OpenedAt: start, SentAt: start, ClockAt: start, Deadline: tr.Ask.Deadline, Terms: tr.Ask.Terms}
}

// TestR17ElapsedTimeCounts: a limit is counted from when the clock of the wait began, not from when it was changed.
func TestR17ElapsedTimeCounts(t *testing.T) {
	t.Parallel()
	v := compile(t, parked)
	for limit, want := range map[string]time.Duration{"5h": 5 * time.Hour, "10m": 10 * time.Minute} {
		s, w := asked(t, v)
		by := compile(t, strings.Replace(parked, "within: 2h", "within: "+limit, 1))
		tr := advance(t, v, s, run.Retime{By: by, Wait: &w}, start.Add(time.Hour))
		if tr.Wait == nil || !tr.Wait.Deadline.Equal(start.Add(want)) || w.Deadline.Equal(tr.Wait.Deadline) {
			t.Errorf("%s: the wait is %+v", limit, tr.Wait)
		}
		if in := string(tr.State.Steps["answer"].Input); !strings.Contains(in, start.Add(want).Format(time.RFC3339)) {
			t.Errorf("%s: the step shows %s", limit, in)
		}
		if tr.State.Status != run.Waiting || tr.State.Phase != run.PhaseAsking {
			t.Errorf("%s: %s, %s", limit, tr.State.Status, tr.State.Phase)
		}
	}
}

func TestR17ADelayIsRetimedFromItsBeginning(t *testing.T) {
	t.Parallel()
	source := "  - {id: pause, delay: {for: 2h}}\n"
	v, by := compile(t, source), compile(t, strings.Replace(source, "2h", "30m", 1))
	s := play(t, v, queued(), start, run.Start{}).State
	tr := advance(t, v, s, run.Retime{By: by}, start.Add(time.Hour))
	if !tr.State.WakeAt.Equal(start.Add(30 * time.Minute)) {
		t.Errorf("it wakes at %s", tr.State.WakeAt)
	}
	if end := advance(t, v, tr.State, run.Woken{}, start.Add(time.Hour)); end.State.Status != run.Succeeded {
		t.Errorf("a delay that is over left the run %s", end.State.Status)
	}
}

// TestR17WhatCannotBeRetimedOrMoved walks the reasons for which a parked run stays as it is.
func TestR17WhatCannotBeRetimedOrMoved(t *testing.T) {
	t.Parallel()
	change := func(pairs ...string) string { return strings.NewReplacer(pairs...).Replace(parked) }
	for name, c := range map[string]struct {
		source string
		move   string // why it can't be moved; empty: it can
		retime string
	}{
		"the same":                           {parked, "", "The time is the same."},
		"another limit":                      {change("within: 2h", "within: 3h"), "", ""},
		"the step is gone":                   {change("id: answer", "id: reply", "steps.answer", "steps.reply"), "is not there any more", "is not there any more"},
		"another kind":                       {"  - {id: answer, delay: {for: 1h}}\n", "of another kind", "of another kind"},
		"another question":                   {change("id: ask,", "id: question,"), "answers another question", "answers another question"},
		"a new step before, unread":          {change("  - id: answer", "  - {id: more, do: chat.look, connection: line, with: {text: x}}\n  - id: answer", "{within: 2h}", "{within: 2h, to: ask}"), "", "The time is the same."},
		"a new step before, read":            {change("  - {id: ask,", "  - {id: more, do: chat.look, connection: line, with: {text: x}}\n  - {id: ask,", "steps.look.name", "steps.more.name"), `reads "more"`, "The time is the same."},
		"a step that ran, with another call": {change("do: chat.look", "do: chat.charge"), `reads "look", which made another call`, "The time is the same."},
		"another call that nobody reads":     {change("do: chat.look", "do: chat.charge", "steps.look.name", "event.phone"), "", "The time is the same."},
		"a new step after, read":             {change("      - {id: remind,", "      - {id: more, do: chat.look, connection: line, with: {text: x}}\n      - {id: remind,", "steps.look.name", "steps.more.name"), "", "The time is the same."},
		"a new variable before, read":        {change("  - {id: ask,", "  - {id: name, set: {who: Bo}}\n  - {id: ask,", "steps.look.name", "vars.who"), `variable "who"`, "The time is the same."},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			v, other := compile(t, parked), compile(t, c.source)
			s, w := asked(t, v)
			for what, in := range map[string]run.Input{c.move: run.Move{To: other, Number: 2, Wait: &w}, c.retime + " ": run.Retime{By: other, Wait: &w}} {
				want := strings.TrimSpace(what)
				tr, err := run.Advance(v, s, in, start.Add(time.Hour))
				var refused *run.RefusedError
				switch {
				case want == "" && err != nil:
					t.Errorf("%T: %v", in, err)
				case want == "" && (tr.Wait == nil || tr.State.Cursor != "answer"):
					t.Errorf("%T: %+v", in, tr)
				case want != "" && (!errors.As(err, &refused) || !strings.Contains(err.Error(), want)):
					t.Errorf("%T: got %v, want %q", in, err, want)
				}
			}
		})
	}
}

// TestR17AMovedRunGoesOnByTheNewVersion: its wait has the new terms and limit, and the exit is the new one.
// TestR17R20APausedWaitStaysAsItIs: its clock stands still, and its deadline is worked out when it goes on.
func TestR17R20APausedWaitStaysAsItIs(t *testing.T) {
	t.Parallel()
	v, longer := compile(t, parked), compile(t, strings.Replace(parked, "within: 2h", "within: 3h", 1))
	s, w := asked(t, v)
	w.PausedAt = start.Add(time.Minute)
	for _, in := range []run.Input{run.Move{To: longer, Number: 2, Wait: &w}, run.Retime{By: longer, Wait: &w}} {
		var refused *run.RefusedError
		if _, err := run.Advance(v, s, in, start.Add(time.Hour)); !errors.As(err, &refused) || !strings.Contains(err.Error(), "resume the run first") {
			t.Errorf("%T: %v", in, err)
		}
	}
}

func TestR17AMovedRunGoesOnByTheNewVersion(t *testing.T) {
	t.Parallel()
	v := compile(t, parked)
	s, w := asked(t, v)
	to := compile(t, strings.NewReplacer("within: 2h", "within: 4h, late: ignore", "id: remind,", "id: nudge,").Replace(parked))
	tr := advance(t, v, s, run.Move{To: to, Number: 7, Wait: &w}, start.Add(time.Hour))
	if tr.Wait.Terms.Late != flow.LateIgnore || !tr.Wait.Deadline.Equal(start.Add(4*time.Hour)) || tr.State.Facts.FlowVersion != 7 {
		t.Fatalf("the wait is %+v on version %d", tr.Wait, tr.State.Facts.FlowVersion)
	}
	tr = advance(t, to, tr.State, run.Elapsed{}, start.Add(4*time.Hour))
	if tr.Call == nil || tr.Call.StepID != "nudge" || string(tr.Call.Input) != `{"text":"Ana"}` {
		t.Errorf("the call is %+v", tr.Call)
	}
}

func TestR17OnlyARunAtRestIsMoved(t *testing.T) {
	t.Parallel()
	v := compile(t, parked)
	calling := play(t, v, queued(), start, run.Start{}).State
	if _, err := run.Advance(v, calling, run.Move{To: v, Number: 2}, start); err == nil || err.Error() != "A call is under way." {
		t.Errorf("while it calls: %v", err)
	}
	if tr := advance(t, v, queued(), run.Move{To: v, Number: 2}, start); tr.State.Status != run.Queued || tr.State.Facts.FlowVersion != 2 {
		t.Errorf("in a queue: %+v", tr.State)
	}
	s, w := asked(t, v)
	w.State = run.WaitCollecting
	if _, err := run.Advance(v, s, run.Retime{By: compile(t, strings.Replace(parked, "2h", "3h", 1)), Wait: &w}, start); err == nil {
		t.Error("a wait that collects its answer was re-timed")
	}
}

// TestSettle walks what a person may decide about a call whose outcome is not known.
func TestSettle(t *testing.T) {
	t.Parallel()
	v := compile(t, "  - {id: pay, do: chat.charge, connection: line, with: {text: x}}\n  - {id: after, set: {got: \"{{ steps.pay.name }}\"}}\n")
	unknown := play(t, v, queued(), start, run.Start{}, run.Lost{}).State
	if unknown.Status != run.Failed || unknown.Failure.Kind != protocol.Unknown {
		t.Fatalf("the run is %+v", unknown)
	}
	done := advance(t, v, unknown, run.Settle{As: run.SettledDone, Output: json.RawMessage(`{"name":"Ana"}`)}, start).State
	if done.Status != run.Succeeded || string(done.Vars["got"]) != `"Ana"` || done.Failure != nil {
		t.Errorf("done: %+v", done)
	}
	again := advance(t, v, unknown, run.Settle{As: run.SettledResend}, start)
	if again.Call == nil || again.Call.StepID != "pay" || again.Call.IdempotencyKey != "run_1:pay" {
		t.Errorf("resend: %+v", again.Call)
	}
	failed := advance(t, v, unknown, run.Settle{As: run.SettledFailed}, start).State
	if failed.Status != run.Failed || failed.Failure.Kind != protocol.Permanent || failed.Steps["pay"].Failure.Kind != protocol.Permanent {
		t.Errorf("failed: %+v", failed)
	}
	var refused *run.RefusedError
	if _, err := run.Advance(v, failed, run.Settle{As: run.SettledDone}, start); !errors.As(err, &refused) {
		t.Errorf("a second time: %v", err)
	}
	var input *flow.InputError
	if _, err := run.Advance(v, unknown, run.Settle{As: run.SettledDone, Output: json.RawMessage(`"text"`)}, start); !errors.As(err, &input) {
		t.Errorf("an output of another shape: %v", err)
	}
}
