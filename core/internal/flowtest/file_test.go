package flowtest_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/cordboard/cordboard/core/internal/flow"
	"github.com/cordboard/cordboard/core/internal/flowtest"
	"github.com/cordboard/cordboard/core/internal/run"
	"github.com/cordboard/cordboard/sdk/protocol"
	"github.com/cordboard/cordboard/sdk/schema"
)

func TestTheExamplesPassTheirTests(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("../../../examples/flows/*" + flowtest.Suffix)
	if err != nil || len(files) == 0 {
		t.Fatalf("no test files (%v)", err)
	}
	for _, file := range files {
		source, err := os.ReadFile(strings.TrimSuffix(file, flowtest.Suffix) + ".yaml")
		if err != nil {
			t.Fatal(err)
		}
		doc, problems := flow.Parse(source)
		if len(problems) > 0 {
			t.Fatal(problems)
		}
		version, problems := flow.Load(doc, realConnectors(t))
		if len(problems) > 0 {
			t.Fatal(problems)
		}
		tests, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		parsed, problems := flowtest.Parse(tests, func(name string) ([]byte, error) {
			return os.ReadFile(filepath.Join(filepath.Dir(file), name))
		})
		if len(problems) > 0 {
			t.Fatal(problems)
		}
		if problems := parsed.Check(version); len(problems) > 0 {
			t.Fatal(problems)
		}
		for _, c := range parsed.Cases {
			t.Run(c.Name, func(t *testing.T) {
				if r := c.Run(version, nil); !r.Passed() {
					t.Errorf("%v %v\n%v\n%+v", r.Err, r.Difference, r.Trace.Path, r.Trace.Calls)
				}
			})
		}
	}
}

// noFiles is a read for tests that name no file that is there.
func noFiles(name string) ([]byte, error) {
	switch name {
	case "list.json":
		return []byte("[1]"), nil
	case "half.json":
		return []byte(`{"a":`), nil
	}
	return nil, errors.New("no such file")
}

// one parses a test file that has a single case.
func one(t *testing.T, caseBody string) flowtest.Case {
	t.Helper()
	f, problems := flowtest.Parse([]byte("flow: verify-product-x\ncases:\n  - name: c\n"+caseBody), noFiles)
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	return f.Cases[0]
}

const orderOfX = `    event: { name: "#1042", line_items: [{ product_id: 632910392 }], customer: { phone: "+34600111222", email: lucia@example.com } }` + "\n"

// TestFreeMessagesArePlayedWithinTheirWindow: what a contact wrote before, and in the script, decides about free messages.
func TestFreeMessagesArePlayedWithinTheirWindow(t *testing.T) {
	t.Parallel()
	doc, problems := flow.Parse([]byte(`
name: verify-product-x
title: Free
trigger: { on: shopify.order_paid, connection: my-shop }
contact: { phone: "{{ event.customer.phone }}" }
steps:
  - { id: pause, delay: { for: 23h } }
  - { id: free, do: whatsapp.send_text, connection: wa, with: { to: "{{ contact.phone }}", text: "Hello" } }
`))
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	version, problems := flow.Load(doc, realConnectors(t))
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	for name, c := range map[string]struct {
		body string
		want run.Status
	}{
		"who never wrote":                  {"", run.Failed},
		"who wrote too long ago":           {"    wrote: 1h\n", run.Failed},
		"who wrote late enough":            {"    wrote: 59m\n", run.Succeeded},
		"who writes meanwhile":             {"    script: [{ after: 2h, say: Hi }]\n", run.Succeeded},
		"who wrote before, and once again": {"    wrote: 2d\n    script: [{ after: 2h, say: Hi }]\n", run.Succeeded},
	} {
		result := one(t, orderOfX+c.body+"    expect: { calls: [] }\n").Run(version, nil)
		if got := result.Trace.State; got.Status != c.want || c.want == run.Failed && !strings.Contains(got.Failure.Message, "Use whatsapp.send_template instead") {
			t.Errorf("%s: %s, %v", name, got.Status, got.Failure)
		}
	}
}

