package host

import (
	"fmt"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/cordboard/cordboard/sdk/protocol"
)

func TestCase20HangingCallsEndAtTheirDeadlines(t *testing.T) {
	t.Parallel()
	h := host(t, folder(t, "echo"))
	c := connector(t, h, "echo")
	for round := range 2 {
		wantEcho(t, c)
		first := pid(t, h, "echo")
		for n := range maxLate {
			if n > 0 && pid(t, h, "echo") != first {
				t.Fatalf("replaced after %d calls", n)
			}
			begin := time.Now()
			_, err := invoke(t, c, 300*time.Millisecond, "hang", `{"for":"1h"}`)
			if late := time.Since(begin) - 300*time.Millisecond; late > 100*time.Millisecond {
				t.Errorf("returned %v after the deadline", late)
			}
			wantFailure(t, err, protocol.Unknown, "did not answer in time")
		}
		eventually(t, 2*time.Second, "the process is gone", func() bool { return gone(first) })
		s, err := h.supervisor("echo", "")
		if err != nil {
			t.Fatal(err)
		}
		s.mu.Lock()
		if wait := s.until.Sub(s.crashes[round]); wait != backoff(round) {
			t.Errorf("started again after %v, want %v", wait, backoff(round))
		}
		s.mu.Unlock()
	}
	wantEcho(t, c)
	in := listed(t, h, "echo")
	if in.Faults[LateCall] != 2*maxLate || in.Crashes != 2 || !strings.Contains(in.Trouble, "let 3 calls in a row pass their deadline") || in.TroubleAt.IsZero() {
		t.Errorf("what is told: %+v", in.Health)
	}
}

func TestCase20AnAnswerBetweenLateCallsKeepsAProcess(t *testing.T) {
	t.Parallel()
	h := host(t, folder(t, "echo"))
	c := connector(t, h, "echo")
	wantEcho(t, c)
	first := pid(t, h, "echo")
	for range maxLate + 1 {
		_, err := invoke(t, c, 50*time.Millisecond, "hang", `{"for":"1h"}`)
		wantFailure(t, err, protocol.Unknown, "in time")
		wantEcho(t, c)
	}
	if pid(t, h, "echo") != first || listed(t, h, "echo").Crashes != 0 {
		t.Error("it was replaced")
	}
	for n := range maxLeft {
		if pid(t, h, "echo") != first {
			if n+maxLate+1 < maxLeft {
				t.Errorf("replaced after %d late calls", n+maxLate+1)
			}
			return
		}
		_, _ = invoke(t, c, 20*time.Millisecond, "hang", `{"for":"1h"}`)
		wantEcho(t, c)
	}
	t.Errorf("it is kept after %d calls that may still be busy in it", maxLeft+maxLate+1)
}

// freeze returns when a process stands still.
func freeze(t *testing.T, pid int) {
	t.Helper()
	if err := syscall.Kill(pid, syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	eventually(t, time.Second, "the process stands still", func() bool {
		raw, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
		return err == nil && strings.Contains(string(raw), ") T ")
	})
}

func TestCase20AFrozenConnectorIsReplaced(t *testing.T) {
	t.Parallel()
	h := host(t, folder(t, "echo"))
	c := connector(t, h, "echo")
	wantEcho(t, c)
	first := pid(t, h, "echo")
	freeze(t, first)
	// One call keeps the process busy while another meets its deadline.
	busy := make(chan error, 1)
	go func() {
		_, err := invoke(t, c, 20*time.Second, "echo", `{}`)
		busy <- err
	}()
	_, err := invoke(t, c, 300*time.Millisecond, "echo", `{}`)
	wantFailure(t, err, protocol.Unknown, "did not answer in time")
	eventually(t, 2*time.Second, "the process is gone", func() bool { return gone(first) })
	if err := <-busy; err != nil {
		wantFailure(t, err, protocol.Unknown, "ended during the call")
	}
	wantEcho(t, c)
}

// TestCase20AConnectorThatFreezesAgainIsStartedLater: a freeze that a call finds is a crash, and of two in a row the second
// has the next start wait.
func TestCase20AConnectorThatFreezesAgainIsStartedLater(t *testing.T) {
	t.Parallel()
	h := host(t, folder(t, "echo"))
	c := connector(t, h, "echo")
	for n := range 2 {
		wantEcho(t, c)
		freeze(t, pid(t, h, "echo"))
		_, err := invoke(t, c, 300*time.Millisecond, "echo", `{}`)
		wantFailure(t, err, protocol.Unknown, "did not answer in time")
		s, err := h.supervisor("echo", "")
		if err != nil {
			t.Fatal(err)
		}
		eventually(t, 5*time.Second, "the freeze counts", func() bool { return s.health().Crashes == n+1 })
		s.mu.Lock()
		if wait := s.until.Sub(s.crashes[n]); wait != backoff(n) {
			t.Errorf("after %d freezes it is started in %v", n+1, wait)
		}
		s.mu.Unlock()
	}
	wantEcho(t, c)
}

func TestADeadlineDoesNotHurtOtherCalls(t *testing.T) {
	t.Parallel()
	h := host(t, folder(t, "echo"))
	c := connector(t, h, "echo")
	wantEcho(t, c)
	first := pid(t, h, "echo")
	other := make(chan error, 1)
	go func() {
		_, err := invoke(t, c, 10*time.Second, "sleep", `{"for":"1200ms"}`)
		other <- err
	}()
	eventually(t, time.Second, "the other call is under way", func() bool {
		s, err := h.supervisor("echo", "")
		if err != nil {
			t.Fatal(err)
		}
		s.mu.Lock()
		defer s.mu.Unlock()
		return s.current.calls == 1
	})
	for range maxLate {
		_, err := invoke(t, c, 100*time.Millisecond, "hang", `{"for":"1h"}`)
		wantFailure(t, err, protocol.Unknown, "in time")
	}
	wantEcho(t, c)
	if pid(t, h, "echo") == first {
		t.Error("the hanging process still takes calls")
	}
	if err := <-other; err != nil {
		t.Errorf("the other call: %v", err)
	}
	eventually(t, 2*time.Second, "the process is gone after its last call", func() bool { return gone(first) })
}
