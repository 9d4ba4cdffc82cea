package flow_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/cordboard/cordboard/core/internal/expr"
	"github.com/cordboard/cordboard/core/internal/flow"
)

const (
	manual = "name: x\ntrigger: { on: manual }\nsteps:\n"
	ask    = "  - { id: ask, do: whatsapp.send_text, connection: wa, with: { to: '1', text: Well? } }\n"
)

// edges draws where each step leads.
func edges(v *flow.Version) string {
	var lines []string
	for _, id := range v.Order {
		s := v.Step(id)
		var exits []string
		exit := func(name, to string) {
			if to == "" {
				to = "end"
			}
			exits = append(exits, name+">"+to)
		}
		switch s.Kind {
		case flow.KindIf:
			exit("then", s.If.Then)
			exit("else", s.If.Else)
		case flow.KindSwitch:
			for i, c := range s.Switch.Cases {
				exit(fmt.Sprint(i), c.Then)
			}
			exit("otherwise", s.Switch.Otherwise)
		case flow.KindCustomerResponse:
			exit("default", s.Response.Default)
			exit("no_response", s.Response.NoResponse)
			if s.Response.HasUndelivered {
				exit("undelivered", s.Response.Undelivered)
			}
		case flow.KindFail, flow.KindStop:
		default:
			exit("", s.Next)
		}
		lines = append(lines, id+" "+strings.Join(exits, " "))
	}
	return strings.Join(lines, "\n")
}

func TestStepsLeadOn(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ steps, want string }{
		"an empty flow": {" []", ""},
		"a chain":       {"\n  - { id: a, delay: { for: 1s } }\n  - { id: b, delay: { for: 1s } }", "a >b\nb >end"},
		"branches join behind the step, however deep": {`
  - id: a
    if: "true"
    then:
      - id: b
        if: "false"
        then: [{ id: c, delay: { for: 1s } }]
  - { id: d, delay: { for: 1s } }`, "a then>b else>d\nb then>c else>d\nc >d\nd >end"},
		"an empty branch leads to the join": {`
  - { id: a, if: "true", then: [], else: [{ id: b, delay: { for: 1s } }] }
  - { id: c, delay: { for: 1s } }`, "a then>c else>b\nb >c\nc >end"},
		"cases": {`
  - id: a
    switch: event.size
    cases:
      - { is: big, then: [{ id: b, stop: }] }
      - { is: 3, then: [] }
      - { when: event.rush == true, then: [{ id: c, fail: { message: "no {{ event.size }}" } }] }
    otherwise: []
  - { id: d, set: { x: 1 } }`, "a 0>b 1>d 2>c otherwise>d\nb \nc \nd >end"},
		"a response that is not delivered": {"\n" + ask + `
  - { id: a, customer_response: { within: 1h }, default: [], no_response: [], undelivered: [{ id: b, stop: { reason: gone } }] }
  - { id: c, delay: { until: now } }`, "ask >a\na default>c no_response>c undelivered>b\nb \nc >end"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := edges(compile(t, strings.TrimSuffix(manual, "\n")+c.steps+"\n")); got != c.want {
				t.Errorf("the steps lead:\n%s\nwant:\n%s", got, c.want)
			}
		})
	}
}

func TestWhatAResponseAnswers(t *testing.T) {
	t.Parallel()
	const wait = "customer_response: { within: 1h }, default: [], no_response: []"
	for name, c := range map[string]struct{ steps, want string }{
		"the latest message":                   {ask + "  - { id: again, do: whatsapp.send_text, connection: wa, with: { to: '1', text: Please } }\n  - { id: a, " + wait + " }", "again"},
		"the one it names":                     {ask + "  - { id: again, do: whatsapp.send_text, connection: wa, with: { to: '1', text: Please } }\n  - { id: a, customer_response: { within: 1h, to: ask }, default: [], no_response: [] }", "ask"},
		"not a step that sends nothing":        {ask + "  - { id: read, do: whatsapp.mark_read, connection: wa, with: { message_id: '{{ steps.ask.message_id }}' } }\n  - { id: a, " + wait + " }", "ask"},
		"the one before branches without any":  {ask + "  - { id: b, if: 'true', then: [{ id: c, delay: { for: 1s } }] }\n  - { id: a, " + wait + " }", "ask"},
		"a branch that ends does not count":    {ask + "  - { id: b, if: 'true', then: [{ id: c, do: whatsapp.send_text, connection: wa, with: { to: '1', text: Bye } }, { id: d, stop: }] }\n  - { id: a, " + wait + " }", "ask"},
		"the one inside, when inside a branch": {ask + "  - id: b\n    if: 'true'\n    then:\n      - { id: c, do: whatsapp.send_text, connection: wa, with: { to: '1', text: Hm } }\n      - { id: a, " + wait + " }", "c"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := compile(t, manual+c.steps+"\n").Step("a").Response
			if r.To != c.want || r.Connection != "wa" {
				t.Errorf("To = %q on %q, want %q on wa", r.To, r.Connection, c.want)
			}
		})
	}
}

