package engine_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/cordboard/cordboard/core/internal/access"
	"github.com/cordboard/cordboard/core/internal/conversation"
	"github.com/cordboard/cordboard/core/internal/engine"
	"github.com/cordboard/cordboard/core/internal/event"
	"github.com/cordboard/cordboard/core/internal/flow"
	"github.com/cordboard/cordboard/core/internal/inspect"
	"github.com/cordboard/cordboard/core/internal/list"
	"github.com/cordboard/cordboard/core/internal/run"
	"github.com/cordboard/cordboard/sdk/protocol"
)

// live returns the flow with its live version.
func (w *world) live() inspect.Flow {
	w.Helper()
	f, err := w.store.Flow(w.Context(), w.workspace.ID, "ask")
	w.check(err)
	return f
}

// park starts runs of so many contacts and waits until each has its question open.
func (w *world) park(n int) []string {
	w.Helper()
	for i := range n {
		w.send(ordered(fmt.Sprint("p", i), fmt.Sprintf("+3460020%04d", i)))
	}
	w.until("all are asked", func() bool {
		waits, err := w.store.ListWaits(w.Context(), w.workspace.ID, inspect.WaitFilter{State: run.WaitOpen}, list.Page{Limit: 200})
		w.check(err)
		return len(waits) == n
	})
	var ids []string
	for _, r := range w.runs() {
		ids = append(ids, r.ID)
	}
	return ids
}

// repaired has a repair done and returns it with what it did to each run.
func (w *world) repaired(r engine.Repair) (engine.Repair, map[string]engine.Repaired) {
	w.Helper()
	r.WorkspaceID = w.workspace.ID
	r, err := w.engine.StartRepair(access.ActingAs(w.Context(), access.Actor{WorkspaceID: w.workspace.ID, ID: "usr_1"}), r)
	w.check(err)
	return w.ended(r.ID)
}

func (w *world) ended(repairID string) (r engine.Repair, byRun map[string]engine.Repaired) {
	w.Helper()
	w.until("the repair has ended", func() bool {
		var err error
		r, err = w.store.Repair(w.Context(), repairID)
		w.check(err)
		return r.State != engine.RepairRunning
	})
	did, err := w.store.RepairedRuns(w.Context(), w.workspace.ID, repairID, list.Page{Limit: 200})
	w.check(err)
	byRun = map[string]engine.Repaired{}
	for _, d := range did {
		byRun[d.RunID] = d
	}
	return r, byRun
}

// TestR17ParkedRunsAreRetimed: the limit of the version that is live now counts from the question; one that is over by it
// is due at once and takes no_response the ordinary way, the others go on waiting. The runs stay on their version.
func TestR17ParkedRunsAreRetimed(t *testing.T) {
	onBoth(t, func(t *testing.T, url string) {
		w := newWorld(t, url, patient, nil)
		ids := w.park(3)
		before := w.detail(ids[0])
		w.publish(strings.Replace(patient, "within: 2h", "within: 3h", 1))
		select3h := engine.Selection{FlowID: w.live().ID, Behind: true}
		plan, err := w.engine.PlanRepair(t.Context(), engine.Repair{WorkspaceID: w.workspace.ID, Action: engine.RepairRetime, Select: select3h, VersionID: w.live().LiveVersionID}, nil)
		w.check(err)
		if plan.Total != 3 || plan.Done != 3 || w.detail(ids[0]).Waits[0].Revision != before.Waits[0].Revision {
			t.Errorf("the plan is %+v", plan)
		}
		r, did := w.repaired(engine.Repair{Action: engine.RepairRetime, Select: select3h, VersionID: w.live().LiveVersionID})
		if r.State != engine.RepairDone || r.Done != 3 || r.Total != 3 || len(did) != 3 || r.AskedBy != "usr_1" {
			t.Errorf("the repair is %+v", r)
		}
		after := w.detail(ids[0])
		wait := after.Waits[0]
		if !wait.Deadline.Equal(before.Waits[0].Deadline.Add(time.Hour)) || wait.Revision != before.Waits[0].Revision+1 || after.Run.VersionID != before.Run.VersionID {
			t.Errorf("the wait was %+v and is %+v", before.Waits[0], wait)
		}
		if ks := kinds(after); ks[len(ks)-1] != engine.WaitRetimed {
			t.Errorf("its timeline has %v", ks)
		}
		w.publish(askFlow) // one second, which has passed
		w.until("a second has passed", func() bool { return time.Since(before.Waits[0].ClockAt) > time.Second })
		r, _ = w.repaired(engine.Repair{Action: engine.RepairRetime, Select: select3h, VersionID: w.live().LiveVersionID})
		if r.Done != 3 {
			t.Errorf("the second repair is %+v", r)
		}
		for _, id := range ids {
			w.until("the run has ended", func() bool { return w.detail(id).Run.State.Status == run.Succeeded })
			d := w.detail(id)
			w.wantPath(d, "ask", "answer.no_response", "remind")
			if d.Waits[0].ClaimedBy != "timeout" {
				t.Errorf("it was closed by %s", d.Waits[0].ClaimedBy)
			}
		}
	})
}

