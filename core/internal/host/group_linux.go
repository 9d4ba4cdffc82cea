package host

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
)

// groups is a control group (version 2) that the system left to the gateway: each connector's process gets one of its own
// in it, whose limits hold for all that the process starts. An empty one makes none.
type groups struct{ dir string }

// limits of a connector's group, by the wall that they build: the controller they need, and what is written to its files.
var groupLimits = []struct {
	wall       Protection
	controller string
	files      map[string]string
}{
	{BoundedMemory, "memory", map[string]string{"memory.max": fmt.Sprint(maxMemory), "memory.oom.group": "1"}},
	{BoundedProcesses, "pids", map[string]string{"pids.max": fmt.Sprint(maxProcesses)}},
	{BoundedCPU, "cpu", map[string]string{"cpu.max": "100000 100000"}}, // of each tenth of a second: one processor's worth
}

// delegated finds out once whether there is such a group, and moves the gateway itself into a group below it: a group that
// hands controllers down holds no processes. It leaves all as it was where that is not allowed.
var delegated = sync.OnceValues(func() (groups, error) {
	mounts, err := os.ReadFile("/proc/self/mountinfo")
	if err != nil {
		return groups{}, err
	}
	own, err := os.ReadFile("/proc/self/cgroup")
	if err != nil {
		return groups{}, err
	}
	dir := ownGroup(string(mounts), string(own))
	if dir == "" {
		return groups{}, errors.New("no control groups of version 2")
	}
	return take(dir)
})

// ownGroup is the folder of this process's group; empty if there is none of version 2.
func ownGroup(mounts, own string) string {
	path := ""
	for line := range strings.Lines(own) {
		if rest, ok := strings.CutPrefix(strings.TrimSpace(line), "0::"); ok {
			path = rest
		}
	}
	for line := range strings.Lines(mounts) {
		before, after, _ := strings.Cut(line, " - ")
		if fields := strings.Fields(before); path != "" && len(fields) > 4 && strings.HasPrefix(after, "cgroup2 ") {
			return filepath.Join(fields[4], path)
		}
	}
	return ""
}

// take makes a group ready to have others in it.
func take(dir string) (groups, error) {
	controllers, err := os.ReadFile(filepath.Join(dir, "cgroup.controllers"))
	if err != nil {
		return groups{}, err
	}
	there := strings.Fields(string(controllers))
	var wanted []string
	for _, l := range groupLimits {
		for _, name := range there {
			if name == l.controller {
				wanted = append(wanted, "+"+name)
			}
		}
	}
	if len(wanted) == 0 {
		return groups{}, fmt.Errorf("the control group %s has no controllers", dir)
	}
	gateway := filepath.Join(dir, "gateway")
	if err := os.Mkdir(gateway, 0o755); err != nil && !errors.Is(err, fs.ErrExist) {
		return groups{}, err
	}
	if err := set(filepath.Join(gateway, "cgroup.procs"), "0"); err != nil {
		return groups{}, errors.Join(err, os.Remove(gateway))
	}
	if err := set(filepath.Join(dir, "cgroup.subtree_control"), strings.Join(wanted, " ")); err != nil {
		// Others are in it too, so it is not ours.
		return groups{}, errors.Join(err, set(filepath.Join(dir, "cgroup.procs"), "0"), os.Remove(gateway))
	}
	g := groups{dir: dir}
	g.sweep()
	return g, nil
}

// walls are those that the groups build.
func (g groups) walls() (list Protections) {
	if g.dir == "" {
		return nil
	}
	given, _ := os.ReadFile(filepath.Join(g.dir, "cgroup.subtree_control"))
	for _, l := range groupLimits {
		for _, name := range strings.Fields(string(given)) {
			if name == l.controller {
				list = append(list, l.wall)
			}
		}
	}
	return list
}

// sweep takes away groups that a gateway which was killed has left. One that has processes stays.
func (g groups) sweep() {
	left, _ := filepath.Glob(filepath.Join(g.dir, "connector-*"))
	for _, dir := range left {
		_ = os.Remove(dir)
	}
}

// group is the control group of one process; nil: it has none.
type group struct {
	dir  string
	file *os.File // of the folder
}

// make makes a group for one process with all limits that there are.
func (g groups) make() (*group, error) {
	if g.dir == "" {
		return nil, nil
	}
	dir, err := os.MkdirTemp(g.dir, "connector-")
	if err != nil {
		return nil, fmt.Errorf("its control group: %w", err)
	}
	one := &group{dir: dir}
	for _, wall := range g.walls() {
		for _, l := range groupLimits {
			if l.wall != wall {
				continue
			}
			for name, value := range l.files {
				err = errors.Join(err, set(filepath.Join(dir, name), value))
			}
		}
	}
	if err == nil {
		one.file, err = os.Open(dir)
	}
	if err != nil {
		one.remove()
		return nil, fmt.Errorf("its control group: %w", err)
	}
	return one, nil
}

// into has a process begin its life in the group.
func (one *group) into(attr *syscall.SysProcAttr) {
	if one != nil {
		attr.UseCgroupFD, attr.CgroupFD = true, int(one.file.Fd())
	}
}

// kill ends all processes of the group.
func (one *group) kill() {
	if one != nil {
		_ = set(filepath.Join(one.dir, "cgroup.kill"), "1")
	}
}

// remove takes the group away, once its processes are gone.
func (one *group) remove() {
	if one != nil {
		_ = one.file.Close()
		_ = os.Remove(one.dir)
	}
}

// set writes to a file that the kernel has made.
func set(path, value string) error {
	file, err := os.OpenFile(path, os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	_, err = file.WriteString(value)
	return errors.Join(err, file.Close())
}