func TestWithin(t *testing.T) {
	t.Parallel()
	vars := expr.Vars{"event": map[string]any{"hours": 3}, "now": time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC)}
	step := func(within string) flow.Within {
		return compile(t, manual+ask+"  - { id: a, customer_response: { within: "+within+" }, default: [], no_response: [] }\n").Step("a").Response.Within
	}
	if got := step("365d").Duration; got != flow.MaxWithin {
		t.Errorf("Duration = %v", got)
	}
	if got, err := step(`"{{ string(event.hours) + 'h' }}"`).For.Eval(context.Background(), vars); err != nil || got != "3h" {
		t.Errorf("For = %v, %v", got, err)
	}
	if got, err := step(`{ until: "now + duration('90m')" }`).Until.Eval(context.Background(), vars); err != nil || got != "2024-01-01T01:30:00Z" {
		t.Errorf("Until = %v, %v", got, err)
	}
	for _, s := range []string{"0s", "999ms", "366d", "-1h", "x"} {
		if d, err := flow.ParseWithin(s); err == nil {
			t.Errorf("ParseWithin(%q) = %v, want an error", s, d)
		}
	}
}

// keeping is a workspace that keeps runs for so long.
type keeping struct {
	installed
	runs time.Duration
}

func (k keeping) LongestWait() time.Duration { return k.runs }

// TestR15AWaitFitsTheRetention: a flow that asks for longer than the workspace keeps runs is refused when it is saved, and
// goes on if it went live before.
func TestR15AWaitFitsTheRetention(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		within  string
		kept    time.Duration
		problem string
		longest time.Duration
	}{
		"shorter":                              {"90d", 90 * 24 * time.Hour, "", 90 * 24 * time.Hour},
		"longer":                               {"91d", 90 * 24 * time.Hour, "an answer may take 91d here, and this workspace keeps runs for 90d", 91 * 24 * time.Hour},
		"a little longer":                      {"2160h1s", 90 * 24 * time.Hour, "an answer may take 90d1s here", 2160*time.Hour + time.Second},
		"for ever":                             {"365d", 0, "", flow.MaxWithin},
		"the way there counts":                 {"90d, from: delivered", 90 * 24 * time.Hour, "an answer may take 91d here", 91 * 24 * time.Hour},
		"what an expression says is seen then": {`"{{ '91' + 'd' }}"`, 90 * 24 * time.Hour, "", flow.MaxWithin},
		"what a calendar says is seen then":    {"{ business: 1h, calendar: office }", 90 * 24 * time.Hour, "", flow.MaxWithin},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			doc, problems := flow.Parse([]byte(manual + ask + "  - { id: a, customer_response: { within: " + c.within + " }, default: [], no_response: [] }\n"))
			if err := problems.Err(); err != nil {
				t.Fatal(err)
			}
			_, problems = flow.Compile(doc, keeping{runs: c.kept})
			if c.problem == "" && len(problems) > 0 {
				t.Fatal(problems)
			}
			if c.problem != "" && (len(problems) != 1 || problems[0].Path != "steps[1].customer_response.within" || !strings.Contains(problems[0].Message, c.problem) || problems[0].Remedy == "") {
				t.Errorf("problems are %+v, want %q", problems, c.problem)
			}
			loaded, problems := flow.Load(doc, keeping{runs: c.kept})
			if len(problems) > 0 || loaded.LongestWait != c.longest {
				t.Errorf("loading: %v, the longest wait is %v, want %v", problems, loaded.LongestWait, c.longest)
			}
		})
	}
}

