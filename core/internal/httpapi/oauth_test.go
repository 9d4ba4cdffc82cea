package httpapi

import (
	"net/http"
	"strings"
	"testing"

	"github.com/cordboard/cordboard/core/internal/access"
)

func TestAPersonIsSentToTheProvider(t *testing.T) {
	t.Parallel()
	c := setUpConsole(t)
	resp, text := c.bundle.do(t, "POST", "/api/v1/connections/wa/authorize", "", map[string]string{"Cookie": c.cookie, consoleHeader: "1"})
	if resp.StatusCode != http.StatusOK || !strings.Contains(text, `"url":"https://provider.example/wa?by=usr_`) {
		t.Errorf("%d %s", resp.StatusCode, text)
	}
	set := resp.Header.Get("Set-Cookie")
	for _, part := range []string{"cordboard_oauth_1=browser-1", "Path=/oauth", "Max-Age=600", "HttpOnly", "Secure", "SameSite=Lax"} {
		if !strings.Contains(set, part) {
			t.Errorf("the cookie %q lacks %s", set, part)
		}
	}
	if resp, text := c.bundle.do(t, "POST", "/api/v1/connections/wa/authorize", "", map[string]string{"Authorization": "Bearer " + c.tokens[access.Admin]}); resp.StatusCode != http.StatusConflict || !strings.Contains(text, "in a browser") {
		t.Errorf("with a token: %d %s", resp.StatusCode, text)
	}
}

func TestThePageAfterAConsentIsSafe(t *testing.T) {
	t.Parallel()
	b := setupAPI(t)
	const cookie = "cordboard_oauth_1=browser-1"
	cases := map[string]struct {
		query, cookie, language string
		status                  int
		has                     string
	}{
		"connected":        {"state=state-1&code=c-1", cookie, "", 200, "&lt;wa&gt; is connected."},
		"in Spanish":       {"state=state-1&code=c-1", cookie, "es-ES,es;q=0.9", 200, "&lt;wa&gt; está conectada."},
		"in Italian":       {"state=state-1&code=c-1", cookie, "it", 200, "&lt;wa&gt; è collegata."},
		"denied":           {"state=state-1&error=%3Cscript%3E", cookie, "", 409, "The provider &lt;said&gt; &lt;script&gt;"},
		"another browser":  {"state=state-1&code=c-1", "", "", 400, "began in another browser"},
		"an unknown state": {"state=state-2&code=c-1", cookie, "fr", 400, "is not known here"},
		"nothing":          {"", cookie, "", 400, "is not known here"},
	}
	for name, tt := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			resp, text := b.do(t, "GET", "/oauth/callback?"+tt.query, "", map[string]string{"Cookie": tt.cookie, "Accept-Language": tt.language, "Authorization": ""})
			if resp.StatusCode != tt.status || !strings.Contains(text, tt.has) || strings.Contains(text, "<script") || strings.Contains(text, "c-1") {
				t.Errorf("%d %s", resp.StatusCode, text)
			}
			for header, want := range map[string]string{"Content-Security-Policy": "default-src 'none'; style-src 'sha256-", "Referrer-Policy": "no-referrer", "Cache-Control": "no-store", "Content-Type": "text/html"} {
				if got := resp.Header.Get(header); !strings.HasPrefix(got, want) {
					t.Errorf("%s: %q, want %q", header, got, want)
				}
			}
		})
	}
}
