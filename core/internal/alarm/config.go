package alarm

import (
	"errors"
	"log/slog"
	"time"
)

// Config sets up a Clock. Its zero value is an embedded queue with the defaults below.
type Config struct {
	// RedisURL names the Redis that Asynq uses, as redis://user:password@host:port/database. Empty: a server inside
	// the process, which starts empty and is filled from the database.
	RedisURL string

	// Queue is Asynq's name for the queue, for installations that share a Redis database. Empty: "cordboard".
	Queue string

	// Horizon is how far ahead alarms are in the queue; what is due later exists as a row only. Zero: 15 minutes on
	// Redis, a minute on the embedded server, where looking at the queue costs time for each alarm in it.
	Horizon time.Duration

	// SweepEvery is the pause between two looks for overdue rows. Zero: a second.
	SweepEvery time.Duration

	// SweepSlack is how long an alarm may be late before its row counts as overdue. While the queue is down the
	// sweeper alone wakes rows, and does so without slack. Zero: 2 seconds.
	SweepSlack time.Duration

	// MaxPerSecond bounds how many overdue rows are released in a second, for the flood after an outage or a jump of
	// the clock. Zero: as fast as Concurrency allows.
	MaxPerSecond int

	// Concurrency is how many calls of the handler run at a time. Zero: 16.
	Concurrency int

	// Logger takes what goes wrong. Nil: slog.Default().
	Logger *slog.Logger
}

func (cfg Config) withDefaults() (Config, error) {
	if cfg.Horizon < 0 || cfg.SweepEvery < 0 || cfg.SweepSlack < 0 || cfg.MaxPerSecond < 0 || cfg.Concurrency < 0 {
		return cfg, errors.New("alarm: a setting is negative")
	}
	if cfg.Queue == "" {
		cfg.Queue = "cordboard"
	}
	if cfg.Horizon == 0 {
		cfg.Horizon = 15 * time.Minute
		if cfg.RedisURL == "" {
			cfg.Horizon = time.Minute
		}
	}
	if cfg.SweepEvery == 0 {
		cfg.SweepEvery = time.Second
	}
	if cfg.SweepSlack == 0 {
		cfg.SweepSlack = 2 * time.Second
	}
	if cfg.Concurrency == 0 {
		cfg.Concurrency = 16
	}
	if cfg.Logger == nil {
		cfg.Logger = slog.Default()
	}
	return cfg, nil
}
