package tracing

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"go.opentelemetry.io/otel/codes"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"

	"github.com/cordboard/cordboard/core/internal/engine"
	"github.com/cordboard/cordboard/core/internal/event"
	"github.com/cordboard/cordboard/core/internal/run"
	"github.com/cordboard/cordboard/sdk/protocol"
)

// memory is an engine's store that runs units, each twice if again is set, and fails to commit with err.
type memory struct {
	engine.Store
	again bool
	err   error
}

func (m memory) Write(ctx context.Context, _ []string, unit func(ctx context.Context, tx engine.Tx) error) error {
	if m.again {
		_ = unit(ctx, nothing{})
	}
	return errors.Join(unit(ctx, nothing{}), m.err)
}

type nothing struct{ engine.Tx }

func (nothing) Receive(_ context.Context, in engine.Incoming) (engine.Received, error) {
	return engine.Received{EventID: in.ID, Fresh: true}, nil
}
func (nothing) InsertRun(context.Context, run.Run, bool) error        { return nil }
func (nothing) SaveRun(context.Context, run.Run, []run.StepRun) error { return nil }

// answers are connectors that fail with err.
type answers struct {
	engine.Connectors
	err error
}

func (a answers) Invoke(context.Context, engine.Invocation) (protocol.Result, error) {
	return protocol.Result{}, a.err
}

func (a answers) Receive(context.Context, engine.Request) ([]protocol.Event, error) {
	return []protocol.Event{{}}, nil
}

func setup(t *testing.T) (*Tracing, func() map[string]sdktrace.ReadOnlySpan) {
	t.Helper()
	to := tracetest.NewSpanRecorder()
	tr := newTracing(to, "test")
	t.Cleanup(func() { _ = tr.Stop(context.Background()) })
	return tr, func() map[string]sdktrace.ReadOnlySpan {
		spans := map[string]sdktrace.ReadOnlySpan{}
		for _, s := range to.Ended() {
			if spans[s.Name()] != nil {
				t.Errorf("%s is there twice", s.Name())
			}
			spans[s.Name()] = s
		}
		return spans
	}
}

var began = time.Date(2026, 5, 6, 12, 0, 0, 0, time.UTC)

func aRun(status run.Status) run.Run {
	r := run.Run{ID: "run_1", FlowID: "flow_1", EventID: "evt_1", CreatedAt: began, EndedAt: began.Add(48 * time.Hour), State: run.State{Status: status}}
	r.State.Facts.FlowName, r.State.Facts.Contact = "verify", run.ContactFacts{Phone: "+34600111222", Email: "ana@example.com"}
	if status == run.Failed {
		r.State.Failure = &protocol.Failure{Kind: protocol.Permanent, Source: protocol.FromProvider, Message: "Ana was refused"}
	}
	return r
}

func TestAWebhookIsFollowedToTheCallsOfItsRun(t *testing.T) {
	t.Parallel()
	tr, spans := setup(t)
	ctx := t.Context()
	tr.Received(ctx, "req_1", "con_1", "shopify", began)
	connectors := tr.Connectors(answers{})
	if _, err := connectors.Receive(ctx, engine.Request{ID: "req_1", ConnectionID: "con_1", Connector: "shopify"}); err != nil {
		t.Fatal(err)
	}
	st := tr.Store(memory{again: true})
	write := func(unit func(ctx context.Context, tx engine.Tx) error) {
		t.Helper()
		if err := st.Write(ctx, nil, unit); err != nil {
			t.Fatal(err)
		}
	}
	write(func(ctx context.Context, tx engine.Tx) error {
		_, err := tx.Receive(ctx, engine.Incoming{Event: event.Event{ID: "evt_1", RequestID: "req_1"}, ReadAll: true})
		return errors.Join(err, tx.InsertRun(ctx, aRun(run.Running), true))
	})
	refused := &protocol.Failure{Kind: protocol.Permanent, Source: protocol.FromProvider, Message: "Ana was refused"}
	_, _ = tr.Connectors(answers{err: refused}).Invoke(ctx, engine.Invocation{RunID: "run_1", StepID: "ask", Attempt: 2, ConnectionID: "con_2",
		Connector: "whatsapp", Action: "send_text", Input: []byte(`{"to":"+34600111222"}`)})
	write(func(ctx context.Context, tx engine.Tx) error { return tx.SaveRun(ctx, aRun(run.Failed), nil) })

	got := spans()
	var names []string
	for name := range got {
		names = append(names, name)
	}
	slices.Sort(names)
	if want := []string{"begin", "read shopify", "run", "start run", "webhook shopify", "whatsapp.send_text"}; !slices.Equal(names, want) {
		t.Fatalf("spans %q, want %q", names, want)
	}
	request, ran := of("req_1"), of("run_1")
	for name, where := range map[string]string{"webhook shopify": "req_1", "read shopify": "req_1", "start run": "req_1", "begin": "run_1", "whatsapp.send_text": "run_1", "run": "run_1"} {
		s, root := got[name], name == "webhook shopify" || name == "run"
		if want := of(where); s.SpanContext().TraceID() != want.TraceID() || root != (s.SpanContext().SpanID() == want.SpanID()) || !root && s.Parent().SpanID() != want.SpanID() || root && s.Parent().IsValid() {
			t.Errorf("%s is %v below %v, want it in %v", name, s.SpanContext().SpanID(), s.Parent().SpanID(), want)
		}
		text := fmt.Sprint(s.Attributes(), s.Events(), s.Status())
		for _, secret := range []string{"+34600111222", "ana@example.com", "Ana"} {
			if strings.Contains(text, secret) {
				t.Errorf("%s tells %s: %s", name, secret, text)
			}
		}
	}
	if l := got["start run"].Links(); len(l) != 1 || l[0].SpanContext.TraceID() != ran.TraceID() {
		t.Errorf("the webhook is linked to %v", l)
	}
	if l := got["begin"].Links(); len(l) != 1 || l[0].SpanContext.TraceID() != request.TraceID() {
		t.Errorf("the run is linked to %v", l)
	}
	if s := got["run"]; !s.StartTime().Equal(began) || s.EndTime().Sub(began) != 48*time.Hour || s.Status().Code != codes.Error || s.Status().Description != "permanent" {
		t.Errorf("the run took from %s to %s: %v", s.StartTime(), s.EndTime(), s.Status())
	}
	if s := got["whatsapp.send_text"]; s.Status().Description != "permanent" || !strings.Contains(fmt.Sprint(s.Attributes()), "{attempt {2 2") && !strings.Contains(fmt.Sprint(s.Attributes()), "attempt") {
		t.Errorf("the call: %v %v", s.Status(), s.Attributes())
	}
}

func TestWhatWasNotStoredIsNotTold(t *testing.T) {
	t.Parallel()
	tr, spans := setup(t)
	err := tr.Store(memory{err: errors.New("lost")}).Write(t.Context(), nil, func(ctx context.Context, tx engine.Tx) error {
		return tx.InsertRun(ctx, aRun(run.Succeeded), true)
	})
	if got := spans(); err == nil || len(got) > 0 {
		t.Errorf("spans %v, error %v", got, err)
	}
}

func TestIDsAreNotRepeated(t *testing.T) {
	t.Parallel()
	a, x := ids{}.NewIDs(t.Context())
	b, y := ids{}.NewIDs(t.Context())
	if a == b || x == y || !a.IsValid() || !x.IsValid() {
		t.Errorf("%v %v, %v %v", a, x, b, y)
	}
}
