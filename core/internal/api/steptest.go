package api

import (
	"encoding/json"

	"github.com/cordboard/cordboard/core/internal/publish"
)

// StepTest is what a step is tested with.
type StepTest struct {
	Source string                     `json:"source,omitempty" maxLength:"500000" doc:"The flow's document, YAML or JSON. Left out, it is the flow's draft."`
	Values map[string]json.RawMessage `json:"values,omitempty" doc:"What its expressions see, by name: event, contact, steps and so on. What is left out is null."`
	Call   bool                       `json:"call,omitempty" doc:"Make its call. Left out, only its input is worked out."`
}

// StepTested is what came of the test.
type StepTested struct {
	Kind      string     `json:"kind"`
	Status    string     `json:"status" enum:"active,succeeded,failed,cancelled" doc:"Active: a call is still to be made."`
	Exit      string     `json:"exit,omitempty" doc:"The branch it takes."`
	Input     any        `json:"input,omitempty"`
	Output    any        `json:"output,omitempty" doc:"What later steps would read."`
	Failure   *Failure   `json:"failure,omitempty"`
	Repeat    string     `json:"repeat,omitempty" enum:"read,idempotent,once" doc:"What making its call again means: it changes nothing; it changes nothing the second time; it is done twice. Absent for a step that calls nothing."`
	Called    bool       `json:"called" doc:"Its call was made, however it ended."`
	Duration  float64    `json:"duration_ms,omitempty" doc:"Of the call."`
	Exchanges []Exchange `json:"exchanges,omitempty" doc:"With the provider."`
}

// StepTestedOf shapes what came of the test of a step.
func StepTestedOf(t publish.StepTested) StepTested {
	s := StepOf(t.StepRun)
	return StepTested{
		Kind: s.Kind, Status: s.Status, Exit: s.Exit, Input: s.Input, Output: s.Output, Failure: s.Failure, Repeat: string(t.Repeat),
		Called: t.Called, Duration: float64(t.Took.Microseconds()) / 1000, Exchanges: exchangesOf(t.Exchanges),
	}
}
