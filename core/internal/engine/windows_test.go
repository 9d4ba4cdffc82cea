package engine_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/cordboard/cordboard/core/internal/engine"
	"github.com/cordboard/cordboard/core/internal/id"
	"github.com/cordboard/cordboard/core/internal/run"
	"github.com/cordboard/cordboard/core/internal/store"
	"github.com/cordboard/cordboard/sdk/protocol"
)

// killPoint is a moment at which a node is killed: a case of the table of kill points, with what must be true once another
// node has taken over. Each is tried with a run of its own.
type killPoint struct {
	name   string
	action string // of the two steps
	at     window
	nth    int64  // such moments that go well before
	calls  string // what the outside world is told in all, by step
	status run.Status
}

// A node writes once for an event with the intent of the first call, once for each outcome with the intent of the next.
var killPoints = []killPoint{
	{"case 4: claimed, the connector not yet called, may be repeated", "look", beforeCall, 0, "act act2", run.Succeeded},
	{"case 4: claimed, the connector not yet called, must not be repeated", "charge", beforeCall, 0, "", run.Failed},
	{"case 5: the outside world was called, may be repeated", "look", afterCall, 0, "act act act2", run.Succeeded},
	{"case 5: the outside world was called, must not be repeated", "charge", afterCall, 0, "act", run.Failed},
	{"case 6: the connector replied, inside the commit", "look", beforeCommit, 1, "act act act2", run.Succeeded},
	{"case 6: the connector replied, inside the commit, must not be repeated", "charge", beforeCommit, 1, "act", run.Failed},
	{"case 7: the result is committed, the next step not begun", "look", afterCommit, 1, "act act2", run.Succeeded},
	{"case 7: the last result is committed", "look", afterCommit, 2, "act act2", run.Succeeded},
	{"case 3: the event is committed, nothing begun", "look", afterCommit, 0, "act act2", run.Succeeded},
}

func TestKillPoints(t *testing.T) {
	for _, k := range killPoints {
		t.Run(k.name, func(t *testing.T) {
			onBoth(t, func(t *testing.T, url string) {
				two := strings.Replace(oneCall(k.action), "act,", "act, retry: {backoff: 1s},", 1) + "  - {id: act2, do: chat.look, connection: line, with: {text: again}}\n"
				w := newWorld(t, url, two, withoutAlarms)
				for n := range max(*trials/10, 1) {
					node := w.mortalNode(k.at, k.nth, withoutAlarms)
					w.send(ordered(fmt.Sprint("o", n), fmt.Sprintf("+346%08d", n)))
					<-node.died
					w.succeed(nil) // with alarms: what is tried again has a pause before it
					w.sweep("the run has ended", func() bool {
						runs := w.runs()
						return len(runs) == n+1 && runs[0].State.Status.Ended()
					})
					k.judge(w)
				}
			})
		})
	}
}

func (k killPoint) judge(w *world) {
	w.Helper()
	r := w.runs()[0]
	if calls := strings.Join(w.called(r.ID), " "); calls != k.calls || r.State.Status != k.status {
		w.Fatalf("it is %s and called %q, want %s and %q", r.State.Status, calls, k.status, k.calls)
	}
	if f := r.State.Failure; k.status == run.Failed && f.Kind != protocol.Unknown {
		w.Fatalf("it failed with %+v", *f)
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, c := range w.calls {
		if c.IdempotencyKey != c.RunID+":"+c.StepID {
			w.Fatalf("step %s was called with the key %q", c.StepID, c.IdempotencyKey)
		}
	}
}

// TestCase2KilledBeforeTheSenderIsAnswered: the bytes are stored and the sender does not learn of it, so it sends again. It
// is told that all is well, and there is one run.
func TestCase2KilledBeforeTheSenderIsAnswered(t *testing.T) {
	onBoth(t, func(t *testing.T, url string) {
		w := newWorld(t, url, oneCall("look"), withoutAlarms)
		for n := range max(*trials/10, 1) {
			request := store.NewRequest{
				ID: id.New("req"), WorkspaceID: w.workspace.ID, ConnectionID: w.connection.ID, Connector: "chat", Method: "POST",
				DeliveryKey: fmt.Sprint("delivery ", n), Body: encoded(ordered(fmt.Sprint("o", n), phone)),
			}
			first := request.ID
			for copies := range 2 {
				fresh, _, err := w.store.InsertRequest(w.Context(), request)
				w.check(err)
				if fresh != (copies == 0) {
					t.Fatalf("copy %d is fresh: %t", copies+1, fresh)
				}
				request.ID = id.New("req")
			}
			w.look(w.engine, engine.Alarm{Kind: engine.KindRequest, ID: first})
			if runs := w.runs(); len(runs) != n+1 || runs[0].State.Status != run.Succeeded {
				t.Fatalf("%d runs, want %d", len(runs), n+1)
			}
		}
	})
}

// TestCase9KilledWhileATimerFires: the transaction stands or it does not; the timer fires once in all.
func TestCase9KilledWhileATimerFires(t *testing.T) {
	quiet := strings.NewReplacer("remind, do: chat.say", "remind, do: chat.look").Replace(patient)
	for _, at := range []window{beforeCommit, afterCommit, beforeCall} {
		t.Run(string(at), func(t *testing.T) {
			onBoth(t, func(t *testing.T, url string) {
				w := newWorld(t, url, quiet, nil)
				for n := range max(*trials/10, 1) {
					w.send(ordered(fmt.Sprint("o", n), fmt.Sprintf("+346%08d", n)))
					w.until("the question is open", func() bool {
						runs := w.runs()
						return len(runs) == n+1 && runs[0].State.Phase == run.PhaseAsking
					})
					wait := w.detail(w.runs()[0].ID).Waits[0]
					node := w.mortalNode(at, 0, withoutAlarms)
					w.reschedule(wait.ID, time.Now().Add(-time.Second))
					w.look(w.engine, engine.Alarm{Kind: engine.KindWait, ID: wait.ID})
					<-node.died
					w.succeed(nil)
					w.sweep("the run has ended", func() bool { return w.runs()[0].State.Status.Ended() })
					d := w.detail(w.runs()[0].ID)
					w.wantPath(d, "ask", "answer.no_response", "remind")
					fired := slices.DeleteFunc(kinds(d), func(k engine.WaitEventKind) bool { return k != engine.WaitFired })
					if calls := w.called(d.Run.ID); len(fired) != 1 || !slices.Equal(calls, []string{"ask", "remind"}) {
						t.Fatalf("it fired %d times, calls %v", len(fired), calls)
					}
				}
			})
		})
	}
}
