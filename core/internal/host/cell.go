package host

import "slices"

// Protection is something that the system keeps a connector's process from, where it allows that.
type Protection string

const (
	NoNetwork     Protection = "network"    // it has no network of its own; requests leave through the gateway
	NoOtherFiles  Protection = "files"      // it reads the system's programs and libraries, and writes to its own folder only
	OwnTemporary  Protection = "temporary"  // its temporary folder is its own, in memory and of limited size
	NoLeftovers   Protection = "processes"  // what it starts ends with it, whatever it does to get away
	NoPrivileges  Protection = "privileges" // it can't become more than it is
	BoundedMemory Protection = "memory"     // memory, open files and the size of a file are limited

	BoundedProcesses Protection = "tasks" // the number of its processes and threads is limited
	BoundedCPU       Protection = "cpu"   // it has one processor at most
)

// AllProtections are all there are.
var AllProtections = []Protection{
	NoNetwork, NoLeftovers, OwnTemporary, BoundedMemory, BoundedProcesses, BoundedCPU, NoPrivileges, NoOtherFiles,
}

// Protections is a set of them.
type Protections []Protection

// Has reports whether one is among them.
func (p Protections) Has(one Protection) bool { return slices.Contains(p, one) }

func (p Protections) without(one Protection) Protections {
	return slices.DeleteFunc(slices.Clone(p), func(other Protection) bool { return other == one })
}

func missing(p Protections) (list []Protection) {
	for _, one := range AllProtections {
		if !p.Has(one) {
			list = append(list, one)
		}
	}
	return list
}

// What one connector may use, where no container limits it.
const (
	maxMemory    = 1 << 30  // bytes of data
	maxFiles     = 256      // open at once
	maxProcesses = 256      // and threads
	maxFileSize  = 64 << 20 // bytes
	maxTemporary = "64m"    // of all its temporary files
)
