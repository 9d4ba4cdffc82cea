package flowtest_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/cordboard/cordboard/core/internal/conversation"
	"github.com/cordboard/cordboard/core/internal/flowtest"
	"github.com/cordboard/cordboard/core/internal/run"
	"github.com/cordboard/cordboard/sdk/protocol"
)

// TestOddCombinations plays flows that nest and mix what is usually apart.
func TestOddCombinations(t *testing.T) {
	t.Parallel()
	const hour, minute = time.Hour, time.Minute
	say := func(at time.Duration, text string) flowtest.Act {
		return flowtest.Act{At: at, Say: &flowtest.Say{Text: text}}
	}
	const send = `do: whatsapp.send_text, connection: wa, with: { to: "{{ contact.phone }}", text: `
	cases := map[string]struct {
		steps   string
		script  []flowtest.Act
		answers map[string]flowtest.Answer
		path    string
		calls   int
		status  run.Status
		says    string // the failure or the reason
		heard   []conversation.Disposition
	}{
		"each item has its own question, its own tries and its own text between them": {
			steps: `
  - id: each
    for_each: { in: "['shoes', 'hat']", as: item, max: 5 }
    steps:
      - { id: ask, ` + send + `"{{ item }}?" } }
      - id: answer
        customer_response: { within: 1h, accept: { choices: { "yes": ["yes"], "no": ["no"] } }, retry: { times: 1, say: "Yes or no to {{ item }}?" } }
        default: []
        invalid: []
        no_response: []
`,
			script: []flowtest.Act{say(minute, "hm"), say(2*minute, "yes"), say(3*minute, "hm"), say(4*minute, "what"), say(5*minute, "late")},
			path:   "each ask answer.default ask answer.invalid", calls: 4, status: run.Succeeded,
			heard: []conversation.Disposition{conversation.Refused, conversation.Matched, conversation.Refused, conversation.Refused, conversation.NoMatch},
		},
		"a person takes over in the second iteration only": {
			steps: `
  - id: each
    for_each: { in: "[1, 2]", as: item, max: 2 }
    steps:
      - { id: ask, ` + send + `"Well?" } }
      - id: answer
        customer_response: { within: 1h, on_takeover: pause }
        default: []
        no_response: []
`,
			script: []flowtest.Act{{At: 70 * minute, Takeover: "Hi"}, {At: 3 * hour, Resume: "answer"}, say(3*hour+40*minute, "yes")},
			path:   "each ask answer.no_response ask answer.default", calls: 2, status: run.Succeeded,
			heard: []conversation.Disposition{conversation.Matched},
		},
		"what went wrong is asked about": {
			steps: `
  - id: pay
    http: { method: POST, url: "https://example.com/pay" }
    on_error:
      - { id: ask, ` + send + `"{{ error.message }}. Again?" } }
      - id: answer
        customer_response: { within: 1h }
        default: [ { id: again, http: { method: POST, url: "https://example.com/pay" }, on_error: [ { id: enough, stop: { reason: "{{ error.step }}" } } ] } ]
        no_response: []
`,
			script:  []flowtest.Act{say(minute, "yes")},
			answers: map[string]flowtest.Answer{"pay": refused, "again": refused},
			path:    "pay.on_error ask answer.default again.on_error enough", calls: 3, status: run.Succeeded, says: "again",
			heard: []conversation.Disposition{conversation.Matched},
		},
		"a delay until a time that is over takes none": {
			steps: "  - { id: rest, delay: { until: \"'2020-02-29T00:00:00Z'\" } }\n  - { id: after, set: { a: 1 } }\n",
			path:  "rest after", status: run.Succeeded,
		},
		"a delay until what is no time fails the step": {
			steps: "  - { id: rest, delay: { until: \"'tomorrow'\" } }\n",
			path:  "rest", status: run.Failed, says: `"tomorrow" is not a time; let 'tomorrow' yield one such as 2026-05-17T09:00:00Z`,
		},
		"an answer until a time that is over fails the step": {
			steps: `
  - { id: ask, ` + send + `"Well?" } }
  - id: answer
    customer_response: { within: { until: "'2020-02-29T00:00:00Z'" } }
    default: []
    no_response: []
`,
			path: "ask answer", calls: 1, status: run.Failed, says: "not between 1s and 365d",
		},
		"stop within a loop within an on_error ends all of it": {
			steps: `
  - id: pay
    http: { method: POST, url: "https://example.com/pay" }
    on_error:
      - id: again
        repeat: { max: 3, while: "true" }
        steps: [ { id: enough, stop: { reason: "{{ error.step }} {{ iteration.number }}" } } ]
  - { id: after, set: { a: 1 } }
`,
			answers: map[string]flowtest.Answer{"pay": refused},
			path:    "pay.on_error again enough", calls: 1, status: run.Succeeded, says: "pay 1",
		},
		"a question outside of the loop is waited for once within its time": {
			steps: `
  - { id: ask, ` + send + `"Well?" } }
  - id: again
    repeat: { max: 2, until: "false" }
    steps:
      - id: answer
        customer_response: { within: 1h, to: ask }
        default: []
        no_response: []
`,
			path: "ask again.max answer.no_response answer.no_response", calls: 1, status: run.Succeeded,
		},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			trace := play(t, c.steps, flowtest.Scenario{Script: c.script, Answers: c.answers})
			said := trace.State.Reason
			if f := trace.State.Failure; f != nil {
				said = f.Message
			}
			if got := strings.Join(trace.Path, " "); got != c.path || trace.State.Status != c.status || !strings.Contains(said, c.says) {
				t.Errorf("%s by %q, saying %q; want %s by %q, saying %q", trace.State.Status, got, said, c.status, c.path, c.says)
			}
			if len(trace.Calls) != c.calls {
				t.Errorf("calls %+v, want %d", trace.Calls, c.calls)
			}
			keys := map[string]bool{}
			for _, call := range trace.Calls {
				keys[call.Key] = true
			}
			if len(keys) != len(trace.Calls) {
				t.Errorf("two calls have one key: %+v", trace.Calls)
			}
			var heard []conversation.Disposition
			for _, h := range trace.Heard {
				heard = append(heard, h.Disposition)
			}
			if !slices.Equal(heard, c.heard) {
				t.Errorf("heard as %v, want %v", heard, c.heard)
			}
		})
	}
}

var refused = flowtest.Answer{Failure: &protocol.Failure{Kind: protocol.Permanent, Source: protocol.FromProvider, Message: "declined"}}

// TestAQuestionOnSomeWaysOnly: what is waited for is one that has been sent on every way, and so no earlier iteration's.
func TestAQuestionOnSomeWaysOnly(t *testing.T) {
	t.Parallel()
	for name, to := range map[string]string{"named": ", to: ask", "the latest": ""} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, problems := compile(t, `
  - id: each
    for_each: { in: "[1, 2]", as: item, max: 2 }
    steps:
      - id: first
        if: item == 1
        then: [ { id: ask, do: whatsapp.send_text, connection: wa, with: { to: "{{ contact.phone }}", text: Well? } } ]
      - id: answer
        customer_response: { within: 1h`+to+` }
        default: []
        no_response: []
`)
			if !strings.Contains(problems.Error(), "customer_response") {
				t.Errorf("it says %v", problems)
			}
		})
	}
}
