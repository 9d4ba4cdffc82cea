//go:build linux

package wholepath_test

import (
	"bufio"
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/cordboard/cordboard/core/internal/live"
)

func TestWhoLooksIsToldWhatChanges(t *testing.T) {
	onBoth(t, func(t *testing.T, databases map[string]string) {
		g := newGateway(t, databases, time.Hour)
		p := person{g, "+34600111001"}
		heard := g.follow(t)
		g.vendors.buy(t, order{Phone: p.phone})
		wait := p.asked(t)
		run, opened := false, false
		for c := range heard {
			run, opened = run || slices.Contains(c.Runs, wait.RunID), opened || slices.Contains(c.Waits, wait.ID)
			if run && opened {
				break
			}
		}
		p.says(t, "yes")
		for c := range heard {
			if slices.Contains(c.Waits, wait.ID) {
				return
			}
		}
		t.Error("the stream ended before the wait did")
	})
}

// follow hands over what the gateway tells of changes.
func (g *gateway) follow(t *testing.T) <-chan live.Changes {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, g.api+"/api/v1/stream", nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+g.token)
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { resp.Body.Close() })
	lines := bufio.NewScanner(resp.Body)
	if !lines.Scan() || !strings.HasPrefix(lines.Text(), "retry: ") {
		t.Fatalf("%s: %s", resp.Status, lines.Text())
	}
	heard := make(chan live.Changes)
	go func() {
		defer close(heard)
		for lines.Scan() {
			data, ok := strings.CutPrefix(lines.Text(), "data: ")
			var c live.Changes
			if !ok || json.Unmarshal([]byte(data), &c) != nil {
				continue
			}
			select {
			case heard <- c:
			case <-t.Context().Done():
				return
			}
		}
	}()
	return heard
}
