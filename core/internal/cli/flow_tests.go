package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/cordboard/cordboard/core/internal/api"
	"github.com/cordboard/cordboard/core/internal/calendar"
	"github.com/cordboard/cordboard/core/internal/client"
	"github.com/cordboard/cordboard/core/internal/config"
	"github.com/cordboard/cordboard/core/internal/contactfield"
	"github.com/cordboard/cordboard/core/internal/expr"
	"github.com/cordboard/cordboard/core/internal/flow"
	"github.com/cordboard/cordboard/core/internal/flowtest"
	"github.com/cordboard/cordboard/sdk/protocol"
)

type flowTestCmd struct {
	remote
	Offline bool     `help:"Ask the connectors in the plugin folder (CORDBOARD_PLUGIN_DIR, or plugins beside the program) what they say about themselves, not a gateway."`
	Files   []string `arg:"" optional:"" name:"file" help:"Flow documents or their tests; left out: the tests in this folder."`
}

// Help implements kong.HelpProvider.
func (flowTestCmd) Help() string {
	return "The tests of verify.yaml are in verify.test.yaml beside it; core/docs/flow-tests.md says how they are written. Nothing is sent and nothing is stored: hours pass on a virtual clock. It ends with 1 when a case fails and with 2 when a file is wrong.\n\nExamples:\n  cordboard flow test flows/*.yaml\n  cordboard flow test --offline verify.test.yaml" + tokenHelp
}

// testedFlow is a flow's document with its tests.
type testedFlow struct{ document, tests string }

// Run implements the command.
func (c *flowTestCmd) Run(ctx context.Context, p *Program) error {
	tested, err := c.tested(p)
	if err != nil {
		return err
	}
	w, err := c.workspace(ctx, p)
	if err != nil {
		return err
	}
	results := []caseResult{}
	broken, text := false, ""
	for _, t := range tested {
		ran, err := t.run(w)
		var wrong *fileProblems
		if errors.As(err, &wrong) {
			broken = true
			_, _ = io.WriteString(p.Err, renderDocumentProblems(wrong.file, problemOf(wrong.problems)))
			continue
		}
		if err != nil {
			return err
		}
		text += renderCases(t.tests, ran)
		for _, r := range ran {
			results = append(results, caseResultOf(t, r))
		}
	}
	failed := 0
	for _, r := range results {
		if !r.Passed {
			failed++
		}
	}
	body, err := json.Marshal(results)
	if err != nil {
		return err
	}
	if err := c.print(p, body, text); err != nil {
		return err
	}
	switch {
	case broken:
		return errPrinted
	case failed > 0:
		return fmt.Errorf("%d of %d cases failed", failed, len(results))
	}
	return nil
}

// tested finds the documents and tests that are meant. A document without tests is told of, and is no mistake beside
// others that have some.
func (c *flowTestCmd) tested(p *Program) ([]testedFlow, error) {
	files := c.Files
	if len(files) == 0 {
		files, _ = filepath.Glob("*" + flowtest.Suffix) // the pattern is sound
	}
	var tested []testedFlow
	for _, file := range files {
		var t testedFlow
		if base, ok := strings.CutSuffix(file, flowtest.Suffix); ok {
			t = testedFlow{base + ".yaml", file}
		} else {
			t = testedFlow{file, strings.TrimSuffix(file, filepath.Ext(file)) + flowtest.Suffix}
		}
		if slices.ContainsFunc(tested, func(other testedFlow) bool { return other.tests == t.tests }) {
			continue
		}
		if _, err := os.Stat(t.tests); errors.Is(err, fs.ErrNotExist) && t.tests != file {
			_, _ = fmt.Fprintf(p.Err, "%s has no tests: there is no %s\n", file, t.tests)
			continue
		}
		tested = append(tested, t)
	}
	if len(tested) == 0 {
		return nil, usagef("there is nothing to test: name a flow that has a file such as verify%s beside it", flowtest.Suffix)
	}
	return tested, nil
}

// workspace is what flows are tested in. It is flow.Types for flow.Load, which asks for connectors only.
type workspace struct {
	connectors []protocol.Manifest
	calendars  map[string]calendar.Calendar
}

func (c *flowTestCmd) workspace(ctx context.Context, p *Program) (w workspace, err error) {
	if c.Offline {
		s, err := config.Load(config.Sources{Env: p.Env})
		if err != nil {
			return w, err
		}
		w.connectors, err = p.Manifests(ctx, s)
		return w, err
	}
	gateway, err := c.gateway(p)
	if err != nil {
		return w, err
	}
	return workspaceOf(ctx, gateway)
}

// workspaceOf asks a gateway.
func workspaceOf(ctx context.Context, gateway *client.Client) (w workspace, err error) {
	connectors, _, err := answer[api.List[api.Connector]](gateway.ListConnectors(ctx))
	if err != nil {
		return w, err
	}
	for _, k := range connectors.Items {
		w.connectors = append(w.connectors, k.Manifest)
	}
	calendars, _, err := answer[api.List[api.Calendar]](gateway.ListCalendars(ctx))
	if err != nil {
		return w, err
	}
	w.calendars = map[string]calendar.Calendar{}
	for _, k := range calendars.Items {
		w.calendars[k.Name] = calendar.Calendar{Name: k.Name, TimeZone: k.TimeZone, Hours: k.Hours, Holidays: k.Holidays}
	}
	return w, nil
}

