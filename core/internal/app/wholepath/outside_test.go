//go:build linux

package wholepath_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"
)

// outside is the world that a gateway's connectors call: a listener for the connector echo, and a way to the sandbox's
// vendors. It writes down each call as it arrives, before anything can come between. What it was told has happened,
// whether or not the caller lives to hear it.
type outside struct {
	*httptest.Server

	mu    sync.Mutex
	calls []outsideCall
}

// outsideCall is one call that reached the outside world.
type outsideCall struct {
	At      time.Time
	Action  string
	Key     string // by which its sender says that two are one; empty if the provider takes none
	Header  string // Idempotency-Key
	RunID   string
	StepID  string
	Attempt int    // 0 where the provider is not told
	To      string // digits of a phone number, of what is sent to a person
}

func newOutside(t *testing.T, v *vendors) *outside {
	t.Helper()
	sandbox, err := url.Parse(v.url)
	if err != nil {
		t.Fatal(err)
	}
	pass := httputil.NewSingleHostReverseProxy(sandbox)
	o := &outside{}
	mux := http.NewServeMux()
	mux.HandleFunc("/echo/", func(w http.ResponseWriter, r *http.Request) {
		var in struct {
			outsideEcho
			Input struct{ To string }
		}
		if json.NewDecoder(r.Body).Decode(&in) != nil {
			return // broken off: it was not told
		}
		o.note(outsideCall{
			Action: in.Action, Key: in.IdempotencyKey, Header: r.Header.Get("Idempotency-Key"), RunID: in.RunID, StepID: in.StepID,
			Attempt: in.Attempt, To: strings.TrimPrefix(in.Input.To, "+"),
		})
		dawdle()
		_ = json.NewEncoder(w).Encode(map[string]string{"id": "out " + in.IdempotencyKey})
	})
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return
		}
		if strings.HasSuffix(r.URL.Path, "/messages") {
			var in struct {
				To   string
				Type string
				Key  string `json:"biz_opaque_callback_data"`
			}
			_ = json.Unmarshal(body, &in)
			run, step, _ := strings.Cut(in.Key, ":")
			o.note(outsideCall{Action: in.Type, Key: in.Key, RunID: run, StepID: step, To: strings.TrimPrefix(in.To, "+")})
		}
		dawdle()
		r = r.WithContext(context.WithoutCancel(r.Context())) // what was asked for happens
		r.Body, r.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
		answer := httptest.NewRecorder()
		pass.ServeHTTP(answer, r)
		dawdle()
		for name, values := range answer.Header() {
			w.Header()[name] = values
		}
		w.WriteHeader(answer.Code)
		_, _ = w.Write(answer.Body.Bytes())
	})
	o.Server = httptest.NewServer(mux)
	t.Cleanup(o.Close)
	return o
}

type outsideEcho struct {
	Action         string
	RunID          string `json:"run_id"`
	StepID         string `json:"step_id"`
	Attempt        int
	IdempotencyKey string `json:"idempotency_key"`
}

// dawdle takes as long as a provider may, so that faults meet calls that are under way.
func dawdle() {
	pause := rand.N(60 * time.Millisecond)
	if rand.N(20) == 0 {
		pause *= 15
	}
	<-time.After(pause)
}

func (o *outside) note(c outsideCall) {
	c.At = time.Now()
	o.mu.Lock()
	defer o.mu.Unlock()
	o.calls = append(o.calls, c)
}

// since returns the calls from the nth on.
func (o *outside) since(n int) []outsideCall {
	o.mu.Lock()
	defer o.mu.Unlock()
	return append([]outsideCall(nil), o.calls[n:]...)
}

// count is how many calls of an action there were.
func (o *outside) count(action string) (n int) {
	o.mu.Lock()
	defer o.mu.Unlock()
	for _, c := range o.calls {
		if c.Action == action {
			n++
		}
	}
	return n
}
