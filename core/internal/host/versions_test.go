package host

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/cordboard/cordboard/core/internal/catalog"
	"github.com/cordboard/cordboard/sdk/protocol"
)

// withLibrary keeps versions in a folder of the test.
func withLibrary(t *testing.T) func(*Config) {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "library")
	return func(cfg *Config) { cfg.Library = dir }
}

// file is a connector's file of a version, in no folder that anybody looks at.
func file(t *testing.T, name, version string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	putVersion(t, path, version)
	return path
}

// answers is the version whose process answers.
func answers(t *testing.T, h *Host, name, pinned string) string {
	t.Helper()
	c, err := h.Pinned(name, pinned)
	if err != nil {
		t.Fatal(err)
	}
	out, err := invoke(t, c, 20*time.Second, "version", `{}`)
	if err != nil {
		t.Fatal(err)
	}
	return strings.Trim(out, `"`)
}

func install(t *testing.T, h *Host, name, version string) {
	t.Helper()
	if _, err := h.InstallFile(t.Context(), name, file(t, name, version), ""); err != nil {
		t.Fatal(err)
	}
}

func TestCase35NoCallFailsWhileAVersionIsReplaced(t *testing.T) {
	t.Parallel()
	h := host(t, t.TempDir(), withLibrary(t))
	install(t, h, "stub", "1.0.0")
	c := connector(t, h, "stub")
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	var calls, failed atomic.Int64
	var load sync.WaitGroup
	for range 8 {
		load.Go(func() {
			for ctx.Err() == nil {
				calls.Add(1)
				if _, err := c.Invoke(t.Context(), protocol.Invocation{Action: "version"}, nil); err != nil {
					failed.Add(1)
					t.Error(err)
				}
			}
		})
	}
	for _, version := range []string{"1.1.0", "1.2.0", "1.2.0", "2.0.0"} { // the same once more is another process of it
		install(t, h, "stub", version)
		if got := answers(t, h, "stub", ""); got != version {
			t.Errorf("%s answers, want %s", got, version)
		}
	}
	if err := h.Choose(t.Context(), "stub", "1.1.0"); err != nil {
		t.Fatal(err)
	}
	if got := answers(t, h, "stub", ""); got != "1.1.0" {
		t.Errorf("after going back %s answers", got)
	}
	stop()
	load.Wait()
	if calls.Load() < 100 || failed.Load() > 0 {
		t.Errorf("%d of %d calls failed", failed.Load(), calls.Load())
	}
	eventually(t, 20*time.Second, "only the chosen version has a process", func() bool {
		for n, v := range listed(t, h, "stub").Versions {
			if (v.PID != "") != (n == 0) {
				return false
			}
		}
		return true
	})
}

func TestPinnedCallsGoToTheirVersion(t *testing.T) {
	t.Parallel()
	h := host(t, t.TempDir(), withLibrary(t))
	install(t, h, "stub", "1.0.0")
	install(t, h, "stub", "2.0.0")
	for pinned, want := range map[string]string{"": "2.0.0", "1.0.0": "1.0.0", "2.0.0": "2.0.0", "0.9.0": "2.0.0"} {
		if got := answers(t, h, "stub", pinned); got != want {
			t.Errorf("pinned to %q: %s answers, want %s", pinned, got, want)
		}
	}
}

func TestAVersionThatIsNoGoodChangesNothing(t *testing.T) {
	t.Parallel()
	h := host(t, t.TempDir(), withLibrary(t))
	install(t, h, "stub", "1.0.0")
	for name, path := range map[string]string{
		"another's name": file(t, "quitter", "1.1.0"), "no version": file(t, "stub", "1.x.0"), "nothing": filepath.Join(t.TempDir(), "none"),
	} {
		connector := "stub"
		if name == "another's name" {
			connector = "quitter"
		}
		if _, err := h.InstallFile(t.Context(), connector, path, ""); err == nil {
			t.Errorf("%s is installed", name)
		}
	}
	if err := h.Choose(t.Context(), "stub", "7.0.0"); !errors.Is(err, catalog.ErrUnknownVersion) {
		t.Errorf("a version that is not there: %v", err)
	}
	if err := h.Choose(t.Context(), "nobody", "1.0.0"); !errors.Is(err, ErrUnknown) {
		t.Errorf("a connector that is not there: %v", err)
	}
	if got := answers(t, h, "stub", ""); got != "1.0.0" {
		t.Errorf("%s answers", got)
	}
}

