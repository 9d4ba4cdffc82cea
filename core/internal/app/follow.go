package app

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/cordboard/cordboard/core/internal/catalog"
	"github.com/cordboard/cordboard/core/internal/parcel"
)

// followEvery is how often a node looks for connectors of other nodes, if nobody tells it sooner.
const followEvery = 30 * time.Second

// follower has this node come to the connectors that were installed or chosen on others.
type follower struct {
	app     *App
	changed chan struct{}     // room for one
	failed  map[string]string // what did not work, by connector and version: said once
}

func newFollower(a *App) *follower {
	return &follower{app: a, changed: make(chan struct{}, 1), failed: map[string]string{}}
}

// wake has it look soon. It never blocks.
func (f *follower) wake() {
	select {
	case f.changed <- struct{}{}:
	default:
	}
}

// run looks at once, when it is woken and every followEvery, until ctx ends.
func (f *follower) run(ctx context.Context) {
	tick := time.NewTicker(followEvery)
	defer tick.Stop()
	for {
		if err := f.follow(ctx); err != nil && ctx.Err() == nil {
			f.app.log.Error("look for connectors of other nodes", "error", err)
		}
		select {
		case <-ctx.Done():
			return
		case <-f.changed:
		case <-tick.C:
		}
	}
}

// permit takes over which connectors may dial by themselves.
func (f *follower) permit(ctx context.Context) error {
	news, err := f.app.catalog.FollowDirect(ctx)
	for _, name := range news {
		f.app.Host.Settle(name)
	}
	return err
}

// follow adopts what is stored and not known here, or known and not here. What does not work keeps nothing else from being
// adopted and is tried again at the next look.
func (f *follower) follow(ctx context.Context) error {
	if err := f.permit(ctx); err != nil {
		return err
	}
	stored, err := f.app.Store.ListConnectors(ctx)
	if err != nil {
		return err
	}
	for _, c := range stored {
		known, ok := f.app.catalog.Exactly(c.Name, c.Version)
		if ok && known.SHA256 == c.SHA256 && !c.ChosenAt.After(known.ChosenAt) && f.app.Host.Has(c) {
			continue
		}
		name, problem := c.Name+" "+c.Version, ""
		if err := f.adopt(ctx, c); err != nil {
			problem = err.Error()
		} else {
			f.app.Connections.Forget()
		}
		if problem != "" && f.failed[name] != problem && ctx.Err() == nil {
			f.app.log.Warn("a connector of another node is not taken over", "connector", c.Name, "connector_version", c.Version, "error", problem)
		}
		f.failed[name] = problem
	}
	return nil
}

func (f *follower) adopt(ctx context.Context, c catalog.Connector) error {
	var unpacked string
	defer func() {
		if unpacked != "" {
			_ = os.RemoveAll(filepath.Dir(unpacked))
		}
	}()
	return f.app.Host.Adopt(ctx, c, func() (path string, err error) {
		raw, err := f.app.Store.Package(ctx, c.SHA256)
		if err != nil {
			return "", err
		}
		if len(raw) == 0 {
			return "", errors.New("its file is not on this node, and it was not installed from a package; put it into the plugin folder of each node")
		}
		p, err := parcel.Open(bytes.NewReader(raw), f.app.Settings.Publishers)
		switch {
		case errors.Is(err, parcel.ErrUnsigned) && f.app.Settings.Unsigned == "allow":
		case err != nil:
			return "", fmt.Errorf("its package: %w", err)
		}
		if p.Name != c.Name || p.SHA256 != c.SHA256 {
			return "", errors.New("its package is not the one that was installed")
		}
		unpacked, err = (&installed{f.app}).unpack(p)
		return unpacked, err
	})
}
