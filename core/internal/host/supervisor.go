package host

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"time"
)

// State is how a connector is doing.
type State string

const (
	Idle        State = "idle"        // not started yet, or ended and started by the next call
	Starting    State = "starting"    // being started
	Ready       State = "ready"       // takes calls
	BackingOff  State = "backing_off" // crashed; will be started again
	Quarantined State = "quarantined" // set aside after repeated crashes, for a while or until a person restarts it
	Refused     State = "refused"     // its file is not the approved one
	Stopped     State = "stopped"     // the host has stopped
)

const (
	crashWindow    = time.Minute
	maxCrashes     = 5 // within crashWindow
	quarantine     = 10 * time.Minute
	firstBackoff   = time.Second
	longestBackoff = time.Minute
	patience       = time.Second // how long a call waits for a connector that backs off
	pingTimeout    = time.Second
	maxMissed      = 3               // pings in a row
	idleTime       = 5 * time.Minute // after which a version that takes no new calls ends
)

// supervisor keeps one program running: it starts it for the first call, starts it again after a crash, later each
// time, and sets it aside when it keeps crashing.
type supervisor struct {
	program program
	launch  func(p program, out *output, nice int) (*instance, error)
	ping    time.Duration // between pings
	log     *slog.Logger
	output  *output
	reading *pace         // of the log lines of calls
	parsing chan struct{} // holds the right to look at one large reply
	meters  bool          // its use of the processors is watched

	onStart, onCrash func(connector string) // see Config

	mu          sync.Mutex
	current     *instance // takes calls
	all         map[*instance]bool
	start       *start
	crashes     []time.Time // within crashWindow
	row         int         // crashes without a calm minute between them
	until       time.Time   // no start before
	again       *time.Timer // starts it after a crash
	problem     string      // why it is not running
	stopped     bool
	aside       bool           // another version takes new calls
	lastCall    time.Time      // when the last one ended
	ended       int            // how often it crashed in all
	trouble     trouble        // the last
	greed       int            // how often it used too much
	greedyUntil time.Time      // as long as that is remembered
	draining    sync.WaitGroup // instances that are not gone
}

// start is one attempt to start, shared by the calls that wait for it.
type start struct {
	done chan struct{}
	err  error
}

// unavailable is why a call was not made; nothing has reached the connector.
type unavailable struct {
	reason string
	after  time.Duration // until trying again makes sense; zero: not known
}

func (u *unavailable) Error() string { return u.reason }

// errStopped is a call to a supervisor that takes none any more.
var errStopped = &unavailable{reason: "the gateway is stopping"}

