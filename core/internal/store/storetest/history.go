package storetest

import (
	"slices"
	"testing"

	"github.com/cordboard/cordboard/core/internal/run"
	"github.com/cordboard/cordboard/core/internal/store"
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
		for page := (store.Page{Limit: 3}); ; page.After = got[len(got)-1] {
			runs := must(w.ListRuns(t.Context(), w.workspace.ID, store.RunFilter{}, page))(t)
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
			filter store.RunFilter
			want   int
		}{
			"all":             {store.RunFilter{}, 1},
			"its status":      {store.RunFilter{Status: run.Running}, 1},
			"another status":  {store.RunFilter{Status: run.Failed}, 0},
			"its flow":        {store.RunFilter{FlowID: r.FlowID}, 1},
			"another flow":    {store.RunFilter{FlowID: "flow_other"}, 0},
			"its contact":     {store.RunFilter{ContactID: r.ContactID}, 1},
			"another contact": {store.RunFilter{ContactID: "cnt_other"}, 0},
		} {
			got := must(w.ListRuns(t.Context(), w.workspace.ID, c.filter, store.Page{}))(t)
			if len(got) != c.want {
				t.Errorf("%s: got %d runs, want %d", name, len(got), c.want)
			}
			for _, listed := range got {
				if listed.ID != r.ID || listed.State.Facts.FlowName != "verify" || listed.State.Facts.Contact.Phone != w.contact.Phone {
					t.Errorf("%s: got %+v", name, listed)
				}
			}
		}
		if got := must(w.ListRuns(t.Context(), "wsp_other", store.RunFilter{}, store.Page{}))(t); len(got) != 0 {
			t.Errorf("another workspace sees %d", len(got))
		}
	},
}
