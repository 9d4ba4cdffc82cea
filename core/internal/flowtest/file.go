package flowtest

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/cordboard/cordboard/core/internal/expr"
	"github.com/cordboard/cordboard/core/internal/flow"
	"github.com/cordboard/cordboard/core/internal/run"
	"github.com/cordboard/cordboard/sdk/protocol"
)

// Suffix ends the names of test files: verify.test.yaml has the tests of verify.yaml.
const Suffix = ".test.yaml"

// maxAfter bounds the time that one line of a script lets pass; no wait and no delay takes longer.
const maxAfter = flow.MaxWithin

// File is the tests of a flow as they were written.
type File struct {
	Flow  string // the flow's name
	Cases []Case

	flowAt flow.Node
	steps  []namedStep
}

// Case is what happens to the flow, and what it is to do then.
type Case struct {
	Name     string
	Scenario Scenario
	Expect   Expect
	at       flow.Node
}

// Expect is what a case is judged by. What is zero is not judged.
type Expect struct {
	Path    []string // as in Trace; nil: any
	Calls   []ExpectedCall
	Answer  json.RawMessage // what the caller is told: an object with status, headers, json or text, as in With
	Outcome run.Status
	Reason  string // why it was cancelled or has failed

	at    flow.Node
	calls bool // calls are judged; none at all may be expected
}

// ExpectedCall is a call that is to be made. At is nil and With empty when they are not judged.
type ExpectedCall struct {
	Step string
	At   *time.Duration
	With json.RawMessage // an object; of objects within it, too, fields that it lacks are not judged
}

// namedStep is a place where a step's id stands.
type namedStep struct {
	id   string
	at   flow.Node
	path string
}

// Parse reads a test file. Events that it keeps in files of their own are read by read, with the name as it is
// written.
func Parse(src []byte, read func(name string) ([]byte, error)) (*File, flow.Problems) {
	root, problems := flow.ReadNode(src)
	r := &reader{file: &File{}, problems: problems, read: read}
	if !root.There() {
		return nil, r.problems
	}
	if r.object(root, "", "flow", "cases") {
		r.file.flowAt = root.Get("flow")
		r.file.Flow = r.required(root, "", "flow", "write the name of the flow that is tested")
		r.cases(root)
	}
	if len(r.problems) > 0 {
		r.problems.Sort()
		return nil, r.problems
	}
	return r.file, nil
}

// Check finds what does not fit the flow that is tested.
func (f *File) Check(v *flow.Version) flow.Problems {
	var problems flow.Problems
	if f.Flow != v.Name {
		problems.Report(f.flowAt, "flow", fmt.Sprintf("write flow: %s, or put the file beside the flow it is for", v.Name), "the flow beside this file is %q, not %q", v.Name, f.Flow)
	}
	for _, s := range f.steps {
		if v.Step(s.id) != nil {
			continue
		}
		remedy := expr.DidYouMean(s.id, v.Order)
		if remedy == "" {
			remedy = "the steps are " + strings.Join(v.Order, ", ")
		}
		problems.Report(s.at, s.path, remedy, "the flow has no step %q", s.id)
	}
	problems.Sort()
	return problems
}

type reader struct {
	file     *File
	problems flow.Problems
	read     func(string) ([]byte, error)
}

func (r *reader) cases(root flow.Node) {
	items, ok := r.list(root.Get("cases"), "cases")
	if ok && len(items) == 0 || !root.Get("cases").There() {
		r.problems.Report(root, "cases", "add one, with name, event, script and expect", "there is no case")
	}
	for i, n := range items {
		path := fmt.Sprintf("cases[%d]", i)
		if !r.object(n, path, "name", "event", "contact", "wrote", "answers", "script", "expect") {
			continue
		}
		c := Case{at: n, Name: r.required(n, path, "name", "say what the case shows")}
		if slices.ContainsFunc(r.file.Cases, func(other Case) bool { return other.Name == c.Name && c.Name != "" }) {
			r.problems.Report(n.Get("name"), path+".name", "choose another", "another case is called %q", c.Name)
		}
		c.Scenario = Scenario{Event: r.event(n.Get("event"), path+".event"), Contact: r.contact(n.Get("contact"), path+".contact")}
		c.Scenario.Wrote = r.duration(n.Get("wrote"), path+".wrote")
		c.Scenario.Answers = r.answers(n.Get("answers"), path+".answers")
		r.script(&c.Scenario, n.Get("script"), path+".script")
		c.Expect = r.expect(n, path)
		r.file.Cases = append(r.file.Cases, c)
	}
}

