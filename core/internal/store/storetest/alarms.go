package storetest

import (
	"context"
	"slices"
	"testing"
	"time"

	"github.com/cordboard/cordboard/core/internal/engine"
	"github.com/cordboard/cordboard/core/internal/run"
)

func ids(alarms []engine.Alarm) (list []string) {
	for _, a := range alarms {
		list = append(list, a.ID)
	}
	return list
}

var alarmCases = cases{
	"R7: what falls due comes in the order of time, within the limits": func(t *testing.T, w *world) {
		start := time.Date(2040, 1, 1, 0, 0, 0, 0, time.UTC)
		second := func(n int) time.Time { return start.Add(time.Duration(n) * time.Second) }
		w2 := w.insertWait(func(x *run.Wait) { x.FireAt = second(2) })
		w.insertWait(func(x *run.Wait) { x.FireAt, x.State = second(2), run.WaitReplied })
		w4 := w.insertWait(func(x *run.Wait) { x.FireAt = second(4) })
		parked := w.newRun()
		parked.Owner, parked.State.Status, parked.State.WakeAt = "", run.Waiting, second(3)
		w.write(func(ctx context.Context, tx engine.Tx) error { return tx.InsertRun(ctx, parked, false) })

		all := must(w.Upcoming(t.Context(), second(0), second(10), 10))(t)
		if got := ids(all); !slices.Equal(got, []string{w2.ID, parked.ID, w4.ID}) {
			t.Errorf("all: %v", got)
		}
		if a := all[1]; a.Kind != engine.KindRun || a.Revision != 1 || !a.At.Equal(second(3)) {
			t.Errorf("the run's: %+v", a)
		}
		if got := ids(must(w.Upcoming(t.Context(), second(0), second(10), 2))(t)); !slices.Equal(got, []string{w2.ID, parked.ID}) {
			t.Errorf("two: %v", got)
		}
		if got := ids(must(w.Upcoming(t.Context(), second(2), second(4), 10))(t)); !slices.Equal(got, []string{w2.ID, parked.ID}) {
			t.Errorf("from the second second to before the fourth: %v", got)
		}
		if got := must(w.Overdue(t.Context(), 0, 10))(t); len(got) != 3 { // the three calling runs of node_1, which never was
			t.Errorf("overdue: %+v", got)
		}
	},
	"R6: a timeout that is held is found when it is overdue, and not before": func(t *testing.T, w *world) {
		if err := w.RegisterNode(t.Context(), "node_1", false); err != nil {
			t.Fatal(err)
		}
		now := must(w.Now(t.Context()))(t)
		held := w.insertWait(func(x *run.Wait) { x.FireAt, x.Holds = now.Add(-time.Minute), 1 })
		w.insertWait(func(x *run.Wait) { x.FireAt, x.Holds = now.Add(time.Minute), 2 })
		if got := must(w.Upcoming(t.Context(), now.Add(-time.Hour), now.Add(time.Hour), 10))(t); len(got) != 0 {
			t.Errorf("alarms would be set for %+v", got)
		}
		if got := ids(must(w.Overdue(t.Context(), time.Second, 10))(t)); !slices.Equal(got, []string{held.ID}) {
			t.Errorf("overdue: %v", got)
		}
	},
	"what is overdue by more than the slack is found, the oldest first": func(t *testing.T, w *world) {
		now := must(w.Now(t.Context()))(t)
		if err := w.RegisterNode(t.Context(), "node_1", false); err != nil {
			t.Fatal(err)
		}
		short := w.insertWait(func(x *run.Wait) { x.FireAt = now.Add(-time.Minute) })
		long := w.insertWait(func(x *run.Wait) { x.FireAt = now.Add(-time.Hour) })
		if got := ids(must(w.Overdue(t.Context(), 0, 10))(t)); !slices.Equal(got, []string{long.ID, short.ID}) {
			t.Errorf("no slack: %v", got)
		}
		if got := ids(must(w.Overdue(t.Context(), 30*time.Minute, 10))(t)); !slices.Equal(got, []string{long.ID}) {
			t.Errorf("half an hour: %v", got)
		}
	},
	"runs of a node that has left are overdue at once": func(t *testing.T, w *world) {
		if err := w.RegisterNode(t.Context(), "node_1", false); err != nil {
			t.Fatal(err)
		}
		r := w.insertRun()
		if got := must(w.Overdue(t.Context(), time.Hour, 10))(t); len(got) != 0 {
			t.Errorf("while it is there: %v", got)
		}
		if err := w.LeaveNode(t.Context(), "node_1"); err != nil {
			t.Fatal(err)
		}
		if got := ids(must(w.Overdue(t.Context(), time.Hour, 10))(t)); !slices.Equal(got, []string{r.ID}) {
			t.Errorf("when it has left: %v", got)
		}
	},
	"the calls of a node are listed": func(t *testing.T, w *world) {
		r := w.insertRun() // of node_1
		got := must(w.Calling(t.Context(), "node_1"))(t)
		if len(got) != 1 || got[0] != (engine.Alarm{Kind: engine.KindRun, ID: r.ID, Revision: r.Revision}) {
			t.Errorf("got %+v", got)
		}
		if got := must(w.Calling(t.Context(), "node_2"))(t); len(got) != 0 {
			t.Errorf("another node's: %+v", got)
		}
	},
}
