package host

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/cordboard/cordboard/sdk/protocol"
)

// hostile is a connector that tries what its input says and returns what came of it.
type hostile struct {
	stub
	gateway protocol.Gateway
}

type attempt struct {
	Path, Address string
	PID, Bytes    int
}

func (h hostile) Invoke(ctx context.Context, in protocol.Invocation, log func(protocol.LogLine)) (protocol.Result, error) {
	var a attempt
	if err := json.Unmarshal(in.Input, &a); err != nil {
		return protocol.Result{}, err
	}
	what, err := h.try(ctx, in.Action, a, log)
	if err != nil {
		what = "error: " + err.Error()
	}
	output, _ := json.Marshal(what)
	return protocol.Result{Output: output}, nil
}

func (h hostile) try(ctx context.Context, action string, a attempt, log func(protocol.LogLine)) (string, error) {
	switch action {
	case "read":
		raw, err := os.ReadFile(a.Path)
		return string(raw), err
	case "list":
		entries, err := os.ReadDir(a.Path)
		return fmt.Sprint(entries), err
	case "write":
		return "written", os.WriteFile(a.Path, []byte("x"), 0o600)
	case "dial":
		network, address, _ := strings.Cut(a.Address, " ")
		conn, err := net.DialTimeout(network, address, time.Second)
		if err == nil {
			_ = conn.Close()
		}
		return "connected", err
	case "signal":
		return "sent", syscall.Kill(a.PID, 0)
	case "allocate":
		var kept [][]byte
		for range a.Bytes >> 20 {
			kept = append(kept, bytes.Repeat([]byte{1}, 1<<20))
		}
		return fmt.Sprint(len(kept)), nil
	case "open":
		for n := range a.Bytes {
			file, err := os.Open("/dev/null")
			if err != nil {
				return strconv.Itoa(n), nil
			}
			defer func() { _ = file.Close() }()
		}
		return "all", nil
	case "fill":
		file, err := os.Create(filepath.Join(os.TempDir(), "much"))
		if err != nil {
			return "", err
		}
		written, _ := io.CopyN(file, neverending{}, int64(a.Bytes))
		return strconv.FormatInt(written, 10), nil
	case "leave":
		// A child that leaves its group and its session, and whose parent ends at once.
		return "left", exec.Command("/bin/sh", "-c", "setsid sleep 987654 & exit 0").Run()
	case "multiply":
		for n := range a.Bytes {
			child := exec.Command("/bin/sleep", "20")
			if err := child.Start(); err != nil {
				return strconv.Itoa(n), nil
			}
			defer func() { _, _ = child.Process.Kill(), child.Wait() }()
		}
		return strconv.Itoa(a.Bytes), nil
	case "ask":
		for range a.Bytes {
			_, _ = h.gateway.Do(ctx, "", protocol.HTTPRequest{Method: "GET", URL: "/"})
		}
		return "asked", nil
	case "stream":
		for ctx.Err() == nil {
			log(protocol.LogLine{Level: "info", Message: strings.Repeat("y", 1<<20)})
		}
		return "", ctx.Err()
	case "spin":
		// A child in a session of its own, and this process itself.
		child := exec.Command("/bin/sh", "-c", "exec setsid /bin/sh -c 'while :; do :; done' 246802")
		if err := child.Start(); err != nil {
			return "", err
		}
		go func() { _ = child.Wait() }()
		for range runtime.NumCPU() {
			time.AfterFunc(time.Second, func() { // the answer leaves before it has no processor left for it
				for {
					_ = runtime.NumGoroutine()
				}
			})
		}
		return "spinning", nil
	case "huge":
		return strings.Repeat("h", a.Bytes), nil
	}
	return "", fmt.Errorf("nobody knows %s", action)
}

type neverending struct{}

func (neverending) Read(p []byte) (int, error) { return len(p), nil }

// tried has the hostile connector try something and returns what came of it.
func tried(t *testing.T, c protocol.Connector, action string, a attempt) string {
	t.Helper()
	input, _ := json.Marshal(a)
	out, err := invoke(t, c, 20*time.Second, action, string(input))
	if err != nil {
		t.Fatalf("%s %+v: %v", action, a, err)
	}
	var what string
	if err := json.Unmarshal([]byte(out), &what); err != nil {
		t.Fatal(err)
	}
	return what
}

// needs skips a test where the system does not let a wall stand.
func needs(t *testing.T, wall Protection) {
	t.Helper()
	if !walls().Has(wall) {
		t.Skipf("this system has no protection %q for connectors", wall)
	}
}

