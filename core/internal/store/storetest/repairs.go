package storetest

import (
	"context"
	"slices"
	"testing"

	"github.com/cordboard/cordboard/core/internal/access"
	"github.com/cordboard/cordboard/core/internal/engine"
	"github.com/cordboard/cordboard/core/internal/id"
	"github.com/cordboard/cordboard/core/internal/list"
)

var repairCases = cases{
	"a repair means the runs of its selection that were there": func(t *testing.T, w *world) {
		first, second := w.insertRun(), w.insertRun()
		rp := engine.Repair{ID: id.New("rep"), WorkspaceID: w.workspace.ID, Action: engine.RepairCancel, State: engine.RepairRunning}
		w.insertRun() // later
		for name, c := range map[string]struct {
			selection engine.Selection
			version   string
			want      int
		}{
			"all":             {engine.Selection{}, "", 2},
			"by id":           {engine.Selection{RunIDs: []string{second.ID, "run_other"}}, "", 1},
			"its flow":        {engine.Selection{FlowID: first.FlowID}, "", 2},
			"another flow":    {engine.Selection{FlowID: "flow_other"}, "", 0},
			"its contact":     {engine.Selection{ContactID: first.ContactID}, "", 2},
			"its status":      {engine.Selection{Status: first.State.Status}, "", 2},
			"its version":     {engine.Selection{FlowID: first.FlowID, Behind: true}, first.VersionID, 0},
			"another version": {engine.Selection{FlowID: first.FlowID, Behind: true}, "ver_other", 2},
		} {
			rp.Select, rp.VersionID = c.selection, c.version
			if got := must(w.CountRepair(t.Context(), rp))(t); got != c.want {
				t.Errorf("%s: %d runs, want %d", name, got, c.want)
			}
		}
		rp.Select, rp.VersionID = engine.Selection{}, ""
		made := must(w.InsertRepair(t.Context(), rp))(t)
		if got := must(w.RepairRuns(t.Context(), made, 1))(t); made.Total != 2 || !slices.Equal(got, []string{second.ID}) {
			t.Errorf("of %d the first is %v", made.Total, got)
		}
		if err := w.AdvanceRepair(t.Context(), made.ID, second.ID, 0); err != nil {
			t.Fatal(err)
		}
		made = must(w.Repair(t.Context(), made.ID))(t)
		if got := must(w.RepairRuns(t.Context(), made, 10))(t); !slices.Equal(got, []string{first.ID}) {
			t.Errorf("then it is %v", got)
		}
		rp.WorkspaceID = "wsp_other"
		if got := must(w.CountRepair(t.Context(), rp))(t); got != 0 {
			t.Errorf("another workspace means %d", got)
		}
		if got := must(w.ForeignRuns(t.Context(), "wsp_other", []string{first.ID}))(t); !slices.Equal(got, []string{first.ID}) {
			t.Errorf("foreign are %v", got)
		}
		if got := must(w.ForeignRuns(t.Context(), w.workspace.ID, []string{first.ID}))(t); len(got) != 0 {
			t.Errorf("foreign at home are %v", got)
		}
	},
	"repairs are listed with what they did": func(t *testing.T, w *world) {
		r := w.insertRun()
		by := must(w.InsertUser(t.Context(), access.User{ID: id.New("usr"), WorkspaceID: w.workspace.ID, Email: id.New("x") + "@example.com", Name: "Bo", Role: access.Operator}, false))(t)
		ctx := access.ActingAs(t.Context(), access.Actor{WorkspaceID: w.workspace.ID, ID: by.ID})
		rp := must(w.InsertRepair(ctx, engine.Repair{ID: id.New("rep"), WorkspaceID: w.workspace.ID, Action: engine.RepairCancel, State: engine.RepairRunning}))(t)
		note := engine.Repaired{WorkspaceID: w.workspace.ID, RepairID: rp.ID, RunID: r.ID, Action: rp.Action, Outcome: engine.RunSkipped, Detail: "no"}
		for _, want := range []bool{true, false} {
			w.write(func(ctx context.Context, tx engine.Tx) error {
				fresh, err := tx.NoteRepaired(ctx, note)
				if fresh != want {
					t.Errorf("fresh is %v, want %v", fresh, want)
				}
				return err
			})
		}
		all := must(w.ListRepairs(t.Context(), w.workspace.ID, list.Page{}))(t)
		did := must(w.RepairedRuns(t.Context(), w.workspace.ID, rp.ID, list.Page{}))(t)
		if len(all) != 1 || all[0].AskedBy != by.ID || all[0].AskedByName != "Bo" || all[0].Skipped != 1 || all[0].Done != 0 || len(did) != 1 || did[0].Detail != "no" {
			t.Errorf("%+v, %+v", all, did)
		}
		if other := must(w.RepairedRuns(t.Context(), "wsp_other", rp.ID, list.Page{}))(t); len(other) != 0 {
			t.Errorf("another workspace sees %+v", other)
		}
	},
}
