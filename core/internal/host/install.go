package host

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/cordboard/cordboard/core/internal/catalog"
	"github.com/cordboard/cordboard/sdk/protocol"
)

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
		h.refuse(entry.Name(), h.find(ctx, entry.Name()))
	}
	for _, c := range h.catalog.List() {
		if !found[c.Name] {
			_, err := h.here(c)
			h.refuse(c.Name, err)
		}
	}
	return nil
}

// refuse keeps a connector from being called; nil: lets it be.
func (h *Host) refuse(name string, err error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if err == nil {
		delete(h.refused, name)
		return
	}
	h.refused[name] = err
}

// find decides on one file of the folder and returns why the connector cannot be called.
func (h *Host) find(ctx context.Context, name string) error {
	file, sum, err := program{path: filepath.Join(h.folder, name)}.open()
	if err != nil {
		return err
	}
	_ = file.Close()
	for _, v := range h.catalog.Versions(name) {
		if v.SHA256 == sum { // whichever version was chosen since, this file is no news
			used, _ := h.catalog.Connector(name)
			return h.keep(used)
		}
	}
	used, known := h.catalog.Connector(name)
	switch {
	case h.trust:
		_, err := h.Install(ctx, name)
		if err != nil {
			h.log.Error("connector not installed", "connector", name, "error", err)
		}
		return err
	case known:
		return h.keep(used)
	}
	return ErrNotApproved
}

// keep puts an installed file into the library, if it is in the folder only.
func (h *Host) keep(c catalog.Connector) error {
	p, err := h.here(c)
	if err != nil || h.library == "" {
		return err
	}
	_, err = h.library.add(p)
	return err
}

// locate finds the file of an installed version. Its checksum is looked at again when it is started.
func (h *Host) locate(c catalog.Connector) (program, error) {
	p := program{name: c.Name, path: h.library.path(c.Name, c.SHA256), sha256: c.SHA256}
	if h.library != "" {
		if _, err := os.Lstat(p.path); err == nil {
			return p, nil
		}
	}
	p.path = filepath.Join(h.folder, c.Name)
	file, sum, err := p.open()
	if err != nil {
		return program{}, err
	}
	_ = file.Close()
	if sum != c.SHA256 {
		return program{}, ErrChanged
	}
	return p, nil
}

// Install approves the file of that name in the plugin folder as it is now; see InstallFile.
func (h *Host) Install(ctx context.Context, name string) (catalog.Connector, error) {
	if !catalog.ValidName(name) {
		return catalog.Connector{}, fmt.Errorf("install %.64q: %w", name, ErrUnknown)
	}
	return h.InstallFile(ctx, name, filepath.Join(h.folder, name), "")
}

// InstallFile approves a connector's file: it is started, describes itself, and its checksum and manifest go into the
// catalogue. It takes new calls from then on; those under way in an older version end there, and runs that are pinned to
// an older version go on in it. If the file is no good, nothing changes.
func (h *Host) InstallFile(ctx context.Context, name, path, signedBy string) (catalog.Connector, error) {
	h.installing.Lock()
	defer h.installing.Unlock()
	p := program{name: name, path: path}
	file, sum, err := p.open()
	if err != nil {
		return catalog.Connector{}, fmt.Errorf("install %s: %w", name, err)
	}
	_ = file.Close()
	p.sha256 = sum
	if h.library != "" {
		if p, err = h.library.add(p); err != nil {
			return catalog.Connector{}, fmt.Errorf("install %s: %w", name, err)
		}
	}
	running := h.running(name)
	s := h.newSupervisor(p)
	manifest, err := h.describe(ctx, s)
	if err == nil {
		err = catalog.Check(manifest)
	}
	if err != nil {
		s.stop()
		h.retain(s)
		return catalog.Connector{}, fmt.Errorf("install %s: %w", name, err)
	}
	c := catalog.Connector{Name: name, Version: manifest.Version, SHA256: sum, Manifest: manifest, SignedBy: signedBy, InstalledAt: time.Now().UTC()}
	if err := h.use(c.Version, s, func() error { return h.catalog.Install(ctx, c) }); err != nil {
		return catalog.Connector{}, fmt.Errorf("install %s: %w", name, err)
	}
	if !running || manifest.Direct != "" { // nobody has called it yet, or it was started behind all walls
		s.settle()
	}
	h.log.Info("connector installed", "connector", name, "connector_version", c.Version, "sha256", sum, "signed_by", signedBy)
	return c, nil
}

