// Package catalog knows the installed connectors: which file was approved, by its checksum, and what the connector
// says about itself. Running them is left to the host.
package catalog

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/cordboard/cordboard/sdk/protocol"
)

// ErrUnknownVersion is a version of a connector that is not installed.
var ErrUnknownVersion = errors.New("this version is not installed")

// Connector is one installed version of a connector. Its manifest was read once, from the file with this checksum.
type Connector struct {
	Name        string
	Version     string
	SHA256      string // of the executable file, in hex
	Manifest    protocol.Manifest
	SignedBy    string // name of the publisher's key; empty: nobody signed it
	InstalledAt time.Time
	ChosenAt    time.Time // when it was made the one that takes new calls; InstalledAt, or later
}

// Store keeps the catalogue.
type Store interface {
	// SaveConnector stores c in place of what has the same name and version.
	SaveConnector(ctx context.Context, c Connector) error
	// ListConnectors returns all versions of all connectors.
	ListConnectors(ctx context.Context) ([]Connector, error)
	// DirectConnectors returns the names of those that may dial by themselves, and SetDirect says whether one may.
	DirectConnectors(ctx context.Context) ([]string, error)
	SetDirect(ctx context.Context, name string, allowed bool) error
}

// Catalog answers from memory. It is safe for concurrent use.
type Catalog struct {
	store Store

	mu      sync.RWMutex
	byName  map[string]map[string]Connector // by name and version
	builtIn []protocol.Manifest
	direct  map[string]bool // may dial by themselves
}

// New loads the catalogue. A nil store keeps it in memory only.
func New(ctx context.Context, store Store) (*Catalog, error) {
	c := &Catalog{store: store, byName: make(map[string]map[string]Connector)}
	if store == nil {
		return c, nil
	}
	stored, err := store.ListConnectors(ctx)
	if err != nil {
		return nil, fmt.Errorf("load the connectors: %w", err)
	}
	for _, s := range stored {
		c.put(s)
	}
	_, err = c.FollowDirect(ctx)
	return c, err
}

// put needs the lock, or that nobody else knows c yet.
func (c *Catalog) put(in Connector) {
	if c.byName[in.Name] == nil {
		c.byName[in.Name] = make(map[string]Connector)
	}
	c.byName[in.Name][in.Version] = in
}

// Install approves a version of a connector, in place of what had its name and version, and makes it the one that takes
// new calls. A manifest that is not sound is refused with all its problems.
func (c *Catalog) Install(ctx context.Context, in Connector) error {
	if err := Check(in.Manifest); err != nil {
		return err
	}
	in.ChosenAt = in.InstalledAt
	return c.save(ctx, in)
}

// Choose makes an installed version the one that takes new calls. ErrUnknownVersion if it is not installed.
func (c *Catalog) Choose(ctx context.Context, name, version string, now time.Time) error {
	found, ok := c.Exactly(name, version)
	if !ok {
		return fmt.Errorf("%s %s: %w", name, version, ErrUnknownVersion)
	}
	found.ChosenAt = now
	return c.save(ctx, found)
}

// Adopt takes in what another node has stored.
func (c *Catalog) Adopt(in Connector) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.put(in)
}

func (c *Catalog) save(ctx context.Context, in Connector) error {
	if c.store != nil {
		if err := c.store.SaveConnector(ctx, in); err != nil {
			return fmt.Errorf("save connector %s: %w", in.Name, err)
		}
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.put(in)
	return nil
}

// BuiltIn adds a connector that the gateway itself serves. It is neither installed nor listed, and always there.
func (c *Catalog) BuiltIn(m protocol.Manifest) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.builtIn = append(c.builtIn, m)
}

// Connector returns the version of a connector that takes new calls.
func (c *Catalog) Connector(name string) (Connector, bool) {
	c.mu.RLock()
	defer c.mu.RUnlock()
	return chosen(c.byName[name])
}

func chosen(versions map[string]Connector) (last Connector, ok bool) {
	for _, v := range versions {
		if !ok || v.ChosenAt.After(last.ChosenAt) || v.ChosenAt.Equal(last.ChosenAt) && v.Version > last.Version {
			last, ok = v, true
		}
	}
	return last, ok
}

// Exactly returns one installed version of a connector.
func (c *Catalog) Exactly(name, version string) (Connector, bool) {
	c.mu.RLock()
	defer c.mu.RUnlock()
	found, ok := c.byName[name][version]
	return found, ok
}

// Pinned returns the version of a connector that a flow is pinned to. The one that takes new calls stands in for a version
// that is empty or not installed any more.
func (c *Catalog) Pinned(name, version string) (Connector, bool) {
	if found, ok := c.Exactly(name, version); ok {
		return found, true
	}
	return c.Connector(name)
}

// With returns a view in which the pinned versions, by name, are those that take new calls. It does not change.
func (c *Catalog) With(pins map[string]string) *Catalog {
	c.mu.RLock()
	view := &Catalog{byName: make(map[string]map[string]Connector), builtIn: c.builtIn}
	c.mu.RUnlock()
	for _, used := range c.List() {
		pinned, _ := c.Pinned(used.Name, pins[used.Name])
		view.put(pinned)
	}
	return view
}

// Versions returns all installed versions of a connector, the one that takes new calls first, then those chosen last.
func (c *Catalog) Versions(name string) []Connector {
	c.mu.RLock()
	defer c.mu.RUnlock()
	return slices.SortedFunc(maps.Values(c.byName[name]), func(a, b Connector) int {
		return cmp.Or(b.ChosenAt.Compare(a.ChosenAt), cmp.Compare(b.Version, a.Version))
	})
}

// Manifest returns what the connector of that name says about itself.
func (c *Catalog) Manifest(name string) (protocol.Manifest, bool) {
	c.mu.RLock()
	defer c.mu.RUnlock()
	if i := slices.IndexFunc(c.builtIn, func(m protocol.Manifest) bool { return m.Name == name }); i >= 0 {
		return c.builtIn[i], true
	}
	found, ok := chosen(c.byName[name])
	return found.Manifest, ok
}

// PinnedManifest is the manifest of Pinned.
func (c *Catalog) PinnedManifest(name, version string) (protocol.Manifest, bool) {
	found, ok := c.Pinned(name, version)
	return found.Manifest, ok
}

// List returns the installed connectors by name, each in the version that takes new calls.
func (c *Catalog) List() []Connector {
	c.mu.RLock()
	defer c.mu.RUnlock()
	var list []Connector
	for _, name := range slices.Sorted(maps.Keys(c.byName)) {
		used, _ := chosen(c.byName[name])
		list = append(list, used)
	}
	return list
}

// Action returns the action behind a name such as "desk.create_ticket".
func (c *Catalog) Action(operation string) (protocol.Action, bool) {
	connector, name, _ := strings.Cut(operation, ".")
	m, _ := c.Manifest(connector)
	return m.Action(name)
}

// Trigger returns the trigger behind a name such as "desk.ticket_opened".
func (c *Catalog) Trigger(operation string) (protocol.Trigger, bool) {
	connector, name, _ := strings.Cut(operation, ".")
	m, _ := c.Manifest(connector)
	return m.Trigger(name)
}
