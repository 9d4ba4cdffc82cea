//go:build linux

package wholepath_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/cordboard/cordboard/core/internal/api"
	"github.com/cordboard/cordboard/core/internal/list"
	"github.com/cordboard/cordboard/core/internal/store"
)

// TestCase12KilledWhilePublishing: of a flow that is published again and again, the live version is always a whole one, and
// none that was acknowledged is gone.
func TestCase12KilledWhilePublishing(t *testing.T) {
	onBoth(t, func(t *testing.T, databases map[string]string) {
		g := newGateway(t, databases, time.Hour)
		url := filepath.Join(g.env["CORDBOARD_DATA_DIR"], "cordboard.db")
		if databases != nil {
			url = databases["CORDBOARD_DATABASE_URL"]
		}
		document := func(n int64) string {
			return fmt.Sprintf("name: changing\ntrigger: {on: manual}\nsteps:\n  - {id: one, set: {n: %d}}\n", n)
		}
		var sent, acknowledged atomic.Int64
		for range max(*kills/2, 2) {
			stop := make(chan struct{})
			var author sync.WaitGroup
			author.Go(func() {
				for {
					select {
					case <-stop:
						return
					default:
					}
					n := sent.Add(1)
					req, err := http.NewRequest(http.MethodPut, g.api+"/api/v1/flows/changing", strings.NewReader(document(n)))
					if err != nil {
						t.Error(err)
						return
					}
					req.Header.Set("Content-Type", "application/yaml")
					req.Header.Set("Authorization", "Bearer "+g.token)
					resp, err := http.DefaultClient.Do(req)
					if err != nil {
						return // the gateway was killed
					}
					_, _ = io.Copy(io.Discard, resp.Body)
					_ = resp.Body.Close()
					if resp.StatusCode == http.StatusOK {
						acknowledged.Store(n)
					}
				}
			})
			<-time.After(rand.N(300 * time.Millisecond))
			g.kill()
			close(stop)
			author.Wait()
			g.start(t)
		}
		s, err := store.Open(t.Context(), url, store.Options{})
		if err != nil {
			t.Fatal(err)
		}
		defer s.Close()
		spaces, err := s.ListWorkspaces(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		live, err := s.LiveFlow(t.Context(), spaces[0].ID, "changing")
		if errors.Is(err, store.ErrNotFound) && acknowledged.Load() == 0 {
			return // no version was ever published, and nobody was told that one was
		}
		if err != nil {
			t.Fatal(err)
		}
		v, err := s.Version(t.Context(), live.VersionID)
		if err != nil {
			t.Fatal(err)
		}
		var n int64
		if _, err := fmt.Sscan(string(v.Source[bytes.LastIndex(v.Source, []byte("n: "))+len("n: "):]), &n); err != nil {
			t.Errorf("what is live is not a whole document: %v\n%s", err, v.Source)
		}
		if n < acknowledged.Load() || n > sent.Load() { // one that was sent after it may be live without an answer
			t.Errorf("version %d was acknowledged and %d sent last, and version %d is live", acknowledged.Load(), sent.Load(), n)
		}
		versions, err := s.ListVersions(t.Context(), spaces[0].ID, "changing", list.Page{Limit: list.MaxLimit})
		if err != nil || len(versions) == 0 || versions[0].ID != live.VersionID {
			t.Errorf("the newest version is not the live one: %v", err)
		}
	})
}

// TestCase16StoppedWithCallsUnderWay: nothing new comes in, what is under way ends, and nothing is called twice.
func TestCase16StoppedWithCallsUnderWay(t *testing.T) {
	t.Parallel()
	const calls = 200
	var began, ended atomic.Int64
	release := make(chan struct{})
	listener := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
		began.Add(1)
		<-release
		ended.Add(1)
	}))
	t.Cleanup(listener.Close)
	g := newGatewayWith(t, map[string]string{"CORDBOARD_WORKERS": "256"})
	g.call(t, http.MethodPost, "connections", map[string]any{
		"name": "line", "connector": "echo", "settings": map[string]string{"base_url": listener.URL},
	}, nil)
	g.call(t, http.MethodPut, "flows/slow", []byte("name: slow\ntrigger: {on: manual}\nsteps:\n  - {id: act, do: echo.record, connection: line, timeout: 5m}\n"), nil)
	for range calls {
		g.call(t, http.MethodPost, "flows/slow/start", map[string]any{"data": map[string]any{}}, nil)
	}
	eventually(t, "all calls are under way", func() (bool, any) { return began.Load() == calls, began.Load() })
	if err := g.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	eventually(t, "nothing more comes in", func() (bool, any) {
		resp, err := http.Get(g.hooks + "/readyz")
		if err != nil {
			return true, nil
		}
		_ = resp.Body.Close()
		return false, resp.Status
	})
	close(release)
	<-g.ended
	g.start(t)
	eventually(t, "all runs have succeeded", func() (bool, any) {
		var runs api.List[api.Run]
		g.call(t, http.MethodGet, "runs?status=succeeded&limit=200", nil, &runs)
		return len(runs.Items) == calls, len(runs.Items)
	})
	if began.Load() != calls {
		t.Errorf("%d calls, want %d", began.Load(), calls)
	}
}

