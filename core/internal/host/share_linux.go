package host

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// tick is the unit in which the kernel tells of used time; it is the same on all of Linux's platforms that Go knows.
const tick = time.Second / 100

// stat is what the kernel tells about a process.
type stat struct {
	group, session int
	used           time.Duration // by itself and by those of its children that have ended
}

func statOf(pid int) (s stat, err error) {
	raw, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return s, err
	}
	// The second field is the program's name in brackets, with whatever it likes in it.
	fields := strings.Fields(string(raw[bytes.LastIndexByte(raw, ')')+1:]))
	if len(fields) < 15 {
		return s, fmt.Errorf("process %d: the kernel tells too little", pid)
	}
	number := func(n int) (value int) {
		value, failed := strconv.Atoi(fields[n-3]) // as the manual of proc counts them, from 1
		if failed != nil && err == nil {
			err = failed
		}
		return value
	}
	s = stat{group: number(5), session: number(6), used: time.Duration(number(14)+number(15)+number(16)+number(17)) * tick}
	return s, err
}

// family is a process and all that it started, as far as they are still there.
func family(pid int) (all []int) {
	all = []int{pid}
	for n := 0; n < len(all) && n < maxProcesses; n++ {
		lists, _ := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/children", all[n]))
		for _, path := range lists {
			raw, _ := os.ReadFile(path)
			for _, child := range strings.Fields(string(raw)) {
				if number, err := strconv.Atoi(child); err == nil {
					all = append(all, number)
				}
			}
		}
	}
	return all
}

// used is the processor time of a process and of all that it started.
func (p *process) used() (sum time.Duration, err error) {
	pid := p.number()
	if pid == 0 {
		return 0, errKilled
	}
	for n, member := range family(pid) {
		s, err := statOf(member)
		if err != nil && n == 0 {
			return 0, err
		}
		sum += s.used
	}
	return sum, nil
}

// yield has the process and all that it started come later than the gateway by so much. It can't be taken back: a process may
// always give way, and only the system's root may let one come forward. The kernel weighs sessions against each other before it
// looks at priorities, so one that the process has opened for itself is told as well.
func (p *process) yield(by int) {
	pid := p.number()
	if pid == 0 {
		return
	}
	own, err := unix.Getpriority(unix.PRIO_PROCESS, 0)
	if err != nil {
		return
	}
	nice := min(20-own+by, longestNice) // the kernel tells 20 - nice
	home, _ := statOf(os.Getpid())
	for _, member := range family(pid) {
		s, err := statOf(member)
		if err != nil {
			continue // it has ended
		}
		_ = unix.Setpriority(unix.PRIO_PGRP, s.group, nice) // one that comes later already stays there
		if s.session != home.session {
			_ = set(fmt.Sprintf("/proc/%d/autogroup", member), strconv.Itoa(nice))
		}
	}
}
