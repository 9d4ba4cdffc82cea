// Package metrics counts and times what the gateway does, for Prometheus. It stands between the services and what they
// work with, so that no service knows of it; nothing here changes what a call returns.
//
// core/docs/metrics.md lists each metric; a test keeps it complete.
package metrics

import (
	"context"
	"log/slog"
	"net/http"
	"strconv"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// Metrics holds what was counted. Make one with New; its methods may be called from everywhere.
type Metrics struct {
	registry *prometheus.Registry

	requests        *prometheus.HistogramVec // listener, method, route, status
	refused         *prometheus.CounterVec   // verdict
	runStart        prometheus.Histogram
	runs            *prometheus.CounterVec // status
	waits           *prometheus.CounterVec // state
	waitLateness    prometheus.Histogram
	waitHeld        prometheus.Counter
	alarmLateness   *prometheus.HistogramVec // kind
	calls           *prometheus.HistogramVec // connector, action, outcome
	connectorStarts *prometheus.CounterVec   // connector
	connectorFault  *prometheus.CounterVec   // connector, fault
	connectorCrash  *prometheus.CounterVec   // connector
	deliveryLag     prometheus.Histogram
	attempts        *prometheus.HistogramVec // outcome
	deliveries      *prometheus.CounterVec   // state
}

// Buckets in seconds: of what a person or a provider waits for, and of what may be late by hours.
var (
	quick = []float64{.001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 30, 60}
	late  = []float64{.01, .05, .1, .25, .5, 1, 2, 5, 10, 30, 60, 300, 1800, 7200}
)

// New returns metrics in a registry of their own, with those of the process and of the Go runtime.
func New(version string) *Metrics {
	m := &Metrics{registry: prometheus.NewRegistry()}
	m.registry.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	counter := func(name, help string, labels ...string) *prometheus.CounterVec {
		c := prometheus.NewCounterVec(prometheus.CounterOpts{Name: name, Help: help}, labels)
		m.registry.MustRegister(c)
		return c
	}
	histogram := func(name, help string, buckets []float64, labels ...string) *prometheus.HistogramVec {
		h := prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: name, Help: help, Buckets: buckets}, labels)
		m.registry.MustRegister(h)
		return h
	}
	// A histogram without labels is there from the beginning.
	plain := func(h *prometheus.HistogramVec) prometheus.Histogram {
		return h.WithLabelValues().(prometheus.Histogram)
	}

	info := prometheus.NewGauge(prometheus.GaugeOpts{Name: "cordboard_build_info", Help: "Always 1; the label says which version runs.",
		ConstLabels: prometheus.Labels{"version": version}})
	info.Set(1)
	m.registry.MustRegister(info)
	m.requests = histogram("cordboard_http_request_duration_seconds", "How long requests took, by listener (api or hooks), method, route and status.", quick, "listener", "method", "route", "status")
	m.refused = counter("cordboard_webhooks_refused_total", "Webhook requests that were not kept, by why: bad_signature, too_old, too_large, duplicate, unknown_address and so on.", "verdict")
	m.runStart = plain(histogram("cordboard_run_start_latency_seconds", "From when an event was received to the begin of a run that it started.", late))
	m.runs = counter("cordboard_runs_total", "Runs, counted when they have begun and when they have ended: begun, succeeded, failed or cancelled.", "status")
	m.waits = counter("cordboard_waits_closed_total", "Waits that were closed, by how: replied, no_response and so on.", "state")
	m.waitLateness = plain(histogram("cordboard_wait_lateness_seconds", "From when a wait's timeout was due to when it took effect.", late))
	m.waitHeld = counter("cordboard_wait_barrier_holds_total", "Waits whose timeout was put off because an answer could still be among unread requests, or after an outage.").WithLabelValues()
	m.alarmLateness = histogram("cordboard_alarm_lateness_seconds", "From when a row was due to when it was looked at, by kind (request, run or wait).", late, "kind")
	m.calls = histogram("cordboard_connector_call_duration_seconds", "How long calls of actions took, by connector, action and outcome: ok, a kind of failure, or unknown.", quick, "connector", "action", "outcome")
	m.connectorStarts = counter("cordboard_connector_starts_total", "Starts of connector processes: at their installation, at the first call after a rest, and after a crash.", "connector")
	m.connectorCrash = counter("cordboard_connector_crashes_total", "Connector processes that ended by themselves or did not start.", "connector")
	m.connectorFault = counter("cordboard_connector_faults_total", "What connectors did and should not have, by what: late_call, second_reply, refused_reply, held_back or greedy.", "connector", "fault")
	m.deliveryLag = plain(histogram("cordboard_delivery_lag_seconds", "From when an outgoing event was stored to the first attempt to deliver it.", late))
	m.attempts = histogram("cordboard_delivery_attempt_duration_seconds", "How long attempts to deliver took, by outcome: delivered or failed.", quick, "outcome")
	m.deliveries = counter("cordboard_deliveries_total", "Deliveries that came to an end, by state: delivered or failed.", "state")
	return m
}

// Handler answers Prometheus.
func (m *Metrics) Handler() http.Handler {
	return promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{Registry: m.registry})
}

// Request notes a request that was answered. route is the pattern and not the path, of which there are too many.
func (m *Metrics) Request(listener, method, route string, status int, took time.Duration) {
	m.requests.WithLabelValues(listener, method, route, strconv.Itoa(status)).Observe(took.Seconds())
}

