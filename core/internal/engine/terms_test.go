package engine_test

import (
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/cordboard/cordboard/core/internal/connection"
	"github.com/cordboard/cordboard/core/internal/conversation"
	"github.com/cordboard/cordboard/core/internal/engine"
	"github.com/cordboard/cordboard/core/internal/event"
	"github.com/cordboard/cordboard/core/internal/id"
	"github.com/cordboard/cordboard/core/internal/inspect"
	"github.com/cordboard/cordboard/core/internal/run"
	"github.com/cordboard/cordboard/core/internal/store"
	"github.com/cordboard/cordboard/sdk/protocol"
)

// on returns a flow whose question waits with these terms, and goes on to the undelivered exit where there is one.
func on(source, terms string) string {
	source = strings.Replace(source, "within: ", terms+", within: ", 1)
	return strings.Replace(source, "    no_response:", "    undelivered:\n      - { id: call, stop: { reason: \"call them\" } }\n    no_response:", 1)
}

// TestR8TheClockStartsWithDelivery: the time for the answer begins when the message arrived, not when it was sent.
func TestR8TheClockStartsWithDelivery(t *testing.T) {
	onBoth(t, func(t *testing.T, url string) {
		w := newWorld(t, url, on(askFlow, "from: delivered, deliver_within: 2h"), nil)
		w.send(ordered("o1", phone))
		r := w.asked().Run
		if wait := w.asked().Waits[0]; !wait.ClockAt.IsZero() || wait.Deadline.Sub(wait.SentAt) != 2*time.Hour {
			t.Errorf("the clock started at %v, the deadline is %v after the sending", wait.ClockAt, wait.Deadline.Sub(wait.SentAt))
		}
		w.send(status("s1", r.ID+":ask", protocol.StatusDelivered))
		d := w.theRun(run.Succeeded)
		w.wantPath(d, "ask", "answer.no_response", "remind")
		if wait := d.Waits[0]; wait.Deadline.Sub(wait.ClockAt) != time.Second {
			t.Errorf("the time for the answer was %v", wait.Deadline.Sub(wait.ClockAt))
		}
		if got := kinds(d); !slices.Equal(got, []engine.WaitEventKind{engine.WaitOpened, engine.WaitClock, engine.WaitFired}) {
			t.Errorf("timeline %v", got)
		}
	})
}

// TestR8NoDeliveryIsNoSilence: what did not arrive in time is undelivered, what arrived and was not opened is silence.
func TestR8NoDeliveryIsNoSilence(t *testing.T) {
	onBoth(t, func(t *testing.T, url string) {
		w := newWorld(t, url, on(patient, "from: read, deliver_within: 1s"), nil)
		w.send(ordered("o1", phone))
		w.wantPath(w.theRun(run.Succeeded), "ask", "answer.undelivered", "call")
	})
	t.Run("arrived", func(t *testing.T) {
		onBoth(t, func(t *testing.T, url string) {
			w := newWorld(t, url, on(patient, "from: read, deliver_within: 1s"), nil)
			w.send(ordered("o1", phone))
			w.send(status("s1", w.asked().Run.ID+":ask", protocol.StatusDelivered))
			w.wantPath(w.theRun(run.Succeeded), "ask", "answer.no_response", "remind")
		})
	})
}

// TestR8AnAnswerIsProofOfDelivery: no status ever came, the answer did.
func TestR8AnAnswerIsProofOfDelivery(t *testing.T) {
	onBoth(t, func(t *testing.T, url string) {
		w := newWorld(t, url, on(patient, "from: delivered"), nil)
		w.send(ordered("o1", phone))
		w.asked()
		w.send(wrote("m1", phone, "yes", time.Now()))
		w.wantPath(w.theRun(run.Succeeded), "ask", "answer.default", "thank")
	})
}

