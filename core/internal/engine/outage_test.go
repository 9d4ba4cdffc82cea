package engine_test

import (
	"context"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/cordboard/cordboard/core/internal/connection"
	"github.com/cordboard/cordboard/core/internal/conversation"
	"github.com/cordboard/cordboard/core/internal/engine"
	"github.com/cordboard/cordboard/core/internal/id"
	"github.com/cordboard/cordboard/core/internal/inspect"
	"github.com/cordboard/cordboard/core/internal/list"
	"github.com/cordboard/cordboard/core/internal/run"
)

// onWire is askFlow under another name, which asks on another connection.
var onWire = strings.NewReplacer("name: ask\n", "name: other\n", "do: chat.say, connection: line", "do: chat.say, connection: wire").Replace(askFlow)

// newWire gives the world a second connection and a flow that asks on it.
func (w *world) newWire() string {
	w.Helper()
	wire, err := w.store.InsertConnection(w.Context(), connection.Connection{ID: id.New("con"), WorkspaceID: w.workspace.ID, Name: "wire", Connector: "chat"})
	w.check(err)
	w.line.wire = wire.ID
	w.publish(onWire)
	return wire.ID
}

// TestR6OneConnectionIsInGrace: of two connections one could not receive. Its waits are held until it does and a grace
// longer, and an answer from before the deadline that comes in it counts; the other's fire on time.
func TestR6OneConnectionIsInGrace(t *testing.T) {
	onBoth(t, func(t *testing.T, url string) {
		const grace = 2 * time.Second
		w := newWorld(t, url, askFlow, func(c *engine.Config) { c.Grace = grace })
		wire := w.newWire()
		other := "+34600111333"
		w.check(w.store.NotHeard(t.Context(), wire))
		w.send(ordered("o1", phone), ordered("o2", other))
		w.until("both flows have asked both", func() bool {
			waits, err := w.store.ListWaits(w.Context(), w.workspace.ID, inspect.WaitFilter{}, list.Page{Limit: 10})
			w.check(err)
			return len(waits) == 4
		})
		var line, held []string
		for _, r := range w.runs() {
			if r.State.Facts.FlowName == "ask" {
				line = append(line, r.ID)
			} else {
				held = append(held, r.ID)
			}
		}
		for _, id := range line {
			w.until("the other connection's wait has fired", func() bool { return w.detail(id).Run.State.Status == run.Succeeded })
			d := w.detail(id)
			w.wantPath(d, "ask", "answer.no_response", "remind")
			if slices.Contains(kinds(d), engine.WaitHeld) {
				t.Errorf("it was held: %v", kinds(d))
			}
		}
		for _, id := range held {
			w.until("the wait is held", func() bool { return slices.Contains(kinds(w.detail(id)), engine.WaitHeld) })
			if d := w.detail(id); d.Waits[0].State != run.WaitOpen || !strings.Contains(d.WaitEvents[len(d.WaitEvents)-1].Detail, "can't receive since") {
				t.Errorf("while it can't receive the wait is %s: %+v", d.Waits[0].State, d.WaitEvents)
			}
		}
		w.check(w.store.Heard(t.Context(), wire))
		back := time.Now()
		// The answer was given before the deadline and is brought again now.
		first := w.detail(held[0])
		m := wrote("m1", first.Run.State.Facts.Contact.Phone, "Sí", first.Waits[0].Deadline.Add(-100*time.Millisecond))
		w.engine.Ready(engine.KindRequest, w.receiveOn(wire, m))
		w.until("the answer counts", func() bool { return w.detail(held[0]).Run.State.Status == run.Succeeded })
		w.wantPath(w.detail(held[0]), "ask", "answer.default", "thank")
		if got := w.disposition("m1"); got != conversation.Matched {
			t.Errorf("the answer is %s", got)
		}
		w.sweep("the silent one has fired", func() bool { return w.detail(held[1]).Run.State.Status == run.Succeeded })
		d := w.detail(held[1])
		w.wantPath(d, "ask", "answer.no_response", "remind")
		if closed := d.Waits[0].ClosedAt; closed.Before(back.Add(grace)) {
			t.Errorf("it fired %s after the outage, within the grace", closed.Sub(back))
		}
		if last := d.WaitEvents[len(d.WaitEvents)-1]; last.Kind != engine.WaitFired || !strings.HasPrefix(last.Detail, "Late by ") {
			t.Errorf("its end is told as %+v", last)
		}
	})
}