// Refused notes that a webhook request was not kept.
func (m *Metrics) Refused(verdict string) { m.refused.WithLabelValues(verdict).Inc() }

// Alarm notes that a row which was due at a time is looked at.
func (m *Metrics) Alarm(kind string, due time.Time) {
	m.alarmLateness.WithLabelValues(kind).Observe(max(0, time.Since(due).Seconds()))
}

// ConnectorStarted notes that a connector's process runs.
func (m *Metrics) ConnectorStarted(connector string) {
	m.connectorStarts.WithLabelValues(connector).Inc()
}

// ConnectorCrashed notes that a connector's process ended by itself or did not start.
func (m *Metrics) ConnectorCrashed(connector string) {
	m.connectorCrash.WithLabelValues(connector).Inc()
}

// ConnectorFault notes that a connector did what it should not have.
func (m *Metrics) ConnectorFault(connector, fault string) {
	m.connectorFault.WithLabelValues(connector, fault).Inc()
}

// Alarms is what became of a node's alarms since it started.
type Alarms struct {
	Queued, Dropped, Swept, Fired, Failed int64
}

// WatchAlarms has both functions called when Prometheus asks; healthy is nil while the queue answers.
func (m *Metrics) WatchAlarms(stats func() Alarms, healthy func() error) {
	for _, c := range []struct {
		name, help string
		value      func(Alarms) int64
	}{
		{"cordboard_alarms_queued_total", "Alarms given to the queue.", func(a Alarms) int64 { return a.Queued }},
		{"cordboard_alarms_dropped_total", "Alarms left to the sweep, because the queue was down or there was no room.", func(a Alarms) int64 { return a.Dropped }},
		{"cordboard_alarms_swept_total", "Overdue rows whose alarm was lost and which the sweep found.", func(a Alarms) int64 { return a.Swept }},
		{"cordboard_alarms_fired_total", "Rows that were looked at because an alarm said so.", func(a Alarms) int64 { return a.Fired }},
		{"cordboard_alarms_failed_total", "Of these, those that ended in an error.", func(a Alarms) int64 { return a.Failed }},
	} {
		m.registry.MustRegister(prometheus.NewCounterFunc(prometheus.CounterOpts{Name: c.name, Help: c.help}, func() float64 { return float64(c.value(stats())) }))
	}
	m.registry.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: "cordboard_queue_up", Help: "1 while the queue answers; else what is due is found by the sweep alone."}, func() float64 {
		if healthy() != nil {
			return 0
		}
		return 1
	}))
}

// WatchWebhooks has underWay called when Prometheus asks.
func (m *Metrics) WatchWebhooks(underWay func() int) {
	m.registry.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: "cordboard_webhooks_under_way",
		Help: "Webhook requests that wait to be stored; at 512 others are told to come again later."}, func() float64 { return float64(underWay()) }))
}

// Backlog is how much is waiting to be done, in all workspaces.
type Backlog struct {
	OpenWaits         int64
	WaitingRuns       int64 // for a time or for another try
	UnreadRequests    int64
	PendingDeliveries int64
	OverdueRows       int64 // runs and waits whose time has come
}

// backlogKept is how long a count is good for: counting a million rows costs a moment.
const backlogKept = 10 * time.Second

// backlogWithin bounds one count.
const backlogWithin = 5 * time.Second

// WatchBacklog has count called when Prometheus asks, at most every few seconds.
func (m *Metrics) WatchBacklog(count func(ctx context.Context) (Backlog, error), log *slog.Logger) {
	m.registry.MustRegister(&backlog{count: count, log: log, gauges: map[*prometheus.Desc]func(Backlog) int64{
		describe("cordboard_open_waits", "Waits that are open: for an answer, or for the rest of one."):             func(b Backlog) int64 { return b.OpenWaits },
		describe("cordboard_waiting_runs", "Runs that wait for a time or for another try."):                         func(b Backlog) int64 { return b.WaitingRuns },
		describe("cordboard_unread_requests", "Webhook requests that are stored and not read yet."):                 func(b Backlog) int64 { return b.UnreadRequests },
		describe("cordboard_overdue_rows", "Runs and waits whose time has come and that nobody has looked at yet."): func(b Backlog) int64 { return b.OverdueRows },
		describe("cordboard_pending_deliveries", "Deliveries to outside systems that are not ended yet."):           func(b Backlog) int64 { return b.PendingDeliveries },
	}})
}

func describe(name, help string) *prometheus.Desc { return prometheus.NewDesc(name, help, nil, nil) }

// backlog is a collector of gauges that the database knows.
type backlog struct {
	count  func(ctx context.Context) (Backlog, error)
	log    *slog.Logger
	gauges map[*prometheus.Desc]func(Backlog) int64

	mu   sync.Mutex
	last Backlog
	at   time.Time
}

// Describe implements prometheus.Collector.
func (b *backlog) Describe(out chan<- *prometheus.Desc) {
	for d := range b.gauges {
		out <- d
	}
}

// Collect implements prometheus.Collector. What can't be counted is left out, so that nobody takes an old number for a
// new one.
func (b *backlog) Collect(out chan<- prometheus.Metric) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if time.Since(b.at) >= backlogKept {
		ctx, cancel := context.WithTimeout(context.Background(), backlogWithin)
		defer cancel()
		counted, err := b.count(ctx)
		if err != nil {
			b.log.Warn("count what is waiting", "error", err)
			return
		}
		b.last, b.at = counted, time.Now()
	}
	for d, value := range b.gauges {
		out <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, float64(value(b.last)))
	}
}
