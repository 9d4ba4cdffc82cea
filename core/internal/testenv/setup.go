package testenv

import (
	"context"
	"errors"
	"fmt"
	"os"
)

// Names in the environment of tests.
const (
	envDatabase    = "TEST_DATABASE_URL"
	envRedis       = "TEST_REDIS_URL"
	envPostgresBin = "TESTENV_POSTGRES_BIN" // folder of binaries that are in no usual place
)

// Setup is what one test run uses: servers that were named in the environment and are none of our business, and
// private ones, which Close removes.
type Setup struct {
	Env     []string // settings for the tests, to be added to the environment
	Report  []string // a line for each kind of server: where it comes from, or why there is none
	Missing bool     // whether a kind of server could be had in no way

	servers []*server
}

// Up finds or starts everything tests need. Without fsync (fast) Postgres is quicker and no test of crashes means
// much. The only errors are those of ctx; a server that cannot be had is reported in the result.
func Up(ctx context.Context, fast bool) (*Setup, error) {
	u := &Setup{}
	u.add(ctx, "Postgres", envDatabase, postgresWays(fast, true))
	u.add(ctx, "Redis", envRedis, redisWays(true))
	if err := ctx.Err(); err != nil {
		return nil, errors.Join(err, u.Close())
	}
	return u, nil
}

func (u *Setup) add(ctx context.Context, name, variable string, ways []way) {
	if os.Getenv(variable) != "" {
		u.Report = append(u.Report, fmt.Sprintf("%s: the one named in %s", name, variable))
		return
	}
	s, from, err := first(ctx, ways)
	if err != nil {
		u.Missing = true
		u.Report = append(u.Report, fmt.Sprintf("%s: none, so the suites that need it do not run (%v)", name, err))
		return
	}
	u.servers = append(u.servers, s)
	u.Env = append(u.Env, variable+"="+s.URL)
	if s.recipe.bin != "" {
		u.Env = append(u.Env, envPostgresBin+"="+s.recipe.bin)
	}
	u.Report = append(u.Report, fmt.Sprintf("%s: a private one on port %d, from %s", name, s.port, from))
}

// Close stops and removes the private servers.
func (u *Setup) Close() error {
	var errs []error
	for _, s := range u.servers {
		errs = append(errs, s.close())
	}
	return errors.Join(errs...)
}
