// Package host runs connector processes: it starts them when they are first called, watches them, restarts those that
// die and sets aside those that keep dying. A connector is taken for hostile: it gets nothing of the gateway's
// environment, lives in a process group of its own that dies with the gateway, has a deadline on each call, and what it
// says is bounded and checked. Package host knows nothing of flows; callers bring an invocation and take a result.
package host

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"os"
	"slices"
	"sync"
	"time"

	"github.com/cordboard/cordboard/core/internal/catalog"
	"github.com/cordboard/cordboard/sdk/protocol"
)

var (
	// ErrUnknown is a connector that is neither in the plugin folder nor in the catalogue.
	ErrUnknown = errors.New("there is no such connector")
	// ErrNotApproved is a file in the plugin folder that nobody installed.
	ErrNotApproved = errors.New("it is not installed")
	// ErrNotAllowed is a connector that asks to dial by itself, which no administrator has allowed.
	ErrNotAllowed = errors.New("it asks to dial by itself, past the gateway; an administrator has to allow it first")
	// ErrChanged is a file in the plugin folder that is not the one that was installed.
	ErrChanged = errors.New("its file is not the one that was installed")
)

// Config of a Host. Catalog and Gateway must be set; the rest works as zero.
type Config struct {
	Dir     string // the plugin folder: one executable file for each connector, named like it
	Library string // where each installed version is kept, by its checksum; empty: only what is in Dir runs
	Catalog *catalog.Catalog
	Gateway protocol.Gateway
	Logger  *slog.Logger
	// TrustFolder installs whatever stands in the plugin folder. Without it a file that is new or changed waits for
	// Install, which is what a person calls who put it there.
	TrustFolder  bool
	StartTimeout time.Duration // default 10 s
	CallTimeout  time.Duration // of calls whose context has no deadline; default 60 s
	PingEvery    time.Duration // default 15 s
	// Started and Crashed are called with a connector's name when its process runs, and when it ended by itself or did
	// not start. They must not block or call the Host; nil: nobody wants to know.
	Started, Crashed func(connector string)
	// Faulted is called with each fault of a connector, under the same terms.
	Faulted func(connector string, fault Fault)
}

// Host runs the connectors of one plugin folder.
type Host struct {
	folder       string
	library      library
	catalog      *catalog.Catalog
	gateway      protocol.Gateway
	askRate      int // see newPace
	log          *slog.Logger
	trust        bool
	startTimeout time.Duration
	callTimeout  time.Duration
	ping         time.Duration
	dir          string      // private: a folder for each process
	walls        Protections // of the cell
	groups       groups
	launcher     *launcher
	started      func(connector string)
	crashed      func(connector string)
	faulted      func(connector string, fault Fault)
	reaping      sync.WaitGroup // clean-up after processes

	installing sync.Mutex
	mu         sync.Mutex
	refused    map[string]error                  // by name: why a connector takes no calls
	versions   map[string]map[string]*supervisor // by name and version
	replaced   []*supervisor                     // of files that another took the place of; their last calls may be under way
	stopped    bool
}

// Installed tells about a connector.
type Installed struct {
	Name     string
	Manifest protocol.Manifest // of the version that takes new calls; zero if none was ever installed
	Health
	Versions []Version // the one that takes new calls first
}

// Version tells about an installed version of a connector.
type Version struct {
	catalog.Connector
	Health
}

// Health is how the process of a version is doing.
type Health struct {
	State   State
	Problem string   // why it is not running, for a person
	PID     string   // empty: there is none
	Crashes int      // since the gateway began
	Output  []string // the last lines that it printed
	Printed int      // how many lines it has printed in all

	Faults    map[Fault]int // what it did and should not have, since the gateway began
	Slowed    bool          // it used more than its share of the processors and gets them after others
	Trouble   string        // the last thing that had to be done about its process, though all may be well again
	TroubleAt time.Time
}

// longestDir is how long the folder of all connectors' folders may be: the system takes 107 bytes for a socket's path, of
// which go-plugin needs up to 38 for a folder and a name of its own, and each process's folder 11.
const longestDir = 107 - 38 - 11

