package bench

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/cordboard/cordboard/core/internal/config"
)

const (
	timersPerSecond = 200
	maxLate         = time.Second // of 99 in 100 timeouts, past deadline and settle
)

// timerFlow asks and goes the way of silence.
const timerFlow = `name: NAME
title: Timer
trigger: { on: echo.pinged, connection: NAME }
contact:
  phone: "{{ event.phone }}"
steps:
  - id: ask
    do: echo.say
    connection: NAME
    with: { to: "{{ event.id }}", text: "Well?" }
  - id: answer
    customer_response: { within: WITHIN }
    default: []
    no_response: []
`

// punctuality is how timeouts were met.
type punctuality struct {
	late  figures       // past deadline and settle, as the database saw it
	early int           // timeouts that claimed before that
	look  time.Duration // median of a look for what is due now and next
}

// timers lets waits fall due at a steady rate. The gateway asks everybody in the same rhythm before.
func (o Options) timers(ctx context.Context, s config.Settings, name string) (got punctuality, err error) {
	span := o.size().timers
	source := strings.NewReplacer("NAME", name, "WITHIN", (span + 2*time.Second).String()).Replace(timerFlow)
	g, err := startGateway(ctx, s, map[string]string{name: source})
	if err != nil {
		return got, err
	}
	defer g.stop(ctx)
	count := int(span/time.Second) * timersPerSecond
	var asked atomic.Int64
	began := time.Now()
	sent, err := repeat(ctx, concurrency, count, time.Minute, timed(func(ctx context.Context, n int) error {
		select {
		case <-time.After(time.Until(began.Add(time.Duration(n) * time.Second / timersPerSecond))):
		case <-ctx.Done():
		}
		asked.Add(1)
		return g.post(ctx, name, fmt.Appendf(nil, `{"id":"%s-%d","phone":"+3460%d%06d"}`, name, n, len(name), n))
	}))
	if err != nil {
		return got, err
	}
	var looks []time.Duration
	pause := span + 2*time.Second + s.Settle // until the last is due
	for end := time.Now().Add(pause + time.Minute); ; pause = time.Second {
		select {
		case <-time.After(pause):
		case <-ctx.Done():
			return got, ctx.Err()
		}
		for range 20 {
			look := time.Now()
			if _, err := g.app.Store.Overdue(ctx, 2*time.Second, 1000); err != nil {
				return got, err
			}
			if _, err := g.app.Store.Upcoming(ctx, look, look.Add(time.Minute), 1000); err != nil {
				return got, err
			}
			looks = append(looks, time.Since(look))
		}
		late, err := lateness(ctx, s, g.ids[name])
		if err != nil {
			return got, err
		}
		if int64(len(late)) == asked.Load() {
			slices.Sort(looks)
			got.look = quantile(looks, 50)
			got.early, _ = slices.BinarySearch(late, 0)
			got.late = figures{perSecond: sent.perSecond, p50: quantile(late, 50), p99: quantile(late, 99)}
			return got, nil
		}
		if time.Now().After(end) {
			return got, fmt.Errorf("%d of %d timers have fired", len(late), asked.Load())
		}
	}
}

// lateness reads how late the timeouts of a connection's waits were, the earliest first.
func lateness(ctx context.Context, s config.Settings, connectionID string) ([]time.Duration, error) {
	db, postgres, err := openDatabase(s)
	if err != nil {
		return nil, err
	}
	defer func() { _ = db.Close() }() // what was measured is known already
	microseconds := "closed_at - fire_at"
	if postgres {
		microseconds = "CAST(extract(epoch FROM closed_at - fire_at) * 1000000 AS bigint)"
	}
	rows, err := db.QueryContext(ctx, "SELECT "+microseconds+" AS late FROM waits WHERE connection_id = $1 AND state = 'no_response' ORDER BY late", connectionID)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var late []time.Duration
	for rows.Next() {
		var us int64
		if err := rows.Scan(&us); err != nil {
			return nil, err
		}
		late = append(late, time.Duration(us)*time.Microsecond)
	}
	return late, rows.Err()
}

func (p punctuality) compare(t *table, without punctuality, parked int) {
	t.told(fmt.Sprintf("timers fired, of %d a second; without parked waits", timersPerSecond), p.late.perSecond, without.late.perSecond, "/s")
	t.compare(fmt.Sprintf("the same with %d parked waits: p99 late; without", parked), milliseconds(p.late.p99), milliseconds(without.late.p99),
		fmt.Sprintf("≤ %v, none early", maxLate), p.late.p99 <= maxLate && p.early == 0, "ms")
	t.told("the same: p50 late", milliseconds(p.late.p50), milliseconds(without.late.p50), "ms")
	t.told(fmt.Sprintf("look for what is due with %d parked waits; without", parked), milliseconds(p.look), milliseconds(without.look), "ms")
}
