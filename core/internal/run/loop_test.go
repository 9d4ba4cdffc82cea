package run_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/cordboard/cordboard/core/internal/run"
	"github.com/cordboard/cordboard/sdk/protocol"
)

func withEvent(event string) run.State {
	s := queued()
	s.Facts.Event = json.RawMessage(event)
	return s
}

var wentWell = run.Called{Result: protocol.Result{Output: json.RawMessage(`{"message_id":"m"}`)}}

const each = `
  - id: each
    for_each: {in: event.items, as: item, max: 3, results: "item.sku + string(iteration.number)"}
    steps:
      - {id: act, do: chat.look, connection: line, with: {text: "{{ item.sku }} {{ iteration.index }}"}}
      - id: big
        if: item.n > 1
        then: [{id: note, set: {last: "{{ item.sku }}"}}]
  - {id: after, set: {count: "{{ steps.each.count }}", all: "{{ steps.each.results }}", note: "{{ steps.note }}"}}
`

// TestForEachDoesItsStepsForEachItem: each call has its own key, and the list is the one that was there at the start.
func TestForEachDoesItsStepsForEachItem(t *testing.T) {
	t.Parallel()
	v := compile(t, each)
	s := withEvent(`{"items":[{"sku":"a","n":1},{"sku":"b","n":2},{"sku":"c","n":1}]}`)
	var calls []string
	for in := run.Input(run.Start{}); ; in = wentWell {
		tr := advance(t, v, s, in, start)
		s = tr.State
		if tr.Call == nil {
			break
		}
		calls = append(calls, tr.Call.IdempotencyKey+" "+string(tr.Call.Input))
	}
	want := []string{`run_1:act#1 {"text":"a 0"}`, `run_1:act#2 {"text":"b 1"}`, `run_1:act#3 {"text":"c 2"}`}
	if !slices.Equal(calls, want) {
		t.Errorf("called\n%s\nwant\n%s", strings.Join(calls, "\n"), strings.Join(want, "\n"))
	}
	if s.Status != run.Succeeded || len(s.Loops) != 0 {
		t.Fatalf("the run %s in loops %v: %+v", s.Status, s.Loops, s.Failure)
	}
	if got := string(s.Steps["each"].Output); got != `{"count":3,"met":false,"results":["a1","b2","c3"]}` {
		t.Errorf("the loop yields %s", got)
	}
	if got := string(s.Vars["count"]) + string(s.Vars["all"]) + string(s.Vars["last"]); got != `3["a1","b2","c3"]"b"` {
		t.Errorf("what follows reads %s", got)
	}
}

func TestForEachLimits(t *testing.T) {
	t.Parallel()
	v := compile(t, each)
	for name, c := range map[string]struct {
		event  string
		status run.Status
		says   string
	}{
		"an empty list":        {`{"items":[]}`, run.Succeeded, ""},
		"no list":              {`{"items":null}`, run.Succeeded, ""},
		"more than max allows": {`{"items":[{},{},{},{}]}`, run.Failed, "4 items, more than the 3"},
		"something else":       {`{"items":"abc"}`, run.Failed, "list"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			tr := advance(t, v, withEvent(c.event), run.Start{}, start)
			if tr.State.Status != c.status || c.says != "" && !strings.Contains(tr.State.Failure.Message, c.says) {
				t.Errorf("the run %s: %+v", tr.State.Status, tr.State.Failure)
			}
		})
	}
}

const rows = `
  - id: rows
    for_each: {in: event.rows, as: row, max: 5}
    steps:
      - id: cells
        for_each: {in: row, as: cell, max: 5, until: cell == 'x'}
        steps:
          - id: odd
            if: iteration.number == 1
            then: [{id: first, set: {first: "{{ row.size() }}{{ cell }}"}}]
      - {id: sum, set: {cells: "{{ steps.cells.count }} {{ steps.cells.met }}"}}
`

// TestLoopsWithinLoops: a step run is known by all iterations around it.
func TestLoopsWithinLoops(t *testing.T) {
	t.Parallel()
	tr := advance(t, compile(t, rows), withEvent(`{"rows":[["a","x","b"],["c"]]}`), run.Start{}, start)
	var got []string
	for _, sr := range tr.Changed {
		got = append(got, sr.Key()+"."+sr.Exit)
	}
	want := "rows. cells#1.met odd#1.1.then first#1.1. odd#1.2.else sum#1. cells#2.all odd#2.1.then first#2.1. sum#2."
	if strings.Join(got, " ") != want {
		t.Errorf("ran\n%s\nwant\n%s", strings.Join(got, " "), want)
	}
	for i, sr := range tr.Changed {
		if sr.Number != i+1 || sr.Status != run.StepSucceeded {
			t.Errorf("step %d is %+v", i+1, sr)
		}
	}
}

