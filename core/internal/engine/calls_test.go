package engine_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"github.com/cordboard/cordboard/core/internal/conversation"
	"github.com/cordboard/cordboard/core/internal/engine"
	"github.com/cordboard/cordboard/core/internal/run"
	"github.com/cordboard/cordboard/core/internal/store"
	"github.com/cordboard/cordboard/sdk/protocol"
)

func oneCall(action string) string {
	return "name: one\ntitle: One\ntrigger: {on: chat.ordered, connection: line}\ncontact: {phone: \"{{ event.phone }}\"}\nsteps:\n" +
		"  - {id: act, do: chat." + action + ", connection: line, with: {text: hello}}\n"
}

// interrupted starts a run whose node dies between intent and record, and returns what happened when another node
// took over: the calls that were made in all.
func interrupted(t *testing.T, url, action string) *world {
	t.Helper()
	dead := make(chan struct{})
	calling := make(chan struct{})
	w := newWorld(t, url, oneCall(action), nil)
	var lost atomic.Bool
	w.line.answer = func(in engine.Invocation) (protocol.Result, error) {
		if lost.Swap(true) {
			return said(in), nil
		}
		close(calling)
		<-dead // the first call never comes back
		return protocol.Result{}, errors.New("the node is gone")
	}
	w.send(ordered("o1", phone))
	<-calling
	w.check(w.store.LeaveNode(w.Context(), w.node))
	t.Cleanup(func() { close(dead) })
	w.start(nil)
	runID := w.runs()[0].ID
	w.check(w.engine.Handle(w.Context(), engine.Alarm{Kind: engine.KindRun, ID: runID}))
	return w
}

// TestLostCallThatMayBeRepeated: it is made again under the same key, and the run goes on.
func TestLostCallThatMayBeRepeated(t *testing.T) {
	onBoth(t, func(t *testing.T, url string) {
		w := interrupted(t, url, "look")
		w.theRun(run.Succeeded)
		w.line.mu.Lock()
		defer w.line.mu.Unlock()
		if len(w.calls) != 2 || w.calls[0].IdempotencyKey != w.calls[1].IdempotencyKey {
			t.Errorf("calls %+v", w.calls)
		}
	})
}

// TestLostMessageIsNeverSentAgain: its outcome is settled by the provider's status, which carries the call's key.
func TestLostMessageIsNeverSentAgain(t *testing.T) {
	onBoth(t, func(t *testing.T, url string) {
		w := interrupted(t, url, "say")
		d := w.theRun(run.Waiting)
		if d.Run.State.Phase != run.PhaseSettling {
			t.Fatalf("the run is %s", d.Run.State.Phase)
		}
		w.send(status("s1", d.Run.ID+":act", protocol.StatusSent))
		d = w.theRun(run.Succeeded)
		if calls := w.called(d.Run.ID); len(calls) != 1 {
			t.Errorf("calls %v", calls)
		}
		if d.Messages[0].ProviderID == "" {
			t.Error("the message's id at the provider is not known")
		}
	})
}

// TestLostMessageThatWasToldOfBefore: the provider's status came while the node was dead and nobody had noticed.
func TestLostMessageThatWasToldOfBefore(t *testing.T) {
	onBoth(t, func(t *testing.T, url string) {
		w := newWorld(t, url, oneCall("say"), withoutAlarms)
		node := w.mortalNode(afterCall, 0, withoutAlarms)
		w.send(ordered("o1", phone))
		<-node.died
		dead := w.node
		w.start(withoutAlarms)
		w.send(status("s1", w.theRun(run.Running).Run.ID+":act", protocol.StatusDelivered))
		w.until("the message is delivered", func() bool {
			d := w.theRun(run.Running)
			return d.Messages[0].Status == conversation.Delivered
		})
		w.check(w.store.LeaveNode(w.Context(), dead))
		w.sweep("the run has ended", func() bool { return w.runs()[0].State.Status.Ended() })
		d := w.theRun(run.Succeeded)
		if calls := w.called(d.Run.ID); len(calls) != 1 {
			t.Errorf("calls %v", calls)
		}
	})
}

// TestLostChargeIsShown: nobody will tell its outcome, so a person has to look.
func TestLostChargeIsShown(t *testing.T) {
	onBoth(t, func(t *testing.T, url string) {
		w := interrupted(t, url, "charge")
		d := w.theRun(run.Failed)
		if f := d.Run.State.Failure; f == nil || f.Kind != protocol.Unknown {
			t.Errorf("failed with %+v", f)
		}
		if calls := w.called(d.Run.ID); len(calls) != 1 {
			t.Errorf("calls %v", calls)
		}
	})
}

