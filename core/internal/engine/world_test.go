package engine_test

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"path/filepath"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/cordboard/cordboard/core/internal/connection"
	"github.com/cordboard/cordboard/core/internal/contactfield"
	"github.com/cordboard/cordboard/core/internal/conversation"
	"github.com/cordboard/cordboard/core/internal/engine"
	"github.com/cordboard/cordboard/core/internal/flow"
	"github.com/cordboard/cordboard/core/internal/id"
	"github.com/cordboard/cordboard/core/internal/inspect"
	"github.com/cordboard/cordboard/core/internal/list"
	"github.com/cordboard/cordboard/core/internal/publish"
	"github.com/cordboard/cordboard/core/internal/run"
	"github.com/cordboard/cordboard/core/internal/store"
	"github.com/cordboard/cordboard/core/internal/testenv"
	"github.com/cordboard/cordboard/sdk/protocol"
	"github.com/cordboard/cordboard/sdk/schema"
)

// onBoth runs a test on SQLite and on Postgres.
func onBoth(t *testing.T, test func(t *testing.T, url string)) {
	t.Helper()
	t.Parallel()
	t.Run("sqlite", func(t *testing.T) { t.Parallel(); test(t, filepath.Join(t.TempDir(), "test.db")) })
	t.Run("postgres", func(t *testing.T) { t.Parallel(); test(t, testenv.Postgres(t)) })
}

// askFlow asks and takes one of two ways within a second, which is the shortest wait there is.
const askFlow = `
name: ask
title: Ask
trigger: {on: chat.ordered, connection: line}
contact: {phone: "{{ event.phone }}"}
steps:
  - {id: ask, do: chat.say, connection: line, with: {text: "Well?"}}
  - id: answer
    customer_response: {within: 1s}
    default:
      - {id: thank, do: chat.say, connection: line, with: {text: "{{ steps.answer.reply.text }}"}}
    no_response:
      - {id: remind, do: chat.say, connection: line, with: {text: "Still there?"}}
`

// world is an engine on a real database with a scripted connector and alarms by the process clock.
type world struct {
	*testing.T
	*line

	store      *store.Store
	engine     *engine.Engine
	workspace  store.Workspace
	connection connection.Connection
	node       string

	racers int            // people who have raced, see TestRaces
	other  *engine.Engine // of a second node, where a test has one
	heir   *engine.Engine // guarded by mu: who goes on when engine is dead; usually nil
}

// pageOf200 is the longest page there is.
var pageOf200 = list.Page{Limit: list.MaxLimit}

// line is a connector with memory: it says what was called, and answers as told.
type line struct {
	id     string
	wire   string                                              // id of a second connection; usually empty
	deaf   atomic.Bool                                         // while set, nobody reads requests
	answer func(in engine.Invocation) (protocol.Result, error) // nil: every call succeeds
	gate   atomic.Pointer[chan struct{}]                       // while set, reading requests waits for it

	mu    sync.Mutex
	calls []engine.Invocation
}

func (l *line) ConnectionID(_ context.Context, _, name string) (string, error) {
	switch name {
	case "line":
		return l.id, nil
	case "wire":
		if l.wire != "" {
			return l.wire, nil
		}
	}
	return "", engine.ErrNotFound
}

func (l *line) Invoke(_ context.Context, in engine.Invocation) (protocol.Result, error) {
	l.mu.Lock()
	l.calls = append(l.calls, in)
	l.mu.Unlock()
	if l.answer != nil {
		return l.answer(in)
	}
	return said(in), nil
}

// said is the answer of a provider that took a message.
func said(in engine.Invocation) protocol.Result {
	ref := "ref of " + in.IdempotencyKey
	return protocol.Result{Output: json.RawMessage(`{"message_id":"` + ref + `"}`), Sent: &protocol.SentMessage{ID: ref, Text: "…"}}
}