// TestR17ParkedRunsAreMoved: they go on by the new version, a reply takes its exit, and those that can't stay as they are
// with the reason.
func TestR17ParkedRunsAreMoved(t *testing.T) {
	onBoth(t, func(t *testing.T, url string) {
		w := newWorld(t, url, patient, nil)
		ids := w.park(2)
		moved := strings.NewReplacer("id: thank,", "id: praise,", "within: 2h", "within: 5h, late: ignore").Replace(patient)
		other := strings.NewReplacer("id: answer", "id: reply", "steps.answer", "steps.reply").Replace(patient)
		selection := engine.Selection{FlowID: w.live().ID, Behind: true}
		// By a document that is not published yet.
		plan, err := w.engine.PlanRepair(t.Context(), engine.Repair{WorkspaceID: w.workspace.ID, Action: engine.RepairMove, Select: selection}, []byte(other))
		w.check(err)
		if plan.Skipped != 2 || len(plan.Reasons) != 1 || !strings.Contains(plan.Reasons[0].Text, "is not there any more") || len(plan.Runs) != 2 {
			t.Errorf("the plan is %+v", plan)
		}
		w.publish(moved)
		r, _ := w.repaired(engine.Repair{Action: engine.RepairMove, Select: selection, VersionID: w.live().LiveVersionID})
		d := w.detail(ids[0])
		if r.Done != 2 || d.Run.VersionID != w.live().LiveVersionID || d.Run.State.Facts.FlowVersion != 2 || d.Waits[0].Deadline.Sub(d.Waits[0].ClockAt) != 5*time.Hour || d.Waits[0].Terms.Late != flow.LateIgnore {
			t.Errorf("%+v; the run is on %s, version %d until %s", r, d.Run.VersionID, d.Run.State.Facts.FlowVersion, d.Waits[0].Deadline)
		}
		if entries := inspect.Timeline(d, event.Event{}); !slices.ContainsFunc(entries, func(e inspect.Entry) bool {
			return strings.HasPrefix(e.Text, "Moved") && strings.Contains(e.Detail, "From version 1 to version 2.")
		}) {
			t.Errorf("the timeline is %+v", entries)
		}
		w.send(wrote("m1", d.Run.State.Facts.Contact.Phone, "Sí", time.Now()))
		w.until("the run has ended", func() bool { return w.detail(ids[0]).Run.State.Status == run.Succeeded })
		w.wantPath(w.detail(ids[0]), "ask", "answer.default", "praise")

		w.publish(other)
		r, did := w.repaired(engine.Repair{Action: engine.RepairMove, Select: selection, VersionID: w.live().LiveVersionID})
		if r.Skipped != 1 || did[ids[1]].Outcome != engine.RunSkipped || !strings.Contains(did[ids[1]].Detail, "is not there any more") {
			t.Errorf("%+v, %+v", r, did)
		}
		if d := w.detail(ids[1]); d.Run.State.Status != run.Waiting || d.Waits[0].State != run.WaitOpen {
			t.Errorf("the run that can't move is %s", d.Run.State.Status)
		}
	})
}

