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

// TestR16ADelayUntilADayOfTheWeek: in the step's time zone, else the contact's, else the workspace's, which is UTC here. The clock
// begins on a Thursday at nine.
func TestR16ADelayUntilADayOfTheWeek(t *testing.T) {
	t.Parallel()
	for delay, c := range map[string]struct {
		zone string // of the contact
		want time.Duration
	}{
		"next: thu":                                          {"", 7 * 24 * time.Hour},
		"next: thu, at: '09:01'":                             {"", time.Minute},
		"next: [mon, fri], at: '10:00'":                      {"", 25 * time.Hour},
		"next: fri, at: '10:00'":                             {"Europe/Madrid", 24 * time.Hour},
		"next: fri, at: '10:00', time_zone: Asia/Tokyo":      {"Europe/Madrid", 16 * time.Hour},
		"next: thu, at: '05:00', time_zone: America/Chicago": {"Asia/Tokyo", 2 * time.Hour}, // where it is three in the morning
	} {
		t.Run(delay, func(t *testing.T) {
			t.Parallel()
			doc, problems := flow.Parse([]byte("name: later\ntrigger: { on: manual }\nsteps:\n  - id: rest\n    delay: { " + delay + " }\n"))
			if len(problems) > 0 {
				t.Fatal(problems)
			}
			version, problems := flow.Load(doc, manifests{})
			if len(problems) > 0 {
				t.Fatal(problems)
			}
			trace, err := flowtest.Play(version, flowtest.Scenario{Event: json.RawMessage("{}"), Contact: run.ContactFacts{ID: "cnt", Phone: "+34600111222", TimeZone: c.zone}})
			if err != nil || trace.Ended != c.want {
				t.Errorf("it went on after %s, want %s (%v)", trace.Ended, c.want, err)
			}
		})
	}
}

// TestTerms plays what a question may say about its wait, as the gateway would carry it out.
func TestTerms(t *testing.T) {
	t.Parallel()
	const minute = time.Minute
	say := func(at time.Duration, text string) flowtest.Act {
		return flowtest.Act{At: at, Say: &flowtest.Say{Text: text}}
	}
	cases := map[string]struct {
		terms  string
		script []flowtest.Act
		want   string // the exit
		at     time.Duration
		text   string // of the reply
	}{
		"R8: the clock starts with the delivery": {
			"from: delivered", []flowtest.Act{{At: 10 * minute, Deliver: "verify"}}, "no_response", 130 * minute, "",
		},
		"R8: what was read was delivered": {
			"from: delivered", []flowtest.Act{{At: 10 * minute, Read: "verify"}}, "no_response", 130 * minute, "",
		},
		"R8: no delivery is no silence": {
			"from: delivered, deliver_within: 1h", nil, "undelivered", 60 * minute, "",
		},
		"R8: delivered and not opened is silence": {
			"from: read, deliver_within: 1h", []flowtest.Act{{At: minute, Deliver: "verify"}}, "no_response", 60 * minute, "",
		},
		"several messages are one answer": {
			"collect: { quiet: 1m }", []flowtest.Act{say(5*minute, "it is"), say(5*minute+30*time.Second, "4711")},
			"default", 6 * minute, "it is\n4711",
		},
		"which ends at the most": {
			"collect: { quiet: 1m, max: 1m }", []flowtest.Act{say(5*minute, "it is"), say(5*minute+30*time.Second, "4711"), say(6*minute+time.Second, "or not")},
			"default", 6 * minute, "it is\n4711",
		},
		"a condition over the reply": {
			"accept: { when: reply.text.size() == 4 }", []flowtest.Act{say(minute, "471"), say(2*minute, "4711")}, "default", 2 * minute, "4711",
		},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			trace, err := flowtest.Play(withTerms(t, c.terms), flowtest.Scenario{Event: order(productX), Script: c.script})
			if err != nil {
				t.Fatal(err)
			}
			answer := trace.State.Steps["answer"]
			if answer.Exit != c.want || answer.EndedAt.Sub(flowtest.Epoch) != c.at {
				t.Errorf("%s after %v, want %s after %v", answer.Exit, answer.EndedAt.Sub(flowtest.Epoch), c.want, c.at)
			}
			var out struct{ Reply *struct{ Text string } }
			if err := json.Unmarshal(answer.Output, &out); err != nil {
				t.Fatal(err)
			}
			if out.Reply == nil != (c.text == "") || out.Reply != nil && out.Reply.Text != c.text {
				t.Errorf("the run reads %s", answer.Output)
			}
		})
	}
}

