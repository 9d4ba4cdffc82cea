package engine_test

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/cordboard/cordboard/core/internal/alarm"
	"github.com/cordboard/cordboard/core/internal/engine"
	"github.com/cordboard/cordboard/core/internal/inspect"
	"github.com/cordboard/cordboard/core/internal/run"
	"github.com/cordboard/cordboard/core/internal/testenv"
)

// agenda is the database as the clock reads it.
type agenda struct{ *world }

func (a agenda) Upcoming(ctx context.Context, after, until time.Time, limit int) ([]alarm.Alarm, error) {
	return clockAlarms(a.store.Upcoming(ctx, after, until, limit))
}

func (a agenda) Overdue(ctx context.Context, slack time.Duration, limit int) ([]alarm.Alarm, error) {
	return clockAlarms(a.store.Overdue(ctx, slack, limit))
}

func clockAlarms(found []engine.Alarm, err error) ([]alarm.Alarm, error) {
	out := make([]alarm.Alarm, len(found))
	for i, a := range found {
		out[i] = alarm.Alarm{Kind: alarm.Kind(a.Kind), ID: a.ID, Revision: a.Revision, At: a.At}
	}
	return out, err
}

// TestCase38RedisIsFlushedWithManyOpenWaits: the queue forgets everything, twice, before and while waits fall due. All
// fire, none before its time and none twice.
func TestCase38RedisIsFlushedWithManyOpenWaits(t *testing.T) {
	t.Parallel()
	server := testenv.OwnRedis(t)
	w := newWorld(t, testenv.Postgres(t), patient, withoutAlarms)
	clock, err := alarm.New(alarm.Config{RedisURL: server.URL}, agenda{w}, func(ctx context.Context, a alarm.Alarm) error {
		return w.engine.Handle(ctx, engine.Alarm{Kind: engine.Kind(a.Kind), ID: a.ID, Revision: a.Revision, At: a.At})
	})
	w.check(err)
	w.check(clock.Start(w.Context()))
	t.Cleanup(func() { clock.Stop(context.Background()) })
	w.work(func(c *engine.Config) {
		c.SetAlarms = func(ctx context.Context, alarms ...engine.Alarm) {
			some, _ := clockAlarms(alarms, nil)
			clock.Set(ctx, some...)
		}
	})
	w.beats()
	open := func(want int) []run.Wait {
		var waits []run.Wait
		w.until("all questions are open", func() bool { waits = w.openWaits(); return len(waits) >= want })
		return waits
	}
	const together = 200
	for n := 0; n < *trials; n += together {
		for i := n; i < min(n+together, *trials); i++ {
			w.send(ordered(fmt.Sprint("o", i), fmt.Sprintf("+346%08d", i)))
		}
		open(min(n+together, *trials))
	}
	waits := open(*trials)
	span := time.Duration(len(waits)) * time.Second / 200
	begin := time.Now().Add(3*time.Second + time.Duration(len(waits))*4*time.Millisecond) // once all of them are rescheduled
	var changes sync.WaitGroup
	const workers = 8
	for worker := range workers {
		changes.Go(func() {
			for i := worker; i < len(waits); i += workers {
				wait := w.reschedule(waits[i].ID, begin.Add(span*time.Duration(i)/time.Duration(len(waits))))
				clock.Set(w.Context(), alarm.Alarm{Kind: alarm.KindWait, ID: wait.ID, Revision: wait.Revision, At: wait.FireAt})
			}
		})
	}
	changes.Wait()
	options, err := redis.ParseURL(server.URL)
	w.check(err)
	client := redis.NewClient(options)
	defer client.Close()
	for _, at := range []time.Time{time.Now(), begin.Add(span / 2)} {
		time.Sleep(time.Until(at))
		w.check(client.FlushAll(w.Context()).Err())
	}
	for end := begin.Add(span + 10*patience); len(w.openWaits()) > 0; time.Sleep(100 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("%d waits are still open", len(w.openWaits()))
		}
	}
	var latest time.Duration
	for _, wait := range waits {
		d := w.detail(wait.RunID)
		got, fired := d.Waits[0], 0
		for _, k := range kinds(d) {
			if k == engine.WaitFired {
				fired++
			}
		}
		if got.State != run.WaitNoResponse || fired != 1 || got.ClosedAt.Before(got.FireAt) {
			t.Errorf("wait %s is %s and fired %d times, %s after it was due", got.ID, got.State, fired, got.ClosedAt.Sub(got.FireAt))
		}
		latest = max(latest, got.ClosedAt.Sub(got.FireAt))
	}
	t.Logf("%d waits fired within %s, the latest %s after it was due", len(waits), span, latest.Round(time.Millisecond))
}

func (w *world) openWaits() []run.Wait {
	w.Helper()
	var all []run.Wait
	for page := pageOf200; ; {
		some, err := w.store.ListWaits(w.Context(), w.workspace.ID, inspect.WaitFilter{State: run.WaitOpen}, page)
		w.check(err)
		all = append(all, some...)
		if len(some) < page.Limit {
			return all
		}
		page.After = some[len(some)-1].ID
	}
}