// TestR3ARetimedWaitHasOneWinner lets replies and a repair meet: whoever comes second finds another revision.
func TestR3ARetimedWaitHasOneWinner(t *testing.T) {
	onBoth(t, func(t *testing.T, url string) {
		w := newWorld(t, url, patient, nil)
		ids := w.park(20)
		w.publish(strings.Replace(patient, "within: 2h", "within: 3h", 1))
		for i, id := range ids {
			w.send(wrote("m of "+id, w.detail(ids[i]).Run.State.Facts.Contact.Phone, "Sí", time.Now()))
		}
		r, did := w.repaired(engine.Repair{Action: engine.RepairRetime, Select: engine.Selection{RunIDs: ids}, VersionID: w.live().LiveVersionID})
		if r.Done+r.Skipped != len(ids) {
			t.Errorf("the repair is %+v", r)
		}
		for _, id := range ids {
			w.until("the run has ended", func() bool { return w.detail(id).Run.State.Status == run.Succeeded })
			d := w.detail(id)
			w.wantPath(d, "ask", "answer.default", "thank")
			retimed := slices.Contains(kinds(d), engine.WaitRetimed)
			if done := did[id].Outcome == engine.RunRepaired; done != retimed {
				t.Errorf("the repair says %+v, the wait %v", did[id], kinds(d))
			}
		}
	})
}

// TestARepairIsResumed: a node that died in the middle left what it had done and how far it was; whoever finds the repair
// overdue goes on, and no run is begun anew twice. Runs that began after it was asked for are not meant.
func TestARepairIsResumed(t *testing.T) {
	onBoth(t, func(t *testing.T, url string) {
		w := newWorld(t, url, patient, nil)
		ids := w.park(3)
		r, err := w.store.InsertRepair(t.Context(), engine.Repair{ID: "rep" + strings.TrimPrefix(newest(ids), "run") + "Z", WorkspaceID: w.workspace.ID, Action: engine.RepairReplay, State: engine.RepairRunning})
		w.check(err)
		// It had dealt with the newest, and died before it noted how far it was.
		slices.Sort(ids)
		w.check(w.store.Write(t.Context(), nil, func(ctx context.Context, tx engine.Tx) error {
			_, err := tx.NoteRepaired(ctx, engine.Repaired{WorkspaceID: w.workspace.ID, RepairID: r.ID, RunID: ids[2], Action: engine.RepairReplay, Outcome: engine.RunRepaired, NewRunID: "run_before"})
			return err
		}))
		w.send(ordered("later", phone)) // began after it was asked for
		w.until("it asks", func() bool { return len(w.runs()) == 4 })
		due, err := w.store.Overdue(t.Context(), 0, 100)
		w.check(err)
		i := slices.IndexFunc(due, func(a engine.Alarm) bool { return a.Kind == engine.KindRepair && a.ID == r.ID })
		if i < 0 {
			t.Fatalf("the repair is not among %+v", due)
		}
		w.check(w.engine.Handle(t.Context(), due[i]))
		r, did := w.ended(r.ID)
		if r.Done != 3 || len(did) != 3 || did[ids[2]].NewRunID != "run_before" {
			t.Errorf("%+v, %+v", r, did)
		}
		if all := w.runs(); len(all) != 6 {
			t.Errorf("there are %d runs", len(all))
		}
		w.check(w.engine.Handle(t.Context(), due[i])) // late, and once more
		if all := w.runs(); len(all) != 6 {
			t.Errorf("then there are %d runs", len(all))
		}
	})
}