// Manifest implements flow.Types.
func (w workspace) Manifest(connector string) (protocol.Manifest, bool) {
	i := slices.IndexFunc(w.connectors, func(m protocol.Manifest) bool { return m.Name == connector })
	if i < 0 {
		return protocol.Manifest{}, false
	}
	return w.connectors[i], true
}

// Connectors implements flow.Types.
func (w workspace) Connectors() []string {
	names := make([]string, len(w.connectors))
	for i, m := range w.connectors {
		names[i] = m.Name
	}
	return names
}

// Connection implements flow.Types.
func (workspace) Connection(string) (string, bool) { return "", false }

// Connections implements flow.Types.
func (workspace) Connections() []string { return nil }

// Flows implements flow.Types.
func (workspace) Flows() []string { return nil }

// Calendars implements flow.Types.
func (workspace) Calendars() []string { return nil }

// LongestWait implements flow.Types.
func (workspace) LongestWait() time.Duration { return 0 }

// Fields implements flow.Types.
func (workspace) Fields() []contactfield.Field { return nil }

// Lists implements flow.Types.
func (workspace) Lists() []string { return nil }

// fileProblems is what is wrong with a file.
type fileProblems struct {
	file     string
	problems flow.Problems
}

func (e *fileProblems) Error() string { return e.file + ": " + e.problems.Error() }

// run plays the cases of a flow. The error is *fileProblems when one of the files is wrong.
func (t testedFlow) run(w workspace) ([]flowtest.Result, error) {
	source, err := os.ReadFile(t.document)
	if err != nil {
		return nil, fmt.Errorf("read the flow that %s tests: %w", t.tests, err)
	}
	version, problems := load(source, w)
	if len(problems) > 0 {
		return nil, &fileProblems{t.document, problems}
	}
	source, err = os.ReadFile(t.tests)
	if err != nil {
		return nil, fmt.Errorf("read tests: %w", err)
	}
	file, problems := flowtest.Parse(source, func(name string) ([]byte, error) {
		return os.ReadFile(filepath.Join(filepath.Dir(t.tests), name))
	})
	if len(problems) > 0 {
		return nil, &fileProblems{t.tests, problems}
	}
	if problems := file.Check(version); len(problems) > 0 {
		return nil, &fileProblems{t.tests, problems}
	}
	var results []flowtest.Result
	for _, c := range file.Cases {
		results = append(results, c.Run(version, w.calendars))
	}
	return results, nil
}

// caseResult is how a case went, as JSON.
type caseResult struct {
	File       string               `json:"file"`
	Flow       string               `json:"flow"`
	Case       string               `json:"case"`
	Line       int                  `json:"line"`
	Passed     bool                 `json:"passed"`
	Difference *flowtest.Difference `json:"difference,omitempty"`
	Error      string               `json:"error,omitempty"` // why the flow could not be played to the end
	Trace      api.TrialTrace       `json:"trace"`
}

func caseResultOf(t testedFlow, r flowtest.Result) caseResult {
	out := caseResult{File: t.tests, Flow: t.document, Case: r.Case.Name, Passed: r.Passed(), Difference: r.Difference, Trace: api.TrialTraceOf(r.Trace)}
	out.Line, _ = r.Case.Place()
	if r.Err != nil {
		out.Error = r.Err.Error()
	}
	return out
}

// renderCases tells how the cases of a file went, and of those that failed, what happened.
func renderCases(file string, results []flowtest.Result) string {
	var b strings.Builder
	failed := 0
	fmt.Fprintln(&b, clean(file))
	for _, r := range results {
		if r.Passed() {
			fmt.Fprintf(&b, "  passed  %s\n", clean(r.Case.Name))
			continue
		}
		failed++
		fmt.Fprintf(&b, "  FAILED  %s\n", clean(r.Case.Name))
		place := flow.Problem{}
		if r.Err != nil {
			place.Message = r.Err.Error()
			place.Line, place.Column = r.Case.Place()
		} else {
			place.Message, place.Line, place.Column = r.Difference.String(), r.Difference.Line, r.Difference.Column
		}
		fmt.Fprintf(&b, "    %s\n", clean(flow.Describe(file, place)))
		b.WriteString(renderTrace(r.Trace))
	}
	fmt.Fprintf(&b, "%d passed, %d failed\n", len(results)-failed, failed)
	return b.String()
}

func renderTrace(t flowtest.Trace) string {
	var b strings.Builder
	what := "it is " + string(t.State.Status)
	if t.Ended >= 0 {
		what = fmt.Sprintf("it has %s after %s", t.State.Status, expr.FormatDuration(t.Ended))
	}
	fmt.Fprintf(&b, "    What happened: %s\n", what)
	if len(t.Path) > 0 {
		fmt.Fprintf(&b, "      %s\n", strings.Join(t.Path, ", "))
	}
	for _, c := range t.Calls {
		fmt.Fprintf(&b, "      %s %s %s\n", expr.FormatDuration(c.At), c.Step, clean(string(c.Input)))
	}
	return b.String()
}
