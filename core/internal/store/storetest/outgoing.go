package storetest

import (
	"context"
	"errors"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/cordboard/cordboard/core/internal/delivery"
	"github.com/cordboard/cordboard/core/internal/engine"
	"github.com/cordboard/cordboard/core/internal/event"
	"github.com/cordboard/cordboard/core/internal/id"
	"github.com/cordboard/cordboard/core/internal/list"
	"github.com/cordboard/cordboard/core/internal/seal"
)

func (w *world) endpoint(t *testing.T, events ...string) delivery.Endpoint {
	t.Helper()
	return must(w.CreateEndpoint(t.Context(), delivery.Endpoint{
		ID: id.New("ep"), WorkspaceID: w.workspace.ID, URL: "https://crm.example.com/", Events: events, Signature: delivery.V1,
		State: delivery.Active, Secret: seal.Sealed{KeyID: "k", Data: []byte("sealed")},
	}))(t)
}

// announced stores an event for endpoints and returns the first one's delivery.
func (w *world) announced(t *testing.T, kind string, endpoints ...string) string {
	t.Helper()
	ids := must(w.Announce(t.Context(), event.NewOutgoing(w.workspace.ID, kind, time.Now(), map[string]any{"n": 1}), endpoints))(t)
	if len(ids) == 0 {
		return ""
	}
	return ids[0]
}

func (w *world) claimed(t *testing.T, endpointID string) (delivery.Delivery, delivery.Endpoint) {
	t.Helper()
	d, e, ok, err := w.Claim(t.Context(), endpointID, time.Minute)
	if err != nil || !ok {
		t.Fatalf("claim: %v, %v", ok, err)
	}
	return d, e
}

func (w *world) settled(t *testing.T, d delivery.Delivery, v delivery.Verdict) {
	t.Helper()
	v.Number = d.Attempts
	if err := w.Settle(t.Context(), d, v); err != nil {
		t.Fatal(err)
	}
}

func nothingDue(t *testing.T, w *world, endpointID string) {
	t.Helper()
	if _, _, ok, err := w.Claim(t.Context(), endpointID, time.Minute); ok || err != nil {
		t.Errorf("claimed %v, %v", ok, err)
	}
}

