package storetest

import (
	"context"
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/cordboard/cordboard/core/internal/access"
	"github.com/cordboard/cordboard/core/internal/alert"
	"github.com/cordboard/cordboard/core/internal/connection"
	"github.com/cordboard/cordboard/core/internal/delivery"
	"github.com/cordboard/cordboard/core/internal/engine"
	"github.com/cordboard/cordboard/core/internal/event"
	"github.com/cordboard/cordboard/core/internal/id"
	"github.com/cordboard/cordboard/core/internal/run"
	"github.com/cordboard/cordboard/sdk/protocol"
)

// fails stores a run that failed a while ago.
func (w *world) fails(kind protocol.FailureKind, ago time.Duration) run.Run {
	w.t.Helper()
	r := w.newRun()
	r.State.Status, r.EndedAt = run.Failed, must(w.Now(w.t.Context()))(w.t).Add(-ago)
	r.State.Failure = &protocol.Failure{Kind: kind, Message: "Ana's order was refused"}
	w.write(func(ctx context.Context, tx engine.Tx) error { return tx.InsertRun(ctx, r, false) })
	return r
}

// raised looks for alerts and returns them without their times; each is told by one letter to everybody.
func (w *world) raised(quiet time.Duration) (alerts []alert.Alert, recipients []string) {
	w.t.Helper()
	told, err := w.Raise(w.t.Context(), 0, quiet, 50, func(_ context.Context, some []alert.Alert, to []string) (out alert.Telling, _ error) {
		recipients = to
		for _, r := range to {
			out.Letters = append(out.Letters, alert.Letter{ID: id.New("mail"), Recipient: r, Subject: "s", Body: "b"})
		}
		return out, nil
	})
	if err != nil {
		w.t.Fatal(err)
	}
	for i := range told {
		if told[i].Since.IsZero() {
			w.t.Errorf("%+v has no time", told[i])
		}
		told[i].Since = time.Time{}
	}
	return told, recipients
}

