//go:build !linux

package host

import (
	"os"
	"os/exec"
	"syscall"
)

// executable names the file by its path: only Linux executes an open file.
func executable(file *os.File) (path string, extra []*os.File) { return file.Name(), nil }

// isolation puts the process in a group of its own. A connector notices by itself that its host died.
func isolation() *syscall.SysProcAttr { return &syscall.SysProcAttr{Setpgid: true} }

func restrict(int) error { return nil }

// awaitExit returns at once: waiting and reaping are one here.
func awaitExit(*exec.Cmd) {}
