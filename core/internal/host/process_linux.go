package host

import (
	"errors"
	"os"
	"os/exec"
	"syscall"

	"golang.org/x/sys/unix"
)

// What one connector may use, where no container limits it.
const (
	maxMemory = 1 << 30 // bytes of data
	maxFiles  = 256
)

// executable names an open file so that the very file is executed, whatever stands at its path by then. It becomes
// descriptor 3 of the process.
func executable(file *os.File) (path string, extra []*os.File) {
	return "/proc/self/fd/3", []*os.File{file}
}

// isolation puts the process in a group of its own and lets the kernel end it with the thread that started it.
func isolation() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
}

// restrict limits a process that has just been started.
func restrict(pid int) error {
	var failed error
	for resource, most := range map[int]uint64{unix.RLIMIT_DATA: maxMemory, unix.RLIMIT_NOFILE: maxFiles, unix.RLIMIT_CORE: 0} {
		var now unix.Rlimit
		if err := unix.Prlimit(pid, resource, nil, &now); err == nil {
			most = min(most, now.Max)
		}
		failed = errors.Join(failed, unix.Prlimit(pid, resource, &unix.Rlimit{Cur: most, Max: most}, nil))
	}
	return failed
}

// awaitExit returns when the process has ended. It is not reaped then, so its number still belongs to it.
func awaitExit(cmd *exec.Cmd) {
	for {
		var info unix.Siginfo
		err := unix.Waitid(unix.P_PID, cmd.Process.Pid, &info, unix.WEXITED|unix.WNOWAIT, nil)
		if !errors.Is(err, unix.EINTR) {
			return
		}
	}
}
