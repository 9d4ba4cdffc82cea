package alarm

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/time/rate"
)

const (
	// lead is how long before its time an alarm leaves the queue. Asynq keeps whole seconds and is asked a few times
	// a second; the agenda then waits for the exact moment. It must exceed the two pauses between looks in queue.go.
	lead = time.Second

	outboxSize = 4096 // alarms on their way to the queue, see Set
	writers    = 4    // goroutines that take them there
)

// ErrNotRunning is what Healthy returns before Start and after Stop.
var ErrNotRunning = errors.New("alarm: the clock is not running")

// Clock calls a handler for rows that are due. Any number of them may run beside each other on one database, with one
// Redis or without.
type Clock struct {
	cfg     Config
	source  Source
	handle  Handler
	log     *slog.Logger
	agenda  *agenda
	outbox  chan Alarm
	limiter *rate.Limiter

	health  atomic.Pointer[health]
	promote chan struct{} // asks for a promotion now: the queue came back, maybe empty

	mu    sync.Mutex // guards what follows
	queue *queue     // nil unless running
	stop  func()     // ends the loops
	loops sync.WaitGroup

	calls       sync.WaitGroup     // of the handler
	cancelCalls context.CancelFunc // when Stop loses patience

	queued, dropped, swept, fired, failed atomic.Int64
}

// health is the queue's state as last seen; err is nil while it answers.
type health struct{ err error }

// New checks the settings. Nothing runs or is connected to before Start.
func New(cfg Config, source Source, handle Handler) (*Clock, error) {
	cfg, err := cfg.withDefaults()
	if err != nil {
		return nil, err
	}
	if cfg.RedisURL != "" {
		if _, err := redisOptions(cfg.RedisURL); err != nil {
			return nil, err
		}
	}
	limit := rate.Inf
	if cfg.MaxPerSecond > 0 {
		limit = rate.Limit(cfg.MaxPerSecond)
	}
	c := &Clock{
		cfg: cfg, source: source, handle: handle, log: cfg.Logger,
		agenda:  newAgenda(),
		outbox:  make(chan Alarm, outboxSize),
		limiter: rate.NewLimiter(limit, 1),
		promote: make(chan struct{}, 1),
	}
	c.health.Store(&health{ErrNotRunning})
	return c, nil
}

// Start begins to wake rows and returns at once. With Redis down it succeeds all the same: the sweeper alone wakes
// rows until Redis is back. The context's values reach the handler; its end means nothing, Stop ends the clock.
func (c *Clock) Start(ctx context.Context) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.queue != nil {
		return errors.New("alarm: the clock is running already")
	}
	queue, err := openQueue(c.cfg, c.arrive, c.observe)
	if err != nil {
		return err
	}
	c.observe(queue.ping(ctx))
	if err := queue.start(); err != nil {
		queue.close()
		return fmt.Errorf("alarm: start the queue: %w", err)
	}
	c.queue = queue

	ctx = context.WithoutCancel(ctx)
	calls, cancelCalls := context.WithCancel(ctx)
	loops, stop := context.WithCancel(ctx)
	c.cancelCalls, c.stop = cancelCalls, stop
	c.loops.Go(func() { c.dispatch(loops, calls) })
	c.loops.Go(func() { c.promoteLoop(loops) })
	c.loops.Go(func() { c.sweepLoop(loops) })
	for range writers {
		c.loops.Go(func() { c.write(loops) })
	}
	return nil
}

// Stop ends the clock. It waits for handlers that are at work; when ctx ends they are cancelled, and waited for still.
func (c *Clock) Stop(ctx context.Context) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.queue == nil {
		return
	}
	c.stop()
	c.queue.shutdown()
	c.loops.Wait()
	release := context.AfterFunc(ctx, c.cancelCalls)
	c.calls.Wait()
	release()
	c.cancelCalls()
	c.queue.close()
	c.queue = nil
	c.health.Store(&health{ErrNotRunning})
}

