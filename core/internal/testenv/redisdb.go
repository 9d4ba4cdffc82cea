package testenv

import (
	"context"
	"fmt"
	"net/url"
	"os"
	"strconv"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
)

const claimKey = "testenv:claim"

// Redis returns the URL of an empty numbered database for this test alone, emptied when the test ends. Tests that
// flush or stop the server take OwnRedis. Where TEST_REDIS_URL is empty the test is skipped, or fails if CI=true.
func Redis(t testing.TB) string {
	t.Helper()
	server := os.Getenv(envRedis)
	if server == "" {
		missing(t, "Redis", envRedis+" is empty")
	}
	u, err := url.Parse(server)
	if err != nil {
		t.Fatalf("testenv: %s is not a URL", envRedis)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	for n := 1; n < databases(ctx, t, server); n++ { // 0 is where people keep things
		u.Path = "/" + strconv.Itoa(n)
		if claim(ctx, t, u.String()) {
			return u.String()
		}
	}
	t.Fatalf("testenv: no empty database left on the server in %s", envRedis)
	return ""
}

// claim takes a database if it is empty and no other test's, until the test ends.
func claim(ctx context.Context, t testing.TB, database string) bool {
	t.Helper()
	client := dial(t, database)
	defer client.Close()
	// One script, so that of two processes that look at the same empty database one gets it.
	taken, err := client.Eval(ctx, `if redis.call("DBSIZE") > 0 then return 0 end
redis.call("SET", KEYS[1], "1") return 1`, []string{claimKey}).Int()
	if err != nil {
		t.Fatalf("testenv: claim a database of the server in %s: %v", envRedis, err)
	}
	if taken == 1 {
		t.Cleanup(func() { release(t, database) })
	}
	return taken == 1
}

func release(t testing.TB, database string) {
	client := dial(t, database)
	defer client.Close()
	if err := client.FlushDB(context.Background()).Err(); err != nil {
		t.Errorf("testenv: give a Redis database back: %v", err)
	}
}

// databases asks how many there are. Servers that do not tell have the customary sixteen.
func databases(ctx context.Context, t testing.TB, server string) int {
	t.Helper()
	client := dial(t, server)
	defer client.Close()
	settings, err := client.ConfigGet(ctx, "databases").Result()
	if err != nil {
		return 16
	}
	n, err := strconv.Atoi(settings["databases"])
	if err != nil {
		return 16
	}
	return n
}

func dial(t testing.TB, url string) *redis.Client {
	t.Helper()
	client, err := redisClient(url)
	if err != nil {
		t.Fatal(fmt.Errorf("testenv: %s: %w", envRedis, err))
	}
	return client
}
