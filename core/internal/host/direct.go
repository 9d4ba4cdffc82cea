package host

import (
	"context"
	"fmt"
	"slices"

	"github.com/cordboard/cordboard/core/internal/catalog"
)

// notAllowed is why a connector takes no calls that asks to dial by itself; nil for any other.
func (h *Host) notAllowed(c catalog.Connector) error {
	if c.Manifest.Direct == "" || h.catalog.MayDial(c.Name) {
		return nil
	}
	return ErrNotAllowed
}

// isDirect reports whether a program dials by itself. What it is, is known once it is installed: it describes itself behind
// all walls.
func (h *Host) isDirect(p program) bool {
	return h.catalog.MayDial(p.name) && slices.ContainsFunc(h.catalog.Versions(p.name), func(c catalog.Connector) bool {
		return c.SHA256 == p.sha256 && c.Manifest.Direct != ""
	})
}

// AllowDirect lets a connector dial by itself, or no more; its processes end with the calls under way and start anew. The
// error is ErrUnknown for one that is not installed.
func (h *Host) AllowDirect(ctx context.Context, name string, allowed bool) error {
	if _, known := h.catalog.Connector(name); !known {
		return fmt.Errorf("connector %.64q: %w", name, ErrUnknown)
	}
	if err := h.catalog.AllowDirect(ctx, name, allowed); err != nil {
		return err
	}
	h.log.Info("connector may dial by itself, or no more", "connector", name, "allowed", allowed)
	h.Settle(name)
	return nil
}

// Settle has the processes of a connector end with the calls under way; the next call starts them.
func (h *Host) Settle(name string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, s := range h.versions[name] {
		s.settle()
	}
}
