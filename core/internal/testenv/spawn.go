package testenv

import (
	"os/exec"
	"runtime"
	"strconv"
)

// spawn starts a command and calls exited once it is reaped. The thread that started it waits for it: the kernel
// ties a parent-death signal to the parent's thread, and Go ends idle threads as it likes.
func spawn(cmd *exec.Cmd, exited func()) error {
	started := make(chan error)
	go func() {
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		err := cmd.Start()
		started <- err
		if err == nil {
			_ = cmd.Wait()
			exited()
		}
	}()
	return <-started
}

// number reads a user or group id as os/user gives it.
func number(id string) int {
	n, err := strconv.Atoi(id)
	if err != nil {
		panic("testenv: " + err.Error())
	}
	return n
}
