package host

import (
	"errors"
	"log/slog"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/cordboard/cordboard/sdk/protocol"
)

// broken is a supervisor whose program never starts, and the times of its starts.
func broken(t *testing.T) (*supervisor, *client, *[]time.Duration) {
	t.Helper()
	begin, starts := time.Now(), []time.Duration{}
	s := &supervisor{program: program{name: "broken"}, ping: time.Second, log: slog.New(slog.DiscardHandler),
		onStart: func(string) {}, onCrash: func(string) {}, output: newOutput(slog.New(slog.DiscardHandler), newFaults(func(Fault) {}))}
	s.launch = func(program, *output, int) (*instance, error) {
		starts = append(starts, time.Since(begin))
		return nil, errors.New("no luck")
	}
	return s, &client{name: "broken", supervisor: func() (*supervisor, error) { return s, nil }, timeout: time.Minute}, &starts
}

func TestCase19RepeatedCrashesSetAConnectorAside(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, c, starts := broken(t)
		defer s.stop()
		var told []string
		s.onCrash = func(connector string) { told = append(told, connector) }
		_, err := invoke(t, c, time.Second, "echo", `{}`)
		wantFailure(t, err, protocol.Retryable, "no luck")
		synctest.Wait()

		time.Sleep(time.Minute)
		synctest.Wait()
		if want := []time.Duration{0, 0, 1 * time.Second, 3 * time.Second, 7 * time.Second}; !slices.Equal(*starts, want) {
			t.Errorf("started at %v, want %v", *starts, want)
		}
		if state, problem := s.state(); state != Quarantined || problem == "" {
			t.Errorf("state = %s, %q", state, problem)
		}
		if len(told) != maxCrashes || told[0] != "broken" {
			t.Errorf("told of crashes of %q", told)
		}
		_, err = invoke(t, c, time.Second, "echo", `{}`)
		if f := wantFailure(t, err, protocol.Retryable, "set aside after 5 crashes"); f.RetryAfter <= 0 {
			t.Errorf("retry after %v", f.RetryAfter)
		}
		if len(*starts) != maxCrashes {
			t.Error("the call started it")
		}

		time.Sleep(quarantine)
		synctest.Wait()
		if len(*starts) <= maxCrashes {
			t.Error("it is never tried again")
		}
	})
}

func TestAPersonEndsAQuarantine(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, c, starts := broken(t)
		defer s.stop()
		_, _ = invoke(t, c, time.Second, "echo", `{}`)
		time.Sleep(time.Minute)
		s.restart()
		if state, _ := s.state(); state != Idle {
			t.Errorf("state = %s", state)
		}
		_, err := invoke(t, c, time.Second, "echo", `{}`)
		wantFailure(t, err, protocol.Retryable, "no luck")
		if len(*starts) <= maxCrashes {
			t.Error("the call did not start it")
		}
	})
}

func TestCallsWaitAMomentForARestart(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, c, starts := broken(t)
		defer s.stop()
		s.until = time.Now().Add(patience)
		_, err := invoke(t, c, time.Minute, "echo", `{}`)
		wantFailure(t, err, protocol.Retryable, "no luck")
		if len(*starts) == 0 || (*starts)[0] != patience {
			t.Errorf("started at %v", *starts)
		}
		s.mu.Lock()
		s.until = time.Now().Add(patience + time.Second)
		s.mu.Unlock()
		begin := time.Now()
		_, err = invoke(t, c, time.Minute, "echo", `{}`)
		wantFailure(t, err, protocol.Retryable, "not running")
		if time.Since(begin) != 0 {
			t.Errorf("waited %v", time.Since(begin))
		}
	})
}

func TestBackoffDoublesUpToAMinute(t *testing.T) {
	t.Parallel()
	for n, seconds := range []int{0, 1, 2, 4, 8, 16, 32, 60, 60} {
		want := time.Duration(seconds) * time.Second
		if got := backoff(n); got != want {
			t.Errorf("after %d crashes: %v, want %v", n+1, got, want)
		}
	}
	if got := backoff(1 << 30); got != time.Minute {
		t.Errorf("after very many: %v", got)
	}
}