// TestR18CollectTakesSeveralMessagesAsOneAnswer: the answer is complete once the contact has been quiet.
func TestR18CollectTakesSeveralMessagesAsOneAnswer(t *testing.T) {
	onBoth(t, func(t *testing.T, url string) {
		w := newWorld(t, url, on(patient, "collect: { quiet: 2s }"), nil)
		w.send(ordered("o1", phone))
		w.asked()
		w.send(wrote("m1", phone, "I want", time.Now()))
		w.disposition("m1")
		if wait := w.asked().Waits[0]; wait.State != run.WaitCollecting {
			t.Errorf("the wait is %s", wait.State)
		}
		w.send(wrote("m2", phone, "the blue one", time.Now()))
		d := w.theRun(run.Succeeded)
		w.wantPath(d, "ask", "answer.default", "thank")
		if out := string(d.Steps[1].Output); !strings.Contains(out, `"text":"I want\nthe blue one"`) || !strings.Contains(out, `"matched_by":"open_wait"`) {
			t.Errorf("the run reads %s", out)
		}
		for _, key := range []string{"m1", "m2"} {
			if m := w.messages()[key]; m.Disposition != conversation.Matched || m.WaitID != d.Waits[0].ID {
				t.Errorf("%s is %s by %s", key, m.Disposition, m.DecidedBy)
			}
		}
	})
}

// TestR2CollectsWhatWasSaidBeforeTheSendReturned: two messages that came while the provider's response was on its way are
// one answer, too.
func TestR2CollectsWhatWasSaidBeforeTheSendReturned(t *testing.T) {
	onBoth(t, func(t *testing.T, url string) {
		w := newWorld(t, url, on(patient, "collect: { quiet: 2s }"), nil)
		answered := w.whileAsking("o1", phone)
		w.send(wrote("m1", phone, "I want", time.Now()))
		w.disposition("m1")
		w.send(wrote("m2", phone, "the blue one", time.Now()))
		w.disposition("m2")
		answered()
		d := w.theRun(run.Succeeded)
		if out := string(d.Steps[1].Output); !strings.Contains(out, `"text":"I want\nthe blue one"`) {
			t.Errorf("the run reads %s", out)
		}
	})
}

// TestR15CollectEndsAtTheMost: a contact who never is quiet has answered all the same.
func TestR15CollectEndsAtTheMost(t *testing.T) {
	onBoth(t, func(t *testing.T, url string) {
		w := newWorld(t, url, on(patient, "collect: { quiet: 10m, max: 10m }"), nil)
		w.send(ordered("o1", phone))
		w.asked()
		w.send(wrote("m1", phone, "well", time.Now()))
		w.disposition("m1")
		first := w.asked().Waits[0].FireAt
		w.send(wrote("m2", phone, "you see", time.Now()))
		w.disposition("m2")
		if second := w.asked().Waits[0].FireAt; second.After(first) {
			t.Errorf("the end moved from %v to %v", first, second)
		}
	})
}

// TestR9OptOutEndsAnAnswerThatHasBegun: STOP is no part of an answer.
func TestR9OptOutEndsAnAnswerThatHasBegun(t *testing.T) {
	onBoth(t, func(t *testing.T, url string) {
		w := newWorld(t, url, on(patient, "collect: { quiet: 10m, max: 10m }"), nil)
		w.send(ordered("o1", phone))
		w.asked()
		w.send(wrote("m1", phone, "well", time.Now()))
		w.disposition("m1")
		w.send(wrote("m2", phone, "stop", time.Now()))
		d := w.theRun(run.Cancelled)
		if d.Waits[0].State != run.WaitCancelled || d.Waits[0].ClaimedBy != "opt_out" {
			t.Errorf("the wait is %s by %s", d.Waits[0].State, d.Waits[0].ClaimedBy)
		}
	})
}