// socketDir makes a folder, open to this user alone, in which connectors make their sockets.
func socketDir() (string, error) {
	dir, err := os.MkdirTemp("", "cordboard-") // 0700
	if err != nil || len(dir) <= longestDir {
		return dir, err
	}
	_ = os.RemoveAll(dir)
	return "", fmt.Errorf("the temporary folder %s is too deep for sockets; set TMPDIR to one of at most 36 characters", os.TempDir())
}

func orNothing(f func(string)) func(string) {
	if f == nil {
		return func(string) {}
	}
	return f
}

// New returns a Host that has looked at its plugin folder. Stop must be called.
func New(ctx context.Context, cfg Config) (*Host, error) {
	dir, err := socketDir()
	if err != nil {
		return nil, fmt.Errorf("connectors: %w", err)
	}
	h := &Host{
		folder:       cfg.Dir,
		library:      library(cfg.Library),
		catalog:      cfg.Catalog,
		gateway:      cfg.Gateway,
		log:          cmp.Or(cfg.Logger, slog.Default()),
		trust:        cfg.TrustFolder,
		startTimeout: cmp.Or(cfg.StartTimeout, 10*time.Second),
		callTimeout:  cmp.Or(cfg.CallTimeout, time.Minute),
		ping:         cmp.Or(cfg.PingEvery, 15*time.Second),
		askRate:      askRate,
		dir:          dir,
		walls:        walls(),
		launcher:     newLauncher(),
		started:      orNothing(cfg.Started),
		crashed:      orNothing(cfg.Crashed),
		faulted:      cfg.Faulted,
		refused:      make(map[string]error),
		versions:     make(map[string]map[string]*supervisor),
	}
	if h.groups, err = delegated(); err != nil {
		h.log.Info("connectors get no control groups", "reason", err)
	}
	if missing := missing(h.Protections()); len(missing) > 0 {
		h.log.Warn("this system does not let connectors be shut in entirely", "missing", missing)
	}
	if err := h.Discover(ctx); err != nil {
		return nil, errors.Join(err, h.Stop(ctx))
	}
	return h, nil
}

// Connector returns the connector of that name, in the version that takes new calls. Its process starts with the first
// call. Errors are ErrUnknown, ErrNotApproved, ErrChanged or what keeps the file from being used.
func (h *Host) Connector(name string) (protocol.Connector, error) { return h.Pinned(name, "") }

// Pinned is Connector in a version of it; the error may be ErrNotAllowed too. The one that takes new calls stands in for a version that is empty or not
// installed any more.
func (h *Host) Pinned(name, version string) (protocol.Connector, error) {
	if _, err := h.supervisor(name, version); err != nil {
		return nil, err
	}
	return &client{name: name, timeout: h.callTimeout, supervisor: func() (*supervisor, error) { return h.supervisor(name, version) }}, nil
}

// supervisor finds who runs a connector now.
func (h *Host) supervisor(name, version string) (*supervisor, error) {
	c, known := h.catalog.Pinned(name, version)
	h.mu.Lock()
	defer h.mu.Unlock()
	if err := h.refused[name]; err != nil {
		return nil, fmt.Errorf("connector %s: %w", name, err)
	}
	if !known {
		return nil, fmt.Errorf("connector %.64q: %w", name, ErrUnknown)
	}
	if err := h.notAllowed(c); err != nil {
		return nil, fmt.Errorf("connector %s: %w", name, err)
	}
	return h.supervise(c)
}

// supervise finds or makes who runs a version. The caller holds the lock.
func (h *Host) supervise(c catalog.Connector) (*supervisor, error) {
	name := c.Name
	s := h.versions[name][c.Version]
	if s == nil || s.program.sha256 != c.SHA256 {
		if h.stopped {
			return nil, fmt.Errorf("connector %s: the gateway is stopping", name)
		}
		p, err := h.locate(c)
		if err != nil {
			return nil, fmt.Errorf("connector %s %s: %w", name, c.Version, err)
		}
		s = h.newSupervisor(p)
		h.put(c.Version, s)
	}
	return s, nil
}

