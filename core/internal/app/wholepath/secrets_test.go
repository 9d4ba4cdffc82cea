//go:build linux

package wholepath_test

import (
	"context"
	"maps"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/cordboard/cordboard/core/internal/api"
	"github.com/cordboard/cordboard/core/internal/repeat"
	"github.com/cordboard/cordboard/core/internal/seal"
	"github.com/cordboard/cordboard/core/internal/store"
)

// TestTheSecretKeyIsChangedOnline is case 13 and S9: everything is sealed anew while the gateway works, by a command that
// is killed in the middle and called again, and then the old key is needed no more.
func TestTheSecretKeyIsChangedOnline(t *testing.T) {
	onBoth(t, func(t *testing.T, databases map[string]string) {
		old, fresh := strings.Repeat("old-key-", 4), strings.Repeat("new-key-", 4)
		env := map[string]string{"CORDBOARD_SECRET_KEY": old}
		for name, value := range databases {
			env[name] = value
		}
		g := newGateway(t, env, time.Hour)
		rotate := func() *exec.Cmd {
			c := exec.Command(gatewayProgram(), "secrets", "rotate")
			c.Env = os.Environ()
			for name, value := range g.env {
				c.Env = append(c.Env, name+"="+value)
			}
			return c
		}

		// One of each kind of secret, and many of one.
		var made api.EndpointSecret
		c := newCRM(t, func() string { return made.Secret })
		g.call(t, http.MethodPost, "endpoints", map[string]any{"url": c.url + "/in", "events": []string{"run.*"}}, &made)
		g.call(t, http.MethodPut, "flows/hooked", []byte(strings.Replace(hooked, "AUTH", "token, header: X-Token", 1)), nil)
		var secret api.FlowWebhookSecret
		g.call(t, http.MethodPost, "flows/hooked/webhook/secret", map[string]string{}, &secret)
		var hook api.FlowWebhook
		g.call(t, http.MethodGet, "flows/hooked/webhook", nil, &hook)
		db := g.openStore(t)
		before, err := seal.New(old)
		if err != nil {
			t.Fatal(err)
		}
		requests := &repeat.Requests{Store: db, Keys: before}
		var all sync.WaitGroup
		for w := range 32 {
			all.Go(func() {
				for i := w; i < 3000; i += 32 {
					if _, _, err := requests.Begin(context.Background(), repeat.Key{WorkspaceID: "ws", Actor: "tok", Text: strconv.Itoa(i)}, nil); err != nil {
						t.Error(err)
						return
					}
				}
			})
		}
		all.Wait()

		g.env["CORDBOARD_SECRET_KEY"] = fresh + "," + old
		if out, err := rotate().CombinedOutput(); err == nil || !strings.Contains(string(out), "restart it with that key first") {
			t.Errorf("beside a node with the old key: %v, %s", err, out)
		}
		g.stop()
		g.start(t)

		// Webhooks and connections open their secrets all the while.
		reading, stop := context.WithCancel(t.Context())
		var reader sync.WaitGroup
		reader.Go(func() {
			var tested time.Time
			for reading.Err() == nil {
				if got := post(t, hook.URL, `{"contact":{"email":"ana@example.com"},"deal":7}`, http.Header{"X-Token": {secret.Secret}}); got/100 != 2 {
					t.Errorf("a webhook was answered with %d", got)
				}
				if time.Since(tested) < time.Second { // the provider limits how often it is asked
					continue
				}
				tested = time.Now()
				var check api.ConnectionCheck
				if g.call(t, http.MethodPost, "connections/crm/test", nil, &check); !check.OK {
					t.Errorf("the connection: %+v", check.Failure)
				}
			}
		})
		left := func() int {
			after, err := seal.New(fresh)
			if err != nil {
				t.Fatal(err)
			}
			some, err := db.SealedOtherwise(t.Context(), "idempotency_keys.request", after.Fingerprint(), "", 10_000)
			if err != nil {
				t.Fatal(err)
			}
			return len(some)
		}
		first := rotate()
		if err := first.Start(); err != nil {
			t.Fatal(err)
		}
		total := left()
		eventually(t, "some were sealed anew", func() (bool, any) { n := left(); return n < total, n })
		_ = first.Process.Kill()
		_ = first.Wait()
		if n := left(); n == 0 {
			t.Error("it had finished when it was killed")
		}
		out, err := rotate().CombinedOutput()
		if err != nil || !strings.Contains(string(out), "Everything is sealed with the key ") || left() != 0 {
			t.Errorf("%v, %d left: %s", err, left(), out)
		}
		t.Logf("%s", out)
		stop()
		reader.Wait()

		g.env["CORDBOARD_SECRET_KEY"] = fresh
		g.stop()
		g.start(t)
		if got := post(t, hook.URL, `{"contact":{"email":"ana@example.com"},"deal":7}`, http.Header{"X-Token": {secret.Secret}}); got/100 != 2 {
			t.Errorf("with the new key alone a webhook is answered with %d", got)
		}
		var check api.ConnectionCheck
		if g.call(t, http.MethodPost, "connections/crm/test", nil, &check); !check.OK {
			t.Errorf("with the new key alone the connection: %+v", check)
		}
		var test api.DeliveryID
		g.call(t, http.MethodPost, "endpoints/"+made.ID+"/test", nil, &test)
		eventually(t, "the endpoint's secret signs", func() (bool, any) {
			var log api.DeliveryLog
			g.call(t, http.MethodGet, "deliveries/"+test.ID, nil, &log)
			return log.State == "delivered", log
		})
		if c.mu.Lock(); len(c.bad) > 0 {
			t.Errorf("wrong signatures: %v", c.bad)
		}
		c.mu.Unlock()
	})
}