// TestR9AcceptWhenReadsTheRun: whether an answer counts depends on what the run knows.
func TestR9AcceptWhenReadsTheRun(t *testing.T) {
	onBoth(t, func(t *testing.T, url string) {
		w := newWorld(t, url, on(patient, "accept: { when: reply.text == event.code }"), nil)
		order := ordered("o1", phone)
		order.Data = json.RawMessage(`{"phone":"` + phone + `","code":"4711"}`)
		w.send(order)
		w.asked()
		w.send(wrote("m1", phone, "4712", time.Now()))
		if got := w.disposition("m1"); got != conversation.Refused {
			t.Errorf("the wrong code is %s", got)
		}
		w.send(wrote("m2", phone, "4711", time.Now()))
		w.wantPath(w.theRun(run.Succeeded), "ask", "answer.default", "thank")
	})
}

// TestR10SayAsksForAnotherAnswerOnce: a text goes out with each refusal that leaves a try, beside the run.
func TestR10SayAsksForAnotherAnswerOnce(t *testing.T) {
	onBoth(t, func(t *testing.T, url string) {
		source := strings.Replace(choosing, "retry: { times: 1 }", `retry: { times: 1, say: "Yes or no, {{ event.phone }}?" }`, 1)
		source = strings.Replace(source, `with: {text: "Well?"}`, `with: {to: "{{ event.phone }}", text: "Well?"}`, 1)
		w := newWorld(t, url, source, nil)
		w.send(ordered("o1", phone))
		w.asked()
		w.send(wrote("m1", phone, "what?", time.Now()))
		w.until("another answer is asked for", func() bool { return slices.Contains(kinds(w.asked()), engine.WaitSaid) })
		w.send(wrote("m2", phone, "who?", time.Now()))
		d := w.theRun(run.Succeeded)
		w.wantPath(d, "ask", "answer.invalid", "give_up")
		if calls := w.called(d.Run.ID); !slices.Equal(calls, []string{"ask", "answer"}) {
			t.Errorf("calls %v", calls)
		}
		said := w.line.calls[1]
		if want := `{"text":"Yes or no, ` + phone + `?","to":"` + phone + `"}`; string(said.Input) != want || said.Action != "send_text" {
			t.Errorf("%s with %s, want %s", said.Action, said.Input, want)
		}
		if said.ConnectorVersion != pinnedChat || w.line.calls[0].ConnectorVersion != pinnedChat {
			t.Errorf("it goes to version %q, its question to %q", said.ConnectorVersion, w.line.calls[0].ConnectorVersion)
		}
		if !slices.ContainsFunc(d.Attempts, func(a run.Attempt) bool {
			return a.StepID == "answer" && a.Number == 1 && a.Outcome == run.AttemptSucceeded
		}) {
			t.Errorf("the attempts are %+v", d.Attempts)
		}
		if !slices.ContainsFunc(inspect.Timeline(d, event.Event{}), func(e inspect.Entry) bool {
			return strings.HasPrefix(e.Text, "The call that asks again (1) went well after ")
		}) {
			t.Errorf("the timeline is %+v", inspect.Timeline(d, event.Event{}))
		}
	})
}

// TestR10SayStopsWithTheTries: further answers that do not count are met with silence, and one that counts still does.
func TestR10SayStopsWithTheTries(t *testing.T) {
	onBoth(t, func(t *testing.T, url string) {
		source := on(patient, `accept: { match: "^[0-9]+$" }, retry: { times: 1, say: "A number, please." }`)
		w := newWorld(t, url, strings.Replace(source, `with: {text: "Well?"}`, `with: {to: "x", text: "Well?"}`, 1), nil)
		w.send(ordered("o1", phone))
		w.asked()
		for _, key := range []string{"m1", "m2", "m3"} {
			w.send(wrote(key, phone, "what?", time.Now()))
			w.disposition(key)
		}
		w.send(wrote("m4", phone, "7", time.Now()))
		d := w.theRun(run.Succeeded)
		w.until("all is said", func() bool { return len(w.called(d.Run.ID)) >= 3 })
		if calls := w.called(d.Run.ID); !slices.Equal(calls, []string{"ask", "answer", "thank"}) {
			t.Errorf("calls %v", calls)
		}
	})
}

