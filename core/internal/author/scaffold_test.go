package author

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// checkout is this repository.
const checkout = "../../.."

// scaffolded lays out a connector, builds it and returns its folder.
func scaffolded(t *testing.T, name string) string {
	t.Helper()
	dir, err := New(Layout{Name: name, Dir: filepath.Join(t.TempDir(), "new"), Checkout: checkout, Version: "0.1.0-dev"})
	if err != nil {
		t.Fatal(err)
	}
	goTool(t, dir, "build", "-o", name, ".")
	return dir
}

// goTool runs go in a folder with the modules that this test was built with.
func goTool(t *testing.T, dir string, args ...string) {
	t.Helper()
	cmd := exec.Command("go", args...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "GOFLAGS=-mod=mod", "GOPROXY=off", "GOWORK=off")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("go %s: %v\n%s", strings.Join(args, " "), err, out)
	}
}

func TestANewConnectorBuildsAndPassesItsTests(t *testing.T) {
	t.Parallel()
	dir := scaffolded(t, "acme_desk")
	goTool(t, dir, "test", "./...")
	goTool(t, dir, "vet", "./...")
	report, err := Check(t.Context(), filepath.Join(dir, "acme_desk"), "")
	if err != nil || report.MadeUp || report.Count(Passed) == 0 || report.Count(Passed) != len(report.Findings) {
		t.Errorf("the check finds %+v, %v", report, err)
	}
	if out, err := exec.Command("gofmt", "-l", dir).CombinedOutput(); err != nil || len(out) > 0 {
		t.Errorf("not formatted: %s, %v", out, err)
	}
	if readme, err := os.ReadFile(filepath.Join(dir, "README.md")); err != nil || !strings.HasPrefix(string(readme), "# Acme Desk\n") {
		t.Errorf("README: %s, %v", readme, err)
	}
}

func TestMistakesInALayoutNameTheRemedy(t *testing.T) {
	t.Parallel()
	full := t.TempDir()
	if err := os.WriteFile(filepath.Join(full, "mine"), []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, tt := range map[string]struct {
		layout Layout
		want   string
	}{
		"a name with a dash":         {Layout{Name: "acme-desk", Checkout: checkout}, "such as acme_desk"},
		"a folder that is not empty": {Layout{Name: "desk", Dir: full, Checkout: checkout}, "is not empty; name a new one with --dir"},
		"a folder that is a file":    {Layout{Name: "desk", Dir: filepath.Join(full, "mine"), Checkout: checkout}, "cannot be used"},
		"a checkout of something":    {Layout{Name: "desk", Dir: t.TempDir(), Checkout: full}, "is not a checkout of"},
		"no release and no checkout": {Layout{Name: "desk", Dir: t.TempDir(), Version: "0.1.0-dev"}, "name a checkout of " + SDKModule + " with --sdk"},
		"a module with a space":      {Layout{Name: "desk", Dir: t.TempDir(), Module: "a b", Checkout: checkout}, "such as example.com/acme_desk"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := New(tt.layout)
			if !errors.As(err, new(*InputError)) || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %v, want %q", err, tt.want)
			}
		})
	}
	if left, err := os.ReadDir(full); err != nil || len(left) != 1 {
		t.Errorf("the folder holds %v, %v", left, err)
	}
}

func TestAReleaseRequiresItsOwnModule(t *testing.T) {
	t.Parallel()
	dir, err := New(Layout{Name: "desk", Dir: t.TempDir(), Module: "example.com/desk", Version: "1.4.0"})
	if err != nil {
		t.Fatal(err)
	}
	mod, err := os.ReadFile(filepath.Join(dir, "go.mod"))
	if want := "module example.com/desk\n\ngo 1.26.0\n\nrequire " + SDKModule + " v1.4.0\n"; err != nil || string(mod) != want {
		t.Errorf("go.mod is\n%s%v\nwant\n%s", mod, err, want)
	}
}