const tries = `
  - id: again
    repeat: {until: "steps.answer.outcome == 'default'", max: 3, results: steps.answer.outcome}
    steps:
      - {id: ask, do: chat.say, connection: line, with: {text: "Well? {{ iteration.number }}"}}
      - {id: answer, customer_response: {within: 1h}, default: [], no_response: []}
  - {id: after, set: {reply: "{{ steps.answer.reply.text }}", met: "{{ steps.again.met }}"}}
`

// TestRepeatAsksAgain: each iteration asks a question of its own and waits for its answer.
func TestRepeatAsksAgain(t *testing.T) {
	t.Parallel()
	v := compile(t, tries)
	silent := func(s run.State, n int) run.State {
		tr := advance(t, v, s, wentWell, start)
		if tr.Ask == nil || tr.Ask.Iteration != fmt.Sprint(n) || tr.Ask.ToKey != fmt.Sprintf("run_1:ask#%d", n) {
			t.Fatalf("iteration %d asks %+v", n, tr.Ask)
		}
		return advance(t, v, tr.State, run.Elapsed{}, start.Add(time.Hour)).State
	}
	s := silent(silent(advance(t, v, queued(), run.Start{}, start).State, 1), 2)
	tr := advance(t, v, s, wentWell, start)
	t.Run("until somebody answers", func(t *testing.T) {
		end := advance(t, v, tr.State, run.Replied{Reply: run.Reply{Messages: []run.Said{{Message: protocol.Message{Text: "yes"}}}}}, start)
		if end.State.Status != run.Succeeded || string(end.State.Vars["reply"]) != `"yes"` || end.State.Steps["again"].Exit != "met" {
			t.Errorf("the run ends as %+v", end.State)
		}
		if got := string(end.State.Steps["again"].Output); got != `{"count":3,"met":true,"results":["no_response","no_response","default"]}` {
			t.Errorf("the loop yields %s", got)
		}
	})
	t.Run("or the most is reached", func(t *testing.T) {
		end := advance(t, v, tr.State, run.Elapsed{}, start)
		if end.State.Status != run.Succeeded || string(end.State.Vars["met"]) != "false" || end.State.Steps["again"].Exit != "max" {
			t.Errorf("the run ends as %+v", end.State)
		}
	})
	t.Run("a late reply to an earlier iteration changes nothing", func(t *testing.T) {
		if _, ok := run.WithLateReply(s, run.Wait{StepID: "answer", Iteration: "1"}, run.Said{}); ok {
			t.Error("it was attached to the second")
		}
		if _, ok := run.WithLateReply(s, run.Wait{StepID: "answer", Iteration: "2"}, run.Said{}); !ok {
			t.Error("nor to its own")
		}
	})
	t.Run("the end of a start in an earlier iteration is not taken for this one's", func(t *testing.T) {
		v := compile(t, "  - id: again\n    repeat: {until: \"false\", max: 2}\n    steps: [{id: other, start_flow: {flow: other, wait: true}}]\n")
		s := advance(t, v, queued(), run.Start{}, start).State
		joined := run.Joined{StepID: "other", Iteration: "1", RunID: "run_2", Status: run.Succeeded}
		s = advance(t, v, s, joined, start).State
		if _, err := run.Advance(v, s, joined, start); err == nil {
			t.Error("it was taken twice")
		}
	})
}

// TestAStepThatDidNotRunInAnIterationReadsAsNull: never as what an earlier one brought.
func TestAStepThatDidNotRunInAnIterationReadsAsNull(t *testing.T) {
	t.Parallel()
	v := compile(t, `
  - id: again
    repeat: {until: "false", max: 2, results: "steps.act == null"}
    steps:
      - {id: first, if: iteration.number == 1, then: [{id: act, do: chat.look, connection: line, with: {text: x}}]}
  - {id: after, set: {kept: "{{ steps.act.message_id }}"}}
`)
	tr := play(t, v, queued(), start, run.Start{}, wentWell)
	if got := string(tr.State.Steps["again"].Output); got != `{"count":2,"met":false,"results":[false,true]}` {
		t.Errorf("the loop yields %s: %+v", got, tr.State.Failure)
	}
	if string(tr.State.Vars["kept"]) != `"m"` {
		t.Errorf("after the loop it is %s", tr.State.Vars["kept"])
	}
}

