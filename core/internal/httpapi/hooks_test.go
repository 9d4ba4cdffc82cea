package httpapi

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/cordboard/cordboard/core/internal/trigger"
)

// fakeIntake answers by connection and remembers what it was given.
type fakeIntake struct {
	mu   sync.Mutex
	seen []trigger.Incoming

	refused []string

	waits chan struct{} // is sent to when a caller of "closing" waits
}

func (f *fakeIntake) Accept(_ context.Context, connectionID string, in trigger.Incoming) (trigger.Outcome, string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.seen = append(f.seen, in)
	switch connectionID {
	case "con_panic":
		panic("boom")
	case "hook_html", "hook_none", "hook_closing":
		return trigger.Held, strings.Replace(connectionID, "hook_", "req_", 1)
	case "con_challenge":
		return trigger.Challenged, "12345"
	}
	return trigger.Outcome(strings.TrimPrefix(connectionID, "con_")), ""
}

func (f *fakeIntake) Answer(ctx context.Context, _, requestID string) (trigger.FlowAnswer, bool) {
	switch requestID {
	case "req_html":
		return trigger.FlowAnswer{Status: 418, Header: map[string]string{"Content-Type": "text/html", "X-Order": "7"}, Body: []byte("<script>alert(1)</script>")}, true
	case "req_closing":
		close(f.waits)
		<-ctx.Done()
	}
	return trigger.FlowAnswer{}, false
}

func (f *fakeIntake) Refused(key string, v trigger.Verdict, read func() trigger.Incoming) {
	in := read()
	f.mu.Lock()
	defer f.mu.Unlock()
	f.refused = append(f.refused, fmt.Sprintf("%s %s %s %s %d", in.Method, key, v, in.Remote, in.Size))
}

func (f *fakeIntake) all() []trigger.Incoming {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.seen
}

func silent() *slog.Logger { return slog.New(slog.DiscardHandler) }

// listen serves on a free port until the test ends.
func listen(t *testing.T, s *Server) string {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan error, 1)
	go func() { done <- s.Serve(ln) }()
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		if err := s.Shutdown(ctx); err != nil && !errors.Is(err, context.DeadlineExceeded) {
			t.Error(err)
		}
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	return ln.Addr().String()
}

func setupHooks(t *testing.T) (string, *fakeIntake) {
	t.Helper()
	intake := new(fakeIntake)
	return listen(t, NewHooks(HooksConfig{Intake: intake, Ready: func(context.Context) error { return nil }, Log: silent()})), intake
}

// exchange writes raw bytes and reads one answer; a nil answer means that the connection was reset.
func exchange(t *testing.T, addr string, raw string) (*http.Response, string) {
	t.Helper()
	conn, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	_ = conn.SetDeadline(time.Now().Add(20 * time.Second))
	_, _ = io.WriteString(conn, raw) // a server that has answered already may have closed
	resp, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		return nil, ""
	}
	defer func() { _ = resp.Body.Close() }()
	body, _ := io.ReadAll(resp.Body)
	return resp, string(body)
}

func TestOutcomes(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		outcome trigger.Outcome
		status  int
		body    string
	}{
		"accepted is exactly 200":            {trigger.Accepted, 200, ""},
		"a copy is answered like the first":  {trigger.Duplicate, 200, ""},
		"a handshake gets its number":        {trigger.Challenged, 200, "12345"},
		"unverified":                         {trigger.Unverified, 401, ""},
		"too old looks the same":             {trigger.Expired, 401, ""},
		"a handshake with the wrong token":   {trigger.Forbidden, 403, ""},
		"a handshake that wants markup back": {trigger.BadChallenge, 400, ""},
		"unknown":                            {trigger.Unknown, 404, ""},
		"overloaded":                         {trigger.Overloaded, 503, ""},
	}
	addr, _ := setupHooks(t)
	for name, tt := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			to := "con_" + string(tt.outcome)
			if tt.outcome == trigger.Challenged {
				to = "con_challenge"
			}
			resp, body := exchange(t, addr, "POST /hooks/connections/"+to+" HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\n{}")
			if resp.StatusCode != tt.status || body != tt.body {
				t.Errorf("answer = %d %q, want %d %q", resp.StatusCode, body, tt.status, tt.body)
			}
			if ct := resp.Header.Get("Content-Type"); ct != "text/plain; charset=utf-8" || resp.Header.Get("X-Content-Type-Options") != "nosniff" {
				t.Errorf("a browser could take the answer for a page: %q %v", ct, resp.Header)
			}
			if retry := resp.Header.Get("Retry-After"); (tt.status == 503) != (retry != "") {
				t.Errorf("Retry-After is %q", retry)
			}
		})
	}
}

