package bench

import (
	"context"
	"crypto/rand"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"

	"github.com/cordboard/cordboard/core/internal/config"
)

// sites returns the databases to measure on and what removes those that were made for it.
func (o Options) sites(ctx context.Context) (sites []site, drop func() error, err error) {
	settings := func(database, redis string) func(string) config.Settings {
		return func(dir string) config.Settings {
			return config.Settings{
				Addr: "127.0.0.1:0", HooksAddr: "127.0.0.1:0", DataDir: dir, PluginDir: o.PluginDir, Workers: concurrency,
				Settle: 2 * time.Second, Grace: 2 * time.Minute, DatabaseURL: config.Secret(database), RedisURL: config.Secret(redis),
				LogFormat: "json", LogLevel: "info", EgressAllow: []string{"127.0.0.1/32"},
			}
		}
	}
	sites = []site{{"sqlite", settings("", "")}}
	if o.Postgres == "" {
		return sites, func() error { return nil }, nil
	}
	server, err := sql.Open("pgx", o.Postgres)
	if err != nil {
		return nil, nil, err
	}
	name := "cordboard_bench_" + strings.ToLower(rand.Text())
	own, err := url.Parse(o.Postgres)
	if err == nil {
		_, err = server.ExecContext(ctx, "CREATE DATABASE "+name)
	}
	if err != nil {
		return nil, nil, errors.Join(errors.New("a database to measure on could not be made"), server.Close())
	}
	own.Path = "/" + name
	drop = func() error {
		_, err := server.ExecContext(context.WithoutCancel(ctx), "DROP DATABASE "+name+" WITH (FORCE)")
		if err != nil {
			err = fmt.Errorf("remove database %s: %w", name, err)
		}
		return errors.Join(err, server.Close())
	}
	return append(sites, site{"postgres", settings(own.String(), o.Redis)}), drop, nil
}
