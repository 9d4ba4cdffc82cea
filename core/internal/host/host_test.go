package host

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/cordboard/cordboard/core/internal/catalog"
	"github.com/cordboard/cordboard/sdk/protocol"
)

func TestConnectorsStartWithTheirFirstCall(t *testing.T) {
	t.Parallel()
	h := host(t, folder(t, "echo"))
	before := listed(t, h, "echo")
	if before.State == Refused || before.Versions[0].Version != "1.0.0" || before.Manifest.Title != "Echo" || len(before.Versions[0].SHA256) != 64 {
		t.Errorf("before the first call: %+v", before)
	}
	c := connector(t, h, "echo")
	wantEcho(t, c)
	if got := listed(t, h, "echo"); got.State != Ready {
		t.Errorf("after the first call: %s, %s", got.State, got.Problem)
	}
	first := pid(t, h, "echo")
	var wg sync.WaitGroup
	for range 50 {
		wg.Go(func() {
			if _, err := invoke(t, c, 10*time.Second, "echo", `{}`); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if again := pid(t, h, "echo"); again != first {
		t.Error("a second process was started")
	}
}

func TestCase29TheEnvironmentIsEmpty(t *testing.T) {
	t.Setenv("CORDBOARD_DATABASE_URL", "postgres://secret")
	h := host(t, folder(t, "echo"))
	wantEcho(t, connector(t, h, "echo"))
	raw, err := os.ReadFile(fmt.Sprintf("/proc/%d/environ", pid(t, h, "echo")))
	if err != nil {
		t.Fatal(err)
	}
	for entry := range strings.SplitSeq(strings.TrimSuffix(string(raw), "\x00"), "\x00") {
		name, _, _ := strings.Cut(entry, "=")
		if !strings.HasPrefix(name, "PLUGIN_") && name != "TMPDIR" && name != "CORDBOARD_CONNECTOR" {
			t.Errorf("the connector sees %s", name)
		}
	}
}

func TestCase19ACrashLosesOnlyItsCall(t *testing.T) {
	t.Parallel()
	for _, action := range []string{"exit", "panic"} {
		t.Run(action, func(t *testing.T) {
			t.Parallel()
			h := host(t, folder(t, "echo", "calm"))
			c, other := connector(t, h, "echo"), connector(t, h, "calm")
			wantEcho(t, c)
			wantEcho(t, other)
			calm := pid(t, h, "calm")
			_, err := invoke(t, c, 10*time.Second, action, `{}`)
			f := wantFailure(t, err, protocol.Unknown, "")
			if action == "panic" && !strings.Contains(f.Detail, "as asked") {
				t.Errorf("detail = %q, want what it said last", f.Detail)
			}
			wantEcho(t, c)
			if pid(t, h, "calm") != calm {
				t.Error("another connector was restarted")
			}
		})
	}
}

func TestCase19AKilledConnectorIsStartedAgain(t *testing.T) {
	t.Parallel()
	h := host(t, folder(t, "echo"))
	c := connector(t, h, "echo")
	wantEcho(t, c)
	first := pid(t, h, "echo")
	if err := syscall.Kill(first, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	eventually(t, time.Second, "started again without a call", func() bool {
		if listed(t, h, "echo").State != Ready {
			return false
		}
		return pid(t, h, "echo") != first
	})
	wantEcho(t, c)
}

func TestACancelledCallReturnsAtOnce(t *testing.T) {
	t.Parallel()
	h := host(t, folder(t, "echo"))
	c := connector(t, h, "echo")
	wantEcho(t, c)
	ctx, cancel := context.WithCancelCause(t.Context())
	time.AfterFunc(50*time.Millisecond, func() { cancel(errors.New("the run was cancelled")) })
	_, err := c.Invoke(ctx, protocol.Invocation{Action: "sleep", Input: json.RawMessage(`{"for":"1h"}`)}, nil)
	if err == nil || !strings.Contains(err.Error(), "the run was cancelled") {
		t.Errorf("error = %v, want the cause", err)
	}
}

func TestCase22LargeRepliesAreRefused(t *testing.T) {
	t.Parallel()
	h := host(t, folder(t, "echo"))
	c := connector(t, h, "echo")
	_, err := invoke(t, c, 20*time.Second, "big", `{"bytes":5242880}`)
	wantFailure(t, err, protocol.Permanent, "reply too large")
	first := pid(t, h, "echo")
	if out, err := invoke(t, c, 20*time.Second, "big", `{"bytes":4000000}`); err != nil || len(out) < 4_000_000 {
		t.Errorf("a smaller one: %d bytes, %v", len(out), err)
	}
	if pid(t, h, "echo") != first {
		t.Error("a large reply cost the process")
	}
}

func TestCase23RepliesThatAreNotSoundAreRefused(t *testing.T) {
	t.Parallel()
	h := host(t, folder(t, "stub"))
	c := connector(t, h, "stub")
	for _, output := range []string{`{"oops`, `{"a":1,"a":2}`, "\"\xff\"", strings.Repeat("[", 300) + strings.Repeat("]", 300)} {
		_, err := invoke(t, c, 10*time.Second, "x", output)
		wantFailure(t, err, protocol.Permanent, "output is refused")
	}
	for _, event := range []protocol.Event{
		{Trigger: "t", Data: json.RawMessage(`{}`)},
		{Key: "k", Data: json.RawMessage(`{}`)},
		{Key: "k\x00", Trigger: "t"},
		{Key: "k", Trigger: "t", Data: json.RawMessage(`{"a":1,"a":2}`)},
	} {
		body, err := json.Marshal(event)
		if err != nil {
			t.Fatal(err)
		}
		_, err = c.Receive(t.Context(), protocol.Webhook{Body: body})
		wantFailure(t, err, protocol.Permanent, "event 1 is refused")
	}
}

func TestCase36FailuresPassThroughTidied(t *testing.T) {
	t.Parallel()
	h := host(t, folder(t, "echo"))
	c := connector(t, h, "echo")
	_, err := invoke(t, c, 10*time.Second, "fail", `{"kind":"rate_limited","message":"slow \u001b[31m`+strings.Repeat("x", 9000)+`","retry_after":"90s"}`)
	var f *protocol.Failure
	if !errors.As(err, &f) || f.Kind != protocol.RateLimited || f.RetryAfter != 90*time.Second {
		t.Fatalf("error = %v", err)
	}
	if len(f.Message) > maxMessage || strings.Contains(f.Message, "\x1b") {
		t.Errorf("message of %d bytes: %.40q", len(f.Message), f.Message)
	}
}

func TestLogLinesOfACallAreBounded(t *testing.T) {
	t.Parallel()
	h := host(t, folder(t, "echo"))
	c := connector(t, h, "echo")
	lines, longest := 0, 0
	in := protocol.Invocation{Action: "flood", Input: json.RawMessage(`{"lines":3000,"size":10000}`)}
	if _, err := c.Invoke(t.Context(), in, func(line protocol.LogLine) { lines, longest = lines+1, max(longest, len(line.Message)) }); err != nil {
		t.Fatal(err)
	}
	if lines != maxLogLines || longest > maxLogLine {
		t.Errorf("%d lines of up to %d bytes", lines, longest)
	}
}

// counter is a log that counts bytes.
type counter struct {
	mu sync.Mutex
	n  int
}

func (c *counter) Write(p []byte) (int, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.n += len(p)
	return len(p), nil
}

func TestCase26LogLinesAreReadAtTheirPace(t *testing.T) {
	t.Parallel()
	h := host(t, folder(t, "hostile"))
	c := connector(t, h, "hostile")
	tried(t, c, "open", attempt{})
	ctx, cancel := context.WithTimeout(t.Context(), time.Second)
	defer cancel()
	lines := 0
	_, err := c.Invoke(ctx, protocol.Invocation{Action: "stream", Input: json.RawMessage(`{}`)}, func(protocol.LogLine) { lines++ })
	wantFailure(t, err, protocol.Unknown, "in time")
	if most := loggedHead>>20 + 2; lines == 0 || lines > most { // of 1 MiB each
		t.Errorf("%d lines were read in a second, want at most %d", lines, most)
	}
	if listed(t, h, "hostile").Faults[HeldBack] == 0 {
		t.Error("nobody says that it was held back")
	}
}

func TestCase26AFloodOfOutputIsBounded(t *testing.T) {
	t.Parallel()
	log := &counter{}
	h := host(t, folder(t, "flooder"), func(cfg *Config) { cfg.Logger = slog.New(slog.NewTextHandler(log, nil)) })
	c := connector(t, h, "flooder")
	for range 200 {
		if out, err := invoke(t, c, 10*time.Second, "x", `1`); err != nil || out != "1" {
			t.Fatalf("%s, %v", out, err)
		}
	}
	eventually(t, 10*time.Second, "the allowance is used up", func() bool {
		log.mu.Lock()
		defer log.mu.Unlock()
		return log.n > maxPerMinute
	})
	// It was started twice, once to describe itself; each line carries a time and a name.
	if log.n > 3*maxPerMinute {
		t.Errorf("%d bytes were logged", log.n)
	}
}

func TestCase21ConnectorsThatDoNotStart(t *testing.T) {
	t.Parallel()
	cases := map[string]string{
		"silent":   "no handshake within 1s",
		"babbler":  "does not start",
		"liar":     "does not start",
		"quitter":  "does not start",
		"impostor": `it calls itself "echo"`,
		"futurist": "upgrade the older of the two", // case 34
	}
	for name, want := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			begin := time.Now()
			h := host(t, folder(t, name), func(cfg *Config) {
				if name == "silent" {
					cfg.StartTimeout = time.Second
				}
			})
			if took := time.Since(begin); took > 10*time.Second {
				t.Errorf("took %v", took)
			}
			got := listed(t, h, name)
			if got.State != Refused || !strings.Contains(got.Problem, want) || len(got.Problem) > 1000 || strings.Contains(got.Problem, "\x1b") {
				t.Errorf("%s: %.200q", got.State, got.Problem)
			}
			if _, err := h.Connector(name); err == nil {
				t.Error("it can be called")
			}
		})
	}
}

func TestCase31OnlyInstalledFilesRun(t *testing.T) {
	t.Parallel()
	dir := folder(t, "echo")
	if err := os.Symlink(echoFile, filepath.Join(dir, "linked")); err != nil {
		t.Fatal(err)
	}
	known, err := catalog.New(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	careful := func(cfg *Config) { cfg.TrustFolder, cfg.Catalog = false, known }
	h := host(t, dir, careful)
	if _, err := h.Connector("echo"); !errors.Is(err, ErrNotApproved) {
		t.Errorf("new file: error = %v", err)
	}
	if _, err := h.Connector("linked"); err == nil || listed(t, h, "linked").State != Refused {
		t.Error("a link runs")
	}
	if _, err := h.Connector("nothing"); !errors.Is(err, ErrUnknown) {
		t.Errorf("no file: error = %v", err)
	}
	if _, err := h.Install(t.Context(), "echo"); err != nil {
		t.Fatal(err)
	}
	c := connector(t, h, "echo")

	// One byte more, under the running host: the next start refuses it.
	raw, err := os.ReadFile(echoFile)
	if err != nil {
		t.Fatal(err)
	}
	changed := filepath.Join(t.TempDir(), "echo")
	if err := os.WriteFile(changed, append(raw, 0), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(changed, filepath.Join(dir, "echo")); err != nil {
		t.Fatal(err)
	}
	_, err = invoke(t, c, time.Second, "echo", `{}`)
	wantFailure(t, err, protocol.Retryable, ErrChanged.Error())

	// And so does the next host, until somebody installs it.
	next := host(t, dir, careful)
	if _, err := next.Connector("echo"); !errors.Is(err, ErrChanged) {
		t.Errorf("changed file: error = %v", err)
	}
	if _, err := next.Install(t.Context(), "echo"); err != nil {
		t.Fatal(err)
	}
	wantEcho(t, connector(t, next, "echo"))
	if err := os.Remove(filepath.Join(dir, "echo")); err != nil {
		t.Fatal(err)
	}
	if got := listed(t, host(t, dir, careful), "echo"); got.State != Refused || !strings.Contains(got.Problem, "missing") {
		t.Errorf("missing file: %s, %s", got.State, got.Problem)
	}
}

func TestCase27AGroupDiesTogether(t *testing.T) {
	t.Parallel()
	h := host(t, folder(t, "forker"))
	c := connector(t, h, "forker")
	if _, err := c.CheckConnection(t.Context(), protocol.Call{}); err != nil {
		t.Fatal(err)
	}
	child := func() bool { return len(withArgument("135791")) > 0 }
	eventually(t, 2*time.Second, "the child is there", child)
	if err := syscall.Kill(pid(t, h, "forker"), syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	if err := h.Stop(t.Context()); err != nil { // and no other is started
		t.Fatal(err)
	}
	eventually(t, 2*time.Second, "the child is gone", func() bool { return !child() })
}

func TestStopWaitsForCalls(t *testing.T) {
	t.Parallel()
	h := host(t, folder(t, "echo"))
	c := connector(t, h, "echo")
	wantEcho(t, c)
	process := pid(t, h, "echo")
	result := make(chan error, 1)
	go func() {
		_, err := invoke(t, c, 10*time.Second, "sleep", `{"for":"300ms"}`)
		result <- err
	}()
	eventually(t, time.Second, "the call is under way", func() bool {
		s, err := h.supervisor("echo", "")
		if err != nil {
			t.Fatal(err)
		}
		s.mu.Lock()
		defer s.mu.Unlock()
		return s.current.calls == 1
	})
	if err := h.Stop(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := <-result; err != nil {
		t.Errorf("the call: %v", err)
	}
	if !gone(process) {
		t.Error("the process is still there")
	}
	_, err := invoke(t, c, time.Second, "echo", `{}`)
	wantFailure(t, err, protocol.Retryable, "stopping")
}

// doomed is a host in a process of its own that prints the number of its connector's process and waits to be killed.
func doomed(folder string) {
	known, _ := catalog.New(context.Background(), nil)
	h, err := New(context.Background(), Config{Dir: folder, Catalog: known, Gateway: noGateway{}, TrustFolder: true})
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	c, err := h.Connector("echo")
	if err == nil {
		_, err = c.Invoke(context.Background(), protocol.Invocation{Action: "echo", Input: json.RawMessage(`{}`)}, nil)
	}
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	fmt.Println(h.Connectors()[0].PID)
	select {}
}

func TestCase27NoConnectorOutlivesItsHost(t *testing.T) {
	t.Parallel()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	short, err := os.MkdirTemp("", "doomed") // t.TempDir is too deep for sockets
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(short) })
	doomed := exec.Command(self)
	doomed.Env = append(os.Environ(), "DOOMED_HOST="+folder(t, "echo"), "TMPDIR="+short)
	stdout, err := doomed.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := doomed.Start(); err != nil {
		t.Fatal(err)
	}
	var line bytes.Buffer
	for !bytes.Contains(line.Bytes(), []byte("\n")) {
		part := make([]byte, 100)
		n, err := stdout.Read(part)
		line.Write(part[:n])
		if err != nil {
			break
		}
	}
	orphan, err := strconv.Atoi(strings.TrimSpace(line.String()))
	if err != nil || gone(orphan) {
		t.Fatalf("the host says %q", line.String())
	}
	_ = doomed.Process.Kill()
	_ = doomed.Wait()
	eventually(t, 300*time.Millisecond, "the connector is gone", func() bool { return gone(orphan) })
}

func TestATemporaryFolderTooDeepForSocketsIsRefused(t *testing.T) {
	deep := filepath.Join(t.TempDir(), strings.Repeat("d", 60))
	if err := os.Mkdir(deep, 0o700); err != nil {
		t.Fatal(err)
	}
	t.Setenv("TMPDIR", deep)
	_, err := New(t.Context(), Config{Dir: t.TempDir(), Gateway: noGateway{}})
	if err == nil || !strings.Contains(err.Error(), "TMPDIR") {
		t.Errorf("got %v", err)
	}
	if left, _ := os.ReadDir(deep); len(left) != 0 {
		t.Errorf("it leaves %v", left)
	}
}
