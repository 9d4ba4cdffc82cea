package cli

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/cordboard/cordboard/core/internal/config"
	"github.com/cordboard/cordboard/sdk/protocol"
)

const (
	greeting = "name: greet\ntrigger: { on: manual }\nsteps:\n  - id: pause\n    delay: { business: 2h, calendar: office }\n  - id: hello\n    do: echo.say\n    with: { text: 'Hello {{ event.name }}' }\n"
	// The virtual clock begins at nine on a Thursday, so two hours of an office that opens for one end on Friday.
	greetingTests = "flow: greet\ncases:\n  - name: it greets by name\n    event: { file: ana.json }\n    expect:\n      path: [pause, hello]\n      calls: [{ step: hello, at: 25h, with: { text: Hello Ana } }]\n"
)

// write makes files in a folder of their own and returns the folder.
func write(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, content := range files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func TestFlowTest(t *testing.T) {
	t.Parallel()
	sound := map[string]string{"greet.yaml": greeting, "greet.test.yaml": greetingTests, "ana.json": `{"name":"Ana"}`, "other.yaml": greeting}
	with := func(name, old, replaced string) map[string]string {
		changed := map[string]string{}
		for file, content := range sound {
			if file == name {
				content = strings.Replace(content, old, replaced, 1)
			}
			changed[file] = content
		}
		return changed
	}
	cases := map[string]struct {
		files    map[string]string
		args     []string // of which those that end like a file are in the folder
		code     int
		out, err string
	}{
		"by the flow":               {files: sound, args: []string{"greet.yaml"}, out: "greet.test.yaml\n  passed  it greets by name\n1 passed, 0 failed\n"},
		"by the tests":              {files: sound, args: []string{"greet.test.yaml"}, out: "  passed  it greets by name\n"},
		"by both, once":             {files: sound, args: []string{"greet.test.yaml", "greet.yaml"}, out: "\n1 passed, 0 failed\n"},
		"a flow without tests":      {files: sound, args: []string{"other.yaml", "greet.yaml"}, out: "\n1 passed, 0 failed\n", err: "other.test.yaml\n"},
		"nothing to test":           {files: sound, args: []string{"other.yaml"}, code: Invalid, err: "there is nothing to test: name a flow that has a file such as verify.test.yaml beside it"},
		"no flow beside the tests":  {files: map[string]string{"greet.test.yaml": greetingTests}, args: []string{"greet.test.yaml"}, code: Invalid, err: "read the flow that"},
		"tests that are not there":  {files: sound, args: []string{"none.test.yaml"}, code: Invalid, err: "none.yaml"},
		"a flow with a problem":     {files: with("greet.yaml", "echo.say", "echo.sya"), args: []string{"greet.yaml"}, code: Invalid, err: `greet.yaml:7:9: steps[1].do: `},
		"tests with a mistake":      {files: with("greet.test.yaml", "calls", "cals"), args: []string{"greet.yaml"}, code: Invalid, err: `greet.test.yaml:7:7: cases[0].expect.cals: there is no such field; did you mean "calls"?` + "\n"},
		"tests that name no step":   {files: with("greet.test.yaml", "step: hello", "step: helo"), args: []string{"greet.yaml"}, code: Invalid, err: `greet.test.yaml:7:23: cases[0].expect.calls[0].step: the flow has no step "helo"; did you mean "hello"?` + "\n"},
		"an event that is missing":  {files: with("greet.test.yaml", "ana.json", "eva.json"), args: []string{"greet.yaml"}, code: Invalid, err: "greet.test.yaml:4:20: cases[0].event.file: can't be read: "},
		"a case that fails":         {files: with("greet.test.yaml", "at: 25h", "at: 2h"), args: []string{"greet.yaml"}, code: Failed, err: "1 of 1 cases failed", out: "greet.test.yaml:7:34: expect.calls[0].at: expected 2h, got 25h\n    What happened: it has succeeded after 25h\n      pause, hello\n      25h hello {\"text\":\"Hello Ana\"}\n0 passed, 1 failed\n"},
		"a failing case as JSON":    {files: with("greet.test.yaml", "at: 25h", "at: 2h"), args: []string{"-o", "json", "greet.yaml"}, code: Failed, out: `"path": "expect.calls[0].at",`},
		"a run that fails":          {files: with("ana.json", "name", "nom"), args: []string{"greet.yaml"}, code: Failed, out: "What happened: it has failed after 25h"},
		"words that command a tool": {files: with("greet.test.yaml", "it greets by name", `"\u001b[2J"`), args: []string{"greet.yaml"}, out: "  passed  ·[2J\n"},
	}
	for name, tt := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			g := newGateway(t)
			dir := write(t, tt.files)
			args := []string{"flow", "test", "--url=" + g.URL}
			for _, a := range tt.args {
				if strings.HasSuffix(a, ".yaml") {
					a = filepath.Join(dir, a)
				}
				args = append(args, a)
			}
			got := execute(t, &Program{}, map[string]string{"CORDBOARD_TOKEN": "cb_test"}, "", args...)
			if got.code != tt.code || tt.out != "" && strings.Count(got.out, tt.out) != 1 || !strings.Contains(got.err, tt.err) {
				t.Errorf("code %d\n%s\n%s\nwant %d\n%s\n%s", got.code, got.out, got.err, tt.code, tt.out, tt.err)
			}
			for _, asked := range g.asked {
				if !strings.HasPrefix(asked, "GET ") {
					t.Errorf("asked %s, which a token that may only read can't", asked)
				}
			}
		})
	}
}

func TestFlowTestTellsAllAsJSON(t *testing.T) {
	t.Parallel()
	dir := write(t, map[string]string{"greet.yaml": greeting, "greet.test.yaml": greetingTests, "ana.json": `{"name":"Ana"}`})
	got := execute(t, &Program{}, map[string]string{"CORDBOARD_TOKEN": "cb_test"}, "", "flow", "test", "-o", "json", "--url="+newGateway(t).URL, filepath.Join(dir, "greet.yaml"))
	var results []caseResult
	if err := json.Unmarshal([]byte(got.out), &results); err != nil || len(results) != 1 {
		t.Fatalf("%v\n%s", err, got.out)
	}
	if r := results[0]; !r.Passed || r.Case != "it greets by name" || r.Line != 3 || r.Trace.Status != "succeeded" || len(r.Trace.Calls) != 1 {
		t.Errorf("%+v", r)
	}
}

func TestFlowTestWithoutAGateway(t *testing.T) {
	t.Parallel()
	dir := write(t, map[string]string{
		"greet.yaml": strings.Replace(greeting, "{ business: 2h, calendar: office }", "{ for: 25h }", 1), "greet.test.yaml": greetingTests, "ana.json": `{"name":"Ana"}`,
	})
	broken := errors.New("plugin folder: it burns")
	for err, want := range map[error]outcome{nil: {OK, "1 passed, 0 failed", ""}, broken: {Failed, "", broken.Error()}} {
		p := &Program{Manifests: func(_ context.Context, s config.Settings) ([]protocol.Manifest, error) {
			if s.PluginDir != "/plugins" {
				t.Errorf("the plugin folder is %q", s.PluginDir)
			}
			return []protocol.Manifest{echo}, err
		}}
		got := execute(t, p, map[string]string{"CORDBOARD_PLUGIN_DIR": "/plugins"}, "", "flow", "test", "--offline", filepath.Join(dir, "greet.yaml"))
		if got.code != want.code || !strings.Contains(got.out, want.out) || !strings.Contains(got.err, want.err) {
			t.Errorf("%+v", got)
		}
	}
}
