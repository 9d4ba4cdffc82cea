package alarmtest

import (
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/cordboard/cordboard/core/internal/alarm"
	"github.com/cordboard/cordboard/core/internal/testenv"
)

// ExerciseOutages checks what a clock promises while its Redis fails. Each test breaks a server of its own.
func ExerciseOutages(t *testing.T) {
	t.Helper()
	for name, check := range map[string]func(*testing.T, alarm.Config, *testenv.Server){
		"a flushed queue loses nothing":                 survivesFlush,
		"a queue that is down at the start comes later": startsWithoutQueue,
		"a queue that restarts empty loses nothing":     survivesRestart,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := testenv.OwnRedis(t)
			check(t, alarm.Config{RedisURL: server.URL}, server)
		})
	}
}

func survivesFlush(t *testing.T, cfg alarm.Config, server *testenv.Server) {
	cfg.SweepEvery, cfg.SweepSlack = 100*time.Millisecond, 200*time.Millisecond
	w := start(t, cfg)
	var rows []alarm.Alarm
	for i := range 200 {
		rows = append(rows, row(i, time.Now().Add(3*time.Second)))
	}
	w.park(rows...)
	eventually(t, "all alarms are queued", func() bool { return w.clock.Stats().Queued >= 200 })
	options, err := redis.ParseURL(server.URL)
	if err != nil {
		t.Fatal(err)
	}
	client := redis.NewClient(options)
	defer client.Close()
	if err := client.FlushAll(t.Context()).Err(); err != nil {
		t.Fatal(err)
	}
	w.handled(t, rows...)
	if w.clock.Stats().Swept == 0 {
		t.Error("the flush lost nothing, so this showed nothing")
	}
}

func startsWithoutQueue(t *testing.T, cfg alarm.Config, server *testenv.Server) {
	cfg.SweepEvery = 50 * time.Millisecond
	server.Stop()
	w := start(t, cfg)
	if w.clock.Healthy() == nil {
		t.Error("healthy without a queue")
	}
	first := row(1, time.Now().Add(1500*time.Millisecond))
	w.park(first)
	w.handled(t, first)

	server.Restart()
	eventually(t, "the clock notices the queue", func() bool { return w.clock.Healthy() == nil })
	second := row(2, time.Now().Add(2500*time.Millisecond))
	w.park(second)
	eventually(t, "alarms are queued again", func() bool { return w.clock.Stats().Queued > 0 })
	w.handled(t, second)
}

func survivesRestart(t *testing.T, cfg alarm.Config, server *testenv.Server) {
	cfg.SweepEvery = 50 * time.Millisecond
	w := start(t, cfg)
	var rows []alarm.Alarm
	for i := range 20 {
		rows = append(rows, row(i, time.Now().Add(time.Duration(2000+i*100)*time.Millisecond)))
	}
	w.park(rows...)
	eventually(t, "alarms are queued", func() bool { return w.clock.Stats().Queued >= 10 })
	server.Crash()
	eventually(t, "the clock notices the outage", func() bool { return w.clock.Healthy() != nil })
	server.Restart()
	w.handled(t, rows...)
	eventually(t, "the clock recovers", func() bool { return w.clock.Healthy() == nil })
}