// TestWhoStartsAFlowByHandMayKnowThatTheContactWrote: a trial of such a flow takes them for somebody who has just written.
func TestWhoStartsAFlowByHandMayKnowThatTheContactWrote(t *testing.T) {
	t.Parallel()
	doc, _ := flow.Parse([]byte(`
name: verify-product-x
title: Free
trigger: { on: manual }
contact: { phone: "{{ event.customer.phone }}" }
steps:
  - { id: free, do: whatsapp.send_text, connection: wa, with: { to: "{{ contact.phone }}", text: "Hello" } }
`))
	version, problems := flow.Load(doc, realConnectors(t))
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	for body, want := range map[string]run.Status{"": run.Succeeded, "    wrote: 24h\n": run.Failed} {
		if got := one(t, orderOfX+body+"    expect: { calls: [] }\n").Run(version, nil).Trace.State; got.Status != want {
			t.Errorf("%q: %s, %v", body, got.Status, got.Failure)
		}
	}
}

func TestTheFirstDifferenceIsTold(t *testing.T) {
	t.Parallel()
	version := example(t)
	const answered, silent = "    script: [{ after: 1h, say: Sí }]\n    expect:\n", "    expect:\n"
	cases := map[string]struct{ body, want string }{
		"another exit":               {silent + "      path: [bought_x.then, verify, answer.default]\n", "6:37: expect.path[2]: expected answer.default, got answer.no_response"},
		"a path that ends earlier":   {answered + "      path: [bought_x.then, verify, answer.default, guide, tag, tag]\n", "expect.path[5]: expected tag, got no further step"},
		"a path that goes on":        {answered + "      path: [bought_x.then, verify]\n", "expect.path[2]: expected no further step, got answer.default"},
		"a call at another time":     {silent + "      calls: [{ step: reminder, at: 12h }]\n", "expect.calls[0].at: expected 12h, got 14h"},
		"a call that is not made":    {silent + "      calls: [{ step: guide }]\n", "expect.calls[0]: expected a call of guide, got none"},
		"calls in another order":     {silent + "      calls: [{ step: reminder }, { step: verify }]\n", "expect.calls[0].step: expected reminder, got verify at 0s"},
		"a call too many":            {silent + "      calls: []\n", "expect.calls[0]: expected no further call, got a call of verify at 0s"},
		"another input":              {silent + "      calls: [{ step: verify, with: { to: '+34600111222', template: other } }]\n", `expect.calls[0].with.template: expected "other", got "verify_purchase"`},
		"another input in a list":    {silent + "      calls: [{ step: verify, with: { body: ['#1'] } }]\n", `expect.calls[0].with.body[0]: expected "#1", got "#1042"`},
		"a list of another length":   {silent + "      calls: [{ step: verify, with: { body: [] } }]\n", `expect.calls[0].with.body: expected [], got ["#1042"]`},
		"a field that is not there":  {silent + "      calls: [{ step: verify, with: { header: x } }]\n", `expect.calls[0].with.header: expected "x", got nothing`},
		"another kind of value":      {silent + "      calls: [{ step: verify, with: { language: { a: 1 } } }]\n", `expect.calls[0].with.language: expected {"a":1}, got "es"`},
		"another outcome":            {answered + "      outcome: failed\n", "expect.outcome: expected failed, got succeeded"},
		"an outcome that has a why":  {"    script: [{ cancel: enough }]\n    expect:\n      outcome: failed\n", "expect.outcome: expected failed, got cancelled (enough)"},
		"another reason":             {"    script: [{ cancel: enough }]\n    expect:\n      reason: little\n", `expect.reason: expected "little", got "enough"`},
		"a call asked for only once": {"    script: [{ fail: verify, kind: retryable, times: 1 }]\n    expect:\n      calls: [{ step: verify, at: 0s }]\n", "expect.calls[1]: expected no further call, got a call of verify at 1."},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := one(t, orderOfX+c.body).Run(version, nil)
			if r.Err != nil || r.Difference == nil || r.Passed() {
				t.Fatalf("passed %v, error %v", r.Passed(), r.Err)
			}
			got := flow.Describe("", flow.Problem{Line: r.Difference.Line, Column: r.Difference.Column, Message: r.Difference.String()})
			if !strings.Contains(got, c.want) {
				t.Errorf("%s\nwant %s", got, c.want)
			}
		})
	}
}