// What does not even reach the intake is in its log all the same.
func TestTheListenerTellsWhatItRefuses(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct{ raw, want string }{
		"too large":       {"POST /hooks/hook_1 HTTP/1.1\r\nHost: h\r\nContent-Length: 9999999\r\n\r\n", "POST hook_1 too_large 127.0.0.1 9999999"},
		"compressed":      {"POST /hooks/connections/con_1 HTTP/1.1\r\nHost: h\r\nContent-Encoding: gzip\r\nContent-Length: 2\r\n\r\n{}", "POST con_1 bad_encoding 127.0.0.1 2"},
		"ambiguous":       {"POST /hooks/hook_1 HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\nContent-Length: 2\r\n\r\n0\r\n\r\n", "POST hook_1 malformed 127.0.0.1 0"},
		"another address": {"POST /hooks/nothing HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\n{}", "POST nothing unknown_address 127.0.0.1 2"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			addr, intake := setupHooks(t)
			exchange(t, addr, tt.raw)
			if len(intake.refused) != 1 || intake.refused[0] != tt.want {
				t.Errorf("told %q, want %q", intake.refused, tt.want)
			}
		})
	}
}

func TestTheRequestArrivesAsItWasSent(t *testing.T) {
	t.Parallel()
	addr, intake := setupHooks(t)
	body := "{\"a\": \"\u00e9\"}\r\n "
	exchange(t, addr, fmt.Sprintf("POST /hooks/connections/con_accepted?b=1&b=2&c=%%3d HTTP/1.1\r\nHost: h\r\nX-Sign: s\r\nX-SIGN: t\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s", len(body), body))
	in := intake.all()[0]
	if string(in.Body) != body || in.Method != "POST" || fmt.Sprint(in.Query) != "map[b:[1 2] c:[=]]" || fmt.Sprint(in.Header["X-Sign"]) != "[s t]" || in.Header["Content-Type"][0] != "application/json" {
		t.Errorf("got %+v with body %q", in, in.Body)
	}
}

// TestAConnectionHasAddressesOfItsOwnKeys: what comes at one says so, and an address of another form is none.
func TestAConnectionHasAddressesOfItsOwnKeys(t *testing.T) {
	t.Parallel()
	addr, intake := setupHooks(t)
	for path, want := range map[string]int{
		"con_accepted/queued-0123456789abcdef": 200, "con_accepted/queued-0123": 404, "con_accepted/queued-0123456789ABCDEF": 404,
		"con_accepted/queued-0123456789abcdef/x": 404, "con_accepted/-0123456789abcdef": 404, "hook_accepted/queued-0123456789abcdef": 404,
	} {
		resp, _ := exchange(t, addr, "POST /hooks/connections/"+path+" HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\n{}")
		if resp.StatusCode != want {
			t.Errorf("%s: %s", path, resp.Status)
		}
	}
	if all := intake.all(); len(all) != 1 || all[0].Key != "queued-0123456789abcdef" {
		t.Errorf("it took %+v", all)
	}
	if of := addressed("/hooks/connections/con_1/queued-0123456789abcdef"); of != "con_1" {
		t.Errorf("a refused request is noted at %q", of)
	}
}

// What is kept of one request must not change while the connection carries the next ones.
func TestBuffersAreNotShared(t *testing.T) {
	t.Parallel()
	addr, intake := setupHooks(t)
	client := http.Client{Transport: &http.Transport{MaxConnsPerHost: 1}}
	t.Cleanup(client.CloseIdleConnections)
	for i := range 50 {
		resp, err := client.Post(fmt.Sprintf("http://%s/hooks/connections/con_accepted?n=%02d", addr, i), "text/plain", strings.NewReader(fmt.Sprintf("body %02d", i)))
		if err != nil {
			t.Fatal(err)
		}
		_ = resp.Body.Close()
	}
	for i, in := range intake.all() {
		if want := fmt.Sprintf("%02d", i); in.Query["n"][0] != want || string(in.Body) != "body "+want {
			t.Errorf("request %d became %v %q", i, in.Query, in.Body)
		}
	}
}

