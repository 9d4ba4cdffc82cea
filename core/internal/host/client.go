package host

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/cordboard/cordboard/sdk/protocol"
)

// What is taken of the texts in a reply, in bytes, and how many log lines of one call.
const (
	maxMessage  = 1 << 10
	maxDetail   = 4 << 10
	maxLogLine  = 4 << 10
	maxLogLines = 1000
)

// client is a connector as callers see it: each call finds a running process, has a deadline and gets a reply that
// was checked. Each error is a *protocol.Failure, unless the caller itself gave up.
type client struct {
	name       string
	supervisor func() (*supervisor, error) // who runs the connector now
	timeout    time.Duration               // of calls without a deadline
}

var _ protocol.Connector = (*client)(nil)

// do makes one call. Synchronous is safe: gRPC returns at the deadline whatever the process does.
func (c *client) do(ctx context.Context, call func(context.Context, running) error) error {
	if _, ok := ctx.Deadline(); !ok {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, c.timeout)
		defer cancel()
	}
	s, i, err := c.acquire(ctx)
	if err != nil {
		return c.notCalled(ctx, err)
	}
	defer s.release(i)
	err = call(ctx, running{i.connector, s})
	switch {
	case late(ctx, err):
		s.outlived(i)
	case err == nil || errors.As(err, new(*protocol.Failure)):
		s.answered(i)
	case status.Code(err) == codes.ResourceExhausted:
		s.output.faults.note(RefusedReply)
		s.answered(i)
	}
	return c.explain(ctx, s, i, err)
}

// acquire finds a running process. A supervisor that was just replaced is no reason for a call to fail.
func (c *client) acquire(ctx context.Context) (*supervisor, *instance, error) {
	for last := (*supervisor)(nil); ; {
		s, err := c.supervisor()
		if err != nil {
			return nil, nil, &unavailable{reason: err.Error()}
		}
		i, err := s.acquire(ctx)
		if err == nil || !errors.Is(err, errStopped) || s == last {
			return s, i, err
		}
		last = s
	}
}

// late reports whether the call did not come back in its time. The far end of gRPC may notice a moment before ctx does.
func late(ctx context.Context, err error) bool {
	if err == nil || errors.As(err, new(*protocol.Failure)) {
		return false
	}
	deadline, _ := ctx.Deadline()
	return ctx.Err() != nil || status.Code(err) == codes.DeadlineExceeded && time.Until(deadline) < 50*time.Millisecond
}

// notCalled explains why nothing has reached the connector: it is always safe to try again.
func (c *client) notCalled(ctx context.Context, err error) error {
	var u *unavailable
	switch {
	case errors.As(err, &u):
		f := c.failure(protocol.Retryable, u.reason+".")
		f.RetryAfter, f.Source = u.after, protocol.FromGateway
		return f
	case errors.Is(ctx.Err(), context.DeadlineExceeded):
		f := c.failure(protocol.Retryable, "it was not ready in time.")
		f.Source = protocol.FromGateway
		return f
	}
	return fmt.Errorf("call connector %s: %w", c.name, err)
}

// explain sorts what came of a call.
func (c *client) explain(ctx context.Context, s *supervisor, i *instance, err error) error {
	var f *protocol.Failure
	switch {
	case err == nil:
		return nil
	case errors.As(err, &f):
		return tidy(f)
	case errors.Is(ctx.Err(), context.Canceled):
		return fmt.Errorf("call connector %s: %w", c.name, context.Cause(ctx))
	case late(ctx, err):
		return c.failure(protocol.Unknown, "it did not answer in time; what it did is not known.")
	}
	switch status.Code(err) {
	case codes.ResourceExhausted:
		return c.failure(protocol.Permanent, "reply too large.")
	case codes.Unimplemented:
		return c.failure(protocol.Permanent, "it does not know this call.")
	case codes.Unavailable, codes.Canceled:
		f := c.failure(protocol.Unknown, "it ended during the call; what it did is not known.")
		select { // its last words come with its end
		case <-i.process.done:
		case <-time.After(drain):
		}
		lines, _ := s.output.last()
		f.Detail = clean(strings.Join(lines, " | "), maxDetail)
		return f
	}
	f = c.failure(protocol.Unknown, "it failed without saying what it did.")
	f.Detail = clean(status.Convert(err).Message(), maxDetail)
	return f
}

