package testenv

import (
	"fmt"
	"io"
	"os/exec"
)

// undertaker removes a server's folder, container and volume once its pipe closes: when we dismiss it, and just as
// well when we are killed and can remove nothing ourselves.
type undertaker struct {
	cmd  *exec.Cmd
	pipe io.Closer
}

const burial = `
cat >/dev/null
if [ -n "$2" ]; then
	docker rm --force --volumes "$2"
	docker volume rm --force "$2"
fi >/dev/null 2>&1
tries=0
until rm -rf "$1" 2>/dev/null || [ $((tries += 1)) -gt 50 ]; do sleep 0.1; done
`

func newUndertaker(s *server) (*undertaker, error) {
	container := ""
	if s.recipe.container {
		container = s.name
	}
	cmd := exec.Command("/bin/sh", "-c", burial, "undertaker", s.dir, container)
	cmd.SysProcAttr = childAttributes(0) // outlives us and our terminal's Ctrl-C
	pipe, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("start the undertaker: %w", err)
	}
	return &undertaker{cmd: cmd, pipe: pipe}, nil
}

// dismiss has everything removed now and returns when that is done.
func (u *undertaker) dismiss() error {
	u.pipe.Close()
	return u.cmd.Wait()
}
