package api

import (
	"encoding/json"
	"time"

	"github.com/cordboard/cordboard/core/internal/engine"
)

// RepairRequest asks for something to be done to several runs.
type RepairRequest struct {
	Action  string   `json:"action" enum:"retry,cancel,replay,timeout,retime,move,settle_done,settle_failed,settle_resend" doc:"retry: from the step that failed. cancel. replay: begin anew, as other runs, on the live version. timeout: take no_response now. retime: give parked runs the limit of a version; elapsed time counts. move: take parked runs over to a version. settle_done, settle_failed, settle_resend: of runs that failed because the outcome of their call is not known, say that it was carried out, that it was not, or make it again."`
	Runs    []string `json:"runs,omitempty" maxItems:"1000" doc:"Ids; the fields below are left out then."`
	Flow    string   `json:"flow,omitempty" maxLength:"100" doc:"Only runs of this flow."`
	Status  string   `json:"status,omitempty" enum:"queued,running,waiting,succeeded,failed,cancelled" doc:"Only runs that are so now."`
	Contact string   `json:"contact,omitempty" maxLength:"64" doc:"Only runs about this contact, by its id."`
	Behind  bool     `json:"behind,omitempty" doc:"Only runs that have not ended and follow another version of the flow than version. retime and move mean no others."`
	Version int      `json:"version,omitempty" minimum:"1" doc:"Number of the flow's version that behind, retime and move go by; the live one if left out."`
	Reason  string   `json:"reason,omitempty" maxLength:"500" doc:"Of a cancel, for whoever looks at the runs later."`
}

// RepairPlanRequest asks what a repair would do.
type RepairPlanRequest struct {
	RepairRequest
	Source string `json:"source,omitempty" maxLength:"500000" doc:"A document of the flow that is still to be published, for retime and move to go by."`
}

// RepairPlan is what a repair would do to the runs as they are now.
type RepairPlan struct {
	Total    int            `json:"total" doc:"Runs that are meant."`
	Examined int            `json:"examined" doc:"How many of them, the newest, the following counts are about."`
	Done     int            `json:"done" doc:"Runs to which it would be done."`
	Skipped  int            `json:"skipped" doc:"Runs that would stay as they are."`
	Reasons  []RepairReason `json:"reasons" doc:"Why, the most frequent first."`
	Runs     []RepairedRun  `json:"runs" doc:"The first hundred."`
}

// RepairReason is why runs stay as they are.
type RepairReason struct {
	Text  string `json:"text"`
	Count int    `json:"count"`
}

// Repair is something that is done to several runs, one by one, in the background. It goes on after a restart.
type Repair struct {
	ID        string     `json:"id"`
	Action    string     `json:"action"`
	State     string     `json:"state" enum:"running,done,stopped"`
	Flow      string     `json:"flow,omitempty" doc:"Of which flow the runs are."`
	Total     int        `json:"total" doc:"How many runs were meant when it was asked for."`
	Done      int        `json:"done"`
	Skipped   int        `json:"skipped" doc:"Runs that stayed as they were; each says why."`
	Reason    string     `json:"reason,omitempty"`
	AskedBy   string     `json:"asked_by,omitempty" doc:"Id of the person or token."`
	AskedName string     `json:"asked_by_name,omitempty" doc:"Their name, while they are known."`
	CreatedAt time.Time  `json:"created_at"`
	EndedAt   *time.Time `json:"ended_at,omitempty"`
}

// RepairedRun is what a repair did to a run, or why not.
type RepairedRun struct {
	ID       string     `json:"id,omitempty"`
	RunID    string     `json:"run_id"`
	Outcome  string     `json:"outcome" enum:"done,skipped"`
	Detail   string     `json:"detail,omitempty"`
	NewRunID string     `json:"new_run_id,omitempty" doc:"The run that a replay began."`
	At       *time.Time `json:"at,omitempty"`
}

// Replay says on which version a run is begun anew.
type Replay struct {
	Version string `json:"version,omitempty" enum:"live,same" default:"live" doc:"The flow's live version, or the one that the run followed."`
}

// Replayed is the run that a replay began.
type Replayed struct {
	RunID string `json:"run_id"`
}

// Settle says what became of a call.
type Settle struct {
	As     string          `json:"as" enum:"done,resend,failed" doc:"done: it was carried out, and the run goes on. resend: make it again. failed: it was not carried out; the run stays failed."`
	Output json.RawMessage `json:"output,omitempty" doc:"Of done: what the call would have yielded, for later steps to read."`
}

// RepairOf shapes a repair.
func RepairOf(r engine.Repair) Repair {
	return Repair{
		ID: r.ID, Action: string(r.Action), State: string(r.State), Flow: r.Select.Flow, Total: r.Total, Done: r.Done, Skipped: r.Skipped,
		Reason: r.Reason, AskedBy: r.AskedBy, AskedName: r.AskedByName, CreatedAt: r.CreatedAt.UTC(), EndedAt: when(r.EndedAt),
	}
}

// RepairedRunOf shapes what was done to a run.
func RepairedRunOf(r engine.Repaired) RepairedRun {
	return RepairedRun{ID: r.ID, RunID: r.RunID, Outcome: string(r.Outcome), Detail: r.Detail, NewRunID: r.NewRunID, At: when(r.At)}
}

// RepairPlanOf shapes a plan.
func RepairPlanOf(p engine.Plan) RepairPlan {
	out := RepairPlan{Total: p.Total, Examined: p.Examined, Done: p.Done, Skipped: p.Skipped, Reasons: []RepairReason{}, Runs: []RepairedRun{}}
	for _, r := range p.Reasons {
		out.Reasons = append(out.Reasons, RepairReason{r.Text, r.Count})
	}
	for _, r := range p.Runs {
		out.Runs = append(out.Runs, RepairedRunOf(r))
	}
	return out
}
