package cli

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"

	"github.com/cordboard/cordboard/core/internal/author"
)

type connectorCmd struct {
	List connectorListCmd `cmd:"" help:"List installed connectors with what they can do."`
	New  connectorNewCmd  `cmd:"" help:"Lay out a first connector in Go."`
}

type connectorListCmd struct{ remote }

// Help implements kong.HelpProvider.
func (connectorListCmd) Help() string {
	return "With -o json the whole manifests are printed: fields, actions, triggers.\n\nExample:\n  cordboard connector list" + tokenHelp
}

// Run implements the command.
func (c *connectorListCmd) Run(ctx context.Context, p *Program) error {
	return printList(ctx, p, c.remote, "/connectors", nil, renderConnectors)
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
