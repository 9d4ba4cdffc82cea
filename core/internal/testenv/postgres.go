package testenv

import (
	"context"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"sort"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5"
)

const postgresImage = "postgres:17-alpine"

// postgresFrom starts Postgres from the binaries in a folder. It listens on TCP alone, asks for a password and,
// unless fast, keeps fsync on, so that crash tests mean something.
func postgresFrom(bin string, fast bool) recipe {
	return recipe{
		name:  "Postgres",
		bin:   bin,
		url:   postgresURL,
		ready: postgresReady,
		prepare: func(ctx context.Context, s *server) error {
			secret := filepath.Join(s.dir, "password")
			if err := os.WriteFile(secret, []byte(s.password), 0o600); err != nil {
				return err
			}
			if s.owner != nil {
				if err := os.Chown(secret, number(s.owner.Uid), number(s.owner.Gid)); err != nil {
					return err
				}
			}
			cmd := exec.CommandContext(ctx, filepath.Join(bin, "initdb"), "--pgdata", filepath.Join(s.dir, "data"),
				"--username", "postgres", "--pwfile", secret, "--auth", "scram-sha-256",
				"--encoding", "UTF8", "--locale", "C", "--no-sync")
			cmd.Dir = s.dir
			cmd.SysProcAttr = s.attributes()
			if out, err := cmd.CombinedOutput(); err != nil {
				return fmt.Errorf("initdb: %w: %s", err, out)
			}
			return nil
		},
		command: func(s *server) *exec.Cmd {
			args := append([]string{"-D", filepath.Join(s.dir, "data")}, postgresSettings(fast)...)
			return exec.Command(filepath.Join(bin, "postgres"), append(args,
				"-c", "listen_addresses=127.0.0.1", "-c", "unix_socket_directories=", "-c", "port="+strconv.Itoa(s.port))...)
		},
	}
}

func postgresInDocker(fast bool) recipe {
	return recipe{
		name:      "Postgres (Docker)",
		url:       postgresURL,
		ready:     postgresReady,
		container: true,
		command: func(s *server) *exec.Cmd {
			cmd := exec.Command("docker", "run", "--rm", "--init", "--name", s.name,
				"--publish", fmt.Sprintf("127.0.0.1:%d:5432", s.port), "--volume", s.name+":/var/lib/postgresql/data",
				"--env", "POSTGRES_PASSWORD", postgresImage)
			cmd.Env = append(os.Environ(), "POSTGRES_PASSWORD="+s.password)
			cmd.Args = append(cmd.Args, postgresSettings(fast)...)
			return cmd
		},
	}
}

func postgresSettings(fast bool) []string {
	settings := []string{"-c", "max_connections=300", "-c", "shared_buffers=64MB"}
	if fast {
		settings = append(settings, "-c", "fsync=off", "-c", "synchronous_commit=off", "-c", "full_page_writes=off")
	}
	return settings
}

func postgresURL(s *server) string {
	u := url.URL{Scheme: "postgres", User: url.UserPassword("postgres", s.password),
		Host: fmt.Sprintf("127.0.0.1:%d", s.port), Path: "/postgres", RawQuery: "sslmode=disable"}
	return u.String()
}

func postgresReady(ctx context.Context, url string) error {
	conn, err := pgx.Connect(ctx, url)
	if err != nil {
		return err
	}
	return conn.Close(ctx)
}

// postgresOwner is the user to run Postgres under: it refuses root.
func postgresOwner() (*user.User, error) {
	if os.Geteuid() != 0 {
		return nil, nil
	}
	for _, name := range []string{"postgres", "nobody"} {
		if u, err := user.Lookup(name); err == nil {
			return u, nil
		}
	}
	return nil, fmt.Errorf("Postgres refuses to run as root, and there is no user postgres or nobody")
}

// findPostgres returns the folder with the newest Postgres binaries of this machine, or "".
func findPostgres() string {
	folders := []string{os.Getenv(envPostgresBin)}
	if found, err := exec.LookPath("postgres"); err == nil {
		folders = append(folders, filepath.Dir(found))
	}
	var installed []string
	for _, pattern := range []string{
		"/usr/lib/postgresql/*/bin", "/usr/pgsql-*/bin",
		"/opt/homebrew/opt/postgresql@*/bin", "/usr/local/opt/postgresql@*/bin",
	} {
		matches, _ := filepath.Glob(pattern) // the patterns are sound
		installed = append(installed, matches...)
	}
	sort.SliceStable(installed, func(i, j int) bool { return version(installed[i]) > version(installed[j]) })
	for _, dir := range append(folders, installed...) {
		if dir != "" && runnable(filepath.Join(dir, "initdb")) && runnable(filepath.Join(dir, "postgres")) {
			return dir
		}
	}
	return ""
}

// version reads the number in a path such as /usr/lib/postgresql/15/bin; 0 where there is none.
func version(path string) int {
	digits := strings.TrimFunc(filepath.Dir(path), func(r rune) bool { return r < '0' || r > '9' })
	n, _ := strconv.Atoi(digits)
	return n
}

func runnable(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.Mode().IsRegular() && info.Mode()&0o111 != 0
}
