package cli

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/cordboard/cordboard/core/internal/access"
)

type serveCmd struct{ settingFlags }

// Help implements kong.HelpProvider.
func (serveCmd) Help() string {
	return "Example:\n  CORDBOARD_DATABASE_URL=postgres://… cordboard serve --hooks-addr=0.0.0.0:8081\n\nSettings are described in core/docs/settings.md; a flag is stronger than the environment, and that than the file."
}

// Run implements the command.
func (c *serveCmd) Run(ctx context.Context, p *Program, v *settingValues) error {
	s, err := c.load(p, v)
	if err != nil {
		return err
	}
	return p.Serve(ctx, s)
}

type demoCmd struct{ settingFlags }

// Help implements kong.HelpProvider.
func (demoCmd) Help() string {
	return "It brings its own database, queue, connectors and providers, all on this machine.\n\nExample:\n  cordboard demo --data-dir=/tmp/demo"
}

// Run implements the command.
func (c *demoCmd) Run(ctx context.Context, p *Program, v *settingValues) error {
	s, err := c.load(p, v)
	if err != nil {
		return err
	}
	return p.Demo(ctx, s)
}

type migrateCmd struct {
	Up     migrateUpCmd     `cmd:"" default:"withargs" help:"Go to the newest schema, or back to an older one."`
	Status migrateStatusCmd `cmd:"" help:"Say where the schema stands."`
}

type migrateUpCmd struct {
	settingFlags
	DownTo *int64 `help:"Go back to this version instead. What only newer versions hold is lost." placeholder:"VERSION" xor:"way"`
	From   string `help:"Copy this database, a SQLite file or a URL, into the one that --to names, instead." placeholder:"DATABASE" and:"move" xor:"way"`
	To     string `help:"The new database: a postgres:// URL, or a SQLite file." placeholder:"DATABASE" and:"move"`
}

// Help implements kong.HelpProvider.
func (migrateUpCmd) Help() string {
	return "With --from and --to everything moves to another database, runs and waits included; no gateway may be running.\n\n" +
		"Examples:\n  cordboard migrate\n  cordboard migrate --down-to=7\n  cordboard migrate --from=data/cordboard.db --to=postgres://cordboard@db.example.com/cordboard"
}

// Run implements the command.
func (c *migrateUpCmd) Run(ctx context.Context, p *Program, v *settingValues) error {
	if c.From != "" {
		said, err := p.MoveDatabase(ctx, c.From, c.To)
		_, _ = fmt.Fprint(p.Out, said)
		return err
	}
	s, err := c.load(p, v)
	if err != nil {
		return err
	}
	if c.DownTo != nil {
		return p.MigrateDown(ctx, s, *c.DownTo)
	}
	return p.Migrate(ctx, s)
}

type backupCmd struct {
	settingFlags
	File string `arg:"" help:"A new file."`
}

// Help implements kong.HelpProvider.
func (backupCmd) Help() string {
	return "The gateway may run or not. The file holds personal data, and secrets only as the secret key has sealed them: keep a copy of the key in another place. Of Postgres make backups with its own tools.\n\nExample:\n  cordboard backup /backups/cordboard-$(date +%F).db"
}

// Run implements the command.
func (c *backupCmd) Run(ctx context.Context, p *Program, v *settingValues) error {
	s, err := c.load(p, v)
	if err != nil {
		return err
	}
	return p.Backup(ctx, s, c.File)
}

type migrateStatusCmd struct{ settingFlags }

// Help implements kong.HelpProvider.
func (migrateStatusCmd) Help() string { return "Example:\n  cordboard migrate status" }

// Run implements the command.
func (c *migrateStatusCmd) Run(ctx context.Context, p *Program, v *settingValues) error {
	s, err := c.load(p, v)
	if err != nil {
		return err
	}
	text, err := p.MigrationStatus(ctx, s)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintln(p.Out, strings.TrimRight(text, "\n"))
	return err
}

type tokenCmd struct {
	Create tokenCreateCmd `cmd:"" help:"Make an API token, directly in the database."`
}

