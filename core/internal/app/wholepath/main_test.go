//go:build linux

package wholepath_test

import (
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// programs are built once for all tests: the gateway and the sandbox beside the folder of the connectors.
var programs string

func gatewayProgram() string { return filepath.Join(programs, "cordboard") }
func sandboxProgram() string { return filepath.Join(programs, "sandbox") }
func connectorsDir() string  { return filepath.Join(programs, "plugins") + string(filepath.Separator) }

func TestMain(m *testing.M) { os.Exit(runTests(m)) }

func runTests(m *testing.M) int {
	var err error
	if programs, err = os.MkdirTemp("", "wholepath"); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(programs)
	for out, packages := range map[string][]string{
		gatewayProgram(): {"core/cmd/cordboard"},
		sandboxProgram(): {"plugins/sandbox"},
		connectorsDir():  {"plugins/whatsapp", "plugins/shopify", "plugins/activecampaign", "plugins/echo", "core/internal/app/wholepath/courier"},
	} {
		if err := os.MkdirAll(filepath.Dir(out), 0o700); err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
		args := []string{"build", "-o", out}
		for _, p := range packages {
			args = append(args, "github.com/cordboard/cordboard/"+p)
		}
		if text, err := exec.Command("go", args...).CombinedOutput(); err != nil {
			fmt.Fprintf(os.Stderr, "go %v: %v\n%s", args, err, text)
			return 1
		}
	}
	for name, oauth := range map[string]string{"cloud": "", "robot": "", "notebook": "/oauth"} {
		text, err := exec.Command("go", "build", "-ldflags", "-X main.name="+name+" -X main.oauth="+oauth, "-o", filepath.Join(connectorsDir(), name),
			"github.com/cordboard/cordboard/core/internal/app/wholepath/cloud").CombinedOutput()
		if err != nil {
			fmt.Fprintf(os.Stderr, "build %s: %v\n%s", name, err, text)
			return 1
		}
	}
	// The tests wait more than they compute, so more of them run at once than there are processors; with many more, a start of a
	// gateway takes longer than what some of them wait for.
	flag.Parse()
	if err := flag.Set("test.parallel", "16"); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return m.Run()
}