// Receive reads a body that is a list of events.
func (l *line) Receive(ctx context.Context, r engine.Request) ([]protocol.Event, error) {
	if l.deaf.Load() {
		return nil, &protocol.Failure{Kind: protocol.Retryable, Source: protocol.FromGateway, Message: "It is not running."}
	}
	if gate := l.gate.Load(); gate != nil {
		select {
		case <-*gate:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
	var events []protocol.Event
	err := json.Unmarshal(r.Body, &events)
	return events, err
}

// called lists the steps of a run that were called, in order.
func (l *line) called(runID string) []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	var steps []string
	for _, c := range l.calls {
		if c.RunID == runID {
			steps = append(steps, c.StepID)
		}
	}
	return steps
}

// chat is the catalogue: one connector with a trigger for each thing a test sends.
type chat struct{}

func (chat) Manifest(connector string) (protocol.Manifest, bool) {
	text := schema.Type{Kind: schema.Object, Fields: []schema.Field{
		{Name: "to", Type: schema.Type{Kind: schema.String}}, {Name: "text", Type: schema.Type{Kind: schema.String}},
	}}
	anything := schema.Type{Kind: schema.Object, Open: true}
	action := func(name string, repeat protocol.Repeat, sends bool) protocol.Action {
		return protocol.Action{Name: name, Input: text, Output: anything, Repeat: repeat, Sends: sends}
	}
	trigger := func(name string) protocol.Trigger {
		return protocol.Trigger{Name: name, Kind: protocol.TriggerWebhook, Input: schema.Type{Kind: schema.Object}, Output: anything}
	}
	free := action("free", protocol.RepeatOnce, true)
	free.Window = &protocol.Window{Within: 24 * time.Hour, Instead: "say"}
	return protocol.Manifest{
		Name: "chat", Auth: protocol.Auth{Kind: protocol.AuthAPIKey},
		Actions: []protocol.Action{
			action("say", protocol.RepeatOnce, true), action("send_text", protocol.RepeatOnce, true), action("charge", protocol.RepeatOnce, false), action("look", protocol.RepeatIdempotent, false), free,
		},
		Triggers: []protocol.Trigger{trigger("ordered"), trigger("message"), trigger("status")},
	}, connector == "chat"
}
func (chat) Connectors() []string       { return []string{"chat"} }
func (chat) Connections() []string      { return []string{"line", "wire"} }
func (chat) Flows() []string            { return []string{"ask", "other", "audit"} }
func (chat) Calendars() []string        { return []string{"office"} }
func (chat) LongestWait() time.Duration { return 0 }
func (chat) Lists() []string            { return []string{"newsletter"} }
func (chat) Fields() []contactfield.Field {
	return []contactfield.Field{{Name: "size", Type: contactfield.Text}, {Name: "age", Type: contactfield.Number}, {Name: "birthday", Type: contactfield.Date}, {Name: "plan", Type: contactfield.Choice, Choices: []string{"gold", "silver"}}}
}
func (chat) Connection(name string) (string, bool) { return "chat", name == "line" || name == "wire" }

// newWorld opens a database with one live flow. change may turn the engine's knobs.
func newWorld(t *testing.T, url, source string, change func(*engine.Config)) *world {
	t.Helper()
	s, err := store.Open(t.Context(), url, store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	if err := s.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	w := &world{T: t, line: &line{}, store: s}
	w.workspace, err = s.EnsureWorkspace(t.Context(), "default", "Europe/Madrid")
	w.check(err)
	for _, f := range (chat{}).Fields() {
		w.check(w.store.SaveField(t.Context(), w.workspace.ID, f))
	}
	w.connection, err = s.InsertConnection(t.Context(), connection.Connection{
		ID: id.New("con"), WorkspaceID: w.workspace.ID, Name: "line", Connector: "chat",
	})
	w.check(err)
	w.line.id = w.connection.ID
	w.publish(source)
	w.start(change)
	return w
}

// withoutAlarms loses every alarm.
func withoutAlarms(c *engine.Config) { c.SetAlarms = func(context.Context, ...engine.Alarm) {} }

// start brings up an engine of a new node on the world's database.
func (w *world) start(change func(*engine.Config)) {
	w.Helper()
	w.node = id.New("node")
	w.check(w.store.RegisterNode(w.Context(), w.node, false))
	w.work(change)
}

// join brings up an engine of a further node: there was no outage.
func (w *world) join(change func(*engine.Config)) {
	w.Helper()
	w.node = id.New("node")
	w.check(w.store.Heartbeat(w.Context(), w.node))
	w.work(change)
}

// work brings up the engine of the present node.
func (w *world) work(change func(*engine.Config)) {
	w.Helper()
	cfg := engine.Config{
		Logger: slog.New(slog.NewTextHandler(w.Output(), nil)),
		Node:   w.node, Store: w.store, Connectors: w.line, Settle: 10 * time.Millisecond, Grace: time.Millisecond,
		Compile: func(_ context.Context, v engine.Version) (*flow.Version, error) {
			doc, problems := flow.Parse(v.Source)
			if len(problems) > 0 {
				return nil, problems
			}
			compiled, problems := flow.Compile(doc, chat{})
			return compiled, problems.Err()
		},
	}
	var e *engine.Engine
	cfg.SetAlarms = func(_ context.Context, alarms ...engine.Alarm) {
		for _, a := range alarms {
			time.AfterFunc(time.Until(a.At), func() { w.look(e, a) })
		}
	}
	if change != nil {
		change(&cfg)
	}
	e = engine.New(cfg)
	w.engine = e
	w.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		e.Stop(ctx)
	})
}

