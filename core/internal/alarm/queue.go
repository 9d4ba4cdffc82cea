package alarm

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strconv"
	"time"

	"github.com/alicebob/miniredis/v2"
	"github.com/hibiken/asynq"
	"github.com/redis/go-redis/v9"
)

// Asynq moves scheduled tasks to the ready ones at one interval and looks at those at half to one and a half times the
// other: 0.7 s at worst, within lead.
const (
	scheduledEvery = 400 * time.Millisecond
	readyEvery     = 200 * time.Millisecond
	healthEvery    = time.Second
	pingTimeout    = time.Second
)

// taskType is the one type of task there is; what kind of row it means is in the payload.
const taskType = "alarm"

// queue is Asynq with its connections, and with the server inside the process where there is one.
type queue struct {
	name     string
	deliver  func(Alarm)
	log      *slog.Logger
	redis    *redis.Client
	client   *asynq.Client
	server   *asynq.Server
	embedded *miniredis.Miniredis // nil on Redis
}

// openQueue connects lazily: it fails for an unusable setting, not for a Redis that is down. It calls deliver for each
// task a little before its time, and observe with the result of each health check.
func openQueue(cfg Config, deliver func(Alarm), observe func(error)) (*queue, error) {
	q := &queue{name: cfg.Queue, deliver: deliver, log: cfg.Logger}
	var options *redis.Options
	var err error
	if cfg.RedisURL == "" {
		options, err = q.embed()
	} else {
		options, err = redisOptions(cfg.RedisURL)
	}
	if err != nil {
		return nil, err
	}
	q.redis = redis.NewClient(options)
	q.client = asynq.NewClientFromRedisClient(q.redis)
	q.server = asynq.NewServerFromRedisClient(q.redis, asynq.Config{
		Concurrency:              8, // a task is only noted, so few suffice
		Queues:                   map[string]int{cfg.Queue: 1},
		DelayedTaskCheckInterval: scheduledEvery,
		TaskCheckInterval:        readyEvery,
		HealthCheckFunc:          observe,
		HealthCheckInterval:      healthEvery,
		ShutdownTimeout:          time.Second,
		Logger:                   asynqLog{cfg.Logger},
	})
	return q, nil
}

// embed starts the server inside the process. It listens on loopback, where others may knock, so it has a password.
func (q *queue) embed() (*redis.Options, error) {
	password := rand.Text()
	q.embedded = miniredis.NewMiniRedis()
	q.embedded.RequireAuth(password)
	if err := q.embedded.Start(); err != nil {
		return nil, fmt.Errorf("alarm: start the embedded queue: %w", err)
	}
	return tune(&redis.Options{Addr: q.embedded.Addr(), Password: password}), nil
}

// redisOptions reads the URL. The error keeps it to itself: it may hold a password.
func redisOptions(url string) (*redis.Options, error) {
	options, err := redis.ParseURL(url)
	if err != nil {
		return nil, errors.New("alarm: the Redis URL is not valid; it reads redis://user:password@host:port/database")
	}
	return tune(options), nil
}

// tune sets times that suit a hint: short, but with pauses between tries, as Asynq itself tries again at once.
func tune(options *redis.Options) *redis.Options {
	options.DialTimeout = 2 * time.Second
	options.ReadTimeout = 2 * time.Second
	options.WriteTimeout = 2 * time.Second
	options.MinRetryBackoff = 100 * time.Millisecond
	options.MaxRetryBackoff = 500 * time.Millisecond
	options.MaxRetries = 2
	options.DisableIdentity = true
	options.ContextTimeoutEnabled = true
	return options
}

func (q *queue) start() error { return q.server.Start(asynq.HandlerFunc(q.process)) }

// process never fails: a task that Asynq archives would only stand in the way of its successor. The rows of tasks that
// we cannot read, such as a newer release's, are found overdue by whoever knows them.
func (q *queue) process(_ context.Context, task *asynq.Task) error {
	var a Alarm
	if err := json.Unmarshal(task.Payload(), &a); err != nil {
		q.log.Warn("unreadable alarm in the queue", "error", err)
		return nil
	}
	q.deliver(a)
	return nil
}

// schedule puts an alarm into the queue, unless it is there.
func (q *queue) schedule(ctx context.Context, a Alarm) error {
	payload, err := json.Marshal(a)
	if err != nil {
		return err
	}
	_, err = q.client.EnqueueContext(ctx, asynq.NewTask(taskType, payload),
		asynq.Queue(q.name),
		asynq.TaskID(string(a.Kind)+":"+a.ID+":"+strconv.FormatInt(a.Revision, 10)),
		asynq.ProcessAt(a.At.Add(-lead)),
		asynq.MaxRetry(0),
	)
	if errors.Is(err, asynq.ErrTaskIDConflict) {
		return nil
	}
	return err
}

func (q *queue) ping(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, pingTimeout)
	defer cancel()
	return q.redis.Ping(ctx).Err()
}

// shutdown ends delivery; the connection stays open.
func (q *queue) shutdown() { q.server.Shutdown() }

func (q *queue) close() {
	_ = q.redis.Close() // an error here has no consequence left
	if q.embedded != nil {
		q.embedded.Close()
	}
}

// asynqLog keeps Asynq's messages for those who debug: while Redis is down it has several to say per second, and the
// clock tells of the outage itself.
type asynqLog struct{ log *slog.Logger }

func (l asynqLog) Debug(args ...any) { l.log.Debug(fmt.Sprint(args...)) }
func (l asynqLog) Info(args ...any)  { l.log.Debug(fmt.Sprint(args...)) }
func (l asynqLog) Warn(args ...any)  { l.log.Debug(fmt.Sprint(args...)) }
func (l asynqLog) Error(args ...any) { l.log.Debug(fmt.Sprint(args...)) }
func (l asynqLog) Fatal(args ...any) { l.log.Error(fmt.Sprint(args...)) }

func init() { redis.SetLogger(quiet{}) }

// quiet drops what the Redis client says about its connections; errors come back from its calls.
type quiet struct{}

func (quiet) Printf(context.Context, string, ...any) {}
