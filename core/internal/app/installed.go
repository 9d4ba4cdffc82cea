package app

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/cordboard/cordboard/core/internal/access"
	"github.com/cordboard/cordboard/core/internal/api"
	"github.com/cordboard/cordboard/core/internal/catalog"
	"github.com/cordboard/cordboard/core/internal/config"
	"github.com/cordboard/cordboard/core/internal/engine"
	"github.com/cordboard/cordboard/core/internal/host"
	"github.com/cordboard/cordboard/core/internal/httpstep"
	"github.com/cordboard/cordboard/core/internal/parcel"
	"github.com/cordboard/cordboard/sdk/protocol"
)

// library is where each installed version of a connector is kept.
func library(s config.Settings) string { return filepath.Join(s.DataDir, "connectors") }

// installed lets the API manage connectors.
type installed struct{ app *App }

// Connectors lists the connectors with the health of their processes.
func (i *installed) Connectors(context.Context) ([]api.Connector, error) {
	all := []api.Connector{{
		Name: httpstep.Manifest.Name, Title: httpstep.Manifest.Title, Version: httpstep.Manifest.Version, Summary: httpstep.Manifest.Summary,
		ConnectorHealth: api.ConnectorHealth{Health: string(host.Ready)}, Protections: []string{}, Versions: []api.ConnectorVersion{}, Manifest: httpstep.Manifest,
	}}
	for _, h := range i.app.Host.Connectors() {
		c := api.Connector{
			Name: h.Name, Title: h.Manifest.Title, Version: h.Manifest.Version, Summary: h.Manifest.Summary, Manifest: h.Manifest,
			ConnectorHealth: connectorHealth(h.Health), Protections: []string{}, Versions: []api.ConnectorVersion{},
		}
		active := i.app.Host.Protections()
		c.Direct = h.Manifest.Direct != "" && i.app.catalog.MayDial(h.Name)
		for _, p := range host.AllProtections {
			if c.Direct && p == host.NoNetwork {
				continue
			}
			if active.Has(p) {
				c.Protections = append(c.Protections, string(p))
			} else {
				c.Missing = append(c.Missing, string(p))
			}
		}
		for _, v := range h.Versions {
			c.Versions = append(c.Versions, api.ConnectorVersion{
				Version: v.Version, SHA256: v.SHA256, SignedBy: v.SignedBy, InstalledAt: v.InstalledAt, ConnectorHealth: connectorHealth(v.Health),
			})
		}
		if a := h.Manifest.Auth.OAuth; a != nil && a.Grant == protocol.GrantCode {
			c.RedirectURL = i.app.oauthCallback()
		}
		if len(c.Versions) > 0 {
			c.InstalledAt = c.Versions[0].InstalledAt
		}
		all = append(all, c)
	}
	return all, nil
}

func connectorHealth(h host.Health) api.ConnectorHealth {
	out := api.ConnectorHealth{
		Health: string(h.State), Problem: h.Problem, PID: h.PID, Crashes: h.Crashes, Output: h.Output, Printed: h.Printed,
		Slowed: h.Slowed, Trouble: h.Trouble, Faults: make(map[string]int, len(h.Faults)),
	}
	for fault, count := range h.Faults {
		out.Faults[string(fault)] = count
	}
	if h.Trouble != "" {
		out.TroubleAt = &h.TroubleAt
	}
	return out
}

// one is a connector of the list.
func (i *installed) one(ctx context.Context, name string) (api.Connector, error) {
	all, err := i.Connectors(ctx)
	for _, c := range all {
		if c.Name == name {
			return c, err
		}
	}
	return api.Connector{}, errors.Join(err, engine.ErrNotFound)
}

