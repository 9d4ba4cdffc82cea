package author

import (
	"encoding/json"
	"io"
	"net/http"
	"os"
	"os/exec"
	"testing"
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

func TestAConnectorInJavaScriptConforms(t *testing.T) {
	t.Parallel()
	needJavaScript(t)
	report, err := Check(t.Context(), inJavaScript+"/desk_js", "")
	if err != nil || report.MadeUp {
		t.Fatalf("got %+v, %v", report, err)
	}
	for _, f := range report.Findings {
		if f.Outcome != Passed {
			t.Errorf("%s: %s: %s %q", f.Part, f.Claim, f.Outcome, f.Problems)
		}
	}
}

func TestAConnectorInJavaScriptAsksThroughTheGateway(t *testing.T) {
	t.Parallel()
	needJavaScript(t)
	p, err := open(t.Context(), inJavaScript+"/desk_js")
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