// acquire returns a running instance for one call, starting it if necessary. The caller must release it.
func (s *supervisor) acquire(ctx context.Context) (*instance, error) {
	for {
		s.mu.Lock()
		if s.stopped {
			s.mu.Unlock()
			return nil, errStopped
		}
		if i := s.current; i != nil {
			unclear := i.unclear()
			if unclear == nil {
				i.calls++
			}
			s.mu.Unlock()
			if unclear == nil {
				return i, nil
			}
			select {
			case <-unclear:
			case <-ctx.Done():
				return nil, ctx.Err()
			}
			continue
		}
		if wait := time.Until(s.until); wait > 0 {
			problem := s.problem
			s.mu.Unlock()
			if wait > patience {
				return nil, &unavailable{fmt.Sprintf("it is not running: %s", problem), wait}
			}
			if err := sleep(ctx, wait); err != nil {
				return nil, err
			}
			continue
		}
		attempt := s.begin()
		s.mu.Unlock()
		select {
		case <-attempt.done:
			if errors.Is(attempt.err, errStopped) {
				return nil, errStopped
			}
			if attempt.err != nil {
				return nil, &unavailable{reason: attempt.err.Error()}
			}
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

// begin joins the attempt under way or makes one. The caller holds the lock.
func (s *supervisor) begin() *start {
	if s.start == nil {
		s.start = &start{done: make(chan struct{})}
		s.draining.Add(1)
		go s.run(s.start)
	}
	return s.start
}

// run starts an instance and stays with it until it is gone.
func (s *supervisor) run(attempt *start) {
	defer s.draining.Done()
	s.mu.Lock()
	nice := s.nice(time.Now())
	s.mu.Unlock()
	i, err := s.launch(s.program, s.output, nice)
	s.mu.Lock()
	s.start = nil
	if err == nil && s.stopped {
		i.process.end()
		err = errStopped
	}
	if err != nil {
		attempt.err = err
		s.crashed(err.Error())
	} else {
		s.current, s.problem = i, ""
		s.log.Info("connector started", "pid", i.process.ID())
		s.onStart(s.program.name)
	}
	if i != nil {
		s.all[i] = true
	}
	s.mu.Unlock()
	close(attempt.done)
	if i != nil {
		s.watch(i)
	}
}

// watch pings an instance until it has ended, and decides what its end means.
func (s *supervisor) watch(i *instance) {
	tick := time.NewTicker(s.ping)
	defer tick.Stop()
	var look <-chan time.Time
	if s.meters {
		ticker := time.NewTicker(shareEvery)
		defer ticker.Stop()
		look = ticker.C
	}
	var m meter
	for missed := 0; ; {
		select {
		case at := <-look:
			s.ration(i, &m, at)
		case <-tick.C:
			s.endIdle(i)
			missed++
			if i.alive(pingTimeout) {
				missed = 0
			}
			if missed >= maxMissed {
				s.log.Warn("connector does not answer pings")
				i.process.end()
			}
		case <-i.process.done:
			s.mu.Lock()
			defer s.mu.Unlock()
			delete(s.all, i)
			defer close(i.noted)
			if s.current == i {
				s.current = nil
			}
			if !i.retired && !s.stopped {
				s.crashed("it crashed")
			}
			return
		}
	}
}

// endIdle ends an instance that nobody calls, if another version takes new calls.
func (s *supervisor) endIdle(i *instance) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.aside && s.current == i && i.calls == 0 && time.Since(s.lastCall) > idleTime {
		s.drain()
	}
}

// crashed notes an end that nobody wanted and plans the next start. The caller holds the lock.
func (s *supervisor) crashed(problem string) {
	s.onCrash(s.program.name)
	s.ended++
	now := time.Now()
	if n := len(s.crashes); n == 0 || now.Sub(s.crashes[n-1]) > crashWindow {
		s.row = 0
	}
	s.crashes = slices.DeleteFunc(s.crashes, func(at time.Time) bool { return now.Sub(at) > crashWindow })
	s.crashes = append(s.crashes, now)
	wait := backoff(s.row)
	s.row++
	s.problem = problem
	if len(s.crashes) >= maxCrashes {
		wait = quarantine
		s.problem = fmt.Sprintf("it was set aside after %d crashes within a minute (%s)", len(s.crashes), problem)
	}
	s.until = now.Add(wait)
	s.trouble = trouble{s.problem, now}
	s.log.Warn("connector not running", "problem", s.problem, "next_start_in", wait)
	if s.stopped {
		return
	}
	s.again = time.AfterFunc(wait, func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		if !s.stopped && s.current == nil && !time.Now().Before(s.until) {
			s.begin()
		}
	})
}

// backoff is the pause before the start that follows n crashes in a row and one more: none at first, then doubling.
func backoff(n int) time.Duration {
	if n == 0 {
		return 0
	}
	return min(firstBackoff<<min(n-1, 10), longestBackoff)
}

// release ends a call.
func (s *supervisor) release(i *instance) {
	s.mu.Lock()
	defer s.mu.Unlock()
	i.calls--
	s.lastCall = time.Now()
	if i.retired && i.calls == 0 {
		i.process.end()
	}
}

// rest lets the process end with its last call, because another version takes new calls. Runs that are pinned to this one
// start it again, and it ends when they leave it idle. rest(false) ends that.
func (s *supervisor) rest(aside bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.aside = aside; aside {
		s.drain()
	}
}

// settle ends the process with its last call; the next one starts it again.
func (s *supervisor) settle() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.drain()
}

// drain takes the running instance out of service; it ends with its last call. The caller holds the lock.
func (s *supervisor) drain() {
	i := s.current
	if i == nil {
		return
	}
	i.retired, s.current = true, nil
	if i.calls == 0 {
		i.process.end()
	}
}

// restart ends a quarantine, and has the next process begin with the priority of one that has done nothing yet.
func (s *supervisor) restart() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.crashes, s.row, s.until, s.problem, s.greed = nil, 0, time.Time{}, "", 0
}

// stop takes no more calls. Instances end with their last call.
func (s *supervisor) stop() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.stopped = true
	if s.again != nil {
		s.again.Stop()
	}
	s.drain()
}

// kill ends all instances now, with their calls.
func (s *supervisor) kill() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i := range s.all {
		i.process.end()
	}
}

// health tells how the program is doing.
func (s *supervisor) health() Health {
	state, problem := s.state()
	s.mu.Lock()
	defer s.mu.Unlock()
	h := Health{
		State: state, Problem: problem, Crashes: s.ended, Faults: s.output.faults.all(),
		Trouble: s.trouble.what, TroubleAt: s.trouble.at, Slowed: s.greed > 0 && time.Now().Before(s.greedyUntil),
	}
	if s.current != nil {
		h.PID = s.current.process.ID()
	}
	h.Output, h.Printed = s.output.last()
	return h
}

// state returns how the program is doing and, when it is not well, why.
func (s *supervisor) state() (State, string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.stopped:
		return Stopped, ""
	case s.current != nil:
		return Ready, ""
	case s.start != nil:
		return Starting, s.problem
	case time.Now().Before(s.until) && len(s.crashes) >= maxCrashes:
		return Quarantined, s.problem
	case time.Now().Before(s.until):
		return BackingOff, s.problem
	}
	return Idle, s.problem
}

func sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
