package host

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/hashicorp/go-plugin"
	"go.uber.org/goleak"

	"github.com/cordboard/cordboard/core/internal/catalog"
	"github.com/cordboard/cordboard/sdk/protocol"
	"github.com/cordboard/cordboard/sdk/wire"
)

// echoFile is plugins/echo, built once.
var echoFile string

// TestMain makes the test binary play three parts: the tests, a host that is going to be killed, and connectors that
// misbehave in ways that a connector written with the SDK cannot.
func TestMain(m *testing.M) {
	if os.Getenv(wire.Handshake.MagicCookieKey) != "" {
		misbehave(filepath.Base(os.Args[0]))
		return
	}
	if folder := os.Getenv("DOOMED_HOST"); folder != "" {
		doomed(folder)
		return
	}
	dir, err := os.MkdirTemp("", "echo")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	echoFile = filepath.Join(dir, "echo")
	if out, err := exec.Command("go", "build", "-o", echoFile, "github.com/cordboard/cordboard/plugins/echo").CombinedOutput(); err != nil {
		fmt.Fprintf(os.Stderr, "build echo: %v\n%s", err, out)
		os.Exit(1)
	}
	code := m.Run()
	_ = os.RemoveAll(dir)
	if err := goleak.Find(); err != nil && code == 0 {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	os.Exit(code)
}

// misbehave is a connector whose file name says what is wrong with it.
func misbehave(name string) {
	switch name {
	case "silent":
		select {}
	case "babbler":
		for {
			fmt.Print("\x1b[31mbabble")
		}
	case "liar":
		fmt.Println("1|1|unix|/nowhere|grpc|")
		select {}
	case "quitter":
		fmt.Fprintln(os.Stderr, "no, thank you")
		os.Exit(7)
	case "flooder":
		go func() {
			line := strings.Repeat("f", 1000) + "\n"
			for {
				_, _ = io.WriteString(os.Stderr, line)
			}
		}()
		wire.Serve(func(protocol.Gateway) protocol.Connector { return stub{name: name} })
	case "forker":
		child := exec.Command("/proc/self/exe")
		child.Args, child.Env = []string{"silent", "135791"}, os.Environ()
		_ = child.Start()
		wire.Serve(func(protocol.Gateway) protocol.Connector {
			return stub{name: name}
		})
	case "twice":
		serveTwice(name)
	case "hostile", "dialler":
		wire.Serve(func(g protocol.Gateway) protocol.Connector { return hostile{stub{name: name}, g} })
	case "futurist":
		config := wire.ServeConfig(func(protocol.Gateway) protocol.Connector { return stub{name: name} })
		config.VersionedPlugins = map[int]plugin.PluginSet{99: config.VersionedPlugins[1]}
		plugin.Serve(config)
	default:
		wire.Serve(func(protocol.Gateway) protocol.Connector { return stub{name: name} })
	}
}

// stub is a connector that says what it is told to.
type stub struct {
	protocol.Connector
	name, label string
}

func (s stub) Describe(context.Context) (protocol.Manifest, error) {
	m := protocol.Manifest{Name: s.name, Title: "Stub", Version: s.version(), Auth: protocol.Auth{Kind: protocol.AuthNone}}
	switch s.name {
	case "impostor":
		m.Name = "echo"
	case "dialler":
		m.Direct = "Speaks SMTP."
	}
	return m, nil
}

// version is written behind the program, so that a file of another version has another checksum.
func (s stub) version() string {
	file, err := os.Open("/proc/self/exe")
	if err != nil {
		return "1.0.0"
	}
	defer func() { _ = file.Close() }()
	end := make([]byte, len(versionMark)+5)
	if _, err := file.Seek(-int64(len(end)), io.SeekEnd); err == nil {
		_, _ = io.ReadFull(file, end)
	}
	if version, found := strings.CutPrefix(string(end), versionMark); found {
		return version
	}
	return "1.0.0"
}

const versionMark = "\nversion "

// putVersion copies the misbehaving connectors to a file that says to be of a version such as 1.2.3.
func putVersion(t *testing.T, to, version string) {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	put(t, self, to)
	file, err := os.OpenFile(to, os.O_APPEND|os.O_WRONLY, 0)
	if err == nil {
		_, err = file.WriteString(versionMark + version)
	}
	if err := errors.Join(err, file.Close()); err != nil {
		t.Fatal(err)
	}
}

func (s stub) CheckConnection(context.Context, protocol.Call) (protocol.Identity, error) {
	return protocol.Identity{ID: "1", Label: s.label}, nil
}

func (s stub) Invoke(_ context.Context, in protocol.Invocation, _ func(protocol.LogLine)) (protocol.Result, error) {
	if in.Action == "version" {
		return protocol.Result{Output: json.RawMessage(`"` + s.version() + `"`)}, nil
	}
	return protocol.Result{Output: in.Input}, nil
}

func (s stub) Receive(_ context.Context, in protocol.Webhook) ([]protocol.Event, error) {
	var e protocol.Event
	err := json.Unmarshal(in.Body, &e)
	return []protocol.Event{e}, err
}

// noGateway refuses all HTTP.
type noGateway struct{}

func (noGateway) Do(context.Context, string, protocol.HTTPRequest) (protocol.HTTPResponse, error) {
	return protocol.HTTPResponse{}, errors.New("no network in this test")
}

// folder makes a plugin folder with the echo connector and misbehaving ones.
func folder(t *testing.T, names ...string) string {
	t.Helper()
	dir := t.TempDir()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		from := self
		if name == "echo" {
			from = echoFile
		}
		put(t, from, filepath.Join(dir, name))
	}
	return dir
}

