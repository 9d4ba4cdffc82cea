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
	"path/filepath"
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
	// ErrChanged is a file in the plugin folder that is not the one that was installed.
	ErrChanged = errors.New("its file is not the one that was installed")
)

// Config of a Host. Catalog and Gateway must be set; the rest works as zero.
type Config struct {
	Dir     string // the plugin folder: one executable file for each connector, named like it
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
}

// Host runs the connectors of one plugin folder.
type Host struct {
	folder       string
	catalog      *catalog.Catalog
	gateway      protocol.Gateway
	log          *slog.Logger
	trust        bool
	startTimeout time.Duration
	callTimeout  time.Duration
	ping         time.Duration
	dir          string // private: a folder for each process
	walls        protection
	launcher     *launcher
	started      func(connector string)
	crashed      func(connector string)
	reaping      sync.WaitGroup // clean-up after processes

	installing sync.Mutex
	mu         sync.Mutex
	programs   map[string]*installed
	replaced   []*supervisor // of older versions; their last calls may be under way
	stopped    bool
}

// installed is a connector of the catalogue or of the folder.
type installed struct {
	path       string
	sha256     string // of the file in the folder; empty if it is missing
	refused    error  // why it does not run; then supervisor is nil
	supervisor *supervisor
}

// Installed tells about a connector.
type Installed struct {
	Name     string
	Version  string // empty if it was never installed
	Path     string
	SHA256   string
	Manifest protocol.Manifest
	State    State
	Problem  string   // why it is not running, for a person
	Output   []string // the last lines that it printed
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
		catalog:      cfg.Catalog,
		gateway:      cfg.Gateway,
		log:          cmp.Or(cfg.Logger, slog.Default()),
		trust:        cfg.TrustFolder,
		startTimeout: cmp.Or(cfg.StartTimeout, 10*time.Second),
		callTimeout:  cmp.Or(cfg.CallTimeout, time.Minute),
		ping:         cmp.Or(cfg.PingEvery, 15*time.Second),
		dir:          dir,
		walls:        walls(),
		launcher:     newLauncher(),
		started:      orNothing(cfg.Started),
		crashed:      orNothing(cfg.Crashed),
		programs:     make(map[string]*installed),
	}
	if missing := missing(h.walls); len(missing) > 0 {
		h.log.Warn("this system does not let connectors be shut in entirely", "missing", missing)
	}
	if err := h.Discover(ctx); err != nil {
		return nil, errors.Join(err, h.Stop(ctx))
	}
	return h, nil
}

// Discover looks at the plugin folder again. A connector that cannot be installed is listed with its problem and keeps
// nobody else from being found.
func (h *Host) Discover(ctx context.Context) error {
	entries, err := os.ReadDir(h.folder)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("plugin folder: %w", err)
	}
	found := make(map[string]bool)
	for _, entry := range entries {
		info, err := entry.Info()
		if err != nil || entry.IsDir() || info.Mode().Perm()&0o111 == 0 || !catalog.ValidName(entry.Name()) {
			continue
		}
		found[entry.Name()] = true
		h.find(ctx, entry.Name())
	}
	for _, c := range h.catalog.List() {
		if !found[c.Name] {
			h.put(c.Name, &installed{path: filepath.Join(h.folder, c.Name), refused: errors.New("its file is missing")})
		}
	}
	return nil
}

// find decides on one file of the folder.
func (h *Host) find(ctx context.Context, name string) {
	path := filepath.Join(h.folder, name)
	file, sum, err := program{path: path}.open()
	if err != nil {
		h.put(name, &installed{path: path, refused: err})
		return
	}
	_ = file.Close()
	approved, known := h.catalog.Connector(name)
	switch {
	case known && approved.SHA256 == sum:
		h.put(name, &installed{path: path, sha256: sum})
	case h.trust:
		if _, err := h.Install(ctx, name); err != nil {
			h.log.Error("connector not installed", "connector", name, "error", err)
			h.put(name, &installed{path: path, sha256: sum, refused: err})
		}
	case known:
		h.put(name, &installed{path: path, sha256: sum, refused: ErrChanged})
	default:
		h.put(name, &installed{path: path, sha256: sum, refused: ErrNotApproved})
	}
}