func (w *world) look(e *engine.Engine, a engine.Alarm) {
	if err := e.Handle(context.Background(), a); err != nil {
		w.Logf("alarm %s %s: %v", a.Kind, a.ID, err)
	}
}

func (w *world) check(err error) {
	w.Helper()
	if err != nil {
		w.Fatal(err)
	}
}

func (w *world) publish(source string) {
	w.Helper()
	doc, problems := flow.Parse([]byte(source))
	w.check(problems.Err())
	compiled, problems := flow.Compile(doc, chat{})
	w.check(problems.Err())
	connectionID := ""
	if compiled.Trigger.Connection != "" {
		connectionID = w.connection.ID
	}
	w.publishTo(doc.Name, source, compiled.Trigger.On, connectionID)
}

// pinnedChat is the connector's version to which published flows are pinned.
const pinnedChat = "2.1.0"

// publishTo publishes a flow that listens to a connection.
func (w *world) publishTo(name, source, eventType, connectionID string) {
	w.Helper()
	_, err := w.store.SaveDraft(w.Context(), publish.Draft{WorkspaceID: w.workspace.ID, Name: name, Title: name, Source: []byte(source)})
	w.check(err)
	_, _, err = w.store.Publish(w.Context(), publish.Publication{WorkspaceID: w.workspace.ID, Name: name, Source: []byte(source), EventType: eventType, ConnectionID: connectionID, Connectors: map[string]string{"chat": pinnedChat}})
	w.check(err)
}

// receive stores a request with these events, as the intake does, without anybody being told.
func (w *world) receive(events ...protocol.Event) (requestID string) {
	w.Helper()
	return w.receiveOn(w.connection.ID, events...)
}

func (w *world) receiveOn(connectionID string, events ...protocol.Event) (requestID string) {
	w.Helper()
	requestID = id.New("req")
	_, _, err := w.store.InsertRequest(w.Context(), store.NewRequest{
		ID: requestID, WorkspaceID: w.workspace.ID, ConnectionID: connectionID, Connector: "chat", Method: "POST", Body: encoded(events...),
	})
	w.check(err)
	return requestID
}

// encoded is the body of a request with these events.
func encoded(events ...protocol.Event) []byte {
	body, _ := json.Marshal(events) // data in them is JSON
	return body
}

// send stores a request with these events and has it read.
func (w *world) send(events ...protocol.Event) {
	w.engine.Ready(engine.KindRequest, w.receive(events...))
}

func ordered(key, phone string) protocol.Event {
	return protocol.Event{Key: key, Trigger: "ordered", OccurredAt: time.Now(), Data: json.RawMessage(fmt.Sprintf(`{"phone":%q}`, phone))}
}

// wrote is a message from a contact; its key is the provider's id.
func wrote(key, phone, text string, at time.Time) protocol.Event {
	return protocol.Event{
		Key: key, Trigger: "message", OccurredAt: at, Data: json.RawMessage(`{}`), Contact: &protocol.Contact{Phone: phone},
		Message: &protocol.Message{ID: key, Direction: protocol.Inbound, Kind: "text", Text: text},
	}
}

