package run_test

import (
	"encoding/json"
	"errors"
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/cordboard/cordboard/core/internal/contactfield"
	"github.com/cordboard/cordboard/core/internal/flow"
	"github.com/cordboard/cordboard/core/internal/run"
	"github.com/cordboard/cordboard/sdk/protocol"
	"github.com/cordboard/cordboard/sdk/schema"
)

// chat is a connector with one action of each way of repeating.
type chat struct{}

var textInput = schema.Type{Kind: schema.Object, Fields: []schema.Field{{Name: "text", Type: schema.Type{Kind: schema.String}}}}
var anyOutput = schema.Type{Kind: schema.Object, Open: true}

func (chat) Manifest(connector string) (protocol.Manifest, bool) {
	action := func(name string, repeat protocol.Repeat, sends bool) protocol.Action {
		return protocol.Action{Name: name, Input: textInput, Output: anyOutput, Repeat: repeat, Sends: sends}
	}
	free := action("free", protocol.RepeatOnce, true)
	free.Input.Fields = append(slices.Clone(free.Input.Fields), schema.Field{Name: "to", Type: schema.Type{Kind: schema.String}})
	free.Window = &protocol.Window{Within: 24 * time.Hour, Instead: "say"}
	send := action("send", protocol.RepeatOnce, true)
	send.Input = schema.Type{Kind: schema.Object, Open: true}
	return protocol.Manifest{
		Name: "chat", Auth: protocol.Auth{Kind: protocol.AuthAPIKey},
		Actions: []protocol.Action{
			action("say", protocol.RepeatOnce, true), action("charge", protocol.RepeatOnce, false), action("look", protocol.RepeatRead, false), free, send,
		},
		Triggers: []protocol.Trigger{{Name: "pinged", Kind: protocol.TriggerWebhook, Input: schema.Type{Kind: schema.Object}, Output: anyOutput}},
	}, connector == "chat"
}
func (chat) Connectors() []string       { return []string{"chat"} }
func (chat) Connections() []string      { return []string{"line"} }
func (chat) Flows() []string            { return []string{"ask", "other", "audit"} }
func (chat) Calendars() []string        { return []string{"office"} }
func (chat) LongestWait() time.Duration { return 0 }
func (chat) Lists() []string            { return []string{"newsletter"} }
func (chat) Fields() []contactfield.Field {
	return []contactfield.Field{{Name: "size", Type: contactfield.Text}, {Name: "age", Type: contactfield.Number}, {Name: "birthday", Type: contactfield.Date}, {Name: "plan", Type: contactfield.Choice, Choices: []string{"gold", "silver"}}}
}
func (chat) Connection(name string) (string, bool) { return "chat", name == "line" }

func compile(t testing.TB, steps string) *flow.Version {
	t.Helper()
	doc, problems := flow.Parse([]byte("name: test\ntitle: Test\ntrigger: {on: chat.pinged, connection: line}\ncontact: {phone: \"{{ event.phone }}\"}\nsteps:\n" + steps))
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	v, problems := flow.Compile(doc, chat{})
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	return v
}

func step(action string) string {
	return "  - {id: act, do: chat." + action + ", connection: line, with: {text: hello}}\n"
}

var start = time.Date(2026, 11, 22, 10, 0, 0, 0, time.UTC)

func queued() run.State {
	return run.State{Status: run.Queued, Facts: run.Facts{RunID: "run_1", Contact: run.ContactFacts{ID: "cnt_1", Phone: "+34600111222"}, Event: json.RawMessage(`{"phone":"+34600111222","n":820982911946154508}`)}}
}

func advance(t testing.TB, v *flow.Version, s run.State, in run.Input, at time.Time) run.Transition {
	t.Helper()
	tr, err := run.Advance(v, s, in, at)
	if err != nil {
		t.Fatalf("%T: %v", in, err)
	}
	return tr
}

