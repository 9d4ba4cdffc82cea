package storetest

import (
	"context"
	"encoding/json"
	"errors"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/cordboard/cordboard/core/internal/access"
	"github.com/cordboard/cordboard/core/internal/conversation"
	"github.com/cordboard/cordboard/core/internal/delivery"
	"github.com/cordboard/cordboard/core/internal/engine"
	"github.com/cordboard/cordboard/core/internal/event"
	"github.com/cordboard/cordboard/core/internal/id"
	"github.com/cordboard/cordboard/core/internal/list"
	"github.com/cordboard/cordboard/core/internal/repeat"
	"github.com/cordboard/cordboard/core/internal/retention"
	"github.com/cordboard/cordboard/core/internal/run"
	"github.com/cordboard/cordboard/core/internal/seal"
	"github.com/cordboard/cordboard/core/internal/store"
	"github.com/cordboard/cordboard/core/internal/trigger"
)

// prune removes what is older than age, in batches of two, and returns how much that was.
func (w *world) prune(kind retention.Kind, age time.Duration) (total int) {
	w.t.Helper()
	for after, rounds := "", 0; ; rounds++ {
		next, removed, err := w.Prune(w.t.Context(), w.workspace.ID, kind, age, after, 2)
		if err != nil || removed > 2 || rounds > 100 {
			w.t.Fatalf("%s: %d removed at once, %d rounds, %v", kind, removed, rounds, err)
		}
		total += removed
		if after = next; next == "" {
			return total
		}
	}
}

// prunes expects that nothing is young enough to be spared, and that what is spared for its age is.
func (w *world) prunes(kind retention.Kind, want int) {
	w.t.Helper()
	if n := w.prune(kind, time.Hour); n != 0 {
		w.t.Errorf("%s: %d are removed that are young", kind, n)
	}
	if n := w.prune(kind, 0); n != want {
		w.t.Errorf("%s: %d are removed, want %d", kind, n, want)
	}
	if n := w.prune(kind, 0); n != 0 {
		w.t.Errorf("%s: %d more are removed", kind, n)
	}
}

// story stores an event, the run that it began, in that state, and a step with input and output.
func (w *world) story(status run.Status, contactID string) (run.Run, event.Event) {
	w.t.Helper()
	e, r := w.newEvent(), w.newRun()
	r.EventID, r.ContactID, r.State.Status, r.State.Vars = e.ID, contactID, status, map[string]json.RawMessage{"v": json.RawMessage(`1`)}
	if status.Ended() {
		r.EndedAt = r.CreatedAt
	}
	r.State.Steps = map[string]run.StepRun{"ask": {StepID: "ask", Number: 1, Kind: "do", Input: json.RawMessage(`{"to":"x"}`), Output: json.RawMessage(`{"id":1}`)}}
	w.write(func(ctx context.Context, tx engine.Tx) error {
		_, err := tx.Receive(ctx, engine.Incoming{Event: e})
		_, failed := tx.InsertDelivery(ctx, e.ID, r.FlowID, r.ID)
		return errors.Join(err, failed, tx.InsertRun(ctx, r, false))
	})
	return r, e
}

// tells reports whether a run still knows what it was given and what came of it.
func (w *world) tells(r run.Run) bool {
	w.t.Helper()
	got := must(w.Run(w.t.Context(), r.ID))(w.t)
	step := got.State.Steps["ask"]
	if blank := len(step.Input) == 0 && len(step.Output) == 0 && len(got.State.Vars) == 0; blank == (string(step.Input) == `{"to":"x"}`) {
		w.t.Errorf("run %s knows half: %+v %+v", r.ID, step, got.State.Vars)
	}
	return len(step.Input) > 0
}

func (w *world) there(r run.Run) bool {
	w.t.Helper()
	_, err := w.Run(w.t.Context(), r.ID)
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		w.t.Fatal(err)
	}
	return err == nil
}

