package testenv

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"os/user"
	"strings"
	"sync"
	"syscall"
	"time"
)

const (
	startTries   = 5                // a free port may be taken between our look and the server's bind
	startTimeout = 60 * time.Second // for one try, with the first start of a container in mind
	stopTimeout  = 20 * time.Second
)

// recipe says how one kind of server is started and recognised.
type recipe struct {
	name string // for messages

	// prepare runs once, before the first start: it may write into dir.
	prepare func(ctx context.Context, s *server) error
	// command starts the server on 127.0.0.1:port.
	command func(s *server) *exec.Cmd
	// url is what clients dial.
	url func(s *server) string
	// ready returns nil once the server answers.
	ready func(ctx context.Context, url string) error

	bin       string // the folder of its binaries, where other processes need to be told
	container bool   // the command is a docker client; the undertaker removes what it leaves
}

// server is a private database or Redis server, started from a recipe and removed by close.
type server struct {
	URL string // stays the same over stop, crash and restart

	recipe   recipe
	dir      string
	name     string // of the container and its volume, where there is one
	port     int
	password string
	owner    *user.User // whose process it is; nil: ours

	undertaker *undertaker

	mu  sync.Mutex
	run *running // nil while stopped
}

// running is one life of a server's process.
type running struct {
	cmd    *exec.Cmd
	output *tail
	exited chan struct{} // closed once the process is reaped
}

// start brings up a server in a temporary folder of its own.
func start(ctx context.Context, r recipe, owner *user.User) (*server, error) {
	s := &server{recipe: r, name: "cordboard-test-" + strings.ToLower(rand.Text()), password: rand.Text(), owner: owner}
	var err error
	if s.dir, err = os.MkdirTemp("", "cordboard-test-"); err != nil {
		return nil, err
	}
	if s.undertaker, err = newUndertaker(s); err != nil {
		return nil, errors.Join(err, os.RemoveAll(s.dir))
	}
	if err := s.begin(ctx); err != nil {
		return nil, fmt.Errorf("start %s: %w", r.name, errors.Join(err, s.close()))
	}
	return s, nil
}

func (s *server) begin(ctx context.Context) error {
	if err := s.giveFolder(); err != nil {
		return err
	}
	if s.recipe.prepare != nil {
		if err := s.recipe.prepare(ctx, s); err != nil {
			return err
		}
	}
	var err error
	for range startTries {
		if s.port, err = freePort(); err != nil {
			return err
		}
		s.URL = s.recipe.url(s)
		if err = s.launch(ctx); err == nil || ctx.Err() != nil {
			return err
		}
	}
	return err
}

// giveFolder lets the server's user own its folder.
func (s *server) giveFolder() error {
	if s.owner == nil {
		return nil
	}
	return os.Chown(s.dir, number(s.owner.Uid), number(s.owner.Gid))
}

// launch starts the process on the chosen port and waits until it answers.
func (s *server) launch(ctx context.Context) error {
	run := &running{cmd: s.recipe.command(s), output: &tail{}, exited: make(chan struct{})}
	run.cmd.Dir = s.dir
	run.cmd.Stdout, run.cmd.Stderr = run.output, run.output
	run.cmd.SysProcAttr = s.attributes()
	if err := spawn(run.cmd, func() { close(run.exited) }); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, startTimeout)
	defer cancel()
	for pause := 5 * time.Millisecond; ; pause = min(2*pause, 200*time.Millisecond) {
		err := s.recipe.ready(ctx, s.URL)
		if err == nil {
			s.run = run
			return nil
		}
		select {
		case <-run.exited:
			return fmt.Errorf("%s ended at once: %s", s.recipe.name, run.output)
		case <-ctx.Done():
			run.end(syscall.SIGKILL)
			return fmt.Errorf("%s does not answer: %w: %s", s.recipe.name, err, run.output)
		case <-time.After(pause):
		}
	}
}

// attributes puts the process into a group of its own, so that Ctrl-C reaches the tests and leaves their servers
// for us to stop, and under the user that shall own it.
func (s *server) attributes() *syscall.SysProcAttr {
	attr := childAttributes(syscall.SIGQUIT)
	if s.owner != nil {
		attr.Credential = &syscall.Credential{Uid: uint32(number(s.owner.Uid)), Gid: uint32(number(s.owner.Gid))}
	}
	return attr
}

// stop ends the server in an orderly way, breaking off open connections. The URL stays reserved for restart.
func (s *server) stop() { s.halt(syscall.SIGINT) }

// crash ends the server without any farewell: Postgres has to recover from its log at the next start.
func (s *server) crash() { s.halt(syscall.SIGQUIT) }

func (s *server) halt(sig syscall.Signal) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.run != nil {
		s.run.end(sig)
		s.run = nil
	}
}

// restart starts the server again under the same URL, stopping it first where it runs. Postgres keeps its data,
// Redis begins empty.
func (s *server) restart(ctx context.Context) error {
	s.stop()
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.launch(ctx)
}

// close ends the server, whose data nobody needs any more, and removes all traces of it.
func (s *server) close() error {
	s.crash()
	return s.undertaker.dismiss()
}

// end sends the signal and waits for the process, which is killed if it takes too long.
func (r *running) end(sig syscall.Signal) {
	_ = r.cmd.Process.Signal(sig)
	select {
	case <-r.exited:
	case <-time.After(stopTimeout):
		_ = r.cmd.Process.Kill()
		<-r.exited
	}
}

func freePort() (int, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port, nil
}

// tail keeps the end of what a server says, for the message when it fails.
type tail struct {
	mu  sync.Mutex
	buf []byte
}

func (t *tail) Write(p []byte) (int, error) {
	const most = 4096
	t.mu.Lock()
	defer t.mu.Unlock()
	t.buf = append(t.buf, p...)
	if extra := len(t.buf) - most; extra > 0 {
		t.buf = t.buf[extra:]
	}
	return len(p), nil
}

func (t *tail) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return string(bytes.TrimSpace(t.buf))
}
