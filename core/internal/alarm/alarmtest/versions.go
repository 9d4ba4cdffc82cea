package alarmtest

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/hibiken/asynq"
	"github.com/redis/go-redis/v9"

	"github.com/cordboard/cordboard/core/internal/alarm"
	"github.com/cordboard/cordboard/core/internal/testenv"
)

// ExerciseVersions checks that two releases may share a Redis: what the older one takes from the queue and does not know is
// lost to nobody, and nothing of it stays behind to stand in the way.
func ExerciseVersions(t *testing.T) {
	t.Helper()
	cfg := alarm.Config{RedisURL: testenv.Redis(t), SweepEvery: 50 * time.Millisecond, SweepSlack: 10 * time.Millisecond}
	const kind = alarm.Kind("newer")
	older, newer := prepare(t, cfg), prepare(t, cfg)
	older.before = func(_ context.Context, a alarm.Alarm) error {
		if a.Kind == kind {
			return fmt.Errorf("no rows are known of the kind %s", a.Kind)
		}
		return nil
	}
	older.start(t)
	newer.start(t)
	var rows []alarm.Alarm
	for i := range 20 {
		a := row(i, time.Now().Add(1500*time.Millisecond))
		a.Kind = kind
		rows = append(rows, a)
	}
	newer.park(rows...)
	eventually(t, "the alarms are in the queue", func() bool { return newer.clock.Stats().Queued >= int64(len(rows)) })
	newer.clock.Stop(t.Context()) // so that the older one alone is there when they are due

	options, err := redis.ParseURL(cfg.RedisURL)
	if err != nil {
		t.Fatal(err)
	}
	client := redis.NewClient(options)
	t.Cleanup(func() { _ = client.Close() })
	queue, inspector := asynq.NewClientFromRedisClient(client), asynq.NewInspectorFromRedisClient(client)
	for name, payload := range map[string]string{"of another type": `{"kind":"run","id":"x"}`, "in another form": "\x01\x02", "with nothing in it": ""} {
		if _, err := queue.Enqueue(asynq.NewTask(name, []byte(payload)), asynq.Queue("cordboard"), asynq.MaxRetry(0)); err != nil {
			t.Fatal(err)
		}
	}
	eventually(t, "the older one has taken all of it", func() bool {
		info, err := inspector.GetQueueInfo("cordboard")
		return err == nil && info.Pending+info.Scheduled+info.Active+info.Retry == 0
	})
	if archived, err := inspector.ListArchivedTasks("cordboard"); err != nil || len(archived) > 0 {
		t.Errorf("%d tasks were put aside, %v", len(archived), err)
	}
	later := prepare(t, cfg)
	later.source = newer.source
	later.start(t)
	later.handled(t, rows...)
	own := row(99, time.Now().Add(1500*time.Millisecond))
	older.park(own)
	older.handled(t, own)
}
