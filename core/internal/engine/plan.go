package engine

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/cordboard/cordboard/core/internal/id"
	"github.com/cordboard/cordboard/core/internal/run"
)

// Plan is what a repair would do.
type Plan struct {
	Total    int // runs that are meant
	Examined int // of these, the newest
	Done     int
	Skipped  int
	Reasons  []Reason   // why runs would be skipped, the most frequent first
	Runs     []Repaired // the first of those examined
}

// Reason is why runs would be skipped.
type Reason struct {
	Text  string
	Count int
}

// How much a plan looks at, and shows.
const (
	planExamines = 2000
	planShows    = 100
)

// PlanRepair says what a repair would do, and does nothing. source, if not empty, is the document of a version that is
// still to be published, by which runs are to be re-timed or to which they are to be moved.
func (e *Engine) PlanRepair(ctx context.Context, rp Repair, source []byte) (Plan, error) {
	rp.ID = id.New("rep")
	var to *version
	var err error
	switch {
	case len(source) > 0:
		to = &version{}
		if to.flow, err = e.Compile(ctx, Version{WorkspaceID: rp.WorkspaceID, Source: source}); err != nil {
			return Plan{}, err
		}
	case rp.VersionID != "":
		if to, err = e.version(ctx, rp.VersionID); err != nil {
			return Plan{}, err
		}
	}
	var p Plan
	if p.Total, err = e.Store.CountRepair(ctx, rp); err != nil {
		return p, err
	}
	counts := map[string]int{}
	for p.Examined < planExamines {
		ids, err := e.Store.RepairRuns(ctx, rp, repairBatch)
		if err != nil || len(ids) == 0 {
			return p.with(counts), err
		}
		for _, runID := range ids {
			would, err := e.would(ctx, rp, to, runID)
			if err != nil {
				return p, err
			}
			p.Examined++
			if would.Outcome == RunRepaired {
				p.Done++
			} else {
				p.Skipped++
				counts[would.Detail]++
			}
			if len(p.Runs) < planShows {
				p.Runs = append(p.Runs, would)
			}
		}
		rp.AfterRun = ids[len(ids)-1]
	}
	return p.with(counts), nil
}

func (p Plan) with(counts map[string]int) Plan {
	for text, count := range counts {
		p.Reasons = append(p.Reasons, Reason{text, count})
	}
	slices.SortFunc(p.Reasons, func(a, b Reason) int { return cmp.Or(b.Count-a.Count, strings.Compare(a.Text, b.Text)) })
	return p
}

// would says what a repair would do to a run as it is now.
func (e *Engine) would(ctx context.Context, rp Repair, to *version, runID string) (Repaired, error) {
	out := Repaired{RunID: runID, Action: rp.Action, Outcome: RunRepaired}
	r, err := e.Store.Run(ctx, runID)
	if err != nil {
		return out, fmt.Errorf("load run %s: %w", runID, err)
	}
	if rp.Action == RepairReplay {
		_, err = e.replayVersion(ctx, r, "")
		out.Detail = again(r)
	} else {
		out.Detail, err = e.wouldAdvance(ctx, rp, to, r)
	}
	if why, refused := whyNot(rp.Action, err); refused {
		out.Outcome, out.Detail, err = RunSkipped, why, nil
	}
	return out, err
}

func (e *Engine) wouldAdvance(ctx context.Context, rp Repair, to *version, r run.Run) (detail string, err error) {
	v, err := e.version(ctx, r.VersionID)
	if err != nil {
		return "", err
	}
	if r.State.Facts.Calendars, err = e.Store.Calendars(ctx, r.WorkspaceID); err != nil {
		return "", fmt.Errorf("load calendars: %w", err)
	}
	for _, v := range []*version{v, to} {
		if err := e.limit(ctx, e.Store, &r, v); err != nil {
			return "", err
		}
	}
	var w run.Wait
	if r.State.Phase == run.PhaseAsking {
		if w, err = e.Store.WaitOfStep(ctx, r.ID, r.State.Cursor); err != nil {
			return "", err
		}
		if rp.Action == RepairTimeOut && w.State != run.WaitOpen {
			return "", &ClosedError{Wait: w}
		}
	}
	in, err := rp.input(to, r.VersionID, w)
	if err != nil {
		return "", err
	}
	now := time.Now()
	t, err := run.Advance(v.flow, r.State, in, now)
	var unheard *run.UnheardError
	switch {
	case errors.As(err, &unheard): // whether it is made is seen then
		return "Calls " + unheard.StepID + ".", nil
	case err != nil:
		return "", err
	case t.Call != nil:
		return "Calls " + t.Call.StepID + ".", nil
	case t.Wait != nil && !t.Wait.Deadline.After(now):
		return "Its time is over then: it takes no_response.", nil
	case t.Wait != nil:
		return "The deadline is " + stamp(t.Wait.Deadline) + ".", nil
	case !t.State.WakeAt.Equal(r.State.WakeAt) && t.State.Status == run.Waiting:
		return "It sleeps until " + stamp(t.State.WakeAt) + ".", nil
	}
	return "", nil
}
