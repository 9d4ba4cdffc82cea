package api

import (
	"cmp"
	"encoding/json"
	"time"

	"github.com/cordboard/cordboard/core/internal/engine"
	"github.com/cordboard/cordboard/core/internal/event"
	"github.com/cordboard/cordboard/core/internal/inspect"
	"github.com/cordboard/cordboard/core/internal/run"
	"github.com/cordboard/cordboard/sdk/protocol"
)

// Run is one execution of a flow version.
type Run struct {
	ID          string     `json:"id"`
	Flow        string     `json:"flow" doc:"The flow's name."`
	FlowVersion int        `json:"flow_version"`
	Status      string     `json:"status" enum:"queued,running,waiting,succeeded,failed,cancelled"`
	Step        string     `json:"step,omitempty" doc:"Where it is."`
	Phase       string     `json:"phase,omitempty" doc:"What the step is doing: calling, backing_off, held (its connection must be renewed), settling, sleeping, asking, joining."`
	WakeAt      *time.Time `json:"wake_at,omitempty" doc:"When it goes on by itself."`
	Deadline    *time.Time `json:"deadline,omitempty" doc:"In a list: of the answer that it waits for."`
	PausedAt    *time.Time `json:"paused_at,omitempty" doc:"In a list: since when the clock of that answer stands still."`
	Attempt     int        `json:"attempt,omitempty" doc:"Of the call at the step where it is, from 1."`
	ContactID   string     `json:"contact_id,omitempty"`
	ContactName string     `json:"contact_name,omitempty" doc:"Of the contact, or else how they are reached."`
	EventID     string     `json:"event_id,omitempty" doc:"What started it."`
	CreatedAt   time.Time  `json:"created_at"`
	EndedAt     *time.Time `json:"ended_at,omitempty"`
	Failure     *Failure   `json:"failure,omitempty"`
	Reason      string     `json:"reason,omitempty" doc:"Why it was cancelled."`
}

// Step is one execution of one step.
type Step struct {
	ID        string     `json:"id"`
	Iteration string     `json:"iteration,omitempty" doc:"Which one, of the loops around the step: 3, or 2.3 in a loop within a loop."`
	Kind      string     `json:"kind"`
	Status    string     `json:"status" enum:"active,succeeded,failed,cancelled"`
	Exit      string     `json:"exit,omitempty" doc:"The branch taken."`
	Attempt   int        `json:"attempt,omitempty"`
	Input     any        `json:"input,omitempty"`
	Output    any        `json:"output,omitempty"`
	Failure   *Failure   `json:"failure,omitempty" doc:"Of the last attempt that failed."`
	Attempts  []Attempt  `json:"attempts,omitempty" doc:"The tries of its call, the oldest first; of many the last hundred. Those that a hold kept back before anything left are not told."`
	StartedAt *time.Time `json:"started_at,omitempty"`
	EndedAt   *time.Time `json:"ended_at,omitempty"`
}

// Attempt is one try of a step's call.
type Attempt struct {
	Number    int        `json:"number" doc:"In the order in which they were made, from 1."`
	Attempt   int        `json:"attempt" doc:"As the step counts them: a try that the provider put off spends none."`
	StartedAt *time.Time `json:"started_at,omitempty" doc:"Absent if the node that made it is gone."`
	EndedAt   time.Time  `json:"ended_at"`
	Outcome   string     `json:"outcome" enum:"succeeded,invalid,unauthorized,rate_limited,retryable,permanent,unknown"`
	Failure   *Failure   `json:"failure,omitempty"`
	Exchanges []Exchange `json:"exchanges,omitempty" doc:"With the provider, the first fifty."`
}

// Exchange is one HTTP exchange with a provider, without headers, query, bodies and secrets.
type Exchange struct {
	At       time.Time `json:"at"`
	Method   string    `json:"method"`
	Host     string    `json:"host"`
	Path     string    `json:"path"`
	Status   int       `json:"status,omitempty" doc:"Absent if there was no answer."`
	Duration float64   `json:"duration_ms"`
	Sent     int       `json:"sent_bytes"`
	Received int       `json:"received_bytes"`
	Error    string    `json:"error,omitempty"`
}

