//go:build linux

package wholepath_test

import (
	"bufio"
	"context"
	"flag"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/cordboard/cordboard/core/internal/api"
	"github.com/cordboard/cordboard/core/internal/testenv"
)

var restarts = flag.Int("restarts", 3, "how often TestCase46 restarts Postgres")

// orders is a flow that notes the number which a shop posts to its address.
const orders = `name: orders
trigger: { on: webhook, with: { auth: none, delivery_key: X-Delivery } }
steps:
  - id: noted
    set: { number: "{{ event.body.number }}" }
`

// shop posts orders to a gateway under numbers of its own, each until it is taken.
type shop struct {
	gateway *gateway
	url     string
	metrics string

	sent, taken, refused atomic.Int64
	slowest              atomic.Int64 // answer, in milliseconds
	posting              sync.WaitGroup
}

func newShop(t *testing.T, databases map[string]string) *shop {
	t.Helper()
	addr := freeAddr(t)
	databases["CORDBOARD_METRICS_ADDR"] = addr
	s := &shop{gateway: newGateway(t, databases, time.Hour), metrics: "http://" + addr + "/metrics"}
	s.gateway.call(t, http.MethodPut, "flows/orders", []byte(orders), nil)
	var hook api.FlowWebhook
	s.gateway.call(t, http.MethodGet, "flows/orders/webhook", nil, &hook)
	s.url = hook.URL
	return s
}

// post sends an order once and says whether it was taken. What is not taken is refused in the words that senders know.
func (s *shop) post(t *testing.T, number int64) bool {
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, s.url, strings.NewReader(fmt.Sprintf(`{"number":%d}`, number)))
	if err != nil {
		t.Error(err)
		return false
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("X-Delivery", fmt.Sprint("order-", number))
	began := time.Now()
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Error(err)
		return false
	}
	defer resp.Body.Close()
	text, _ := io.ReadAll(resp.Body)
	s.slowest.Store(max(s.slowest.Load(), time.Since(began).Milliseconds()))
	if resp.StatusCode == http.StatusOK {
		s.taken.Add(1)
		return true
	}
	s.refused.Add(1)
	if resp.StatusCode != http.StatusServiceUnavailable || resp.Header.Get("Retry-After") == "" {
		t.Errorf("order %d: %s, Retry-After %q: %s", number, resp.Status, resp.Header.Get("Retry-After"), text)
	}
	return false
}

// insist sends n new orders at once, each until it is taken.
func (s *shop) insist(t *testing.T, n int) {
	for range n {
		number := s.sent.Add(1)
		s.posting.Go(func() {
			for !s.post(t, number) && !t.Failed() {
			}
		})
	}
}

// noted waits until each order that was sent has one run which succeeded.
func (s *shop) noted(t *testing.T) {
	t.Helper()
	eventually(t, "each order has a run", func() (bool, any) {
		runs, ended, after := 0, 0, ""
		for {
			var page api.List[api.Run]
			s.gateway.call(t, http.MethodGet, "runs?flow=orders&limit=200&after="+after, nil, &page)
			for _, r := range page.Items {
				if runs++; r.Status == "succeeded" {
					ended++
				}
			}
			if after = page.Next; after == "" {
				break
			}
		}
		if runs > int(s.sent.Load()) {
			t.Fatalf("%d runs of %d orders", runs, s.sent.Load())
		}
		return ended == int(s.sent.Load()), fmt.Sprintf("%d of %d runs have ended, of %d orders", ended, runs, s.sent.Load())
	})
}

// metric reads one number of the gateway's.
func (s *shop) metric(t *testing.T, name string) int {
	t.Helper()
	resp, err := http.Get(s.metrics)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	lines := bufio.NewScanner(resp.Body)
	for lines.Scan() {
		if text, ok := strings.CutPrefix(lines.Text(), name+" "); ok {
			value, err := strconv.ParseFloat(text, 64)
			if err != nil {
				t.Fatal(err)
			}
			return int(value)
		}
	}
	t.Fatalf("there is no metric %s: %v", name, lines.Err())
	return 0
}

