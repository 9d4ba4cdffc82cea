package alarm_test

import (
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/cordboard/cordboard/core/internal/alarm"
	"github.com/cordboard/cordboard/core/internal/alarm/alarmtest"
	"github.com/cordboard/cordboard/core/internal/testenv"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestClockOnRedis(t *testing.T) {
	t.Parallel()
	alarmtest.Exercise(t, func(t *testing.T) alarm.Config { return alarm.Config{RedisURL: testenv.Redis(t)} })
}

func TestClockOnEmbeddedServer(t *testing.T) {
	t.Parallel()
	alarmtest.Exercise(t, func(*testing.T) alarm.Config { return alarm.Config{} })
}

func TestClockWhileRedisFails(t *testing.T) {
	t.Parallel()
	alarmtest.ExerciseOutages(t)
}

// TestCase45TwoReleasesShareARedis: the older one does not know all that the newer one sets.
func TestCase45TwoReleasesShareARedis(t *testing.T) {
	t.Parallel()
	alarmtest.ExerciseVersions(t)
}

func TestNew(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		config alarm.Config
		want   string // in the error
	}{
		"a negative setting":    {alarm.Config{Horizon: -time.Second}, "negative"},
		"a URL that is no URL":  {alarm.Config{RedisURL: "redis://user:hunter2@host:port"}, "not valid"},
		"a URL of another kind": {alarm.Config{RedisURL: "http://user:hunter2@127.0.0.1"}, "not valid"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := alarm.New(c.config, &alarmtest.Source{}, nil)
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want %q in it", err, c.want)
			}
			if err != nil && strings.Contains(err.Error(), "hunter2") {
				t.Errorf("the error tells the password: %v", err)
			}
		})
	}
}