// TimelineEntry is one line of a run's history.
type TimelineEntry struct {
	At        time.Time         `json:"at"`
	Step      string            `json:"step,omitempty"`
	Iteration string            `json:"iteration,omitempty" doc:"Which one, of the loops around the step: 3, or 2.3 in a loop within a loop."`
	Kind      string            `json:"kind" enum:"event,step,call,message,wait,run"`
	Code      string            `json:"code" enum:"asks.because,asks.because_span,asks.failed,asks.failed_span,asks.well,asks.well_span,call.because,call.because_span,call.failed,call.failed_span,call.well,call.well_span,event.started,message.answered,message.answered_text,message.kind,message.kind_text,message.sending,message.sending_text,message.sent,message.sent_text,message.undelivered,message.undelivered_text,message.wrote,message.wrote_text,repair.done,repair.failed,repair.move,repair.replay_of,repair.replayed,repair.resend,repair.retime,repair.retry,run.cancelled,run.failed,run.succeeded,step.again,step.began,step.cancelled,step.done,step.done_tries,step.failed,step.failed_on,step.failed_tries,step.failed_tries_on,step.held,step.path,step.path_tries,wait.clock,wait.closed,wait.collected,wait.fired,wait.held,wait.late_reply,wait.lost,wait.moved,wait.opened,wait.opened_status,wait.paused,wait.refused,wait.replied,wait.replied_span,wait.resumed,wait.retimed,wait.said,wait.takeover" doc:"What it says, for who says it in another language."`
	Values    map[string]string `json:"values,omitempty" doc:"What stands in the sentence's places: at is an instant, span and exactly are in seconds."`
	Text      string            `json:"text" doc:"What it says in English."`
	Detail    string            `json:"detail,omitempty"`
}

// RunDetail is a run with all that happened in it.
type RunDetail struct {
	Run
	Event    *Event          `json:"event,omitempty"`
	Contact  *Contact        `json:"contact,omitempty"`
	Steps    []Step          `json:"steps" doc:"In the order of the run; the newest 2000, as a loop may make more."`
	Waits    []Wait          `json:"waits"`
	Messages []Message       `json:"messages" doc:"What the run sent and what its waits took."`
	ReplayOf string          `json:"replay_of,omitempty" doc:"The run that this one began anew."`
	Replays  []string        `json:"replays,omitempty" doc:"Runs that began this one anew, the oldest first."`
	Timeline []TimelineEntry `json:"timeline" doc:"All of it as sentences, in the order in which it happened."`
}

// Wait is a question to a contact that a run waits for.
type Wait struct {
	ID           string      `json:"id"`
	RunID        string      `json:"run_id"`
	Step         string      `json:"step"`
	Iteration    string      `json:"iteration,omitempty" doc:"Which one, of the loops around the step: 3, or 2.3 in a loop within a loop."`
	ContactID    string      `json:"contact_id"`
	ConnectionID string      `json:"connection_id"`
	State        string      `json:"state" enum:"open,collecting,replied,no_response,invalid,undelivered,cancelled"`
	OpenedAt     time.Time   `json:"opened_at"`
	SentAt       *time.Time  `json:"sent_at,omitempty" doc:"When the provider accepted the question."`
	ClockAt      *time.Time  `json:"clock_at,omitempty" doc:"When the time for the answer began; absent while the wait is for a status of the question."`
	Deadline     time.Time   `json:"deadline" doc:"Of the answer; until the clock starts, of its start."`
	FireAt       *time.Time  `json:"fire_at,omitempty" doc:"When the timeout is tried, while the wait is open; when the answer is complete, while it is collecting."`
	PausedAt     *time.Time  `json:"paused_at,omitempty" doc:"When a person stepped in and the clock was stopped; fire_at is then when it goes on by itself, and the deadline moves by as long as it stood."`
	ClosedAt     *time.Time  `json:"closed_at,omitempty"`
	ClaimedBy    string      `json:"claimed_by,omitempty" doc:"Who closed it: reply, timeout, status, cancel, api, admin, opt_out, takeover."`
	ReplyID      string      `json:"reply_id,omitempty" doc:"The message that answered."`
	Attempts     int         `json:"attempts,omitempty" doc:"Answers that were refused."`
	LateID       string      `json:"late_id,omitempty" doc:"The newest message that came too late."`
	Reference    string      `json:"reference,omitempty" doc:"As it was given by whoever asked for the wait by the API."`
	Data         any         `json:"data,omitempty" doc:"Likewise."`
	Events       []WaitEvent `json:"events,omitempty"`
}

