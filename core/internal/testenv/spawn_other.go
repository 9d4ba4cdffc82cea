//go:build !linux

package testenv

import "syscall"

// childAttributes gives a child its own process group. Only Linux can signal it when we die.
func childAttributes(syscall.Signal) *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true}
}
