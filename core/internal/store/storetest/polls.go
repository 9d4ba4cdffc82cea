package storetest

import (
	"context"
	"encoding/json"
	"errors"
	"testing"
	"time"

	"github.com/cordboard/cordboard/core/internal/engine"
	"github.com/cordboard/cordboard/core/internal/publish"
	"github.com/cordboard/cordboard/core/internal/trigger"
	"github.com/cordboard/cordboard/sdk/protocol"
)

// polled publishes the world's flow with a poll that asks for something, or with none for "".
func (w *world) polled(input string) {
	w.t.Helper()
	p := publish.Publication{WorkspaceID: w.workspace.ID, Name: "verify", Source: []byte("name: verify # " + input + "\n"),
		EventType: "echo.listed", ConnectionID: w.connection.ID}
	if input != "" {
		p.Poll = &publish.Poll{Connector: "echo", Trigger: "listed", Input: json.RawMessage(input), Every: time.Minute}
	}
	if _, _, err := w.Publish(w.t.Context(), p); err != nil {
		w.t.Fatal(err)
	}
}

// duePoll returns the world's poll if it is due by a time far ahead, else nil.
func (w *world) duePoll() *trigger.Poll {
	w.t.Helper()
	for _, p := range must(w.DuePolls(w.t.Context(), time.Now().Add(time.Hour), 1000))(w.t) {
		if p.FlowID == w.version.FlowID {
			return &p
		}
	}
	return nil
}

var pollCases = cases{
	"a poll comes and goes with the version that has it": func(t *testing.T, w *world) {
		w.polled(`{ "queue":"a" }`)
		p := w.duePoll()
		if p == nil || p.FlowID != w.version.FlowID || p.ConnectionID != w.connection.ID || p.Connector != "echo" || p.Trigger != "listed" ||
			string(p.Input) != `{ "queue":"a" }` || p.Every != time.Minute || p.Cursor != "" {
			t.Fatalf("got %+v", p)
		}
		w.polled("")
		if p := w.duePoll(); p != nil {
			t.Errorf("after a version without: %+v", p)
		}
	},
	"a poll reads on unless it asks for something else": func(t *testing.T, w *world) {
		w.polled(`{"queue":"a"}`)
		p := *w.duePoll()
		p.Cursor, p.Failure, p.FailingSince = "7", &protocol.Failure{Kind: protocol.Retryable, Message: "no"}, time.Unix(5, 0).UTC()
		if saved := must(w.SavePoll(t.Context(), p))(t); !saved {
			t.Fatal("not saved")
		}
		if again := w.duePoll(); again.Cursor != "7" || again.Failure.Message != "no" || !again.FailingSince.Equal(p.FailingSince) {
			t.Errorf("got %+v", again)
		}
		if saved := must(w.SavePoll(t.Context(), p))(t); saved {
			t.Error("an old revision was saved")
		}
		w.polled(`{"queue":"b"}`)
		if other := w.duePoll(); other.Cursor != "" || other.Revision <= p.Revision {
			t.Errorf("asking for something else: %+v", other)
		}
	},
	"a flow that takes no events is not polled, and begins with what is new afterwards": func(t *testing.T, w *world) {
		w.polled(`{}`)
		p := *w.duePoll()
		p.Cursor = "7"
		must(w.SavePoll(t.Context(), p))(t)
		must(w.SetFlowEnabled(t.Context(), w.workspace.ID, "verify", false))(t)
		if p := w.duePoll(); p != nil {
			t.Errorf("while it is off: %+v", p)
		}
		must(w.SetFlowEnabled(t.Context(), w.workspace.ID, "verify", true))(t)
		if p := w.duePoll(); p == nil || p.Cursor != "" {
			t.Errorf("afterwards: %+v", p)
		}
	},
	"of two nodes one saves a page, and the other's events go with it": func(t *testing.T, w *world) {
		w.polled(`{}`)
		p := *w.duePoll()
		won := atOnce(t, 2, func(int) (saved bool, err error) {
			err = w.Write(t.Context(), nil, func(ctx context.Context, tx engine.Tx) (err error) {
				if _, err = tx.Receive(ctx, engine.Incoming{Event: w.newEvent()}); err != nil {
					return err
				}
				if saved, err = tx.SavePage(ctx, p.FlowID, p.Revision, "9", time.Now()); err == nil && !saved {
					err = engine.ErrLost
				}
				return err
			})
			if errors.Is(err, engine.ErrLost) {
				return false, nil
			}
			return saved, err
		})
		if p := w.duePoll(); won != 1 || p.Cursor != "9" {
			t.Errorf("%d won, cursor %q", won, p.Cursor)
		}
	},
}
