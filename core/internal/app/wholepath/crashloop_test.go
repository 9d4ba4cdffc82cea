//go:build linux

package wholepath_test

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/cordboard/cordboard/core/internal/api"
	"github.com/cordboard/cordboard/core/internal/testenv"
)

var (
	kills = flag.Int("kills", 4, "how often TestCrashLoop kills a gateway, on each database")
	seed  = flag.Uint64("seed", 0, "what TestCrashLoop's faults are drawn from; 0: something else each time")
)

// crashFlow has each kind of call there is: one that may be repeated under its key, messages and a call that must not
// be, and between them a question whose answers and deadlines meet the faults.
const crashFlow = `
name: crash-loop
title: Crash loop
trigger: {on: echo.pinged, connection: line}
contact: {phone: "{{ event.phone }}", email: "{{ event.email }}"}
steps:
  - {id: note, do: echo.note, connection: line, with: {event: "{{ event.id }}"}, retry: {attempts: 10, backoff: 1s}}
  - {id: ask, do: whatsapp.send_template, connection: wa, with: {to: "{{ contact.phone }}", template: verify_purchase, language: es, body: ["{{ event.id }}"]}}
  - id: answer
    customer_response: {within: 4s}
    default:
      - {id: thank, do: whatsapp.send_text, connection: wa, with: {to: "{{ contact.phone }}", text: "Gracias"}}
    no_response:
      - {id: remind, do: echo.say, connection: line, with: {to: "{{ contact.phone }}", text: "Still there?"}}
  - {id: charge, do: echo.record, connection: line, with: {event: "{{ event.id }}"}}
  - id: few
    if: event.tag
    then:
      - {id: tag, do: activecampaign.add_tag, connection: crm, with: {email: "{{ contact.email }}", tag: "{{ steps.answer.outcome }}"}, retry: {attempts: 10, backoff: 1s}}
`

const (
	eventPause   = 120 * time.Millisecond // between two events
	mostUnderWay = 150                    // runs, for more events to come: a slow machine gets fewer
	drainedIn    = 10 * time.Minute       // after the last fault: the pauses between attempts grow, and a backlog is worked off
	lineSecret   = "the secret of the line"
	answerWithin = 5 * time.Second // from the question to the answers, of which some are late
)

// TestCrashLoop lets random faults happen to gateways under load and then holds what they know against what the outside
// world was told. It proves the statements of the checker in crashcheck_test.go for the faults of one seed; make chaos
// runs it for long.
func TestCrashLoop(t *testing.T) {
	t.Run("SQLite", func(t *testing.T) { t.Parallel(); newCrashLoop(t, 1).run() })
	t.Run("Postgres", func(t *testing.T) { t.Parallel(); newCrashLoop(t, 2).run() })
}

// crashLoop is an installation of one or more gateways, the faults that happen to it, and those who send it work.
type crashLoop struct {
	*testing.T
	rand     *rand.Rand // of the faults; what comes of them depends on the machine's pace too
	seed     uint64
	vendors  *vendors
	outside  *outside
	nodes    []*gateway
	database string // as the store opens it
	postgres *testenv.Server
	redis    *testenv.Server
	line     string // the connection that events come in by

	faults   map[string]int
	disturb  context.CancelFunc // ends the watch of the newest kill
	progress []time.Duration    // from a gateway's being ready to the next call that reaches the outside world
	cutShort []time.Duration    // the same to the next fault, which came before any call

	mu      sync.Mutex
	sent    []string // events that were acknowledged
	replies []string // what the customers said, by the provider's ids
}

func newCrashLoop(t *testing.T, nodes int) *crashLoop {
	l := &crashLoop{T: t, seed: *seed, faults: map[string]int{}, disturb: func() {}}
	if l.seed == 0 {
		l.seed = rand.Uint64()
	}
	l.rand = rand.New(rand.NewPCG(l.seed, 0))
	l.startVendors()
	l.outside = newOutside(t, l.vendors)
	dir := t.TempDir()
	l.database = filepath.Join(dir, "cordboard.db")
	env := map[string]string{
		"CORDBOARD_DATA_DIR": dir, "CORDBOARD_PLUGIN_DIR": connectorsDir(), "CORDBOARD_EGRESS_ALLOW": "127.0.0.0/8",
		"CORDBOARD_SETTLE": "500ms", "CORDBOARD_GRACE": "1s", "CORDBOARD_LOG_LEVEL": "warn", "CORDBOARD_API_RATE": "0",
	}
	if nodes > 1 {
		l.postgres, l.redis = testenv.OwnPostgres(t), testenv.OwnRedis(t)
		l.database = l.postgres.URL
		env["CORDBOARD_DATABASE_URL"], env["CORDBOARD_REDIS_URL"] = l.postgres.URL, l.redis.URL
	}
	for range nodes {
		l.addNode(env)
	}
	t.Cleanup(func() {
		for _, g := range l.nodes {
			g.stop()
		}
	})
	l.connect()
	return l
}