func TestCase22RepliesOfAnySizeCostTheGatewayLittle(t *testing.T) {
	h := host(t, folder(t, "hostile", "calm"))
	c := connector(t, h, "hostile")
	tried(t, c, "open", attempt{})
	debug.FreeOSMemory()
	before := peak(t)
	_, err := invoke(t, c, 20*time.Second, "huge", fmt.Sprintf(`{"bytes":%d}`, 96<<20))
	wantFailure(t, err, protocol.Permanent, "reply too large")
	_, err = invoke(t, c, 2*time.Second, "stream", `{}`)
	wantFailure(t, err, protocol.Unknown, "did not answer in time")
	if grown := peak(t) - before; grown > 32<<20 {
		t.Errorf("the gateway grew by %d MiB", grown>>20)
	}
	wantEcho(t, connector(t, h, "calm"))
}

// peak is the most memory that this process has had resident so far, in bytes.
func peak(t *testing.T) int {
	t.Helper()
	raw, err := os.ReadFile("/proc/self/status")
	if err != nil {
		t.Fatal(err)
	}
	_, after, _ := strings.Cut(string(raw), "VmHWM:")
	kilobytes, err := strconv.Atoi(strings.Fields(after)[0])
	if err != nil {
		t.Fatal(err)
	}
	return kilobytes << 10
}

