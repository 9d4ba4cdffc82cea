//go:build linux

package wholepath_test

import (
	"database/sql"
	"encoding/json"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib"

	"github.com/cordboard/cordboard/core/internal/api"
	"github.com/cordboard/cordboard/core/internal/testenv"
)

// beside starts a second gateway on the database of the first, with some settings of its own.
func (g *gateway) beside(t *testing.T, own ...map[string]string) *gateway {
	t.Helper()
	apiAddr, hooksAddr := freeAddr(t), freeAddr(t)
	second := &gateway{vendors: g.vendors, api: "http://" + apiAddr, hooks: "http://" + hooksAddr, env: maps.Clone(g.env)}
	second.env["CORDBOARD_ADDR"], second.env["CORDBOARD_HOOKS_ADDR"] = apiAddr, hooksAddr
	for _, settings := range own {
		maps.Copy(second.env, settings)
	}
	second.start(t)
	second.readToken(t)
	return second
}

func (g *gateway) readiness(t *testing.T) (status int, text string) {
	t.Helper()
	resp, err := http.Get(g.hooks + "/readyz")
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, _ := io.ReadAll(resp.Body)
	return resp.StatusCode, string(body)
}

// TestOneOfTwoNodesFails is case 18 and its like: of two nodes the one that began the runs stands still past its lease and
// goes on, and then dies. The other takes over what is due, and nothing is done twice.
func TestOneOfTwoNodesFails(t *testing.T) {
	t.Parallel()
	first := newGateway(t, map[string]string{"CORDBOARD_DATABASE_URL": testenv.Postgres(t), "CORDBOARD_REDIS_URL": testenv.Redis(t)}, within)
	second := first.beside(t)
	silence := outcome{path: silent, sent: reminded, tag: "silent", wait: "no_response"}

	frozen := person{second, "+34600888001"}
	first.vendors.buy(t, order{Phone: frozen.phone})
	frozen.asked(t)
	if err := first.cmd.Process.Signal(syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	thawed := sync.OnceFunc(func() { _ = first.cmd.Process.Signal(syscall.SIGCONT) })
	t.Cleanup(thawed)
	frozen.endsAs(t, silence)
	before := len(second.vendors.sent(t, frozen.phone))
	thawed()
	later := person{second, "+34600888002"}
	first.vendors.buy(t, order{Phone: later.phone})
	later.asked(t)
	first.kill()
	later.endsAs(t, silence)
	if now := second.vendors.sent(t, frozen.phone); len(now) != before {
		t.Errorf("the node that stood still sent more: %q", now)
	}
}

// TestNodesWithoutRedis is case 39: nodes that are cut off from Redis say that they are degraded and go on, and are well
// when it is back.
func TestNodesWithoutRedis(t *testing.T) {
	t.Parallel()
	redis := testenv.NewLink(t, testenv.Redis(t))
	first := newGateway(t, map[string]string{"CORDBOARD_DATABASE_URL": testenv.Postgres(t), "CORDBOARD_REDIS_URL": redis.URL}, within)
	second := first.beside(t)
	degraded := func(want bool) {
		t.Helper()
		for _, g := range []*gateway{first, second} {
			eventually(t, "the node says how it is", func() (bool, any) {
				status, text := g.readiness(t)
				var stats api.Stats
				g.call(t, http.MethodGet, "stats", nil, &stats)
				return status == http.StatusOK && strings.Contains(text, "degraded") == want && stats.Degraded == want, text
			})
		}
	}
	degraded(false)
	redis.Cut()
	degraded(true)
	replies, stays := person{first, "+34600888011"}, person{second, "+34600888012"}
	for _, p := range []person{replies, stays} {
		first.vendors.buy(t, order{Phone: p.phone})
	}
	replies.asked(t)
	replies.says(t, "Sí")
	replies.endsAs(t, outcome{path: answered, sent: guided, tag: "reactive", wait: "replied", heard: []string{"matched"}})
	stays.endsAs(t, outcome{path: silent, sent: reminded, tag: "silent", wait: "no_response"})
	redis.Mend()
	degraded(false)
	after := person{second, "+34600888013"}
	first.vendors.buy(t, order{Phone: after.phone})
	after.endsAs(t, outcome{path: silent, sent: reminded, tag: "silent", wait: "no_response"})
}

// TestAFailingFlowIsToldOnceByTwoNodes has runs fail on both nodes: one alert goes out, and one of more of the same does not
// within the hour.
func TestAFailingFlowIsToldOnceByTwoNodes(t *testing.T) {
	t.Parallel()
	database := testenv.Postgres(t)
	first := newGateway(t, map[string]string{"CORDBOARD_DATABASE_URL": database, "CORDBOARD_REDIS_URL": testenv.Redis(t)}, time.Hour)
	second := first.beside(t)
	var mu sync.Mutex
	var told []map[string]any
	pager := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		var e struct {
			Type string
			Data map[string]any
		}
		_ = json.NewDecoder(r.Body).Decode(&e)
		e.Data["type"] = e.Type
		mu.Lock()
		defer mu.Unlock()
		told = append(told, e.Data)
	}))
	t.Cleanup(pager.Close)
	first.call(t, http.MethodPost, "endpoints", map[string]any{"url": pager.URL, "events": []string{"alert.*"}}, nil)
	first.call(t, http.MethodPut, "flows/broken", []byte("name: broken\ntrigger: { on: manual }\nsteps:\n  - { id: no, fail: { message: \"Ana was refused\" } }\n"), nil)
	start := func() {
		for i := range 6 {
			g := []*gateway{first, second}[i%2]
			g.call(t, http.MethodPost, "flows/broken/start", map[string]any{}, nil)
		}
	}
	db, err := sql.Open("pgx", database)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	ask := func(query string) (n int, err error) {
		err = db.QueryRowContext(t.Context(), query).Scan(&n)
		return n, err
	}
	eventually(t, "a node has begun to count", func() (bool, any) {
		n, err := ask("SELECT count(*) FROM alert_watch WHERE counted_to < now() - interval '15 seconds'")
		return n == 1, err
	})
	start()
	eventually(t, "an alert has come", func() (bool, any) {
		mu.Lock()
		defer mu.Unlock()
		return len(told) > 0, told
	})
	start()
	failures := func() (n float64) {
		mu.Lock()
		defer mu.Unlock()
		for _, d := range told {
			n += d["failures"].(float64)
		}
		return n
	}
	eventually(t, "all runs are counted", func() (bool, any) {
		n, err := ask("SELECT coalesce(sum(untold), 0) FROM alerts")
		return n+int(failures()) == 12, []any{n, failures(), err}
	})
	mu.Lock()
	defer mu.Unlock()
	if len(told) != 1 || told[0]["type"] != "alert.flow" || told[0]["flow"] != "broken" {
		t.Errorf("told %v, want one alert", told)
	}
	for _, d := range told {
		if text, _ := json.Marshal(d); strings.Contains(string(text), "Ana") {
			t.Errorf("an alert tells what a run said: %s", text)
		}
	}
}
