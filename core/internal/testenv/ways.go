package testenv

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"strings"
)

// way is one place a server may come from.
type way struct {
	name  string
	start func(ctx context.Context) (*server, error)
}

// postgresWays and redisWays list them in the order they are tried. Only the wrapper may install packages; a test
// takes what is there.
func postgresWays(fast, install bool) []way {
	fromFolder := func(ctx context.Context, bin string) (*server, error) {
		owner, err := postgresOwner()
		if err != nil {
			return nil, err
		}
		return start(ctx, postgresFrom(bin, fast), owner)
	}
	ways := []way{
		{"this machine", func(ctx context.Context) (*server, error) {
			bin := findPostgres()
			if bin == "" {
				return nil, errors.New("no Postgres binaries")
			}
			return fromFolder(ctx, bin)
		}},
		{"Docker", func(ctx context.Context) (*server, error) { return startInDocker(ctx, postgresInDocker(fast)) }},
	}
	if install {
		ways = append(ways, way{"packages", func(ctx context.Context) (*server, error) {
			bin, err := installPostgres(ctx)
			if err != nil {
				return nil, err
			}
			return fromFolder(ctx, bin)
		}})
	}
	return ways
}

func redisWays(install bool) []way {
	fromMachine := func(ctx context.Context) (*server, error) {
		if _, err := exec.LookPath("redis-server"); err != nil {
			return nil, errors.New("no redis-server")
		}
		return start(ctx, redisFromMachine(), nil)
	}
	ways := []way{
		{"this machine", fromMachine},
		{"Docker", func(ctx context.Context) (*server, error) { return startInDocker(ctx, redisInDocker()) }},
	}
	if install {
		ways = append(ways, way{"packages", func(ctx context.Context) (*server, error) {
			if err := aptInstall(ctx, "redis-server"); err != nil {
				return nil, err
			}
			return fromMachine(ctx)
		}})
	}
	return ways
}

// first starts a server in the first way that works and names that way. Its error tells why each of them did not.
func first(ctx context.Context, ways []way) (*server, string, error) {
	var reasons []string
	for _, w := range ways {
		s, err := w.start(ctx)
		if err == nil {
			return s, w.name, nil
		}
		reasons = append(reasons, w.name+": "+err.Error())
	}
	return nil, "", errors.New(strings.Join(reasons, "; "))
}

func startInDocker(ctx context.Context, r recipe) (*server, error) {
	if out, err := exec.CommandContext(ctx, "docker", "info").CombinedOutput(); err != nil {
		return nil, fmt.Errorf("not running: %s", lastLine(out, err))
	}
	return start(ctx, r, nil)
}

// lastLine is where command line programs put what went wrong.
func lastLine(out []byte, err error) string {
	text := strings.TrimSpace(string(out))
	if line := text[strings.LastIndexByte(text, '\n')+1:]; line != "" {
		return line
	}
	return err.Error()
}
