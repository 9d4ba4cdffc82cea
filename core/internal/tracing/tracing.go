// Package tracing tells OpenTelemetry what happens between a webhook and the calls of the runs that it starts. It stands
// between services and what they use, as metrics does, and is not there at all unless an address is set.
//
// Nothing is stored for it: the trace of a webhook request and that of a run, which may wait for days, follow from their
// ids, on every node and after a restart. Each is linked to the other. Attributes are ids, names and kinds of failure:
// no word of a customer and no secret.
package tracing

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	"go.opentelemetry.io/otel/sdk/resource"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"

	"github.com/cordboard/cordboard/core/internal/engine"
	"github.com/cordboard/cordboard/core/internal/run"
	"github.com/cordboard/cordboard/sdk/protocol"
)

// Tracing makes spans.
type Tracing struct {
	provider *sdktrace.TracerProvider
	tracer   trace.Tracer
}

// tracesPath is where a collector takes spans.
const tracesPath = "/v1/traces"

// New sends spans to an OTLP collector over HTTP, such as http://127.0.0.1:4318. A collector that is away costs spans and
// a line of the log.
func New(ctx context.Context, endpoint, version string, log *slog.Logger) (*Tracing, error) {
	exporter, err := otlptracehttp.New(ctx, otlptracehttp.WithEndpointURL(strings.TrimSuffix(strings.TrimRight(endpoint, "/"), tracesPath)+tracesPath))
	if err != nil {
		return nil, fmt.Errorf("CORDBOARD_OTLP_ENDPOINT: %w", err)
	}
	otel.SetErrorHandler(otel.ErrorHandlerFunc(func(err error) { log.Warn("send traces", "error", err) }))
	return newTracing(sdktrace.NewBatchSpanProcessor(exporter), version), nil
}

func newTracing(to sdktrace.SpanProcessor, version string) *Tracing {
	provider := sdktrace.NewTracerProvider(sdktrace.WithSpanProcessor(to), sdktrace.WithIDGenerator(ids{}), sdktrace.WithSampler(sdktrace.AlwaysSample()),
		sdktrace.WithResource(resource.NewSchemaless(attribute.String("service.name", "cordboard"), attribute.String("service.version", version))))
	return &Tracing{provider: provider, tracer: provider.Tracer("cordboard")}
}

// Stop sends what is left.
func (t *Tracing) Stop(ctx context.Context) error { return t.provider.Shutdown(ctx) }

// of is the trace of a request or a run with its first span, which all others are below.
func of(id string) trace.SpanContext {
	sum := sha256.Sum256([]byte(id))
	return trace.NewSpanContext(trace.SpanContextConfig{TraceID: trace.TraceID(sum[:16]), SpanID: trace.SpanID(sum[16:24]), TraceFlags: trace.FlagsSampled})
}

// below returns ctx so that a span begun with it belongs to the trace of a request or a run.
func below(ctx context.Context, id string) context.Context {
	return trace.ContextWithSpanContext(ctx, of(id))
}

type firstKey struct{}

// first returns ctx so that the span begun with it is the first of the trace.
func first(ctx context.Context, id string) context.Context {
	return context.WithValue(trace.ContextWithSpanContext(ctx, trace.SpanContext{}), firstKey{}, of(id))
}

// end ends a span with what became of it.
func end(span trace.Span, err error, options ...trace.SpanEndOption) {
	var f *protocol.Failure
	switch {
	case errors.As(err, &f):
		span.SetAttributes(attribute.String("failure.kind", string(f.Kind)), attribute.String("failure.source", string(f.Source)))
		span.SetStatus(codes.Error, string(f.Kind))
	case err != nil:
		span.SetStatus(codes.Error, "unknown")
	}
	span.End(options...)
}

// Connectors returns connectors whose calls, and whose reading of webhook requests, are spans.
func (t *Tracing) Connectors(c engine.Connectors) engine.Connectors { return &connectors{c, t} }

type connectors struct {
	engine.Connectors
	t *Tracing
}

func (c *connectors) Invoke(ctx context.Context, in engine.Invocation) (protocol.Result, error) {
	ctx, span := c.t.tracer.Start(below(ctx, in.RunID), in.Connector+"."+in.Action, trace.WithSpanKind(trace.SpanKindClient), trace.WithAttributes(
		attribute.String("run_id", in.RunID), attribute.String("step", in.StepID), attribute.Int("attempt", in.Attempt),
		attribute.String("connection_id", in.ConnectionID), attribute.String("connector", in.Connector), attribute.String("action", in.Action)))
	result, err := c.Connectors.Invoke(ctx, in)
	end(span, err)
	return result, err
}