// TestAStoppedRepairDoesNoMore: what it has not come to stays as it was, and who stopped it is recorded.
func TestAStoppedRepairDoesNoMore(t *testing.T) {
	onBoth(t, func(t *testing.T, url string) {
		w := newWorld(t, url, patient, nil)
		ids := w.park(1)
		r, err := w.store.InsertRepair(t.Context(), engine.Repair{ID: "rep" + strings.TrimPrefix(ids[0], "run") + "Z", WorkspaceID: w.workspace.ID, Action: engine.RepairCancel, State: engine.RepairRunning})
		w.check(err)
		by := access.ActingAs(t.Context(), access.Actor{WorkspaceID: w.workspace.ID, ID: "usr_2"})
		if err := w.store.EndRepair(by, "wsp_other", r.ID, engine.RepairStopped); !errors.Is(err, engine.ErrNotFound) {
			t.Errorf("from another workspace: %v", err)
		}
		w.check(w.store.EndRepair(by, w.workspace.ID, r.ID, engine.RepairStopped))
		w.check(w.engine.Handle(t.Context(), engine.Alarm{Kind: engine.KindRepair, ID: r.ID}))
		if r, did := w.ended(r.ID); r.State != engine.RepairStopped || len(did) != 0 || w.detail(ids[0]).Run.State.Status != run.Waiting {
			t.Errorf("%+v, %+v", r, did)
		}
		log, err := w.store.ListAudit(t.Context(), w.workspace.ID, access.AuditFilter{Actor: "usr_2"}, list.Page{})
		w.check(err)
		if len(log) != 1 || log[0].Action != "repair.stop" || log[0].Resource != r.ID {
			t.Errorf("recorded is %+v", log)
		}
	})
}

func newest(ids []string) string { return slices.Max(ids) }

// TestReplayBeginsANewRunWithTheSameEvent: it is linked with the old one, which stays as it is, and asks again.
func TestReplayBeginsANewRunWithTheSameEvent(t *testing.T) {
	onBoth(t, func(t *testing.T, url string) {
		w := newWorld(t, url, patient, nil)
		w.send(ordered("o1", phone))
		w.asked()
		w.send(wrote("m1", phone, "Sí", time.Now()))
		old := w.theRun(run.Succeeded)
		newID, err := w.engine.Replay(t.Context(), old.Run.ID, "", "key")
		w.check(err)
		if again, err := w.engine.Replay(t.Context(), old.Run.ID, "", "key"); err != nil || again != newID {
			t.Errorf("the same key began %s, %v", again, err)
		}
		w.until("it asks", func() bool { return len(w.detail(newID).Waits) == 1 })
		d := w.detail(newID)
		if string(d.Run.State.Facts.Event) != string(old.Run.State.Facts.Event) || d.Run.ContactID != old.Run.ContactID || d.Run.EventID == old.Run.EventID {
			t.Errorf("the new run is %+v", d.Run)
		}
		if len(d.Repairs) != 1 || d.Repairs[0].RunID != old.Run.ID || len(w.detail(old.Run.ID).Repairs) != 1 || len(w.runs()) != 2 {
			t.Errorf("they are linked by %+v and %+v", d.Repairs, w.detail(old.Run.ID).Repairs)
		}
		w.wantPath(w.detail(old.Run.ID), "ask", "answer.default", "thank")
	})
}

// TestTimeOutNow: an admin claims as silence does; what comes then is late, and a second one is told who was first.
func TestTimeOutNow(t *testing.T) {
	onBoth(t, func(t *testing.T, url string) {
		w := newWorld(t, url, patient, nil)
		w.send(ordered("o1", phone))
		wait, err := w.engine.TimeOut(t.Context(), w.workspace.ID, w.asked().Waits[0].ID)
		w.check(err)
		if wait.State != run.WaitNoResponse || wait.ClaimedBy != "admin" {
			t.Errorf("the wait is %s by %s", wait.State, wait.ClaimedBy)
		}
		w.wantPath(w.theRun(run.Succeeded), "ask", "answer.no_response", "remind")
		w.send(wrote("m1", phone, "Sí", time.Now()))
		if got := w.disposition("m1"); got != conversation.Late {
			t.Errorf("a reply after it is %s", got)
		}
		var over *engine.ClosedError
		if _, err := w.engine.TimeOut(t.Context(), w.workspace.ID, wait.ID); !errors.As(err, &over) || over.Wait.ClaimedBy != "admin" {
			t.Errorf("a second time: %v", err)
		}
		if _, err := w.engine.TimeOut(t.Context(), "wsp_other", wait.ID); !errors.Is(err, engine.ErrNotFound) {
			t.Errorf("from another workspace: %v", err)
		}
	})
}