func (c *client) failure(kind protocol.FailureKind, what string) *protocol.Failure {
	message := fmt.Sprintf("Connector %s: %s", c.name, what)
	return &protocol.Failure{Kind: kind, Message: message, Source: protocol.FromConnector}
}

// tidy makes a stranger's failure fit to store and show.
func tidy(in *protocol.Failure) *protocol.Failure {
	out := *in
	switch out.Kind {
	case protocol.Invalid, protocol.Unauthorized, protocol.RateLimited, protocol.Retryable, protocol.Permanent:
	default:
		out.Kind = protocol.Unknown
	}
	switch out.Source {
	case protocol.FromProvider, protocol.FromGateway:
	default:
		out.Source = protocol.FromConnector
	}
	out.Message, out.Detail, out.Field = clean(out.Message, maxMessage), clean(out.Detail, maxDetail), clean(out.Field, maxMessage)
	out.RetryAfter = max(0, min(out.RetryAfter, 24*time.Hour))
	return &out
}

func (c *client) Describe(ctx context.Context) (out protocol.Manifest, err error) {
	err = c.do(ctx, func(ctx context.Context, connector running) (err error) {
		out, err = connector.Describe(ctx)
		return err
	})
	return out, err
}

func (c *client) CheckConnection(ctx context.Context, call protocol.Call) (out protocol.Identity, err error) {
	err = c.do(ctx, func(ctx context.Context, connector running) (err error) {
		out, err = connector.CheckConnection(ctx, call)
		return err
	})
	return protocol.Identity{ID: clean(out.ID, maxMessage), Label: clean(out.Label, maxMessage)}, err
}

func (c *client) Invoke(ctx context.Context, in protocol.Invocation, log func(protocol.LogLine)) (out protocol.Result, err error) {
	lines := 0
	err = c.do(ctx, func(ctx context.Context, connector running) (err error) {
		out, err = connector.Invoke(ctx, in, func(line protocol.LogLine) {
			connector.reading.wait(ctx, len(line.Message))
			if lines++; lines <= maxLogLines && log != nil {
				log(protocol.LogLine{Level: clean(line.Level, 8), Message: clean(line.Message, maxLogLine)})
			}
		})
		if err == nil {
			err = connector.judge(ctx, "output", out.Output, checkJSON)
		}
		return err
	})
	if err != nil {
		return protocol.Result{}, err
	}
	return out, nil
}

func (c *client) Fetch(ctx context.Context, in protocol.FetchRequest) (out protocol.Page, err error) {
	err = c.do(ctx, func(ctx context.Context, connector running) (err error) {
		out, err = connector.Fetch(ctx, in)
		if err == nil {
			err = connector.judgeEvents(ctx, out.Events)
		}
		return err
	})
	if err != nil {
		return protocol.Page{}, err
	}
	return out, nil
}

func (c *client) Subscribe(ctx context.Context, in protocol.SubscribeRequest) (out protocol.Subscription, err error) {
	err = c.do(ctx, func(ctx context.Context, connector running) (err error) {
		out, err = connector.Subscribe(ctx, in)
		return err
	})
	return out, err
}

func (c *client) Unsubscribe(ctx context.Context, in protocol.UnsubscribeRequest) error {
	return c.do(ctx, func(ctx context.Context, connector running) error {
		return connector.Unsubscribe(ctx, in)
	})
}

func (c *client) Receive(ctx context.Context, in protocol.Webhook) (out []protocol.Event, err error) {
	err = c.do(ctx, func(ctx context.Context, connector running) (err error) {
		out, err = connector.Receive(ctx, in)
		if err == nil {
			err = connector.judgeEvents(ctx, out)
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

func (c *client) ListOptions(ctx context.Context, in protocol.OptionsRequest) (out protocol.OptionsPage, err error) {
	err = c.do(ctx, func(ctx context.Context, connector running) (err error) {
		out, err = connector.ListOptions(ctx, in)
		return err
	})
	return out, err
}
