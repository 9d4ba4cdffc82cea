package retention_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/cordboard/cordboard/core/internal/retention"
)

// memory has so many batches of each kind, and notes what it is asked for.
type memory struct {
	batches int
	broken  retention.Kind

	mu    sync.Mutex
	asked []string
}

func (m *memory) times() int {
	m.mu.Lock()
	defer m.mu.Unlock()
	return len(m.asked)
}

func (m *memory) Prune(_ context.Context, kind retention.Kind, age time.Duration, after string, limit int) (string, int, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.asked = append(m.asked, fmt.Sprint(kind, " ", age.Hours(), " ", after))
	if kind == m.broken {
		return "", 0, errors.New("down")
	}
	if len(after)+1 < m.batches {
		return after + "x", limit, nil
	}
	return "", 1, nil
}

func TestEverythingIsPrunedInOrderAndBatches(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		m := &memory{batches: 2, broken: retention.EventData}
		p := &retention.Pruner{Store: m, Log: slog.New(slog.DiscardHandler), Ages: retention.Ages{Payloads: time.Hour, Runs: 2 * time.Hour, Audit: 4 * time.Hour}}
		p.Prune(t.Context())
		want := []string{
			"requests 1 ", "requests 1 x", "refused 1 ", "refused 1 x", "step_payloads 1 ", "step_payloads 1 x", "event_data 1 ", "message_bodies 1 ", "message_bodies 1 x",
			"runs 2 ", "runs 2 x", "repairs 2 ", "repairs 2 x", "events 2 ", "events 2 x", "messages 2 ", "messages 2 x", "audit 4 ", "audit 4 x",
		}
		if !slices.Equal(m.asked, want) {
			t.Errorf("asked for\n%s\nwant\n%s", strings.Join(m.asked, "\n"), strings.Join(want, "\n"))
		}
	})
}

func TestPruningIsRepeatedUntilTheEnd(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		m := &memory{batches: 1}
		p := &retention.Pruner{Store: m, Log: slog.New(slog.DiscardHandler), Ages: retention.Ages{Deliveries: time.Hour}}
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan struct{})
		go func() { p.Run(ctx); close(ended) }()
		time.Sleep(time.Minute)
		if n := m.times(); n != 0 {
			t.Errorf("right after the start: %d", n)
		}
		time.Sleep(24 * time.Hour)
		if n := m.times() / 2; n < 3 || n > 4 {
			t.Errorf("%d times a day", n)
		}
		cancel()
		<-ended
	})
}
