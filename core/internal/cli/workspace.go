package cli

import (
	"context"
	"fmt"

	"github.com/cordboard/cordboard/core/internal/access"
)

type workspaceCmd struct {
	Create workspaceCreateCmd `cmd:"" help:"Make a workspace."`
	List   workspaceListCmd   `cmd:"" help:"List workspaces, the oldest first."`
}

type workspaceCreateCmd struct {
	settingFlags
	Name     string `required:"" help:"How it is called; no other one may have the name."`
	Owner    string `required:"" help:"The e-mail address of a person who can sign in and becomes its owner." placeholder:"EMAIL"`
	TimeZone string `default:"UTC" help:"Its time zone, such as Europe/Madrid." placeholder:"ZONE"`
}

// Help implements kong.HelpProvider.
func (workspaceCreateCmd) Help() string {
	return "Everything in a workspace is apart from others; connectors are shared. It works directly in the database, beside a gateway that may run.\n\nExample:\n  cordboard workspace create --name=shop --owner=ana@example.com --time-zone=Europe/Madrid"
}

// Run implements the command.
func (c *workspaceCreateCmd) Run(ctx context.Context, p *Program, v *settingValues) error {
	s, err := c.load(p, v)
	if err != nil {
		return err
	}
	made, err := p.CreateWorkspace(ctx, s, access.NewWorkspace{Name: c.Name, TimeZone: c.TimeZone}, c.Owner)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(p.Out, "%s (%s) is there; %s finds it in the list of workspaces.\n", made.Name, made.WorkspaceID, c.Owner)
	return err
}

type workspaceListCmd struct{ settingFlags }

// Help implements kong.HelpProvider.
func (workspaceListCmd) Help() string { return "Example:\n  cordboard workspace list" }

// Run implements the command.
func (c *workspaceListCmd) Run(ctx context.Context, p *Program, v *settingValues) error {
	s, err := c.load(p, v)
	if err != nil {
		return err
	}
	all, err := p.ListWorkspaces(ctx, s)
	for _, w := range all {
		_, _ = fmt.Fprintf(p.Out, "%s  %s  %s\n", w.ID, w.Name, w.TimeZone)
	}
	return err
}
