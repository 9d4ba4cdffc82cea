// Command mutate asks whether the tests notice when a guard is gone: it switches off one at a time, in a copy, and runs the
// tests that are to fail then. It ends with 1 if any of them passes.
//
//	testenv --fast -- mutate [word ...]
//
// With words it takes only the guards whose names have one of them. It runs in the folder of the repository. Guards of Postgres are left out where TEST_DATABASE_URL is empty.
package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

func main() {
	noticed, err := run()
	if err != nil {
		fmt.Fprintln(os.Stderr, "mutate:", err)
	}
	if err != nil || !noticed {
		os.Exit(1)
	}
}

func run() (noticed bool, err error) {
	dir, err := os.MkdirTemp("", "mutate-")
	if err != nil {
		return false, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	fmt.Printf("  %-50s  %s\n", "guard switched off", "tests that noticed")
	noticed = true
	for _, g := range guards {
		if words := os.Args[1:]; len(words) > 0 && !slices.ContainsFunc(words, func(w string) bool { return strings.Contains(g.name, w) }) {
			continue
		}
		if g.postgres && os.Getenv("TEST_DATABASE_URL") == "" {
			fmt.Printf("- %-50s  left out: there is no Postgres (TEST_DATABASE_URL)\n", g.name)
			continue
		}
		failed, err := g.withoutIt(dir)
		if err != nil {
			return false, fmt.Errorf("%s: %w", g.name, err)
		}
		mark, names := "✓", strings.Join(failed, ", ")
		if len(failed) == 0 {
			mark, names, noticed = "✗", "none of "+g.tests, false
		}
		fmt.Printf("%s %-50s  %s\n", mark, g.name, names)
	}
	return noticed, nil
}

var failure = regexp.MustCompile(`(?m)^--- FAIL: (\S+)`)

// mutant returns the guard's file without it, and the path of that; internal is the folder of the packages.
func (g guard) mutant(internal string) (path string, mutant []byte, err error) {
	if path, err = filepath.Abs(filepath.Join(internal, g.file)); err != nil {
		return "", nil, err
	}
	source, err := os.ReadFile(path)
	if err != nil {
		return "", nil, err
	}
	if n := bytes.Count(source, []byte(g.from)); n != 1 {
		return "", nil, fmt.Errorf("%s stands %d times in %s, want once", g.from, n, g.file)
	}
	return path, bytes.Replace(source, []byte(g.from), []byte(g.to), 1), nil
}

// withoutIt runs the guard's tests on a copy that lacks it and returns those that failed.
func (g guard) withoutIt(dir string) (failed []string, err error) {
	path, mutant, err := g.mutant("core/internal")
	if err != nil {
		return nil, err
	}
	copied, overlay := filepath.Join(dir, "copy.go"), filepath.Join(dir, "overlay.json")
	if err := os.WriteFile(copied, mutant, 0o600); err != nil {
		return nil, err
	}
	replace, err := json.Marshal(map[string]map[string]string{"Replace": {path: copied}})
	if err != nil {
		return nil, err
	}
	if err := os.WriteFile(overlay, replace, 0o600); err != nil {
		return nil, err
	}
	cmd := exec.Command("go", "test", "-count=1", "-timeout=5m", "-overlay="+overlay, "-run="+g.tests, "./core/internal/"+g.pkg)
	out, err := cmd.CombinedOutput()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		return nil, err
	}
	for _, m := range failure.FindAllSubmatch(out, -1) {
		failed = append(failed, string(m[1]))
	}
	if err != nil && len(failed) == 0 {
		return nil, fmt.Errorf("the tests did not run: %s", out)
	}
	return slices.Compact(slices.Sorted(slices.Values(failed))), nil
}