// put copies an executable.
func put(t *testing.T, from, to string) {
	t.Helper()
	raw, err := os.ReadFile(from)
	if err != nil {
		t.Fatal(err)
	}
	syscall.ForkLock.RLock() // a process that another test begins meanwhile would hold it open, and nobody could run it
	defer syscall.ForkLock.RUnlock()
	if err := os.WriteFile(to, raw, 0o755); err != nil {
		t.Fatal(err)
	}
}

// host starts a Host that trusts its folder, and stops it with the test.
func host(t *testing.T, dir string, change ...func(*Config)) *Host {
	t.Helper()
	known, err := catalog.New(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	cfg := Config{Dir: dir, Catalog: known, Gateway: noGateway{}, Logger: slog.New(slog.DiscardHandler), TrustFolder: true}
	for _, f := range change {
		f(&cfg)
	}
	h, err := New(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 100*time.Millisecond)
		defer cancel()
		if err := h.Stop(ctx); err != nil {
			t.Error(err)
		}
	})
	return h
}

func connector(t *testing.T, h *Host, name string) protocol.Connector {
	t.Helper()
	c, err := h.Connector(name)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// invoke runs an action with a deadline; the input may be empty.
func invoke(t *testing.T, c protocol.Connector, within time.Duration, action, input string) (string, error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), within)
	defer cancel()
	call := protocol.Call{Settings: json.RawMessage(`{"secret":"secret_1"}`), RunID: "run_1", StepID: "s", Attempt: 1}
	out, err := c.Invoke(ctx, protocol.Invocation{Call: call, Action: action, Input: json.RawMessage(input)}, nil)
	return string(out.Output), err
}

func wantEcho(t *testing.T, c protocol.Connector) {
	t.Helper()
	if out, err := invoke(t, c, 10*time.Second, "echo", `{"id":820982911946154508}`); err != nil || out != `{"id":820982911946154508}` {
		t.Fatalf("echo = %s, %v", out, err)
	}
}

func wantFailure(t *testing.T, err error, kind protocol.FailureKind, words string) *protocol.Failure {
	t.Helper()
	var f *protocol.Failure
	if !errors.As(err, &f) {
		t.Fatalf("error = %v, want a Failure", err)
	}
	source := protocol.FromConnector
	if kind == protocol.Retryable { // nothing has reached the connector
		source = protocol.FromGateway
	}
	if f.Kind != kind || f.Source != source || !strings.Contains(f.Message, words) {
		t.Fatalf("failure = %+v, want %s saying %q", *f, kind, words)
	}
	return f
}

func listed(t *testing.T, h *Host, name string) Installed {
	t.Helper()
	for _, in := range h.Connectors() {
		if in.Name == name {
			return in
		}
	}
	t.Fatalf("%s is not listed", name)
	return Installed{}
}

// pid is the process that serves name now.
func pid(t *testing.T, h *Host, name string) int {
	t.Helper()
	s, err := h.supervisor(name, "")
	if err != nil {
		t.Fatal(err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.current == nil {
		t.Fatalf("%s is not running", name)
	}
	return s.current.process.cmd.Process.Pid
}

// eventually polls until ok, for at most the given time.
func eventually(t *testing.T, within time.Duration, what string, ok func() bool) {
	t.Helper()
	deadline := time.Now().Add(within)
	for !ok() {
		if time.Now().After(deadline) {
			t.Fatalf("not within %v: %s", within, what)
		}
		time.Sleep(5 * time.Millisecond)
	}
}

// gone reports whether no process has that number, a zombie included.
func gone(pid int) bool {
	raw, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	return err != nil || strings.Contains(string(raw), ") Z ")
}