// Choose makes an installed version of a connector the one that takes new calls, once it runs: to go back to an older one,
// or forward again. Errors are ErrUnknown, catalog.ErrUnknownVersion, or why it does not run; then nothing changes.
func (h *Host) Choose(ctx context.Context, name, version string) error {
	h.installing.Lock()
	defer h.installing.Unlock()
	if _, known := h.catalog.Connector(name); !known {
		return fmt.Errorf("connector %.64q: %w", name, ErrUnknown)
	}
	c, known := h.catalog.Exactly(name, version)
	if !known {
		return fmt.Errorf("%s %.64s: %w", name, version, catalog.ErrUnknownVersion)
	}
	h.mu.Lock()
	s, err := h.supervise(c)
	h.mu.Unlock()
	if err == nil {
		s.restart()
		_, err = h.describe(ctx, s)
	}
	if err == nil {
		err = h.use(version, s, func() error { return h.catalog.Choose(ctx, name, version, time.Now().UTC()) })
	}
	if err != nil {
		return fmt.Errorf("choose %s %s: %w", name, version, err)
	}
	h.log.Info("connector version chosen", "connector", name, "connector_version", version)
	return nil
}

// Adopt takes in a version that another node has installed or chosen. bring is asked for its file if it is not here; who
// calls removes it afterwards. New calls go to the version once it runs, if it is the one chosen last; if it does not,
// they stay where they are.
func (h *Host) Adopt(ctx context.Context, c catalog.Connector, bring func() (path string, err error)) error {
	h.installing.Lock()
	defer h.installing.Unlock()
	p, err := h.here(c)
	if err != nil {
		path, failed := bring()
		if failed != nil {
			return fmt.Errorf("adopt %s %s: %w", c.Name, c.Version, failed)
		}
		if p, err = h.library.add(program{name: c.Name, path: path, sha256: c.SHA256}); err != nil {
			return fmt.Errorf("adopt %s %s: %w", c.Name, c.Version, err)
		}
	}
	if used, known := h.catalog.Connector(c.Name); known && used.ChosenAt.After(c.ChosenAt) {
		h.catalog.Adopt(c)
		return nil
	}
	h.mu.Lock()
	s := h.versions[c.Name][c.Version]
	h.mu.Unlock()
	fresh := s == nil || s.program.sha256 != c.SHA256
	if fresh {
		s = h.newSupervisor(p)
	}
	running := h.running(c.Name)
	if _, err = h.describe(ctx, s); err == nil {
		err = h.use(c.Version, s, func() error { h.catalog.Adopt(c); return nil })
	} else if fresh {
		s.stop()
		h.retain(s)
	}
	if err != nil {
		return fmt.Errorf("adopt %s %s: %w", c.Name, c.Version, err)
	}
	if !running || c.Manifest.Direct != "" {
		s.settle()
	}
	h.log.Info("connector taken over from another node", "connector", c.Name, "connector_version", c.Version, "sha256", c.SHA256)
	return nil
}

// Has reports whether the file of an installed version is on this node.
func (h *Host) Has(c catalog.Connector) bool {
	_, err := h.here(c)
	return err == nil
}

func (h *Host) here(c catalog.Connector) (program, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.locate(c)
}

// use lets new calls go to a supervisor, whose process runs, and lets those of other versions rest.
func (h *Host) use(version string, s *supervisor, store func() error) error {
	name := s.program.name
	h.mu.Lock()
	_, there := h.versions[name][version]
	if !there {
		h.put(version, s) // before the first call looks for it
	}
	h.mu.Unlock()
	err := store()
	h.mu.Lock()
	defer h.mu.Unlock()
	switch {
	case err != nil && !there:
		delete(h.versions[name], version)
		fallthrough
	case err != nil && h.versions[name][version] != s:
		s.stop()
		h.replaced = append(h.replaced, s)
	}
	if err != nil {
		return err
	}
	delete(h.refused, name)
	if h.versions[name][version] != s {
		h.put(version, s)
	}
	for other, o := range h.versions[name] {
		o.rest(other != version)
	}
	return nil
}

// running reports whether any version of a connector has a process.
func (h *Host) running(name string) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, s := range h.versions[name] {
		if s.health().PID != "" {
			return true
		}
	}
	return false
}

// retain has Stop wait for the end of a supervisor's processes.
func (h *Host) retain(s *supervisor) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.replaced = append(h.replaced, s)
}

// describe starts a connector, if it does not run, and returns what it says about itself.
func (h *Host) describe(ctx context.Context, s *supervisor) (protocol.Manifest, error) {
	ctx, cancel := context.WithTimeout(ctx, 2*h.startTimeout)
	defer cancel()
	i, err := s.acquire(ctx)
	if err != nil {
		return protocol.Manifest{}, err
	}
	defer s.release(i)
	manifest, err := i.connector.Describe(ctx)
	if err != nil {
		return protocol.Manifest{}, fmt.Errorf("it does not describe itself: %s", clean(err.Error(), tailLine))
	}
	if manifest.Name != s.program.name {
		return protocol.Manifest{}, fmt.Errorf("it calls itself %.64q, and its file is called %.64q: both must be the same", manifest.Name, s.program.name)
	}
	return manifest, nil
}
