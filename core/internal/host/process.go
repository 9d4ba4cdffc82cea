package host

import (
	"context"
	"errors"
	"io"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/hashicorp/go-plugin/runner"
)

// drain is how long the pipes of a process that ended are still read: a child of it may hold them open.
const drain = 200 * time.Millisecond

// launcher starts processes from one OS thread that lives as long as the host. The kernel ends a process when the
// thread that started it dies, so no other thread will do.
type launcher struct{ work chan func() }

func newLauncher() *launcher {
	l := &launcher{work: make(chan func())}
	go func() {
		runtime.LockOSThread() // and never unlock: the thread ends with this goroutine
		for f := range l.work {
			f()
		}
	}()
	return l
}

func (l *launcher) start(cmd *exec.Cmd) error {
	result := make(chan error, 1)
	l.work <- func() { result <- cmd.Start() }
	return <-result
}

// close ends the thread. Processes that still run end with it.
func (l *launcher) close() { close(l.work) }

var errKilled = errors.New("ended before it was started")

// process is one connector process in a group of its own. It is what go-plugin runs.
type process struct {
	launcher *launcher
	name     string
	cmd      *exec.Cmd
	stdout   *os.File
	output   *output
	nice     int           // how much later than the gateway it comes
	group    *group        // nil: the system has none for it
	done     chan struct{} // closed when the process was reaped and the rest of its group was killed

	mu     sync.Mutex
	killed bool // or on its way to be
	reaped bool
}

var _ runner.Runner = (*process)(nil)

// newProcess prepares a process of an open executable. Nothing of the gateway's environment gets in.
func newProcess(l *launcher, file *os.File, c cell, out *output, nice int) *process {
	return &process{launcher: l, name: c.Program, cmd: c.command(file), output: out, nice: nice, done: make(chan struct{})}
}

// Start implements runner.Runner.
func (p *process) Start(context.Context) error {
	stdout, childOut, err := os.Pipe()
	if err != nil {
		return err
	}
	stderr, childErr, err := os.Pipe()
	if err != nil {
		_, _ = stdout.Close(), childOut.Close()
		return err
	}
	p.cmd.Stdout, p.cmd.Stderr, p.stdout = childOut, childErr, stdout
	err = p.begin()
	p.yield(p.nice)
	_, _ = childOut.Close(), childErr.Close()
	if err != nil {
		_, _ = stdout.Close(), stderr.Close()
		return err
	}
	lines := p.output.lines(p.done)
	go func() {
		_, _ = io.Copy(lines, stderr) // ends with the deadline that reap sets, if not before
		lines.end()
		_ = stderr.Close()
	}()
	go p.reap(stderr)
	return nil
}

func (p *process) begin() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.killed {
		return errKilled
	}
	return p.launcher.start(p.cmd)
}

// reap waits for the end of the process and takes the rest of its group along.
func (p *process) reap(stderr *os.File) {
	awaitExit(p.cmd)
	p.mu.Lock()
	p.signal() // while the number of the group cannot have been given to another
	p.group.kill()
	_ = p.cmd.Wait()
	p.reaped = true
	p.mu.Unlock()
	_, _ = p.stdout.SetReadDeadline(time.Now().Add(drain)), stderr.SetReadDeadline(time.Now().Add(drain))
	close(p.done)
}

// end kills the whole group at once. It does not wait; done tells when it is gone.
func (p *process) end() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.killed = true
	if p.cmd.Process != nil && !p.reaped {
		p.signal()
	}
}

func (p *process) signal() { _ = syscall.Kill(-p.cmd.Process.Pid, syscall.SIGKILL) }

// Kill implements runner.Runner.
func (p *process) Kill(context.Context) error { p.end(); return nil }

// Wait implements runner.Runner.
func (p *process) Wait(context.Context) error { <-p.done; return nil }

// Stdout implements runner.Runner: the handshake is read from it.
func (p *process) Stdout() io.ReadCloser { return p.stdout }

// Stderr implements runner.Runner. The process's own is read elsewhere, within limits.
func (p *process) Stderr() io.ReadCloser { return io.NopCloser(strings.NewReader("")) }

// Diagnose implements runner.Runner.
func (p *process) Diagnose(context.Context) string { return "" }

// Name implements runner.Runner.
func (p *process) Name() string { return p.name }

// ID implements runner.Runner.
func (p *process) ID() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.cmd.Process == nil {
		return ""
	}
	return strconv.Itoa(p.cmd.Process.Pid)
}

// number is the process's while it is certainly its own; else 0.
func (p *process) number() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.cmd.Process == nil || p.reaped {
		return 0
	}
	return p.cmd.Process.Pid
}

// PluginToHost implements runner.Runner: both sides see the same files.
func (p *process) PluginToHost(network, address string) (string, string, error) {
	return network, address, nil
}

// HostToPlugin implements runner.Runner.
func (p *process) HostToPlugin(network, address string) (string, string, error) {
	return network, address, nil
}