func TestHostileRequests(t *testing.T) {
	t.Parallel()
	const line = "POST /hooks/connections/con_accepted HTTP/1.1\r\nHost: h\r\n"
	cases := map[string]struct {
		raw    string
		status []int // 0: the connection is reset
		closed bool
	}{
		"a body over the limit":          {raw: line + "Content-Length: 10485760\r\n\r\n" + strings.Repeat("x", 2<<20), status: []int{413, 0}},
		"a body said to be 1 GB":         {raw: line + "Content-Length: 1073741824\r\n\r\n", status: []int{413, 0}},
		"an endless chunked body":        {raw: line + "Transfer-Encoding: chunked\r\n\r\n" + strings.Repeat("10000\r\n"+strings.Repeat("x", 0x10000)+"\r\n", 40), status: []int{413, 0}},
		"length and chunks":              {raw: line + "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", status: []int{400}, closed: true},
		"two lengths":                    {raw: line + "Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}", status: []int{400}, closed: true},
		"chunks in HTTP/1.0":             {raw: "POST /hooks/connections/con_accepted HTTP/1.0\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", status: []int{400}, closed: true},
		"a folded header":                {raw: line + "X-A: b\r\n c\r\nContent-Length: 0\r\n\r\n", status: []int{400}, closed: true},
		"a header line without CR":       {raw: line + "X-A: b\nContent-Length: 0\r\n\r\n", status: []int{400}, closed: true},
		"two hosts":                      {raw: line + "Host: i\r\nContent-Length: 0\r\n\r\n", status: []int{400}, closed: true},
		"a gzip body":                    {raw: line + "Content-Encoding: gzip\r\nContent-Length: 2\r\n\r\n{}", status: []int{415}},
		"nested encodings":               {raw: line + "Content-Encoding: gzip, br\r\nContent-Length: 2\r\n\r\n{}", status: []int{415}},
		"headers of 64 KB":               {raw: line + "X-A: " + strings.Repeat("x", 64<<10) + "\r\n\r\n", status: []int{431, 0}},
		"1,000 cookies":                  {raw: line + strings.Repeat("Cookie: abcdefghijklmnop=1\r\n", 1000) + "\r\n", status: []int{431, 0}},
		"a method that is not served":    {raw: "DELETE /hooks/connections/con_accepted HTTP/1.1\r\nHost: h\r\n\r\n", status: []int{405, 501, 400}},
		"a slash as %2f":                 {raw: "POST /hooks/connections%2fcon_accepted HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\n\r\n", status: []int{404}},
		"dots as %2e":                    {raw: "POST /hooks/%2e%2e/hooks/connections/con_accepted HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\n\r\n", status: []int{404}},
		"a doubled slash":                {raw: "POST //hooks/connections/con_accepted HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\n\r\n", status: []int{404}},
		"a slash at the end":             {raw: "POST /hooks/connections/con_accepted/ HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\n\r\n", status: []int{404}},
		"an encoded NUL":                 {raw: "POST /hooks/connections%00/con_accepted HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\n\r\n", status: []int{404}},
		"a semicolon":                    {raw: "POST /hooks;a/connections/con_accepted HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\n\r\n", status: []int{404}},
		"another path by X-Original-URL": {raw: "POST /other HTTP/1.1\r\nHost: h\r\nX-Original-URL: /hooks/connections/con_accepted\r\nContent-Length: 0\r\n\r\n", status: []int{404}},
		"the API's paths":                {raw: "GET /api/v1/runs HTTP/1.1\r\nHost: h\r\n\r\n", status: []int{404}},
	}
	addr, intake := setupHooks(t)
	t.Run("all", func(t *testing.T) {
		for name, tt := range cases {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				resp, body := exchange(t, addr, tt.raw)
				status := 0
				if resp != nil {
					status = resp.StatusCode
				}
				if !slices.Contains(tt.status, status) {
					t.Errorf("status = %d %s, want one of %v", status, body, tt.status)
				}
				if tt.closed && resp != nil && !resp.Close {
					t.Error("the connection is kept")
				}
			})
		}
	})
	if got := intake.all(); len(got) != 0 {
		t.Errorf("%d requests came through: %+v", len(got), got[0])
	}
}

func TestAnAbsoluteURIReachesTheSamePath(t *testing.T) {
	t.Parallel()
	addr, intake := setupHooks(t)
	resp, _ := exchange(t, addr, "POST http://other.example/hooks/connections/con_accepted HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\n\r\n")
	if resp == nil || resp.StatusCode != 200 || len(intake.all()) != 1 {
		t.Errorf("answer %v, %d requests", resp, len(intake.all()))
	}
}

func TestABugInOneRequestLeavesTheOthers(t *testing.T) {
	t.Parallel()
	addr, _ := setupHooks(t)
	resp, body := exchange(t, addr, "POST /hooks/connections/con_panic HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\n\r\n")
	if resp.StatusCode != 500 || strings.Contains(body, "boom") {
		t.Errorf("answer = %d %s", resp.StatusCode, body)
	}
	if resp, _ := exchange(t, addr, "GET /healthz HTTP/1.1\r\nHost: h\r\n\r\n"); resp.StatusCode != 200 {
		t.Errorf("health = %d", resp.StatusCode)
	}
}