func (w *world) messages() (texts []string) {
	w.t.Helper()
	for _, m := range must(w.ListMessages(w.t.Context(), w.workspace.ID, "", list.Page{}))(w.t) {
		texts = append(texts, m.Text)
	}
	return texts
}

// oneOfEach stores one thing of each kind that can be removed.
func (w *world) oneOfEach() {
	w.t.Helper()
	ctx := w.t.Context()
	request := id.New("req")
	if _, _, err := w.InsertRequest(ctx, store.NewRequest{ID: request, WorkspaceID: w.workspace.ID, ConnectionID: w.connection.ID, Body: []byte("x")}); err != nil {
		w.t.Fatal(err)
	}
	w.write(func(ctx context.Context, tx engine.Tx) error { return tx.ParsedRequest(ctx, request, "") })
	if err := w.NoteRefused(ctx, []trigger.Refused{{ID: id.New("req"), WorkspaceID: w.workspace.ID, ConnectionID: w.connection.ID, ReceivedAt: must(w.Now(ctx))(w.t)}}, 3); err != nil {
		w.t.Fatal(err)
	}
	w.story(run.Succeeded, w.person("+34600000009").ID)
	m := w.newMessage(id.New("p"))
	m.ContactID, m.Text = w.person("+34600000008").ID, "hello"
	w.insertMessage(m)
	rp := must(w.InsertRepair(w.acting(), engine.Repair{ID: id.New("rep"), WorkspaceID: w.workspace.ID, Action: engine.RepairCancel, State: engine.RepairRunning}))(w.t)
	if err := w.EndRepair(ctx, w.workspace.ID, rp.ID, engine.RepairDone); err != nil {
		w.t.Fatal(err)
	}
	endpoint := must(w.CreateEndpoint(w.acting(), delivery.Endpoint{ID: id.New("ep"), WorkspaceID: w.workspace.ID, Events: []string{"*"}, State: delivery.Disabled, Secret: seal.Sealed{Data: []byte("s")}}))(w.t)
	must(w.Announce(ctx, event.Outgoing{ID: id.New("evt"), WorkspaceID: w.workspace.ID, Type: "run.failed", Payload: []byte("{}")}, []string{endpoint.ID}))(w.t)
	k := repeat.Key{WorkspaceID: w.workspace.ID, Actor: "tok_1", Text: id.New("key")}
	if _, _, _, err := w.ClaimKey(ctx, repeat.Claim{Key: k, Request: seal.Sealed{Data: []byte("r")}}, time.Hour); err != nil {
		w.t.Fatal(err)
	}
}