func TestAScriptSaysWhatHappens(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		terms string // added to the question's
		body  string
	}{
		"time passes from line to line":     {body: "    script: [{ after: 30m }, { after: 10m, say: Sí }]\n    expect: { calls: [{ step: guide, at: 40m }] }\n"},
		"a last line of time ends the case": {body: "    script: [{ after: 1h59m }]\n    expect: { path: [bought_x.then, verify, answer], outcome: waiting }\n"},
		"the line may end it at a deadline": {body: "    script: [{ after: 2h }]\n    expect: { path: [bought_x.then, verify, answer.no_response, pause], outcome: waiting }\n"},
		"a button and a quoted question": {
			terms: "accept: { choices: { ok: ['YES'] } }",
			body:  "    script: [{ after: 1m, payload: 'YES', quotes: verify }]\n    expect: { path: [bought_x.then, verify, answer.default, guide, tag] }\n",
		},
		"delivery and reading start a clock": {
			terms: "from: read", body: "    script: [{ after: 1h, deliver: verify }, { after: 1h, read: verify }]\n    expect: { calls: [{ step: reminder, at: 16h }] }\n",
		},
		"a message that does not arrive": {terms: "from: sent", body: "    script: [{ after: 1m, undeliver: verify }]\n    expect: { path: [bought_x.then, verify, answer.undelivered, tag] }\n"},
		"a step that fails": {
			body: "    script: [{ fail: verify, message: There is no such template. }]\n    expect: { path: [bought_x.then, verify], outcome: failed, reason: There is no such template. }\n",
		},
		"a step that fails twice, and then does not": {
			body: "    script: [{ fail: verify, kind: retryable, times: 2 }]\n    expect: { calls: [{ step: verify }, { step: verify }, { step: verify }], outcome: succeeded }\n",
		},
		"a text with a button": {
			terms: "accept: { choices: { ok: ['YES'] } }",
			body:  "    script: [{ after: 1m, say: Sure, payload: 'YES' }]\n    expect: { path: [bought_x.then, verify, answer.default, guide, tag] }\n",
		},
		"a step that fails later on":                   {body: "    script: [{ after: 1h, fail: reminder }]\n    expect: { calls: [{ step: verify }, { step: reminder, at: 14h }], outcome: failed }\n"},
		"an answer that takes its time":                {body: "    answers: { verify: { takes: 5s, output: { message_id: m } } }\n    script: [{ after: 2s, say: Sí }]\n    expect: { calls: [{ step: guide, at: 5s }] }\n"},
		"what comes after the end changes nothing":     {body: "    script: [{ after: 1h, say: Sí }, { after: 1h, say: stop }, { cancel: too late }]\n    expect: { outcome: succeeded }\n"},
		"R20: a person steps in, and the wait goes on": {body: "    script: [{ after: 1h, takeover: Hi }]\n    expect: { calls: [{ step: reminder, at: 14h }] }\n"},
		"R20: a person steps in, and the run ends": {
			terms: "on_takeover: cancel",
			body:  "    script: [{ after: 1h, takeover: Hi }]\n    expect: { path: [bought_x.then, verify, answer], outcome: cancelled, reason: A person took the conversation over. }\n",
		},
		"R20: a person steps in too late for that": {terms: "on_takeover: cancel", body: "    script: [{ after: 3h, takeover: Hi }]\n    expect: { calls: [{ step: reminder, at: 14h }] }\n"},
		"R20: the wait pauses, and goes on by itself": {
			terms: "on_takeover: pause, resume_after: 5h", body: "    script: [{ after: 1h, takeover: Hi }]\n    expect: { calls: [{ step: reminder, at: 19h }] }\n",
		},
		"R20: each word of theirs puts that off": {
			terms: "on_takeover: pause, resume_after: 5h", body: "    script: [{ after: 1h, takeover: Hi }, { after: 2h, takeover: Well }]\n    expect: { calls: [{ step: reminder, at: 21h }] }\n",
		},
		"R20: it is resumed": {
			terms: "on_takeover: pause", body: "    script: [{ after: 1h, takeover: Hi }, { after: 30m, resume: answer }]\n    expect: { calls: [{ step: reminder, at: 14h30m }] }\n",
		},
		"R20: what is not paused is not resumed": {body: "    script: [{ after: 1h, resume: answer }]\n    expect: { calls: [{ step: reminder, at: 14h }] }\n"},
		"R20: what the contact tells the person is no answer": {
			terms: "on_takeover: pause",
			body:  "    script: [{ after: 1h, takeover: Hi }, { after: 10m, say: Hello }, { after: 10m, resume: answer }]\n    expect: { calls: [{ step: reminder, at: 14h20m }] }\n",
		},
		"R20: but a quoted question is": {
			terms: "on_takeover: pause", body: "    script: [{ after: 1h, takeover: Hi }, { after: 10m, say: Hello, quotes: verify }]\n    expect: { calls: [{ step: guide, at: 1h10m }] }\n",
		},
		"R20: a clock that starts meanwhile stands from then on": {
			terms: "from: read, on_takeover: pause",
			body:  "    script: [{ after: 1h, takeover: Hi }, { after: 30m, read: verify }, { after: 30m, resume: answer }]\n    expect: { calls: [{ step: reminder, at: 16h }] }\n",
		},
		"whom the run is about": {body: "    contact: { phone: '+34600999888', tags: [vip] }\n    expect: { calls: [{ step: verify, with: { to: '+34600999888' } }] }\n"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			version := example(t)
			if c.terms != "" {
				version = withTerms(t, c.terms)
			}
			if r := one(t, orderOfX+c.body).Run(version, nil); !r.Passed() {
				t.Errorf("%v %v\n%v\n%+v", r.Err, r.Difference, r.Trace.Path, r.Trace.Calls)
			}
		})
	}
}