func TestCase27NothingThatAConnectorStartsOutlivesIt(t *testing.T) {
	needs(t, NoLeftovers)
	h := host(t, folder(t, "hostile"))
	c := connector(t, h, "hostile")
	if got := tried(t, c, "leave", attempt{}); got != "left" {
		t.Fatal(got)
	}
	eventually(t, 20*time.Second, "the child is there", func() bool { return len(withArgument("987654")) == 1 })
	if err := syscall.Kill(pid(t, h, "hostile"), syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	eventually(t, 10*time.Second, "the child is gone", func() bool { return len(withArgument("987654")) == 0 })
}

// withArgument lists the processes of this machine that were started with an argument.
func withArgument(argument string) (list []string) {
	lines, _ := filepath.Glob("/proc/[0-9]*/cmdline")
	for _, path := range lines {
		raw, _ := os.ReadFile(path)
		if strings.HasSuffix(string(raw), "\x00"+argument+"\x00") && !bytes.HasPrefix(raw, []byte("/bin/sh")) {
			list = append(list, path)
		}
	}
	return list
}

func TestCase28WhatAConnectorUsesIsLimited(t *testing.T) {
	t.Parallel()
	needs(t, BoundedMemory)
	h := host(t, folder(t, "hostile", "calm"))
	c := connector(t, h, "hostile")
	if n, err := strconv.Atoi(tried(t, c, "open", attempt{Bytes: 100_000})); err != nil || n > maxFiles {
		t.Errorf("it opened %d files, %v", n, err)
	}
	_, err := invoke(t, c, 20*time.Second, "allocate", fmt.Sprintf(`{"bytes":%d}`, 2<<30))
	wantFailure(t, err, protocol.Unknown, "ended during the call")
	tried(t, c, "open", attempt{}) // it was started again
	wantEcho(t, connector(t, h, "calm"))
}

func TestCase28ItsTemporaryFolderIsSmall(t *testing.T) {
	t.Parallel()
	needs(t, OwnTemporary)
	c := connector(t, host(t, folder(t, "hostile")), "hostile")
	if n, err := strconv.Atoi(tried(t, c, "fill", attempt{Bytes: 200 << 20})); err != nil || n == 0 || n > maxFileSize {
		t.Errorf("it wrote %d bytes, %v", n, err)
	}
	if _, err := os.Stat("/tmp/much"); err == nil {
		t.Error("its file is seen outside")
	}
}

func TestCase29OthersFilesAreOutOfReach(t *testing.T) {
	needs(t, NoOtherFiles)
	const canary = "canary-5f1c9a"
	t.Setenv("CORDBOARD_SECRET_KEY", canary)
	dir := folder(t, "hostile", "calm")
	data := t.TempDir()
	secret := filepath.Join(data, "cordboard.db")
	if err := os.WriteFile(secret, []byte(canary), 0o644); err != nil {
		t.Fatal(err)
	}
	beside, err := os.Getwd() // not in a temporary folder
	if err != nil {
		t.Fatal(err)
	}
	home, err := os.UserHomeDir()
	if err != nil {
		t.Fatal(err)
	}
	h := host(t, dir)
	wantEcho(t, connector(t, h, "calm"))
	c := connector(t, h, "hostile")
	tried(t, c, "open", attempt{})
	for _, path := range []string{
		secret, filepath.Join(dir, "calm"), filepath.Join(beside, "host.go"), "/etc/shadow", "/etc/hostname",
		fmt.Sprintf("/proc/%d/environ", os.Getpid()), fmt.Sprintf("/proc/%d/maps", os.Getpid()),
		fmt.Sprintf("/proc/%d/environ", pid(t, h, "calm")), fmt.Sprintf("/proc/%d/cwd/x", os.Getpid()), "/proc/1/environ",
	} {
		if got := tried(t, c, "read", attempt{Path: path}); !denied(got) {
			t.Errorf("read %s: %.80q", path, got)
		}
	}
	for _, path := range []string{home, data, dir, beside, "/", "/proc", "/etc", "/var/lib"} {
		if got := tried(t, c, "list", attempt{Path: path}); !denied(got) {
			t.Errorf("list %s: %.80q", path, got)
		}
	}
	for _, path := range []string{filepath.Join(beside, "written"), "/usr/written", "/dev/shm/written", filepath.Join(data, "written")} {
		if got := tried(t, c, "write", attempt{Path: path}); !denied(got) {
			t.Errorf("write %s: %.80q", path, got)
			_ = os.Remove(path)
		}
	}
	if got := tried(t, c, "signal", attempt{PID: os.Getpid()}); !strings.HasPrefix(got, "error: ") {
		t.Errorf("signal the gateway: %s", got)
	}
}

// denied reports whether an attempt on a file ended with the system's no, be it that the file is not there for it.
func denied(what string) bool {
	return strings.HasPrefix(what, "error: ") && (strings.Contains(what, fs.ErrPermission.Error()) || strings.Contains(what, "permission denied") ||
		strings.Contains(what, "no such file"))
}

func TestCase30NoNetworkButThroughTheGateway(t *testing.T) {
	needs(t, NoNetwork)
	needs(t, OwnTemporary)
	tcp, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = tcp.Close() }()
	folderOfSocket, err := os.MkdirTemp("", "") // as Postgres has one in /run or /tmp
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = os.RemoveAll(folderOfSocket) }()
	path := filepath.Join(folderOfSocket, "s.PGSQL.5432")
	local, err := net.Listen("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = local.Close() }()
	abstract, err := net.Listen("unix", "@cordboard-test-"+strconv.Itoa(os.Getpid()))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = abstract.Close() }()
	c := connector(t, host(t, folder(t, "hostile")), "hostile")
	for _, address := range []string{
		"tcp " + tcp.Addr().String(), "unix " + path, "unix " + abstract.Addr().String(), "tcp [::1]:5432", "udp 127.0.0.1:53",
	} {
		if got := tried(t, c, "dial", attempt{Address: address}); !strings.HasPrefix(got, "error: ") {
			t.Errorf("%s: %s", address, got)
		}
	}
}

func TestCase33OnlyTheGatewayReachesAConnector(t *testing.T) {
	t.Parallel()
	h := host(t, folder(t, "echo"))
	wantEcho(t, connector(t, h, "echo"))
	var sockets []string
	err := filepath.WalkDir(h.dir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := entry.Info()
		if err == nil && entry.IsDir() && info.Mode().Perm()&0o077 != 0 && path == h.dir {
			t.Errorf("others may look into %s: %v", path, info.Mode())
		}
		if err == nil && info.Mode()&fs.ModeSocket != 0 {
			sockets = append(sockets, path)
		}
		return err
	})
	if err != nil || len(sockets) == 0 {
		t.Fatalf("sockets %v, %v", sockets, err)
	}
	for _, path := range sockets {
		conn, err := net.Dial("unix", path)
		if err != nil {
			t.Fatal(err)
		}
		if err := conn.SetDeadline(time.Now().Add(5 * time.Second)); err != nil {
			t.Fatal(err)
		}
		stranger := tls.Client(conn, &tls.Config{InsecureSkipVerify: true, NextProtos: []string{"h2"}}) // whoever answers: it must not talk to us
		if err := stranger.Handshake(); err == nil {
			_, err = stranger.Read(make([]byte, 1))
			if err == nil {
				t.Errorf("%s talks to a stranger", path)
			}
		}
		_ = conn.Close()
	}
}
