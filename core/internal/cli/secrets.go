package cli

import (
	"context"
)

type secretsCmd struct {
	Rotate secretsRotateCmd `cmd:"" help:"Seal everything with a new secret key."`
}

type secretsRotateCmd struct{ settingFlags }

// Help implements kong.HelpProvider.
func (secretsRotateCmd) Help() string {
	return "It works directly in the database, beside gateways that run, and may be stopped and begun again. Give it the settings of the gateways, with the new key before the old one in CORDBOARD_SECRET_KEY; it says when the old one can go.\n\nExample:\n  CORDBOARD_SECRET_KEY=\"$NEW,$OLD\" cordboard secrets rotate"
}

// Run implements the command.
func (c *secretsRotateCmd) Run(ctx context.Context, p *Program, v *settingValues) error {
	s, err := c.load(p, v)
	if err != nil {
		return err
	}
	return p.RotateSecrets(ctx, s, p.Out)
}
