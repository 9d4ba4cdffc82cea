//go:build linux

package wholepath_test

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
)

// process is a program under test. What it writes is shown when the test fails.
type process struct {
	cmd    *exec.Cmd
	output *output
	ended  chan struct{}
}

// start runs a program in a process group of its own; it is killed when the test ends, or when the test's process dies.
// Nothing of our environment reaches it but the folder for temporary files.
func start(t *testing.T, program string, env map[string]string, args ...string) *process {
	t.Helper()
	p, err := launch(program, env, args...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		p.stop()
		if t.Failed() {
			t.Logf("%s wrote:\n%s", filepath.Base(program), p.output)
		}
	})
	return p
}

// launch is start for one who ends the process himself and reads what it wrote.
func launch(program string, env map[string]string, args ...string) (*process, error) {
	p := &process{cmd: exec.Command(program, args...), output: &output{}, ended: make(chan struct{})}
	p.cmd.Env = []string{"TMPDIR=" + os.TempDir(), "PATH=" + os.Getenv("PATH")}
	for name, value := range env {
		p.cmd.Env = append(p.cmd.Env, name+"="+value)
	}
	p.cmd.Stdout, p.cmd.Stderr = p.output, p.output
	p.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
	p.cmd.WaitDelay = time.Second // connectors that outlive the gateway hold its output open
	started := make(chan error)
	go func() {
		runtime.LockOSThread() // for good: the kernel ends the process with the thread that started it
		err := p.cmd.Start()
		started <- err
		if err == nil {
			_ = p.cmd.Wait()
			close(p.ended)
		}
	}()
	if err := <-started; err != nil {
		return nil, fmt.Errorf("start %s: %w", program, err)
	}
	return p, nil
}

// kill ends the process at once, as a crash does.
func (p *process) kill() {
	_ = p.cmd.Process.Kill() // it may be gone already
	<-p.ended
}

// stop asks the process to end and kills it when it takes too long.
func (p *process) stop() {
	_ = p.cmd.Process.Signal(syscall.SIGTERM) // it may be gone already
	select {
	case <-p.ended:
	case <-time.After(5 * time.Second):
		p.kill()
	}
}

// child returns the id of the process that was started by p from a program of that name, or 0.
func (p *process) child(t *testing.T, name string) int {
	t.Helper()
	stats, err := filepath.Glob("/proc/[0-9]*/stat")
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range stats {
		stat, err := os.ReadFile(path)
		if err != nil {
			continue // it has ended since
		}
		// After the name in parentheses come the state and the parent's id.
		fields := strings.Fields(string(stat[bytes.LastIndexByte(stat, ')')+1:]))
		program, err := os.Readlink(filepath.Join(filepath.Dir(path), "exe"))
		if err == nil && fields[1] == strconv.Itoa(p.cmd.Process.Pid) && filepath.Base(program) == name {
			pid, err := strconv.Atoi(filepath.Base(filepath.Dir(path)))
			if err != nil {
				t.Fatal(err)
			}
			return pid
		}
	}
	return 0
}

// output is written by a process and read by a test.
type output struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (o *output) Write(b []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.Write(b)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.String()
}

// nextPort is where freeAddr looks next: below the ports that the system hands out by itself, so that nothing else of
// the tests takes an address before its process does, or while that process is down. It begins anywhere, for the sake
// of a second run beside this one.
var nextPort atomic.Int64

func init() { nextPort.Store(15_000 + rand.Int64N(10_000)) }

// freeAddr returns a loopback address that nobody listens on.
func freeAddr(t *testing.T) string {
	t.Helper()
	for range 100 {
		addr := fmt.Sprintf("127.0.0.1:%d", nextPort.Add(1))
		if l, err := net.Listen("tcp", addr); err == nil {
			_ = l.Close()
			return addr
		}
	}
	t.Fatal("a hundred ports in a row are taken")
	return ""
}

// patience bounds how long anything may take that has no time of its own.
const patience = 90 * time.Second

// eventually waits until a condition holds; the condition says what it sees for the message of a failure.
func eventually(t *testing.T, what string, holds func() (ok bool, seen any)) {
	t.Helper()
	var seen any
	for end := time.Now().Add(patience); time.Now().Before(end); <-time.After(50 * time.Millisecond) {
		var ok bool
		if ok, seen = holds(); ok {
			return
		}
	}
	t.Fatalf("within %s never: %s\nlast seen: %s", patience, what, fmt.Sprintf("%+v", seen))
}