// TestCase46PostgresIsRestartedAgainAndAgain: while Postgres is away orders are refused with Retry-After, afterwards they are
// taken, none that was taken is lost or doubled, and the gateway holds on to nothing of the servers that have gone.
func TestCase46PostgresIsRestartedAgainAndAgain(t *testing.T) {
	t.Parallel()
	server := testenv.OwnPostgres(t)
	s := newShop(t, map[string]string{"CORDBOARD_DATABASE_URL": server.URL, "CORDBOARD_REDIS_URL": testenv.Redis(t)})
	s.insist(t, 50)
	s.posting.Wait()
	s.noted(t)
	routines, files := s.metric(t, "go_goroutines"), s.metric(t, "process_open_fds")
	for i := range *restarts {
		s.insist(t, 10)
		if i%2 == 0 {
			server.Crash()
		} else {
			server.Stop()
		}
		refused := s.refused.Load()
		s.insist(t, 10)
		eventually(t, "orders are refused", func() (bool, any) { return s.refused.Load() > refused, i })
		server.Restart()
		s.posting.Wait()
	}
	s.noted(t)
	http.DefaultClient.CloseIdleConnections()
	var sessions int
	eventually(t, "nothing is left of the restarts", func() (bool, any) {
		admin, err := pgx.Connect(t.Context(), server.URL)
		if err != nil {
			t.Fatal(err)
		}
		defer admin.Close(context.Background())
		if err := admin.QueryRow(t.Context(), "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'cordboard'").Scan(&sessions); err != nil {
			t.Fatal(err)
		}
		r, f := s.metric(t, "go_goroutines"), s.metric(t, "process_open_fds")
		return r <= routines+10 && f <= files+10, fmt.Sprintf("%d goroutines, at first %d; %d files, at first %d; %d sessions", r, routines, f, files, sessions)
	})
	t.Logf("%d restarts: %d orders taken, %d tries refused, the slowest answer after %d ms; %d sessions", *restarts, s.taken.Load(), s.refused.Load(), s.slowest.Load(), sessions)
}

// TestCase49PostgresIsSlow: with each answer of the database late by half a second orders are taken; late by five, more
// come than can be stored: those are refused, the gateway does not grow, and all is well when the database is.
func TestCase49PostgresIsSlow(t *testing.T) {
	t.Parallel()
	link := testenv.NewLink(t, testenv.Postgres(t))
	s := newShop(t, map[string]string{"CORDBOARD_DATABASE_URL": link.URL, "CORDBOARD_REDIS_URL": testenv.Redis(t)})
	s.insist(t, 50)
	s.posting.Wait()
	s.noted(t)
	routines, memory := s.metric(t, "go_goroutines"), s.metric(t, "process_resident_memory_bytes")

	link.Slow(500 * time.Millisecond)
	s.insist(t, 50)
	s.posting.Wait()
	if s.refused.Load() > 0 {
		t.Errorf("%d orders were refused although they could be stored in time", s.refused.Load())
	}

	link.Slow(5 * time.Second)
	const crowd = 700 // of which the gateway lets 512 wait
	well, turn := make(chan struct{}), sync.Mutex{}
	for range crowd {
		number := s.sent.Add(1)
		s.posting.Go(func() {
			for taken := s.post(t, number); !taken && !t.Failed(); {
				<-well
				turn.Lock() // one after the other, so that none is too many
				taken = s.post(t, number)
				turn.Unlock()
			}
		})
	}
	eventually(t, "more than can wait are refused", func() (bool, any) { return s.refused.Load() >= crowd-512, s.refused.Load() })
	if ms := s.slowest.Load(); ms > 7000 {
		t.Errorf("they were refused after %d ms, when their time was up", ms)
	}
	if waiting := s.metric(t, "cordboard_webhooks_under_way"); waiting == 0 {
		t.Error("no order waits, as the metrics say")
	}
	eventually(t, "each order is answered", func() (bool, any) { return s.taken.Load()+s.refused.Load() >= s.sent.Load(), s.refused.Load() })
	grown := s.metric(t, "process_resident_memory_bytes") - memory
	link.Slow(0)
	eventually(t, "what was under way has ended", func() (bool, any) { return s.metric(t, "cordboard_webhooks_under_way") == 0, nil })
	close(well)
	s.posting.Wait()
	s.noted(t)
	http.DefaultClient.CloseIdleConnections()
	eventually(t, "nothing is left of the crowd", func() (bool, any) {
		now := s.metric(t, "go_goroutines")
		return now <= routines+10, fmt.Sprintf("%d goroutines, at first %d", now, routines)
	})
	if grown > 64<<20 {
		t.Errorf("the gateway has grown by %d MiB", grown>>20)
	}
	t.Logf("%d orders taken, %d tries refused, the slowest answer after %d ms; grown by %d MiB", s.taken.Load(), s.refused.Load(), s.slowest.Load(), grown>>20)
}
