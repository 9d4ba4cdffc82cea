//go:build !linux

package host

import (
	"errors"
	"syscall"
	"time"
)

// used is not told here.
func (*process) used() (time.Duration, error) { return 0, errors.ErrUnsupported }

// yield has the process's group come after others.
func (p *process) yield(nice int) {
	if pid := p.number(); pid != 0 {
		_ = syscall.Setpriority(syscall.PRIO_PGRP, pid, nice)
	}
}
