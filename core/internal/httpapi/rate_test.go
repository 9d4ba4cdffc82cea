package httpapi

import (
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/cordboard/cordboard/core/internal/access"
)

func TestACallerMayNotAskTooOften(t *testing.T) {
	t.Parallel()
	b := setupAPI(t, func(c *APIConfig) { c.RatePerMinute = 2 })
	read := map[string]string{"Authorization": "Bearer " + b.tokens[access.Read]}
	for i, want := range []struct {
		status int
		rate   string
	}{{200, `"caller";r=1;t=`}, {200, `"caller";r=0;t=`}, {429, `"caller";r=0;t=`}} {
		resp, text := b.do(t, "GET", "/api/v1/runs", "", read)
		if resp.StatusCode != want.status || !strings.HasPrefix(resp.Header.Get("RateLimit"), want.rate) || resp.Header.Get("RateLimit-Policy") != `"caller";q=2;w=60` {
			t.Errorf("request %d: %s %v %s", i, resp.Status, resp.Header, text)
		}
		after := resp.Header.Get("Retry-After")
		wait, _ := strconv.Atoi(after)
		if limited := want.status == 429; limited && (wait < 1 || wait > 30 || resp.Header.Get("Content-Type") != problemType || !strings.Contains(text, "Retry-After")) || !limited && after != "" {
			t.Errorf("request %d: %v %s", i, resp.Header, text)
		}
	}
	if resp, _ := b.do(t, "GET", "/api/v1/runs", "", map[string]string{"Authorization": "Bearer " + b.tokens[access.Write]}); resp.StatusCode != 200 {
		t.Errorf("another token: %s", resp.Status)
	}
	if resp, _ := b.do(t, "GET", "/api/v1/setup", "", nil); resp.StatusCode != 200 || resp.Header.Get("RateLimit") != "" {
		t.Errorf("a public page: %s %v", resp.Status, resp.Header)
	}
}

func TestEachSessionHasAQuotaOfItsOwn(t *testing.T) {
	t.Parallel()
	b := setupAPI(t, func(c *APIConfig) { c.RatePerMinute = 3 })
	first, second := &console{bundle: b, t: t}, &console{bundle: b, t: t}
	if _, err := b.people.EnsureOwner(t.Context(), access.NewUser{WorkspaceID: b.workspace, Email: demoUser, Password: password}); err != nil {
		t.Fatal(err)
	}
	for _, c := range []*console{first, second} {
		if status, text := c.do("POST", "/session", `{"email":"`+demoUser+`","password":"`+password+`"}`); status != 201 {
			t.Fatalf("%d %s", status, text)
		}
	}
	for i, want := range []int{200, 200, 200, 429} {
		if status, _ := first.do("GET", "/runs", ""); status != want {
			t.Errorf("request %d: %d", i, status)
		}
	}
	if status, _ := second.do("GET", "/runs", ""); status != 200 {
		t.Errorf("the other session: %d", status)
	}
}

func TestAQuotaFillsAgainAndIsForgotten(t *testing.T) {
	t.Parallel()
	q := quota{perMinute: 60}
	now := time.Date(2026, 1, 2, 12, 0, 0, 0, time.UTC)
	for range 60 {
		if ok, _, _, _ := q.take("a", now); !ok {
			t.Fatal("refused within the quota")
		}
	}
	if ok, remaining, full, next := q.take("a", now); ok || remaining != 0 || full != time.Minute || next != time.Second {
		t.Errorf("used up: %v, %d left, full in %s, next in %s", ok, remaining, full, next)
	}
	if ok, _, _, _ := q.take("a", now.Add(time.Second)); !ok {
		t.Error("a second later there is no room for one")
	}
	q.take("b", now.Add(2*time.Minute))
	if len(q.callers) != 1 {
		t.Errorf("%d callers are remembered", len(q.callers))
	}
}