// event is an object, or {file: name} for one that is kept in a file.
func (r *reader) event(n flow.Node, path string) json.RawMessage {
	if !n.There() {
		return json.RawMessage("{}")
	}
	keys, ok := n.Members()
	if !ok {
		r.want(n, path, "an object", "write the event's fields, or { file: order.json }")
		return nil
	}
	name, isText := n.Get("file").Text()
	for key := range keys {
		isText = isText && key == "file"
	}
	if !isText {
		return n.JSON()
	}
	content, err := r.read(name)
	if err != nil {
		r.problems.Report(n.Get("file"), path+".file", "name a file beside this one", "can't be read: %v", err)
		return nil
	}
	if event := json.RawMessage(strings.TrimSpace(string(content))); json.Valid(event) && event[0] == '{' {
		return event
	}
	r.problems.Report(n.Get("file"), path+".file", "write the event as one JSON object", "%s holds no JSON object", name)
	return nil
}

func (r *reader) contact(n flow.Node, path string) run.ContactFacts {
	if !n.There() || !r.object(n, path, "phone", "email", "name", "language", "time_zone", "tags") {
		return run.ContactFacts{}
	}
	text := func(key string) string { return r.text(n.Get(key), path+"."+key) }
	c := run.ContactFacts{
		ID: "cnt_test", Phone: text("phone"), Email: text("email"), Name: text("name"), Language: text("language"), TimeZone: text("time_zone"),
		Tags: r.texts(n.Get("tags"), path+".tags"),
	}
	if _, err := time.LoadLocation(c.TimeZone); err != nil || c.TimeZone == "Local" {
		r.problems.Report(n.Get("time_zone"), path+".time_zone", "write one such as Europe/Madrid, or leave it out", "%q is no time zone", c.TimeZone)
	}
	return c
}

func (r *reader) answers(n flow.Node, path string) map[string]Answer {
	keys, ok := n.Members()
	if !ok {
		if n.There() {
			r.want(n, path, "an object", "write the answers by the ids of their steps")
		}
		return nil
	}
	answers := map[string]Answer{}
	for id, at := range keys {
		a, inner := n.Get(id), path+"."+id
		r.step(id, at, inner)
		if !r.object(a, inner, "output", "outputs", "takes") {
			continue
		}
		answer := Answer{Output: a.Get("output").JSON()}
		outputs, _ := r.list(a.Get("outputs"), inner+".outputs")
		for _, output := range outputs {
			answer.Outputs = append(answer.Outputs, output.JSON())
		}
		if a.Get("output").There() && a.Get("outputs").There() {
			r.problems.Report(a.Get("outputs"), inner+".outputs", "leave one out", "output is what each call yields, outputs what they yield one after the other")
		}
		if takes := r.duration(a.Get("takes"), inner+".takes"); takes != nil {
			answer.Takes = *takes
		}
		answers[id] = answer
	}
	return answers
}

var actKinds = []string{"say", "payload", "deliver", "read", "undeliver", "fail", "cancel", "takeover", "resume"}

// script reads the lines. A last line that only lets time pass ends the case there.
func (r *reader) script(sc *Scenario, n flow.Node, path string) {
	items, _ := r.list(n, path)
	var now time.Duration
	for i, line := range items {
		at, found := fmt.Sprintf("%s[%d]", path, i), len(r.problems)
		if !r.object(line, at, append([]string{"after", "quotes", "message", "kind", "times"}, actKinds...)...) {
			continue
		}
		if after := r.duration(line.Get("after"), at+".after"); after != nil {
			now += *after
		}
		var kinds []string
		for _, k := range actKinds {
			if line.Get(k).There() && (k != "payload" || !slices.Contains(kinds, "say")) {
				kinds = append(kinds, k)
			}
		}
		switch {
		case len(kinds) > 1:
			r.problems.Report(line, at, "make a line of each", "%s can't happen in one line", strings.Join(kinds, " and "))
		case len(kinds) == 1:
			sc.Script = append(sc.Script, r.act(line, at, kinds[0], now))
		case !line.Get("after").There():
			if len(r.problems) == found { // else the field that was meant is named
				r.problems.Report(line, at, "write after, or one of "+strings.Join(actKinds, ", "), "nothing happens in this line")
			}
		case i == len(items)-1:
			sc.Until = now
		}
	}
}