// WaitEvent is a line of a wait's timeline.
type WaitEvent struct {
	At        time.Time `json:"at"`
	Kind      string    `json:"kind" enum:"opened,clock,collected,replied,refused,said,held,fired,lost,takeover,paused,resumed,retimed,moved,late_reply,closed"`
	MessageID string    `json:"message_id,omitempty"`
	Detail    string    `json:"detail,omitempty"`
}

// Answer is a reply that is given for a contact.
type Answer struct {
	Text    string `json:"text,omitempty" maxLength:"4096" doc:"What they would have written."`
	Payload string `json:"payload,omitempty" maxLength:"1024" doc:"Of the button or list entry that they would have chosen."`
}

// Start asks for a run of a flow.
type Start struct {
	Contact *StartContact   `json:"contact,omitempty" doc:"Whom the run is about, where the flow's own contact mapping finds nobody in data."`
	Data    json.RawMessage `json:"data,omitempty" doc:"What the flow reads as event: an object. Numbers keep all their digits."`
}

// StartContact names a person; one of phone and e-mail is enough.
type StartContact struct {
	Phone string `json:"phone,omitempty" maxLength:"40" doc:"With its country code, such as +34600111222."`
	Email string `json:"email,omitempty" maxLength:"320"`
	Name  string `json:"name,omitempty" maxLength:"200"`
}

// Started is a run that a start led to.
type Started struct {
	RunID    string `json:"run_id,omitempty" doc:"Absent when it was rejected."`
	Fresh    bool   `json:"fresh" doc:"False when an earlier request with the same Idempotency-Key had begun it."`
	Rejected bool   `json:"rejected,omitempty" doc:"The contact is in a run of this flow, which takes one at a time (per_contact: reject)."`
}

// StartedRuns are the runs of a request, in its order.
type StartedRuns struct {
	Runs []Started `json:"runs"`
}

// RunOf shapes a run.
func RunOf(r run.Run) Run {
	s := r.State
	return Run{
		ID: r.ID, Flow: s.Facts.FlowName, FlowVersion: s.Facts.FlowVersion, Status: string(s.Status), Step: s.Cursor, Phase: string(s.Phase),
		WakeAt: when(s.WakeAt), Attempt: s.Attempt, ContactID: r.ContactID, ContactName: cmp.Or(s.Facts.Contact.Name, s.Facts.Contact.Phone, s.Facts.Contact.Email), EventID: r.EventID, CreatedAt: r.CreatedAt.UTC(), EndedAt: when(r.EndedAt),
		Failure: FailureOf(s.Failure), Reason: s.Reason,
	}
}

// ListedRunOf shapes a run of a list.
func ListedRunOf(r inspect.ListedRun) Run {
	out := RunOf(r.Run)
	out.Deadline, out.PausedAt = when(r.Deadline), when(r.PausedAt)
	return out
}

// StepOf shapes a step run.
func StepOf(s run.StepRun) Step {
	return Step{
		ID: s.StepID, Iteration: s.Iteration, Kind: s.Kind, Status: string(s.Status), Exit: s.Exit, Attempt: s.Attempt, Input: raw(s.Input), Output: raw(s.Output),
		Failure: FailureOf(s.Failure), StartedAt: when(s.StartedAt), EndedAt: when(s.EndedAt),
	}
}