// TestR20PausesAreTold: a trace says from when to when the clock stood still, however that ended.
func TestR20PausesAreTold(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		script string
		want   []flowtest.Pause
	}{
		"nobody steps in":                 {script: "[{ after: 1h, say: Hello }]"},
		"it is resumed":                   {script: "[{ after: 1h, takeover: Hi }, { after: 30m, resume: answer }]", want: []flowtest.Pause{{From: time.Hour, To: 90 * time.Minute}}},
		"it goes on by itself":            {script: "[{ after: 1h, takeover: Hi }]", want: []flowtest.Pause{{From: time.Hour, To: 6 * time.Hour}}},
		"the question is quoted":          {script: "[{ after: 1h, takeover: Hi }, { after: 10m, say: Hello, quotes: verify }]", want: []flowtest.Pause{{From: time.Hour, To: 70 * time.Minute}}},
		"the run is cancelled meanwhile":  {script: "[{ after: 1h, takeover: Hi }, { after: 10m, cancel: enough }]", want: []flowtest.Pause{{From: time.Hour, To: 70 * time.Minute}}},
		"a person steps in twice":         {script: "[{ after: 1h, takeover: Hi }, { after: 30m, resume: answer }, { after: 10m, takeover: Well }]", want: []flowtest.Pause{{From: time.Hour, To: 90 * time.Minute}, {From: 100 * time.Minute, To: 400 * time.Minute}}},
		"one looks while it stands still": {script: "[{ after: 1h, takeover: Hi }, { after: 10m }]", want: []flowtest.Pause{{From: time.Hour, To: -1}}},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			trace, err := flowtest.Play(withTerms(t, "on_takeover: pause, resume_after: 5h"), one(t, orderOfX+"    script: "+c.script+"\n    expect: { path: [] }\n").Scenario)
			if err != nil {
				t.Fatal(err)
			}
			for i := range c.want {
				c.want[i].Wait = trace.Waits[0].ID
			}
			if !slices.Equal(trace.Pauses, c.want) {
				t.Errorf("the pauses are %+v, want %+v", trace.Pauses, c.want)
			}
		})
	}
}

func TestAPlayMayBeginAtAnyTime(t *testing.T) {
	t.Parallel()
	sc := one(t, orderOfX+"    expect: { path: [] }\n").Scenario
	sc.Start = time.Date(2025, 3, 1, 12, 0, 0, 0, time.UTC)
	trace, err := flowtest.Play(example(t), sc)
	if err != nil {
		t.Fatal(err)
	}
	if at := trace.State.Facts.StartedAt; !at.Equal(sc.Start) {
		t.Errorf("it reads that it began at %s", at)
	}
	if w := trace.Waits[0]; !w.Deadline.Equal(sc.Start.Add(2*time.Hour)) || trace.Ended != 14*time.Hour {
		t.Errorf("deadline %s, end after %s", w.Deadline, trace.Ended)
	}
}

func TestARunWithoutAnEndIsTold(t *testing.T) {
	t.Parallel()
	version := example(t)
	const held = "    script: [{ fail: verify, kind: unauthorized }%s]\n    expect: { path: [bought_x.then, verify] }\n"
	r := one(t, orderOfX+fmt.Sprintf(held, "")).Run(version, nil)
	if r.Err == nil || r.Passed() || !strings.Contains(r.Err.Error(), "the run does not come to an end; it is still at verify") || len(r.Trace.Path) != 2 {
		t.Errorf("error is %v", r.Err)
	}
	if r := one(t, orderOfX+fmt.Sprintf(held, ", { after: 1h }")).Run(version, nil); !r.Passed() {
		t.Errorf("%v %v", r.Err, r.Difference)
	}
}