var outgoingCases = cases{
	"an announced event is due at its endpoints, each delivery once": func(t *testing.T, w *world) {
		a, b := w.endpoint(t, "*"), w.endpoint(t, "*")
		w.announced(t, event.RunFailed, a.ID, b.ID)
		if due := must(w.EndpointsDue(t.Context()))(t); !slices.Contains(due, a.ID) || !slices.Contains(due, b.ID) {
			t.Errorf("due: %v", due)
		}
		var mu sync.Mutex
		var all sync.WaitGroup
		claims := 0
		for range 8 {
			all.Go(func() {
				_, _, ok, err := w.Claim(context.Background(), a.ID, time.Minute)
				mu.Lock()
				defer mu.Unlock()
				if err != nil {
					t.Error(err)
				}
				if ok {
					claims++
				}
			})
		}
		all.Wait()
		if claims != 1 {
			t.Errorf("%d claims", claims)
		}
		if d, e := w.claimed(t, b.ID); d.Type != event.RunFailed || d.Attempts != 1 || len(d.Payload) == 0 || string(e.Secret.Data) != "sealed" {
			t.Errorf("%+v of %+v", d, e)
		}
	},
	"a unit that fails announces nothing": func(t *testing.T, w *world) {
		e := w.endpoint(t, "*")
		broken := errors.New("broken")
		err := w.Write(t.Context(), nil, func(ctx context.Context, tx engine.Tx) error {
			if err := tx.Announce(ctx, event.NewOutgoing(w.workspace.ID, event.RunFailed, time.Now(), nil), []string{e.ID}); err != nil {
				return err
			}
			return broken
		})
		if !errors.Is(err, broken) {
			t.Fatal(err)
		}
		nothingDue(t, w, e.ID)
	},
	"an attempt without an outcome is unknown and made again after its lease": func(t *testing.T, w *world) {
		e := w.endpoint(t, "*")
		w.announced(t, event.RunFailed, e.ID)
		lost, _, ok, err := w.Claim(t.Context(), e.ID, -time.Second)
		if err != nil || !ok {
			t.Fatal(ok, err)
		}
		second, _ := w.claimed(t, e.ID)
		if second.ID != lost.ID || second.Attempts != 2 || second.EventID != lost.EventID {
			t.Errorf("%+v after %+v", second, lost)
		}
		w.settled(t, lost, delivery.Verdict{State: delivery.Failed, Attempt: delivery.Attempt{Outcome: delivery.AttemptFailed}}) // too late
		if d := must(w.Delivery(t.Context(), w.workspace.ID, lost.ID))(t); d.State != delivery.Pending || len(d.Tries) != 2 || d.Tries[1].Outcome != delivery.AttemptUnknown {
			t.Errorf("%+v", d)
		}
	},
	"an attempt that was cut off is made again at once, in its place of the schedule": func(t *testing.T, w *world) {
		e := w.endpoint(t, "*")
		w.announced(t, event.RunFailed, e.ID)
		cut, _ := w.claimed(t, e.ID)
		w.settled(t, cut, delivery.Verdict{State: delivery.Pending, DueAt: time.Now().Add(-time.Second),
			Attempt: delivery.Attempt{Outcome: delivery.AttemptUnknown, Failure: "The gateway was stopped."}})
		if got := must(w.Endpoint(t.Context(), w.workspace.ID, e.ID))(t); !got.FailingSince.IsZero() {
			t.Error("the endpoint is noted as failing")
		}
		again, _ := w.claimed(t, e.ID)
		if again.ID != cut.ID || again.Attempts != 2 || again.Step != 0 {
			t.Errorf("%+v after %+v", again, cut)
		}
		if d := must(w.Delivery(t.Context(), w.workspace.ID, cut.ID))(t); d.Tries[0].Outcome != delivery.AttemptUnknown || d.Tries[0].Failure == "" {
			t.Errorf("%+v", d.Tries)
		}
	},
	"a verdict moves the delivery and the endpoint": func(t *testing.T, w *world) {
		e := w.endpoint(t, "*")
		w.announced(t, event.RunFailed, e.ID)
		d, _ := w.claimed(t, e.ID)
		w.settled(t, d, delivery.Verdict{State: delivery.Pending, DueAt: time.Now().Add(-time.Minute),
			Attempt: delivery.Attempt{Status: 500, Outcome: delivery.AttemptFailed, Failure: "Answered with 500.", Response: "no"}})
		if got := must(w.Endpoint(t.Context(), w.workspace.ID, e.ID))(t); got.FailingSince.IsZero() {
			t.Error("the endpoint is not noted as failing")
		}
		d, _ = w.claimed(t, e.ID)
		if d.Step != 1 {
			t.Errorf("step %d", d.Step)
		}
		w.settled(t, d, delivery.Verdict{State: delivery.Delivered, Attempt: delivery.Attempt{Status: 200, Outcome: delivery.AttemptDelivered}})
		got := must(w.Delivery(t.Context(), w.workspace.ID, d.ID))(t)
		if got.State != delivery.Delivered || got.EndedAt.IsZero() || len(got.Tries) != 2 || got.Tries[0].Status != 500 || got.Tries[0].Response != "no" {
			t.Errorf("%+v", got)
		}
		if got := must(w.Endpoint(t.Context(), w.workspace.ID, e.ID))(t); !got.FailingSince.IsZero() {
			t.Error("the endpoint is still noted as failing")
		}
		nothingDue(t, w, e.ID)
	},
	"a disabled endpoint keeps what waits until it is active": func(t *testing.T, w *world) {
		e := w.endpoint(t, "*")
		w.announced(t, event.RunFailed, e.ID)
		w.announced(t, event.RunFailed, e.ID)
		d, _ := w.claimed(t, e.ID)
		w.settled(t, d, delivery.Verdict{State: delivery.Failed, Disable: "Gone.", Attempt: delivery.Attempt{Status: 410, Outcome: delivery.AttemptFailed}})
		if got := must(w.Endpoint(t.Context(), w.workspace.ID, e.ID))(t); got.State != delivery.Disabled || got.Reason != "Gone." {
			t.Errorf("%+v", got)
		}
		nothingDue(t, w, e.ID)
		must(w.ChangeEndpoint(t.Context(), w.workspace.ID, e.ID, func(e *delivery.Endpoint, _ time.Time) error { e.State = delivery.Active; return nil }))(t)
		w.claimed(t, e.ID)
	},
	"who wants to know is told once that an endpoint is disabled": func(t *testing.T, w *world) {
		e, other := w.endpoint(t, "*"), w.endpoint(t, "endpoint.disabled")
		w.announced(t, event.RunFailed, e.ID)
		w.announced(t, event.RunFailed, e.ID)
		first, _ := w.claimed(t, e.ID)
		second, _ := w.claimed(t, e.ID)
		for _, d := range []delivery.Delivery{first, second} {
			w.settled(t, d, delivery.Verdict{
				State: delivery.Failed, Disable: "Gone.", Attempt: delivery.Attempt{Status: 410, Outcome: delivery.AttemptFailed},
				Notice: &delivery.Notice{Outgoing: event.NewOutgoing(w.workspace.ID, event.EndpointDisabled, time.Now(), map[string]any{"reason": "Gone."}), Endpoints: []string{other.ID}},
			})
		}
		if d, _ := w.claimed(t, other.ID); d.Type != event.EndpointDisabled {
			t.Errorf("told of %q", d.Type)
		}
		nothingDue(t, w, other.ID)
	},
	"what was sent can be sent again under the same id": func(t *testing.T, w *world) {
		e := w.endpoint(t, "*")
		w.announced(t, event.RunFailed, e.ID)
		first, _ := w.claimed(t, e.ID)
		w.settled(t, first, delivery.Verdict{State: delivery.Delivered, Attempt: delivery.Attempt{Outcome: delivery.AttemptDelivered}})
		if err := w.Resend(t.Context(), "ws_other", first.ID); !errors.Is(err, engine.ErrNotFound) {
			t.Errorf("of another workspace: %v", err)
		}
		if err := w.Resend(t.Context(), w.workspace.ID, first.ID); err != nil {
			t.Fatal(err)
		}
		if again, _ := w.claimed(t, e.ID); again.EventID != first.EventID || again.Attempts != 2 || again.Step != 0 {
			t.Errorf("%+v", again)
		}
	},
	"recover makes due what was missed and wanted, and no more": func(t *testing.T, w *world) {
		since := must(w.Now(t.Context()))(t).Add(-time.Minute)
		e := w.endpoint(t, "run.*")
		taken, failed := w.announced(t, event.RunFailed, e.ID), ""
		d, _ := w.claimed(t, e.ID)
		w.settled(t, d, delivery.Verdict{State: delivery.Delivered, Attempt: delivery.Attempt{Outcome: delivery.AttemptDelivered}})
		failed = w.announced(t, event.RunFailed, e.ID)
		d, _ = w.claimed(t, e.ID)
		w.settled(t, d, delivery.Verdict{State: delivery.Failed, Attempt: delivery.Attempt{Outcome: delivery.AttemptFailed}})
		w.announced(t, event.RunSucceeded) // while the endpoint was disabled
		w.announced(t, event.WaitReplied)  // not wanted
		if n := must(w.Recover(t.Context(), e, since.Add(time.Hour)))(t); n != 0 {
			t.Errorf("since an hour ahead: %d", n)
		}
		if n := must(w.Missed(t.Context(), e, since))(t); n != 2 {
			t.Errorf("missed %d", n)
		}
		if n := must(w.Recover(t.Context(), e, since))(t); n != 2 {
			t.Errorf("%d are due, want 2", n)
		}
		for range 2 {
			if d, _ := w.claimed(t, e.ID); d.ID == taken || d.ID != failed && d.Type != event.RunSucceeded {
				t.Errorf("%+v", d)
			}
		}
		nothingDue(t, w, e.ID)
	},
	"deliveries are listed by endpoint, state and type, and go with their endpoint": func(t *testing.T, w *world) {
		a, b := w.endpoint(t, "*"), w.endpoint(t, "*")
		w.announced(t, event.RunFailed, a.ID, b.ID)
		w.announced(t, event.RunSucceeded, a.ID)
		count := func(f delivery.Filter) int {
			return len(must(w.ListDeliveries(t.Context(), w.workspace.ID, f, list.Page{}))(t))
		}
		for want, f := range map[int]delivery.Filter{3: {}, 2: {EndpointID: a.ID}, 1: {EndpointID: a.ID, Type: event.RunFailed}, 0: {State: delivery.Failed}} {
			if got := count(f); got != want {
				t.Errorf("%+v: %d, want %d", f, got, want)
			}
		}
		if err := w.DeleteEndpoint(t.Context(), w.workspace.ID, a.ID); err != nil {
			t.Fatal(err)
		}
		if got := count(delivery.Filter{}); got != 1 {
			t.Errorf("%d are left", got)
		}
	},
}
