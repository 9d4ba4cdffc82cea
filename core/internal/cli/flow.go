package cli

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"slices"
	"strings"

	"github.com/cordboard/cordboard/core/internal/api"
	"github.com/cordboard/cordboard/core/internal/client"
	"github.com/cordboard/cordboard/core/internal/flow"
	"github.com/cordboard/cordboard/core/internal/flowtest"
)

type flowCmd struct {
	Validate flowValidateCmd `cmd:"" help:"Check flow files against a running gateway; nothing changes."`
	Plan     flowPlanCmd     `cmd:"" help:"Say what applying flow files would change; nothing changes."`
	Apply    flowApplyCmd    `cmd:"" help:"Check, save and publish flow files."`
	Test     flowTestCmd     `cmd:"" help:"Play flows on a virtual clock and compare with what their tests expect."`
	Backtest flowBacktestCmd `cmd:"" help:"Tell what a flow would have done with the events of its runs."`
	List     flowListCmd     `cmd:"" help:"List flows."`
	Start    flowStartCmd    `cmd:"" help:"Start a run of a flow by hand."`
	Export   flowExportCmd   `cmd:"" help:"Print a flow's document."`
	Rollover flowRolloverCmd `cmd:"" help:"Say what becomes of the runs that wait on older versions of a flow."`
	Schema   flowSchemaCmd   `cmd:"" help:"Print the JSON Schema of flow files, for editors."`
}

type flowFiles struct {
	remote
	Files []string `arg:"" name:"file" help:"Flow documents; - is the standard input."`
}

type flowValidateCmd struct{ flowFiles }

// Help implements kong.HelpProvider.
func (flowValidateCmd) Help() string {
	return "The gateway knows the connectors and connections that a flow names, so it does the checking. Problems are printed as file:line:column, as compilers do. Warnings stand there too and keep nothing from being published. Tests of flows (.test.yaml) are passed over.\n\nExample:\n  cordboard flow validate flows/*.yaml" + tokenHelp
}

// Run implements the command.
func (c *flowValidateCmd) Run(ctx context.Context, p *Program) error { return c.apply(ctx, p, true) }

type flowApplyCmd struct{ flowFiles }

// Help implements kong.HelpProvider.
func (flowApplyCmd) Help() string {
	return "All files are checked before the first is published. A file that is live already changes nothing.\n\nExample:\n  cordboard flow apply flows/*.yaml" + tokenHelp
}

// Run implements the command.
func (c *flowApplyCmd) Run(ctx context.Context, p *Program) error {
	if len(c.Files) > 1 {
		silent := *p
		silent.Out = io.Discard
		if err := c.apply(ctx, &silent, true); err != nil {
			return err
		}
	}
	return c.apply(ctx, p, false)
}

// document is a flow file that was read.
type document struct {
	file   string
	name   string
	source []byte
}

// flows are the files with flows: their tests stand beside them, and a shell's star names both.
func (c flowFiles) flows() ([]string, error) {
	files := slices.DeleteFunc(slices.Clone(c.Files), func(file string) bool { return strings.HasSuffix(file, flowtest.Suffix) })
	if len(files) == 0 {
		return nil, usagef("%s holds tests and no flow; see cordboard flow test", c.Files[0])
	}
	return files, nil
}

func (c flowFiles) apply(ctx context.Context, p *Program, dryRun bool) error {
	gateway, err := c.gateway(p)
	if err != nil {
		return err
	}
	files, err := c.flows()
	if err != nil {
		return err
	}
	broken := false
	for _, file := range files {
		doc, err := p.readDocument(file)
		if err != nil {
			return err
		}
		applied, body, err := apply(ctx, gateway, doc, dryRun)
		var problem *api.Problem
		if errors.As(err, &problem) && problem.Status == http.StatusUnprocessableEntity {
			broken = true
			_, _ = io.WriteString(p.Err, renderDocumentProblems(doc.file, problem))
			continue
		}
		if err != nil {
			return err
		}
		for _, w := range applied.Warnings {
			if p.Out == io.Discard {
				break // they are told when the files are published
			}
			_, _ = io.WriteString(p.Err, renderWarning(doc.file, w))
		}
		if err := c.print(p, body, renderApplied(doc.file, applied)); err != nil {
			return err
		}
	}
	if broken {
		return errPrinted
	}
	return nil
}

// apply sends a document. One without a name can't be addressed; the gateway would say no more than the parser does.
func apply(ctx context.Context, gateway *client.Client, doc document, dryRun bool) (api.Applied, []byte, error) {
	if doc.name == "" {
		_, problems := flow.Parse(doc.source)
		if len(problems) == 0 {
			problems = flow.Problems{{Line: 1, Column: 1, Path: "name", Message: "is missing", Remedy: "begin with name:"}}
		}
		return api.Applied{}, nil, problemOf(problems)
	}
	return answer[api.Applied](gateway.ApplyFlowWithBody(ctx, doc.name, &client.ApplyFlowParams{DryRun: some(dryRun)}, asYAML, bytes.NewReader(doc.source)))
}

func problemOf(ps flow.Problems) *api.Problem {
	problem := &api.Problem{Status: http.StatusUnprocessableEntity}
	for _, p := range ps {
		problem.Errors = append(problem.Errors, api.Detail{Path: p.Path, Line: p.Line, Column: p.Column, Message: p.Message, Remedy: p.Remedy})
	}
	return problem
}

func (p *Program) readDocument(file string) (document, error) {
	doc := document{file: file}
	var err error
	if file == "-" {
		doc.file = "standard input"
		doc.source, err = io.ReadAll(p.In)
	} else {
		doc.source, err = os.ReadFile(file)
	}
	if err != nil {
		return document{}, fmt.Errorf("read flow: %w", err)
	}
	if parsed, _ := flow.Parse(doc.source); parsed != nil {
		doc.name = parsed.Name
	}
	return doc, nil
}

type flowListCmd struct{ remote }

// Help implements kong.HelpProvider.
func (flowListCmd) Help() string { return "Example:\n  cordboard flow list" + tokenHelp }

// Run implements the command.
func (c *flowListCmd) Run(ctx context.Context, p *Program) error {
	return printList(p, c.remote, renderFlows, func(gateway *client.Client) (*http.Response, error) { return gateway.ListFlows(ctx, nil) })
}

type flowExportCmd struct {
	remote
	Name string `arg:"" help:"The flow's name."`
}

// Help implements kong.HelpProvider.
func (flowExportCmd) Help() string {
	return "What was exported can be applied again, here or elsewhere.\n\nExample:\n  cordboard flow export verify-purchase > verify-purchase.yaml" + tokenHelp
}

// Run implements the command.
func (c *flowExportCmd) Run(ctx context.Context, p *Program) error {
	gateway, err := c.gateway(p)
	if err != nil {
		return err
	}
	kind := asYAML
	if c.Output == "json" {
		kind = asJSON
	}
	resp, err := gateway.GetFlow(ctx, c.Name, func(_ context.Context, req *http.Request) error {
		req.Header.Set("Accept", kind)
		return nil
	})
	if err != nil {
		return err
	}
	defer func() { _ = resp.Body.Close() }()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		return fmt.Errorf("read the gateway's answer: %w", err)
	}
	return c.print(p, body, string(body))
}

type flowSchemaCmd struct{}

// Help implements kong.HelpProvider.
func (flowSchemaCmd) Help() string {
	return "Example:\n  cordboard flow schema > flow.schema.json"
}

// Run implements the command.
func (flowSchemaCmd) Run(p *Program) error {
	_, err := p.Out.Write(append(flow.JSONSchema(), '\n'))
	return err
}
