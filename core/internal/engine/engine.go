// Package engine is the durable shell around run.Advance: it claims a run, carries out the effects of a
// transition and commits each transition with what it causes. It holds no state that the database does not have:
// a node that dies loses nothing, and any other node, or the same one started again, goes on.
//
// The files follow the work: request.go reads webhook requests into events, event.go starts runs, message.go
// matches what contacts say, wait.go opens waits and fires their timeouts, wake.go wakes runs that are due, carry.go
// stores a transition with its effects, call.go makes the calls. What people have done to runs is in repair.go for several
// at once, in mend.go for one, in replay.go for beginning one anew, and plan.go says it beforehand.
package engine

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/cordboard/cordboard/core/internal/flow"
	"github.com/cordboard/cordboard/core/internal/run"
	"github.com/cordboard/cordboard/sdk/protocol"
)

// ErrNotFound is returned by a Store for a row that is not there.
var ErrNotFound = errors.New("not found")

// ErrStale is returned by a Store when a row has changed since the caller read it.
var ErrStale = errors.New("changed by someone else in the meantime")

// ErrLost ends a unit whose run another transition has moved on; nothing of the unit is stored.
var ErrLost = errors.New("another transition came first")

// Connectors is how the engine reaches connections: it names them and passes on what comes back.
type Connectors interface {
	// ConnectionID returns the id of a workspace's connection; ErrNotFound if there is none of that name.
	ConnectionID(ctx context.Context, workspaceID, name string) (string, error)
	// Invoke makes one call of an action. Its error is a *protocol.Failure, or anything else for a call whose
	// outcome is not known.
	Invoke(ctx context.Context, in Invocation) (protocol.Result, error)
	// Receive lets the connection's connector read a webhook request.
	Receive(ctx context.Context, r Request) ([]protocol.Event, error)
}

// Invocation is one attempt of a step's call.
type Invocation struct {
	WorkspaceID  string
	ConnectionID string // empty for connectors without auth
	Connector    string
	// ConnectorVersion is what the flow's version is pinned to. Empty: the one in use.
	ConnectorVersion string
	Action           string
	Input            json.RawMessage
	RunID            string
	StepID           string
	Attempt          int
	IdempotencyKey   string
	Hops             int // how many runs led to the call, its own included
	Timeout          time.Duration
	Exchanged        func([]run.Exchange) // is told what the call exchanged with the provider, if it got so far
}

// Kind names the table whose row an alarm points at.
type Kind string

const (
	KindRequest Kind = "request"
	KindRun     Kind = "run"
	KindWait    Kind = "wait"
	KindRepair  Kind = "repair"
)

// Alarm is a hint to look at a row at a time. Handling one twice, late or early is harmless.
type Alarm struct {
	Kind     Kind
	ID       string
	Revision int64
	At       time.Time
}

// Config holds what an engine works with.
type Config struct {
	Node       string // this process; runs it is calling for carry it as their owner
	Store      Store
	Connectors Connectors
	// Compile makes a stored version executable. The engine keeps what it returns.
	Compile func(ctx context.Context, v Version) (*flow.Version, error)
	// SetAlarms asks for Handle to be called at their times. Losing one costs lateness only.
	SetAlarms func(ctx context.Context, alarms ...Alarm)
	// Subscribers lists the outside endpoints that are to be told of a type of event now. Unless wanted, the event is
	// not stored at all. nil means that nobody wants anything.
	Subscribers func(ctx context.Context, workspaceID, eventType string) (endpoints []string, wanted bool, err error)
	Crowded     func() bool // whether senders of webhooks are waiting, so that reading what has come yields to storing; may be nil
	Announced   func()      // is called when events for endpoints are durable; may be nil
	Answered    func()      // is called when an answer to a caller is durable; may be nil

	Settle      time.Duration // how long after its deadline a wait's timeout may claim (R5); default 2 s
	Grace       time.Duration // how long waits from before an outage are held after it (R6); default 2 min
	Barrier     time.Duration // how long at most a timeout is held for unread requests (R5); default 30 s
	CallTimeout time.Duration // of one call when the action names none; default 30 s
	LoopRate    int           // how often other runs may start one flow within a minute; default 300
	KeepRuns    time.Duration // how long workspaces that chose nothing keep ended runs; 0: for ever
	ContactRate int           // how often a flow that says nothing of it may start for one contact within ten minutes; default 30
	Workers     int           // how many pieces of work run at once; default 64
	Logger      *slog.Logger
}

func (c *Config) defaults() {
	set := func(d *time.Duration, to time.Duration) {
		if *d == 0 {
			*d = to
		}
	}
	set(&c.Settle, 2*time.Second)
	set(&c.Grace, 2*time.Minute)
	set(&c.Barrier, 30*time.Second)
	set(&c.CallTimeout, 30*time.Second)
	if c.Workers == 0 {
		c.Workers = 64
	}
	if c.LoopRate == 0 {
		c.LoopRate = 300
	}
	if c.ContactRate == 0 {
		c.ContactRate = 30
	}
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
}