// TestSay: another answer is asked for once with each refusal that leaves a try.
func TestSay(t *testing.T) {
	t.Parallel()
	v := withTerms(t, `accept: { match: "^[0-9]+$" }, retry: { times: 1, say: "A number, please." }`)
	trace, err := flowtest.Play(v, flowtest.Scenario{Event: order(productX), Script: []flowtest.Act{
		{At: time.Minute, Say: &flowtest.Say{Text: "one"}}, {At: 2 * time.Minute, Say: &flowtest.Say{Text: "two"}},
	}})
	if err != nil {
		t.Fatal(err)
	}
	var said []string
	for _, c := range trace.Calls {
		if c.Step == "answer" {
			said = append(said, string(c.Input))
		}
	}
	if want := `{"text":"A number, please.","to":"+34600111222"}`; len(said) != 1 || said[0] != want {
		t.Errorf("said %v, want %s once", said, want)
	}
}

// TestR13LateReplyIsReadable: it moves nothing, and the steps that follow read it; unless it is for others.
func TestR13LateReplyIsReadable(t *testing.T) {
	t.Parallel()
	for terms, want := range map[string]conversation.Disposition{"late: attach": conversation.Late, "late: ignore": conversation.NoMatch} {
		trace, err := flowtest.Play(withTerms(t, terms), flowtest.Scenario{Event: order(productX), Script: []flowtest.Act{
			{At: 5 * time.Hour, Say: &flowtest.Say{Text: "sorry"}},
		}})
		if err != nil {
			t.Fatal(err)
		}
		if trace.Heard[0].Disposition != want {
			t.Errorf("%s: the message is %s", terms, trace.Heard[0].Disposition)
		}
		read := strings.Contains(string(trace.State.Steps["answer"].Output), `"late_reply":{`)
		if read != (want == conversation.Late) || trace.State.Status != run.Succeeded {
			t.Errorf("%s: the run reads %s", terms, trace.State.Steps["answer"].Output)
		}
	}
}

// TestR2AQuestionThatSomebodyElseAsks: the clock starts when the run comes to the wait, and what was said before is no answer.
func TestR2AQuestionThatSomebodyElseAsks(t *testing.T) {
	t.Parallel()
	doc, problems := flow.Parse([]byte(`name: theirs
trigger: { on: manual }
steps:
  - { id: rest, delay: { for: 10m } }
  - id: answer
    customer_response: { within: 1h, connection: wa }
    default: []
    no_response: []
`))
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	version, problems := flow.Load(doc, manifests{})
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	contact := run.ContactFacts{ID: "cnt", Phone: "+34600111222"}
	for at, want := range map[time.Duration]string{5 * time.Minute: "no_response", 69 * time.Minute: "default", 70 * time.Minute: "no_response"} {
		trace, err := flowtest.Play(version, flowtest.Scenario{Event: json.RawMessage("{}"), Contact: contact, Script: []flowtest.Act{{At: at, Say: &flowtest.Say{Text: "Yes"}}}})
		if err != nil {
			t.Fatal(err)
		}
		if answer := trace.State.Steps["answer"]; answer.Exit != want || !strings.Contains(string(answer.Input), `"from":"2026-01-01T09:10:00Z"`) || strings.Contains(string(answer.Input), `"to"`) {
			t.Errorf("said after %s: %s by %s, want %s", at, answer.Exit, answer.Input, want)
		}
	}
}