// newSupervisor makes a supervisor that has not started anything.
func (h *Host) newSupervisor(p program) *supervisor {
	log := h.log.With("connector", p.name)
	f := newFaults(func(one Fault) {
		if h.faulted != nil {
			h.faulted(p.name, one)
		}
	})
	return &supervisor{
		program: p, launch: h.launch, ping: h.ping, log: log, output: newOutput(log, f), all: make(map[*instance]bool),
		reading: newPace(readRate, loggedHead, f), parsing: make(chan struct{}, 1), meters: !h.groups.walls().Has(BoundedCPU),
		onStart: h.started, onCrash: h.crashed,
	}
}

// put makes a supervisor the one of a version. The one that it replaces ends with its last call. The caller holds the lock.
func (h *Host) put(version string, s *supervisor) {
	name := s.program.name
	if h.versions[name] == nil {
		h.versions[name] = make(map[string]*supervisor)
	}
	if old := h.versions[name][version]; old != nil {
		old.stop()
		h.replaced = append(h.replaced, old)
	}
	h.versions[name][version] = s
}

// Protections are what the connectors' processes are kept from here.
func (h *Host) Protections() (list Protections) {
	groups := h.groups.walls()
	for _, one := range AllProtections {
		if h.walls.Has(one) || groups.Has(one) {
			list = append(list, one)
		}
	}
	return list
}

// Connectors lists what is installed or lies in the plugin folder, by name.
func (h *Host) Connectors() []Installed {
	h.mu.Lock()
	defer h.mu.Unlock()
	names := make(map[string]bool)
	for _, c := range h.catalog.List() {
		names[c.Name] = true
	}
	for name := range h.refused {
		names[name] = true
	}
	var list []Installed
	for _, name := range slices.Sorted(maps.Keys(names)) {
		in := Installed{Name: name, Health: Health{State: Refused}}
		for _, c := range h.catalog.Versions(name) {
			in.Versions = append(in.Versions, Version{c, h.health(c)})
		}
		if len(in.Versions) > 0 {
			in.Manifest, in.Health = in.Versions[0].Manifest, in.Versions[0].Health
		}
		if err := h.refused[name]; err != nil {
			in.State, in.Problem = Refused, err.Error()
		}
		list = append(list, in)
	}
	return list
}

// health needs the lock.
func (h *Host) health(c catalog.Connector) Health {
	if err := h.notAllowed(c); err != nil {
		return Health{State: Refused, Problem: err.Error()}
	}
	if s := h.versions[c.Name][c.Version]; s != nil {
		return s.health()
	}
	if _, err := h.locate(c); err != nil {
		return Health{State: Refused, Problem: err.Error()}
	}
	return Health{State: Idle}
}

// Restart lets all versions of a connector that back off or were set aside start again at once. ErrUnknown if there is
// none of that name.
func (h *Host) Restart(name string) error {
	if _, known := h.catalog.Connector(name); !known {
		return fmt.Errorf("connector %.64q: %w", name, ErrUnknown)
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, s := range h.versions[name] {
		s.restart()
	}
	return nil
}

// Stop takes no more calls, waits for those under way until ctx ends, then ends all processes. It returns when none is
// left.
func (h *Host) Stop(ctx context.Context) error {
	h.mu.Lock()
	if h.stopped {
		h.mu.Unlock()
		return nil
	}
	h.stopped = true
	running := slices.Clone(h.replaced)
	for _, versions := range h.versions {
		for _, s := range versions {
			s.stop()
			running = append(running, s)
		}
	}
	h.mu.Unlock()
	gone := make(chan struct{})
	go func() {
		defer close(gone)
		for _, s := range running {
			s.draining.Wait()
		}
		h.reaping.Wait()
	}()
	select {
	case <-gone:
	case <-ctx.Done():
		for _, s := range running {
			s.kill()
		}
		<-gone
	}
	h.launcher.close()
	return os.RemoveAll(h.dir)
}
