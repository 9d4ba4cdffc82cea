package metrics

import (
	"regexp"
	"slices"
	"strings"

	"github.com/prometheus/client_golang/prometheus"
)

// described is how a description of the library tells about itself; it has no other way.
var described = regexp.MustCompile(`^Desc\{fqName: "(cordboard_[a-z_]+)", help: "(.*?)"(?:, unit: "[a-z]*")?, constLabels: \{.*\}, variableLabels: \{(.*)\}\}$`)

// Reference returns a page that lists each metric of the gateway.
func (m *Metrics) Reference() string {
	descs := make(chan *prometheus.Desc)
	go func() {
		m.registry.Describe(descs)
		close(descs)
	}()
	var rows []string
	for d := range descs {
		if found := described.FindStringSubmatch(d.String()); found != nil {
			name, help, labels := found[1], strings.ReplaceAll(found[2], `\"`, `"`), "–"
			if found[3] != "" {
				labels = "`" + strings.ReplaceAll(found[3], ",", "`, `") + "`"
			}
			rows = append(rows, "| `"+name+"` | "+kind(name)+" | "+labels+" | "+help+" |\n")
		}
	}
	slices.Sort(rows)
	return head + strings.Join(rows, "")
}

func kind(name string) string {
	switch {
	case strings.HasSuffix(name, "_total"):
		return "counter"
	case strings.HasSuffix(name, "_seconds"):
		return "histogram"
	}
	return "gauge"
}

const head = "<!-- Generated from core/internal/metrics by `go test ./core/internal/metrics -update`. -->\n" + `
# Metrics

Prometheus reads them at ` + "`/metrics`" + ` of the address that ` + "`CORDBOARD_METRICS_ADDR`" + ` names; without it nothing is counted. The
address has no sign-in: keep it inside. Each node counts what it did itself, so sum over nodes; the gauges that the
database knows (` + "`open_waits`, `waiting_runs`, `overdue_rows`, `unread_requests`, `pending_deliveries`" + `) are the same on all of them, so take the
highest. Beside these there are the usual ones of the process (` + "`process_…`" + `) and of the Go runtime (` + "`go_…`" + `).

What to watch: ` + "`cordboard_wait_lateness_seconds`" + ` and ` + "`cordboard_run_start_latency_seconds`" + ` say whether the gateway keeps up;
` + "`cordboard_unread_requests` and `cordboard_overdue_rows`" + ` grow when it does not. ` + "`cordboard_connector_crashes_total`" + ` and calls whose outcome is ` + "`unknown`" + `
want a person.

| metric | type | labels | meaning |
| --- | --- | --- | --- |
`
