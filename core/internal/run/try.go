package run

import (
	"errors"
	"time"

	"github.com/cordboard/cordboard/core/internal/expr"
	"github.com/cordboard/cordboard/core/internal/flow"
)

// Tried is what a step would do by itself.
type Tried struct {
	Step StepRun // its input, exit, output and failure, as far as they are known without a call
	Call *Call   // what it calls; nil if it calls nothing
}

// ErrNotTriable is returned by Try for a step that means something only within a run: a question, or a loop.
var ErrNotTriable = errors.New("this step can't be tried by itself")

// Try says what a step does with the given values, outside of any run. Nothing is carried out: what it would do to a
// contact or to other runs shows as its input, and its call is for the shell to make or to leave.
func Try(step *flow.Step, f Facts, given expr.Vars, now time.Time) (Tried, error) {
	switch step.Kind {
	case flow.KindCustomerResponse, flow.KindForEach, flow.KindRepeat:
		return Tried{}, ErrNotTriable
	}
	alone := *step
	if step.Do != nil { // nothing goes on behind a failure
		do := *step.Do
		do.HasOnError = false
		alone.Do = &do
	}
	m := &machine{
		version: &flow.Version{Steps: map[string]*flow.Step{step.ID: &alone}}, changed: map[string]StepRun{}, given: given, now: now,
		state: State{Status: Running, Cursor: step.ID, Facts: f},
	}
	if step.Do != nil { // whether the contact may be written to freely is what the provider says
		m.state.Facts.Heard = map[string]Heard{step.Do.Connection: {Deaf: true}}
	}
	m.enterOne(&alone)
	return Tried{Step: m.current(), Call: m.callEffect}, nil
}