var alertCases = cases{
	"failed runs are told by flow and kind, the first at once and more of them when it has been quiet": func(t *testing.T, w *world) {
		w.fails(protocol.Permanent, time.Second)
		if told, _ := w.raised(time.Hour); len(told) > 0 {
			t.Errorf("what failed before anybody counted is told: %+v", told)
		}
		w.fails(protocol.Permanent, 0)
		last := w.fails(protocol.Permanent, 0)
		other := w.fails(protocol.Unauthorized, 0)
		flow := alert.Alert{WorkspaceID: w.workspace.ID, Kind: alert.Flow, Subject: w.version.FlowID, Name: "verify", Title: "Verify"}
		permanent, unauthorized := flow, flow
		permanent.Failure, permanent.Count, permanent.RunID = "permanent", 2, last.ID
		unauthorized.Failure, unauthorized.Count, unauthorized.RunID = "unauthorized", 1, other.ID
		told, _ := w.raised(time.Hour)
		slices.SortFunc(told, func(a, b alert.Alert) int { return b.Count - a.Count })
		if !reflect.DeepEqual(told, []alert.Alert{permanent, unauthorized}) {
			t.Errorf("told %+v", told)
		}
		w.fails(protocol.Permanent, 0)
		if told, _ := w.raised(time.Hour); len(told) > 0 {
			t.Errorf("within the hour: %+v", told)
		}
		last = w.fails(protocol.Permanent, 0)
		permanent.RunID, permanent.Told = last.ID, true
		if told, _ := w.raised(0); !reflect.DeepEqual(told, []alert.Alert{permanent}) {
			t.Errorf("after it: %+v", told)
		}
		if told, _ := w.raised(0); len(told) > 0 {
			t.Errorf("again without a failure: %+v", told)
		}
	},
	"a connection is told when it ceases to work, not while it does not": func(t *testing.T, w *world) {
		health := func(h connection.Health) {
			if err := w.SetHealth(t.Context(), w.connection.ID, h, nil); err != nil {
				t.Fatal(err)
			}
		}
		w.raised(time.Hour)
		health(connection.HealthBad)
		want := []alert.Alert{{WorkspaceID: w.workspace.ID, Kind: alert.Connection, Subject: w.connection.ID, Name: "wa", Count: 1}}
		if told, _ := w.raised(time.Hour); !reflect.DeepEqual(told, want) {
			t.Errorf("told %+v", told)
		}
		if told, _ := w.raised(0); len(told) > 0 {
			t.Errorf("still: %+v", told)
		}
		health(connection.HealthGood)
		w.raised(time.Hour)
		health(connection.HealthBad)
		if told, _ := w.raised(time.Hour); len(told) > 0 {
			t.Errorf("to and fro within the hour: %+v", told)
		}
		want[0].Told = true
		if told, _ := w.raised(0); !reflect.DeepEqual(told, want) {
			t.Errorf("after it: %+v", told)
		}
	},
	"an endpoint is told when it was disabled, but not by whom it was disabled by hand": func(t *testing.T, w *world) {
		off := func(reason string) string {
			e := w.endpoint(t, "*")
			must(w.ChangeEndpoint(t.Context(), w.workspace.ID, e.ID, func(e *delivery.Endpoint, _ time.Time) error {
				e.State, e.Reason = delivery.Disabled, reason
				return nil
			}))(t)
			return e.ID
		}
		off(delivery.ByHand)
		gone := off("The address answered 410 Gone.")
		want := []alert.Alert{{WorkspaceID: w.workspace.ID, Kind: alert.Endpoint, Subject: gone, Name: "crm.example.com", Failure: "The address answered 410 Gone.", Count: 1}}
		if told, _ := w.raised(time.Hour); !reflect.DeepEqual(told, want) {
			t.Errorf("told %+v", told)
		}
	},
	"each alert is told by one of many": func(t *testing.T, w *world) {
		w.raised(time.Hour)
		for range 5 {
			w.fails(protocol.Permanent, 0)
		}
		told := atOnce(t, 8, func(int) (bool, error) {
			some, err := w.Raise(context.Background(), 0, time.Hour, 50, func(context.Context, []alert.Alert, []string) (alert.Telling, error) {
				return alert.Telling{News: []alert.News{{Event: event.NewOutgoing(w.workspace.ID, event.AlertFlow, time.Now(), nil)}}}, nil
			})
			return len(some) > 0, err
		})
		if told != 1 {
			t.Errorf("told %d times", told)
		}
	},
	"letters go to owners and admins who want them, each taken by one until its lease ends": func(t *testing.T, w *world) {
		w.raised(time.Hour)
		owner, admin, muted, gone := w.member(access.Owner), w.member(access.Administrator), w.member(access.Owner), w.member(access.Owner)
		w.member(access.Builder)
		must(w.ChangeUser(t.Context(), w.workspace.ID, muted.ID, func(u *access.User, _ []access.User, _ time.Time) error {
			u.MutesAlerts = true
			return nil
		}))(t)
		must(w.ChangeUser(t.Context(), w.workspace.ID, gone.ID, func(u *access.User, _ []access.User, now time.Time) error {
			u.DisabledAt = now
			return nil
		}))(t)
		w.fails(protocol.Permanent, 0)
		want := []string{admin.Email, owner.Email}
		slices.Sort(want)
		if _, to := w.raised(time.Hour); !slices.Equal(to, want) {
			t.Errorf("recipients %q, want %q", to, want)
		}
		var got []string
		take := func(lease time.Duration) alert.Letter {
			l, ok, err := w.TakeLetter(t.Context(), lease)
			if err != nil || !ok || l.Subject != "s" || l.Body != "b" {
				t.Fatalf("took %+v, %v, %v", l, ok, err)
			}
			return l
		}
		for range want {
			l := take(time.Hour)
			got = append(got, l.Recipient)
			if l.Attempts != 1 {
				t.Errorf("%d attempts", l.Attempts)
			}
			if err := w.PostponeLetter(t.Context(), l.ID, time.Hour); err != nil {
				t.Fatal(err)
			}
		}
		slices.Sort(got)
		if _, ok, err := w.TakeLetter(t.Context(), time.Hour); ok || err != nil || !slices.Equal(got, want) {
			t.Errorf("took %q and more: %v, %v", got, ok, err)
		}
		w.fails(protocol.Retryable, 0)
		w.raised(time.Hour)
		first := take(0) // whose taker dies
		if second := take(0); second.ID != first.ID && second.Attempts != 1 {
			t.Errorf("took %+v after %+v", second, first)
		}
		if err := w.DropLetter(t.Context(), first.ID); err != nil {
			t.Fatal(err)
		}
		if last := take(time.Hour); last.ID == first.ID {
			t.Error("a letter was sent and is there")
		}
	},
}
