package storetest

import (
	"context"
	"encoding/json"
	"errors"
	"reflect"
	"testing"
	"time"

	"github.com/cordboard/cordboard/core/internal/engine"
	"github.com/cordboard/cordboard/core/internal/run"
	"github.com/cordboard/cordboard/sdk/protocol"
)

var runCases = cases{
	"a run comes back as it was stored, with what its expressions see": func(t *testing.T, w *world) {
		e := w.newEvent()
		e.Data = json.RawMessage(`{ "id": 9007199254740993, "name":"Ana <a&b> \u00e9 ' ? ?0" }`)
		r := w.newRun()
		r.EventID = e.ID
		r.State.Vars = map[string]json.RawMessage{"n": json.RawMessage(`12345678901234567890`)}
		r.State.HeldOn, r.State.HeldSince = "line", time.Date(2027, 1, 2, 3, 4, 5, 0, time.UTC)
		r.State.WakeAt = time.Date(2027, 1, 2, 3, 4, 5, 678901000, time.UTC)
		r.State.Failure = &protocol.Failure{Kind: protocol.Retryable, Message: "later", Source: protocol.FromProvider}
		r.State.Steps = map[string]run.StepRun{
			"ask": {StepID: "ask", Number: 1, Kind: "do", Status: run.StepActive, Input: json.RawMessage(`{"to": "+34"}`),
				Attempt: 1, StartedAt: r.CreatedAt},
		}
		w.write(func(ctx context.Context, tx engine.Tx) error {
			if _, err := tx.Receive(ctx, engine.Incoming{Event: e}); err != nil {
				return err
			}
			return tx.InsertRun(ctx, r, false)
		})
		r.Revision = 1
		r.State.Facts = run.Facts{RunID: r.ID, StartedAt: r.CreatedAt, FlowName: "verify", FlowVersion: 1,
			WorkspaceID: w.workspace.ID, WorkspaceName: w.workspace.Name, TimeZone: "Europe/Madrid", Event: e.Data,
			Contact: run.ContactFacts{ID: w.contact.ID, Phone: w.contact.Phone}}
		if got := must(w.Run(t.Context(), r.ID))(t); !reflect.DeepEqual(got, r) {
			t.Errorf("got  %+v\nwant %+v", got, r)
		}
	},
	"of many tries of a step the newest are kept, and an erased contact's tell nothing": func(t *testing.T, w *world) {
		r := w.insertRun()
		w.write(func(ctx context.Context, tx engine.Tx) error {
			for i := range 105 {
				a := run.Attempt{StepID: "ask", Attempt: i + 1, EndedAt: r.CreatedAt.Add(time.Duration(i) * time.Second), Outcome: run.AttemptSucceeded,
					Failure: &protocol.Failure{Message: "to +34"}, Exchanges: []run.Exchange{{Method: "GET", Host: "a.example", Path: "/34600"}}}
				if err := tx.AddAttempt(ctx, r.ID, a); err != nil {
					return err
				}
			}
			return tx.AddAttempt(ctx, r.ID, run.Attempt{StepID: "other", Attempt: 1, EndedAt: r.CreatedAt.Add(time.Hour), Outcome: "unknown"})
		})
		got := must(w.RunDetail(t.Context(), w.workspace.ID, r.ID))(t).Attempts
		if len(got) != 101 || got[0].Number != 6 || got[99].Number != 105 || got[99].Attempt != 105 || got[100].Number != 1 || got[100].StepID != "other" {
			t.Fatalf("%d attempts, the first is %+v", len(got), got[0])
		}
		if a := got[99]; a.Exchanges[0].Path != "/34600" || a.Failure.Message != "to +34" || !a.StartedAt.IsZero() {
			t.Errorf("the last is %+v", a)
		}
		if err := w.EraseContact(t.Context(), w.workspace.ID, w.contact.ID); err != nil {
			t.Fatal(err)
		}
		if a := must(w.RunDetail(t.Context(), w.workspace.ID, r.ID))(t).Attempts[99]; a.Exchanges != nil || a.Failure != nil {
			t.Errorf("still known: %+v", a)
		}
	},
	"a transition stores the state and the changed steps": func(t *testing.T, w *world) {
		r := w.insertRun()
		r.Owner, r.EndedAt = "", r.CreatedAt.Add(time.Minute)
		r.State.Status, r.State.Cursor, r.State.Phase = run.Succeeded, "", run.PhaseNone
		done := run.StepRun{StepID: "ask", Number: 1, Kind: "do", Status: run.StepSucceeded, Output: json.RawMessage(`{"b":1, "a":2}`),
			Attempt: 2, StartedAt: r.CreatedAt, EndedAt: r.EndedAt}
		w.write(func(ctx context.Context, tx engine.Tx) error {
			return tx.SaveRun(ctx, r, []run.StepRun{done})
		})
		got := must(w.Run(t.Context(), r.ID))(t)
		if got.Revision != 2 || got.State.Status != run.Succeeded || !got.EndedAt.Equal(r.EndedAt) || got.Owner != "" {
			t.Errorf("got %+v", got)
		}
		if !reflect.DeepEqual(got.State.Steps["ask"], done) {
			t.Errorf("step: got %+v, want %+v", got.State.Steps["ask"], done)
		}
	},
	"of fifty transitions from one revision one is saved": func(t *testing.T, w *world) {
		r := w.insertRun()
		won := atOnce(t, 50, func(i int) (saved bool, err error) {
			mine := r
			mine.State.Reason = string(rune('A' + i))
			step := run.StepRun{StepID: mine.State.Reason, Number: 1, Status: run.StepActive}
			err = w.Write(t.Context(), nil, func(ctx context.Context, tx engine.Tx) error {
				return tx.SaveRun(ctx, mine, []run.StepRun{step})
			})
			if errors.Is(err, engine.ErrLost) {
				return false, nil
			}
			return err == nil, err
		})
		got := must(w.Run(t.Context(), r.ID))(t)
		if won != 1 || got.Revision != 2 {
			t.Errorf("%d won, revision %d; want one and 2", won, got.Revision)
		}
		if _, ok := got.State.Steps[got.State.Reason]; !ok || len(got.State.Steps) != 1 {
			t.Errorf("steps %v are not only those of the winner %q", got.State.Steps, got.State.Reason)
		}
	},
	"a run that is not there is not found": func(t *testing.T, w *world) {
		if _, err := w.Run(t.Context(), "run_none"); !errors.Is(err, engine.ErrNotFound) {
			t.Errorf("got %v", err)
		}
	},
	"a unit sees what it wrote": func(t *testing.T, w *world) {
		r := w.newRun()
		w.write(func(ctx context.Context, tx engine.Tx) error {
			if err := tx.InsertRun(ctx, r, false); err != nil {
				return err
			}
			_, err := tx.Run(ctx, r.ID)
			return err
		})
	},
}
