package store_test

import (
	"context"
	"encoding/json"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"github.com/cordboard/cordboard/core/internal/engine"
	"github.com/cordboard/cordboard/core/internal/id"
	"github.com/cordboard/cordboard/core/internal/run"
	"github.com/cordboard/cordboard/core/internal/store"
	"github.com/cordboard/cordboard/core/internal/testenv"
)

// BenchmarkTransition is one claimed transition of a run with one changed step, by one worker and by 64.
func BenchmarkTransition(b *testing.B) {
	for name, url := range map[string]func(testing.TB) string{"SQLite": sqliteURL, "Postgres": testenv.Postgres} {
		for _, workers := range []int{1, 64} {
			b.Run(fmt.Sprintf("%s/workers=%d", name, workers), func(b *testing.B) {
				s := open(b, url(b))
				ws, err := s.EnsureWorkspace(b.Context(), "default", "UTC")
				if err != nil {
					b.Fatal(err)
				}
				runs := make(chan run.Run, workers)
				for range workers {
					runs <- insertRun(b, s, ws.ID)
				}
				b.SetParallelism(workers)
				var transitions atomic.Int64
				start := time.Now()
				b.ResetTimer()
				b.RunParallel(func(pb *testing.PB) {
					for pb.Next() {
						r := <-runs
						transition(b, s, r)
						r.Revision++
						runs <- r
						transitions.Add(1)
					}
				})
				b.ReportMetric(float64(transitions.Load())/time.Since(start).Seconds(), "transitions/s")
			})
		}
	}
}

// BenchmarkInsertRequest is one webhook request made durable, by 64 senders at once.
func BenchmarkInsertRequest(b *testing.B) {
	for name, url := range map[string]func(testing.TB) string{"SQLite": sqliteURL, "Postgres": testenv.Postgres} {
		b.Run(name, func(b *testing.B) {
			s := open(b, url(b))
			body := make([]byte, 1024)
			b.SetParallelism(64)
			b.ResetTimer()
			b.RunParallel(func(pb *testing.PB) {
				for pb.Next() {
					_, _, err := s.InsertRequest(b.Context(), store.NewRequest{ID: id.New("req"), WorkspaceID: "wsp", ConnectionID: "con",
						Connector: "shop", Method: "POST", Body: body, Header: map[string][]string{"Content-Type": {"application/json"}}})
					if err != nil {
						b.Error(err)
					}
				}
			})
		})
	}
}

func insertRun(b *testing.B, s *store.Store, workspaceID string) run.Run {
	b.Helper()
	r := run.Run{ID: id.New("run"), WorkspaceID: workspaceID, FlowID: "flow", VersionID: "ver", ContactID: id.New("cnt"),
		Revision: 1, CreatedAt: time.Now(), Owner: "node", State: run.State{Status: run.Running, Cursor: "ask"}}
	err := s.Write(b.Context(), []string{r.ContactID}, func(ctx context.Context, tx engine.Tx) error { return tx.InsertRun(ctx, r, false) })
	if err != nil {
		b.Fatal(err)
	}
	return r
}

func transition(b *testing.B, s *store.Store, r run.Run) {
	step := run.StepRun{StepID: "ask", Number: 1, Kind: "do", Status: run.StepActive, Attempt: int(r.Revision),
		Input: json.RawMessage(`{"to":"+34600000001"}`), StartedAt: r.CreatedAt}
	err := s.Write(b.Context(), []string{r.ContactID}, func(ctx context.Context, tx engine.Tx) error {
		return tx.SaveRun(ctx, r, []run.StepRun{step})
	})
	if err != nil {
		b.Error(err)
	}
}