func (c *connectors) Receive(ctx context.Context, r engine.Request) ([]protocol.Event, error) {
	ctx, span := c.t.tracer.Start(below(ctx, r.ID), "read "+r.Connector, trace.WithAttributes(
		attribute.String("request_id", r.ID), attribute.String("connection_id", r.ConnectionID), attribute.String("connector", r.Connector)))
	events, err := c.Connectors.Receive(ctx, r)
	span.SetAttributes(attribute.Int("events", len(events)))
	end(span, err)
	return events, err
}

// Received notes a webhook request that was stored; it is the first span of its trace.
func (t *Tracing) Received(ctx context.Context, requestID, connectionID, connector string, began time.Time) {
	_, span := t.tracer.Start(first(ctx, requestID), "webhook "+connector, trace.WithSpanKind(trace.SpanKindServer), trace.WithTimestamp(began), trace.WithAttributes(
		attribute.String("request_id", requestID), attribute.String("connection_id", connectionID), attribute.String("connector", connector)))
	span.End()
}

// Store returns a store that tells when runs begin and end.
func (t *Tracing) Store(s engine.Store) engine.Store { return &store{s, t} }

type store struct {
	engine.Store
	t *Tracing
}

// Write makes the spans of a unit once it is durable. A unit that is run again begins anew.
func (s *store) Write(ctx context.Context, contactIDs []string, unit func(ctx context.Context, tx engine.Tx) error) error {
	var seen *tx
	err := s.Store.Write(ctx, contactIDs, func(ctx context.Context, inner engine.Tx) error {
		seen = &tx{Tx: inner}
		return unit(ctx, seen)
	})
	if err != nil {
		return err
	}
	for _, r := range seen.begun {
		s.t.begun(ctx, r, seen.request)
	}
	for _, r := range seen.ended {
		s.t.ended(ctx, r)
	}
	return nil
}

// tx notes which runs begin and end in a transaction.
type tx struct {
	engine.Tx
	request      string // that brought the event which the unit stores
	begun, ended []run.Run
}

func (t *tx) Receive(ctx context.Context, in engine.Incoming) (engine.Received, error) {
	t.request = in.RequestID
	return t.Tx.Receive(ctx, in)
}

func (t *tx) InsertRun(ctx context.Context, r run.Run, delivers bool) error {
	if err := t.Tx.InsertRun(ctx, r, delivers); err != nil {
		return err
	}
	t.begun = append(t.begun, r)
	t.end(r)
	return nil
}

func (t *tx) SaveRun(ctx context.Context, r run.Run, changed []run.StepRun) error {
	if err := t.Tx.SaveRun(ctx, r, changed); err != nil {
		return err
	}
	t.end(r)
	return nil
}

func (t *tx) end(r run.Run) {
	if r.State.Status.Ended() {
		t.ended = append(t.ended, r)
	}
}

func about(r run.Run) trace.SpanStartEventOption {
	return trace.WithAttributes(attribute.String("run_id", r.ID), attribute.String("flow_id", r.FlowID), attribute.String("event_id", r.EventID),
		attribute.String("flow", r.State.Facts.FlowName), attribute.Int("flow_version", r.State.Facts.FlowVersion))
}

// begun tells of a run in the trace of the request that brought its event, and of the request in the run's.
func (t *Tracing) begun(ctx context.Context, r run.Run, requestID string) {
	options := []trace.SpanStartOption{about(r)}
	if requestID != "" {
		_, span := t.tracer.Start(below(ctx, requestID), "start run", about(r), trace.WithLinks(trace.Link{SpanContext: of(r.ID)}))
		span.End()
		options = append(options, trace.WithLinks(trace.Link{SpanContext: of(requestID)}))
	}
	_, span := t.tracer.Start(below(ctx, r.ID), "begin", options...)
	span.End()
}

// ended tells of a whole run: it is the first span of its trace, and the last that is known.
func (t *Tracing) ended(ctx context.Context, r run.Run) {
	_, span := t.tracer.Start(first(ctx, r.ID), "run", trace.WithTimestamp(r.CreatedAt), about(r), trace.WithAttributes(attribute.String("status", string(r.State.Status))))
	var err error
	if r.State.Failure != nil {
		err = r.State.Failure
	}
	end(span, err, trace.WithTimestamp(r.EndedAt))
}