// TestACallUnderWayIsLeftToItsNode: another node that looks at the run does nothing while the first one lives.
func TestACallUnderWayIsLeftToItsNode(t *testing.T) {
	onBoth(t, func(t *testing.T, url string) {
		w := newWorld(t, url, oneCall("look"), nil)
		calling, release := make(chan struct{}), make(chan struct{})
		w.line.answer = func(in engine.Invocation) (protocol.Result, error) {
			close(calling)
			<-release
			return said(in), nil
		}
		w.send(ordered("o1", phone))
		<-calling
		w.join(withoutAlarms)
		w.check(w.engine.Handle(w.Context(), engine.Alarm{Kind: engine.KindRun, ID: w.runs()[0].ID}))
		if r := w.runs()[0]; r.State.Status != run.Running || r.State.Attempt != 1 {
			t.Errorf("the run is %s at attempt %d", r.State.Status, r.State.Attempt)
		}
		close(release)
		w.theRun(run.Succeeded)
	})
}

// TestANodeLeavesItsOwnCallAlone: the database could not hear of the node for a while, but the node knows that it lives.
func TestANodeLeavesItsOwnCallAlone(t *testing.T) {
	onBoth(t, func(t *testing.T, url string) {
		w := newWorld(t, url, oneCall("look"), nil)
		calling, release := make(chan struct{}), make(chan struct{})
		w.line.answer = func(in engine.Invocation) (protocol.Result, error) {
			close(calling)
			<-release
			return said(in), nil
		}
		w.send(ordered("o1", phone))
		<-calling
		w.check(w.store.LeaveNode(w.Context(), w.node))
		w.check(w.engine.Handle(w.Context(), engine.Alarm{Kind: engine.KindRun, ID: w.runs()[0].ID}))
		if r := w.runs()[0]; r.State.Status != run.Running || r.State.Attempt != 1 {
			t.Errorf("the run is %s at attempt %d", r.State.Status, r.State.Attempt)
		}
		close(release)
		w.theRun(run.Succeeded)
	})
}

// forgetful is a store whose nth commit of a unit with a contact is not answered, as when the database crashes at that moment.
type forgetful struct {
	engine.Store
	fuse atomic.Int64
}

func (f *forgetful) Write(ctx context.Context, contactIDs []string, unit func(ctx context.Context, tx engine.Tx) error) error {
	err := f.Store.Write(ctx, contactIDs, unit)
	if err == nil && slices.ContainsFunc(contactIDs, func(id string) bool { return id != "" }) && f.fuse.Add(-1) == -1 {
		return store.ErrOutcomeUnknown
	}
	return err
}

// TestACommitThatWasNotAnswered: the node lives on, so nobody else makes the call whose intent it has stored without learning of it.
func TestACommitThatWasNotAnswered(t *testing.T) {
	onBoth(t, func(t *testing.T, url string) {
		const commits = 4 // of the start, of either outcome, and one more
		var f forgetful
		w := newWorld(t, url, oneCall("charge")+"  - {id: again, do: chat.charge, connection: line, with: {text: hello}}\n", func(c *engine.Config) {
			withoutAlarms(c)
			f.Store, c.Store = c.Store, &f
		})
		w.beats()
		for n := range commits {
			f.fuse.Store(int64(n))
			w.send(ordered(fmt.Sprint("order", n), phone))
			w.sweep("the run has ended", func() bool {
				runs := w.runs()
				return len(runs) == n+1 && !slices.ContainsFunc(runs, func(r run.Run) bool { return !r.State.Status.Ended() })
			})
		}
		for _, r := range w.runs() {
			if calls := w.called(r.ID); len(calls) != 2 || r.State.Status != run.Succeeded {
				t.Errorf("a run has %s with calls %v", r.State.Status, calls)
			}
		}
	})
}

// outdated is a store that has read a run before another node took it over.
type outdated struct {
	engine.Store
	run run.Run
}

func (o outdated) Run(context.Context, string) (run.Run, error) { return o.run, nil }

// TestOneNodeTakesOver: two nodes have seen the same lost call.
func TestOneNodeTakesOver(t *testing.T) {
	onBoth(t, func(t *testing.T, url string) {
		w := newWorld(t, url, oneCall("look"), withoutAlarms)
		dead := w.mortalNode(beforeCall, 0, withoutAlarms)
		w.send(ordered("o1", phone))
		<-dead.died
		w.succeed(withoutAlarms)
		lost := w.runs()[0]
		calling, release := make(chan struct{}), make(chan struct{})
		var calls atomic.Int64
		w.line.answer = func(in engine.Invocation) (protocol.Result, error) {
			if calls.Add(1) == 1 {
				close(calling)
				<-release
			}
			return said(in), nil
		}
		looks := make(chan error, 1)
		first := w.engine
		go func() { looks <- first.Handle(w.Context(), engine.Alarm{Kind: engine.KindRun, ID: lost.ID}) }()
		<-calling
		w.join(func(c *engine.Config) { withoutAlarms(c); c.Store = outdated{c.Store, lost} })
		w.check(w.engine.Handle(w.Context(), engine.Alarm{Kind: engine.KindRun, ID: lost.ID}))
		if r := w.runs()[0]; r.Owner != first.Node || calls.Load() > 1 {
			t.Errorf("the second node took it from the first: owner %s, %d calls", r.Owner, calls.Load())
		}
		close(release)
		w.check(<-looks)
	})
}

