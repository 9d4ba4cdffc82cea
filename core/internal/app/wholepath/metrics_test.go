//go:build linux

package wholepath_test

import (
	"io"
	"maps"
	"net/http"
	"strings"
	"testing"
	"time"
)

func TestPrometheusReadsWhatHappened(t *testing.T) {
	onBoth(t, func(t *testing.T, databases map[string]string) {
		_, port, _ := strings.Cut(freeAddr(t), ":")
		env := map[string]string{"CORDBOARD_METRICS_ADDR": ":" + port}
		maps.Copy(env, databases)
		g := newGateway(t, env, time.Second)
		p := person{g, "+34600111001"}
		g.vendors.buy(t, order{Phone: p.phone})
		p.asked(t)
		wants := []string{
			`cordboard_connector_call_duration_seconds_count{action="send_template",connector="whatsapp",outcome="ok"}`,
			`cordboard_connector_starts_total{connector="whatsapp"} 2`, `cordboard_runs_total{status="begun"} 1`,
			`cordboard_run_start_latency_seconds_count 1`, `cordboard_wait_lateness_seconds_count 1`, `cordboard_alarm_lateness_seconds_count{kind="wait"}`,
			`cordboard_http_request_duration_seconds_count{listener="api",method="POST",route="/api/v1/connections",status="201"} 3`,
			`cordboard_http_request_duration_seconds_count{listener="hooks",method="POST",route="/hooks/connections/:key",status="200"}`,
			"cordboard_unread_requests 0", "cordboard_queue_up 1", "go_goroutines",
		}
		eventually(t, "all of it is counted", func() (bool, any) {
			resp, err := http.Get("http://127.0.0.1:" + port + "/metrics")
			if err != nil {
				t.Fatal(err)
			}
			defer resp.Body.Close()
			text, err := io.ReadAll(resp.Body)
			if err != nil || strings.Contains(string(text), p.phone) {
				t.Fatalf("%v, or a phone number is told", err)
			}
			for _, want := range wants {
				if !strings.Contains(string(text), want) {
					name, _, _ := strings.Cut(want, "{")
					var lines []string
					for line := range strings.Lines(string(text)) {
						if strings.HasPrefix(line, name) {
							lines = append(lines, line)
						}
					}
					return false, want + " is not in\n" + strings.Join(lines, "")
				}
			}
			return true, nil
		})
		for _, base := range []string{g.api, g.hooks} {
			resp, err := http.Get(base + "/metrics")
			if err != nil {
				t.Fatal(err)
			}
			body, _ := io.ReadAll(resp.Body)
			resp.Body.Close()
			if strings.Contains(string(body), "cordboard_") && strings.Contains(string(body), "# HELP") {
				t.Errorf("%s tells its metrics", base)
			}
		}
	})
}
