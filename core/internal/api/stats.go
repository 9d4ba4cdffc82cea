package api

import (
	"time"

	"github.com/cordboard/cordboard/core/internal/inspect"
	"github.com/cordboard/cordboard/core/internal/run"
)

// Stats is what a workspace does, in figures.
type Stats struct {
	Since    time.Time     `json:"since"`
	Until    time.Time     `json:"until" doc:"The end of the last part, which is not over yet."`
	Parts    []Tally       `json:"parts" doc:"The time in parts of five minutes, hours or days, the oldest first."`
	Before   Tally         `json:"before" doc:"As much time before that, to compare with."`
	Now      Busy          `json:"now"`
	Failing  []FailingFlow `json:"failing" doc:"Flows with runs that failed in the last 24 hours, those with the most first; 20 at most."`
	Degraded bool          `json:"degraded" doc:"The queue does not answer this node: the database carries the load, and what is due may be some seconds late."`
	TimeZone string        `json:"time_zone"`
}

// Tally counts what was begun in a stretch of time, by what has become of it.
type Tally struct {
	From  time.Time  `json:"from"`
	Until time.Time  `json:"until"`
	Runs  RunCounts  `json:"runs"`
	Waits WaitCounts `json:"waits"`
	Took  *Took      `json:"took,omitempty" doc:"Left out where no run has succeeded."`
}

// Took is how long runs took that have succeeded, waiting included.
type Took struct {
	HalfSeconds float64 `json:"half_seconds" doc:"Half of them took no longer."`
	MostSeconds float64 `json:"most_seconds" doc:"95% of them took no longer."`
	Runs        int     `json:"runs" doc:"How many runs say so: the newest ones."`
}

// RunCounts counts runs by status.
type RunCounts struct {
	Queued    int `json:"queued"`
	Running   int `json:"running"`
	Waiting   int `json:"waiting"`
	Succeeded int `json:"succeeded"`
	Failed    int `json:"failed"`
	Cancelled int `json:"cancelled"`
}

// WaitCounts counts waits by state.
type WaitCounts struct {
	Open        int `json:"open" doc:"Those whose answer is still coming in too."`
	Replied     int `json:"replied"`
	NoResponse  int `json:"no_response"`
	Invalid     int `json:"invalid"`
	Undelivered int `json:"undelivered"`
	Cancelled   int `json:"cancelled"`
}

// Busy is what is not over, whenever it was begun.
type Busy struct {
	Runs RunCounts `json:"runs"`
	Open int       `json:"open" doc:"Waits."`
	Due  []DueWait `json:"due" doc:"The open waits that end first."`
}

// DueWait is an open wait with whom and what it is about.
type DueWait struct {
	Wait
	Flow      string  `json:"flow"`
	FlowTitle string  `json:"flow_title,omitempty"`
	Contact   Contact `json:"contact"`
}

// FailingFlow is a flow whose runs have failed lately.
type FailingFlow struct {
	Flow      string    `json:"flow"`
	FlowTitle string    `json:"flow_title,omitempty"`
	Failures  int       `json:"failures"`
	RunID     string    `json:"run_id" doc:"Of the newest that failed."`
	Step      string    `json:"step,omitempty" doc:"At which it failed."`
	Failure   *Failure  `json:"failure,omitempty"`
	At        time.Time `json:"at"`
}

// TallyOf shapes a tally.
func TallyOf(t inspect.Tally) Tally {
	out := Tally{From: t.From, Until: t.Until, Runs: runCounts(t.Runs), Waits: waitCounts(t.Waits)}
	if n := len(t.Took); n > 0 {
		out.Took = &Took{HalfSeconds: t.By(0.5).Seconds(), MostSeconds: t.By(0.95).Seconds(), Runs: n}
	}
	return out
}

func runCounts(n map[run.Status]int) RunCounts {
	return RunCounts{Queued: n[run.Queued], Running: n[run.Running], Waiting: n[run.Waiting], Succeeded: n[run.Succeeded], Failed: n[run.Failed], Cancelled: n[run.Cancelled]}
}

func waitCounts(n map[run.WaitState]int) WaitCounts {
	return WaitCounts{Open: n[run.WaitOpen] + n[run.WaitCollecting], Replied: n[run.WaitReplied], NoResponse: n[run.WaitNoResponse],
		Invalid: n[run.WaitInvalid], Undelivered: n[run.WaitUndelivered], Cancelled: n[run.WaitCancelled]}
}

// BusyOf shapes what is not over.
func BusyOf(b inspect.Busy) Busy {
	out := Busy{Runs: runCounts(b.Runs), Open: b.Open, Due: make([]DueWait, len(b.Due))}
	for i, d := range b.Due {
		out.Due[i] = DueWait{Wait: WaitOf(d.Wait, nil), Flow: d.FlowName, FlowTitle: d.FlowTitle,
			Contact: Contact{ID: d.Contact.ID, Phone: d.Contact.Phone, Email: d.Contact.Email, Name: d.Contact.Name}}
	}
	return out
}

// FailingFlowsOf shapes flows that fail.
func FailingFlowsOf(flows []inspect.FailingFlow) []FailingFlow {
	out := make([]FailingFlow, len(flows))
	for i, f := range flows {
		out[i] = FailingFlow{Flow: f.Name, FlowTitle: f.Title, Failures: f.Failures, RunID: f.Last.ID, Step: f.Last.State.Cursor,
			Failure: FailureOf(f.Last.State.Failure), At: f.Last.EndedAt.UTC()}
	}
	return out
}
