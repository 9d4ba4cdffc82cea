package storetest

import (
	"context"
	"testing"
	"time"

	"github.com/cordboard/cordboard/core/internal/engine"
	"github.com/cordboard/cordboard/core/internal/event"
	"github.com/cordboard/cordboard/core/internal/id"
	"github.com/cordboard/cordboard/core/internal/run"
	"github.com/cordboard/cordboard/core/internal/store"
)

var backlogCases = cases{
	"what is waiting is counted": func(t *testing.T, w *world) {
		w.insertWait(nil)
		w.insertWait(func(wait *run.Wait) { wait.State = run.WaitCollecting })
		w.insertWait(func(wait *run.Wait) { wait.State = run.WaitReplied })
		r := w.newRun()
		r.State.Status, r.State.WakeAt = run.Waiting, time.Now().Add(-time.Hour)
		w.write(func(ctx context.Context, tx engine.Tx) error { return tx.InsertRun(ctx, r, false) })
		for range 3 {
			if _, _, err := w.InsertRequest(t.Context(), store.NewRequest{ID: id.New("req"), WorkspaceID: w.workspace.ID, ConnectionID: w.connection.ID}); err != nil {
				t.Fatal(err)
			}
		}
		must(w.Announce(t.Context(), event.Outgoing{ID: id.New("evt"), WorkspaceID: w.workspace.ID}, []string{"ep_1", "ep_2", "ep_3", "ep_4"}))(t)
		want := store.Backlog{OpenWaits: 2, WaitingRuns: 1, UnreadRequests: 3, PendingDeliveries: 4, OverdueRows: 1}
		if got := must(w.Backlog(t.Context()))(t); got != want {
			t.Errorf("got %+v, want %+v", got, want)
		}
	},
}