func TestLongNumbersAreToldApart(t *testing.T) {
	t.Parallel()
	source := "name: numbers\ntrigger: { on: manual }\nsteps:\n  - id: tell\n    do: echo.say\n    with: { id: '{{ event.id }}', price: 1.50 }\n"
	doc, problems := flow.Parse([]byte(source))
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	version, problems := flow.Load(doc, manifests{connectors: []protocol.Manifest{{
		Name: "echo", Auth: protocol.Auth{Kind: protocol.AuthNone}, Actions: []protocol.Action{{Name: "say", Repeat: protocol.RepeatRead, Input: schema.Type{Kind: schema.Object, Open: true}}},
	}}})
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	for want, passes := range map[string]bool{
		"id: 820982911946154508": true, "id: 820982911946154509": false, "price: 1.5": true, "price: 1.51": false, "price: '1.5'": false,
	} {
		c := one(t, "    event: { id: 820982911946154508 }\n    expect: { calls: [{ step: tell, with: { "+want+" } }] }\n")
		if r := c.Run(version, nil); r.Err != nil || r.Passed() != passes {
			t.Errorf("%s: passed %v, want %v (%v %v)", want, r.Passed(), passes, r.Difference, r.Err)
		}
	}
}

func TestMistakesInATestFileAreNamed(t *testing.T) {
	t.Parallel()
	const begin = "flow: verify-product-x\ncases:\n  - name: c\n"
	const expect = "    expect: { outcome: succeeded }\n"
	cases := map[string]struct{ source, want string }{
		"no YAML":                      {"{", "this is not YAML"},
		"a list":                       {"- a\n", "1:1: an object is wanted here, not a list; write an object with flow, cases"},
		"no flow":                      {"cases: [{ name: a, expect: { path: [] } }]\n", "1:1: flow: is missing; write the name of the flow that is tested"},
		"no cases":                     {"flow: a\n", "cases: there is no case; add one"},
		"empty cases":                  {"flow: a\ncases: []\n", "cases: there is no case; add one"},
		"a field that is none":         {begin + "    scrpt: []\n" + expect, `4:5: cases[0].scrpt: there is no such field; did you mean "script"?`},
		"a case without a name":        {"flow: a\ncases:\n  - expect: { path: [] }\n", "3:5: cases[0].name: is missing; say what the case shows"},
		"two cases of a name":          {begin + expect + "  - name: c\n" + expect, `5:11: cases[1].name: another case is called "c"; choose another`},
		"no expectation":               {begin, "3:5: cases[0].expect: is missing; add it"},
		"an empty expectation":         {begin + "    expect: {}\n", "cases[0].expect: judges nothing; write path, calls, answer, outcome, reason"},
		"an event that is text":        {begin + "    event: order.json\n" + expect, "4:12: cases[0].event: an object is wanted here, not text; write the event's fields, or { file: order.json }"},
		"a file that is not there":     {begin + "    event: { file: x.json }\n" + expect, "4:20: cases[0].event.file: can't be read: no such file"},
		"a file with a list":           {begin + "    event: { file: list.json }\n" + expect, "list.json holds no JSON object; write the event as one JSON object"},
		"a file with half an object":   {begin + "    event: { file: half.json }\n" + expect, "half.json holds no JSON object"},
		"a duration that is none":      {begin + "    script: [{ after: soon }]\n" + expect, `4:23: cases[0].script[0].after: "soon" is not a duration; write it as in 45s, 2h, 1h30m or 7d`},
		"a number as a duration":       {begin + "    script: [{ after: 5 }]\n" + expect, "cases[0].script[0].after: a duration is wanted here, not a number"},
		"a time that is past":          {begin + "    script: [{ after: -1h }]\n" + expect, "must be between 0s and 8760h"},
		"two things in a line":         {begin + "    script: [{ say: a, cancel: b }]\n" + expect, "cases[0].script[0]: say and cancel can't happen in one line; make a line of each"},
		"a line's field that is none":  {begin + "    script: [{sya: hello}]\n" + expect, `cases[0].script[0].sya: there is no such field; did you mean "say"?`},
		"what is judged and is none":   {begin + "    expect: { pth: [] }\n", `cases[0].expect.pth: there is no such field; did you mean "path"?`},
		"one without a likeness":       {begin + "    script: [{wxyz: hello}]\n" + expect, "cases[0].script[0].wxyz: there is no such field; the fields here are after, quotes"},
		"nothing in a line":            {begin + "    script: [{}]\n" + expect, "cases[0].script[0]: nothing happens in this line"},
		"a number that is said":        {begin + "    script: [{ say: 5 }]\n" + expect, "cases[0].script[0].say: text is wanted here, not a number; put it in quotes"},
		"a quote of something else":    {begin + "    script: [{ cancel: a, quotes: verify }]\n" + expect, "cases[0].script[0].quotes: belongs to say, not to cancel; leave it out"},
		"times of something else":      {begin + "    script: [{ say: a, times: 2 }]\n" + expect, "cases[0].script[0].times: belongs to fail, not to say; leave it out"},
		"a kind of fault that is none": {begin + "    script: [{ fail: verify, kind: bad }]\n" + expect, `cases[0].script[0].kind: "bad" is none of them; write one of permanent, retryable`},
		"no whole number of faults":    {begin + "    script: [{ fail: verify, times: 0.5 }]\n" + expect, "cases[0].script[0].times: is no whole number from 1"},
		"a cancel without a reason":    {begin + "    script: [{ cancel: '' }]\n" + expect, "cases[0].script[0].cancel: has no reason; say why"},
		"a takeover without a word":    {begin + "    script: [{ takeover: '' }]\n" + expect, "cases[0].script[0].takeover: says nothing; write what the person says to the contact"},
		"a step that can't be resumed": {begin + "    script: [{ resume: anwser }]\n" + expect, `4:24: cases[0].script[0].resume: the flow has no step "anwser"; did you mean "answer"?`},
		"a zone that is none":          {begin + "    contact: { time_zone: Madrid }\n" + expect, `cases[0].contact.time_zone: "Madrid" is no time zone`},
		"an outcome that is none":      {begin + "    expect: { outcome: ok }\n", `4:24: cases[0].expect.outcome: "ok" is none of them; write one of succeeded, failed`},
		"a call without a step":        {begin + "    expect: { calls: [{ at: 0s }] }\n", "cases[0].expect.calls[0].step: is missing"},
		"an input that is text":        {begin + "    expect: { calls: [{ step: verify, with: a }] }\n", "cases[0].expect.calls[0].with: an object is wanted here, not text"},
		"an anchor":                    {begin + "    expect: &a { path: [] }\n", "anchors, aliases and tags"},

		"another flow":              {"flow: other\ncases: [{ name: c, expect: { path: [] } }]\n", `1:7: flow: the flow beside this file is "verify-product-x", not "other"`},
		"a step of a path":          {begin + "    expect: { path: [bought_x.then, verfy] }\n", `4:37: cases[0].expect.path[1]: the flow has no step "verfy"; did you mean "verify"?`},
		"a step of a call":          {begin + "    expect: { calls: [{ step: zzzzzz }] }\n", `cases[0].expect.calls[0].step: the flow has no step "zzzzzz"; the steps are bought_x, verify`},
		"a step that can't deliver": {begin + "    script: [{ undeliver: verfy }]\n" + expect, `4:27: cases[0].script[0].undeliver: the flow has no step "verfy"`},
		"a step with an answer":     {begin + "    answers: { verfy: {} }\n" + expect, `4:16: cases[0].answers.verfy: the flow has no step "verfy"`},
	}
	version := example(t)
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f, problems := flowtest.Parse([]byte(c.source), noFiles)
			if f != nil {
				problems = f.Check(version)
			}
			if len(problems) != 1 || !strings.Contains(problems.Error(), c.want) {
				t.Errorf("problems are\n%s\nwant only %s", problems.Error(), c.want)
			}
		})
	}
}

func TestACaseIsReadAsItIsWritten(t *testing.T) {
	t.Parallel()
	f, problems := flowtest.Parse([]byte("flow: a\ncases:\n  - name: c\n    script: [{ after: 1d2h, say: x }]\n    expect: { path: [] }\n"), noFiles)
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	if at := f.Cases[0].Scenario.Script[0].At; at != 26*time.Hour {
		t.Errorf("said at %s", at)
	}
	if c := one(t, "    event: { file: none.json, name: a }\n    expect: { path: [] }\n"); string(c.Scenario.Event) != `{"file":"none.json","name":"a"}` {
		t.Errorf("an event with a field named file is %s", c.Scenario.Event)
	}
	if line, column := f.Cases[0].Place(); line != 3 || column != 5 {
		t.Errorf("the case stands at %d:%d", line, column)
	}
}
