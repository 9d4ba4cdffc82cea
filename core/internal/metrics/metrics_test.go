package metrics

import (
	"context"
	"errors"
	"flag"
	"io"
	"log/slog"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/cordboard/cordboard/core/internal/delivery"
	"github.com/cordboard/cordboard/core/internal/engine"
	"github.com/cordboard/cordboard/core/internal/event"
	"github.com/cordboard/cordboard/core/internal/run"
	"github.com/cordboard/cordboard/sdk/protocol"
)

var update = flag.Bool("update", false, "write the page that lists the metrics")

var noon = time.Date(2026, 1, 2, 12, 0, 0, 0, time.UTC)

// read returns what Prometheus reads.
func read(t *testing.T, m *Metrics) string {
	t.Helper()
	w := httptest.NewRecorder()
	m.Handler().ServeHTTP(w, httptest.NewRequest("GET", "/metrics", nil))
	text, err := io.ReadAll(w.Body)
	if err != nil || w.Code != 200 {
		t.Fatalf("%d %v", w.Code, err)
	}
	return string(text)
}

func has(t *testing.T, m *Metrics, lines ...string) {
	t.Helper()
	text := "\n" + read(t, m)
	for _, line := range lines {
		if !strings.Contains(text, "\n"+line+"\n") {
			t.Errorf("%s is not in %s", line, grep(text, "\n"+strings.FieldsFunc(line, func(r rune) bool { return r == '{' || r == ' ' })[0]))
		}
	}
}

func grep(text, prefix string) string {
	i := strings.Index(text, prefix)
	if i < 0 {
		return "what is counted"
	}
	return text[i:min(i+400, len(text))]
}

// memory is a store whose units only pretend: fails makes all of them be undone.
type memory struct {
	engine.Store
	again bool // runs each unit twice, as after a deadlock
	fails error
}

func (s *memory) Write(ctx context.Context, _ []string, unit func(ctx context.Context, tx engine.Tx) error) error {
	if s.again {
		_ = unit(ctx, memoryTx{})
	}
	return errors.Join(unit(ctx, memoryTx{}), s.fails)
}

type memoryTx struct{ engine.Tx }

func (memoryTx) Now() time.Time { return noon }
func (memoryTx) Receive(context.Context, engine.Incoming) (engine.Received, error) {
	return engine.Received{EventID: "evt_1", Fresh: true}, nil
}
func (memoryTx) InsertRun(context.Context, run.Run, bool) error        { return nil }
func (memoryTx) SaveRun(context.Context, run.Run, []run.StepRun) error { return nil }
func (memoryTx) SaveWait(_ context.Context, w run.Wait, _ ...engine.WaitEvent) (bool, error) {
	return w.Revision == 1, nil
}
func (memoryTx) CloseWait(_ context.Context, w run.Wait, _ engine.WaitEvent) (run.Run, bool, error) {
	return run.Run{}, w.Revision == 1, nil
}

// outbox is a store of deliveries that takes every outcome.
type outbox struct{ delivery.Store }

func (outbox) Settle(context.Context, delivery.Delivery, delivery.Verdict) error { return nil }

func TestTransitionsAreCountedOnceTheyAreDurable(t *testing.T) {
	t.Parallel()
	all := func(ctx context.Context, tx engine.Tx) error {
		_, err := tx.Receive(ctx, engine.Incoming{Event: event.Event{ReceivedAt: noon.Add(-3 * time.Second)}})
		late := run.Wait{Revision: 1, State: run.WaitNoResponse, ClaimedBy: "timeout", FireAt: noon.Add(-20 * time.Second)}
		for _, w := range []run.Wait{late, {Revision: 1, State: run.WaitReplied}, {State: run.WaitReplied}} {
			_, _, failed := tx.CloseWait(ctx, w, engine.WaitEvent{})
			err = errors.Join(err, failed)
		}
		_, held := tx.SaveWait(ctx, run.Wait{Revision: 1, State: run.WaitOpen}, engine.WaitEvent{Kind: engine.WaitHeld})
		_, lost := tx.SaveWait(ctx, run.Wait{State: run.WaitOpen}, engine.WaitEvent{Kind: engine.WaitHeld})
		return errors.Join(err, held, lost,
			tx.InsertRun(ctx, run.Run{State: run.State{Status: run.Waiting}}, false),
			tx.SaveRun(ctx, run.Run{State: run.State{Status: run.Running}}, nil),
			tx.SaveRun(ctx, run.Run{State: run.State{Status: run.Failed}}, nil))
	}
	counted := []string{
		`cordboard_runs_total{status="begun"} 1`, `cordboard_runs_total{status="failed"} 1`,
		"cordboard_run_start_latency_seconds_sum 3", "cordboard_run_start_latency_seconds_count 1",
		`cordboard_waits_closed_total{state="no_response"} 1`, `cordboard_waits_closed_total{state="replied"} 1`,
		"cordboard_wait_lateness_seconds_sum 20", "cordboard_wait_lateness_seconds_count 1", "cordboard_wait_barrier_holds_total 1",
	}
	for name, s := range map[string]*memory{"once": {}, "run again": {again: true}} {
		m := New("test")
		if err := m.Store(s).Write(t.Context(), nil, all); err != nil {
			t.Fatal(err)
		}
		t.Log(name)
		has(t, m, counted...)
	}
	m := New("test")
	if err := m.Store(&memory{fails: errors.New("undone")}).Write(t.Context(), nil, all); err == nil {
		t.Fatal("no error")
	}
	if text := read(t, m); strings.Contains(text, "cordboard_runs_total{") || !strings.Contains(text, "cordboard_wait_barrier_holds_total 0") {
		t.Error("what was undone is counted")
	}
}

