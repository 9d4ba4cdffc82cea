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

// memory has workspaces with so many batches of each kind, and notes what it is asked for.
type memory struct {
	workspaces []string
	chosen     map[string]retention.Chosen
	unreadable string // the workspace whose choice can't be read
	batches    int
	broken     retention.Kind

	mu    sync.Mutex
	asked []string
}

func (m *memory) times() int {
	m.mu.Lock()
	defer m.mu.Unlock()
	return len(m.asked)
}

func (m *memory) Workspaces(context.Context) ([]string, error) { return m.workspaces, nil }

func (m *memory) Retention(_ context.Context, workspaceID string) (retention.Chosen, error) {
	if workspaceID == m.unreadable {
		return retention.Chosen{}, errors.New("down")
	}
	return m.chosen[workspaceID], nil
}

func (m *memory) Prune(_ context.Context, workspaceID string, kind retention.Kind, age time.Duration, after string, limit int) (string, int, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.asked = append(m.asked, fmt.Sprint(workspaceID, " ", kind, " ", age.Hours()/24, " ", after))
	if kind == m.broken {
		return "", 0, errors.New("down")
	}
	if len(after)+1 < m.batches {
		return after + "x", limit, nil
	}
	return "", 1, nil
}

const day = 24 * time.Hour

// expect prunes once and compares what the store was asked for.
func (m *memory) expect(t *testing.T, ages retention.Ages, keys time.Duration, want ...string) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		(&retention.Pruner{Store: m, Log: slog.New(slog.DiscardHandler), Ages: ages, Keys: keys}).Prune(t.Context())
	})
	if !slices.Equal(m.asked, want) {
		t.Errorf("asked for\n%s\nwant\n%s", strings.Join(m.asked, "\n"), strings.Join(want, "\n"))
	}
}

func TestEverythingIsPrunedInOrderAndBatches(t *testing.T) {
	t.Parallel()
	m := &memory{workspaces: []string{"a"}, batches: 2, broken: retention.EventData}
	m.expect(t, retention.Ages{Requests: day, Payloads: 2 * day, Messages: 3 * day, Runs: 4 * day, Audit: 6 * day}, 7*day,
		"a requests 1 ", "a requests 1 x", "a refused 1 ", "a refused 1 x", "a step_payloads 2 ", "a step_payloads 2 x", "a event_data 2 ",
		"a message_bodies 3 ", "a message_bodies 3 x", "a runs 4 ", "a runs 4 x", "a repairs 4 ", "a repairs 4 x", "a events 4 ", "a events 4 x",
		"a messages 4 ", "a messages 4 x", "a audit 6 ", "a audit 6 x", "a idempotency_keys 7 ", "a idempotency_keys 7 x")
}

func TestEachWorkspaceIsPrunedByItsOwnAges(t *testing.T) {
	t.Parallel()
	m := &memory{workspaces: []string{"a", "b", "c", "d"}, batches: 1, unreadable: "c", chosen: map[string]retention.Chosen{
		"b": {Runs: new(7), Deliveries: new(0)},
		"d": {Runs: new(0), Deliveries: new(9)},
	}}
	m.expect(t, retention.Ages{Runs: 90 * day, Deliveries: 30 * day}, 0,
		"a runs 90 ", "a repairs 90 ", "a events 90 ", "a deliveries 30 ", "a outgoing_events 30 ",
		"b runs 7 ", "b repairs 7 ", "b events 7 ",
		"d deliveries 9 ", "d outgoing_events 9 ")
}

// What was said may be kept for longer than the runs it was said in.
func TestMessagesMayOutliveRuns(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		ages retention.Ages
		want string
	}{
		"longer":   {retention.Ages{Messages: 60 * day, Runs: 9 * day}, "a messages 60 "},
		"for ever": {retention.Ages{Runs: 9 * day}, ""},
		"shorter":  {retention.Ages{Messages: 7 * day, Runs: 9 * day}, "a messages 9 "},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m := &memory{workspaces: []string{"a"}, batches: 1}
			synctest.Test(t, func(t *testing.T) {
				(&retention.Pruner{Store: m, Log: slog.New(slog.DiscardHandler), Ages: tt.ages}).Prune(t.Context())
			})
			got := slices.DeleteFunc(m.asked, func(s string) bool { return !strings.HasPrefix(s, "a messages ") })
			if strings.Join(got, "|") != tt.want {
				t.Errorf("messages go as %q, want %q", got, tt.want)
			}
		})
	}
}

func TestWhatCanBeChosen(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		chosen retention.Chosen
		path   string // of the problem; empty: there is none
	}{
		"nothing":              {},
		"for ever":             {retention.Chosen{Runs: new(0), Audit: new(0)}, ""},
		"the shortest":         {retention.Chosen{Requests: new(7)}, ""},
		"the longest":          {retention.Chosen{Payloads: new(3650)}, ""},
		"less than a week":     {retention.Chosen{Messages: new(6)}, "messages"},
		"more than ten years":  {retention.Chosen{Deliveries: new(3651)}, "deliveries"},
		"less than nothing":    {retention.Chosen{Audit: new(-1)}, "audit"},
		"one of several wrong": {retention.Chosen{Requests: new(8), Runs: new(1)}, "runs"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var wrong *retention.Problem
			err := tt.chosen.Check()
			if errors.As(err, &wrong) != (tt.path != "") || wrong != nil && (wrong.Path != tt.path || wrong.Remedy == "") {
				t.Errorf("Check() = %v, want a problem at %q", err, tt.path)
			}
		})
	}
}

func TestPruningIsRepeatedUntilTheEnd(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		m := &memory{workspaces: []string{"a"}, batches: 1}
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
