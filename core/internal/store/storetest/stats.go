package storetest

import (
	"context"
	"reflect"
	"testing"
	"time"

	"github.com/cordboard/cordboard/core/internal/access"
	"github.com/cordboard/cordboard/core/internal/engine"
	"github.com/cordboard/cordboard/core/internal/id"
	"github.com/cordboard/cordboard/core/internal/inspect"
	"github.com/cordboard/cordboard/core/internal/publish"
	"github.com/cordboard/cordboard/core/internal/run"
	"github.com/cordboard/cordboard/sdk/protocol"
)

// ran stores a run that was begun at an instant and has come to that status. What has ended took a minute.
func (w *world) ran(at time.Time, status run.Status, failure string) run.Run {
	w.t.Helper()
	r := w.newRun()
	r.ID, r.CreatedAt, r.State.Status = id.At("run", at), at, status
	if status.Ended() {
		r.EndedAt = at.Add(time.Minute)
	}
	if failure != "" {
		r.State.Failure = &protocol.Failure{Kind: protocol.Permanent, Message: failure}
	}
	w.write(func(ctx context.Context, tx engine.Tx) error { return tx.InsertRun(ctx, r, false) })
	return r
}

var statsCases = cases{
	"what was begun is counted by span and by what became of it": func(t *testing.T, w *world) {
		noon := time.Date(2026, 5, 6, 12, 0, 0, 0, time.UTC)
		spans := []inspect.Span{{From: noon.Add(-time.Hour), Until: noon}, {From: noon, Until: noon.Add(time.Hour)}}
		w.ran(noon.Add(-2*time.Hour), run.Failed, "")
		w.ran(noon.Add(-time.Microsecond), run.Failed, "")
		w.ran(noon, run.Succeeded, "")
		w.ran(noon.Add(time.Minute), run.Succeeded, "")
		w.ran(noon.Add(time.Minute), run.Waiting, "")
		w.ran(noon.Add(time.Hour), run.Succeeded, "")
		w.insertWait(func(wait *run.Wait) { wait.ID, wait.State = id.At("wait", noon.Add(time.Minute)), run.WaitReplied })
		got := must(w.Tallies(t.Context(), w.workspace.ID, spans))(t)
		want := []inspect.Tally{
			{Span: spans[0], Runs: map[run.Status]int{run.Failed: 1}, Waits: map[run.WaitState]int{}},
			{Span: spans[1], Runs: map[run.Status]int{run.Succeeded: 2, run.Waiting: 1}, Waits: map[run.WaitState]int{run.WaitReplied: 1}, Took: []time.Duration{time.Minute, time.Minute}},
		}
		if !reflect.DeepEqual(got, want) {
			t.Errorf("got %+v", got)
		}
		for _, theirs := range must(w.Tallies(t.Context(), "wsp_other", spans))(t) {
			if len(theirs.Runs)+len(theirs.Waits) > 0 {
				t.Errorf("another workspace sees %+v", theirs)
			}
		}
		if got := must(w.Tallies(t.Context(), w.workspace.ID, nil))(t); len(got) != 0 {
			t.Errorf("of no span: %+v", got)
		}
	},
	"a flow's activity tells its newest run, its last day, what starts it and who changed it": func(t *testing.T, w *world) {
		noon := time.Date(2026, 5, 6, 12, 0, 0, 0, time.UTC)
		flowID := must(w.Flow(t.Context(), w.workspace.ID, "verify"))(t).ID
		w.ran(noon.Add(-time.Microsecond), run.Failed, "")
		w.ran(noon, run.Succeeded, "")
		w.ran(noon.Add(time.Minute), run.Succeeded, "")
		newest := w.ran(noon.Add(2*time.Minute), run.Waiting, "")
		ana := w.member(access.Administrator)
		fresh := must(w.SaveDraft(access.ActingAs(t.Context(), access.Actor{WorkspaceID: w.workspace.ID, ID: ana.ID}), publish.Draft{WorkspaceID: w.workspace.ID, Name: "fresh", Source: []byte("name: fresh\n"), New: true}))(t)
		got := must(w.Activity(t.Context(), w.workspace.ID, []string{flowID, fresh.ID}, noon))(t)
		if a := got[flowID]; a.Trigger != paid || a.LastRun.ID != newest.ID || a.LastRun.State.Status != run.Waiting || !a.LastRun.CreatedAt.Equal(newest.CreatedAt) ||
			!reflect.DeepEqual(a.Recent, map[run.Status]int{run.Succeeded: 2, run.Waiting: 1}) {
			t.Errorf("of the flow %+v", a)
		}
		if a := got[fresh.ID]; a.Trigger != "" || a.LastRun.ID != "" || len(a.Recent) != 0 || a.ChangedBy != ana.Name {
			t.Errorf("of the fresh one %+v", a)
		}
		if got := must(w.Activity(t.Context(), "wsp_other", []string{flowID}, noon))(t); len(got) != 0 {
			t.Errorf("another workspace sees %+v", got)
		}
	},
	"what is not over, and which waits end first": func(t *testing.T, w *world) {
		later := w.insertWait(nil)
		sooner := w.insertWait(func(wait *run.Wait) { wait.FireAt = wait.FireAt.Add(-time.Minute) })
		w.insertWait(func(wait *run.Wait) { wait.State, wait.FireAt = run.WaitReplied, wait.OpenedAt })
		got := must(w.Busy(t.Context(), w.workspace.ID, 10))(t)
		if got.Open != 2 || got.Runs[run.Running] != 3 || len(got.Due) != 2 {
			t.Fatalf("got %+v", got)
		}
		if got.Due[0].Wait.ID != sooner.ID || got.Due[1].Wait.ID != later.ID {
			t.Errorf("got %s before %s", got.Due[0].Wait.ID, got.Due[1].Wait.ID)
		}
		if due := got.Due[0]; due.FlowName != "verify" || due.FlowTitle != "Verify" || due.Contact.Phone != w.contact.Phone || due.Contact.ID != w.contact.ID {
			t.Errorf("got %+v", due)
		}
		if got := must(w.Busy(t.Context(), w.workspace.ID, 1))(t); len(got.Due) != 1 || got.Open != 2 {
			t.Errorf("one of two: %+v", got)
		}
		if got := must(w.Busy(t.Context(), "wsp_other", 10))(t); got.Open != 0 || len(got.Runs) != 0 || len(got.Due) != 0 {
			t.Errorf("another workspace sees %+v", got)
		}
	},
	"flows that fail come with their newest failure": func(t *testing.T, w *world) {
		since := time.Date(2026, 5, 6, 12, 0, 0, 0, time.UTC)
		w.ran(since.Add(-time.Hour), run.Failed, "too old")
		w.ran(since, run.Failed, "before")
		newest := w.ran(since.Add(time.Hour), run.Failed, "the address is not known")
		w.ran(since.Add(2*time.Hour), run.Succeeded, "")
		got := must(w.FailingFlows(t.Context(), w.workspace.ID, since))(t)
		if len(got) != 1 || got[0].Failures != 2 || got[0].Name != "verify" || got[0].Last.ID != newest.ID ||
			got[0].Last.State.Failure.Message != "the address is not known" || !got[0].Last.EndedAt.Equal(newest.EndedAt) {
			t.Errorf("got %+v", got)
		}
		if got := must(w.FailingFlows(t.Context(), "wsp_other", since))(t); len(got) != 0 {
			t.Errorf("another workspace sees %+v", got)
		}
	},
}