// TestR13ALateReplyIsReadable: it moves nothing, and later steps read it.
func TestR13ALateReplyIsReadable(t *testing.T) {
	source := strings.Replace(askFlow, `      - {id: remind, do: chat.say, connection: line, with: {text: "Still there?"}}`, `      - {id: pause, delay: {for: 2s}}
      - {id: remind, do: chat.say, connection: line, with: {text: "{{ steps.answer.late_reply.text }}"}}`, 1)
	onBoth(t, func(t *testing.T, url string) {
		w := newWorld(t, url, source, nil)
		w.send(ordered("o1", phone))
		w.until("the run sleeps", func() bool {
			runs := w.runs()
			return len(runs) == 1 && runs[0].State.Phase == run.PhaseSleeping
		})
		w.send(wrote("m1", phone, "sorry, yes", time.Now()))
		if got := w.disposition("m1"); got != conversation.Late {
			t.Errorf("the message is %s", got)
		}
		d := w.theRun(run.Succeeded)
		w.wantPath(d, "ask", "answer.no_response", "pause", "remind")
		w.line.mu.Lock()
		defer w.line.mu.Unlock()
		if got := string(w.line.calls[1].Input); got != `{"text":"sorry, yes"}` {
			t.Errorf("the reminder reads %s", got)
		}
	})
}

// TestR13LateIgnoreLeavesTheMessageToOthers: as if the wait had not been.
func TestR13LateIgnoreLeavesTheMessageToOthers(t *testing.T) {
	onBoth(t, func(t *testing.T, url string) {
		w := newWorld(t, url, on(askFlow, "late: ignore"), nil)
		w.send(ordered("o1", phone))
		w.theRun(run.Succeeded)
		w.send(wrote("m1", phone, "sorry, yes", time.Now()))
		if got := w.disposition("m1"); got != conversation.NoMatch {
			t.Errorf("the message is %s", got)
		}
	})
}

// TestR9AnOptOutEndsTheWaitsOfItsChannel, and no others.
func TestR9AnOptOutEndsTheWaitsOfItsChannel(t *testing.T) {
	onBoth(t, func(t *testing.T, url string) {
		w := newWorld(t, url, patient, nil)
		w.send(ordered("o1", phone))
		w.asked()
		wire := w.newWire()
		w.check(w.engine.Handle(t.Context(), engine.Alarm{Kind: engine.KindRequest, ID: w.receiveOn(wire, wrote("m1", phone, "STOP", time.Now()))}))
		if got := w.disposition("m1"); got != conversation.OptedOut {
			t.Errorf("the message is %s", got)
		}
		if d := w.asked(); d.Waits[0].State != run.WaitOpen {
			t.Errorf("the wait on the other channel is %s", d.Waits[0].State)
		}
		w.send(wrote("m2", phone, "STOP", time.Now()))
		w.untilRuns("ask", run.Cancelled)
	})
}