func status(key, callKey string, state protocol.StatusState) protocol.Event {
	return protocol.Event{
		Key: key, Trigger: "status", OccurredAt: time.Now(), Data: json.RawMessage(`{}`),
		Status: &protocol.Status{MessageID: "ref of " + callKey, IdempotencyKey: callKey, State: state},
	}
}

// whileAsking has a contact asked, and holds the provider's response to the question back until answered is called.
func (w *world) whileAsking(key, phone string) (answered func()) {
	w.Helper()
	calling, release := make(chan struct{}), make(chan struct{})
	w.line.answer = func(in engine.Invocation) (protocol.Result, error) {
		if in.StepID == "ask" {
			close(calling)
			<-release
		}
		return said(in), nil
	}
	w.send(ordered(key, phone))
	<-calling
	return func() { close(release) }
}

// patience is how long a test waits for what must come; it is never what decides.
const patience = 90 * time.Second

// until polls until the condition holds.
func (w *world) until(what string, condition func() bool) {
	w.Helper()
	for end := time.Now().Add(patience); !condition(); {
		if time.Now().After(end) {
			w.Fatalf("it never came true that %s", what)
		}
		time.Sleep(5 * time.Millisecond)
	}
}

func (w *world) runs() []run.Run {
	w.Helper()
	var all []run.Run
	for page := (list.Page{Limit: 200}); ; {
		runs, err := w.store.ListRuns(w.Context(), w.workspace.ID, inspect.RunFilter{}, page)
		w.check(err)
		for _, r := range runs {
			all = append(all, r.Run)
		}
		if len(runs) < 200 {
			return all
		}
		page.After = runs[len(runs)-1].ID
	}
}

// theRun waits for the one run there is to be in a status.
func (w *world) theRun(status run.Status) inspect.RunDetail {
	w.Helper()
	var detail inspect.RunDetail
	w.until("the run is "+string(status), func() bool {
		runs := w.runs()
		if len(runs) != 1 {
			return false
		}
		var err error
		detail, err = w.store.RunDetail(w.Context(), w.workspace.ID, runs[0].ID)
		w.check(err)
		return detail.Run.State.Status == status
	})
	return detail
}

// asked waits for the one run there is to have an open wait.
func (w *world) asked() inspect.RunDetail {
	w.Helper()
	var detail inspect.RunDetail
	w.until("the question is open", func() bool {
		detail = inspect.RunDetail{}
		if runs := w.runs(); len(runs) == 1 {
			var err error
			detail, err = w.store.RunDetail(w.Context(), w.workspace.ID, runs[0].ID)
			w.check(err)
		}
		return len(detail.Waits) == 1
	})
	return detail
}

func exits(d inspect.RunDetail) []string {
	var taken []string
	for _, sr := range d.Steps {
		name := sr.StepID
		if sr.Exit != "" {
			name += "." + sr.Exit
		}
		taken = append(taken, name)
	}
	return taken
}

func (w *world) wantPath(d inspect.RunDetail, path ...string) {
	w.Helper()
	if got := exits(d); !slices.Equal(got, path) {
		w.Errorf("path %v, want %v", got, path)
	}
}

// messages returns the inbound messages by their provider id.
func (w *world) messages() map[string]conversation.Message {
	w.Helper()
	byID := map[string]conversation.Message{}
	for page := (list.Page{Limit: 200}); ; {
		ms, err := w.store.ListMessages(w.Context(), w.workspace.ID, "", page)
		w.check(err)
		for _, m := range ms {
			if m.Direction == protocol.Inbound {
				byID[m.ProviderID] = m
			}
		}
		if len(ms) < 200 {
			return byID
		}
		page.After = ms[len(ms)-1].ID
	}
}

// disposition waits for a message to be stored and returns what became of it.
func (w *world) disposition(key string) conversation.Disposition {
	w.Helper()
	var m conversation.Message
	w.until("message "+key+" is stored", func() bool {
		var ok bool
		m, ok = w.messages()[key]
		return ok
	})
	return m.Disposition
}

func kinds(d inspect.RunDetail) []engine.WaitEventKind {
	var ks []engine.WaitEventKind
	for _, we := range d.WaitEvents {
		ks = append(ks, we.Kind)
	}
	return ks
}
