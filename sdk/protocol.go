package sdk

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"strings"

	"github.com/cordboard/cordboard/sdk/protocol"
)

// Protocol returns the connector as the gateway speaks to it, with gateway as its way out. Serve uses it; so do tests
// that need no process. The error is that of Manifest.
func Protocol(c Connector, gateway protocol.Gateway) (protocol.Connector, error) {
	manifest, err := c.Manifest()
	if err != nil {
		return nil, err
	}
	s := &served{connector: c, manifest: manifest, gateway: gateway, actions: map[string]action{}, triggers: map[string]trigger{}}
	for _, a := range c.Actions {
		s.actions[a.name()] = a
	}
	for _, t := range c.Triggers {
		s.triggers[t.name()] = t
	}
	return s, nil
}

// served answers the gateway's calls with an author's connector.
type served struct {
	connector Connector
	manifest  protocol.Manifest
	gateway   protocol.Gateway
	actions   map[string]action
	triggers  map[string]trigger
}

var _ protocol.Connector = (*served)(nil)

func (s *served) call(in protocol.Call, log func(protocol.LogLine)) *Call {
	return newCall(in, s.manifest.Auth, s.gateway, log)
}

func (s *served) Describe(context.Context) (protocol.Manifest, error) { return s.manifest, nil }

func (s *served) CheckConnection(ctx context.Context, in protocol.Call) (Identity, error) {
	return guard(s, s.call(in, nil), "the connection check", func(call *Call) (Identity, error) {
		identity, err := s.connector.auth().check(ctx, call)
		if identity.Label == "" {
			identity.Label = s.manifest.Title
		}
		return identity, err
	})
}

func (s *served) Invoke(ctx context.Context, in protocol.Invocation, log func(protocol.LogLine)) (protocol.Result, error) {
	return guard(s, s.call(in.Call, log), "action "+in.Action, func(call *Call) (protocol.Result, error) {
		a, ok := s.actions[in.Action]
		if !ok {
			return protocol.Result{}, s.unknown("action", in.Action)
		}
		return a.invoke(ctx, call, in.Input)
	})
}

func (s *served) Fetch(ctx context.Context, in protocol.FetchRequest) (protocol.Page, error) {
	return guard(s, s.call(in.Call, nil), "trigger "+in.Trigger, func(call *Call) (protocol.Page, error) {
		t, ok := s.triggers[in.Trigger]
		if !ok {
			return protocol.Page{}, s.unknown("trigger", in.Trigger)
		}
		return t.fetch(ctx, call, in)
	})
}

func (s *served) Subscribe(ctx context.Context, in protocol.SubscribeRequest) (Subscription, error) {
	return guard(s, s.call(in.Call, nil), "trigger "+in.Trigger, func(call *Call) (Subscription, error) {
		t, ok := s.triggers[in.Trigger]
		if !ok {
			return Subscription{}, s.unknown("trigger", in.Trigger)
		}
		return t.subscribe(ctx, call, in)
	})
}

func (s *served) Unsubscribe(ctx context.Context, in protocol.UnsubscribeRequest) error {
	_, err := guard(s, s.call(in.Call, nil), "trigger "+in.Trigger, func(call *Call) (None, error) {
		t, ok := s.triggers[in.Trigger]
		if !ok {
			return None{}, s.unknown("trigger", in.Trigger)
		}
		return None{}, t.unsubscribe(ctx, call, in)
	})
	return err
}

func (s *served) Receive(ctx context.Context, in protocol.Webhook) ([]protocol.Event, error) {
	return guard(s, s.call(in.Call, nil), "the inbox", func(call *Call) ([]protocol.Event, error) {
		if s.connector.Inbox == nil {
			return nil, errors.New("the connector has no inbox")
		}
		call.HTTP.repeat = protocol.RepeatRead
		events, err := s.connector.Inbox.Receive(ctx, call, Request{
			Method: in.Method, Query: in.Query, Header: in.Header, Body: in.Body, ReceivedAt: in.ReceivedAt,
		})
		if err != nil {
			return nil, err
		}
		var out []protocol.Event
		for _, e := range events {
			if _, ok := s.triggers[e.Trigger]; !ok {
				return nil, s.unknown("trigger", e.Trigger)
			}
			converted, err := e.protocol()
			if err != nil {
				return nil, err
			}
			out = append(out, converted)
		}
		return out, nil
	})
}

func (s *served) ListOptions(ctx context.Context, in protocol.OptionsRequest) (protocol.OptionsPage, error) {
	return guard(s, s.call(in.Call, nil), "options "+in.Loader, func(call *Call) (protocol.OptionsPage, error) {
		load, ok := s.connector.Options[in.Loader]
		if !ok {
			return protocol.OptionsPage{}, s.unknown("options", in.Loader)
		}
		call.HTTP.repeat = protocol.RepeatRead
		page, err := load(ctx, call, OptionsQuery{Search: in.Search, Cursor: Cursor(in.Cursor), Input: in.Input})
		return protocol.OptionsPage{Options: page.Options, Cursor: string(page.Next)}, err
	})
}

func (s *served) unknown(kind, name string) error {
	return &Failure{
		Kind: protocol.Permanent, Source: protocol.FromGateway,
		Message: fmt.Sprintf("%s %s has no %s %q.", s.manifest.Title, s.manifest.Version, kind, name),
	}
}

// guard runs an author's code: a panic becomes a failure of the connector, any error becomes a failure, and no
// failure leaves with a secret in it.
func guard[T any](s *served, call *Call, what string, run func(*Call) (T, error)) (result T, err error) {
	defer func() {
		if p := recover(); p != nil {
			message := call.scrub().Replace(fmt.Sprint(p))
			place := panicked()
			slog.Error("panic", "connector", s.manifest.Name, "in", what, "panic", message, "at", place, "stack", string(debug.Stack()))
			err = &Failure{Kind: protocol.Unknown, Source: protocol.FromConnector, Message: "The connector panicked in " + what + ".", Detail: message + " (" + place + ")"}
		}
	}()
	result, err = run(call)
	return result, call.failure(err)
}

// panicked is the line of code at which the panic that is being recovered from began, such as "ticket.go:23".
func panicked() string {
	var callers [64]uintptr
	frames := runtime.CallersFrames(callers[:runtime.Callers(0, callers[:])])
	begun := false
	for {
		frame, more := frames.Next()
		if begun && !strings.HasPrefix(frame.Function, "runtime.") {
			return fmt.Sprintf("%s:%d", filepath.Base(frame.File), frame.Line)
		}
		begun = begun || frame.Function == "runtime.gopanic"
		if !more {
			return "an unknown place"
		}
	}
}

// failure is how an error leaves the connector. A cancelled call stays one, whoever wrapped it.
func (call *Call) failure(err error) error {
	if err == nil {
		return nil
	}
	var out Failure
	switch f := asFailure(err); {
	case f != nil:
		out = *f
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return err
	default:
		out = Failure{Kind: protocol.Unknown, Message: err.Error()}
	}
	if out.Source == "" {
		out.Source = protocol.FromConnector
	}
	out.Message = cut(call.scrub().Replace(out.Message), maxDetail)
	out.Detail = cut(call.scrub().Replace(out.Detail), maxDetail)
	return &out
}