func TestWhileIsJudgedBeforeEachIteration(t *testing.T) {
	t.Parallel()
	v := compile(t, "  - {id: zero, set: {n: 0}}\n  - id: count\n    repeat: {while: \"vars.n < 2\", max: 9}\n    steps: [{id: more, set: {n: \"{{ vars.n + 1 }}\"}}]\n")
	tr := advance(t, v, queued(), run.Start{}, start)
	if string(tr.State.Vars["n"]) != "2" || string(tr.State.Steps["count"].Output) != `{"count":2,"met":true,"results":[]}` {
		t.Errorf("n is %s, the loop yields %s: %+v", tr.State.Vars["n"], tr.State.Steps["count"].Output, tr.State.Failure)
	}
}

// TestALongLoopIsCutIntoTransitions, so that none holds a transaction for long, and ends however it nests.
func TestALongLoopIsCutIntoTransitions(t *testing.T) {
	t.Parallel()
	v := compile(t, `
  - {id: zero, set: {n: 0}}
  - id: outer
    repeat: {until: "false", max: 1000}
    steps:
      - id: inner
        repeat: {until: "false", max: 1000}
        steps: [{id: more, set: {n: "{{ vars.n + 1 }}"}}]
`)
	tr, turns := advance(t, v, queued(), run.Start{}, start), 0
	for ; tr.State.Phase == run.PhaseTurning; turns++ {
		if len(tr.Changed) > 101 {
			t.Fatalf("%d step runs in one transition", len(tr.Changed))
		}
		if !tr.State.WakeAt.Equal(start) || tr.State.Status != run.Waiting {
			t.Fatalf("it rests as %+v", tr.State)
		}
		tr = advance(t, v, tr.State, run.Woken{}, start)
	}
	if turns < 90 || turns > 110 || tr.State.Status != run.Failed || !strings.Contains(tr.State.Failure.Message, "10000 steps") {
		t.Errorf("after %d turns the run %s: %+v", turns, tr.State.Status, tr.State.Failure)
	}
}

// TestAFailureInALoopIsTakenUpInItsIteration: what went well before is not done again.
func TestAFailureInALoopIsTakenUpInItsIteration(t *testing.T) {
	t.Parallel()
	v := compile(t, each)
	s := withEvent(`{"items":[{"sku":"a","n":1},{"sku":"b","n":2}]}`)
	tr := play(t, v, s, start, run.Start{}, wentWell, failed(protocol.Permanent))
	if tr.State.Status != run.Failed || tr.State.Steps["each"].Status != run.StepCancelled {
		t.Fatalf("the run %s, its loop %s", tr.State.Status, tr.State.Steps["each"].Status)
	}
	tr = advance(t, v, tr.State, run.Retry{}, start)
	if tr.Call == nil || tr.Call.IdempotencyKey != "run_1:act#2" || tr.State.Steps["each"].Status != run.StepActive {
		t.Fatalf("it is taken up with %+v", tr.Call)
	}
	tr = advance(t, v, tr.State, wentWell, start)
	if tr.State.Status != run.Succeeded || string(tr.State.Vars["count"]) != "2" {
		t.Errorf("the run %s with %s", tr.State.Status, tr.State.Vars["count"])
	}
}

// TestAdvanceLeavesLoopsAsTheyWere: a transition that is lost must not have moved the loop on.
func TestAdvanceLeavesLoopsAsTheyWere(t *testing.T) {
	t.Parallel()
	v := compile(t, each)
	tr := advance(t, v, withEvent(`{"items":[{"sku":"a","n":1},{"sku":"b","n":2}]}`), run.Start{}, start)
	before := mustText(t, tr.State)
	first, second := advance(t, v, tr.State, wentWell, start), advance(t, v, tr.State, wentWell, start)
	if mustText(t, tr.State) != before || mustText(t, first.State) != mustText(t, second.State) {
		t.Error("the state was changed in place")
	}
}

func mustText(t *testing.T, v any) string {
	t.Helper()
	raw, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(raw)
}