// AttemptOf shapes an attempt.
func AttemptOf(a run.Attempt) Attempt {
	out := Attempt{Number: a.Number, Attempt: a.Attempt, StartedAt: when(a.StartedAt), EndedAt: a.EndedAt.UTC(), Outcome: a.Outcome, Failure: FailureOf(a.Failure)}
	out.Exchanges = exchangesOf(a.Exchanges)
	return out
}

func exchangesOf(all []run.Exchange) (out []Exchange) {
	for _, x := range all {
		out = append(out, Exchange{At: x.At.UTC(), Method: x.Method, Host: x.Host, Path: x.Path, Status: x.Status,
			Duration: float64(x.Duration.Microseconds()) / 1000, Sent: x.Sent, Received: x.Received, Error: x.Error})
	}
	return out
}

// WaitOf shapes a wait with those of the events that are its own.
func WaitOf(w run.Wait, events []engine.WaitEvent) Wait {
	out := Wait{
		ID: w.ID, RunID: w.RunID, Step: w.StepID, Iteration: w.Iteration, ContactID: w.ContactID, ConnectionID: w.ConnectionID, State: string(w.State),
		OpenedAt: w.OpenedAt.UTC(), SentAt: when(w.SentAt), ClockAt: when(w.ClockAt), Deadline: w.Deadline.UTC(), ClosedAt: when(w.ClosedAt),
		ClaimedBy: w.ClaimedBy, ReplyID: w.ReplyID, LateID: w.LateID, Attempts: w.Attempts,
	}
	if w.State.Live() {
		out.FireAt, out.PausedAt = when(w.FireAt), when(w.PausedAt)
	}
	for _, e := range events {
		if e.WaitID == w.ID {
			out.Events = append(out.Events, WaitEvent{At: e.At.UTC(), Kind: string(e.Kind), MessageID: e.MessageID, Detail: e.Detail})
		}
	}
	return out
}

// RunDetailOf shapes a run with its history. The zero event is left out.
func RunDetailOf(d inspect.RunDetail, started event.Event) RunDetail {
	out := RunDetail{Run: RunOf(d.Run), Steps: []Step{}, Waits: []Wait{}, Messages: []Message{}, Timeline: []TimelineEntry{}}
	if started.ID != "" {
		e := EventOf(started)
		out.Event = &e
	}
	if c := d.Run.State.Facts.Contact; c.ID != "" {
		out.Contact = &Contact{ID: c.ID, Phone: c.Phone, Email: c.Email, Name: c.Name}
	}
	for _, s := range d.Steps {
		step := StepOf(s)
		for _, a := range d.Attempts {
			if a.StepID == s.StepID && a.Iteration == s.Iteration {
				step.Attempts = append(step.Attempts, AttemptOf(a))
			}
		}
		out.Steps = append(out.Steps, step)
	}
	for _, w := range d.Waits {
		out.Waits = append(out.Waits, WaitOf(w, d.WaitEvents).With(RentedBy(d.Run)))
	}
	for _, m := range d.Messages {
		out.Messages = append(out.Messages, MessageOf(m))
	}
	for _, r := range d.Repairs {
		switch {
		case r.NewRunID == d.Run.ID:
			out.ReplayOf = r.RunID
		case r.NewRunID != "":
			out.Replays = append(out.Replays, r.NewRunID)
		}
	}
	for _, e := range inspect.Timeline(d, started) {
		out.Timeline = append(out.Timeline, TimelineEntry{At: e.At.UTC(), Step: e.StepID, Iteration: e.Iteration, Kind: e.Kind, Code: string(e.Code), Values: e.Values.Plain(), Text: e.Text, Detail: e.Detail})
	}
	return out
}

// FailureOf shapes a failure; nil stays nil.
func FailureOf(f *protocol.Failure) *Failure {
	if f == nil {
		return nil
	}
	return &Failure{Kind: string(f.Kind), Message: f.Message, Detail: f.Detail, Field: f.Field, Source: string(f.Source)}
}
