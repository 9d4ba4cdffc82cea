package api

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/cordboard/cordboard/core/internal/flowtest"
	"github.com/cordboard/cordboard/core/internal/run"
	"github.com/cordboard/cordboard/sdk/protocol"
)

// Trial is a document with what happens to it from outside, to be played on a virtual clock. Times count from the start
// of the run.
type Trial struct {
	Source  string                 `json:"source" minLength:"1" maxLength:"500000" doc:"The document, YAML or JSON."`
	Event   json.RawMessage        `json:"event,omitempty" doc:"What the flow reads as event: an object."`
	Contact *StartContact          `json:"contact,omitempty" doc:"Whom the run is about; left out, the flow's own mapping finds them in event."`
	Script  []TrialAct             `json:"script,omitempty" maxItems:"200"`
	Answers map[string]TrialAnswer `json:"answers,omitempty" doc:"How the calls of steps end, by step id. A step without one succeeds at once."`
}

// TrialAct is one thing that happens.
type TrialAct struct {
	AtSeconds float64 `json:"at_seconds" minimum:"0" maximum:"31536000"`
	Say       string  `json:"say,omitempty" maxLength:"4096" doc:"The contact writes this."`
	Payload   string  `json:"payload,omitempty" maxLength:"1024" doc:"The contact chooses the button with this payload."`
	Undeliver string  `json:"undeliver,omitempty" doc:"The message of this step can't be delivered."`
	Deliver   string  `json:"deliver,omitempty" doc:"The message of this step reaches the contact."`
	Read      string  `json:"read,omitempty" doc:"The contact opens the message of this step."`
	Cancel    string  `json:"cancel,omitempty" doc:"The run is cancelled, for this reason."`
	Takeover  string  `json:"takeover,omitempty" maxLength:"4096" doc:"A person writes this to the contact, from outside the run."`
	Resume    string  `json:"resume,omitempty" doc:"Somebody lets the paused question of this step go on."`
}

// TrialAnswer is how a call ends.
type TrialAnswer struct {
	Output json.RawMessage `json:"output,omitempty"`
	Fail   string          `json:"fail,omitempty" doc:"It fails for good, with this message."`
}

// TrialTrace is what the flow did. Times are seconds from the start of the run.
type TrialTrace struct {
	Status  string      `json:"status" enum:"queued,running,waiting,succeeded,failed,cancelled"`
	Failure *Failure    `json:"failure,omitempty"`
	Reason  string      `json:"reason,omitempty" doc:"Why it was cancelled."`
	EndedAt *float64    `json:"ended_at,omitempty"`
	Contact *Contact    `json:"contact,omitempty"`
	Steps   []TrialStep `json:"steps" doc:"In the order of the run."`
	Calls   []TrialCall `json:"calls" doc:"Each call that was made, in order; a customer_response makes one when it asks for another answer."`
	Waits   []TrialWait `json:"waits"`
	Heard   []TrialSaid `json:"heard" doc:"What became of each message of the contact."`
}

// TrialStep is one step as it ran.
type TrialStep struct {
	ID        string   `json:"id"`
	Iteration string   `json:"iteration,omitempty" doc:"Which one, of the loops around the step: 3, or 2.3 in a loop within a loop."`
	Kind      string   `json:"kind"`
	Status    string   `json:"status"`
	Exit      string   `json:"exit,omitempty"`
	StartedAt float64  `json:"started_at"`
	EndedAt   *float64 `json:"ended_at,omitempty"`
	Input     any      `json:"input,omitempty"`
	Output    any      `json:"output,omitempty"`
	Failure   *Failure `json:"failure,omitempty"`
}

// TrialCall is one call of a step.
type TrialCall struct {
	Step  string  `json:"step"`
	At    float64 `json:"at"`
	Input any     `json:"input,omitempty"`
}

// TrialWait is one question.
type TrialWait struct {
	Step      string       `json:"step"`
	Iteration string       `json:"iteration,omitempty" doc:"Which one, of the loops around the step: 3, or 2.3 in a loop within a loop."`
	State     string       `json:"state"`
	OpenedAt  float64      `json:"opened_at"`
	Deadline  float64      `json:"deadline"`
	Pauses    []TrialPause `json:"pauses,omitempty" doc:"When its clock stood still, because a person had taken over."`
}

// TrialPause is a stretch of time.
type TrialPause struct {
	From float64  `json:"from"`
	To   *float64 `json:"to,omitempty" doc:"Left out while it lasts."`
}