// TestR6AConnectorThatDoesNotRunIsAnOutage: requests that nobody can read wait for the connector, however often they are
// tried, and the connection is one that can't receive until one is read.
func TestR6AConnectorThatDoesNotRunIsAnOutage(t *testing.T) {
	onBoth(t, func(t *testing.T, url string) {
		w := newWorld(t, url, patient, nil)
		w.send(ordered("o1", phone))
		w.asked()
		w.line.deaf.Store(true)
		requestID := w.receive(wrote("m1", phone, "Sí", time.Now()))
		for range 7 {
			if err := w.engine.Handle(t.Context(), engine.Alarm{Kind: engine.KindRequest, ID: requestID}); err == nil {
				t.Fatal("the request was dealt with")
			}
		}
		if lost, err := w.store.LostAt(t.Context(), w.connection.ID); err != nil || lost.IsZero() {
			t.Errorf("lost at %s, %v", lost, err)
		}
		w.line.deaf.Store(false)
		w.check(w.engine.Handle(t.Context(), engine.Alarm{Kind: engine.KindRequest, ID: requestID}))
		w.wantPath(w.theRun(run.Succeeded), "ask", "answer.default", "thank")
		if lost, err := w.store.LostAt(t.Context(), w.connection.ID); err != nil || !lost.IsZero() {
			t.Errorf("it is still lost at %s, %v", lost, err)
		}
	})
}

// TestR6TheLongestOverdueFiresFirst: what is held until the same moment fires in the order of the deadlines, and at a bounded
// rate. That is the sweeper's, which finds it when it is overdue; alarms would all fire at once.
func TestR6TheLongestOverdueFiresFirst(t *testing.T) {
	onBoth(t, func(t *testing.T, url string) {
		var alarms atomic.Int64
		w := newWorld(t, url, askFlow, func(c *engine.Config) {
			c.Grace = time.Hour
			c.SetAlarms = func(_ context.Context, set ...engine.Alarm) { alarms.Add(int64(len(set))) }
		})
		w.send(ordered("o1", phone))
		first := w.asked()
		w.publish(strings.Replace(askFlow, "within: 1s", "within: 2s", 1))
		w.send(ordered("o2", "+34600111333"))
		w.until("both are asked", func() bool { return len(w.runs()) == 2 && len(w.detail(w.runs()[0].ID).Waits) == 1 })
		second := w.detail(w.runs()[0].ID)
		w.check(w.store.NotHeard(t.Context(), w.connection.ID))
		w.until("both are overdue", func() bool { return time.Since(second.Waits[0].FireAt) > 0 })
		w.check(w.store.Heard(t.Context(), w.connection.ID))
		w.until("nothing is under way", func() bool { return alarms.Load() == 2 }) // those of the deadlines
		for _, d := range []inspect.RunDetail{second, first} {
			w.check(w.engine.Handle(t.Context(), engine.Alarm{Kind: engine.KindWait, ID: d.Waits[0].ID}))
		}
		a, b := w.detail(first.Run.ID).Waits[0], w.detail(second.Run.ID).Waits[0]
		if a.Holds != 1 || b.Holds != 1 || !a.Deadline.Before(b.Deadline) || !a.FireAt.Before(b.FireAt) || b.FireAt.Sub(a.FireAt) > time.Second {
			t.Errorf("due %s and %s, they fire at %s and %s", a.Deadline, b.Deadline, a.FireAt, b.FireAt)
		}
		if set := alarms.Load() - 2; set != 0 {
			t.Errorf("alarms were set for %d of them", set)
		}
		upcoming, err := w.store.Upcoming(t.Context(), time.Now(), b.FireAt.Add(time.Hour), 10)
		w.check(err)
		if len(upcoming) != 0 {
			t.Errorf("alarms will be set for %+v", upcoming)
		}
	})
}
