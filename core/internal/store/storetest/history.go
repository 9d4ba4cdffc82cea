package storetest

import (
	"context"
	"slices"
	"testing"
	"time"

	"github.com/cordboard/cordboard/core/internal/engine"
	"github.com/cordboard/cordboard/core/internal/inspect"
	"github.com/cordboard/cordboard/core/internal/list"
	"github.com/cordboard/cordboard/core/internal/run"
	"github.com/cordboard/cordboard/sdk/protocol"
)

var historyCases = cases{
	"pages follow each other without gap or repetition": func(t *testing.T, w *world) {
		var want []string
		for range 7 {
			want = append(want, w.insertRun().ID)
		}
		slices.Sort(want)
		slices.Reverse(want)
		var got []string
		for page := (list.Page{Limit: 3}); ; page.After = got[len(got)-1] {
			runs := must(w.ListRuns(t.Context(), w.workspace.ID, inspect.RunFilter{}, page))(t)
			if len(runs) == 0 {
				break
			}
			for _, r := range runs {
				got = append(got, r.ID)
			}
		}
		if !slices.Equal(got, want) {
			t.Errorf("got %v, want %v", got, want)
		}
	},
	"runs are listed by status, flow and contact": func(t *testing.T, w *world) {
		r := w.insertRun()
		for name, c := range map[string]struct {
			filter inspect.RunFilter
			want   int
		}{
			"all":             {inspect.RunFilter{}, 1},
			"its status":      {inspect.RunFilter{Status: run.Running}, 1},
			"another status":  {inspect.RunFilter{Status: run.Failed}, 0},
			"its flow":        {inspect.RunFilter{FlowID: r.FlowID}, 1},
			"another flow":    {inspect.RunFilter{FlowID: "flow_other"}, 0},
			"its contact":     {inspect.RunFilter{ContactID: r.ContactID}, 1},
			"another contact": {inspect.RunFilter{ContactID: "cnt_other"}, 0},
			"its phase":       {inspect.RunFilter{Phase: r.State.Phase}, 1},
			"another phase":   {inspect.RunFilter{Phase: run.PhaseSleeping}, 0},
			"its version":     {inspect.RunFilter{Version: 1}, 1},
			"another version": {inspect.RunFilter{Version: 2}, 0},
			"no failure":      {inspect.RunFilter{Failure: protocol.Permanent}, 0},
			"since then":      {inspect.RunFilter{Since: time.Now().Add(-time.Hour), Until: time.Now().Add(time.Hour)}, 1},
			"since later":     {inspect.RunFilter{Since: time.Now().Add(time.Hour)}, 0},
			"until before":    {inspect.RunFilter{Until: time.Now().Add(-time.Hour)}, 0},
			"not so long":     {inspect.RunFilter{Longer: 200 * 365 * 24 * time.Hour}, 0},
			"longer":          {inspect.RunFilter{Longer: time.Microsecond}, 1},
		} {
			got := must(w.ListRuns(t.Context(), w.workspace.ID, c.filter, list.Page{}))(t)
			if len(got) != c.want {
				t.Errorf("%s: got %d runs, want %d", name, len(got), c.want)
			}
			for _, listed := range got {
				if listed.ID != r.ID || listed.State.Facts.FlowName != "verify" || listed.State.Facts.Contact.Phone != w.contact.Phone {
					t.Errorf("%s: got %+v", name, listed)
				}
			}
		}
		failed := w.fails(protocol.Unknown, 0)
		for kind, want := range map[protocol.FailureKind]int{protocol.Unknown: 1, protocol.Permanent: 0} {
			got := must(w.ListRuns(t.Context(), w.workspace.ID, inspect.RunFilter{Failure: kind}, list.Page{}))(t)
			if len(got) != want || want == 1 && got[0].ID != failed.ID {
				t.Errorf("failed as %s: %+v", kind, got)
			}
		}
		if got := must(w.ListRuns(t.Context(), "wsp_other", inspect.RunFilter{}, list.Page{}))(t); len(got) != 0 {
			t.Errorf("another workspace sees %d", len(got))
		}
	},
	"a run in a list says until when it waits for an answer": func(t *testing.T, w *world) {
		since := time.Date(2026, 5, 6, 7, 8, 9, 0, time.UTC)
		asks := func(change func(*run.Wait)) run.Wait {
			wait := w.insertWait(change)
			r := must(w.Run(t.Context(), wait.RunID))(t)
			r.State.Status, r.State.Phase = run.Waiting, run.PhaseAsking
			w.write(func(ctx context.Context, tx engine.Tx) error { return tx.SaveRun(ctx, r, nil) })
			return wait
		}
		running, paused := asks(nil), asks(func(w *run.Wait) { w.PausedAt, w.Deadline = since, since.Add(time.Hour) })
		w.insertRun()
		for _, r := range must(w.ListRuns(t.Context(), w.workspace.ID, inspect.RunFilter{}, list.Page{}))(t) {
			deadline, pausedAt := time.Time{}, time.Time{}
			switch r.ID {
			case running.RunID:
				deadline = running.Deadline.Truncate(time.Microsecond)
			case paused.RunID:
				deadline, pausedAt = paused.Deadline, since
			}
			if !r.Deadline.Equal(deadline) || !r.PausedAt.Equal(pausedAt) {
				t.Errorf("%s: until %v, paused at %v; want %v, %v", r.ID, r.Deadline, r.PausedAt, deadline, pausedAt)
			}
		}
	},
}
