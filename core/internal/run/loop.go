package run

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/cordboard/cordboard/core/internal/expr"
	"github.com/cordboard/cordboard/core/internal/flow"
)

// Frame is a loop that a run is in.
type Frame struct {
	StepID  string            `json:"step_id"`
	Index   int               `json:"index"` // of the present iteration, from 0; -1 before the first
	Item    json.RawMessage   `json:"item,omitempty"`
	Results []json.RawMessage `json:"results,omitempty"` // what each iteration so far has yielded
}

// looping is the input of a for_each as it is shown and kept.
type looping struct {
	Items []json.RawMessage `json:"items"`
}

// looped is what later steps read of a loop, as flow.LoopType types it.
type looped struct {
	Count   int               `json:"count"`
	Met     bool              `json:"met"`
	Results []json.RawMessage `json:"results"`
}

// maxResults bounds the results of a loop, in bytes of JSON.
const maxResults = 1 << 20

// newest is the number of the step that was begun last.
func (s State) newest() int {
	newest := 0
	for _, sr := range s.Steps {
		newest = max(newest, sr.Number)
	}
	return newest
}

// iteration names the present iteration of the loops around a step.
func (m *machine) iteration(s *flow.Step) string {
	numbers := make([]string, min(len(s.Loops), len(m.state.Loops)))
	for i := range numbers {
		numbers[i] = strconv.Itoa(m.state.Loops[i].Index + 1)
	}
	return strings.Join(numbers, ".")
}

// setFrame puts a frame in the place of the one at that depth, and of all within it.
func (m *machine) setFrame(depth int, f Frame) {
	m.state.Loops = append(m.state.Loops[:depth:depth], f)
}

// loop enters a loop, or comes back to it at the end of an iteration.
func (m *machine) loop(step *flow.Step, sr StepRun) (next string, more bool) {
	depth := len(step.Loops)
	if len(m.state.Loops) <= depth {
		return m.beginLoop(step, sr)
	}
	if before := m.current(); before.Iteration == sr.Iteration {
		sr = before
		sr.Status, sr.Failure, sr.EndedAt = StepActive, nil, time.Time{} // it may have failed, and be tried again
	}
	frame := m.state.Loops[depth]
	if step.Loop.Results != nil {
		result, err := step.Loop.Results.Eval(background, m.scope())
		if err != nil {
			m.failStep(sr, gatewayFailure("The result of an iteration could not be worked out: "+err.Error()))
			return "", false
		}
		frame.Results = append(frame.Results[:len(frame.Results):len(frame.Results)], mustJSON(result))
		if size := jsonSize(frame.Results); size > maxResults {
			m.failStep(sr, gatewayFailure(fmt.Sprintf("The results of the loop come to %d bytes, more than the %d there is room for.", size, maxResults)))
			return "", false
		}
	}
	if step.Loop.Until != nil {
		met, ok := m.holds(step.Loop.Until, sr, "until")
		if !ok {
			return "", false
		}
		if met {
			m.setFrame(depth, frame)
			return m.endLoop(step, sr, true)
		}
	}
	return m.iterate(step, sr, frame)
}

// beginLoop enters a loop.
func (m *machine) beginLoop(step *flow.Step, sr StepRun) (next string, more bool) {
	if step.Loop.In != nil {
		value, err := step.Loop.In.Eval(background, m.scope())
		if err != nil {
			m.failStep(sr, gatewayFailure("The list could not be worked out: "+err.Error()))
			return "", false
		}
		list, ok := value.([]any)
		switch {
		case value != nil && !ok: // null is a list of nothing
			m.failStep(sr, gatewayFailure("What is gone through is no list."))
			return "", false
		case len(list) > step.Loop.Max:
			m.failStep(sr, gatewayFailure(fmt.Sprintf("The list has %d items, more than the %d that max allows.", len(list), step.Loop.Max)))
			return "", false
		}
		in := looping{Items: make([]json.RawMessage, len(list))}
		for i, item := range list {
			in.Items[i] = mustJSON(item)
		}
		sr.Input = mustJSON(in)
	}
	m.record(sr)
	return m.iterate(step, sr, Frame{StepID: step.ID, Index: -1})
}

