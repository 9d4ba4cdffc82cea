package author

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"
)

// inJavaScript is the example that is not written in Go.
const inJavaScript = checkout + "/plugins/examples/desk_js"

func needJavaScript(t *testing.T) {
	t.Helper()
	if _, err := exec.LookPath("node"); err != nil {
		t.Skip("node is not installed")
	}
	if _, err := os.Stat(inJavaScript + "/node_modules"); err != nil {
		t.Skip("its libraries are not there; run npm --prefix plugins/examples/desk_js ci, as make test does")
	}
}

// inPython is the other one.
const inPython = checkout + "/plugins/examples/desk_py"

func needPython(t *testing.T) {
	t.Helper()
	if err := exec.Command("/usr/bin/python3", "-c", "import grpc, google.protobuf, cryptography").Run(); err != nil {
		t.Skip("its libraries are not there; run apt-get install python3-grpcio python3-protobuf python3-cryptography, as .ci/run does")
	}
}

func TestConnectorsInOtherLanguagesConform(t *testing.T) {
	t.Parallel()
	for program, need := range map[string]func(*testing.T){inJavaScript + "/desk_js": needJavaScript, inPython + "/desk_py": needPython} {
		t.Run(filepath.Base(program), func(t *testing.T) {
			t.Parallel()
			need(t)
			report, err := check(t.Context(), program, "", time.Minute, 3*time.Second) // a loaded machine has more patience
			if err != nil || report.MadeUp {
				t.Fatalf("got %+v, %v", report, err)
			}
			for _, f := range report.Findings {
				if f.Outcome != Passed {
					t.Errorf("%s: %s: %s %q", f.Part, f.Claim, f.Outcome, f.Problems)
				}
			}
			source, err := os.ReadFile(program)
			if err != nil || bytes.Count(source, []byte("\n")) >= 150 {
				t.Errorf("it has %d lines, %v; an example is short", bytes.Count(source, []byte("\n")), err)
			}
		})
	}
}

func TestTheExamplesHaveTheContractAsItIs(t *testing.T) {
	t.Parallel()
	contract, err := os.ReadFile(checkout + "/sdk/wire/connectorv1/connector.proto")
	if err != nil {
		t.Fatal(err)
	}
	for _, dir := range []string{inJavaScript, inPython} {
		copied, err := os.ReadFile(dir + "/connector.proto")
		if err != nil || !bytes.Equal(copied, contract) {
			t.Errorf("%s/connector.proto is not the contract, %v; run make generate", dir, err)
		}
	}
}

func TestAConnectorInJavaScriptAsksThroughTheGateway(t *testing.T) {
	t.Parallel()
	needJavaScript(t)
	p, err := open(t.Context(), inJavaScript+"/desk_js", time.Minute) // a loaded machine has more patience
	if err != nil {
		t.Fatal(err)
	}
	defer p.close()
	if err := p.start(t.Context()); err != nil {
		t.Fatal(err)
	}
	at := p.probe(json.RawMessage(`{"base_url":"https://desk.example.com/","key":"key-0123456789"}`), http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, `{"id":"7","subject":"Help"}`)
	}))
	result, err := at.invoke(t.Context(), "create_ticket", json.RawMessage(`{"subject":"Help"}`))
	if err != nil || string(result.Output) != `{"id":"7","subject":"Help"}` {
		t.Errorf("got %s, %v", result.Output, err)
	}
	sent := at.gateway.Requests()
	if len(sent) != 1 || sent[0].Method != http.MethodPost || sent[0].URL != "https://desk.example.com/tickets" || string(sent[0].Body) != `{"subject":"Help","priority":"normal"}` ||
		sent[0].Header.Get("X-Api-Key") != "key-0123456789" || sent[0].Header.Get("Idempotency-Key") != "run_check:step" {
		t.Errorf("sent %+v", sent)
	}
}
