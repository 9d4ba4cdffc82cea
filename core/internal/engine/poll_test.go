package engine_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/cordboard/cordboard/core/internal/engine"
	"github.com/cordboard/cordboard/core/internal/publish"
	"github.com/cordboard/cordboard/sdk/protocol"
)

// TestAPageStartsOnlyTheFlowThatAsked: two flows poll the same list, each for something else.
func TestAPageStartsOnlyTheFlowThatAsked(t *testing.T) {
	onBoth(t, func(t *testing.T, url string) {
		w := newWorld(t, url, patient, nil)
		w.publish(strings.Replace(patient, "name: ask", "name: other", 1))
		_, _, err := w.store.Publish(t.Context(), publish.Publication{
			WorkspaceID: w.workspace.ID, Name: "other", Source: []byte(strings.Replace(patient, "name: ask", "name: other", 1)),
			Connectors: map[string]string{"chat": "2"}, EventType: "chat.ordered", ConnectionID: w.connection.ID,
			Poll: &publish.Poll{Connector: "chat", Trigger: "ordered", Input: json.RawMessage(`{}`), Every: time.Minute},
		})
		w.check(err)
		due, err := w.store.DuePolls(t.Context(), time.Now().Add(time.Hour), 10)
		w.check(err)
		page := engine.Page{
			FlowID: due[0].FlowID, WorkspaceID: w.workspace.ID, ConnectionID: w.connection.ID, Connector: "chat", Revision: due[0].Revision,
			Cursor: "2", DueAt: time.Now(), Events: []protocol.Event{ordered("o1", phone), ordered("o2", "+34600111333")},
		}
		w.check(w.engine.TakePage(t.Context(), page))
		if err := w.engine.TakePage(t.Context(), page); !errors.Is(err, engine.ErrLost) { // the node that lost the poll reads the same
			t.Errorf("the second time: %v", err)
		}
		runs := w.runs()
		if len(runs) != 2 {
			t.Fatalf("%d runs, want one for each of two orders", len(runs))
		}
		for _, r := range runs {
			if r.FlowID != page.FlowID {
				t.Errorf("flow %s began a run; %s asked", r.FlowID, page.FlowID)
			}
		}
		if due, err = w.store.DuePolls(t.Context(), time.Now(), 10); err != nil || len(due) != 1 || due[0].Cursor != "2" {
			t.Errorf("the poll is at %+v, %v", due, err)
		}
	})
}

// TestWhatAWebhookToldIsNotToldAgain: a flow that is caught up with starts once for each event, whichever way it came, and in
// whichever order.
func TestWhatAWebhookToldIsNotToldAgain(t *testing.T) {
	onBoth(t, func(t *testing.T, url string) {
		w := newWorld(t, url, patient, nil)
		source := strings.Replace(patient, "name: ask", "name: other", 1)
		w.publish(source)
		_, _, err := w.store.Publish(t.Context(), publish.Publication{
			WorkspaceID: w.workspace.ID, Name: "other", Source: []byte(source), Connectors: map[string]string{"chat": "2"}, EventType: "chat.ordered",
			ConnectionID: w.connection.ID, Poll: &publish.Poll{Connector: "chat", Trigger: "ordered", Input: json.RawMessage(`{}`), Every: time.Minute},
		})
		w.check(err)
		due, err := w.store.DuePolls(t.Context(), time.Now().Add(time.Hour), 10)
		w.check(err)
		runs := func() (n int) {
			for _, r := range w.runs() {
				if r.FlowID == due[0].FlowID {
					n++
				}
			}
			return n
		}
		w.send(ordered("told", phone))
		w.until("the webhook is read", func() bool { return runs() == 1 })
		w.check(w.engine.TakePage(t.Context(), engine.Page{
			FlowID: due[0].FlowID, WorkspaceID: w.workspace.ID, ConnectionID: w.connection.ID, Connector: "chat", Revision: due[0].Revision,
			Cursor: "2", DueAt: time.Now(), Events: []protocol.Event{ordered("told", phone), ordered("late", "+34600111333"), ordered("lost", "+34600111444")},
		}))
		if n := runs(); n != 3 {
			t.Fatalf("%d runs, want one for each of three orders", n)
		}
		w.send(ordered("late", "+34600111333"), ordered("last", "+34600111555"))
		w.until("the webhooks are read", func() bool { return runs() >= 4 })
		if n := runs(); n != 4 {
			t.Errorf("%d runs, want one for each of four orders", n)
		}
	})
}
