//go:build linux

package wholepath_test

import (
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
