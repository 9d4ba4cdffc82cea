package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"path/filepath"
	"strings"

	"github.com/cordboard/cordboard/core/internal/author"
	"github.com/cordboard/cordboard/core/internal/client"
)

type connectorCmd struct {
	List    connectorListCmd    `cmd:"" help:"List installed connectors with what they can do."`
	Install connectorInstallCmd `cmd:"" help:"Install a connector's package; the calls under way end in the version before."`
	Choose  connectorChooseCmd  `cmd:"" help:"Let another installed version take new calls: go back, or forward again."`
	Restart connectorRestartCmd `cmd:"" help:"Let a connector that was set aside after crashes start again."`
	Allow   connectorAllowCmd   `cmd:"" name:"allow-direct" help:"Let a connector that asks for it dial by itself, past the gateway."`
	New     connectorNewCmd     `cmd:"" help:"Lay out a first connector in Go."`
	Check   connectorCheckCmd   `cmd:"" help:"Examine a connector, in whatever language it is written."`
	Docs    connectorDocsCmd    `cmd:"" help:"Write the page of a connector, as Markdown."`
	Dev     connectorDevCmd     `cmd:"" help:"Build a connector at each change and let a running gateway use it."`
	Package connectorPackageCmd `cmd:"" help:"Make the one file in which a connector travels."`
	Key     connectorKeyCmd     `cmd:"" help:"Make the keys with which a publisher signs packages."`
}

type connectorListCmd struct{ remote }

// Help implements kong.HelpProvider.
func (connectorListCmd) Help() string {
	return "With -o json the whole manifests are printed: fields, actions, triggers.\n\nExample:\n  cordboard connector list" + tokenHelp
}

// Run implements the command.
func (c *connectorListCmd) Run(ctx context.Context, p *Program) error {
	return printList(p, c.remote, renderConnectors, func(gateway *client.Client) (*http.Response, error) { return gateway.ListConnectors(ctx) })
}

type connectorNewCmd struct {
	Name   string `arg:"" help:"Of the connector: lower-case letters, digits and underscores."`
	Dir    string `help:"Where to; a folder that is new or empty (one named like the connector, here)." placeholder:"DIR"`
	Module string `help:"Path of its Go module (the name)." placeholder:"PATH"`
	SDK    string `name:"sdk" help:"A checkout of Cordboard to build against (the published module)." placeholder:"DIR"`
}

// Help implements kong.HelpProvider.
func (connectorNewCmd) Help() string {
	return "What it writes builds and passes its tests; core/docs/connectors.md goes on from there.\n\nExample:\n  cordboard connector new acme_desk --module=example.com/acme_desk --sdk=../cordboard"
}

// Run implements the command.
func (c *connectorNewCmd) Run(p *Program) error {
	dir, err := author.New(author.Layout{Name: c.Name, Dir: c.Dir, Module: c.Module, Checkout: c.SDK, Version: p.Version})
	if err != nil {
		return authorError(err)
	}
	_, err = fmt.Fprintf(p.Out, "%s is laid out in %s. Go on with\n\n  cd %s\n  go mod tidy\n  go test ./...\n  go build -o %s .\n  cordboard connector check ./%s\n",
		c.Name, filepath.Clean(dir), dir, c.Name, c.Name)
	return err
}

// authorError tells a mistake on the command line from a trouble of the world.
func authorError(err error) error {
	if input := new(author.InputError); errors.As(err, &input) {
		return usagef("%v", input)
	}
	return err
}

type connectorCheckCmd struct {
	File    string `arg:"" help:"The connector's program."`
	Samples string `help:"Settings and inputs to examine it with (testdata/samples.json beside it, or made up)." placeholder:"FILE"`
	Output  string `short:"o" enum:"text,json" default:"text" help:"How to print: text or json."`
}

// Help implements kong.HelpProvider.
func (connectorCheckCmd) Help() string {
	return "It is started as the gateway starts it. Its requests go to a provider in memory and nowhere else, so no account is needed. The exit code is 1 if anything fails.\n\nExample:\n  cordboard connector check ./acme_desk"
}

// Run implements the command.
func (c *connectorCheckCmd) Run(ctx context.Context, p *Program) error {
	report, err := author.Check(ctx, c.File, c.Samples)
	if err != nil {
		return authorError(err)
	}
	text := renderReport(report)
	if c.Output == "json" {
		encoded, err := json.MarshalIndent(report, "", "  ")
		if err != nil {
			return err
		}
		text = string(encoded) + "\n"
	}
	if _, err := io.WriteString(p.Out, text); err != nil {
		return err
	}
	if report.Count(author.Failed) > 0 {
		return fmt.Errorf("%s does not conform", report.Connector)
	}
	return nil
}

func renderReport(r author.Report) string {
	var b strings.Builder
	fmt.Fprintln(&b, strings.TrimSpace(r.Connector+" "+r.Version))
	if r.MadeUp {
		fmt.Fprintln(&b, "Settings and inputs are made up from the schemas; --samples names a file of better ones.")
	}
	marks := map[author.Outcome]string{author.Passed: "ok  ", author.Failed: "FAIL", author.Skipped: "-   "}
	part := ""
	for _, f := range r.Findings {
		if f.Part != part {
			part = f.Part
			fmt.Fprintf(&b, "\n%s\n", part)
		}
		if f.Outcome == author.Skipped {
			fmt.Fprintf(&b, "  %s  %s: %s\n", marks[f.Outcome], f.Claim, strings.Join(f.Problems, "; "))
			continue
		}
		fmt.Fprintf(&b, "  %s  %s\n", marks[f.Outcome], f.Claim)
		for _, problem := range f.Problems {
			fmt.Fprintf(&b, "        %s\n", strings.ReplaceAll(problem, "\n", "\n        "))
		}
		if f.Remedy != "" {
			fmt.Fprintf(&b, "        Remedy: %s\n", f.Remedy)
		}
	}
	fmt.Fprintf(&b, "\n%d passed, %d failed, %d not examined\n", r.Count(author.Passed), r.Count(author.Failed), r.Count(author.Skipped))
	return b.String()
}

type connectorDocsCmd struct {
	File string `arg:"" help:"The connector's program."`
}

// Help implements kong.HelpProvider.
func (connectorDocsCmd) Help() string {
	return "Example:\n  cordboard connector docs ./acme_desk > acme_desk.md"
}

// Run implements the command.
func (c *connectorDocsCmd) Run(ctx context.Context, p *Program) error {
	manifest, err := author.Manifest(ctx, c.File)
	if err != nil {
		return authorError(err)
	}
	_, err = io.WriteString(p.Out, author.Docs(manifest))
	return err
}
