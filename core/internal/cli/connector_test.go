package cli

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/cordboard/cordboard/core/internal/author"
)

func TestAReportReads(t *testing.T) {
	t.Parallel()
	golden(t, "report.txt", renderReport(author.Report{Connector: "desk", Version: "1.2.0", MadeUp: true, Findings: []author.Finding{
		{Part: "start", Claim: "it starts", Outcome: author.Passed},
		{Part: "action create_ticket", Claim: "a wrong input is refused, naming the field", Outcome: author.Failed,
			Problems: []string{"an empty input gives a success", "two\nlines"}, Remedy: "Check the input."},
		{Part: "action create_ticket", Claim: "its output is as it says", Outcome: author.Skipped, Problems: []string{"it fails"}},
	}}))
}

func TestAFirstConnectorIsLaidOut(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "desk")
	got := execute(t, &Program{Version: "1.2.3"}, nil, "", "connector", "new", "desk", "--dir="+dir)
	if got.code != OK || !strings.Contains(got.out, "cd "+dir) || !strings.Contains(got.out, "cordboard connector check ./desk") {
		t.Errorf("got %+v", got)
	}
	if _, err := os.Stat(filepath.Join(dir, "main.go")); err != nil {
		t.Error(err)
	}
	if again := execute(t, &Program{Version: "1.2.3"}, nil, "", "connector", "new", "desk", "--dir="+dir); again.code != Invalid || !strings.Contains(again.err, "is not empty") {
		t.Errorf("again: %+v", again)
	}
}

func TestAConnectorThatFailsTheCheck(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "desk")
	if err := os.WriteFile(file, []byte("#!/bin/sh\necho not today >&2\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	got := execute(t, &Program{}, nil, "", "connector", "check", file)
	if got.code != Failed || !strings.Contains(got.out, "not today") || !strings.Contains(got.out, "0 passed, 1 failed") || got.err != "cordboard: desk does not conform\n" {
		t.Errorf("got %+v", got)
	}
	got = execute(t, &Program{}, nil, "", "connector", "check", file, "-o", "json")
	var report author.Report
	if err := json.Unmarshal([]byte(got.out), &report); err != nil || got.code != Failed || report.Count(author.Failed) != 1 {
		t.Errorf("as JSON: %+v, %v", got, err)
	}
	if got := execute(t, &Program{}, nil, "", "connector", "docs", file); got.code != Failed || !strings.Contains(got.err, "it does not start") {
		t.Errorf("docs: %+v", got)
	}
	if got := execute(t, &Program{}, nil, "", "connector", "check", file+"-"); got.code != Invalid {
		t.Errorf("a file that is not there: %+v", got)
	}
}
