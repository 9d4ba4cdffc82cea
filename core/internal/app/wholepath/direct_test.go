//go:build linux

package wholepath_test

import (
	"bufio"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/cordboard/cordboard/core/internal/api"
)

const courierPassword = "courier-canary-81c2f0"

// newPostOffice takes lines: whoever begins with the password is answered, and "bad" is refused.
func newPostOffice(t *testing.T) (address string) {
	t.Helper()
	office, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = office.Close() })
	go func() {
		for {
			conn, err := office.Accept()
			if err != nil {
				return
			}
			line, _ := bufio.NewReader(conn).ReadString('\n')
			password, text, _ := strings.Cut(strings.TrimSpace(line), " ")
			answer := "no"
			if password == courierPassword && text != "bad" {
				answer = "took " + text
			}
			_, _ = fmt.Fprintln(conn, answer)
			_ = conn.Close()
		}
	}()
	return office.Addr().String()
}

// TestAConnectorThatDialsByItself is listed with its reason and takes no call until an administrator allows it; then it has
// its password and the network, and the password shows nowhere.
func TestAConnectorThatDialsByItself(t *testing.T) {
	onBoth(t, func(t *testing.T, databases map[string]string) {
		g := newGateway(t, databases, time.Hour)
		g.call(t, http.MethodPost, "connections", map[string]any{"name": "post", "connector": "courier", "settings": map[string]string{"server": newPostOffice(t), "password": courierPassword}}, nil)
		g.call(t, http.MethodPut, "flows/letters", []byte("name: letters\ntrigger: { on: manual }\nsteps: [{ id: bring, do: courier.deliver, connection: post, with: { text: \"{{ event.text }}\" }, retry: { attempts: 1 } }]\n"), nil)
		var seen []string
		bring := func(text string) (d api.RunDetail) {
			t.Helper()
			var started api.StartedRuns
			g.call(t, http.MethodPost, "flows/letters/start", map[string]any{"data": map[string]string{"text": text}}, &started)
			seen = append(seen, "runs/"+started.Runs[0].RunID)
			eventually(t, "the run has ended", func() (bool, any) {
				g.call(t, http.MethodGet, "runs/"+started.Runs[0].RunID, nil, &d)
				return d.Status == "succeeded" || d.Status == "failed", d
			})
			return d
		}
		if c := g.connector(t, "courier"); c.Health != "refused" || c.Direct || !slices.Contains(c.Protections, "network") || !strings.Contains(c.Manifest.Direct, "protocol of its own") {
			t.Errorf("before: %+v", c)
		}
		if d := bring("one"); d.Status != "failed" || !strings.Contains(d.Steps[0].Failure.Message, "has to allow it") {
			t.Errorf("before: %s %+v", d.Status, d.Steps[0].Failure)
		}
		var c api.Connector
		g.call(t, http.MethodPut, "connectors/courier/direct", map[string]bool{"allowed": true}, &c)
		if c.Health == "refused" || !c.Direct || slices.Contains(c.Protections, "network") || slices.Contains(c.Missing, "network") {
			t.Errorf("allowed: %+v", c)
		}
		if d := bring("two"); d.Status != "succeeded" || !strings.Contains(fmt.Sprint(d.Steps[0].Output), "took two") {
			t.Errorf("allowed: %s %+v", d.Status, d.Steps[0])
		}
		if d := bring("bad"); d.Status != "failed" || !strings.Contains(d.Steps[0].Failure.Message, "••• bad") && !strings.Contains(d.Steps[0].Failure.Message, "•••••• bad") {
			t.Errorf("refused by its server: %s %+v", d.Status, d.Steps[0].Failure)
		}
		g.stop()
		g.start(t) // it is remembered
		if d := bring("three"); d.Status != "succeeded" {
			t.Errorf("after a restart: %s %+v", d.Status, d.Steps[0].Failure)
		}
		c = api.Connector{}
		g.call(t, http.MethodPut, "connectors/courier/direct", map[string]bool{"allowed": false}, &c)
		if c.Health != "refused" || c.Direct {
			t.Errorf("no more: %+v", c)
		}
		for _, path := range append([]string{"connectors", "connections/post", "audit"}, seen...) {
			var text json.RawMessage
			if g.call(t, http.MethodGet, path, nil, &text); strings.Contains(string(text), courierPassword) {
				t.Errorf("the password is to be seen in %s", path)
			}
		}
	})
}
