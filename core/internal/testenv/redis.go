package testenv

import (
	"context"
	"fmt"
	"os/exec"
	"strings"

	"github.com/redis/go-redis/v9"
)

const (
	redisImage     = "redis:7-alpine"
	redisDatabases = 256 // one for each test that asks, see Redis
)

// redisFromMachine starts the redis-server on the PATH, without persistence.
func redisFromMachine() recipe {
	return recipe{
		name:  "Redis",
		url:   redisURL,
		ready: redisReady,
		command: func(s *server) *exec.Cmd {
			cmd := exec.Command("redis-server", "-")
			cmd.Stdin = strings.NewReader(redisSettings(s, "127.0.0.1", s.port))
			return cmd
		},
	}
}

func redisInDocker() recipe {
	return recipe{
		name:      "Redis (Docker)",
		url:       redisURL,
		ready:     redisReady,
		container: true,
		command: func(s *server) *exec.Cmd {
			cmd := exec.Command("docker", "run", "--rm", "--init", "--interactive", "--name", s.name,
				"--publish", fmt.Sprintf("127.0.0.1:%d:6379", s.port), redisImage, "redis-server", "-")
			cmd.Stdin = strings.NewReader(redisSettings(s, "0.0.0.0", 6379)) // inside the container
			return cmd
		},
	}
}

// redisSettings go in by standard input, where other users of the machine do not read the password.
func redisSettings(s *server, bind string, port int) string {
	return fmt.Sprintf("bind %s\nport %d\nrequirepass %s\ndatabases %d\nsave \"\"\nappendonly no\n",
		bind, port, s.password, redisDatabases)
}

func redisURL(s *server) string {
	return fmt.Sprintf("redis://default:%s@127.0.0.1:%d/0", s.password, s.port)
}

func redisReady(ctx context.Context, url string) error {
	client, err := redisClient(url)
	if err != nil {
		return err
	}
	defer client.Close()
	return client.Ping(ctx).Err()
}

func redisClient(url string) (*redis.Client, error) {
	options, err := redis.ParseURL(url)
	if err != nil {
		return nil, fmt.Errorf("the Redis URL is not valid")
	}
	options.MaxRetries = -1
	return redis.NewClient(options), nil
}

func init() { redis.SetLogger(silent{}) } // a server that is not up yet is no news

type silent struct{}

func (silent) Printf(context.Context, string, ...any) {}