// startVendors starts the sandbox. It writes a line for each webhook that a gateway was not there for, so nobody is shown
// what it writes.
func (l *crashLoop) startVendors() {
	addr := freeAddr(l.T)
	p, err := launch(sandboxProgram(), nil, "serve", "--addr", addr, "--status-delay", "100ms", "--retry-unit", "200ms")
	if err != nil {
		l.Fatal(err)
	}
	l.Cleanup(p.stop)
	l.vendors = &vendors{url: "http://" + addr}
	l.vendors.await(l.T)
}

// addNode starts a gateway on the installation's database. All of them are reached by the first one's public address.
func (l *crashLoop) addNode(env map[string]string) {
	apiAddr, hooksAddr := freeAddr(l.T), freeAddr(l.T)
	g := &gateway{vendors: l.vendors, api: "http://" + apiAddr, hooks: "http://" + hooksAddr, env: map[string]string{
		"CORDBOARD_ADDR": apiAddr, "CORDBOARD_HOOKS_ADDR": hooksAddr, "CORDBOARD_HOOKS_PUBLIC_URL": "http://" + hooksAddr,
	}}
	for name, value := range env {
		g.env[name] = value
	}
	if len(l.nodes) > 0 {
		g.env["CORDBOARD_HOOKS_PUBLIC_URL"] = l.nodes[0].hooks
	}
	l.nodes = append(l.nodes, g)
	l.up(g)
	g.readToken(l.T)
}

// up starts a gateway and returns when it is ready.
func (l *crashLoop) up(g *gateway) {
	l.Helper()
	var err error
	if g.process, err = launch(gatewayProgram(), g.env, "serve"); err != nil {
		l.Fatal(err)
	}
	g.awaitReady(l.T)
}

// connect makes the connections and publishes the flow.
func (l *crashLoop) connect() {
	first := l.nodes[0]
	for _, c := range []map[string]any{
		{"name": "line", "connector": "echo", "settings": map[string]string{"secret": lineSecret, "base_url": l.outside.URL + "/echo"}},
		{"name": "wa", "connector": "whatsapp", "settings": map[string]string{
			"token": "demo-whatsapp-token", "app_secret": "demo-app-secret", "phone_number_id": "106540352242922",
			"waba_id": "102290129340398", "base_url": l.outside.URL + "/whatsapp",
		}},
		{"name": "crm", "connector": "activecampaign", "settings": map[string]string{
			"key": "demo-activecampaign-token", "url": l.outside.URL + "/activecampaign",
		}},
	} {
		var made api.Connection
		first.call(l.T, http.MethodPost, "connections", c, &made)
		if c["name"] == "line" {
			l.line = made.ID
		}
	}
	var applied api.Applied
	first.call(l.T, http.MethodPut, "flows/crash-loop", []byte(crashFlow), &applied)
	eventually(l.T, "the vendors send webhooks", func() (bool, any) {
		var state struct{ Connected struct{ WhatsApp bool } }
		l.vendors.get(l.T, "state", &state)
		return state.Connected.WhatsApp, state
	})
}

// run lets faults happen until there were as many kills as are wanted, gives the installation time to come to rest and
// checks what is left.
func (l *crashLoop) run() {
	l.Logf("seed %d", l.seed)
	ctx, cancel := context.WithCancel(l.Context())
	defer cancel()
	ended := make(chan struct{})
	var people sync.WaitGroup
	people.Go(func() { l.sendEvents(ctx, ended) })
	people.Go(func() { l.answer(ctx, ended) })
	for l.faults["kill"] < *kills && !l.Failed() {
		l.pause()
		l.fault()
	}
	close(ended)
	people.Wait()
	l.disturb()
	l.check()
}

// pause is mostly short, so that faults meet work under way, and sometimes long enough for all that waits to happen.
func (l *crashLoop) pause() {
	longest := 2500 * time.Millisecond
	switch n := l.rand.IntN(10); {
	case n == 0:
		longest = 9 * time.Second
	case n < 4:
		longest = 5 * time.Second
	}
	<-time.After(50*time.Millisecond + time.Duration(l.rand.Int64N(int64(longest))))
}

// fault lets one happen.
func (l *crashLoop) fault() {
	g := l.nodes[l.rand.IntN(len(l.nodes))]
	kind := "kill"
	switch n := l.rand.IntN(100); {
	case n < 8:
		kind = "freeze"
	case n < 20:
		kind = "kill a connector"
	case n < 26 && l.redis != nil:
		kind = "flush Redis"
	case n < 28 && l.redis != nil:
		kind = "restart Redis"
	case n < 31 && l.postgres != nil:
		kind = "crash Postgres"
	case n < 34 && l.postgres != nil:
		kind = "restart Postgres"
	}
	span := time.Duration(l.rand.Int64N(int64(500 * time.Millisecond)))
	l.faults[kind]++
	l.disturb()
	switch kind {
	case "kill":
		g.kill()
		<-time.After(span)
		if strings.Contains(g.output.String(), "panic") {
			l.Errorf("a gateway wrote of a panic:\n%s", g.output)
		}
		l.up(g)
		var undisturbed context.Context
		undisturbed, l.disturb = context.WithCancel(l.Context())
		go l.watch(undisturbed, len(l.outside.since(0)), time.Now())
	case "freeze": // up to 8 s, which is longer than a node may be silent
		_ = g.cmd.Process.Signal(syscall.SIGSTOP)
		<-time.After(16 * span)
		_ = g.cmd.Process.Signal(syscall.SIGCONT)
	case "kill a connector":
		names := []string{"echo", "whatsapp", "activecampaign"}
		if pid := g.child(l.T, names[l.rand.IntN(len(names))]); pid != 0 {
			_ = syscall.Kill(pid, syscall.SIGKILL)
		}
	case "flush Redis":
		l.flush()
	case "restart Redis":
		l.redis.Restart()
	case "crash Postgres":
		l.postgres.Crash()
		<-time.After(span)
		l.postgres.Restart()
	case "restart Postgres":
		l.postgres.Restart()
	}
}

