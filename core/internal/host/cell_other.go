//go:build !linux

package host

import (
	"os"
	"os/exec"
	"syscall"
)

// cell is where a connector works. Only Linux can shut a process in.
type cell struct {
	Program, Folder, Beside string
	Walls                   Protections
	Direct                  bool // no other can be kept from dialling here
}

func walls() Protections { return nil }

// command names the file by its path: only Linux executes an open file. The process gets a group of its own; a
// connector notices by itself that its host died.
func (c cell) command(file *os.File) *exec.Cmd {
	return &exec.Cmd{Path: file.Name(), Args: []string{c.Program}, Dir: c.Folder, SysProcAttr: &syscall.SysProcAttr{Setpgid: true}}
}

// groups would limit processes from outside; only Linux has them.
type groups struct{}

func delegated() (groups, error) { return groups{}, nil }

func (groups) walls() Protections { return nil }

func (groups) make() (*group, error) { return nil, nil }

type group struct{}

func (*group) into(*syscall.SysProcAttr) {}
func (*group) kill()                     {}
func (*group) remove()                   {}

// awaitExit returns at once: waiting and reaping are one here.
func awaitExit(*exec.Cmd) {}