// TestR20Takeover: a person writes to the contact from outside the run.
func TestR20Takeover(t *testing.T) {
	byHand := func(key string) protocol.Event {
		said := wrote(key, phone, "I take this one", time.Now())
		said.Message.Direction = protocol.Outbound
		return said
	}
	t.Run("the wait goes on", func(t *testing.T) {
		onBoth(t, func(t *testing.T, url string) {
			w := newWorld(t, url, patient, nil)
			w.send(ordered("o1", phone))
			w.asked()
			w.send(byHand("h1"))
			w.until("it is on the timeline", func() bool { return slices.Contains(kinds(w.asked()), engine.WaitTakeover) })
			w.send(wrote("m1", phone, "yes", time.Now()))
			w.wantPath(w.theRun(run.Succeeded), "ask", "answer.default", "thank")
		})
	})
	t.Run("the run ends", func(t *testing.T) {
		onBoth(t, func(t *testing.T, url string) {
			w := newWorld(t, url, on(patient, "on_takeover: cancel"), nil)
			w.send(ordered("o1", phone))
			w.asked()
			w.send(byHand("h1"))
			if d := w.theRun(run.Cancelled); d.Run.State.Reason != conversation.TakeoverReason {
				t.Errorf("ended as %q", d.Run.State.Reason)
			}
		})
	})
	t.Run("a person who writes on another connection changes nothing", func(t *testing.T) {
		onBoth(t, func(t *testing.T, url string) {
			w := newWorld(t, url, on(patient, "on_takeover: cancel"), nil)
			w.send(ordered("o1", phone))
			w.asked()
			wire := w.newWire()
			w.check(w.engine.Handle(t.Context(), engine.Alarm{Kind: engine.KindRequest, ID: w.receiveOn(wire, byHand("h1"))}))
			if d := w.asked(); d.Waits[0].State != run.WaitOpen || slices.Contains(kinds(d), engine.WaitTakeover) {
				t.Errorf("the wait is %s: %v", d.Waits[0].State, kinds(d))
			}
		})
	})
	t.Run("a time that is over is not paused", func(t *testing.T) {
		onBoth(t, func(t *testing.T, url string) {
			w := newWorld(t, url, on(patient, "on_takeover: pause"), withoutAlarms)
			w.send(ordered("o1", phone))
			wait := w.reschedule(w.asked().Waits[0].ID, time.Now().Add(-time.Second))
			w.check(w.engine.Handle(t.Context(), engine.Alarm{Kind: engine.KindRequest, ID: w.receive(byHand("h1"))}))
			if d := w.asked(); d.Waits[0].Paused() || !slices.Contains(kinds(d), engine.WaitTakeover) {
				t.Errorf("the wait stands since %s: %v", d.Waits[0].PausedAt, kinds(d))
			}
			w.check(w.engine.Handle(t.Context(), engine.Alarm{Kind: engine.KindWait, ID: wait.ID}))
			w.wantPath(w.theRun(run.Succeeded), "ask", "answer.no_response", "remind")
		})
	})
	t.Run("the run pauses until it is resumed", func(t *testing.T) {
		onBoth(t, func(t *testing.T, url string) {
			w := newWorld(t, url, on(patient, "on_takeover: pause"), nil)
			w.send(ordered("o1", phone))
			d := w.asked()
			before := d.Waits[0]
			if err := w.engine.Resume(t.Context(), d.Run.ID); !errors.Is(err, engine.ErrNotPaused) {
				t.Errorf("resumed before it was paused: %v", err)
			}
			w.send(byHand("h1"))
			w.until("it is paused", func() bool { return w.asked().Waits[0].Paused() })
			paused := w.asked().Waits[0]
			if left := paused.FireAt.Sub(paused.PausedAt); left != 24*time.Hour {
				t.Errorf("it goes on by itself after %v", left)
			}
			w.send(byHand("h2"))
			w.until("that is put off", func() bool { return w.asked().Waits[0].FireAt.After(paused.FireAt) })
			if again := w.asked().Waits[0]; !again.PausedAt.Equal(paused.PausedAt) {
				t.Errorf("it stands since %s, not since %s", again.PausedAt, paused.PausedAt)
			}
			w.check(w.engine.Handle(t.Context(), engine.Alarm{Kind: engine.KindWait, ID: before.ID, At: before.FireAt}))
			w.send(wrote("m1", phone, "thank you", time.Now()))
			if got := w.disposition("m1"); got != conversation.NoMatch {
				t.Errorf("what the contact tells the person is %s", got)
			}
			w.check(w.engine.Resume(t.Context(), d.Run.ID))
			after := w.asked().Waits[0]
			stood := after.Deadline.Sub(before.Deadline)
			if after.Paused() || stood <= 0 || after.FireAt.Sub(after.Deadline) != before.FireAt.Sub(before.Deadline) {
				t.Errorf("it goes on as %+v, %v later", after, stood)
			}
			w.send(wrote("m2", phone, "yes", time.Now()))
			w.wantPath(w.theRun(run.Succeeded), "ask", "answer.default", "thank")
		})
	})
	t.Run("a quoted question is answered while it pauses", func(t *testing.T) {
		onBoth(t, func(t *testing.T, url string) {
			w := newWorld(t, url, on(patient, "on_takeover: pause"), nil)
			w.send(ordered("o1", phone))
			d := w.asked()
			w.send(byHand("h1"))
			w.until("it is paused", func() bool { return w.asked().Waits[0].Paused() })
			answer := wrote("m1", phone, "yes", time.Now())
			answer.Message.InReplyTo = d.Waits[0].AskedRef
			w.send(answer)
			w.wantPath(w.theRun(run.Succeeded), "ask", "answer.default", "thank")
		})
	})
	t.Run("it goes on by itself, and its time is over later", func(t *testing.T) {
		onBoth(t, func(t *testing.T, url string) {
			w := newWorld(t, url, on(strings.Replace(patient, "within: 2h", "within: 2s", 1), "on_takeover: pause, resume_after: 1s"), func(c *engine.Config) { c.Settle = time.Millisecond })
			w.send(ordered("o1", phone))
			before := w.asked().Waits[0]
			w.send(byHand("h1"))
			d := w.theRun(run.Succeeded)
			if got := kinds(d); !slices.Contains(got, engine.WaitPaused) || !slices.Contains(got, engine.WaitResumed) {
				t.Errorf("the timeline has %v", got)
			}
			if after := d.Waits[0]; after.State != run.WaitNoResponse || after.Deadline.Sub(before.Deadline) < time.Second {
				t.Errorf("it ended as %+v", after)
			}
		})
	})
	t.Run("an echo of our own is nobody's", func(t *testing.T) {
		onBoth(t, func(t *testing.T, url string) {
			w := newWorld(t, url, on(patient, "on_takeover: cancel"), nil)
			w.send(ordered("o1", phone))
			w.asked()
			calling, release := make(chan struct{}), make(chan struct{})
			w.line.answer = func(in engine.Invocation) (protocol.Result, error) {
				close(calling)
				<-release
				return said(in), nil
			}
			w.send(ordered("o2", phone))
			<-calling
			w.send(byHand("ref of the second question"))
			w.send(wrote("m1", "+34600999999", "somebody else", time.Now())) // stored after it
			w.disposition("m1")
			close(release)
			if runs := w.runs(); runs[len(runs)-1].State.Status.Ended() {
				t.Errorf("the first run is %s", runs[len(runs)-1].State.Status)
			}
		})
	})
}

