package sandbox

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"
)

// rig is a sandbox with a stopped clock and a gateway that records the webhooks it gets.
type rig struct {
	*Sandbox
	t    *testing.T
	url  string // of the sandbox
	hook string // of the gateway
	got  chan webhook

	mu      sync.Mutex
	answers []int  // statuses of the next answers; then 200
	verify  string // token the gateway accepts in Meta's handshake
}

type webhook struct {
	header http.Header
	body   []byte
}

var start = time.Date(2026, 11, 23, 10, 0, 0, 0, time.UTC)

func newRig(t *testing.T, cfg Config) *rig {
	t.Helper()
	cfg.Now = func() time.Time { return start }
	r := &rig{Sandbox: New(cfg), t: t, got: make(chan webhook, 64), verify: "verify-me"}
	gateway := httptest.NewServer(http.HandlerFunc(r.receive))
	server := httptest.NewServer(r.Handler())
	r.url, r.hook = server.URL, gateway.URL+"/hooks/in"
	t.Cleanup(func() {
		r.Close()
		server.Close()
		gateway.Close()
	})
	return r
}

func (r *rig) receive(w http.ResponseWriter, req *http.Request) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if req.Method == http.MethodGet {
		q := req.URL.Query()
		if q.Get("hub.mode") != "subscribe" || q.Get("hub.verify_token") != r.verify {
			w.WriteHeader(http.StatusForbidden)
			return
		}
		_, _ = io.WriteString(w, q.Get("hub.challenge"))
		return
	}
	body, _ := io.ReadAll(req.Body)
	status := http.StatusOK
	if len(r.answers) > 0 {
		status, r.answers = r.answers[0], r.answers[1:]
	}
	w.WriteHeader(status)
	r.got <- webhook{req.Header, body}
}

func (r *rig) answerNext(statuses ...int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.answers = statuses
}

// next waits for one webhook.
func (r *rig) next() webhook {
	r.t.Helper()
	select {
	case w := <-r.got:
		return w
	case <-time.After(5 * time.Second):
		r.t.Fatal("no webhook came")
		return webhook{}
	}
}

// until polls what the sandbox does on its own goroutines.
func (r *rig) until(what string, holds func() bool) {
	r.t.Helper()
	deadline := time.After(5 * time.Second)
	tick := time.NewTicker(2 * time.Millisecond)
	defer tick.Stop()
	for !holds() {
		select {
		case <-deadline:
			r.t.Fatalf("never happened: %s", what)
		case <-tick.C:
		}
	}
}

// call sends a request and decodes a JSON answer. Headers come in pairs.
func (r *rig) call(method, path, body string, headers ...string) (int, map[string]any, http.Header) {
	r.t.Helper()
	req, err := http.NewRequest(method, r.url+path, strings.NewReader(body))
	if err != nil {
		r.t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	for i := 0; i+1 < len(headers); i += 2 {
		req.Header.Set(headers[i], headers[i+1])
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		r.t.Fatal(err)
	}
	defer resp.Body.Close()
	raw, err := io.ReadAll(resp.Body)
	if err != nil {
		r.t.Fatal(err)
	}
	var answer map[string]any
	dec := json.NewDecoder(bytes.NewReader(raw))
	dec.UseNumber()
	_ = dec.Decode(&answer) // not every answer is a JSON object
	return resp.StatusCode, answer, resp.Header
}

// at walks into decoded JSON: keys by name, list items by number.
func at(v any, path ...any) any {
	for _, p := range path {
		switch p := p.(type) {
		case string:
			m, _ := v.(map[string]any)
			v = m[p]
		case int:
			l, _ := v.([]any)
			if p >= len(l) {
				return nil
			}
			v = l[p]
		}
	}
	if n, ok := v.(json.Number); ok {
		return n.String()
	}
	return v
}

func (w webhook) json(t *testing.T) map[string]any {
	t.Helper()
	var v map[string]any
	dec := json.NewDecoder(bytes.NewReader(w.body))
	dec.UseNumber()
	if err := dec.Decode(&v); err != nil {
		t.Fatalf("webhook body: %v", err)
	}
	return v
}

func TestClock(t *testing.T) {
	t.Parallel()
	c := newClock(func() time.Time { return start })
	defer c.close()
	ran := make(chan string, 3)
	c.after(2*time.Hour, func() { ran <- "second" })
	c.after(time.Hour, func() { ran <- "first" })
	c.advance(time.Hour)
	if got := <-ran; got != "first" {
		t.Fatalf("after one hour ran %q, want first", got)
	}
	c.advance(time.Hour)
	if got := <-ran; got != "second" {
		t.Fatalf("after two hours ran %q, want second", got)
	}
}

func TestBucketRefillsWithTime(t *testing.T) {
	t.Parallel()
	b := bucket{size: 2, perSecond: 1}
	for i, want := range []bool{true, true, false} {
		if got := b.take(1, start); got != want {
			t.Fatalf("take %d = %v, want %v", i, got, want)
		}
	}
	if !b.take(1, start.Add(time.Second)) {
		t.Fatal("a second refilled nothing")
	}
}
