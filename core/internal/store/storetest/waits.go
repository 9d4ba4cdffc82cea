package storetest

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/cordboard/cordboard/core/internal/engine"
	"github.com/cordboard/cordboard/core/internal/run"
)

var waitCases = cases{
	"a wait comes back as it was stored": func(t *testing.T, w *world) {
		wait := w.insertWait(func(wait *run.Wait) {
			wait.SinceSeq, wait.AskedID, wait.AskedRef, wait.Holds = 1<<62, "msg_1", "wamid.1", 3
			wait.Deadline = time.Date(2027, 1, 2, 3, 4, 5, 1000, time.UTC)
		})
		if got := must(w.Wait(t.Context(), wait.ID))(t); !reflect.DeepEqual(got, wait) {
			t.Errorf("got  %+v\nwant %+v", got, wait)
		}
	},
	"R3: of fifty claims one wins": func(t *testing.T, w *world) {
		wait := w.insertWait(nil)
		won := atOnce(t, 50, func(i int) (saved bool, err error) {
			mine := wait
			mine.State, mine.ClaimedBy = run.WaitReplied, string(rune('A'+i))
			err = w.Write(t.Context(), nil, func(ctx context.Context, tx engine.Tx) (err error) {
				_, saved, err = tx.CloseWait(ctx, mine, engine.WaitEvent{At: tx.Now(), Kind: engine.WaitReplied})
				return err
			})
			return saved, err
		})
		if got := must(w.Wait(t.Context(), wait.ID))(t); won != 1 || got.Revision != 2 || got.State != run.WaitReplied {
			t.Errorf("%d won, the wait is %s at revision %d", won, got.State, got.Revision)
		}
	},
	"R3: a closed wait is closed, even for one who knows its revision": func(t *testing.T, w *world) {
		wait := w.insertWait(nil)
		w.write(func(ctx context.Context, tx engine.Tx) error {
			wait.State = run.WaitNoResponse
			line := engine.WaitEvent{At: tx.Now(), Kind: engine.WaitFired}
			r, closed, err := tx.CloseWait(ctx, wait, line)
			if want := must(tx.Run(ctx, wait.RunID))(t); !closed || err != nil || !reflect.DeepEqual(r, want) {
				t.Errorf("first claim: %v, %v\ngot  %+v\nwant %+v", closed, err, r, want)
			}
			wait.Revision, wait.State = 2, run.WaitReplied
			if _, closed, err = tx.CloseWait(ctx, wait, line); err != nil || closed {
				t.Errorf("a second claim: %v, %v", closed, err)
			}
			saved, err := tx.SaveWait(ctx, wait)
			if saved {
				t.Error("claimed twice")
			}
			return err
		})
	},
	"R3: a claim writes its lines with it, and one that lost writes none": func(t *testing.T, w *world) {
		wait := w.insertWait(nil)
		w.write(func(ctx context.Context, tx engine.Tx) error {
			claimed := wait
			claimed.State = run.WaitReplied
			line := engine.WaitEvent{WaitID: wait.ID, At: tx.Now(), Kind: engine.WaitReplied, MessageID: "msg_1", Detail: "it's ? \\ ñ"}
			refused := engine.WaitEvent{WaitID: wait.ID, At: tx.Now(), Kind: engine.WaitRefused}
			retimed := wait
			for _, wins := range []bool{true, false} {
				if saved, err := tx.SaveWait(ctx, retimed, refused); saved != wins || err != nil {
					t.Errorf("saved %v, %v; want %v", saved, err, wins)
				}
			}
			claimed.Revision++
			for _, wins := range []bool{true, false} {
				if _, closed, err := tx.CloseWait(ctx, claimed, line); closed != wins || err != nil {
					t.Errorf("closed %v, %v; want %v", closed, err, wins)
				}
			}
			return nil
		})
		lines := must(w.RunDetail(t.Context(), w.workspace.ID, wait.RunID))(t).WaitEvents
		if len(lines) != 3 || lines[0].Kind != engine.WaitOpened || lines[1].Kind != engine.WaitRefused || lines[2].Kind != engine.WaitReplied || lines[2].Detail != "it's ? \\ ñ" || lines[2].MessageID != "msg_1" || lines[2].At.IsZero() {
			t.Errorf("got %+v", lines)
		}
	},
	"R3: in whatever order it is written, each change of a wait makes its revision one higher, and it is closed once": func(t *testing.T, w *world) {
		const save, end, stale, late = 0, 1, 2, 3
		for order := range 4 * 4 * 4 * 4 {
			wait := w.insertWait(nil)
			w.write(func(ctx context.Context, tx engine.Tx) error {
				ended, revision := false, int64(1) // the unit may run again
				for i, rest := 0, order; i < 4; i, rest = i+1, rest/4 {
					next, took, wants := wait, false, !ended
					next.Revision = revision
					var err error
					switch rest % 4 {
					case save:
						took, err = tx.SaveWait(ctx, next)
					case end:
						next.State = run.WaitReplied
						_, took, err = tx.CloseWait(ctx, next, engine.WaitEvent{WaitID: wait.ID, At: tx.Now(), Kind: engine.WaitReplied})
						ended = true
					case stale:
						next.Revision, next.State, wants = revision-1, run.WaitNoResponse, false
						_, took, err = tx.CloseWait(ctx, next, engine.WaitEvent{WaitID: wait.ID, At: tx.Now(), Kind: engine.WaitFired})
					case late:
						err, took, wants = tx.SetLate(ctx, wait.ID, "msg_1"), true, true
					}
					if err != nil {
						return err
					}
					if took {
						revision++
					}
					got := must(tx.Wait(ctx, wait.ID))(t)
					if took != wants || got.Revision != revision || (got.State == run.WaitReplied) != ended || got.State == run.WaitNoResponse {
						return fmt.Errorf("order %d, write %d: it took %v, want %v; %s at revision %d, want %d", order, i, took, wants, got.State, got.Revision, revision)
					}
				}
				return nil
			})
		}
	},
	"a step has one wait": func(t *testing.T, w *world) {
		wait := w.insertWait(nil)
		again := wait
		again.ID = "wait_again"
		err := w.Write(t.Context(), nil, func(ctx context.Context, tx engine.Tx) error { return tx.InsertWait(ctx, again) })
		if !errors.Is(err, engine.ErrLost) {
			t.Errorf("storing a second one: %v", err)
		}
	},
	"waits are found by step, question and contact": func(t *testing.T, w *world) {
		second := time.Second
		old := w.insertWait(nil)
		young := w.insertWait(func(x *run.Wait) { x.OpenedAt, x.AskedID = x.OpenedAt.Add(second), "msg_young" })
		silent := w.insertWait(func(x *run.Wait) { x.State = run.WaitNoResponse })
		newest := w.insertWait(func(x *run.Wait) { x.State, x.OpenedAt = run.WaitNoResponse, x.OpenedAt.Add(second) })
		elsewhere := w.insertWait(func(x *run.Wait) { x.ConnectionID, x.OpenedAt = "con_other", x.OpenedAt.Add(-second) })
		collecting := w.insertWait(func(x *run.Wait) { x.State, x.OpenedAt = run.WaitCollecting, x.OpenedAt.Add(-2*second) })
		w.insertWait(func(x *run.Wait) { x.ContactID = "cnt_other" })
		w.write(func(ctx context.Context, tx engine.Tx) error {
			if got := must(tx.WaitOfStep(ctx, old.RunID, "answer"))(t); got.ID != old.ID {
				t.Errorf("WaitOfStep: %s", got.ID)
			}
			if _, err := tx.WaitOfStep(ctx, old.RunID, "other"); !errors.Is(err, engine.ErrNotFound) {
				t.Errorf("WaitOfStep of another step: %v", err)
			}
			if got := must(tx.WaitAskedWith(ctx, "msg_young"))(t); got.ID != young.ID {
				t.Errorf("WaitAskedWith: %s", got.ID)
			}
			if _, err := tx.WaitAskedWith(ctx, ""); !errors.Is(err, engine.ErrNotFound) {
				t.Errorf("WaitAskedWith nothing: %v", err)
			}
			got := w.hear(ctx, tx, w.newMessage("wamid.1"))
			for by, live := range map[string][]run.Wait{"LiveWaits": must(tx.LiveWaits(ctx, w.contact.ID))(t), "Receive": got.Waits} {
				var open []string
				for _, wait := range live {
					open = append(open, wait.ID)
				}
				if !slices.Equal(open, []string{young.ID, old.ID, elsewhere.ID, collecting.ID}) {
					t.Errorf("%s: %v", by, open)
				}
			}
			if got := must(tx.LastUnanswered(ctx, w.contact.ID, w.connection.ID))(t); got.ID != newest.ID {
				t.Errorf("LastUnanswered: %s, not %s or %s", newest.ID, got.ID, silent.ID)
			}
			if _, err := tx.LastUnanswered(ctx, "cnt_none", w.connection.ID); !errors.Is(err, engine.ErrNotFound) {
				t.Errorf("LastUnanswered of a stranger: %v", err)
			}
			return nil
		})
	},
	"R13: a wait takes a late message, closed or still open": func(t *testing.T, w *world) {
		closed, open := w.insertWait(func(x *run.Wait) { x.State = run.WaitNoResponse }), w.insertWait(nil)
		for _, wait := range []run.Wait{closed, open} {
			w.write(func(ctx context.Context, tx engine.Tx) error { return tx.SetLate(ctx, wait.ID, "msg_late") })
			if got := must(w.Wait(t.Context(), wait.ID))(t); got.LateID != "msg_late" || got.State != wait.State {
				t.Errorf("got %+v", got)
			}
		}
		err := w.Write(t.Context(), nil, func(ctx context.Context, tx engine.Tx) error { return tx.SetLate(ctx, "wait_none", "msg_late") })
		if !errors.Is(err, engine.ErrNotFound) {
			t.Errorf("a wait that is not there: %v", err)
		}
	},
	"R19: a run's timeline has its waits, their events in order and the messages": func(t *testing.T, w *world) {
		wait := w.insertWait(nil)
		question := w.newSend("key")
		question.RunID, question.StepID = wait.RunID, "ask"
		reply := w.newMessage("wamid.1")
		reply.WaitID = wait.ID
		w.insertMessage(question)
		w.insertMessage(reply)
		w.insertMessage(w.newMessage("wamid.2"))
		kinds := []engine.WaitEventKind{engine.WaitOpened, engine.WaitRefused, engine.WaitReplied}
		w.write(func(ctx context.Context, tx engine.Tx) error {
			for _, kind := range kinds[1:] {
				if err := tx.AddWaitEvent(ctx, engine.WaitEvent{WaitID: wait.ID, At: tx.Now(), Kind: kind, MessageID: reply.ID, Detail: "x"}); err != nil {
					return err
				}
			}
			return nil
		})
		detail := must(w.RunDetail(t.Context(), w.workspace.ID, wait.RunID))(t)
		var got []engine.WaitEventKind
		for _, e := range detail.WaitEvents {
			got = append(got, e.Kind)
		}
		if !slices.Equal(got, kinds) || len(detail.Waits) != 1 || detail.Run.ID != wait.RunID {
			t.Errorf("got %v, %+v", got, detail)
		}
		if len(detail.Messages) != 2 || detail.Messages[0].ID != question.ID || detail.Messages[1].ID != reply.ID {
			t.Errorf("messages: %+v", detail.Messages)
		}
		if _, err := w.RunDetail(t.Context(), "wsp_other", wait.RunID); !errors.Is(err, engine.ErrNotFound) {
			t.Errorf("from another workspace: %v", err)
		}
	},
}