// Engine carries out runs. Make one with New; it works from then on until Stop.
type Engine struct {
	Config

	versions sync.Map // version id → *version
	busy     sync.Map // kind and id of the rows being looked at here
	promises sync.Map // intent → true: the calls that are this node's to make
	tries    sync.Map // request id → how often reading it broke
	backlog  backlog
	slots    chan struct{}
	workers  sync.WaitGroup
	ctx      context.Context // ends when Stop gives up waiting
	cancel   context.CancelFunc

	mu      sync.Mutex
	stopped bool
}

// version is a stored version with its compiled form.
type version struct {
	Version
	flow *flow.Version
}

// New returns an engine that takes work through Ready and Handle.
func New(cfg Config) *Engine {
	cfg.defaults()
	ctx, cancel := context.WithCancel(context.Background())
	return &Engine{Config: cfg, slots: make(chan struct{}, cfg.Workers), ctx: ctx, cancel: cancel}
}

// Stop takes no more work and waits for what is under way. When ctx ends first, calls are cancelled; what they
// leave behind is found by whoever comes next.
func (e *Engine) Stop(ctx context.Context) {
	e.mu.Lock()
	e.stopped = true
	e.mu.Unlock()
	done := make(chan struct{})
	go func() { e.workers.Wait(); close(done) }()
	select {
	case <-done:
	case <-ctx.Done():
		e.cancel()
		<-done
	}
	e.cancel()
}

// Ready says that a row can be worked on now. It never blocks: with no room on this node the row gets an alarm.
func (e *Engine) Ready(kind Kind, id string) {
	if !e.try(func(ctx context.Context) { e.look(ctx, kind, id) }) {
		e.SetAlarms(e.ctx, Alarm{Kind: kind, ID: id, At: time.Now()})
	}
}

// Read is Ready for a request that the caller has just stored, and that need not be loaded.
func (e *Engine) Read(r Request) {
	read := func(ctx context.Context) {
		if err := e.once(KindRequest, r.ID, func() error { return e.readRequest(ctx, r, false) }); err != nil {
			e.Logger.Error("read a request", "id", r.ID, "error", err)
		}
	}
	crowded := e.crowded()
	switch inOrder := crowded && !e.backlog.isEmpty(); {
	case !inOrder && e.try(read):
	case crowded:
		e.postpone(r.ID)
	default:
		e.SetAlarms(e.ctx, Alarm{Kind: KindRequest, ID: r.ID, At: time.Now()})
	}
}

// Handle looks at the row that an alarm points at and waits until that is done.
func (e *Engine) Handle(ctx context.Context, a Alarm) error {
	if !e.begin() {
		return nil
	}
	defer e.workers.Done()
	if a.Kind == KindRequest && (e.backlog.holds(a.ID) || e.crowded() && !e.backlog.isEmpty()) {
		e.postpone(a.ID)
		return nil
	}
	return e.lookOnce(e.ctx, a.Kind, a.ID)
}

// begin counts a worker in, unless the engine has stopped.
func (e *Engine) begin() bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	if !e.stopped {
		e.workers.Add(1)
	}
	return !e.stopped
}

// try runs work on a goroutine of its own if there is room.
func (e *Engine) try(work func(ctx context.Context)) bool {
	select {
	case e.slots <- struct{}{}:
		e.spawn(work)
		return true
	default:
		return false
	}
}

// spawn runs work on a goroutine of its own, which gives back the slot that its caller has taken. It reports whether it does: while
// the engine stops it does not, and the next node finds the row.
func (e *Engine) spawn(work func(ctx context.Context)) bool {
	if !e.begin() {
		<-e.slots
		return false
	}
	go func() {
		defer e.workers.Done()
		defer func() { <-e.slots }()
		work(e.ctx)
	}()
	return true
}

func (e *Engine) look(ctx context.Context, kind Kind, id string) {
	if err := e.lookOnce(ctx, kind, id); err != nil {
		e.Logger.Error("look at a row", "kind", kind, "id", id, "error", err)
	}
}

// lookOnce looks at a row unless this node is already doing so.
func (e *Engine) lookOnce(ctx context.Context, kind Kind, id string) error {
	return e.once(kind, id, func() error {
		switch kind {
		case KindRequest:
			return e.findRequest(ctx, id)
		case KindRun:
			return e.wake(ctx, id)
		case KindWait:
			return e.fire(ctx, id)
		case KindRepair:
			return e.repair(ctx, id)
		}
		return fmt.Errorf("alarm of unknown kind %q", kind)
	})
}

// once does something with a row unless this node is already at it.
func (e *Engine) once(kind Kind, id string, do func() error) error {
	key := string(kind) + id
	if _, taken := e.busy.LoadOrStore(key, true); taken {
		return nil
	}
	defer e.busy.Delete(key)
	return do()
}

// version loads and compiles a version, once.
func (e *Engine) version(ctx context.Context, id string) (*version, error) {
	if v, ok := e.versions.Load(id); ok {
		return v.(*version), nil
	}
	stored, err := e.Store.Version(ctx, id)
	if err != nil {
		return nil, fmt.Errorf("load version %s: %w", id, err)
	}
	compiled, err := e.Compile(ctx, stored)
	if err != nil {
		return nil, fmt.Errorf("compile version %s: %w", id, err)
	}
	v, _ := e.versions.LoadOrStore(id, &version{Version: stored, flow: compiled})
	return v.(*version), nil
}
