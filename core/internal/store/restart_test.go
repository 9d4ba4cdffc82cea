package store_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/cordboard/cordboard/core/internal/engine"
	"github.com/cordboard/cordboard/core/internal/event"
	"github.com/cordboard/cordboard/core/internal/id"
	"github.com/cordboard/cordboard/core/internal/store"
	"github.com/cordboard/cordboard/core/internal/testenv"
)

// Writers go on while Postgres crashes and is restarted: what was acknowledged is there, what was refused for certain
// is not, and writing works again.
func TestNoAcknowledgedWriteIsLostWhenPostgresCrashes(t *testing.T) {
	t.Parallel()
	server := testenv.OwnPostgres(t)
	s := open(t, server.URL)
	w := &writers{store: s, outcome: map[string]error{}}
	stop := w.start(t, 16)
	for _, end := range []func(){server.Crash, server.Stop} {
		w.wait(t, 200)
		end()
		server.Restart()
	}
	w.wait(t, 200)
	stop()

	unknown, failed := 0, 0
	for eventID, outcome := range w.outcome {
		_, err := s.Event(t.Context(), "wsp", eventID)
		switch {
		case errors.Is(outcome, store.ErrOutcomeUnknown):
			unknown++
		case outcome == nil && err != nil:
			t.Errorf("%s was acknowledged: %v", eventID, err)
		case outcome != nil:
			failed++
			if !errors.Is(err, store.ErrNotFound) {
				t.Errorf("%s failed with %v and is there: %v", eventID, outcome, err)
			}
		}
	}
	t.Logf("%d writes, of which %d failed and %d are unknown", len(w.outcome), failed, unknown)
}

// writers store events as fast as they can and remember how it went.
type writers struct {
	store *store.Store
	acked atomic.Int64

	mu      sync.Mutex
	outcome map[string]error
}

func (w *writers) start(t *testing.T, n int) (stop func()) {
	var running sync.WaitGroup
	ctx, cancel := context.WithCancel(t.Context())
	for i := range n {
		running.Go(func() {
			for ctx.Err() == nil {
				w.write(t.Context(), fmt.Sprint("cnt_", i))
			}
		})
	}
	return func() { cancel(); running.Wait() }
}

func (w *writers) write(ctx context.Context, contactID string) {
	e := event.Event{ID: id.New("evt"), WorkspaceID: "wsp", Type: "test", ReceivedAt: time.Now(), Data: json.RawMessage(`{}`)}
	e.Key = e.ID
	err := w.store.Write(ctx, []string{contactID}, func(ctx context.Context, tx engine.Tx) error {
		_, err := tx.Receive(ctx, engine.Incoming{Event: e})
		return err
	})
	if err == nil {
		w.acked.Add(1)
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.outcome[e.ID] = err
}

// wait returns when n more writes were acknowledged.
func (w *writers) wait(t *testing.T, n int64) {
	t.Helper()
	goal, deadline := w.acked.Load()+n, time.Now().Add(30*time.Second)
	for w.acked.Load() < goal {
		if time.Now().After(deadline) {
			t.Fatal("writing does not go on")
		}
		time.Sleep(time.Millisecond)
	}
}
