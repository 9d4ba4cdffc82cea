package storetest

import (
	"context"
	"encoding/json"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/cordboard/cordboard/core/internal/connection"
	"github.com/cordboard/cordboard/core/internal/conversation"
	"github.com/cordboard/cordboard/core/internal/engine"
	"github.com/cordboard/cordboard/core/internal/event"
	"github.com/cordboard/cordboard/core/internal/flow"
	"github.com/cordboard/cordboard/core/internal/id"
	"github.com/cordboard/cordboard/core/internal/inspect"
	"github.com/cordboard/cordboard/core/internal/publish"
	"github.com/cordboard/cordboard/core/internal/run"
	"github.com/cordboard/cordboard/core/internal/store"
	"github.com/cordboard/cordboard/sdk/protocol"
)

// world is a workspace with one of everything in it.
type world struct {
	*store.Store

	t          *testing.T
	workspace  store.Workspace
	connection connection.Connection
	version    inspect.PublishedVersion
	contact    conversation.Contact
}

const paid = "shop.order_paid"

func newWorld(t *testing.T, s *store.Store) *world {
	t.Helper()
	w := &world{Store: s, t: t}
	ctx := t.Context()
	w.workspace = must(s.EnsureWorkspace(ctx, id.New("workspace"), "Europe/Madrid"))(t)
	w.connection = must(s.InsertConnection(ctx, connection.Connection{ID: id.New("con"), WorkspaceID: w.workspace.ID, Name: "wa",
		Connector: "whatsapp"}))(t)
	must(s.SaveDraft(ctx, publish.Draft{WorkspaceID: w.workspace.ID, Name: "verify", Title: "Verify", Source: []byte("name: verify\n")}))(t)
	w.version = w.publish("verify", "name: verify\n")
	w.contact = w.person("+34600000001")
	return w
}

// must is for results that a test does not doubt.
func must[T any](v T, err error) func(*testing.T) T {
	return func(t *testing.T) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

func (w *world) publish(flow, source string) inspect.PublishedVersion {
	w.t.Helper()
	v, _, err := w.Publish(w.t.Context(), publish.Publication{WorkspaceID: w.workspace.ID, Name: flow, Source: []byte(source),
		Connectors: map[string]string{"whatsapp": "1.0.0"}, EventType: paid, By: "usr_1"})
	if err != nil {
		w.t.Fatal(err)
	}
	return v
}

func (w *world) person(phone string) conversation.Contact {
	w.t.Helper()
	return must(w.Contact(w.t.Context(), w.workspace.ID, byPhone(phone), nil))(w.t)
}

func byPhone(phone string) conversation.Person {
	return conversation.Person{Phone: phone, Identities: []conversation.Identity{{Kind: conversation.PhoneIdentity, Value: phone}}}
}

// write runs a unit under the contact's lock and fails the test if it fails.
func (w *world) write(unit func(ctx context.Context, tx engine.Tx) error) {
	w.t.Helper()
	if err := w.Write(w.t.Context(), []string{w.contact.ID}, unit); err != nil {
		w.t.Fatal(err)
	}
}

// newEvent returns an event that is not stored yet.
func (w *world) newEvent() event.Event {
	now := must(w.Now(w.t.Context()))(w.t)
	return event.Event{ID: id.New("evt"), WorkspaceID: w.workspace.ID, ConnectionID: w.connection.ID, Type: paid,
		Key: id.New("key"), OccurredAt: now.Add(-time.Second), ReceivedAt: now, Data: json.RawMessage(`{"id":1}`)}
}

// newRun returns a running run that is not stored yet.
func (w *world) newRun() run.Run {
	now := must(w.Now(w.t.Context()))(w.t)
	return run.Run{ID: id.New("run"), WorkspaceID: w.workspace.ID, FlowID: w.version.FlowID, VersionID: w.version.ID,
		ContactID: w.contact.ID, CreatedAt: now, Owner: "node_1", State: run.State{Status: run.Running, Cursor: "ask",
			Phase: run.PhaseCalling, Attempt: 1}}
}

func (w *world) insertRun() run.Run {
	w.t.Helper()
	r := w.newRun()
	w.write(func(ctx context.Context, tx engine.Tx) error { return tx.InsertRun(ctx, r, false) })
	r.Revision = 1
	return r
}

// insertWait stores a run with an open wait that falls due in an hour.
func (w *world) insertWait(change func(*run.Wait)) run.Wait {
	w.t.Helper()
	r := w.insertRun()
	wait := run.Wait{ID: id.New("wait"), WorkspaceID: r.WorkspaceID, RunID: r.ID, StepID: "answer", ContactID: r.ContactID,
		ConnectionID: w.connection.ID, State: run.WaitOpen, OpenedAt: r.CreatedAt, SentAt: r.CreatedAt,
		Deadline: r.CreatedAt.Add(time.Hour), FireAt: r.CreatedAt.Add(time.Hour), Terms: flow.Terms{Several: flow.Newest}}
	if change != nil {
		change(&wait)
	}
	w.write(func(ctx context.Context, tx engine.Tx) error {
		return tx.InsertWait(ctx, wait, engine.WaitEvent{WaitID: wait.ID, At: tx.Now(), Kind: engine.WaitOpened})
	})
	wait.Revision = 1
	return wait
}

// newMessage returns an inbound message that is not stored yet.
func (w *world) newMessage(providerID string) conversation.Message {
	now := must(w.Now(w.t.Context()))(w.t)
	return conversation.Message{ID: id.New("msg"), WorkspaceID: w.workspace.ID, ContactID: w.contact.ID,
		ConnectionID: w.connection.ID, Direction: protocol.Inbound, ProviderID: providerID, Kind: "text", Text: "sí",
		EffectiveAt: now, ReceivedAt: now, Status: conversation.Received}
}

// newSend returns an outbound message that is not stored yet.
func (w *world) newSend(callKey string) conversation.Message {
	m := w.newMessage("")
	m.Direction, m.CallKey, m.Status, m.EffectiveAt = protocol.Outbound, callKey, conversation.Sending, time.Time{}
	return m
}

func (w *world) insertMessage(m conversation.Message) (stored conversation.Message, fresh bool) {
	w.t.Helper()
	w.write(func(ctx context.Context, tx engine.Tx) (err error) {
		stored, fresh, err = tx.InsertMessage(ctx, m)
		return err
	})
	return stored, fresh
}

// hear receives what a contact says, with an event that is told by nothing else.
func (w *world) hear(ctx context.Context, tx engine.Tx, m conversation.Message) engine.Received {
	w.t.Helper()
	return must(tx.Receive(ctx, engine.Incoming{Event: w.newEvent(), ContactID: m.ContactID, Says: &m}))(w.t)
}

// atOnce calls f from n goroutines at the same moment and returns how many answered true.
func atOnce(t *testing.T, n int, f func(i int) (bool, error)) int {
	t.Helper()
	var won atomic.Int64
	var failed error
	var mu sync.Mutex
	var callers sync.WaitGroup
	start := make(chan struct{})
	for i := range n {
		callers.Go(func() {
			<-start
			ok, err := f(i)
			if ok && err == nil {
				won.Add(1)
			}
			mu.Lock()
			failed = errors.Join(failed, err)
			mu.Unlock()
		})
	}
	close(start)
	callers.Wait()
	if failed != nil {
		t.Fatal(failed)
	}
	return int(won.Load())
}
