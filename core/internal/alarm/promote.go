package alarm

import (
	"context"
	"time"
)

const (
	promotePage = 1000
	sweepBatch  = 1000
)

// promoteLoop puts what is due within the horizon into the queue: at the start, twice per horizon, and when the queue
// is back from an outage.
func (c *Clock) promoteLoop(ctx context.Context) {
	ticker := time.NewTicker(max(c.cfg.Horizon/2, time.Millisecond))
	defer ticker.Stop()
	for {
		if err := c.promoteAll(ctx); err != nil && ctx.Err() == nil {
			c.log.Warn("could not queue upcoming alarms", "error", err)
		}
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		case <-c.promote:
		}
	}
}

// promoteAll pages through the rows due within the horizon. Most are in the queue already, and their ids conflict.
func (c *Clock) promoteAll(ctx context.Context) error {
	if c.Healthy() != nil {
		return nil
	}
	after := time.Now()
	until := after.Add(c.cfg.Horizon)
	for limit := promotePage; ; {
		page, err := c.source.Upcoming(ctx, after, until, limit)
		if err != nil {
			return err
		}
		for _, a := range page {
			if near(a) {
				c.deliver(a)
			} else if err := c.enqueue(ctx, a); err != nil {
				return err
			}
		}
		if len(page) < limit {
			return nil
		}
		// The next page begins with the last one's final instant, as more rows may share it. If they fill a whole
		// page, only a larger one gets past them.
		last := page[len(page)-1].At
		if !last.After(after) {
			limit *= 2
		}
		after = last
	}
}

// sweepLoop finds what the queue lost. A full batch is followed by the next one soon.
func (c *Clock) sweepLoop(ctx context.Context) {
	for {
		pause := c.cfg.SweepEvery
		full, err := c.sweep(ctx)
		if err != nil && ctx.Err() == nil {
			c.log.Warn("could not look for overdue rows", "error", err)
		}
		if full {
			pause /= 10
		}
		select {
		case <-ctx.Done():
			return
		case <-time.After(pause):
		}
	}
}

// sweep delivers overdue rows and reports whether there may be more.
func (c *Clock) sweep(ctx context.Context) (full bool, err error) {
	limit := min(sweepBatch, c.agenda.room())
	if c.cfg.MaxPerSecond > 0 {
		limit = min(limit, c.cfg.MaxPerSecond)
	}
	if limit == 0 {
		return false, nil
	}
	slack := c.cfg.SweepSlack
	if c.Healthy() != nil {
		slack = 0
	}
	overdue, err := c.source.Overdue(ctx, slack, limit)
	if err != nil {
		return false, err
	}
	for _, a := range overdue {
		if c.agenda.has(a) {
			continue
		}
		if err := c.limiter.Wait(ctx); err != nil {
			return false, err
		}
		c.swept.Add(1)
		c.note(a, time.Now()) // the database's clock said so, whatever ours says
	}
	return len(overdue) == limit, nil
}