// Install approves the file of that name in the plugin folder as it is now: it is started once to describe itself, and
// its checksum and manifest go into the catalogue. Calls under way in an older version end there.
func (h *Host) Install(ctx context.Context, name string) (catalog.Connector, error) {
	h.installing.Lock()
	defer h.installing.Unlock()
	if !catalog.ValidName(name) {
		return catalog.Connector{}, fmt.Errorf("install %.64q: %w", name, ErrUnknown)
	}
	p := program{name: name, path: filepath.Join(h.folder, name)}
	file, sum, err := p.open()
	if err != nil {
		return catalog.Connector{}, fmt.Errorf("install %s: %w", name, err)
	}
	_ = file.Close()
	p.sha256 = sum
	manifest, err := h.describe(ctx, p)
	if err != nil {
		return catalog.Connector{}, fmt.Errorf("install %s: %w", name, err)
	}
	c := catalog.Connector{Name: name, Version: manifest.Version, SHA256: sum, Manifest: manifest, InstalledAt: time.Now().UTC()}
	if err := h.catalog.Install(ctx, c); err != nil {
		return catalog.Connector{}, fmt.Errorf("install %s: %w", name, err)
	}
	h.put(name, &installed{path: p.path, sha256: sum})
	h.log.Info("connector installed", "connector", name, "connector_version", c.Version, "sha256", sum)
	return c, nil
}

// describe starts a program for its manifest alone.
func (h *Host) describe(ctx context.Context, p program) (protocol.Manifest, error) {
	i, err := h.launch(p, newOutput(h.log.With("connector", p.name)))
	if err != nil {
		return protocol.Manifest{}, err
	}
	defer i.process.end()
	ctx, cancel := context.WithTimeout(ctx, h.startTimeout)
	defer cancel()
	manifest, err := i.connector.Describe(ctx)
	if err != nil {
		return protocol.Manifest{}, fmt.Errorf("it does not describe itself: %s", clean(err.Error(), tailLine))
	}
	if manifest.Name != p.name {
		return protocol.Manifest{}, fmt.Errorf("it calls itself %.64q", manifest.Name)
	}
	return manifest, nil
}

// put replaces what is known of a name. What ran under it takes no more calls.
func (h *Host) put(name string, in *installed) {
	h.mu.Lock()
	defer h.mu.Unlock()
	old := h.programs[name]
	if old != nil && old.supervisor != nil {
		if in.refused == nil && old.sha256 == in.sha256 {
			return
		}
		old.supervisor.stop()
		h.replaced = append(h.replaced, old.supervisor)
	}
	if in.refused == nil {
		log := h.log.With("connector", name)
		in.supervisor = &supervisor{
			program: program{name, in.path, in.sha256}, launch: h.launch, ping: h.ping,
			log: log, output: newOutput(log), all: make(map[*instance]bool), onStart: h.started, onCrash: h.crashed,
		}
	}
	h.programs[name] = in
}

// Connector returns the connector of that name. Its process starts with the first call. Errors are ErrUnknown,
// ErrNotApproved, ErrChanged or what keeps the file from being used.
func (h *Host) Connector(name string) (protocol.Connector, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	p := h.programs[name]
	switch {
	case p == nil:
		return nil, fmt.Errorf("connector %.64q: %w", name, ErrUnknown)
	case p.refused != nil:
		return nil, fmt.Errorf("connector %s: %w", name, p.refused)
	}
	return &client{supervisor: p.supervisor, timeout: h.callTimeout}, nil
}

// Protections are what the connectors' processes are kept from here.
func (h *Host) Protections() []Protection { return slices.Clone(h.walls) }

// Connectors lists what is installed or lies in the plugin folder, by name.
func (h *Host) Connectors() []Installed {
	h.mu.Lock()
	defer h.mu.Unlock()
	var list []Installed
	for _, name := range slices.Sorted(maps.Keys(h.programs)) {
		p := h.programs[name]
		c, _ := h.catalog.Connector(name)
		in := Installed{Name: name, Version: c.Version, Path: p.path, SHA256: p.sha256, Manifest: c.Manifest, State: Refused}
		if p.refused != nil {
			in.Problem = p.refused.Error()
		} else {
			in.State, in.Problem = p.supervisor.state()
			in.Output = p.supervisor.output.last()
		}
		list = append(list, in)
	}
	return list
}

// Restart lets a connector that backs off or was set aside start again at once.
func (h *Host) Restart(name string) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	p := h.programs[name]
	if p == nil || p.supervisor == nil {
		return fmt.Errorf("connector %.64q: %w", name, ErrUnknown)
	}
	p.supervisor.restart()
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
	for _, p := range h.programs {
		if p.supervisor != nil {
			p.supervisor.stop()
			running = append(running, p.supervisor)
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
