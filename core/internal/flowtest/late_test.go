package flowtest_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/cordboard/cordboard/core/internal/conversation"
	"github.com/cordboard/cordboard/core/internal/flow"
	"github.com/cordboard/cordboard/core/internal/flowtest"
	"github.com/cordboard/cordboard/core/internal/run"
)

// compile compiles steps against the real connectors.
func compile(t *testing.T, steps string) (*flow.Version, flow.Problems) {
	t.Helper()
	doc, problems := flow.Parse([]byte("name: scene\ntrigger: { on: manual }\nsteps:\n" + steps))
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	return flow.Compile(doc, realConnectors(t))
}

// play plays steps against the real connectors.
func play(t *testing.T, steps string, sc flowtest.Scenario) flowtest.Trace {
	t.Helper()
	version, problems := compile(t, steps)
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	sc.Event, sc.Contact = json.RawMessage("{}"), run.ContactFacts{ID: "cnt", Phone: "+34600111222"}
	trace, err := flowtest.Play(version, sc)
	if err != nil {
		t.Fatal(err)
	}
	return trace
}

const twoQuestions = `
  - { id: ask, do: whatsapp.send_text, connection: wa, with: { to: "{{ contact.phone }}", text: "One?" } }
  - id: one
    customer_response: { within: 1h, to: ask }
    default: []
    no_response: []
  - { id: again, do: whatsapp.send_text, connection: wa, with: { to: "{{ contact.phone }}", text: "Two?" } }
  - id: two
    customer_response: { within: 1h, to: again }
    default: []
    no_response: []
`

// TestR13ALateReplyBelongsToWhatItQuotes, unless another question is open.
func TestR13ALateReplyBelongsToWhatItQuotes(t *testing.T) {
	t.Parallel()
	late := func(trace flowtest.Trace, step string) bool {
		return strings.Contains(string(trace.State.Steps[step].Output), `"late_reply":{`)
	}
	t.Run("both are over", func(t *testing.T) {
		t.Parallel()
		trace := play(t, twoQuestions, flowtest.Scenario{Script: []flowtest.Act{{At: 3 * time.Hour, Say: &flowtest.Say{Text: "yes", Quotes: "ask"}}}})
		if got := trace.Heard[0].Disposition; got != conversation.Late || !late(trace, "one") || late(trace, "two") {
			t.Errorf("it is %s, and the run reads %s and %s", got, trace.State.Steps["one"].Output, trace.State.Steps["two"].Output)
		}
	})
	t.Run("the second is open", func(t *testing.T) {
		t.Parallel()
		trace := play(t, twoQuestions, flowtest.Scenario{Script: []flowtest.Act{{At: 90 * time.Minute, Say: &flowtest.Say{Text: "yes", Quotes: "ask"}}}})
		if got := trace.Heard[0].Disposition; got != conversation.Matched || trace.State.Steps["two"].Exit != "default" || late(trace, "one") {
			t.Errorf("it is %s, and the second question ends as %s", got, trace.State.Steps["two"].Exit)
		}
	})
	t.Run("the timeout is held after an outage", func(t *testing.T) {
		t.Parallel()
		trace := play(t, twoQuestions, flowtest.Scenario{Grace: 2 * time.Minute, Script: []flowtest.Act{
			{At: 50 * time.Minute, Away: 20 * time.Minute}, {At: 65 * time.Minute, Say: &flowtest.Say{Text: "yes"}},
		}})
		if got := trace.Heard[0].Disposition; got != conversation.Late || trace.State.Steps["one"].Exit != "no_response" || !late(trace, "one") {
			t.Errorf("it is %s, and the run reads %s", got, trace.State.Steps["one"].Output)
		}
	})
}

// TestR13AWaitThatOpensAfterItsDeadline: the steps between the question and the wait take longer than the answer is given. What
// was said in time is the answer, what was said after is late.
func TestR13AWaitThatOpensAfterItsDeadline(t *testing.T) {
	t.Parallel()
	const steps = `
  - { id: ask, do: whatsapp.send_text, connection: wa, with: { to: "{{ contact.phone }}", text: "Well?" } }
  - { id: rest, delay: { for: 2h } }
  - id: answer
    customer_response: { within: 1h, to: ask }
    default: []
    no_response: [ { id: note, set: { said: "{{ steps.answer.late_reply.text }}" } } ]
`
	for at, want := range map[time.Duration]struct {
		path  string
		heard conversation.Disposition
	}{
		30 * time.Minute: {"ask rest answer.default", conversation.Matched},
		90 * time.Minute: {"ask rest answer.no_response note", conversation.Late},
	} {
		trace := play(t, steps, flowtest.Scenario{Script: []flowtest.Act{{At: at, Say: &flowtest.Say{Text: "yes"}}}})
		if got := strings.Join(trace.Path, " "); got != want.path || len(trace.Heard) != 1 || trace.Heard[0].Disposition != want.heard {
			t.Errorf("said after %s: %s, heard %+v; want %s, %s", at, got, trace.Heard, want.path, want.heard)
		}
		if said := string(trace.State.Vars["said"]); want.heard == conversation.Late && said != `"yes"` {
			t.Errorf("the run reads %s", said)
		}
	}
}