func TestTheChoiceOutlivesTheHost(t *testing.T) {
	t.Parallel()
	dir, kept := t.TempDir(), withLibrary(t)
	known, err := catalog.New(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	same := func(cfg *Config) { cfg.Catalog = known }
	putVersion(t, filepath.Join(dir, "stub"), "1.0.0")
	first := host(t, dir, kept, same)
	putVersion(t, filepath.Join(dir, "stub"), "1.1.0")
	if err := first.Discover(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := answers(t, first, "stub", ""); got != "1.1.0" {
		t.Errorf("%s answers, want the new file", got)
	}
	if err := first.Choose(t.Context(), "stub", "1.0.0"); err != nil {
		t.Fatal(err)
	}
	next := host(t, dir, kept, same)
	if got := answers(t, next, "stub", ""); got != "1.0.0" {
		t.Errorf("after a restart %s answers, want what was chosen", got)
	}
	if err := os.Remove(filepath.Join(dir, "stub")); err != nil {
		t.Fatal(err)
	}
	if got := answers(t, host(t, dir, kept, same), "stub", "1.1.0"); got != "1.1.0" {
		t.Errorf("without the file %s answers", got)
	}
}

func TestCase31AFileOfTheLibraryThatChangedDoesNotRun(t *testing.T) {
	t.Parallel()
	h := host(t, t.TempDir(), withLibrary(t))
	install(t, h, "stub", "1.0.0")
	c, _ := h.catalog.Connector("stub")
	path := h.library.path("stub", c.SHA256)
	if err := os.Chmod(path, 0o755); err != nil {
		t.Fatal(err)
	}
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	raw[len(raw)-1]++
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, raw, 0o755); err != nil {
		t.Fatal(err)
	}
	_, err = invoke(t, connector(t, h, "stub"), 10*time.Second, "version", `{}`)
	wantFailure(t, err, protocol.Retryable, ErrChanged.Error())
}

func TestAQuarantineIsOfOneVersionAndEndsByRestart(t *testing.T) {
	t.Parallel()
	h := host(t, t.TempDir(), withLibrary(t))
	install(t, h, "stub", "1.0.0")
	install(t, h, "stub", "1.1.0")
	for n := range maxCrashes {
		s, err := h.supervisor("stub", "")
		if err != nil {
			t.Fatal(err)
		}
		s.mu.Lock()
		s.until = time.Time{} // patience is another test's
		s.mu.Unlock()
		answers(t, h, "stub", "")
		if err := syscall.Kill(pid(t, h, "stub"), syscall.SIGKILL); err != nil {
			t.Fatal(err)
		}
		eventually(t, 20*time.Second, "the crash is noticed", func() bool { return listed(t, h, "stub").Crashes == n+1 })
	}
	if got := listed(t, h, "stub"); got.State != Quarantined || got.Versions[1].State == Quarantined {
		t.Errorf("states %s and %s", got.State, got.Versions[1].State)
	}
	if got := answers(t, h, "stub", "1.0.0"); got != "1.0.0" {
		t.Errorf("%s answers", got)
	}
	if err := h.Restart("stub"); err != nil {
		t.Fatal(err)
	}
	if got := answers(t, h, "stub", ""); got != "1.1.0" {
		t.Errorf("%s answers", got)
	}
}

func TestCase35ACallGoesOnToWhoReplacedItsSupervisor(t *testing.T) {
	t.Parallel()
	h := host(t, t.TempDir(), withLibrary(t))
	install(t, h, "stub", "1.0.0")
	replaced := &supervisor{stopped: true}
	var asked atomic.Int64
	c := &client{name: "stub", timeout: time.Minute, supervisor: func() (*supervisor, error) {
		if asked.Add(1) == 1 {
			return replaced, nil
		}
		return h.supervisor("stub", "")
	}}
	if _, err := invoke(t, c, 10*time.Second, "version", `{}`); err != nil {
		t.Error(err)
	}
}