func (r *reader) act(line flow.Node, path, kind string, now time.Duration) Act {
	for of, keys := range map[string][]string{"say": {"quotes"}, "fail": {"message", "kind", "times"}} {
		if kind == of || of == "say" && kind == "payload" {
			continue
		}
		for _, key := range keys {
			if line.Get(key).There() {
				r.problems.Report(line.Get(key), path+"."+key, "leave it out", "belongs to %s, not to %s", of, kind)
			}
		}
	}
	act := Act{At: now}
	switch kind {
	case "say", "payload":
		act.Say = &Say{Text: r.text(line.Get("say"), path+".say"), Payload: r.text(line.Get("payload"), path+".payload"), Quotes: r.stepOf(line, path, "quotes")}
	case "deliver":
		act.Deliver = r.stepOf(line, path, kind)
	case "read":
		act.Read = r.stepOf(line, path, kind)
	case "undeliver":
		act.Undeliver = r.stepOf(line, path, kind)
	case "cancel":
		act.Cancel = r.text(line.Get(kind), path+".cancel")
		if act.Cancel == "" && !line.Get(kind).Reported() {
			r.problems.Report(line.Get(kind), path+".cancel", "say why", "has no reason")
		}
	case "takeover":
		act.Takeover = r.text(line.Get(kind), path+".takeover")
		if act.Takeover == "" && !line.Get(kind).Reported() {
			r.problems.Report(line.Get(kind), path+".takeover", "write what the person says to the contact", "says nothing")
		}
	case "resume":
		act.Resume = r.stepOf(line, path, kind)
	case "fail":
		act.Fail = r.fault(line, path)
	}
	return act
}

var faultKinds = []string{
	string(protocol.Permanent), string(protocol.Retryable), string(protocol.Unauthorized), string(protocol.Invalid), string(protocol.Unknown),
}

func (r *reader) fault(line flow.Node, path string) *Fault {
	f := &Fault{Step: r.stepOf(line, path, "fail"), Failure: protocol.Failure{
		Kind: protocol.FailureKind(r.choice(line.Get("kind"), path+".kind", faultKinds)), Source: protocol.FromProvider,
		Message: r.text(line.Get("message"), path+".message"),
	}}
	if f.Failure.Kind == "" {
		f.Failure.Kind = protocol.Permanent
	}
	if f.Failure.Message == "" {
		f.Failure.Message = "It fails in this test."
	}
	if times := line.Get("times"); times.There() {
		if err := json.Unmarshal(times.JSON(), &f.Times); err != nil || f.Times < 1 {
			r.problems.Report(times, path+".times", "write how many calls fail, or leave it out when all do", "is no whole number from 1")
		}
	}
	return f
}

var outcomes = []string{string(run.Succeeded), string(run.Failed), string(run.Cancelled), string(run.Waiting), string(run.Running)}

var judged = []string{"path", "calls", "answer", "outcome", "reason"}

func (r *reader) expect(c flow.Node, casePath string) Expect {
	n, path := c.Get("expect"), casePath+".expect"
	e := Expect{at: n}
	if !n.There() {
		r.problems.Report(c, path, "add it, with path, calls, answer, outcome or reason", "is missing")
		return e
	}
	found := len(r.problems)
	if !r.object(n, path, judged...) {
		return e
	}
	if len(r.problems) == found && !slices.ContainsFunc(judged, func(key string) bool { return n.Get(key).There() }) {
		r.problems.Report(n, path, "write "+strings.Join(judged, ", "), "judges nothing")
	}
	if taken := n.Get("path"); taken.There() {
		e.Path = append([]string{}, r.texts(taken, path+".path")...)
		items, _ := taken.Items()
		for i, name := range e.Path {
			id, _, _ := strings.Cut(name, ".")
			r.step(id, items[i], fmt.Sprintf("%s.path[%d]", path, i))
		}
	}
	e.calls = n.Get("calls").There()
	items, _ := r.list(n.Get("calls"), path+".calls")
	for i, item := range items {
		e.Calls = append(e.Calls, r.call(item, fmt.Sprintf("%s.calls[%d]", path, i)))
	}
	if answer := n.Get("answer"); answer.There() && r.object(answer, path+".answer", "status", "headers", "json", "text") {
		e.Answer = answer.JSON()
	}
	e.Outcome = run.Status(r.choice(n.Get("outcome"), path+".outcome", outcomes))
	e.Reason = r.text(n.Get("reason"), path+".reason")
	return e
}

func (r *reader) call(n flow.Node, path string) ExpectedCall {
	if !r.object(n, path, "step", "at", "with") {
		return ExpectedCall{}
	}
	call := ExpectedCall{Step: r.required(n, path, "step", "write the id of the step that calls"), At: r.duration(n.Get("at"), path+".at")}
	if call.Step != "" {
		r.step(call.Step, n.Get("step"), path+".step")
	}
	if with := n.Get("with"); with.There() {
		if _, ok := with.Members(); !ok {
			r.want(with, path+".with", "an object", "write the fields that are judged")
		}
		call.With = with.JSON()
	}
	return call
}