// TestLateOutcomeIsDropped: the dead node comes back with an answer after another has taken the run over.
func TestLateOutcomeIsDropped(t *testing.T) {
	onBoth(t, func(t *testing.T, url string) {
		w := newWorld(t, url, oneCall("look"), nil)
		calling, release := make(chan struct{}), make(chan struct{})
		var frozenCall atomic.Bool
		w.line.answer = func(in engine.Invocation) (protocol.Result, error) {
			if frozenCall.Swap(true) {
				return said(in), nil
			}
			close(calling)
			<-release
			return protocol.Result{}, &protocol.Failure{Kind: protocol.Permanent, Message: "too late"}
		}
		w.send(ordered("o1", phone))
		<-calling
		frozen := w.engine
		w.check(w.store.LeaveNode(w.Context(), w.node))
		w.start(nil)
		w.check(w.engine.Handle(w.Context(), engine.Alarm{Kind: engine.KindRun, ID: w.runs()[0].ID}))
		w.theRun(run.Succeeded)
		close(release)
		ctx, cancel := context.WithTimeout(w.Context(), patience)
		defer cancel()
		frozen.Stop(ctx)
		w.theRun(run.Succeeded)
	})
}

// TestCase18LateOutcomeOfAQuestionIsDropped: a frozen node comes back with the answer to its send when another node has
// already opened the wait.
func TestCase18LateOutcomeOfAQuestionIsDropped(t *testing.T) {
	onBoth(t, func(t *testing.T, url string) {
		w := newWorld(t, url, patient, nil)
		calling, release := make(chan struct{}), make(chan struct{})
		w.line.answer = func(in engine.Invocation) (protocol.Result, error) {
			if in.StepID == "ask" {
				close(calling)
				<-release
			}
			return said(in), nil
		}
		w.send(ordered("o1", phone))
		<-calling
		frozen := w.engine
		w.succeed(nil)
		r := w.runs()[0]
		w.check(w.engine.Handle(w.Context(), engine.Alarm{Kind: engine.KindRun, ID: r.ID}))
		w.send(status("s1", r.ID+":ask", protocol.StatusSent))
		w.asked()
		close(release)
		ctx, cancel := context.WithTimeout(w.Context(), patience)
		defer cancel()
		frozen.Stop(ctx)
		if ctx.Err() != nil {
			t.Error("the frozen node still tries to store its outcome")
		}
		w.send(wrote("m1", phone, "Sí", time.Now()))
		w.wantPath(w.theRun(run.Succeeded), "ask", "answer.default", "thank")
	})
}

func TestRetries(t *testing.T) {
	onBoth(t, func(t *testing.T, url string) {
		w := newWorld(t, url, oneCall("say"), nil)
		w.line.answer = func(in engine.Invocation) (protocol.Result, error) {
			if in.Attempt == 1 {
				return protocol.Result{}, &protocol.Failure{Kind: protocol.Retryable, Message: "busy", Source: protocol.FromProvider}
			}
			return said(in), nil
		}
		w.send(ordered("o1", phone))
		d := w.theRun(run.Succeeded)
		if calls := w.called(d.Run.ID); len(calls) != 2 || len(d.Messages) != 1 {
			t.Errorf("calls %v, %d messages", calls, len(d.Messages))
		}
	})
}

func TestCancelClosesTheWait(t *testing.T) {
	onBoth(t, func(t *testing.T, url string) {
		w := newWorld(t, url, patient, nil)
		w.send(ordered("o1", phone))
		runID := w.asked().Run.ID
		w.check(w.engine.Cancel(w.Context(), runID, "Ordered by mistake."))
		d := w.theRun(run.Cancelled)
		if d.Waits[0].State != run.WaitCancelled || d.Run.State.Reason != "Ordered by mistake." {
			t.Errorf("wait %s, reason %q", d.Waits[0].State, d.Run.State.Reason)
		}
		if err := w.engine.Cancel(w.Context(), runID, "again"); !errors.Is(err, run.ErrNotExpected) {
			t.Errorf("a second cancel: %v", err)
		}
	})
}

// TestUnreadableRequest: what a connector refuses is set aside with the reason, and holds nobody up.
func TestUnreadableRequest(t *testing.T) {
	onBoth(t, func(t *testing.T, url string) {
		w := newWorld(t, url, patient, nil)
		requestID := w.receive()
		w.check(w.engine.Handle(w.Context(), engine.Alarm{Kind: engine.KindRequest, ID: requestID}))
		if _, _, err := w.store.Request(w.Context(), requestID); !errors.Is(err, engine.ErrNotFound) {
			t.Errorf("a request without events is still unread: %v", err)
		}
		if runs := w.runs(); len(runs) > 0 {
			t.Errorf("it started %d runs", len(runs))
		}
	})
}
