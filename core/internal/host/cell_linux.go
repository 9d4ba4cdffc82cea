package host

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// cellName is the first argument of the gateway's own program when it is to shut itself in and become a connector.
const cellName = "cordboard-cell"

// cell is what a process is shut into before a connector's program takes its place. The kernel offers no way to do it
// to a process from outside.
type cell struct {
	Program string      `json:"program"` // the connector's first argument
	Folder  string      `json:"folder"`  // where it works and makes its sockets
	Beside  string      `json:"beside"`  // of a script: the folder with the files it loads; else empty
	Walls   Protections `json:"walls"`
	Root    bool        `json:"root"`   // the user who runs the gateway is the system's root, whose processes are not counted
	Direct  bool        `json:"direct"` // it may dial by itself
	Probe   bool        `json:"probe"`  // only tell which walls stand
}

// init makes a process of this program a connector, if it was started to become one. It comes before main: a program
// that runs connectors is not asked to think of it, be it the gateway or a test.
func init() {
	if len(os.Args) == 2 && os.Args[0] == cellName {
		if err := become(os.Args[1]); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
}

// become shuts the process in and runs the program on descriptor 3. It returns if that failed, or if it was a probe.
func become(encoded string) error {
	runtime.LockOSThread() // what follows holds for a thread, and for the program that the thread executes
	var c cell
	if err := json.Unmarshal([]byte(encoded), &c); err != nil {
		return fmt.Errorf("cell: %w", err)
	}
	stands, err := c.build()
	if c.Probe {
		return json.NewEncoder(os.Stdout).Encode(stands)
	}
	if err != nil {
		return err
	}
	return fmt.Errorf("execute: %w", unix.Exec("/proc/self/fd/3", []string{c.Program}, os.Environ()))
}

// build puts up the walls in an order in which none keeps the next from being built. It returns those that stand, and
// what became of the others.
func (c cell) build() (stands Protections, failed error) {
	steps := []struct {
		wall  Protection
		build func() error
	}{
		{NoNetwork, func() error { return nil }}, // came with the process, as did the next
		{NoLeftovers, func() error { return nil }},
		{OwnTemporary, c.hide},
		{BoundedMemory, limit},
		{BoundedProcesses, c.limitProcesses},
		{NoPrivileges, renounce},
		{NoOtherFiles, c.restrict},
	}
	for _, s := range steps {
		if !c.Walls.Has(s.wall) {
			continue
		}
		if err := s.build(); err != nil {
			failed = errors.Join(failed, fmt.Errorf("%s: %w", s.wall, err))
			continue
		}
		stands = append(stands, s.wall)
	}
	return stands, errors.Join(failed, os.Chdir(c.Folder))
}

// hidden are folders in which others keep sockets and temporary files.
func hidden() []string {
	dirs := []string{"/run", "/tmp", "/var/tmp", filepath.Clean(os.TempDir())}
	slices.Sort(dirs)
	return slices.DeleteFunc(slices.Compact(dirs), func(dir string) bool {
		info, err := os.Lstat(dir)
		return err != nil || !info.IsDir()
	})
}

// hide lays empty folders over those in which others keep things, and the process's own back into them.
func (c cell) hide() error {
	keep := []string{c.Folder}
	if c.Beside != "" {
		keep = append(keep, c.Beside)
	}
	if servers, err := filepath.EvalSymlinks("/etc/resolv.conf"); c.Direct && err == nil {
		keep = append(keep, servers) // often a link into /run
	}
	open := make([]int, len(keep))
	for n, dir := range keep {
		fd, err := unix.Open(dir, unix.O_PATH|unix.O_CLOEXEC, 0)
		if err != nil {
			return fmt.Errorf("open %s: %w", dir, err)
		}
		open[n] = fd
	}
	covered := hidden()
	for _, dir := range covered {
		if err := unix.Mount("tmpfs", dir, "tmpfs", unix.MS_NOSUID|unix.MS_NODEV, "mode=1777,size="+maxTemporary); err != nil {
			return fmt.Errorf("cover %s: %w", dir, err)
		}
	}
	for n, dir := range keep {
		if !slices.ContainsFunc(covered, func(over string) bool { return strings.HasPrefix(dir, over+"/") }) {
			continue
		}
		if err := placeFor(dir, open[n]); err != nil {
			return err
		}
		if err := unix.Mount(fmt.Sprintf("/proc/self/fd/%d", open[n]), dir, "", unix.MS_BIND, ""); err != nil {
			return fmt.Errorf("uncover %s: %w", dir, err)
		}
	}
	return nil
}

// placeFor makes an empty folder, or an empty file, over which the one that is open can be laid.
func placeFor(path string, open int) error {
	var info unix.Stat_t
	if err := unix.Fstat(open, &info); err != nil {
		return fmt.Errorf("look at %s: %w", path, err)
	}
	if info.Mode&unix.S_IFMT == unix.S_IFDIR {
		return os.MkdirAll(path, 0o700)
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	return os.WriteFile(path, nil, 0o644)
}

// limit bounds what the process may use.
func limit() error {
	var failed error
	for resource, most := range map[int]uint64{
		unix.RLIMIT_DATA: maxMemory, unix.RLIMIT_NOFILE: maxFiles, unix.RLIMIT_FSIZE: maxFileSize, unix.RLIMIT_CORE: 0,
	} {
		var now unix.Rlimit
		if err := unix.Getrlimit(resource, &now); err == nil {
			most = min(most, now.Max)
		}
		failed = errors.Join(failed, unix.Setrlimit(resource, &unix.Rlimit{Cur: most, Max: most}))
	}
	return failed
}

// limitProcesses bounds the processes of the namespace: without one the limit would count those of the gateway's user.
func (c cell) limitProcesses() error {
	if c.Root || !c.Walls.Has(NoLeftovers) {
		return errors.New("they cannot be counted")
	}
	return unix.Setrlimit(unix.RLIMIT_NPROC, &unix.Rlimit{Cur: maxProcesses, Max: maxProcesses})
}

// renounce gives up every privilege for what is executed from now on.
func renounce() error {
	for capability := range uintptr(64) {
		// Whoever has none cannot give any up, and past the last there is nothing to give up.
		_ = unix.Prctl(unix.PR_CAPBSET_DROP, capability, 0, 0, 0)
	}
	if err := unix.Prctl(unix.PR_CAP_AMBIENT, unix.PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0); err != nil {
		return err
	}
	return unix.Prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
}

// Rights of Landlock on files, by the version of the kernel's interface that brought them.
const (
	readFile   = unix.LANDLOCK_ACCESS_FS_READ_FILE
	readDir    = unix.LANDLOCK_ACCESS_FS_READ_DIR
	execute    = unix.LANDLOCK_ACCESS_FS_EXECUTE
	writeFile  = unix.LANDLOCK_ACCESS_FS_WRITE_FILE
	everything = 1<<13 - 1 // of the first version
	refer      = unix.LANDLOCK_ACCESS_FS_REFER
	truncate   = unix.LANDLOCK_ACCESS_FS_TRUNCATE
	devices    = unix.LANDLOCK_ACCESS_FS_IOCTL_DEV
)

// readable is what programs of any language need of the system.
var readable = []string{
	"/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32", "/etc/alternatives", "/etc/ld.so.cache", "/etc/localtime",
	"/etc/nsswitch.conf", "/etc/passwd", "/etc/group", "/etc/ssl", "/etc/pki", "/sys/kernel/mm/transparent_hugepage",
	"/sys/devices/system/cpu", "/dev/zero", "/dev/random", "/dev/urandom", "/proc/cpuinfo", "/proc/meminfo",
}

// resolving is what programs need to find the addresses of names.
var resolving = []string{"/etc/resolv.conf", "/etc/hosts", "/etc/gai.conf", "/etc/services", "/etc/host.conf"}

// restrict lets the process reach files of the system, of its own and no others.
func (c cell) restrict() error {
	version, _, errno := unix.Syscall(unix.SYS_LANDLOCK_CREATE_RULESET, 0, 0, unix.LANDLOCK_CREATE_RULESET_VERSION)
	if errno != 0 {
		return fmt.Errorf("the kernel has no Landlock: %w", errno)
	}
	attr := unix.LandlockRulesetAttr{Handled_access_fs: everything}
	if version >= 2 {
		attr.Handled_access_fs |= refer
	}
	if version >= 3 {
		attr.Handled_access_fs |= truncate
	}
	if version >= 4 && !c.Direct {
		attr.Handled_access_net = unix.LANDLOCK_ACCESS_NET_BIND_TCP | unix.LANDLOCK_ACCESS_NET_CONNECT_TCP
	}
	if version >= 5 {
		attr.Handled_access_fs |= devices
	}
	if version >= 6 {
		attr.Scoped = unix.LANDLOCK_SCOPE_ABSTRACT_UNIX_SOCKET | unix.LANDLOCK_SCOPE_SIGNAL
	}
	rules, _, errno := unix.Syscall(unix.SYS_LANDLOCK_CREATE_RULESET, uintptr(unsafe.Pointer(&attr)), unsafe.Sizeof(attr), 0)
	if errno != 0 {
		return fmt.Errorf("make the rules: %w", errno)
	}
	allow := func(path string, rights uint64) error { return allow(int(rules), path, rights&attr.Handled_access_fs) }
	files := readable
	if c.Direct {
		files = append(slices.Clone(files), resolving...)
	}
	for _, path := range files {
		if err := allow(path, readFile|readDir|execute); err != nil {
			return err
		}
	}
	own := map[string]uint64{c.Folder: (everything | truncate) &^ execute, "/dev/null": readFile | writeFile}
	if c.Walls.Has(OwnTemporary) {
		own["/tmp"] = (everything | truncate | refer) &^ execute
	}
	if c.Beside != "" {
		own[c.Beside] = readFile | readDir
	}
	if !c.Probe {
		own["/proc/self/fd/3"] = readFile | execute
	}
	for path, rights := range own {
		if err := allow(path, rights); err != nil {
			return err
		}
	}
	if _, _, errno := unix.Syscall(unix.SYS_LANDLOCK_RESTRICT_SELF, rules, 0, 0); errno != 0 {
		return fmt.Errorf("apply the rules: %w", errno)
	}
	return nil
}

// allow adds a rule for a file or a folder with all that is in it. One that is not there needs none.
func allow(rules int, path string, rights uint64) error {
	fd, err := unix.Open(path, unix.O_PATH|unix.O_CLOEXEC, 0)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("open %s: %w", path, err)
	}
	defer func() { _ = unix.Close(fd) }()
	var info unix.Stat_t
	if err := unix.Fstat(fd, &info); err != nil {
		return fmt.Errorf("look at %s: %w", path, err)
	}
	if info.Mode&unix.S_IFMT != unix.S_IFDIR {
		rights &= readFile | writeFile | execute | truncate | devices
	}
	rule := unix.LandlockPathBeneathAttr{Allowed_access: rights, Parent_fd: int32(fd)}
	if _, _, errno := unix.Syscall6(unix.SYS_LANDLOCK_ADD_RULE, uintptr(rules), unix.LANDLOCK_RULE_PATH_BENEATH,
		uintptr(unsafe.Pointer(&rule)), 0, 0, 0); errno != 0 {
		return fmt.Errorf("allow %s: %w", path, errno)
	}
	return nil
}

// command is the process that becomes the connector in an open file.
func (c cell) command(file *os.File) *exec.Cmd {
	c.Root = os.Geteuid() == 0
	encoded, err := json.Marshal(c)
	if err != nil {
		panic(err) // of strings alone
	}
	cmd := &exec.Cmd{Path: "/proc/self/exe", Args: []string{cellName, string(encoded)}, Dir: c.Folder, SysProcAttr: c.isolation()}
	if file != nil {
		cmd.ExtraFiles = []*os.File{file} // descriptor 3
	}
	return cmd
}

// isolation puts the process in a group of its own, lets the kernel end it with the thread that started it, and gives
// it views of its own of what it is to be kept from.
func (c cell) isolation() *syscall.SysProcAttr {
	attr := &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
	for wall, flags := range map[Protection]uintptr{
		NoNetwork: unix.CLONE_NEWNET, NoLeftovers: unix.CLONE_NEWPID | unix.CLONE_NEWIPC, OwnTemporary: unix.CLONE_NEWNS,
	} {
		if c.Walls.Has(wall) {
			attr.Cloneflags |= flags
		}
	}
	if attr.Cloneflags != 0 {
		attr.Cloneflags |= unix.CLONE_NEWUSER
		attr.UidMappings = []syscall.SysProcIDMap{{HostID: os.Geteuid(), Size: 1}}
		attr.GidMappings = []syscall.SysProcIDMap{{HostID: os.Getegid(), Size: 1}}
	}
	return attr
}

// walls tries once which of all walls this system lets stand.
var walls = sync.OnceValue(func() Protections {
	dir, err := os.MkdirTemp("", "cordboard-")
	if err != nil {
		return nil
	}
	defer func() { _ = os.RemoveAll(dir) }()
	within := Protections{BoundedMemory, NoPrivileges, NoOtherFiles}
	for _, wanted := range []Protections{append(Protections{NoNetwork, NoLeftovers, OwnTemporary, BoundedProcesses}, within...), within} {
		var stands Protections
		out, err := (cell{Folder: dir, Walls: wanted, Probe: true}).command(nil).Output()
		if err == nil && json.Unmarshal(out, &stands) == nil {
			return stands
		}
	}
	return nil
})

// awaitExit returns when the process has ended. It is not reaped then, so its number still belongs to it.
func awaitExit(cmd *exec.Cmd) {
	for {
		var info unix.Siginfo
		err := unix.Waitid(unix.P_PID, cmd.Process.Pid, &info, unix.WEXITED|unix.WNOWAIT, nil)
		if !errors.Is(err, unix.EINTR) {
			return
		}
	}
}