// TestCase17DiskFull: what can't be stored is not acknowledged; when there is room again, all goes on, and nothing is broken.
func TestCase17DiskFull(t *testing.T) {
	t.Parallel()
	g := newGatewayWith(t, nil)
	g.call(t, http.MethodPut, "flows/hooked", []byte(strings.Replace(hooked, "AUTH", "none", 1)), nil)
	var hook api.FlowWebhook
	g.call(t, http.MethodGet, "flows/hooked/webhook", nil, &hook)
	send := func(n int) int {
		return post(t, hook.URL, fmt.Sprintf(`{"contact":{"email":"a%d@example.com"},"deal":%d,"filler":%q}`, n, n, strings.Repeat("x", 8000)), nil)
	}
	acknowledged := 0
	if send(0) == http.StatusOK {
		acknowledged++
	}
	g.limitFiles(t, g.largestFile(t)+64<<10)
	full := false
	for n := 1; n < 2000 && !full; n++ {
		switch status := send(n); status {
		case http.StatusOK:
			acknowledged++
		case http.StatusServiceUnavailable:
			full = true
		default:
			t.Fatalf("the webhook was answered with %d", status)
		}
	}
	if !full {
		t.Fatal("the disk never was full")
	}
	g.limitFiles(t, unix.RLIM_INFINITY)
	eventually(t, "webhooks are taken again", func() (bool, any) {
		status := send(5000)
		return status == http.StatusOK, status
	})
	acknowledged++
	eventually(t, "each acknowledged webhook has its run", func() (bool, any) {
		runs, after := 0, ""
		for {
			var page api.List[api.Run]
			g.call(t, http.MethodGet, "runs?status=succeeded&limit=200&after="+after, nil, &page)
			runs += len(page.Items)
			if len(page.Items) < 200 {
				return runs >= acknowledged, []int{runs, acknowledged}
			}
			after = page.Items[len(page.Items)-1].ID
		}
	})
}

// newGatewayWith starts a gateway on SQLite, without any vendor, under further settings.
func newGatewayWith(t *testing.T, settings map[string]string) *gateway {
	t.Helper()
	apiAddr, hooksAddr := freeAddr(t), freeAddr(t)
	g := &gateway{api: "http://" + apiAddr, hooks: "http://" + hooksAddr, env: map[string]string{
		"CORDBOARD_ADDR": apiAddr, "CORDBOARD_HOOKS_ADDR": hooksAddr, "CORDBOARD_HOOKS_PUBLIC_URL": "http://" + hooksAddr,
		"CORDBOARD_DATA_DIR": t.TempDir(), "CORDBOARD_PLUGIN_DIR": connectorsDir(), "CORDBOARD_EGRESS_ALLOW": "127.0.0.0/8",
	}}
	for name, value := range settings {
		g.env[name] = value
	}
	g.start(t)
	g.readToken(t)
	return g
}

// limitFiles bounds how large the gateway may make a file, which is how its disk gets full.
func (g *gateway) limitFiles(t *testing.T, size uint64) {
	t.Helper()
	if err := unix.Prlimit(g.cmd.Process.Pid, unix.RLIMIT_FSIZE, &unix.Rlimit{Cur: size, Max: unix.RLIM_INFINITY}, nil); err != nil {
		t.Fatal(err)
	}
}

func (g *gateway) largestFile(t *testing.T) uint64 {
	t.Helper()
	var largest int64
	entries, err := os.ReadDir(g.env["CORDBOARD_DATA_DIR"])
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if info, err := e.Info(); err == nil {
			largest = max(largest, info.Size())
		}
	}
	return uint64(largest)
}
