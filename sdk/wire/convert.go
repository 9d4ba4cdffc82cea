package wire

import (
	"time"

	"google.golang.org/protobuf/types/known/durationpb"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/cordboard/cordboard/sdk/protocol"
	pb "github.com/cordboard/cordboard/sdk/wire/connectorv1"
)

// each converts a list; an empty one stays nil.
func each[A, B any](in []A, convert func(A) B) []B {
	if len(in) == 0 {
		return nil
	}
	out := make([]B, len(in))
	for i, v := range in {
		out[i] = convert(v)
	}
	return out
}

// enum is a pair of tables between the words of protocol and the numbers of the wire. A number that this build does
// not know reads as the zero word.
type enum[W ~string, N ~int32] struct {
	numbers map[W]N
	words   map[N]W
}

func newEnum[W ~string, N ~int32](numbers map[W]N) enum[W, N] {
	words := make(map[N]W, len(numbers))
	for w, n := range numbers {
		words[n] = w
	}
	return enum[W, N]{numbers, words}
}

func (e enum[W, N]) to(w W) N   { return e.numbers[w] }
func (e enum[W, N]) from(n N) W { return e.words[n] }

func toTime(t time.Time) *timestamppb.Timestamp {
	if t.IsZero() {
		return nil
	}
	return timestamppb.New(t)
}

// fromTime reads a time outside of the years 1 to 9999 as none: it could not be written as JSON.
func fromTime(t *timestamppb.Timestamp) time.Time {
	if !t.IsValid() {
		return time.Time{}
	}
	return t.AsTime()
}

func toDuration(d time.Duration) *durationpb.Duration {
	if d == 0 {
		return nil
	}
	return durationpb.New(d)
}

func toValues(in map[string][]string) map[string]*pb.Values {
	if len(in) == 0 {
		return nil
	}
	out := make(map[string]*pb.Values, len(in))
	for name, values := range in {
		out[name] = &pb.Values{Values: values}
	}
	return out
}

func fromValues(in map[string]*pb.Values) map[string][]string {
	if len(in) == 0 {
		return nil
	}
	out := make(map[string][]string, len(in))
	for name, values := range in {
		out[name] = values.GetValues()
	}
	return out
}

var failureKinds = newEnum(map[protocol.FailureKind]pb.FailureKind{
	protocol.Invalid:      pb.FailureKind_FAILURE_KIND_INVALID,
	protocol.Unauthorized: pb.FailureKind_FAILURE_KIND_UNAUTHORIZED,
	protocol.RateLimited:  pb.FailureKind_FAILURE_KIND_RATE_LIMITED,
	protocol.Retryable:    pb.FailureKind_FAILURE_KIND_RETRYABLE,
	protocol.Permanent:    pb.FailureKind_FAILURE_KIND_PERMANENT,
	protocol.Unknown:      pb.FailureKind_FAILURE_KIND_UNKNOWN,
})

var failureSources = newEnum(map[protocol.FailureSource]pb.FailureSource{
	protocol.FromProvider:  pb.FailureSource_FAILURE_SOURCE_PROVIDER,
	protocol.FromConnector: pb.FailureSource_FAILURE_SOURCE_CONNECTOR,
	protocol.FromGateway:   pb.FailureSource_FAILURE_SOURCE_GATEWAY,
})

func toFailure(f *protocol.Failure) *pb.Failure {
	if f == nil {
		return nil
	}
	return &pb.Failure{
		Kind: failureKinds.to(f.Kind), Message: f.Message, Detail: f.Detail, Field: f.Field,
		RetryAfter: toDuration(f.RetryAfter), Source: failureSources.to(f.Source),
	}
}

// fromFailure reads a failure; what a foreign connector left unset is unknown, and its own.
func fromFailure(f *pb.Failure) *protocol.Failure {
	if f == nil {
		return nil
	}
	out := &protocol.Failure{
		Kind: failureKinds.from(f.GetKind()), Message: f.GetMessage(), Detail: f.GetDetail(), Field: f.GetField(),
		RetryAfter: f.GetRetryAfter().AsDuration(), Source: failureSources.from(f.GetSource()),
	}
	if out.Kind == "" {
		out.Kind = protocol.Unknown
	}
	if out.Source == "" {
		out.Source = protocol.FromConnector
	}
	return out
}

func toCall(c protocol.Call) *pb.Call {
	return &pb.Call{
		Ticket: c.Ticket, ConnectionId: c.ConnectionID, Settings: c.Settings, RunId: c.RunID, StepId: c.StepID,
		Attempt: int32(c.Attempt), IdempotencyKey: c.IdempotencyKey,
	}
}

func fromCall(c *pb.Call) protocol.Call {
	return protocol.Call{
		Ticket: c.GetTicket(), ConnectionID: c.GetConnectionId(), Settings: c.GetSettings(), RunID: c.GetRunId(),
		StepID: c.GetStepId(), Attempt: int(c.GetAttempt()), IdempotencyKey: c.GetIdempotencyKey(),
	}
}
