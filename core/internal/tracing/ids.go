package tracing

import (
	"context"
	"math/rand/v2"

	"go.opentelemetry.io/otel/trace"
)

// ids gives the first span of a trace the ids that follow from what it is about, and all others any.
type ids struct{}

func (ids) NewIDs(ctx context.Context) (trace.TraceID, trace.SpanID) {
	if sc, ok := ctx.Value(firstKey{}).(trace.SpanContext); ok {
		return sc.TraceID(), sc.SpanID()
	}
	var id trace.TraceID
	for i := range id {
		id[i] = byte(rand.N(256)) //nolint:gosec // it names a span and protects nothing
	}
	return id, ids{}.NewSpanID(ctx, id)
}

func (ids) NewSpanID(context.Context, trace.TraceID) trace.SpanID {
	var id trace.SpanID
	for id == (trace.SpanID{}) {
		for i := range id {
			id[i] = byte(rand.N(256)) //nolint:gosec // likewise
		}
	}
	return id
}
