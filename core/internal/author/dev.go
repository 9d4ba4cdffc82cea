package author

import (
	"context"
	"fmt"
	"hash/fnv"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/cordboard/cordboard/core/internal/catalog"
)

// Dev works on a connector beside a running gateway: each change of its sources is built and takes new calls at once.
type Dev struct {
	Dir  string // the sources
	Name string // of the connector
	Out  io.Writer
	// Build makes the program at a path. What it prints is the compiler's, and comes with the error.
	Build func(ctx context.Context, to string) error
	// Install hands a package to the gateway.
	Install func(ctx context.Context, parcel []byte) error
	// Output returns the last lines that the connector has printed, and how many there were in all.
	Output func(ctx context.Context) (last []string, printed int, err error)
	Every  time.Duration // how often it looks; default 500 ms
}

// Run works until ctx ends. A change that cannot be built or used is told, and the gateway stays with what it has.
func (d Dev) Run(ctx context.Context) error {
	if !catalog.ValidName(d.Name) {
		return inputf("%q can't name a connector; use lower-case letters, digits and underscores (--name)", d.Name)
	}
	if info, err := os.Stat(d.Dir); err == nil && !info.IsDir() {
		return inputf("%s is a file; name the folder with the sources", d.Dir)
	}
	if d.Every == 0 {
		d.Every = 500 * time.Millisecond
	}
	dir, err := os.MkdirTemp("", "cordboard-dev-")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	tick := time.NewTicker(d.Every)
	defer tick.Stop()
	seen, printed := uint64(0), -1
	for {
		if now, err := fingerprint(d.Dir); err != nil {
			return inputf("%s cannot be read: %v", d.Dir, err)
		} else if now != seen {
			seen = now
			d.swap(ctx, filepath.Join(dir, d.Name))
		}
		printed = d.follow(ctx, printed)
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}

// swap builds the program and lets it take new calls.
func (d Dev) swap(ctx context.Context, path string) {
	began := time.Now()
	if err := d.Build(ctx, path); err != nil {
		fmt.Fprintf(d.Out, "It does not build:\n%v\n", err)
		return
	}
	built := time.Now()
	packed, manifest, err := Pack(ctx, path, "")
	if err == nil {
		err = d.Install(ctx, packed)
	}
	if err != nil {
		if ctx.Err() == nil {
			fmt.Fprintf(d.Out, "It can't be used: %v\n", err)
		}
		return
	}
	took := func(from, to time.Time) time.Duration { return to.Sub(from).Round(10 * time.Millisecond) }
	fmt.Fprintf(d.Out, "%s %s takes new calls (built in %v, swapped in %v)\n", manifest.Name, manifest.Version, took(began, built), took(built, time.Now()))
}

// follow prints what the connector has printed since, and returns how much that was in all. A negative number: it begins
// with what comes next. A process that was replaced begins anew.
func (d Dev) follow(ctx context.Context, printed int) int {
	last, now, err := d.Output(ctx)
	if err != nil {
		return printed
	}
	fresh := now - printed
	if printed < 0 {
		fresh = 0
	} else if fresh < 0 {
		fresh = now
	}
	for _, line := range last[max(0, len(last)-fresh):] {
		fmt.Fprintf(d.Out, "  | %s\n", line)
	}
	return now
}

// fingerprint changes when any source does. What begins with a dot and what is downloaded is no source.
func fingerprint(dir string) (uint64, error) {
	sum := fnv.New64a()
	err := filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		hidden := strings.HasPrefix(entry.Name(), ".") && path != dir
		if entry.IsDir() && (hidden || entry.Name() == "node_modules" || entry.Name() == "__pycache__") {
			return filepath.SkipDir
		}
		info, err := entry.Info()
		if err == nil && !hidden && info.Mode().IsRegular() {
			fmt.Fprintln(sum, path, info.Size(), info.ModTime().UnixNano())
		}
		return nil // a file may be gone again
	})
	return sum.Sum64(), err
}

// GoBuild builds the Go program in a folder, without the symbols that only a debugger reads: linking and handing over take
// half as long. A panic still names its lines.
func GoBuild(dir string) func(ctx context.Context, to string) error {
	return func(ctx context.Context, to string) error {
		cmd := exec.CommandContext(ctx, "go", "build", "-ldflags=-s -w", "-o", to, ".")
		cmd.Dir = dir
		if out, err := cmd.CombinedOutput(); err != nil {
			return fmt.Errorf("%s%w", out, err)
		}
		return nil
	}
}

// Copy takes a program that needs no building, such as a script.
func Copy(from string) func(ctx context.Context, to string) error {
	return func(_ context.Context, to string) error {
		raw, err := os.ReadFile(from)
		if err != nil {
			return err
		}
		syscall.ForkLock.RLock() // a process that is begun meanwhile would hold it open, and nobody could run it
		defer syscall.ForkLock.RUnlock()
		return os.WriteFile(to, raw, 0o755)
	}
}