// TestFailures walks the table of failure kinds: what a call that fails so does to a run.
func TestFailures(t *testing.T) {
	t.Parallel()
	failed := func(kind protocol.FailureKind, after time.Duration) run.Input {
		return run.CallFailed{Failure: &protocol.Failure{Kind: kind, Message: "no", RetryAfter: after, Source: protocol.FromProvider}}
	}
	cases := map[string]struct {
		action  string
		in      run.Input
		status  run.Status
		phase   run.Phase
		attempt int           // spent attempts show as a higher number
		least   time.Duration // the run is woken no earlier than this
		most    time.Duration
	}{
		"wrong input fails the step":                       {"say", failed(protocol.Invalid, 0), run.Failed, run.PhaseNone, 1, 0, 0},
		"a permanent failure fails the step":               {"say", failed(protocol.Permanent, 0), run.Failed, run.PhaseNone, 1, 0, 0},
		"a rate limit waits as told and spends nothing":    {"say", failed(protocol.RateLimited, 40*time.Second), run.Waiting, run.PhaseBackingOff, 1, 40 * time.Second, 80 * time.Second},
		"a passing failure backs off and spends one":       {"say", failed(protocol.Retryable, 0), run.Waiting, run.PhaseBackingOff, 2, 1600 * time.Millisecond, 2400 * time.Millisecond},
		"a connection to renew is held and spends nothing": {"say", failed(protocol.Unauthorized, 0), run.Waiting, run.PhaseHeld, 1, time.Minute, time.Minute},
		"an unknown outcome of a read is a retry":          {"look", failed(protocol.Unknown, 0), run.Waiting, run.PhaseBackingOff, 2, 1600 * time.Millisecond, 2400 * time.Millisecond},
		"an unknown outcome of a charge fails":             {"charge", failed(protocol.Unknown, 0), run.Failed, run.PhaseNone, 1, 0, 0},
		"an unknown outcome of a message may settle":       {"say", failed(protocol.Unknown, 0), run.Waiting, run.PhaseSettling, 1, 30 * time.Second, 30 * time.Second},
		"a lost read is made again":                        {"look", run.Lost{}, run.Running, run.PhaseCalling, 1, 0, 0},
		"a lost charge is never made again":                {"charge", run.Lost{}, run.Failed, run.PhaseNone, 1, 0, 0},
		"a message that nobody sent is sent":               {"say", run.Unmade{}, run.Running, run.PhaseCalling, 1, 0, 0},
		"a lost message is never sent again":               {"say", run.Lost{}, run.Waiting, run.PhaseSettling, 1, 30 * time.Second, 30 * time.Second},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			v := compile(t, step(c.action))
			calling := advance(t, v, queued(), run.Start{}, start)
			if calling.Call == nil || calling.Call.IdempotencyKey != "run_1:act" {
				t.Fatalf("the run made no call with its key: %+v", calling.Call)
			}
			got := advance(t, v, calling.State, c.in, start)
			if got.State.Status != c.status || got.State.Phase != c.phase || got.State.Attempt != c.attempt {
				t.Errorf("%s %q attempt %d, want %s %q attempt %d", got.State.Status, got.State.Phase, got.State.Attempt, c.status, c.phase, c.attempt)
			}
			if again := got.Call != nil; again != (c.status == run.Running) {
				t.Errorf("called again: %v", again)
			} else if again && got.Call.IdempotencyKey != calling.Call.IdempotencyKey {
				t.Errorf("the key changed to %s", got.Call.IdempotencyKey)
			}
			if c.status != run.Waiting {
				return
			}
			if pause := got.State.WakeAt.Sub(start); pause < c.least || pause > c.most {
				t.Errorf("woken after %s, want %s to %s", pause, c.least, c.most)
			}
			if _, err := run.Advance(v, got.State, run.Woken{}, got.State.WakeAt.Add(-time.Microsecond)); !errors.Is(err, run.ErrNotDue) {
				t.Errorf("woken early: %v, want ErrNotDue", err)
			}
		})
	}
}

func TestRetriesEnd(t *testing.T) {
	t.Parallel()
	v := compile(t, step("look"))
	tr := advance(t, v, queued(), run.Start{}, start)
	now, calls := start, 1
	for tr.State.Status != run.Failed {
		tr = advance(t, v, tr.State, run.CallFailed{Failure: &protocol.Failure{Kind: protocol.Retryable, Message: "busy"}}, now)
		if tr.State.Status == run.Waiting {
			now = tr.State.WakeAt
			tr = advance(t, v, tr.State, run.Woken{}, now)
			calls++
		}
	}
	if calls != 5 {
		t.Errorf("%d calls, want 5", calls)
	}
	if tr.State.Failure == nil || tr.State.Failure.Message != "busy" {
		t.Errorf("the run failed with %+v", tr.State.Failure)
	}
}

func TestMoves(t *testing.T) {
	t.Parallel()
	all := []run.Status{run.Queued, run.Running, run.Waiting, run.Succeeded, run.Failed, run.Cancelled}
	for _, from := range all {
		for _, to := range all {
			want := !from.Ended() && (to != run.Queued || from == run.Queued) || from == run.Failed && to != run.Queued && to != run.Cancelled
			if got := run.May(from, to); got != want {
				t.Errorf("May(%s, %s) = %v, want %v", from, to, got, want)
			}
		}
	}
}