// Install reads a package, verifies it and lets its connector take new calls.
func (i *installed) Install(ctx context.Context, raw []byte) (api.Connector, error) {
	unusable := func(message, remedy string) error {
		return &api.InputError{Path: "package", Message: message, Remedy: remedy}
	}
	p, err := parcel.Open(bytes.NewReader(raw), i.app.Settings.Publishers)
	switch {
	case errors.Is(err, parcel.ErrUnsigned) && i.app.Settings.Unsigned != "allow":
		return api.Connector{}, unusable("is refused: "+err.Error(),
			"name its publisher's key in CORDBOARD_PUBLISHERS or, for development, set CORDBOARD_UNSIGNED_CONNECTORS=allow")
	case errors.Is(err, parcel.ErrBroken):
		return api.Connector{}, unusable("can't be used: "+err.Error(), "make it with cordboard connector package")
	case err != nil && !errors.Is(err, parcel.ErrUnsigned):
		return api.Connector{}, err
	case !catalog.ValidName(p.Name):
		return api.Connector{}, unusable("names a connector that can't be", "use lower-case letters, digits and underscores")
	}
	path, err := i.unpack(p)
	if err != nil {
		return api.Connector{}, fmt.Errorf("unpack a connector: %w", err)
	}
	defer func() { _ = os.RemoveAll(filepath.Dir(path)) }()
	if i.app.Store.Shared() { // before the other nodes learn of it
		if err := i.app.Store.SavePackage(ctx, p.SHA256, raw, time.Now()); err != nil {
			return api.Connector{}, fmt.Errorf("keep a connector's package: %w", err)
		}
	}
	if _, err := i.app.Host.InstallFile(ctx, p.Name, path, p.SignedBy); err != nil {
		return api.Connector{}, unusable("can't be used: "+err.Error(), "examine its program with cordboard connector check")
	}
	i.app.connectorsChanged(ctx)
	return i.one(ctx, p.Name)
}

// unpack writes the program into a folder of its own, which the caller removes.
func (i *installed) unpack(p parcel.Parcel) (string, error) {
	if err := os.MkdirAll(library(i.app.Settings), 0o755); err != nil {
		return "", err
	}
	dir, err := os.MkdirTemp(library(i.app.Settings), ".incoming-")
	if err != nil {
		return "", err
	}
	path := filepath.Join(dir, p.Name)
	if err := os.WriteFile(path, p.Program, 0o555); err != nil {
		return "", errors.Join(err, os.RemoveAll(dir))
	}
	return path, nil
}

// Choose makes an installed version the one that takes new calls.
func (i *installed) Choose(ctx context.Context, name, version string) (api.Connector, error) {
	err := i.app.Host.Choose(ctx, name, version)
	switch {
	case errors.Is(err, host.ErrUnknown):
		return api.Connector{}, engine.ErrNotFound
	case errors.Is(err, catalog.ErrUnknownVersion):
		return api.Connector{}, &api.InputError{Path: "version", Message: "is not installed", Remedy: "choose one of " + strings.Join(i.versions(name), ", ")}
	case err != nil:
		return api.Connector{}, &api.InputError{Path: "version", Message: "can't be used: " + err.Error(), Remedy: "choose another, or install it again"}
	}
	i.app.connectorsChanged(ctx)
	return i.one(ctx, name)
}

func (i *installed) versions(name string) (list []string) {
	for _, v := range i.app.catalog.Versions(name) {
		list = append(list, v.Version)
	}
	return list
}

// Restart ends the back-off or the quarantine of a connector.
func (i *installed) Restart(ctx context.Context, name string) (api.Connector, error) {
	if err := i.app.Host.Restart(name); err != nil {
		return api.Connector{}, engine.ErrNotFound
	}
	if err := i.app.Store.Record(ctx, access.Deed{Action: "connector.restart", Resource: name}); err != nil {
		return api.Connector{}, err
	}
	return i.one(ctx, name)
}

// AllowDirect lets a connector dial by itself, or no more.
func (i *installed) AllowDirect(ctx context.Context, name string, allowed bool) (api.Connector, error) {
	switch m, known := i.app.catalog.Connector(name); {
	case !known:
		return api.Connector{}, engine.ErrNotFound
	case allowed && m.Manifest.Direct == "":
		return api.Connector{}, &api.ConflictError{Detail: "The connector does not ask to dial by itself."}
	}
	if err := i.app.Host.AllowDirect(ctx, name, allowed); err != nil {
		return api.Connector{}, err
	}
	i.app.connectorsChanged(ctx)
	return i.one(ctx, name)
}

// connectorsChanged has connections be read again with the manifests there are now, and the other nodes look for what they
// lack.
func (a *App) connectorsChanged(ctx context.Context) {
	a.Connections.Forget()
	if !a.Store.Shared() {
		return
	}
	if err := a.Store.NotifyConnectors(ctx, a.node); err != nil {
		a.log.Warn("other nodes are not told at once of a connector", "error", err)
	}
}
