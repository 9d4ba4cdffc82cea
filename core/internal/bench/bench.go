// Package bench measures the gateway against the raw parts it is made of, in one run on one machine. What it prints
// are ratios: times and rates alone say more about the machine than about the gateway.
//
// Our side is the real thing: an app with its listeners, its database and a connector process. The raw side does the
// least that the same work could take. Package bench knows nothing of how the gateway gets its figures; it watches
// through the interfaces that the engine declares.
package bench

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/cordboard/cordboard/core/internal/config"
)

// Options say what to measure and how long.
type Options struct {
	Quick     bool     // a tenth of the samples
	Only      []string // the measurements to take, by their names in underLoad, and parked; empty: all
	Postgres  string   // server to measure on, as a URL whose user may create databases; empty: SQLite only
	Redis     string   // server for alarms beside Postgres; empty: the embedded one
	PluginDir string   // the folder that holds the connector echo
	Program   string   // the gateway's program, for what is measured on a process of its own
	Out       io.Writer
}

// size is how much is done of each measurement.
type size struct {
	relays, replies, calls, requests, parked int
	deliveries, queued                       int           // to an endpoint that answers, and to one that does not
	within                                   time.Duration // of one measurement
	timers                                   time.Duration // for how long timers fire
}

func (o Options) size() size {
	if o.Quick {
		return size{relays: 400, replies: 60, calls: 500, requests: 1000, parked: 10_000, deliveries: 100, queued: 10_000, within: 4 * time.Second, timers: 2 * time.Second}
	}
	return size{relays: 6000, replies: 1000, calls: 5000, requests: 20_000, parked: 1_000_000, deliveries: 500, queued: 100_000, within: 15 * time.Second, timers: 10 * time.Second}
}

const (
	concurrency  = 32 // of everything that is measured under load
	payloadBytes = 1024
)

// site is a database that gateways are measured on.
type site struct {
	name     string
	settings func(dataDir string) config.Settings
}

// Run measures and prints. A ratio that misses its goal is a finding, not an error.
func Run(ctx context.Context, o Options) (err error) {
	dir, err := os.MkdirTemp("", "cordboard-bench-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	if o.wants("hostile") {
		if err := furnishPlugins(o.PluginDir, filepath.Join(dir, "plugins")); err != nil {
			return fmt.Errorf("connectors: %w", err)
		}
		o.PluginDir = filepath.Join(dir, "plugins")
	}
	sites, drop, err := o.sites(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, drop()) }()
	t := newTable(o.Out)
	if o.Postgres == "" {
		t.note("No Postgres is set (TEST_DATABASE_URL): this measures SQLite and the embedded queue only.")
	}
	bare, err := launchEcho(ctx, filepath.Join(o.PluginDir, "echo"))
	if err != nil {
		return err
	}
	defer bare.kill()
	for _, s := range sites {
		if err := o.measure(ctx, t, s, filepath.Join(dir, s.name), bare); err != nil {
			return fmt.Errorf("measure on %s: %w", s.name, err)
		}
	}
	return t.flush()
}

// measure takes all figures of one database.
func (o Options) measure(ctx context.Context, t *table, s site, dir string, bare *echo) error {
	settings := s.settings(dir)
	t.section(s.name)
	if err := o.underLoad(ctx, t, settings, bare); err != nil {
		return err
	}
	if !o.wants("parked") {
		return nil
	}
	before, err := o.timers(ctx, settings, "before")
	if err != nil {
		return fmt.Errorf("timers: %w", err)
	}
	if err := o.parked(ctx, t, settings); err != nil {
		return fmt.Errorf("parked waits: %w", err)
	}
	after, err := o.timers(ctx, settings, "after")
	if err != nil {
		return fmt.Errorf("timers with parked waits: %w", err)
	}
	after.compare(t, before, o.size().parked)
	return nil
}

// underLoad takes the figures of a gateway that has work.
func (o Options) underLoad(ctx context.Context, t *table, settings config.Settings, bare *echo) error {
	g, err := startGateway(ctx, settings, loadFlows)
	if err != nil {
		return err
	}
	defer g.stop(ctx)
	raw, err := openRaw(ctx, settings)
	if err != nil {
		return err
	}
	defer raw.close()
	b := &bench{size: o.size(), table: t, gateway: g, raw: raw, echo: bare}
	for _, part := range []struct {
		name    string
		measure func(context.Context) error
	}{
		{"relay", b.relay}, {"reply", b.reply}, {"call", b.call}, {"hop", b.hop}, {"hostile", b.hostile}, {"accept", b.accept}, {"ingress", b.ingress},
		{"dead", func(ctx context.Context) error { return b.dead(ctx, settings.DataDir) }},
	} {
		if !o.wants(part.name) {
			continue
		}
		if err := part.measure(ctx); err != nil {
			return fmt.Errorf("%s: %w", part.name, err)
		}
	}
	return nil
}

// wants reports whether a measurement is among those asked for.
func (o Options) wants(part string) bool { return len(o.Only) == 0 || slices.Contains(o.Only, part) }
