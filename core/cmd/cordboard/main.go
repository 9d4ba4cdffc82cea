// Command cordboard is the gateway and its command line.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"

	"github.com/cordboard/cordboard/core/internal/app"
	"github.com/cordboard/cordboard/core/internal/cli"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	program := cli.Program{
		Version: app.Version,
		Serve:   app.Serve, Demo: app.Demo,
		Migrate: app.Migrate, MigrateDown: app.MigrateDown, MigrationStatus: app.MigrationStatus,
		CreateToken: app.CreateToken,
		In:          os.Stdin, Out: os.Stdout, Err: os.Stderr, Env: os.LookupEnv,
	}
	code := program.Run(ctx, os.Args[1:])
	stop()
	os.Exit(code)
}