// asking is a flow with every kind of exit that a customer response has here.
const asking = `  - {id: mark, contact: {add_tags: [asked]}}
  - {id: tell, emit: {event: asked}}
  - {id: ask, do: chat.say, connection: line, with: {text: "Well?"}}
  - id: answer
    customer_response: {within: 2h, from: delivered, accept: {match: "."}}
    invalid:
      - {id: other, start_flow: {flow: other, wait: true}}
    default:
      - {id: thank, do: chat.say, connection: line, with: {text: "{{ steps.answer.reply.text }}"}}
    no_response:
      - id: pause
        delay: {for: 1h}
      - {id: remind, do: chat.say, connection: line, with: {text: "Still there?"}}
    undelivered:
      - {id: note, do: chat.charge, connection: line, with: {text: gone}}
  - {id: alone, end_runs: {flows: all}}
  - {id: close, do: chat.look, connection: line, with: {text: "{{ steps.answer.outcome }}"}}
`

// TestAnyInterleaving throws inputs at a run in any order, at clocks that jump either way, and checks what must hold
// whatever comes: an ended run stays as it is, a wait is claimed once and an exit taken once, inputs that are refused change nothing, and the
// same history gives the same state.
func TestAnyInterleaving(t *testing.T) {
	t.Parallel()
	versions := []*flow.Version{compile(t, asking), compile(t, strings.NewReplacer("within: 2h", "within: 3h", "for: 1h", "for: 20m").Replace(asking))}
	rapid.Check(t, func(t *rapid.T) {
		type happened struct {
			by int // the version
			in run.Input
			at time.Time
		}
		v, w := 0, run.Wait{}
		inputs := map[string]run.Input{
			"start":       run.Start{},
			"called":      run.Called{Result: protocol.Result{Output: json.RawMessage(`{"message_id":"m"}`)}},
			"busy":        run.CallFailed{Failure: &protocol.Failure{Kind: protocol.Retryable, Message: "busy"}},
			"unknown":     run.CallFailed{Failure: &protocol.Failure{Kind: protocol.Unknown, Message: "?"}},
			"lost":        run.Lost{},
			"unmade":      run.Unmade{},
			"woken":       run.Woken{},
			"replied":     run.Replied{Reply: run.Reply{Messages: []run.Said{{MessageID: "msg_1", Message: protocol.Message{Kind: "text", Text: "yes"}, EffectiveAt: start}}, MatchedBy: "open_wait"}},
			"elapsed":     run.Elapsed{},
			"invalid":     run.Invalid{Ending: run.Ending{Attempts: 1}},
			"joined":      run.Joined{StepID: "other", RunID: "run_2", Status: run.Cancelled},
			"unstarted":   run.Joined{StepID: "other", Reason: "it is off"},
			"retry":       run.Retry{},
			"undelivered": run.Undelivered{Failure: &protocol.Failure{Kind: protocol.Permanent, Message: "gone"}},
			"cancel":      run.Cancel{Reason: "enough"},
			"limited":     run.CallFailed{Failure: &protocol.Failure{Kind: protocol.RateLimited, Message: "later", RetryAfter: time.Minute}},
			"shut out":    run.CallFailed{Failure: &protocol.Failure{Kind: protocol.Unauthorized, Message: "who?"}},
			"settle done": run.Settle{As: run.SettledDone, Output: json.RawMessage(`{"message_id":"m"}`)},
			"settle not":  run.Settle{As: run.SettledFailed},
			"resend":      run.Settle{As: run.SettledResend},
		}
		// Half of them fit, so that runs get far.
		fitting := map[run.Phase][]string{
			run.PhaseNone: {"start", "retry", "settle done", "resend", "move"}, run.PhaseCalling: {"called", "called", "called", "busy", "unknown", "limited", "lost", "unmade"},
			run.PhaseBackingOff: {"woken", "woken", "move"}, run.PhaseHeld: {"woken", "move"}, run.PhaseJoining: {"joined", "unstarted"}, run.PhaseSettling: {"called", "woken", "unknown"}, run.PhaseSleeping: {"woken", "woken", "move", "retime"},
			run.PhaseAsking: {"replied", "elapsed", "invalid", "undelivered", "move", "retime"},
		}
		all := slices.Sorted(maps.Keys(inputs))
		all = append(all, "move", "retime")
		var names []string
		state, now := queued(), start
		var history []happened
		raised := map[string]int{}
		claims := 0 // of the wait that was opened last
		for i := range rapid.IntRange(1, 60).Draw(t, "inputs") {
			from := all
			if fits := fitting[state.Phase]; len(fits) > 0 && rapid.Bool().Draw(t, "fits") {
				from = fits
			}
			name := rapid.SampledFrom(from).Draw(t, "input")
			names = append(names, name)
			now = now.Add(time.Duration(rapid.IntRange(-120, 600).Draw(t, "minutes")) * time.Minute)
			if state.Phase == run.PhaseAsking { // what happens to a wait and not to its run
				switch rapid.SampledFrom([]string{"nothing", "an answer begins", "a person steps in", "the clock goes on"}).Draw(t, "meanwhile") {
				case "an answer begins":
					w.State, w.PausedAt = run.WaitCollecting, time.Time{}
				case "a person steps in":
					if w.State == run.WaitOpen && !w.Paused() {
						w.PausedAt = now
					}
				case "the clock goes on":
					if w.Paused() {
						w = w.Resumed(now, time.Second)
					}
				}
			}
			before := mustMarshal(state)
			in, other, asked := inputs[name], versions[1-v], w
			switch name {
			case "move":
				in = run.Move{To: other, Number: 2 - v, Wait: &asked}
			case "retime":
				in = run.Retime{By: other, Wait: &asked}
			}
			next, err := run.Advance(versions[v], state, in, now)
			if after := mustMarshal(state); string(after) != string(before) {
				t.Fatalf("Advance changed the state it was given")
			}
			if err != nil {
				var refused *run.RefusedError
				if !errors.Is(err, run.ErrNotExpected) && !errors.Is(err, run.ErrNotDue) && !errors.As(err, &refused) {
					t.Fatalf("input %d, %s: %v", i, name, err)
				}
				continue
			}
			repair := name == "retry" || name == "settle done" || name == "settle not" || name == "resend"
			if state.Status.Ended() && !(state.Status == run.Failed && repair) {
				t.Fatalf("an ended run took %s", name)
			}
			for id, sr := range state.Steps {
				again := repair && id == state.Cursor
				if later := next.State.Steps[id]; sr.Status != run.StepActive && !again && !reflect.DeepEqual(sr, later) {
					t.Fatalf("step %s had ended and changed", id)
				}
			}
			if next.Call != nil && next.Ask != nil {
				t.Fatalf("two effects at once")
			}
			if (next.State.Status == run.Running) != (next.Call != nil) {
				t.Fatalf("status %s with call %v", next.State.Status, next.Call)
			}
			for _, r := range next.Others.Raised {
				raised[r.Origin.StepID]++
			}
			if claim := name == "replied" || name == "elapsed" || name == "invalid" || name == "undelivered"; claim {
				if claims++; claims > 1 {
					t.Fatalf("a wait was claimed by %s, and had been before", name)
				}
			}
			if next.Ask != nil {
				claims = 0
				w = run.Wait{State: run.WaitOpen, StepID: next.Ask.StepID, SentAt: next.Ask.SentAt, ClockAt: next.Ask.ClockAt, Within: next.Ask.Within, Deadline: next.Ask.Deadline, Terms: next.Ask.Terms}
			}
			if next.Wait != nil {
				if w = *next.Wait; w.Deadline.IsZero() {
					t.Fatalf("a wait without a deadline after %s: %+v", name, w)
				}
				if name == "retime" && (asked.State != run.WaitOpen || asked.Paused()) {
					t.Fatalf("a wait that is answered or stands still was timed anew: %+v", w)
				}
				if w.State != asked.State || !w.PausedAt.Equal(asked.PausedAt) {
					t.Fatalf("%s made of the wait %+v this one: %+v", name, asked, w)
				}
			}
			history = append(history, happened{v, in, now})
			if state = next.State; name == "move" {
				v = 1 - v
			}
		}
		for id, times := range raised {
			if times > 1 && !slices.Contains(names, "retry") && !slices.Contains(names, "resend") {
				t.Fatalf("step %s caused %d events", id, times)
			}
		}
		exits := 0
		for _, id := range []string{"thank", "pause", "note", "other"} {
			if _, ran := state.Steps[id]; ran {
				exits++
			}
		}
		if exits > 1 {
			t.Fatalf("%d exits of one customer response were taken", exits)
		}
		again := queued()
		for _, h := range history {
			next, err := run.Advance(versions[h.by], again, h.in, h.at)
			if err != nil {
				t.Fatal(err)
			}
			again = next.State
		}
		if string(mustMarshal(again)) != string(mustMarshal(state)) {
			t.Fatalf("the same history gave another state")
		}
	})
}

func mustMarshal(v any) []byte {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return b
}
