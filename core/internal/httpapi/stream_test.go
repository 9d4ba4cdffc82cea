package httpapi

import (
	"bufio"
	"context"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/cordboard/cordboard/core/internal/access"
	"github.com/cordboard/cordboard/core/internal/api"
	"github.com/cordboard/cordboard/core/internal/live"
)

// listening is a stream that a client reads.
type listening struct {
	t    *testing.T
	resp *http.Response
	r    *bufio.Reader
}

func (b bundle) listen(t *testing.T, header map[string]string) *listening {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	req, err := http.NewRequestWithContext(ctx, "GET", b.url+"/api/v1/stream", nil)
	if err != nil {
		t.Fatal(err)
	}
	for name, value := range header {
		req.Header.Set(name, value)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { cancel(); _ = resp.Body.Close() })
	return &listening{t, resp, bufio.NewReader(resp.Body)}
}

func (b bundle) listenWith(t *testing.T, scope access.Scope) *listening {
	t.Helper()
	return b.listen(t, map[string]string{"Authorization": "Bearer " + b.tokens[scope]})
}

// until reads until a line begins with that.
func (l *listening) until(prefix string) string {
	l.t.Helper()
	for {
		line, err := l.r.ReadString('\n')
		if err != nil {
			l.t.Fatalf("waiting for %q: %v", prefix, err)
		}
		if strings.HasPrefix(line, prefix) {
			return line
		}
	}
}

// ends reads to the end.
func (l *listening) ends() {
	l.t.Helper()
	if _, err := io.Copy(io.Discard, l.r); err != nil {
		l.t.Errorf("the stream broke: %v", err)
	}
}

func TestChangesAreStreamed(t *testing.T) {
	t.Parallel()
	b := setupAPI(t)
	s := b.listenWith(t, access.Read)
	if s.resp.StatusCode != 200 || s.resp.Header.Get("Content-Type") != "text/event-stream" || s.resp.Header.Get("Cache-Control") != "no-store" {
		t.Fatalf("%s %v", s.resp.Status, s.resp.Header)
	}
	s.until("retry: ")
	b.live.Take(live.Changes{WorkspaceID: "ws_2", Runs: []string{"run_9"}})
	b.live.Take(live.Changes{WorkspaceID: "ws_1", Runs: []string{"run_1"}, Waits: []string{"wait_1"}})
	s.until("event: changed")
	if line := s.until("data: "); line != "data: {\"runs\":[\"run_1\"],\"waits\":[\"wait_1\"]}\n" {
		t.Error(line)
	}
	for range 3 {
		s.until(": still here")
	}
	b.live.Take(live.Changes{WorkspaceID: "ws_1", Many: true})
	if line := s.until("data: "); line != "data: {\"many\":true}\n" {
		t.Error(line)
	}
}

func TestAStreamEndsWithTheRightToListen(t *testing.T) {
	t.Parallel()
	b := setupAPI(t)
	_, text := b.do(t, "POST", "/api/v1/tokens", `{"name":"ci","scopes":["read"]}`, map[string]string{"Authorization": "Bearer " + b.tokens[access.Admin]})
	_, rest, _ := strings.Cut(text, `"id":"`)
	id, _, _ := strings.Cut(rest, `"`)
	_, rest, _ = strings.Cut(text, `"token":"`)
	token, _, _ := strings.Cut(rest, `"`)
	s := b.listen(t, map[string]string{"Authorization": "Bearer " + token})
	s.until("retry: ")
	b.do(t, "DELETE", "/api/v1/tokens/"+id, "", map[string]string{"Authorization": "Bearer " + b.tokens[access.Admin]})
	s.ends()

	if _, err := b.people.EnsureOwner(t.Context(), access.NewUser{WorkspaceID: b.workspace, Email: demoUser, Password: password}); err != nil {
		t.Fatal(err)
	}
	c := &console{bundle: b, t: t}
	c.want(201, "POST", "/session", `{"email":"`+demoUser+`","password":"`+password+`"}`)
	s = b.listen(t, map[string]string{"Cookie": c.cookie}) // a browser's stream can send no header of its own
	s.until("retry: ")
	b.live.Take(live.Changes{WorkspaceID: b.workspace, Runs: []string{"run_1"}})
	s.until("event: changed")
	c.want(204, "DELETE", "/session", "")
	s.ends()
	if s := b.listen(t, nil); s.resp.StatusCode != 401 {
		t.Errorf("without credentials: %s", s.resp.Status)
	}
}

// TestCase88AStreamEndsWithItsSession for whatever reason that ends, although the stream itself asks for nothing any more.
func TestCase88AStreamEndsWithItsSession(t *testing.T) {
	t.Parallel()
	if streamBeat.recheck > 5*time.Second {
		t.Errorf("a stream outlives its session by up to %s", streamBeat.recheck)
	}
	c := setUpConsole(t)
	bo := made[api.UserLink](c, c.want(201, "POST", "/users", `{"email":"bo@example.com","role":"operator"}`))
	theirs := c.join(bo)
	for _, tt := range []struct {
		name string
		does func()
	}{
		{"another password", func() {
			elsewhere := &console{bundle: c.bundle, t: t}
			elsewhere.want(201, "POST", "/session", `{"email":"bo@example.com","password":"`+password+`"}`)
			elsewhere.want(204, "POST", "/session/password", `{"old":"`+password+`","password":"another good password"}`)
		}},
		{"a higher role", func() { c.want(200, "PATCH", "/users/"+bo.ID, `{"role":"builder"}`) }},
		{"an admin", func() { c.want(204, "DELETE", "/users/"+bo.ID+"/sessions", "") }},
		{"removal", func() { c.want(204, "DELETE", "/users/"+bo.ID, "") }},
	} {
		s := c.bundle.listen(t, map[string]string{"Cookie": theirs.cookie})
		s.until("retry: ")
		tt.does()
		s.ends()
		theirs.want(401, "GET", "/session", "")
		if tt.name != "removal" {
			theirs.want(201, "POST", "/session", `{"email":"bo@example.com","password":"another good password"}`)
		}
	}
}

func TestStreamsAreCounted(t *testing.T) {
	t.Parallel()
	b := setupAPI(t)
	var open []*listening
	for range streamsEach {
		s := b.listenWith(t, access.Read)
		s.until("retry: ")
		open = append(open, s)
	}
	if s := b.listenWith(t, access.Read); s.resp.StatusCode != 429 {
		t.Errorf("one more: %s", s.resp.Status)
	}
	if s := b.listenWith(t, access.Write); s.resp.StatusCode != 200 {
		t.Errorf("another's: %s", s.resp.Status)
	}
	_ = open[0].resp.Body.Close() // is noticed with the next beat
	for {
		s := b.listenWith(t, access.Read)
		if s.resp.StatusCode == 200 {
			break
		}
		_ = s.resp.Body.Close()
	}
}

func TestStreamsEndWhenTheGatewayDoes(t *testing.T) {
	t.Parallel()
	b := setupAPI(t)
	s := b.listenWith(t, access.Read)
	s.until("retry: ")
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	if err := b.server.Shutdown(ctx); err != nil {
		t.Error(err)
	}
	s.ends()
}

func TestAStreamHasAnEndOfItsOwn(t *testing.T) {
	t.Parallel()
	b := setupAPI(t, func(c *APIConfig) { c.beat.life = 200 * time.Millisecond })
	s := b.listenWith(t, access.Read)
	s.until(": still here")
	s.ends() // after which clients connect anew
}
