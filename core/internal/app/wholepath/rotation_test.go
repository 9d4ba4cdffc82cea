//go:build linux

package wholepath_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/cordboard/cordboard/core/internal/api"
)

const jotting = `name: jotting
trigger: { on: manual }
steps:
  - id: note
    do: notebook.write_note
    connection: notes
    with: { text: hello }
`

// allows presses Connect, and Allow on the page of the sandbox's cloud.
func (b *browser) allows(t *testing.T, connection string) {
	t.Helper()
	var a api.Authorization
	b.post(t, "connections/"+connection+"/authorize", map[string]string{}, &a)
	page, err := url.Parse(a.URL)
	if err != nil {
		t.Fatal(err)
	}
	form := page.Query()
	form.Set("decision", "allow")
	page.RawQuery = ""
	resp, err := b.client.PostForm(page.String(), form) // whose answer leads back
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		t.Fatalf("back from the page: %s", resp.Status)
	}
}

// TestARotatedTokenIsTheOneThatCounts: fifty calls at once find the token over; the provider, which ends the consent when it
// sees a refresh token a second time, is asked for another once, and the next time with the one that it gave. When that one is
// over too, the connection needs a person, and runs are held until one has come.
func TestARotatedTokenIsTheOneThatCounts(t *testing.T) {
	onBoth(t, func(t *testing.T, databases map[string]string) {
		g := newGateway(t, databases, time.Hour)
		cloud := startSandbox(t, "--cloud-token-lifetime", "20s") // long enough for fifty calls
		ana := g.signIn(t)
		g.call(t, http.MethodPost, "connections", map[string]any{"name": "notes", "connector": "notebook", "settings": map[string]string{
			"base_url": cloud.url + "/cloud", "client_id": "demo-cloud-client", "client_secret": "demo-cloud-secret",
		}}, nil)
		ana.allows(t, "notes")
		g.call(t, http.MethodPut, "flows/jotting", []byte(jotting), nil)
		type counts struct{ Renewals, Refusals, Live, Notes int }
		count := func() (c counts) {
			t.Helper()
			cloud.post(t, "cloud/renewals", map[string]any{}, &c)
			return c
		}
		over := func() {
			t.Helper()
			eventually(t, "the token is over", func() (bool, any) {
				c := count()
				return c.Live == 0, c
			})
		}
		jot := func(n int) (runs []string) {
			t.Helper()
			batch := make([]map[string]any, n)
			for i := range batch {
				batch[i] = map[string]any{}
			}
			var started api.StartedRuns
			g.call(t, http.MethodPost, "flows/jotting/start", map[string]any{"batch": batch}, &started)
			for _, r := range started.Runs {
				runs = append(runs, r.RunID)
			}
			return runs
		}
		written := func(want counts) {
			t.Helper()
			eventually(t, "the notes are written", func() (bool, any) {
				c := count()
				return c.Notes == want.Notes, c
			})
			got := count()
			got.Live = 0
			if got != want {
				t.Errorf("the provider counts %+v, want %+v", got, want)
			}
		}
		over()
		if runs := jot(50); len(runs) != 50 {
			t.Fatalf("%d runs began", len(runs))
		}
		written(counts{Renewals: 1, Notes: 50})
		over()
		jot(1)
		written(counts{Renewals: 2, Notes: 51})

		cloud.post(t, "cloud/expire", map[string]any{"renewable": false}, nil)
		held := jot(3)
		for _, id := range held {
			g.becomes(t, "runs/"+id, "waiting", "held")
		}
		var c api.Connection
		g.call(t, http.MethodGet, "connections/notes", nil, &c)
		if c.Health != "needs_reconnect" || c.HeldRuns != 3 || c.Failure == nil || !strings.Contains(c.Failure.Message, "takes the consent as ended") {
			t.Errorf("the connection is %+v, %+v", c, c.Failure)
		}
		if got := count(); got != (counts{Renewals: 2, Refusals: 1, Notes: 51}) {
			t.Errorf("the provider counts %+v", got)
		}
		ana.allows(t, "notes")
		for _, id := range held {
			g.becomes(t, "runs/"+id, "succeeded", "")
		}
		written(counts{Renewals: 2, Refusals: 1, Notes: 54})
	})
}
