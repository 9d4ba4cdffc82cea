package storetest

import (
	"slices"
	"testing"

	"github.com/cordboard/cordboard/core/internal/inspect"
	"github.com/cordboard/cordboard/core/internal/list"
	"github.com/cordboard/cordboard/core/internal/run"
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
		if got := must(w.ListRuns(t.Context(), "wsp_other", inspect.RunFilter{}, list.Page{}))(t); len(got) != 0 {
			t.Errorf("another workspace sees %d", len(got))
		}
	},
}
