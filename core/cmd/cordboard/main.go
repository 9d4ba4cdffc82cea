// Command cordboard is the gateway and its command line.
package main

import (
	"context"
	"os"
	"os/signal"
	"path/filepath"
	"runtime"
	"syscall"
	_ "time/tzdata" // contacts and workspaces have time zones, and a small machine may not know them

	"github.com/cordboard/cordboard/core/internal/app"
	"github.com/cordboard/cordboard/core/internal/bench"
	"github.com/cordboard/cordboard/core/internal/cli"
)

// headroom is how many bytes are allocated at least between two collections of garbage. The heap of a gateway is so small that it would be
// collected several times a second, and a customer's reply that meets a collection waits for it.
const headroom = 64 << 20

func main() {
	ballast := make([]byte, headroom) // it counts, and as nobody touches it, it takes no memory
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	program := cli.Program{
		Version: app.Version,
		Serve:   app.Serve, Demo: app.Demo,
		Migrate: app.Migrate, MigrateDown: app.MigrateDown, MoveDatabase: app.MoveDatabase, MigrationStatus: app.MigrationStatus,
		Backup: app.Backup, CreateWorkspace: app.CreateWorkspace, ListWorkspaces: app.ListWorkspaces, CreateToken: app.CreateToken, InviteUser: app.InviteUser, LinkUser: app.LinkUser, RemoveSecondFactor: app.RemoveSecondFactor, VerifyAudit: app.VerifyAudit, RotateSecrets: app.RotateSecrets, Manifests: app.Manifests, Bench: measure,
		In: os.Stdin, Out: os.Stdout, Err: os.Stderr, Env: os.LookupEnv,
	}
	code := program.Run(ctx, os.Args[1:])
	stop()
	runtime.KeepAlive(ballast)
	os.Exit(code)
}

// measure runs the measurements on this very program and the connectors beside it.
func measure(ctx context.Context, o cli.BenchOptions) error {
	program, err := os.Executable()
	if err != nil {
		return err
	}
	return bench.Run(ctx, bench.Options{
		Quick: o.Quick, Only: o.Only, Postgres: o.Postgres, Redis: o.Redis, Out: o.Out,
		Program: program, PluginDir: filepath.Join(filepath.Dir(program), "plugins"),
	})
}