type tokenCreateCmd struct {
	settingFlags
	Name      string        `required:"" help:"Where it is used."`
	Scope     []string      `enum:"read,operate,write,admin" default:"read" help:"What it allows: read, operate, write or admin; each holds the ones before it."`
	Workspace string        `help:"The name of its workspace; left out: the first one." placeholder:"NAME"`
	Expires   time.Duration `help:"After how long it ends, such as 720h; left out: never." placeholder:"DURATION"`
}

// Help implements kong.HelpProvider.
func (tokenCreateCmd) Help() string {
	return "The token is printed once and stored nowhere.\n\nExample:\n  cordboard token create --name=ci --scope=write --expires=720h"
}

// Run implements the command.
func (c *tokenCreateCmd) Run(ctx context.Context, p *Program, v *settingValues) error {
	s, err := c.load(p, v)
	if err != nil {
		return err
	}
	in := access.NewToken{Name: c.Name}
	for _, scope := range c.Scope {
		in.Scopes = append(in.Scopes, access.Scope(scope))
	}
	if c.Expires > 0 {
		in.ExpiresAt = time.Now().Add(c.Expires)
	}
	text, err := p.CreateToken(ctx, s, c.Workspace, in)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintln(p.Out, text)
	return err
}

type userCmd struct {
	Create userCreateCmd `cmd:"" help:"Invite a person, directly in the database."`
	Link   userLinkCmd   `cmd:"" help:"Make a link with which a person sets a new password."`
	Factor userFactorCmd `cmd:"" name:"remove-second-factor" help:"Switch off the second factor of a person who has lost it."`
}

type userCreateCmd struct {
	settingFlags
	Email     string `required:"" help:"With which the person signs in."`
	Name      string `help:"How the person is called."`
	Workspace string `help:"The name of a workspace; left out: the first one." placeholder:"NAME"`
	Role      string `enum:"viewer,operator,builder,admin,owner" default:"builder" help:"What the person may do: viewer, operator, builder, admin or owner."`
}

// Help implements kong.HelpProvider.
func (userCreateCmd) Help() string {
	return "It prints the address at which the person sets a password, good once and for 72 hours.\n\nExample:\n  cordboard user create --email=ana@example.com --role=owner"
}

// Run implements the command.
func (c *userCreateCmd) Run(ctx context.Context, p *Program, v *settingValues) error {
	s, err := c.load(p, v)
	if err != nil {
		return err
	}
	url, err := p.InviteUser(ctx, s, c.Workspace, access.NewUser{Email: c.Email, Name: c.Name, Role: access.Role(c.Role)})
	if err != nil {
		return err
	}
	if url == "" {
		url = c.Email + " has an account and signs in as before."
	}
	_, err = fmt.Fprintln(p.Out, url)
	return err
}

type userLinkCmd struct {
	settingFlags
	Email string `arg:"" help:"Of the person."`
}

// Help implements kong.HelpProvider.
func (userLinkCmd) Help() string {
	return "Until the link is used, the old password stays good.\n\nExample:\n  cordboard user link ana@example.com"
}

// Run implements the command.
func (c *userLinkCmd) Run(ctx context.Context, p *Program, v *settingValues) error {
	s, err := c.load(p, v)
	if err != nil {
		return err
	}
	url, err := p.LinkUser(ctx, s, c.Email)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintln(p.Out, url)
	return err
}

type userFactorCmd struct {
	settingFlags
	Email string `arg:"" help:"Of the person."`
}

// Help implements kong.HelpProvider.
func (userFactorCmd) Help() string {
	return "It takes away codes of an app, passkeys and recovery codes; the password stays. It is for an owner who has lost them and whom nobody else can help.\n\nExample:\n  cordboard user remove-second-factor ana@example.com"
}

// Run implements the command.
func (c *userFactorCmd) Run(ctx context.Context, p *Program, v *settingValues) error {
	s, err := c.load(p, v)
	if err != nil {
		return err
	}
	if err := p.RemoveSecondFactor(ctx, s, c.Email); err != nil {
		return err
	}
	_, err = fmt.Fprintf(p.Out, "%s signs in with the password alone.\n", c.Email)
	return err
}

type versionCmd struct{}

// Help implements kong.HelpProvider.
func (versionCmd) Help() string { return "Example:\n  cordboard version" }

// Run implements the command.
func (versionCmd) Run(p *Program) error {
	_, err := fmt.Fprintln(p.Out, p.Version)
	return err
}