// TrialSaid is one message of the contact.
type TrialSaid struct {
	At          float64 `json:"at"`
	Text        string  `json:"text"`
	Disposition string  `json:"disposition"`
}

// Scenario reads a trial; the error is an *InputError.
func (t Trial) Scenario() (flowtest.Scenario, error) {
	sc := flowtest.Scenario{Event: t.Event, Answers: map[string]flowtest.Answer{}}
	if len(sc.Event) == 0 {
		sc.Event = json.RawMessage("{}")
	}
	if sc.Event[0] != '{' {
		return sc, &InputError{Path: "event", Message: "must be an object"}
	}
	if c := t.Contact; c != nil {
		sc.Contact = run.ContactFacts{ID: "cnt_test", Phone: c.Phone, Email: c.Email, Name: c.Name}
	}
	for i, a := range t.Script {
		act := flowtest.Act{At: time.Duration(a.AtSeconds * float64(time.Second)), Undeliver: a.Undeliver, Deliver: a.Deliver, Read: a.Read, Cancel: a.Cancel, Takeover: a.Takeover, Resume: a.Resume}
		if a.Say != "" || a.Payload != "" {
			act.Say = &flowtest.Say{Text: a.Say, Payload: a.Payload}
		}
		kinds := 0
		for _, set := range []bool{act.Say != nil, act.Undeliver != "", act.Deliver != "", act.Read != "", act.Cancel != "", act.Takeover != "", act.Resume != ""} {
			if set {
				kinds++
			}
		}
		if kinds != 1 {
			return sc, &InputError{Path: fmt.Sprintf("script[%d]", i), Message: "must have exactly one of say or payload, undeliver, deliver, read, cancel, takeover, resume"}
		}
		sc.Script = append(sc.Script, act)
	}
	for step, a := range t.Answers {
		answer := flowtest.Answer{Output: a.Output}
		if a.Fail != "" {
			answer.Failure = &protocol.Failure{Kind: protocol.Permanent, Source: protocol.FromProvider, Message: a.Fail}
		}
		sc.Answers[step] = answer
	}
	return sc, nil
}

// TrialTraceOf shapes what a flow did.
func TrialTraceOf(t flowtest.Trace) TrialTrace {
	out := TrialTrace{
		Status: string(t.State.Status), Failure: FailureOf(t.State.Failure), Reason: t.State.Reason,
		Steps: []TrialStep{}, Calls: []TrialCall{}, Waits: []TrialWait{}, Heard: []TrialSaid{},
	}
	if t.Ended >= 0 {
		ended := t.Ended.Seconds()
		out.EndedAt = &ended
	}
	if c := t.State.Facts.Contact; c.ID != "" {
		out.Contact = &Contact{ID: c.ID, Phone: c.Phone, Email: c.Email, Name: c.Name}
	}
	after := func(at time.Time) float64 { return at.Sub(flowtest.Epoch).Seconds() }
	for _, s := range t.Steps {
		step := TrialStep{
			ID: s.StepID, Iteration: s.Iteration, Kind: s.Kind, Status: string(s.Status), Exit: s.Exit, StartedAt: after(s.StartedAt),
			Input: raw(s.Input), Output: raw(s.Output), Failure: FailureOf(s.Failure),
		}
		if !s.EndedAt.IsZero() {
			ended := after(s.EndedAt)
			step.EndedAt = &ended
		}
		out.Steps = append(out.Steps, step)
	}
	for _, c := range t.Calls {
		out.Calls = append(out.Calls, TrialCall{Step: c.Step, At: c.At.Seconds(), Input: raw(c.Input)})
	}
	for _, w := range t.Waits {
		wait := TrialWait{Step: w.StepID, Iteration: w.Iteration, State: string(w.State), OpenedAt: after(w.OpenedAt), Deadline: after(w.Deadline)}
		for _, p := range t.Pauses {
			if p.Wait != w.ID {
				continue
			}
			pause := TrialPause{From: p.From.Seconds()}
			if p.To >= 0 {
				to := p.To.Seconds()
				pause.To = &to
			}
			wait.Pauses = append(wait.Pauses, pause)
		}
		out.Waits = append(out.Waits, wait)
	}
	for _, h := range t.Heard {
		out.Heard = append(out.Heard, TrialSaid{At: h.At.Seconds(), Text: h.Text, Disposition: string(h.Disposition)})
	}
	return out
}