func TestInputs(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ with, want, err string }{
		"a default is filled in":            {`{ to: "1", template: x }`, `{"language":"en","to":"1","template":"x"}`, ""},
		"null leaves an optional field out": {`{ to: "1", template: x, language: "{{ event.none }}" }`, `{"to":"1","template":"x"}`, ""},
		"null does not fill a required one": {`{ to: "{{ event.none }}", template: x, language: es }`, "", "to must not be null; leave it out or give a string"},
		"another type is refused":           {`{ to: "{{ event.id }}", template: x, language: es }`, "", "to must be text, not a number"},
		"a wrong choice is refused":         {`{ to: "1", template: x, language: "{{ event.text }}" }`, "", "language must be one of en, es"},
		"a list keeps its order and types":  {`{ to: "1", template: x, language: es, body: ["{{ event.text }}", "id {{ event.id }}"] }`, `{"to":"1","template":"x","language":"es","body":["{{ <b> }}","id 820982911946154508"]}`, ""},
		"a list from an expression":         {`{ to: "1", template: x, language: es, body: "{{ [event.text] }}" }`, `{"to":"1","template":"x","language":"es","body":["{{ <b> }}"]}`, ""},
		"an expression that fails":          {`{ to: "{{ event.text + event.none }}", template: x, language: es }`, "", "steps[0].with.to: evaluate event.text + event.none: a value in it is null or of another type than the operation takes"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			v := compile(t, manual+"  - { id: a, do: whatsapp.send_template, connection: wa, with: "+c.with+" }\n")
			got, err := v.Step("a").Do.With.Eval(context.Background(), expr.Vars{
				"event": expr.NewLazy(json.RawMessage(`{"id":820982911946154508,"text":"{{ <b> }}","none":null}`)),
			})
			switch {
			case c.err == "" && (err != nil || string(got) != c.want):
				t.Errorf("Eval() = %s, %v, want %s", got, err, c.want)
			case c.err != "" && (err == nil || err.Error() != c.err):
				t.Errorf("Eval() = %s, %v, want the error %s", got, err, c.err)
			}
			var input *flow.InputError
			if strings.Contains(c.err, "must") && !errors.As(err, &input) {
				t.Errorf("Eval() = %v, want an *InputError", err)
			}
		})
	}
}

func TestAStepOfABranchReadsAsNullWhenItDidNotRun(t *testing.T) {
	t.Parallel()
	v := compile(t, manual+`
  - id: maybe
    if: event.go == true
    then:
      - { id: told, do: whatsapp.send_text, connection: wa, with: { to: "1", text: Hi } }
  - { id: after, set: { was_told: "{{ steps.told != null }}", message: "{{ steps.told.message_id }}" } }
  - { id: last, set: { copy: "{{ vars.message }}" } }
`)
	for name, c := range map[string]struct {
		steps map[string]any
		want  string
	}{
		"it did not run": {nil, `{"was_told":false,"message":null}`},
		"it ran":         {map[string]any{"told": expr.NewLazy(json.RawMessage(`{"message_id":"wamid.1"}`))}, `{"was_told":true,"message":"wamid.1"}`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := v.Step("after").Set.Eval(context.Background(), expr.Vars{"steps": c.steps})
			if err != nil || string(got) != c.want {
				t.Errorf("Set = %s, %v, want %s", got, err, c.want)
			}
		})
	}
}

func TestDescribe(t *testing.T) {
	t.Parallel()
	p := flow.Problem{Line: 12, Column: 7, Path: "steps[0].with.templat", Message: "there is no such field", Remedy: `did you mean "template"?`}
	for want, got := range map[string]string{
		`verify.yaml:12:7: steps[0].with.templat: there is no such field; did you mean "template"?`: flow.Describe("verify.yaml", p),
		`12:7: the document is empty`: flow.Describe("", flow.Problem{Line: 12, Column: 7, Message: "the document is empty"}),
		`too long`:                    flow.Describe("", flow.Problem{Message: "too long"}),
	} {
		if got != want {
			t.Errorf("Describe() = %q, want %q", got, want)
		}
	}
}

// TestLoadToleratesWhatIsGone: a version that was published runs on when a connection, a flow or a calendar that it names is
// not there any more; only the step that needs it fails. What is saved is held to more.
func TestLoadToleratesWhatIsGone(t *testing.T) {
	t.Parallel()
	doc, problems := flow.Parse([]byte(`name: gone
trigger: { on: manual }
steps:
  - { id: send, do: whatsapp.send_text, connection: sold, with: { to: "+34600111222", text: Hello } }
  - { id: start, start_flow: { flow: deleted } }
  - { id: pause, delay: { open: closed } }
`))
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	if _, problems := flow.Compile(doc, installed{}); len(problems) != 3 {
		t.Errorf("Compile() reports %d problems, want 3:\n%v", len(problems), problems)
	}
	v, problems := flow.Load(doc, installed{})
	if len(problems) > 0 || v.Step("send").Do.Connection != "sold" || v.Step("start").StartFlow.Flow != "deleted" || v.Step("pause").Delay.Open != "closed" {
		t.Errorf("Load() reports:\n%v", problems)
	}
}