func TestASlowSenderIsDropped(t *testing.T) {
	t.Parallel()
	const patience = 200 * time.Millisecond
	addr := listen(t, NewHooks(HooksConfig{Intake: new(fakeIntake), Ready: func(context.Context) error { return nil }, Patience: patience, Log: silent()}))
	for name, raw := range map[string]string{
		"headers": "POST /hooks/connections/con_accepted HTTP/1.1\r\nHost: h\r\n",
		"body":    "POST /hooks/connections/con_accepted HTTP/1.1\r\nHost: h\r\nContent-Length: 10\r\n\r\n{",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			began := time.Now()
			resp, _ := exchange(t, addr, raw)
			if resp != nil && resp.StatusCode != http.StatusRequestTimeout {
				t.Errorf("status = %d, want 408 or a reset", resp.StatusCode)
			}
			if took := time.Since(began); took < patience {
				t.Errorf("dropped after %s, want no sooner than %s", took, patience)
			}
		})
	}
}

func TestReadiness(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		err    error
		status int
	}{"ready": {nil, 200}, "the database is away": {errors.New("dial 10.0.0.1: refused"), 503}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			addr := listen(t, NewHooks(HooksConfig{Intake: new(fakeIntake), Ready: func(context.Context) error { return tt.err }, Log: silent()}))
			resp, body := exchange(t, addr, "GET /readyz HTTP/1.1\r\nHost: h\r\n\r\n")
			if resp.StatusCode != tt.status || strings.Contains(body, "10.0.0.1") {
				t.Errorf("answer = %d %q, want %d", resp.StatusCode, body, tt.status)
			}
		})
	}
}

// TestCase75AnswersOfFlows: what a flow answers may be anything that a stranger sent, so no browser runs it.
func TestCase75AnswersOfFlows(t *testing.T) {
	t.Parallel()
	intake := &fakeIntake{waits: make(chan struct{})}
	s := NewHooks(HooksConfig{Intake: intake, Ready: func(context.Context) error { return nil }, Log: silent()})
	addr := listen(t, s)
	for key, c := range map[string]struct {
		status     int
		kind, body string
	}{
		"hook_html": {418, "text/html", "<script>alert(1)</script>"},
		"hook_none": {202, "application/json", `{"detail":"The request is kept and the flow goes on; it has not answered in time.","status":"accepted"}`},
	} {
		resp, err := http.Post("http://"+addr+"/hooks/"+key, "application/json", strings.NewReader("{}"))
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(resp.Body)
		_ = resp.Body.Close()
		if err != nil || resp.StatusCode != c.status || string(body) != c.body || resp.Header.Get("Content-Type") != c.kind {
			t.Errorf("%s: %d %s %s %v", key, resp.StatusCode, resp.Header.Get("Content-Type"), body, err)
		}
		if h := resp.Header; !strings.HasPrefix(h.Get("Content-Security-Policy"), "sandbox;") || h.Get("X-Content-Type-Options") != "nosniff" || h.Get("Set-Cookie") != "" {
			t.Errorf("%s: %v", key, h)
		}
	}
	// A caller who waits does not keep the gateway from stopping.
	answered := make(chan int)
	go func() {
		resp, err := http.Post("http://"+addr+"/hooks/hook_closing", "application/json", strings.NewReader("{}"))
		if err != nil {
			answered <- 0
			return
		}
		_ = resp.Body.Close()
		answered <- resp.StatusCode
	}()
	<-intake.waits
	if err := s.Shutdown(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := <-answered; got != http.StatusAccepted {
		t.Errorf("the caller is told %d", got)
	}
}

func TestCase96DebugPagesAreNotThere(t *testing.T) {
	t.Parallel()
	addr, _ := setupHooks(t)
	b := setupAPI(t)
	for _, path := range []string{"/debug/pprof/", "/debug/pprof/heap", "/debug/vars", "/metrics", "/api/v1/metrics", "/.env", "/api/openapi.json", "/api/docs"} {
		resp, _ := exchange(t, addr, "GET "+path+" HTTP/1.1\r\nHost: h\r\n\r\n")
		if resp.StatusCode != http.StatusNotFound {
			t.Errorf("the listener of webhooks answers %s with %s", path, resp.Status)
		}
		if strings.HasPrefix(path, "/api/openapi") || path == "/api/docs" {
			continue // are meant to be read there
		}
		// The console answers any address with its page, which then says that there is nothing.
		if resp, text := b.do(t, "GET", path, "", nil); resp.StatusCode != http.StatusNotFound && !strings.HasPrefix(text, "console ") {
			t.Errorf("the listener of the console answers %s with %s %.80q", path, resp.Status, text)
		}
	}
}
