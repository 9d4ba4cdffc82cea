package host

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
)

func TestOwnGroupIsFound(t *testing.T) {
	t.Parallel()
	const mounts = "30 20 0:26 / /sys/fs/cgroup/pids rw - cgroup cgroup rw,pids\n31 20 0:27 / /sys/fs/cgroup rw,nosuid shared:4 - cgroup2 cgroup2 rw\n"
	cases := map[string]struct{ mounts, own, want string }{
		"a service":       {mounts, "4:pids:/other\n0::/system.slice/cordboard.service\n", "/sys/fs/cgroup/system.slice/cordboard.service"},
		"a container":     {mounts, "0::/\n", "/sys/fs/cgroup"},
		"not mounted":     {"30 20 0:26 / /sys/fs/cgroup/pids rw - cgroup cgroup rw,pids\n", "0::/\n", ""},
		"version 1 alone": {mounts, "4:pids:/other\n", ""},
	}
	for name, tt := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := ownGroup(tt.mounts, tt.own); got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}

func TestAGroupThatIsNotOursStaysAsItIs(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "cgroup.controllers"), []byte("cpu io memory pids\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if g, err := take(dir); err == nil || g.dir != "" || g.walls() != nil {
		t.Errorf("took %+v, %v", g, err)
	}
	if _, err := os.Stat(filepath.Join(dir, "gateway")); err == nil {
		t.Error("a group was left behind")
	}
}

// groupForTest makes a group below that of this process.
func groupForTest(t *testing.T) groups {
	t.Helper()
	mounts, _ := os.ReadFile("/proc/self/mountinfo")
	own, _ := os.ReadFile("/proc/self/cgroup")
	above := ownGroup(string(mounts), string(own))
	if above == "" {
		t.Skip("this system has no control groups of version 2")
	}
	dir, err := os.MkdirTemp(above, "cordboard-test-")
	if err != nil {
		t.Skipf("no control group can be made here: %v", err)
	}
	t.Cleanup(func() { eventually(t, patience, "the group is gone", func() bool { return os.Remove(dir) == nil }) })
	var wanted []string
	controllers, _ := os.ReadFile(filepath.Join(dir, "cgroup.controllers"))
	for _, name := range strings.Fields(string(controllers)) {
		wanted = append(wanted, "+"+name)
	}
	_ = set(filepath.Join(dir, "cgroup.subtree_control"), strings.Join(wanted, " "))
	return groups{dir: dir}
}

func TestCase28AProcessBeginsInAGroupThatEndsWithIt(t *testing.T) {
	g := groupForTest(t)
	h := host(t, folder(t, "hostile"), func(*Config) {})
	h.groups = g
	c := connector(t, h, "hostile")
	h.mu.Lock()
	for _, s := range h.versions["hostile"] {
		s.kill() // it was started to be installed, before the group was there
	}
	h.mu.Unlock()
	eventually(t, 10*patience, "it runs in a group", func() bool {
		if _, err := invoke(t, c, 20*patience, "open", `{}`); err != nil {
			return false
		}
		raw, _ := os.ReadFile(fmt.Sprintf("/proc/%d/cgroup", pid(t, h, "hostile")))
		return strings.Contains(string(raw), "/"+filepath.Base(g.dir)+"/connector-")
	})
	if got := tried(t, c, "leave", attempt{}); got != "left" {
		t.Fatal(got)
	}
	if err := syscall.Kill(pid(t, h, "hostile"), syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	eventually(t, 10*patience, "its group is gone", func() bool {
		left, err := filepath.Glob(filepath.Join(g.dir, "connector-*"))
		return err == nil && len(left) == 0
	})
}

func TestCase28ALimitOfAGroupIsWritten(t *testing.T) {
	g := groupForTest(t)
	if len(g.walls()) == 0 {
		t.Skip("this system hands down none of the controllers memory, pids and cpu in control groups of version 2")
	}
	one, err := g.make()
	if err != nil {
		t.Fatal(err)
	}
	defer one.remove()
	for _, l := range groupLimits {
		for name, want := range l.files {
			if raw, err := os.ReadFile(filepath.Join(one.dir, name)); g.walls().Has(l.wall) && strings.TrimSpace(string(raw)) != want {
				t.Errorf("%s: %q, %v, want %s", name, raw, err, want)
			}
		}
	}
}

func TestCase28ItsProcessesAreCounted(t *testing.T) {
	t.Parallel()
	h := host(t, folder(t, "hostile", "calm"))
	if !h.Protections().Has(BoundedProcesses) {
		t.Skip("this system does not count the processes of a connector: it has no control group, and root's are not counted")
	}
	c := connector(t, h, "hostile")
	if n, err := strconv.Atoi(tried(t, c, "multiply", attempt{Bytes: 2 * maxProcesses})); err != nil || n >= maxProcesses {
		t.Errorf("it started %d processes, %v", n, err)
	}
	wantEcho(t, connector(t, h, "calm"))
}