// calls answer with an error each.
type calls struct {
	engine.Connectors
	err error
}

func (c calls) Invoke(context.Context, engine.Invocation) (protocol.Result, error) {
	return protocol.Result{}, c.err
}

func TestCallsAndDeliveriesAreTimed(t *testing.T) {
	t.Parallel()
	m := New("test")
	for _, err := range []error{nil, &protocol.Failure{Kind: protocol.RateLimited}, errors.New("the connection broke")} {
		if _, got := m.Connectors(calls{err: err}).Invoke(t.Context(), engine.Invocation{Connector: "shop", Action: "refund"}); !errors.Is(got, err) {
			t.Errorf("got %v, want %v", got, err)
		}
	}
	attempt := func(number int, outcome delivery.Outcome, state delivery.DeliveryState) {
		v := delivery.Verdict{Attempt: delivery.Attempt{Number: number, Outcome: outcome, Duration: 2 * time.Second}, State: state}
		if err := m.Deliveries(outbox{}).Settle(t.Context(), delivery.Delivery{CreatedAt: time.Now()}, v); err != nil {
			t.Fatal(err)
		}
	}
	attempt(1, delivery.AttemptFailed, delivery.Pending)
	attempt(2, delivery.AttemptDelivered, delivery.Delivered)
	m.Request("api", "GET", "/api/v1/runs/:id", 404, time.Millisecond)
	m.Alarm("wait", time.Now().Add(time.Hour)) // early, which is not late
	m.ConnectorStarted("shop")
	m.ConnectorCrashed("shop")
	m.ConnectorFault("shop", "second_reply")
	has(t, m,
		`cordboard_connector_call_duration_seconds_count{action="refund",connector="shop",outcome="ok"} 1`,
		`cordboard_connector_call_duration_seconds_count{action="refund",connector="shop",outcome="rate_limited"} 1`,
		`cordboard_connector_call_duration_seconds_count{action="refund",connector="shop",outcome="unknown"} 1`,
		"cordboard_delivery_lag_seconds_sum 0", "cordboard_delivery_lag_seconds_count 1",
		`cordboard_delivery_attempt_duration_seconds_sum{outcome="failed"} 2`, `cordboard_delivery_attempt_duration_seconds_sum{outcome="delivered"} 2`,
		`cordboard_deliveries_total{state="delivered"} 1`,
		`cordboard_http_request_duration_seconds_count{listener="api",method="GET",route="/api/v1/runs/:id",status="404"} 1`,
		`cordboard_alarm_lateness_seconds_sum{kind="wait"} 0`, `cordboard_connector_starts_total{connector="shop"} 1`,
		`cordboard_connector_faults_total{connector="shop",fault="second_reply"} 1`,
		`cordboard_connector_crashes_total{connector="shop"} 1`, `cordboard_build_info{version="test"} 1`,
	)
}

func TestTheBacklogIsCountedWhenAskedButNotEachTime(t *testing.T) {
	t.Parallel()
	m, asked := New("test"), 0
	m.WatchBacklog(func(context.Context) (Backlog, error) {
		asked++
		return Backlog{OpenWaits: 1, WaitingRuns: 2, UnreadRequests: 3, PendingDeliveries: 4, OverdueRows: 5}, nil
	}, slog.New(slog.DiscardHandler))
	for range 2 {
		has(t, m, "cordboard_open_waits 1", "cordboard_waiting_runs 2", "cordboard_unread_requests 3", "cordboard_pending_deliveries 4", "cordboard_overdue_rows 5")
	}
	if asked != 1 {
		t.Errorf("the database was asked %d times", asked)
	}
	m = New("test")
	m.WatchBacklog(func(context.Context) (Backlog, error) { return Backlog{}, errors.New("down") }, slog.New(slog.DiscardHandler))
	if text := read(t, m); strings.Contains(text, "cordboard_open_waits") || !strings.Contains(text, "cordboard_build_info") {
		t.Error("a number that is not known is told, or the rest is not")
	}
}

func TestAlarmsAreToldAsTheClockCountsThem(t *testing.T) {
	t.Parallel()
	m := New("test")
	var down error
	m.WatchAlarms(func() Alarms { return Alarms{Queued: 1, Dropped: 2, Swept: 3, Fired: 4, Failed: 5} }, func() error { return down })
	has(t, m, "cordboard_alarms_queued_total 1", "cordboard_alarms_dropped_total 2", "cordboard_alarms_swept_total 3", "cordboard_alarms_fired_total 4", "cordboard_alarms_failed_total 5", "cordboard_queue_up 1")
	down = errors.New("down")
	has(t, m, "cordboard_queue_up 0")
}

func TestReference(t *testing.T) {
	t.Parallel()
	const page = "../../docs/metrics.md"
	m := New("test")
	m.WatchBacklog(nil, nil)
	m.WatchAlarms(nil, nil)
	m.WatchWebhooks(nil)
	want := m.Reference()
	if strings.Count(want, "\n| `cordboard_") < 17 {
		t.Errorf("few metrics are described: %s", want)
	}
	if *update {
		if err := os.WriteFile(page, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if got, err := os.ReadFile(page); err != nil || string(got) != want {
		t.Errorf("%s is not what the code declares (%v); run: go test ./core/internal/metrics -update", page, err)
	}
}
