package sdk_test

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/cordboard/cordboard/sdk"
	"github.com/cordboard/cordboard/sdk/protocol"
	"github.com/cordboard/cordboard/sdk/sdktest"
)

func TestAPanicIsAFailureOfTheConnector(t *testing.T) {
	t.Parallel()
	h := with(t, sdk.Action[sdk.None, sdk.None]{Run: func(_ context.Context, call *sdk.Call, _ sdk.None) (sdk.None, error) {
		c, _ := sdk.Settings[Credentials](call)
		panic("with " + c.Key.Handle())
	}})
	_, err := h.Invoke("act", sdk.None{})
	var f *protocol.Failure
	if !errors.As(err, &f) || f.Kind != protocol.Unknown || f.Source != protocol.FromConnector || !strings.Contains(f.Message, "action act") || !strings.HasPrefix(f.Detail, "with •••••• (protocol_test.go:") {
		t.Errorf("got %+v", f)
	}
}

func TestErrorsLeaveAsFailures(t *testing.T) {
	t.Parallel()
	cause := errors.New("cause")
	tests := map[string]struct {
		err    error
		kind   protocol.FailureKind
		source protocol.FailureSource
	}{
		"invalid":                      {sdk.Invalid("to", "is wrong"), protocol.Invalid, protocol.FromConnector},
		"unauthorized":                 {sdk.Unauthorized(cause), protocol.Unauthorized, protocol.FromProvider},
		"rate limited":                 {sdk.RateLimited(cause, time.Second), protocol.RateLimited, protocol.FromProvider},
		"retryable":                    {sdk.Retryable(cause), protocol.Retryable, protocol.FromProvider},
		"permanent":                    {sdk.Permanent(cause), protocol.Permanent, protocol.FromProvider},
		"anything else":                {cause, protocol.Unknown, protocol.FromConnector},
		"a failure given another kind": {sdk.Permanent(&sdk.Failure{Kind: protocol.Retryable, Source: protocol.FromGateway}), protocol.Permanent, protocol.FromGateway},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := with(t, sdk.Action[sdk.None, sdk.None]{Run: func(context.Context, *sdk.Call, sdk.None) (sdk.None, error) { return sdk.None{}, tt.err }})
			_, err := h.Invoke("act", sdk.None{})
			var f *protocol.Failure
			if !errors.As(err, &f) || f.Kind != tt.kind || f.Source != tt.source {
				t.Errorf("got %+v, want %s from %s", f, tt.kind, tt.source)
			}
		})
	}
}

func TestACancelledCallStaysOne(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	h := with(t, sdk.Action[sdk.None, Ticket]{Reads: true, Run: sdk.Get[sdk.None, Ticket]("/x")})
	if _, err := h.InvokeContext(ctx, "act", sdk.None{}); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}

func TestLogLinesBelongToTheAttemptAndHoldNoSecret(t *testing.T) {
	t.Parallel()
	h := with(t, sdk.Action[sdk.None, sdk.None]{Run: func(_ context.Context, call *sdk.Call, _ sdk.None) (sdk.None, error) {
		c, err := sdk.Settings[Credentials](call)
		call.Log.With("site", c.Site).WithGroup("g").Warn("saw", "key", c.Key, "handle", c.Key.Handle())
		return sdk.None{}, err
	}})
	if _, err := h.Invoke("act", sdk.None{}); err != nil {
		t.Fatal(err)
	}
	want := protocol.LogLine{Level: "warn", Message: "saw site=bottega g.key=•••••• g.handle=••••••"}
	if logs := h.Logs(); len(logs) != 1 || logs[0] != want {
		t.Errorf("got %+v, want %+v", logs, want)
	}
}

func TestAPollKeepsItsCursorWhenThereIsNothingNew(t *testing.T) {
	t.Parallel()
	answers := []string{`{"items":[{"id":"7","opened":"2026-11-22T09:00:00Z"}],"next":"7","more":true}`, `{"items":[]}`}
	h := sdktest.New(t, desk, map[string]any{"site": "bottega", "key": "k"}, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Query().Get("queue") != "1" {
			t.Errorf("asked %s", r.URL)
		}
		_, _ = w.Write([]byte(answers[0]))
		answers = answers[1:]
	}))
	page, err := h.Fetch("ticket_opened", OpenedIn{Queue: "1"}, "")
	if err != nil || len(page.Events) != 1 || page.Events[0].Key != "7" || page.Events[0].OccurredAt.Hour() != 9 || page.Cursor != "7" || !page.More {
		t.Errorf("got %+v, %v", page, err)
	}
	page, err = h.Fetch("ticket_opened", OpenedIn{Queue: "1"}, page.Cursor)
	if err != nil || len(page.Events) != 0 || page.Cursor != "7" || page.More {
		t.Errorf("got %+v, %v", page, err)
	}
}

func TestCheckOptionsAndReceive(t *testing.T) {
	t.Parallel()
	h := sdktest.New(t, desk, map[string]any{"site": "bottega", "key": "k"}, answer(200, `{"id":"1","label":"Bottega"}`))
	if identity, err := h.Check(); err != nil || identity.Label != "Bottega" {
		t.Errorf("check: got %+v, %v", identity, err)
	}
	if page, err := h.ListOptions("queues", ""); err != nil || len(page.Options) != 1 {
		t.Errorf("options: got %+v, %v", page, err)
	}
	events, err := h.Receive(nil, `{"id":"7","subject":"Help","opened":"2026-11-22T09:00:00Z"}`)
	if err != nil || len(events) != 1 || events[0].Trigger != "ticket_closed" || string(events[0].Data) != `{"id":"7","subject":"Help","opened":"2026-11-22T09:00:00Z"}` {
		t.Errorf("receive: got %+v, %v", events, err)
	}
	if _, err := h.Receive(nil, `<`); kindOf(err) != protocol.Permanent {
		t.Errorf("a body that is not JSON: got %v", err)
	}
}

func TestUnknownOperationsSayWhichVersionLacksThem(t *testing.T) {
	t.Parallel()
	h := sdktest.New(t, desk, map[string]any{"site": "bottega", "key": "k"}, nil)
	_, err := h.Invoke("fly", sdk.None{})
	if err == nil || err.Error() != `Acme Desk 1.2.0 has no action "fly".` {
		t.Errorf("got %v", err)
	}
	if _, err := h.Fetch("ticket_closed", sdk.None{}, ""); err == nil {
		t.Error("a webhook trigger can be fetched")
	}
	if _, err := h.Subscribe("ticket_closed", sdk.None{}, "https://x"); err == nil {
		t.Error("a trigger without Subscribe can be subscribed")
	}
}
