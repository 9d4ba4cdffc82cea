// Package catalog knows the installed connectors: which file was approved, by its checksum, and what the connector
// says about itself. Running them is left to the host.
package catalog

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/cordboard/cordboard/sdk/protocol"
)

// Connector is one installed connector. Its manifest was read once, from the file with this checksum.
type Connector struct {
	Name        string
	Version     string
	SHA256      string // of the executable file, in hex
	Manifest    protocol.Manifest
	InstalledAt time.Time
}

// Store keeps the catalogue.
type Store interface {
	// SaveConnector stores c in place of what has the same name and version.
	SaveConnector(ctx context.Context, c Connector) error
	// ListConnectors returns all versions of all connectors.
	ListConnectors(ctx context.Context) ([]Connector, error)
}

// Catalog answers from memory. It is safe for concurrent use.
type Catalog struct {
	store Store

	mu      sync.RWMutex
	byName  map[string]Connector // the version installed last
	builtIn []protocol.Manifest
}

// New loads the catalogue. A nil store keeps it in memory only.
func New(ctx context.Context, store Store) (*Catalog, error) {
	c := &Catalog{store: store, byName: make(map[string]Connector)}
	if store == nil {
		return c, nil
	}
	stored, err := store.ListConnectors(ctx)
	if err != nil {
		return nil, fmt.Errorf("load the connectors: %w", err)
	}
	for _, s := range stored {
		if known, ok := c.byName[s.Name]; !ok || s.InstalledAt.After(known.InstalledAt) {
			c.byName[s.Name] = s
		}
	}
	return c, nil
}

// Install approves a connector in place of what had its name. A manifest that is not sound is refused with all its
// problems.
func (c *Catalog) Install(ctx context.Context, in Connector) error {
	if err := Check(in.Manifest); err != nil {
		return err
	}
	if c.store != nil {
		if err := c.store.SaveConnector(ctx, in); err != nil {
			return fmt.Errorf("install %s: %w", in.Name, err)
		}
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.byName[in.Name] = in
	return nil
}

// BuiltIn adds a connector that the gateway itself serves. It is neither installed nor listed, and always there.
func (c *Catalog) BuiltIn(m protocol.Manifest) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.builtIn = append(c.builtIn, m)
}

// Connector returns the installed connector of that name.
func (c *Catalog) Connector(name string) (Connector, bool) {
	c.mu.RLock()
	defer c.mu.RUnlock()
	found, ok := c.byName[name]
	return found, ok
}

// Manifest returns what the connector of that name says about itself.
func (c *Catalog) Manifest(name string) (protocol.Manifest, bool) {
	c.mu.RLock()
	defer c.mu.RUnlock()
	if i := slices.IndexFunc(c.builtIn, func(m protocol.Manifest) bool { return m.Name == name }); i >= 0 {
		return c.builtIn[i], true
	}
	found, ok := c.byName[name]
	return found.Manifest, ok
}

// List returns the installed connectors by name.
func (c *Catalog) List() []Connector {
	c.mu.RLock()
	defer c.mu.RUnlock()
	return slices.SortedFunc(maps.Values(c.byName), func(a, b Connector) int { return cmp.Compare(a.Name, b.Name) })
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
