package testenv_test

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/redis/go-redis/v9"

	"github.com/cordboard/cordboard/core/internal/testenv"
)

func TestPostgresGivesEachTestADatabase(t *testing.T) {
	t.Parallel()
	one, two := testenv.Postgres(t), testenv.Postgres(t)
	query(t, one, "CREATE TABLE rows (id int)")
	query(t, two, "CREATE TABLE rows (id int)") // would clash in a shared database
}

func TestPostgresDropsTheDatabaseInTheEnd(t *testing.T) {
	t.Parallel()
	testenv.Postgres(t) // asks for a server
	var url string
	t.Run("a test", func(t *testing.T) { url = testenv.Postgres(t) })
	if url == "" {
		t.Fatal("the test got no database")
	}
	if conn, err := pgx.Connect(t.Context(), url); err == nil {
		conn.Close(t.Context())
		t.Fatal("the database outlived its test")
	}
}

func TestRedisGivesEachTestADatabase(t *testing.T) {
	t.Parallel()
	one, two := connect(t, testenv.Redis(t)), connect(t, testenv.Redis(t))
	if err := one.Set(t.Context(), "key", "one", 0).Err(); err != nil {
		t.Fatal(err)
	}
	if err := two.Get(t.Context(), "key").Err(); !errors.Is(err, redis.Nil) {
		t.Fatalf("a key of another test is visible: %v", err)
	}
}

func TestOwnPostgresKeepsItsDataOverACrash(t *testing.T) {
	t.Parallel()
	server := testenv.OwnPostgres(t)
	query(t, server.URL, "CREATE TABLE rows AS SELECT 1")
	server.Crash()
	if conn, err := pgx.Connect(t.Context(), server.URL); err == nil {
		conn.Close(t.Context())
		t.Fatal("the server answers after the crash")
	}
	server.Restart()
	query(t, server.URL, "SELECT * FROM rows")
}

func TestOwnRedisBeginsEmptyAgain(t *testing.T) {
	t.Parallel()
	server := testenv.OwnRedis(t)
	client := connect(t, server.URL)
	if err := client.Set(t.Context(), "key", "value", 0).Err(); err != nil {
		t.Fatal(err)
	}
	server.Restart()
	if err := client.Get(t.Context(), "key").Err(); !errors.Is(err, redis.Nil) {
		t.Fatalf("want no key after the restart, got %v", err)
	}
	server.Stop()
	if err := client.Ping(t.Context()).Err(); err == nil {
		t.Fatal("the server answers after Stop")
	}
}

func TestCommand(t *testing.T) {
	t.Parallel()
	program := filepath.Join(t.TempDir(), "testenv")
	if out, err := exec.Command("go", "build", "-o", program, "./cmd/testenv").CombinedOutput(); err != nil {
		t.Fatalf("build: %v: %s", err, out)
	}
	cases := map[string]struct {
		script string
		signal syscall.Signal // sent once the script is running
		code   int            // -1: ended by a signal
	}{
		"passes the exit code on":                   {script: "exit 7", code: 7},
		"passes Ctrl-C on":                          {script: "trap 'exit 9' INT; echo up; sleep 60 & wait", signal: syscall.SIGINT, code: 9},
		"cleans up when told to end":                {script: "echo up; exec sleep 60", signal: syscall.SIGTERM, code: 128 + 15},
		"leaves nothing behind when it is murdered": {script: "echo up; cat", signal: syscall.SIGKILL, code: -1},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			folder := t.TempDir()
			if err := os.Chmod(folder, 0o755); err != nil { // the servers' user walks through it
				t.Fatal(err)
			}
			if err := os.Chmod(filepath.Dir(folder), 0o755); err != nil {
				t.Fatal(err)
			}
			cmd := exec.Command(program, "--fast", "--", "sh", "-c", c.script)
			cmd.Env = append(environWithout("TEST_DATABASE_URL", "TEST_REDIS_URL", "TMPDIR"), "TMPDIR="+folder)
			stdin, err := cmd.StdinPipe() // ends a murdered command's script
			if err != nil {
				t.Fatal(err)
			}
			defer stdin.Close()
			stdout, err := cmd.StdoutPipe()
			if err != nil {
				t.Fatal(err)
			}
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			if c.signal != 0 {
				if _, err := stdout.Read(make([]byte, 3)); err != nil {
					t.Fatalf("the script did not start: %v", err)
				}
				_ = cmd.Process.Signal(c.signal)
			}
			_ = cmd.Wait()
			if code := cmd.ProcessState.ExitCode(); code != c.code {
				t.Errorf("exit code %d, want %d", code, c.code)
			}
			eventually(t, "an empty temporary folder", func() bool {
				left, err := os.ReadDir(folder)
				return err == nil && len(left) == 0
			})
		})
	}
}

func query(t *testing.T, url, statement string) {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(context.WithoutCancel(t.Context()))
	if _, err := conn.Exec(t.Context(), statement); err != nil {
		t.Fatal(err)
	}
}

func connect(t *testing.T, url string) *redis.Client {
	t.Helper()
	options, err := redis.ParseURL(url)
	if err != nil {
		t.Fatal(err)
	}
	client := redis.NewClient(options)
	t.Cleanup(func() { client.Close() })
	return client
}

func environWithout(names ...string) []string {
	var kept []string
	for _, entry := range os.Environ() {
		name, _, _ := strings.Cut(entry, "=")
		drop := false
		for _, n := range names {
			drop = drop || n == name
		}
		if !drop {
			kept = append(kept, entry)
		}
	}
	return kept
}

func eventually(t *testing.T, what string, holds func() bool) {
	t.Helper()
	deadline := time.After(20 * time.Second)
	for !holds() {
		select {
		case <-deadline:
			t.Fatalf("did not come about: %s", what)
		case <-time.After(20 * time.Millisecond):
		}
	}
}
