package engine_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/cordboard/cordboard/core/internal/engine"
	"github.com/cordboard/cordboard/core/internal/flow"
	"github.com/cordboard/cordboard/core/internal/run"
	"github.com/cordboard/cordboard/sdk/protocol"
)

// manual is patient, started by hand.
var manual = strings.Replace(patient, "{on: chat.ordered, connection: line}", "{on: manual}", 1)

func (w *world) newStart(key string) engine.Start {
	w.Helper()
	f, err := w.store.Flow(w.Context(), w.workspace.ID, "ask")
	w.check(err)
	return engine.Start{
		WorkspaceID: w.workspace.ID, FlowID: f.ID, VersionID: f.LiveVersionID, ConnectionID: w.connection.ID, Key: key,
		Data: json.RawMessage(`{"phone":"` + phone + `","id":9007199254740993}`),
	}
}

func TestStartBeginsOneRunForAKey(t *testing.T) {
	onBoth(t, func(t *testing.T, url string) {
		w := newWorld(t, url, manual, nil)
		first, err := w.engine.Start(t.Context(), w.newStart("k"))
		w.check(err)
		again, err := w.engine.Start(t.Context(), w.newStart("k"))
		w.check(err)
		if !first.Fresh || again.Fresh || again.RunID != first.RunID {
			t.Errorf("first %+v, then %+v", first, again)
		}
		d := w.asked()
		if string(d.Run.State.Facts.Event) != `{"phone":"+34600111222","id":9007199254740993}` || d.Run.State.Facts.Contact.Phone != phone {
			t.Errorf("the run sees %s and %+v", d.Run.State.Facts.Event, d.Run.State.Facts.Contact)
		}
		other, err := w.engine.Start(t.Context(), w.newStart(""))
		w.check(err)
		if !other.Fresh || other.RunID == first.RunID || len(w.runs()) != 2 {
			t.Errorf("without a key: %+v, %d runs", other, len(w.runs()))
		}
	})
}

func TestStartTakesTheGivenContactWhereTheFlowFindsNobody(t *testing.T) {
	onBoth(t, func(t *testing.T, url string) {
		w := newWorld(t, url, manual, nil)
		in := w.newStart("k")
		in.Data, in.Contact = json.RawMessage(`{"phone":""}`), protocol.Contact{Phone: "+34 600 111 999", Name: "Ana"}
		_, err := w.engine.Start(t.Context(), in)
		w.check(err)
		if got := w.asked().Run.State.Facts.Contact; got.Phone != "+34600111999" || got.Name != "Ana" {
			t.Errorf("the run is about %+v", got)
		}
	})
}

func TestStartRefusesWhatCannotBeUsed(t *testing.T) {
	onBoth(t, func(t *testing.T, url string) {
		w := newWorld(t, url, manual, nil)
		in := w.newStart("k")
		in.Data, in.Contact = json.RawMessage(`[1]`), protocol.Contact{Phone: "600", Email: "ana"}
		_, err := w.engine.Start(t.Context(), in)
		var wrong *flow.InputError
		if !errors.As(err, &wrong) || len(wrong.Problems) != 3 || wrong.Problems[0].Path != "data" || wrong.Problems[1].Path != "contact.phone" {
			t.Errorf("got %v", err)
		}
		if _, err := w.store.SetFlowEnabled(t.Context(), w.workspace.ID, "ask", false); err != nil {
			t.Fatal(err)
		}
		if _, err := w.engine.Start(t.Context(), w.newStart("k")); !errors.Is(err, engine.ErrNotFound) {
			t.Errorf("a flow that is off: %v", err)
		}
		if runs := w.runs(); len(runs) != 0 {
			t.Errorf("%d runs", len(runs))
		}
	})
}

// TestStartDoesNotWaitForTheCall: the answer comes once the run is stored.
func TestStartDoesNotWaitForTheCall(t *testing.T) {
	onBoth(t, func(t *testing.T, url string) {
		w := newWorld(t, url, manual, nil)
		release := make(chan struct{})
		w.line.answer = func(in engine.Invocation) (protocol.Result, error) {
			<-release
			return said(in), nil
		}
		_, err := w.engine.Start(t.Context(), w.newStart("k"))
		close(release)
		w.check(err)
		w.asked()
	})
}

// TestARunAboutNobodyFailsWhereItWouldWait: the message goes out, as the flow says, and then there is nobody to wait for.
func TestARunAboutNobodyFailsWhereItWouldWait(t *testing.T) {
	onBoth(t, func(t *testing.T, url string) {
		w := newWorld(t, url, manual, nil)
		in := w.newStart("k")
		in.Data = json.RawMessage(`{"phone":"none"}`)
		_, err := w.engine.Start(t.Context(), in)
		w.check(err)
		d := w.theRun(run.Failed)
		if f := d.Run.State.Failure; f == nil || !strings.Contains(f.Message, "nobody to wait for") {
			t.Errorf("it failed with %+v", f)
		}
	})
}