// iterate begins the next iteration, or ends the loop when there is none. frame is that of the last one.
func (m *machine) iterate(step *flow.Step, sr StepRun, frame Frame) (next string, more bool) {
	depth := len(step.Loops)
	m.setFrame(depth, frame)
	items, count := []json.RawMessage(nil), step.Loop.Max
	if step.Loop.In != nil {
		var in looping
		if err := json.Unmarshal(sr.Input, &in); err != nil {
			m.failStep(sr, gatewayFailure("The list of the loop is not kept any more."))
			return "", false
		}
		items, count = in.Items, len(in.Items)
	}
	if frame.Index+1 >= count {
		return m.endLoop(step, sr, false)
	}
	if step.Loop.While != nil {
		goesOn, ok := m.holds(step.Loop.While, sr, "while")
		if !ok {
			return "", false
		}
		if !goesOn {
			return m.endLoop(step, sr, true)
		}
	}
	frame.Index++
	if items != nil {
		frame.Item = items[frame.Index]
	}
	m.setFrame(depth, frame)
	return step.Loop.First, true
}

// holds evaluates a condition of a loop; ok is false if the step has failed over it.
func (m *machine) holds(condition *expr.Program, sr StepRun, name string) (yes, ok bool) {
	yes, err := condition.EvalBool(background, m.scope())
	if err != nil {
		m.failStep(sr, gatewayFailure("The condition "+name+" could not be evaluated: "+err.Error()))
		return false, false
	}
	return yes, true
}

// endLoop leaves a loop. met says that its condition ended it.
func (m *machine) endLoop(step *flow.Step, sr StepRun, met bool) (next string, more bool) {
	depth := len(step.Loops)
	frame := m.state.Loops[depth]
	m.state.Loops = m.state.Loops[:depth:depth]
	exit := ""
	if step.Loop.While != nil || step.Loop.Until != nil {
		exit = "max"
		if step.Loop.In != nil {
			exit = "all"
		}
		if met {
			exit = "met"
		}
	}
	if frame.Results == nil {
		frame.Results = []json.RawMessage{}
	}
	m.finish(sr, exit, mustJSON(looped{Count: frame.Index + 1, Met: met, Results: frame.Results}))
	return step.Next, true
}

// leaveLoops ends the loops that a run is in with the run.
func (m *machine) leaveLoops(status Status) {
	for _, frame := range m.state.Loops {
		if sr, ok := m.state.step(frame.StepID); ok && sr.Status == StepActive {
			sr.Status, sr.EndedAt = StepCancelled, m.now
			m.record(sr)
		}
	}
	if status != Failed { // which may be taken up again where it is
		m.state.Loops = nil
	}
}

// reenterLoops takes up the loops of a run that is taken up again.
func (m *machine) reenterLoops() {
	for _, frame := range m.state.Loops {
		if sr, ok := m.state.step(frame.StepID); ok && sr.Status == StepCancelled {
			sr.Status, sr.EndedAt = StepActive, time.Time{}
			m.record(sr)
		}
	}
}

func jsonSize(list []json.RawMessage) int {
	size := 0
	for _, item := range list {
		size += len(item)
	}
	return size
}

// stale reports whether a step run belongs to an iteration that is over: within a loop its steps are those of the present
// iteration, after it those of the last.
func (s State) stale(step *flow.Step, sr StepRun) bool {
	if len(s.Loops) == 0 {
		return false
	}
	numbers := strings.Split(sr.Iteration, ".")
	for i, frame := range s.Loops {
		if i >= len(step.Loops) || step.Loops[i] != frame.StepID || i >= len(numbers) {
			return false
		}
		if numbers[i] != strconv.Itoa(frame.Index+1) {
			return true
		}
	}
	return false
}

// loopVars adds what the steps of loops read of them.
func (s State) loopVars(v *flow.Version, vars map[string]any) {
	for _, frame := range s.Loops {
		if frame.Index < 0 {
			continue
		}
		if as := v.Steps[frame.StepID].Loop.As; as != "" {
			vars[as] = rawOrNil(frame.Item)
		}
		vars[flow.IterationName] = map[string]any{"index": int64(frame.Index), "number": int64(frame.Index + 1)}
	}
}
