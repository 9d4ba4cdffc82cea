// Package cli is the command line: it reads arguments, calls a running gateway through its REST API and prints what
// comes back for people or as JSON. What needs the database or starts the gateway is handed in by main.
package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/alecthomas/kong"

	"github.com/cordboard/cordboard/core/internal/access"
	"github.com/cordboard/cordboard/core/internal/api"
	"github.com/cordboard/cordboard/core/internal/config"
	"github.com/cordboard/cordboard/sdk/protocol"
)

// Exit codes.
const (
	OK      = 0
	Failed  = 1 // the gateway or the world said no
	Invalid = 2 // the command line or a file is wrong
)

// Program is the command line with what it can't do itself.
type Program struct {
	Version string
	// Serve runs the gateway until ctx ends; Demo does so with a workspace to look at.
	Serve func(ctx context.Context, s config.Settings) error
	Demo  func(ctx context.Context, s config.Settings) error
	// Migrate brings the database to the newest schema; MigrateDown goes back to a version.
	Migrate func(ctx context.Context, s config.Settings) error
	// Backup writes an embedded database into a new file.
	Backup      func(ctx context.Context, s config.Settings, path string) error
	MigrateDown func(ctx context.Context, s config.Settings, version int64) error
	// MoveDatabase copies a database, given as a URL or a file, into a new one, and says what comes next.
	MoveDatabase func(ctx context.Context, from, to string) (said string, err error)
	// MigrationStatus describes the database's schema, for a person.
	MigrationStatus func(ctx context.Context, s config.Settings) (string, error)
	// CreateWorkspace makes a workspace for the person with an address, ListWorkspaces names all, directly in the database.
	CreateWorkspace func(ctx context.Context, s config.Settings, in access.NewWorkspace, owner string) (access.Membership, error)
	ListWorkspaces  func(ctx context.Context, s config.Settings) ([]access.NewWorkspace, error)
	// CreateToken makes an API token directly in the database, for the workspace of that name or, without one, the first.
	CreateToken func(ctx context.Context, s config.Settings, workspace string, in access.NewToken) (text string, err error)
	// InviteUser makes a person, LinkUser a new link for one, directly in the database. Both return the address at
	// which the person sets a password; InviteUser none for who has an account.
	InviteUser func(ctx context.Context, s config.Settings, workspace string, in access.NewUser) (url string, err error)
	LinkUser   func(ctx context.Context, s config.Settings, email string) (url string, err error)
	// RemoveSecondFactor takes a person's second factor away, directly in the database.
	RemoveSecondFactor func(ctx context.Context, s config.Settings, email string) error
	// VerifyAudit checks the audit log of every workspace, and that it still holds the heads of earlier checks.
	VerifyAudit func(ctx context.Context, s config.Settings, heads []string) ([]access.AuditReport, error)
	// RotateSecrets seals everything with the first secret key and writes how it goes.
	RotateSecrets func(ctx context.Context, s config.Settings, out io.Writer) error
	// Manifests returns what the connectors in the plugin folder say about themselves.
	Manifests func(ctx context.Context, s config.Settings) ([]protocol.Manifest, error)
	// Bench measures the gateway against the raw parts it is made of.
	Bench func(ctx context.Context, o BenchOptions) error

	In       io.Reader
	Out, Err io.Writer
	Env      func(name string) (value string, set bool)
}

// commands is the tree of commands; each struct's tags are its help.
type commands struct {
	Serve      serveCmd      `cmd:"" help:"Run the gateway."`
	Demo       demoCmd       `cmd:"" help:"Run a gateway with a workspace to look at."`
	Migrate    migrateCmd    `cmd:"" help:"Bring the database to the newest schema, or move it to another one."`
	Backup     backupCmd     `cmd:"" help:"Write the embedded database into a file, while the gateway works."`
	Flow       flowCmd       `cmd:"" help:"Check, test, publish and export flows."`
	Connection connectionCmd `cmd:"" help:"Open and test connections."`
	Connector  connectorCmd  `cmd:"" help:"See installed connectors and write new ones."`
	Run        runCmd        `cmd:"" help:"See what happened, and why."`
	Contact    contactCmd    `cmd:"" help:"Keep erased people erased."`
	Wait       waitCmd       `cmd:"" help:"Wait for answers, and see how waits stand."`
	Token      tokenCmd      `cmd:"" help:"Make API tokens."`
	Workspace  workspaceCmd  `cmd:"" help:"Make workspaces, directly in the database."`
	User       userCmd       `cmd:"" help:"Invite people and help those who forgot their password."`
	Audit      auditCmd      `cmd:"" help:"Check the audit log."`
	System     systemCmd     `cmd:"" help:"See how the gateway stands: its nodes, its database, what waits, its keys."`
	Secrets    secretsCmd    `cmd:"" help:"Change the key that seals secrets."`
	Bench      benchCmd      `cmd:"" help:"Measure the gateway against its raw parts."`
	Version    versionCmd    `cmd:"" help:"Print the version."`
}

// exit is how the parser ends the program after --help.
type exit int

// Run carries out one command line, without the program's name, and returns the exit code.
func (p *Program) Run(ctx context.Context, args []string) (code int) {
	defer func() {
		if r := recover(); r != nil {
			done, ok := r.(exit)
			if !ok {
				panic(r)
			}
			code = int(done)
		}
	}()
	var tree commands
	settings := tree.declareSettings()
	parser, err := kong.New(&tree,
		kong.Name("cordboard"),
		kong.Description("Cordboard wires triggers to flows, asks customers and waits for their answers."),
		kong.Writers(p.Out, p.Err),
		kong.Exit(func(code int) { panic(exit(code)) }),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true, WrapUpperBound: 100}),
		kong.BindTo(ctx, (*context.Context)(nil)),
		kong.Bind(p, settings),
	)
	if err != nil {
		panic(err) // a wrong tag in this package
	}
	if len(args) == 0 {
		args = []string{"--help"}
	}
	parsed, err := parser.Parse(args)
	if err != nil {
		_, _ = fmt.Fprintf(p.Err, "cordboard: %v\nSee cordboard --help.\n", err)
		return Invalid
	}
	return p.report(parsed.Run())
}

// usageError is a mistake on the command line or in a file.
type usageError struct{ text string }

func (e *usageError) Error() string { return e.text }

func usagef(format string, args ...any) error { return &usageError{fmt.Sprintf(format, args...)} }

// report prints an error and returns the exit code that it stands for.
func (p *Program) report(err error) int {
	var (
		usage   *usageError
		setting *config.Error
		problem *api.Problem
	)
	switch {
	case err == nil:
		return OK
	case errors.Is(err, errPrinted):
		return Invalid
	case errors.As(err, &problem):
		_, _ = io.WriteString(p.Err, renderProblem(problem))
		if problem.Status == 400 || problem.Status == 422 {
			return Invalid
		}
		return Failed
	}
	_, _ = fmt.Fprintf(p.Err, "cordboard: %v\n", err)
	if errors.As(err, &usage) || errors.As(err, &setting) || errors.Is(err, os.ErrNotExist) {
		return Invalid
	}
	return Failed
}

// errPrinted ends a command whose input was wrong and which has said so.
var errPrinted = errors.New("input is not valid")