// TestAnUnknownOutcomeIsSettled: the question may have gone out; a person says that it has, and its answer counts.
func TestAnUnknownOutcomeIsSettled(t *testing.T) {
	onBoth(t, func(t *testing.T, url string) {
		w := newWorld(t, url, strings.Replace(patient, "{id: ask, do: chat.say,", "{id: pay, do: chat.charge, connection: line, with: {text: x}}\n  - {id: ask, do: chat.say,", 1), nil)
		w.line.answer = func(in engine.Invocation) (protocol.Result, error) {
			if in.StepID == "pay" {
				return protocol.Result{}, &protocol.Failure{Kind: protocol.Unknown, Source: protocol.FromConnector, Message: "lost"}
			}
			return said(in), nil
		}
		w.send(ordered("o1", phone))
		id := w.theRun(run.Failed).Run.ID
		w.check(w.engine.SettleCall(t.Context(), id, run.Settle{As: run.SettledFailed}))
		var refused *run.RefusedError
		if err := w.engine.SettleCall(t.Context(), id, run.Settle{As: run.SettledDone}); !errors.As(err, &refused) {
			t.Errorf("what is known was settled: %v", err)
		}
		w.check(w.engine.Retry(t.Context(), id))
		w.until("it is unknown again", func() bool { f := w.detail(id).Run.State.Failure; return f != nil && f.Kind == protocol.Unknown })
		w.check(w.engine.SettleCall(t.Context(), id, run.Settle{As: run.SettledDone, Output: []byte(`{"paid":true}`)}))
		d := w.asked()
		w.wantPath(d, "pay", "ask", "answer")
		if calls := w.called(id); !slices.Equal(calls, []string{"pay", "pay", "ask"}) || string(d.Steps[0].Output) != `{"paid":true}` {
			t.Errorf("calls %v, output %s", calls, d.Steps[0].Output)
		}
		if len(d.Repairs) != 3 {
			t.Errorf("noted are %+v", d.Repairs)
		}
	})
}

// TestBulkCancelAndTimeout: each run's outcome is listed, and what can't be done is skipped with the reason.
func TestBulkCancelAndTimeout(t *testing.T) {
	onBoth(t, func(t *testing.T, url string) {
		w := newWorld(t, url, patient, nil)
		ids := w.park(3)
		w.check(w.engine.Cancel(t.Context(), ids[0], "wrong"))
		plan, err := w.engine.PlanRepair(t.Context(), engine.Repair{WorkspaceID: w.workspace.ID, Action: engine.RepairTimeOut, Select: engine.Selection{RunIDs: ids}}, nil)
		w.check(err)
		if plan.Done != 2 || plan.Skipped != 1 || plan.Reasons[0].Text != "It waits for no answer." {
			t.Errorf("the plan is %+v", plan)
		}
		r, did := w.repaired(engine.Repair{Action: engine.RepairTimeOut, Select: engine.Selection{RunIDs: ids[:2]}})
		if r.Done != 1 || did[ids[0]].Detail != "It waits for no answer." || w.detail(ids[1]).Waits[0].ClaimedBy != "admin" {
			t.Errorf("%+v, %+v", r, did)
		}
		r, did = w.repaired(engine.Repair{Action: engine.RepairCancel, Reason: "all", Select: engine.Selection{Status: run.Waiting}})
		if r.Done != 1 || r.Total != 1 || w.detail(ids[2]).Run.State.Reason != "all" || w.detail(ids[2]).Waits[0].State != run.WaitCancelled {
			t.Errorf("%+v, %+v", r, did)
		}
		log, err := w.store.ListAudit(t.Context(), w.workspace.ID, access.AuditFilter{Actor: "usr_1"}, list.Page{})
		w.check(err)
		var deeds []string
		for _, e := range log {
			deeds = append(deeds, e.Action+" "+string(e.After))
		}
		if len(deeds) != 4 || !strings.Contains(deeds[0], `"done":1`) || !strings.HasPrefix(deeds[1], "repair.start") {
			t.Errorf("recorded is %q", deeds)
		}
	})
}