// Set asks to be woken for rows. It never blocks and never fails: what cannot be queued now is found in the database
// when its time comes. Alarms beyond the horizon are left to the promoter. The context is not used, and is taken so
// that callers may see a clock like any other service.
func (c *Clock) Set(_ context.Context, alarms ...Alarm) {
	horizon := time.Now().Add(c.cfg.Horizon)
	for _, a := range alarms {
		switch {
		case a.At.After(horizon):
		case near(a):
			c.deliver(a)
		case c.Healthy() != nil:
			c.dropped.Add(1)
		default:
			select {
			case c.outbox <- a:
			default:
				c.dropped.Add(1)
			}
		}
	}
}

// near reports whether an alarm is due so soon that the way through the queue would only delay it.
func near(a Alarm) bool { return time.Until(a.At) <= lead }

// Healthy returns nil while the queue answers. With an error the clock still works, and the database carries the load.
func (c *Clock) Healthy() error { return c.health.Load().err }

// Stats returns what happened so far.
func (c *Clock) Stats() Stats {
	return Stats{
		Queued: c.queued.Load(), Dropped: c.dropped.Load(), Swept: c.swept.Load(),
		Fired: c.fired.Load(), Failed: c.failed.Load(),
	}
}

// observe notes how the queue does and tells of changes. A queue that came back may have forgotten everything.
func (c *Clock) observe(err error) {
	if err != nil {
		err = fmt.Errorf("alarm: the queue does not answer: %w", err)
	}
	before := c.health.Swap(&health{err}).err
	switch {
	case err != nil && (before == nil || errors.Is(before, ErrNotRunning)):
		c.log.Warn("the queue is down, rows are woken from the database alone", "error", err)
	case err == nil && before != nil && !errors.Is(before, ErrNotRunning):
		c.log.Info("the queue is back")
		select {
		case c.promote <- struct{}{}:
		default: // is asked for already
		}
	}
}

// write takes alarms from the outbox to the queue.
func (c *Clock) write(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case a := <-c.outbox:
			if err := c.enqueue(ctx, a); err != nil {
				c.log.Debug("could not queue an alarm", "kind", a.Kind, "id", a.ID, "error", err)
			}
		}
	}
}

func (c *Clock) enqueue(ctx context.Context, a Alarm) error {
	if err := c.queue.schedule(ctx, a); err != nil {
		c.dropped.Add(1)
		return err
	}
	c.queued.Add(1)
	return nil
}

// arrive notes an alarm that the queue brings. What it brings late is left to the sweeper, which bounds how much of that is
// released in a second: after an outage or a jump of the clock the queue brings all there is at once.
func (c *Clock) arrive(a Alarm) {
	if c.cfg.MaxPerSecond > 0 && time.Since(a.At) > c.cfg.SweepSlack {
		c.dropped.Add(1)
		return
	}
	c.deliver(a)
}

// deliver notes an alarm that is due in a moment.
func (c *Clock) deliver(a Alarm) { c.note(a, a.At) }

func (c *Clock) note(a Alarm, due time.Time) {
	if !c.agenda.add(a, due) {
		c.dropped.Add(1)
	}
}

// dispatch calls the handler for each alarm at its time, as many at once as the settings allow.
func (c *Clock) dispatch(ctx, calls context.Context) {
	slots := make(chan struct{}, c.cfg.Concurrency)
	for {
		select {
		case slots <- struct{}{}:
		case <-ctx.Done():
			return
		}
		a, ok := c.agenda.take(ctx)
		if !ok {
			return
		}
		c.calls.Go(func() {
			defer func() { <-slots }()
			defer c.agenda.done(a)
			c.fire(calls, a)
		})
	}
}

func (c *Clock) fire(ctx context.Context, a Alarm) {
	defer func() {
		if p := recover(); p != nil {
			c.failed.Add(1)
			c.log.Error("alarm handler panicked", "kind", a.Kind, "id", a.ID, "panic", p, "stack", string(debug.Stack()))
		}
	}()
	c.fired.Add(1)
	if err := c.handle(ctx, a); err != nil {
		c.failed.Add(1)
		c.log.Warn("alarm handler failed", "kind", a.Kind, "id", a.ID, "error", err)
	}
}
