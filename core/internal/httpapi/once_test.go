package httpapi

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/cordboard/cordboard/core/internal/access"
	"github.com/cordboard/cordboard/core/internal/repeat"
)

// keyed sends a POST under a key with the token of a scope.
func (b bundle) keyed(t *testing.T, scope access.Scope, path, content, key string) (*http.Response, string) {
	t.Helper()
	return b.do(t, "POST", "/api/v1"+path, content, map[string]string{"Authorization": "Bearer " + b.tokens[scope], "Idempotency-Key": key})
}

func TestARequestUnderAKeyIsDoneOnce(t *testing.T) {
	t.Parallel()
	b := setupAPI(t)
	const token = `{"name":"ci","scopes":["read"]}`
	first, text := b.keyed(t, access.Admin, "/tokens", token, "k1")
	again, same := b.keyed(t, access.Admin, "/tokens", token, "k1")
	if first.StatusCode != 201 || again.StatusCode != 201 || text != same || !strings.Contains(text, `"token":"cb_`) || again.Header.Get("Content-Type") != first.Header.Get("Content-Type") {
		t.Errorf("%s %s\n%s %s", first.Status, text, again.Status, same)
	}
	if first.Header.Get("Idempotency-Replayed") != "" || again.Header.Get("Idempotency-Replayed") != "true" {
		t.Errorf("replayed: %v, %v", first.Header, again.Header)
	}
	if resp, text := b.keyed(t, access.Admin, "/tokens", `{"name":"other","scopes":["read"]}`, "k1"); resp.StatusCode != 422 || !strings.Contains(text, "new key for each request") {
		t.Errorf("another request under the key: %s %s", resp.Status, text)
	}
	if resp, text := b.keyed(t, access.Admin, "/runs/run_1/retry", "", "k1"); resp.StatusCode != 422 {
		t.Errorf("another path under the key: %s %s", resp.Status, text)
	}
	if resp, other := b.keyed(t, access.Admin, "/tokens", token, "k2"); resp.StatusCode != 201 || other == text {
		t.Errorf("another key: %s %s", resp.Status, other)
	}
	for _, scope := range []access.Scope{access.Admin, access.Operate} { // each has keys of its own
		for range 2 {
			if resp, text := b.keyed(t, scope, "/runs/run_1/retry", "", "k3"); resp.StatusCode != 204 || text != "" {
				t.Errorf("%s: %s %s", scope, resp.Status, text)
			}
		}
	}
	if b.behind.retries != 2 {
		t.Errorf("%d retries, want 2", b.behind.retries)
	}
	if resp, text := b.keyed(t, access.Admin, "/tokens", token, strings.Repeat("k", 201)); resp.StatusCode != 422 || !strings.Contains(text, "header.Idempotency-Key") {
		t.Errorf("a long key: %s %s", resp.Status, text)
	}
}

func TestWhatWasRefusedMayBeSentAgain(t *testing.T) {
	t.Parallel()
	b := setupAPI(t)
	for path, c := range map[string]struct{ status, tries int }{
		"/runs/run_2/retry": {409, 2}, "/runs/run_x/retry": {404, 2},
		"/runs/run_3/retry": {500, 1}, // may have taken effect
	} {
		before := b.behind.retries
		for range 2 {
			if resp, text := b.keyed(t, access.Admin, path, "", "key of "+path); resp.StatusCode != c.status || resp.Header.Get("Content-Type") != problemType {
				t.Errorf("%s: %s %s", path, resp.Status, text)
			}
		}
		if tries := b.behind.retries - before; tries != c.tries {
			t.Errorf("%s was tried %d times, want %d", path, tries, c.tries)
		}
	}
}

func TestAKeyThatIsUnderWayIsNotDoneBeside(t *testing.T) {
	t.Parallel()
	b := setupAPI(t)
	_, text := b.do(t, "GET", "/api/v1/tokens", "", map[string]string{"Authorization": "Bearer " + b.tokens[access.Admin]})
	var tokens struct{ Items []struct{ ID, Name string } }
	if err := json.Unmarshal([]byte(text), &tokens); err != nil {
		t.Fatal(err)
	}
	i := slices.IndexFunc(tokens.Items, func(t struct{ ID, Name string }) bool { return t.Name == string(access.Admin) })
	k := repeat.Key{WorkspaceID: "ws_1", Actor: tokens.Items[i].ID, Text: "k"}
	if _, _, err := b.repeats.Begin(t.Context(), k, []byte("POST /api/v1/runs/run_1/retry\n")); err != nil {
		t.Fatal(err)
	}
	resp, text := b.keyed(t, access.Admin, "/runs/run_1/retry", "", "k")
	if resp.StatusCode != 409 || resp.Header.Get("Retry-After") != "1" || b.behind.retries != 0 {
		t.Errorf("%s %s, %d retries", resp.Status, text, b.behind.retries)
	}
}

// Each POST that somebody must sign in for takes a key; those that don't are listed here.
func TestEveryPostTakesAKey(t *testing.T) {
	t.Parallel()
	without := []string{"authorize-connection", "change-password", "add-passkey", "begin-passkey", "begin-passkey-sign-in", "begin-totp", "confirm-totp", "end-totp", "forgot-password", "list-options", "plan-repair", "prove-session", "switch-workspace", "remove-passkey", "sign-in-by-passkey", "preview-expression", "test-connection", "try-flow", "set-up", "sign-in", "use-link"}
	_, text := setupAPI(t).do(t, "GET", "/api/openapi.json", "", nil)
	var spec struct {
		Paths map[string]map[string]struct {
			OperationID string
			Parameters  []struct{ Name, In string }
		}
	}
	if err := json.Unmarshal([]byte(text), &spec); err != nil {
		t.Fatal(err)
	}
	for path, methods := range spec.Paths {
		for method, op := range methods {
			n := 0
			for _, p := range op.Parameters {
				if p.Name == "Idempotency-Key" && p.In == "header" {
					n++
				}
			}
			want := 0
			if method == "post" && !slices.Contains(without, op.OperationID) {
				want = 1
			}
			if n != want {
				t.Errorf("%s %s says %d times that it takes a key, want %d", method, path, n, want)
			}
		}
	}
}
