package cli

import (
	"context"
	"net/http"

	"github.com/cordboard/cordboard/core/internal/client"
)

type connectorAllowCmd struct {
	remote
	Name   string `arg:"" help:"Of the connector."`
	Revoke bool   `help:"Take the leave back; it takes no more calls until it is given again."`
}

// Help implements kong.HelpProvider.
func (connectorAllowCmd) Help() string {
	return "Such a connector reaches whatever the gateway's machine reaches, and is handed the secrets of its connections: allow it only if you trust who made it. connector list shows which ask for it.\n\nExamples:\n  cordboard connector allow-direct letters\n  cordboard connector allow-direct letters --revoke" + tokenHelp
}

// Run implements the command.
func (c *connectorAllowCmd) Run(ctx context.Context, p *Program) error {
	return c.change(p, func(gateway *client.Client) (*http.Response, error) {
		return gateway.AllowConnectorDirect(ctx, c.Name, client.AllowDirectBody{Allowed: !c.Revoke})
	})
}
