// Package testenv gives tests the servers they need. The command beside it brings up a Postgres and a Redis for one
// test run and names them in TEST_DATABASE_URL and TEST_REDIS_URL; the functions here hand each test a corner of
// those servers, or a server of its own to break. It never touches a server that it did not start, except for
// databases that it made itself on a server it was given.
package testenv

import (
	"context"
	"crypto/rand"
	"net/url"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

// Postgres returns the URL of an empty database for this test alone, dropped when the test ends. Where
// TEST_DATABASE_URL is empty the test is skipped, or fails if CI=true.
func Postgres(t testing.TB) string {
	t.Helper()
	server := os.Getenv(envDatabase)
	if server == "" {
		missing(t, "Postgres", envDatabase+" is empty")
	}
	name := "test_" + strings.ToLower(rand.Text())
	execute(t, server, "CREATE DATABASE "+name)
	t.Cleanup(func() { execute(t, server, "DROP DATABASE IF EXISTS "+name+" WITH (FORCE)") })
	return withDatabase(t, server, name)
}

// OwnPostgres starts a Postgres for this test alone, with fsync on, to be stopped, crashed and restarted. It is skipped
// or fails like Postgres where there is no way to have one.
func OwnPostgres(t testing.TB) *Server {
	t.Helper()
	return own(t, "Postgres", postgresWays(false, false))
}

// OwnRedis starts a Redis for this test alone, to be flushed, stopped and restarted. It is skipped or fails like
// Postgres where there is no way to have one.
func OwnRedis(t testing.TB) *Server {
	t.Helper()
	return own(t, "Redis", redisWays(false))
}

// Server is a server that belongs to one test and ends with it.
type Server struct {
	URL string // stays the same over Stop, Crash and Restart

	t      testing.TB
	server *server
}

// Stop ends the server in an orderly way, breaking off open connections.
func (s *Server) Stop() { s.server.stop() }

// Crash ends the server without any farewell: Postgres recovers from its log at the next start.
func (s *Server) Crash() { s.server.crash() }

// Restart starts the server under the same URL, stopping it first where it runs. Postgres keeps its data, Redis begins
// empty.
func (s *Server) Restart() {
	s.t.Helper()
	if err := s.server.restart(context.Background()); err != nil {
		s.t.Fatalf("testenv: restart: %v", err)
	}
}

func own(t testing.TB, name string, ways []way) *Server {
	t.Helper()
	server, _, err := first(context.Background(), ways)
	if err != nil {
		missing(t, name, err.Error())
	}
	t.Cleanup(func() {
		if err := server.close(); err != nil {
			t.Errorf("testenv: remove %s: %v", name, err)
		}
	})
	return &Server{URL: server.URL, t: t, server: server}
}

// missing ends a test whose server cannot be had. CI may not pass by leaving tests out.
func missing(t testing.TB, name, reason string) {
	t.Helper()
	if os.Getenv("CI") == "true" {
		t.Fatalf("testenv: no %s: %s", name, reason)
	}
	t.Skipf("testenv: no %s: %s (make test brings one up)", name, reason)
}

func execute(t testing.TB, server, statement string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	conn, err := pgx.Connect(ctx, server)
	if err != nil {
		t.Fatalf("testenv: connect to the server in %s: %v", envDatabase, err)
	}
	defer conn.Close(ctx)
	if _, err := conn.Exec(ctx, statement); err != nil {
		t.Fatalf("testenv: %s: %v", statement, err)
	}
}

func withDatabase(t testing.TB, server, name string) string {
	t.Helper()
	u, err := url.Parse(server)
	if err != nil || u.Scheme == "" {
		t.Fatalf("testenv: %s is not a URL", envDatabase)
	}
	u.Path = "/" + name
	return u.String()
}
