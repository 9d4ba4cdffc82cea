package cli

import (
	"context"
	"io"
)

// BenchOptions say what to measure.
type BenchOptions struct {
	Quick    bool
	Only     []string // names of measurements; empty: all
	Postgres string   // server that may be given databases; empty: SQLite only
	Redis    string   // server for alarms; empty: the embedded one
	Out      io.Writer
}

type benchCmd struct {
	Quick bool     `help:"Take fewer samples."`
	Only  []string `help:"Measure these only: ${enum}." enum:"relay,reply,call,hop,hostile,accept,ingress,dead,parked" placeholder:"NAME"`
}

// Help implements kong.HelpProvider.
func (benchCmd) Help() string {
	return "It prints ratios of one run on one machine. Postgres and Redis are measured when TEST_DATABASE_URL and TEST_REDIS_URL name servers.\n\nExample:\n  cordboard bench --quick --only relay,reply"
}

// Run implements the command.
func (c *benchCmd) Run(ctx context.Context, p *Program) error {
	postgres, _ := p.Env("TEST_DATABASE_URL")
	redis, _ := p.Env("TEST_REDIS_URL")
	return p.Bench(ctx, BenchOptions{Quick: c.Quick, Only: c.Only, Postgres: postgres, Redis: redis, Out: p.Out})
}