// TestSecretsAreSealedAnewFromTheConsole is TestTheSecretKeyIsChangedOnline by the API, which also says how far it is.
func TestSecretsAreSealedAnewFromTheConsole(t *testing.T) {
	onBoth(t, func(t *testing.T, databases map[string]string) {
		old, fresh := strings.Repeat("old-key-", 4), strings.Repeat("new-key-", 4)
		env := map[string]string{"CORDBOARD_SECRET_KEY": old}
		maps.Copy(env, databases)
		g := newGateway(t, env, time.Hour)
		var before api.System
		g.call(t, http.MethodGet, "system", nil, &before)
		kind := map[bool]string{true: "postgres/redis", false: "sqlite/embedded"}[len(databases) > 0]
		if before.Database.Kind+"/"+before.Queue.Kind != kind || before.Database.Size == 0 || before.Database.Schema == 0 || len(before.Nodes) != 1 || !before.Nodes[0].Current || !before.Queue.Healthy {
			t.Errorf("it stands so: %+v", before)
		}
		if k := before.Keys; len(k) != 1 || !k[0].Seals || !k[0].Known || k[0].Secrets == 0 || before.Nodes[0].Keys[0] != k[0].ID {
			t.Fatalf("keys %+v", before.Keys)
		}

		g.stop()
		g.env["CORDBOARD_SECRET_KEY"] = fresh + "," + old
		g.start(t)
		var between, after api.System
		g.call(t, http.MethodGet, "system", nil, &between)
		if k := between.Keys; len(k) != 2 || !k[0].Seals || k[0].Secrets != 0 || k[1].Seals || !k[1].Known || k[1].ID != before.Keys[0].ID || k[1].Secrets != before.Keys[0].Secrets {
			t.Errorf("with a new key: %+v", k)
		}
		var did api.Resealed
		g.call(t, http.MethodPost, "system/reseal", nil, &did)
		g.call(t, http.MethodGet, "system", nil, &after)
		if did.Secrets != before.Keys[0].Secrets || len(did.Stuck) > 0 || after.Keys[0].Secrets != did.Secrets || after.Keys[1].Secrets != 0 {
			t.Errorf("sealed anew: %+v, then %+v", did, after.Keys)
		}

		g.stop()
		g.env["CORDBOARD_SECRET_KEY"] = fresh
		g.start(t)
		var check api.ConnectionCheck
		if g.call(t, http.MethodPost, "connections/crm/test", nil, &check); !check.OK {
			t.Errorf("with the new key alone the connection: %+v", check)
		}
	})
}

// openStore opens the gateway's database beside it.
func (g *gateway) openStore(t *testing.T) *store.Store {
	t.Helper()
	url := g.env["CORDBOARD_DATABASE_URL"]
	if url == "" {
		url = filepath.Join(g.env["CORDBOARD_DATA_DIR"], "cordboard.db")
	}
	db, err := store.Open(t.Context(), url, store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	return db
}
