//go:build linux

package wholepath_test

import (
	"bytes"
	"encoding/json"
	"os/exec"
	"strings"
	"testing"
)

func TestFlowsAreTestedWithoutAGateway(t *testing.T) {
	t.Parallel()
	test := exec.CommandContext(t.Context(), gatewayProgram(), "flow", "test", "--offline", "../../../../examples/flows/"+flowName+".yaml")
	test.Env = []string{"PATH=/usr/bin:/bin"} // no settings of whoever runs the tests
	text, err := test.CombinedOutput()
	if err != nil || !strings.Contains(string(text), "4 passed, 0 failed") {
		t.Errorf("%v\n%s", err, text)
	}
}

// wouldDoItAgain plays all runs once more against the document that they went by, and wants them to take their paths.
func (g *gateway) wouldDoItAgain(t *testing.T) {
	command := func(in []byte, args ...string) []byte {
		c := exec.Command(gatewayProgram(), append([]string{"flow"}, args...)...)
		c.Env = []string{"PATH=/usr/bin:/bin", "CORDBOARD_URL=" + g.api, "CORDBOARD_TOKEN=" + g.token}
		var errs bytes.Buffer
		c.Stdin, c.Stderr = bytes.NewReader(in), &errs
		out, err := c.Output()
		if err != nil {
			t.Errorf("flow %s: %v\n%s", args, err, errs.String())
		}
		return out
	}
	var report struct {
		Runs, Same int
		Changed    json.RawMessage
	}
	out := command(command(nil, "export", flowName), "backtest", "-o", "json", "-")
	if err := json.Unmarshal(out, &report); err != nil || report.Runs == 0 || report.Same != report.Runs {
		t.Errorf("the backtest tells (%v)\n%s", err, out)
	}
}