var pruneCases = cases{
	"requests go once they were read": func(t *testing.T, w *world) {
		var ids []string
		for range 3 {
			ids = append(ids, id.New("req"))
			if _, _, err := w.InsertRequest(t.Context(), store.NewRequest{ID: ids[len(ids)-1], WorkspaceID: w.workspace.ID, ConnectionID: w.connection.ID, Body: []byte("x")}); err != nil {
				t.Fatal(err)
			}
		}
		w.write(func(ctx context.Context, tx engine.Tx) error {
			return errors.Join(tx.ParsedRequest(ctx, ids[0], ""), tx.ParsedRequest(ctx, ids[1], "no JSON"))
		})
		w.prunes(retention.Requests, 2)
		if _, _, err := w.Request(t.Context(), ids[2]); err != nil {
			t.Errorf("the unread one: %v", err)
		}
	},
	"runs that are through forget what they were given; live and failed ones don't": func(t *testing.T, w *world) {
		runs := map[run.Status]run.Run{}
		events := map[run.Status]event.Event{}
		for _, status := range []run.Status{run.Succeeded, run.Cancelled, run.Failed, run.Waiting, run.Running, run.Queued} {
			runs[status], events[status] = w.story(status, w.contact.ID)
		}
		w.prunes(retention.StepPayloads, 2)
		w.prunes(retention.EventData, 2)
		for status, r := range runs {
			over := status == run.Succeeded || status == run.Cancelled
			if w.tells(r) == over {
				t.Errorf("a run that is %s tells: %v", status, !over)
			}
			if e := must(w.Event(t.Context(), w.workspace.ID, events[status].ID))(t); (len(e.Data) == 0) != over {
				t.Errorf("the event of a run that is %s says %s", status, e.Data)
			}
		}
		// A copy of an event that says nothing any more is a copy still.
		w.write(func(ctx context.Context, tx engine.Tx) error {
			again := events[run.Succeeded]
			again.ID = id.New("evt")
			got, err := tx.Receive(ctx, engine.Incoming{Event: again})
			if got.Fresh || got.EventID != events[run.Succeeded].ID {
				t.Errorf("a copy is taken for new")
			}
			return err
		})
	},
	"ended runs go with their history, and their events after them": func(t *testing.T, w *world) {
		lone := w.newEvent()
		w.write(func(ctx context.Context, tx engine.Tx) error {
			_, err := tx.Receive(ctx, engine.Incoming{Event: lone})
			return err
		})
		over, overEvent := w.story(run.Failed, w.contact.ID)
		live, liveEvent := w.story(run.Waiting, w.contact.ID)
		wait := run.Wait{ID: id.New("wait"), WorkspaceID: w.workspace.ID, RunID: over.ID, StepID: "answer", ContactID: w.contact.ID, ConnectionID: w.connection.ID, State: run.WaitReplied, OpenedAt: over.CreatedAt, Deadline: over.CreatedAt, FireAt: over.CreatedAt}
		w.write(func(ctx context.Context, tx engine.Tx) error {
			return errors.Join(tx.InsertWait(ctx, wait), tx.AddWaitEvent(ctx, engine.WaitEvent{WaitID: wait.ID, At: over.CreatedAt, Kind: engine.WaitOpened}))
		})
		w.prunes(retention.Runs, 1)
		if w.there(over) || !w.there(live) {
			t.Error("the ended run is there, or the live one is not")
		}
		if _, err := w.Wait(t.Context(), wait.ID); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("the wait of the run: %v", err)
		}
		w.prunes(retention.Events, 2) // the run's and the one that began none
		for e, want := range map[string]error{overEvent.ID: store.ErrNotFound, lone.ID: store.ErrNotFound, liveEvent.ID: nil} {
			if _, err := w.Event(t.Context(), w.workspace.ID, e); !errors.Is(err, want) {
				t.Errorf("event %s: %v, want %v", e, err, want)
			}
		}
		if _, err := w.RunOfEvent(t.Context(), liveEvent.ID, live.FlowID); err != nil {
			t.Errorf("what keeps the live run's event from starting another: %v", err)
		}
	},
	"what is old is found behind much that is not": func(t *testing.T, w *world) {
		for range 45 { // more than are looked at together
			w.insertRun()
		}
		over, _ := w.story(run.Succeeded, w.contact.ID)
		w.insertRun()
		w.prunes(retention.Runs, 1)
		if w.there(over) {
			t.Error("it is there")
		}
	},
	"an event starts a flow once even when its run has gone": func(t *testing.T, w *world) {
		r, e := w.story(run.Succeeded, w.contact.ID)
		w.prunes(retention.Runs, 1)
		w.write(func(ctx context.Context, tx engine.Tx) error {
			fresh, err := tx.InsertDelivery(ctx, e.ID, r.FlowID, id.New("run"))
			if fresh {
				t.Error("the flow would start again")
			}
			return err
		})
	},
	"messages are forgotten and go when no conversation needs them": func(t *testing.T, w *world) {
		say := func(contactID, text, runID, waitID string) {
			m := w.newMessage(id.New("p"))
			m.ContactID, m.Text, m.RunID, m.WaitID = contactID, text, runID, waitID
			w.insertMessage(m)
		}
		free, talking, waiting := w.person("+34600000002"), w.person("+34600000003"), w.person("+34600000004")
		w.story(run.Waiting, talking.ID)
		open := w.insertWait(func(wait *run.Wait) { wait.ContactID = waiting.ID })
		ended, _ := w.story(run.Succeeded, free.ID)
		// The run of the open wait is about w.contact in this suite; the wait itself keeps the messages of its contact.
		say(free.ID, "free", "", "")
		say(free.ID, "told of in a run", ended.ID, "")
		say(talking.ID, "talking", "", "")
		say(waiting.ID, "waiting", "", open.ID)
		w.prunes(retention.MessageBodies, 2)
		if got := strings.Join(w.messages(), ","); got != "waiting,talking,," {
			t.Errorf("messages say %q", got)
		}
		w.prunes(retention.Messages, 1)
		if got := strings.Join(w.messages(), ","); got != "waiting,talking," {
			t.Errorf("messages say %q", got)
		}
		w.prunes(retention.Runs, 1)
		w.prunes(retention.Messages, 1)
		// And what comes next still has a number of its own.
		m, fresh := w.insertMessage(func() conversation.Message { m := w.newMessage("after"); m.ContactID = free.ID; return m }())
		if !fresh || m.Seq != 3 {
			t.Errorf("the next message: %+v", m)
		}
	},
	"deliveries go when they have ended or nobody wants them": func(t *testing.T, w *world) {
		endpoint := func(state delivery.EndpointState) string {
			return must(w.CreateEndpoint(t.Context(), delivery.Endpoint{ID: id.New("ep"), WorkspaceID: w.workspace.ID, Events: []string{"*"}, State: state, Secret: seal.Sealed{Data: []byte("s")}}))(t).ID
		}
		active, disabled := endpoint(delivery.Active), endpoint(delivery.Disabled)
		var ids []string
		for _, to := range [][]string{{active}, {active, disabled}, {disabled}, nil} {
			ids = append(ids, must(w.Announce(t.Context(), event.Outgoing{ID: id.New("evt"), WorkspaceID: w.workspace.ID, Type: "run.failed", Payload: []byte("{}")}, to))(t)...)
		}
		d, _, ok, err := w.Claim(t.Context(), active, time.Minute)
		if err != nil || !ok {
			t.Fatal(err)
		}
		if err := w.Settle(t.Context(), d, delivery.Verdict{Attempt: delivery.Attempt{Number: 1, Outcome: delivery.AttemptDelivered}, State: delivery.Delivered}); err != nil {
			t.Fatal(err)
		}
		w.prunes(retention.Deliveries, 3) // the one that ended and two to the disabled endpoint
		left := must(w.ListDeliveries(t.Context(), w.workspace.ID, delivery.Filter{}, list.Page{}))(t)
		if len(left) != 1 || left[0].EndpointID != active || left[0].State != delivery.Pending || left[0].ID == d.ID {
			t.Errorf("left are %+v of %q", left, ids)
		}
		w.prunes(retention.OutgoingEvents, 3)
		if got, err := w.Delivery(t.Context(), w.workspace.ID, left[0].ID); err != nil || string(got.Payload) != "{}" {
			t.Errorf("what is to be sent: %+v %v", got, err)
		}
	},
	"what goes from one workspace stays in another, where it may be kept for longer": func(t *testing.T, w *world) {
		other := newWorld(t, w.Store)
		kinds := []retention.Kind{retention.Requests, retention.Refused, retention.StepPayloads, retention.EventData, retention.MessageBodies,
			retention.Runs, retention.Repairs, retention.Events, retention.Messages, retention.Deliveries, retention.OutgoingEvents, retention.Audit, retention.Keys}
		for range 2 { // one's lie between the other's
			w.oneOfEach()
			other.oneOfEach()
		}
		gone := map[retention.Kind]int{}
		for _, kind := range kinds {
			if gone[kind] = w.prune(kind, 0); gone[kind] == 0 {
				t.Errorf("%s: nothing is removed of the workspace", kind)
			}
		}
		for _, kind := range kinds { // all that was there is there to be removed
			if n := other.prune(kind, 0); n != gone[kind] {
				t.Errorf("%s: %d were left of the other workspace, want %d", kind, n, gone[kind])
			}
		}
	},
	"a workspace chooses how long things are kept": func(t *testing.T, w *world) {
		other := newWorld(t, w.Store)
		if got := must(w.Retention(t.Context(), w.workspace.ID))(t); got != (retention.Chosen{}) {
			t.Errorf("at first it has chosen %+v", got.Days())
		}
		for _, c := range []retention.Chosen{{Runs: new(30), Audit: new(0)}, {Runs: new(0), Messages: new(9)}} { // the second in the place of the first
			if err := w.SaveRetention(w.acting(), w.workspace.ID, c); err != nil {
				t.Fatal(err)
			}
			if got := must(w.Retention(t.Context(), w.workspace.ID))(t); !reflect.DeepEqual(got, c) {
				t.Errorf("it has chosen %v, want %v", got.Days(), c.Days())
			}
		}
		if got := must(other.Retention(t.Context(), other.workspace.ID))(t); got != (retention.Chosen{}) {
			t.Errorf("the other has chosen %+v", got.Days())
		}
		if ids := must(w.Workspaces(t.Context()))(t); !slices.Contains(ids, w.workspace.ID) || !slices.Contains(ids, other.workspace.ID) {
			t.Errorf("the workspaces are %q", ids)
		}
		deeds := w.audit(access.AuditFilter{Action: "retention.save"})
		if len(deeds) != 2 || string(deeds[0].Before) != `{"audit":0,"runs":30}` || string(deeds[0].After) != `{"messages":9,"runs":0}` {
			t.Errorf("the audit log has %+v", deeds)
		}
	},
	"the oldest of the audit log goes, and that is told": func(t *testing.T, w *world) {
		act := func(n int) {
			for range n {
				must(w.InsertToken(w.acting(), access.Token{ID: id.New("tok"), WorkspaceID: w.workspace.ID, Hash: []byte(id.New("h"))}))(t)
			}
		}
		act(5)
		if n := w.prune(retention.Audit, time.Hour); n != 0 || len(w.audit(access.AuditFilter{})) != 5 {
			t.Errorf("%d young entries are removed", n)
		}
		if _, n, err := w.Prune(t.Context(), w.workspace.ID, retention.Audit, 0, "", 3); n != 3 || err != nil {
			t.Fatalf("%d removed, %v", n, err)
		}
		act(1)
		if r := w.chain(); r.Entries != 4 || len(r.Problems) != 0 {
			t.Errorf("%+v", r)
		}
		got := w.audit(access.AuditFilter{Action: access.AuditPruned})
		if len(got) != 1 || got[0].Actor != access.Gateway || got[0].Number != 6 || !strings.Contains(string(got[0].After), `{"through":"3:`) {
			t.Errorf("%+v", got)
		}
		w.prune(retention.Audit, 0)
		if r := w.chain(); r.Entries == 0 || len(r.Problems) != 0 {
			t.Errorf("after all is pruned: %+v", r)
		}
	},
	"keys go when nobody asks for their answers": func(t *testing.T, w *world) {
		for i := range 3 {
			k := repeat.Key{WorkspaceID: w.workspace.ID, Actor: "tok_1", Text: string(rune('a' + i))}
			if _, _, _, err := w.ClaimKey(t.Context(), repeat.Claim{Key: k, Request: seal.Sealed{Data: []byte("r")}}, time.Hour); err != nil {
				t.Fatal(err)
			}
		}
		w.prunes(retention.Keys, 3)
	},
}
