package flowtest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/cordboard/cordboard/core/internal/calendar"
	"github.com/cordboard/cordboard/core/internal/expr"
	"github.com/cordboard/cordboard/core/internal/flow"
)

// Difference is the first thing that a run did otherwise than a case expects.
type Difference struct {
	Line   int    `json:"line"` // of the expectation, from 1
	Column int    `json:"column"`
	Path   string `json:"path"` // such as "expect.path[2]"
	Want   string `json:"want"`
	Got    string `json:"got"`
}

func (d Difference) String() string {
	return fmt.Sprintf("%s: expected %s, got %s", d.Path, d.Want, d.Got)
}

// Place returns the line and column of the case in its file.
func (c Case) Place() (line, column int) { return c.at.Place() }

// Judge compares what a run did with what the case expects; nil if it did just that.
func (c Case) Judge(t Trace) *Difference {
	for _, part := range []func(Trace) *Difference{c.Expect.judgePath, c.Expect.judgeCalls, c.Expect.judgeAnswer, c.Expect.judgeEnd} {
		if d := part(t); d != nil {
			return d
		}
	}
	return nil
}

func differ(at flow.Node, path, want, got string) *Difference {
	line, column := at.Place()
	return &Difference{Line: line, Column: column, Path: "expect." + path, Want: want, Got: got}
}

func (e Expect) judgePath(t Trace) *Difference {
	if e.Path == nil {
		return nil
	}
	list := e.at.Get("path")
	items, _ := list.Items()
	for i, want := range e.Path {
		path := fmt.Sprintf("path[%d]", i)
		if i == len(t.Path) {
			return differ(items[i], path, want, "no further step")
		}
		if t.Path[i] != want {
			return differ(items[i], path, want, t.Path[i])
		}
	}
	if len(t.Path) > len(e.Path) {
		return differ(list, fmt.Sprintf("path[%d]", len(e.Path)), "no further step", t.Path[len(e.Path)])
	}
	return nil
}

// judgeCalls looks at the calls of the steps that are named, which must be all that these steps make; naming none
// means that none may be made.
func (e Expect) judgeCalls(t Trace) *Difference {
	if !e.calls {
		return nil
	}
	list := e.at.Get("calls")
	items, _ := list.Items()
	made := t.Calls
	if len(e.Calls) > 0 {
		named := func(step string) bool {
			return slices.ContainsFunc(e.Calls, func(c ExpectedCall) bool { return c.Step == step })
		}
		made = slices.DeleteFunc(slices.Clone(made), func(c Call) bool { return !named(c.Step) })
	}
	for i, want := range e.Calls {
		path := fmt.Sprintf("calls[%d]", i)
		if i == len(made) {
			return differ(items[i], path, "a call of "+want.Step, "none")
		}
		got := made[i]
		if got.Step != want.Step {
			return differ(items[i], path+".step", want.Step, got.Step+" at "+expr.FormatDuration(got.At))
		}
		if want.At != nil && got.At != *want.At {
			return differ(items[i].Get("at"), path+".at", expr.FormatDuration(*want.At), expr.FormatDuration(got.At))
		}
		if len(want.With) > 0 {
			if at, w, g := unequal(decoded(want.With), decoded(got.Input)); w != "" {
				return differ(items[i].Get("with"), path+".with"+at, w, g)
			}
		}
	}
	if len(made) > len(e.Calls) {
		extra := made[len(e.Calls)]
		return differ(list, fmt.Sprintf("calls[%d]", len(e.Calls)), "no further call", "a call of "+extra.Step+" at "+expr.FormatDuration(extra.At))
	}
	return nil
}

// judgeAnswer looks at what the caller was told, which is the first answer.
func (e Expect) judgeAnswer(t Trace) *Difference {
	if e.Answer == nil {
		return nil
	}
	at := e.at.Get("answer")
	if len(t.Others.Answers) == 0 {
		return differ(at, "answer", "an answer", "none")
	}
	a := t.Others.Answers[0]
	given := map[string]any{"status": a.Status, "headers": a.Headers, "text": a.Body}
	if json.Valid([]byte(a.Body)) {
		given["json"] = json.RawMessage(a.Body)
	}
	raw, err := json.Marshal(given)
	if err != nil {
		return differ(at, "answer", "an answer", err.Error())
	}
	if path, want, got := unequal(decoded(e.Answer), decoded(raw)); want != "" {
		return differ(at, "answer"+path, want, got)
	}
	return nil
}

func (e Expect) judgeEnd(t Trace) *Difference {
	status, reason := t.State.Status, t.State.Reason
	if t.State.Failure != nil {
		reason = t.State.Failure.Message
	}
	if e.Outcome != "" && e.Outcome != status {
		got := string(status)
		if reason != "" {
			got += " (" + reason + ")"
		}
		return differ(e.at.Get("outcome"), "outcome", string(e.Outcome), got)
	}
	if e.Reason != "" && e.Reason != reason {
		return differ(e.at.Get("reason"), "reason", strconv.Quote(e.Reason), strconv.Quote(reason))
	}
	return nil
}

// decoded reads JSON; numbers keep their digits.
func decoded(raw json.RawMessage) (v any) {
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	_ = d.Decode(&v) // it is JSON that this program has written
	return v
}

// unequal finds the first place below which got lacks what want has; want is empty when there is none. Of objects, only
// the fields that want has are compared.
func unequal(wanted, given any) (path, want, got string) {
	switch w := wanted.(type) {
	case map[string]any:
		g, ok := given.(map[string]any)
		if !ok {
			return "", written(wanted), written(given)
		}
		for _, key := range slices.Sorted(maps.Keys(w)) {
			value, there := g[key]
			if !there {
				return "." + key, written(w[key]), "nothing"
			}
			if path, want, got = unequal(w[key], value); want != "" {
				return "." + key + path, want, got
			}
		}
	case []any:
		g, ok := given.([]any)
		if !ok || len(g) != len(w) {
			return "", written(wanted), written(given)
		}
		for i := range w {
			if path, want, got = unequal(w[i], g[i]); want != "" {
				return fmt.Sprintf("[%d]%s", i, path), want, got
			}
		}
	case json.Number:
		if g, ok := given.(json.Number); !ok || !sameNumber(w, g) {
			return "", written(wanted), written(given)
		}
	default:
		if wanted != given {
			return "", written(wanted), written(given)
		}
	}
	return "", "", ""
}

// sameNumber compares whole numbers digit by digit: an order's number can be longer than a float tells apart.
func sameNumber(a, b json.Number) bool {
	if a == b || !strings.ContainsAny(string(a+b), ".eE") {
		return a == b
	}
	x, errX := a.Float64()
	y, errY := b.Float64()
	return errX == nil && errY == nil && x == y
}

func written(v any) string {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	_ = e.Encode(v) // it was read from JSON
	return strings.TrimSpace(b.String())
}

// Result is how a case went.
type Result struct {
	Case       Case
	Trace      Trace
	Difference *Difference
	Err        error // why the flow could not be played to the end
}

// Passed reports whether the flow did what the case expects.
func (r Result) Passed() bool { return r.Difference == nil && r.Err == nil }

// Run plays a case in a workspace with these calendars.
func (c Case) Run(v *flow.Version, calendars map[string]calendar.Calendar) Result {
	sc := c.Scenario
	sc.Calendars = calendars
	trace, err := Play(v, sc)
	if err != nil {
		return Result{Case: c, Trace: trace, Err: err}
	}
	return Result{Case: c, Trace: trace, Difference: c.Judge(trace)}
}