// watch notes how long a gateway that has come back takes to get something done, as long as no other fault comes between.
func (l *crashLoop) watch(undisturbed context.Context, before int, ready time.Time) {
	for {
		disturbed := undisturbed.Err() != nil
		later := l.outside.since(before)
		switch {
		case len(later) > 0:
			l.note(&l.progress, later[0].At.Sub(ready))
			return
		case disturbed:
			l.note(&l.cutShort, time.Since(ready))
			return
		}
		select {
		case <-undisturbed.Done():
		case <-time.After(20 * time.Millisecond):
		}
	}
}

func (l *crashLoop) note(in *[]time.Duration, took time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	*in = append(*in, took)
}

func (l *crashLoop) flush() {
	options, err := redis.ParseURL(l.redis.URL)
	if err != nil {
		l.Fatal(err)
	}
	client := redis.NewClient(options)
	defer client.Close()
	if err := client.FlushAll(l.Context()).Err(); err != nil {
		l.Errorf("flush Redis: %v", err)
	}
}

// sendEvents sends numbered events, each until it is acknowledged, as providers do; some of them twice at once.
func (l *crashLoop) sendEvents(ctx context.Context, ended <-chan struct{}) {
	var senders sync.WaitGroup
	defer senders.Wait()
	for n := 1; ; n++ {
		select {
		case <-ended:
			return
		case <-time.After(eventPause):
		}
		if n-l.outside.count("record") > mostUnderWay+n/10 { // some end early, as failed
			n--
			continue
		}
		event := fmt.Sprintf("event-%06d", n)
		body := fmt.Appendf(nil, `{"id":%q,"phone":"+346%05d555","email":"%s@example.com","tag":%t}`, event, n, event, n%12 == 0) // the sandbox knows some last digits
		copies := 1 + n%10/9
		for c := range copies {
			node := l.nodes[(n+c)%len(l.nodes)]
			senders.Go(func() {
				if l.deliver(ctx, node.hooks, event, body) && c == 0 {
					l.mu.Lock()
					l.sent = append(l.sent, event)
					l.mu.Unlock()
				}
			})
		}
	}
}

func (l *crashLoop) deliver(ctx context.Context, hooks, delivery string, body []byte) bool {
	mac := hmac.New(sha256.New, []byte(lineSecret))
	mac.Write(body)
	client := http.Client{Timeout: 10 * time.Second}
	for ctx.Err() == nil {
		req, err := http.NewRequestWithContext(ctx, http.MethodPost, hooks+"/hooks/connections/"+l.line, bytes.NewReader(body))
		if err != nil {
			l.Error(err)
			return false
		}
		req.Header.Set("Content-Type", "application/json")
		req.Header.Set("X-Echo-Signature", hex.EncodeToString(mac.Sum(nil)))
		req.Header.Set("X-Echo-Delivery", delivery)
		resp, err := client.Do(req)
		if err == nil {
			_, _ = io.Copy(io.Discard, resp.Body)
			_ = resp.Body.Close()
			if resp.StatusCode/100 == 2 {
				return true
			}
			if resp.StatusCode/100 == 4 {
				l.Errorf("event %s: %s", delivery, resp.Status)
				return false
			}
		}
		select {
		case <-ctx.Done():
		case <-time.After(100 * time.Millisecond):
		}
	}
	return false
}

// answer lets two of three customers reply to a question that has reached them, around its deadline.
func (l *crashLoop) answer(ctx context.Context, ended <-chan struct{}) {
	var customers sync.WaitGroup
	defer customers.Wait()
	for seen, last := 0, false; !last; {
		select {
		case <-ended:
			last = true // those who were asked until now
		case <-time.After(50 * time.Millisecond):
		}
		calls := l.outside.since(seen)
		seen += len(calls)
		for _, c := range calls {
			if c.StepID != "ask" || strings.Contains("036", c.To[len(c.To)-4:len(c.To)-3]) {
				continue
			}
			customers.Go(func() {
				select {
				case <-ctx.Done():
					return
				case <-time.After(rand.N(answerWithin)):
				}
				var said struct{ ID string }
				l.vendors.post(l.T, "whatsapp/reply", map[string]any{"from": "+" + c.To, "text": "Sí", "copies": 1 + rand.N(2)}, &said)
				l.mu.Lock()
				l.replies = append(l.replies, said.ID)
				l.mu.Unlock()
			})
		}
	}
}