// TestR9AnAnswerOnAnotherConnection: where the step says so, it counts.
func TestR9AnAnswerOnAnotherConnection(t *testing.T) {
	for name, c := range map[string]struct {
		terms string
		want  conversation.Disposition
	}{
		"any":  {"channels: any", conversation.Matched},
		"same": {"channels: same", conversation.NoMatch},
	} {
		t.Run(name, func(t *testing.T) {
			onBoth(t, func(t *testing.T, url string) {
				w := newWorld(t, url, on(patient, c.terms), nil)
				w.send(ordered("o1", phone))
				w.asked()
				other, err := w.store.InsertConnection(t.Context(), connection.Connection{
					ID: id.New("con"), WorkspaceID: w.workspace.ID, Name: "other", Connector: "chat",
				})
				w.check(err)
				body, err := json.Marshal([]protocol.Event{wrote("m1", phone, "yes", time.Now())})
				w.check(err)
				req := store.NewRequest{ID: id.New("req"), WorkspaceID: w.workspace.ID, ConnectionID: other.ID, Connector: "chat", Method: "POST", Body: body}
				_, _, err = w.store.InsertRequest(t.Context(), req)
				w.check(err)
				w.engine.Ready(engine.KindRequest, req.ID)
				if got := w.disposition("m1"); got != c.want {
					t.Errorf("the message is %s", got)
				}
			})
		})
	}
}
