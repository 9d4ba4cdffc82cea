package testenv

import "syscall"

// childAttributes gives a child its own process group and has the kernel signal it when we die.
func childAttributes(onDeath syscall.Signal) *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true, Pdeathsig: onDeath}
}
