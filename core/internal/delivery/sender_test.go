package delivery

import (
	"testing"
	"testing/synctest"
	"time"
)

func TestAnEndpointThatKeepsFailingIsLeftAloneAndThenProbed(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var s Sender
		s.init()
		places := func(endpointID string) (n int) {
			for s.enter(endpointID) {
				n++
			}
			for range n {
				s.leave(endpointID)
			}
			return n
		}
		if got := places("ep_dead"); got != together {
			t.Errorf("%d places at first", got)
		}
		for n := range opensAfter {
			if more, want := s.noted("ep_dead", false), n < opensAfter-1; more != want {
				t.Errorf("after failure %d: more %v", n+1, more)
			}
		}
		if dead, other := places("ep_dead"), places("ep_good"); dead != 0 || other != together {
			t.Errorf("%d places while it is left alone, %d at another", dead, other)
		}
		pauses := []time.Duration{30 * time.Second, time.Minute, 2 * time.Minute, 4 * time.Minute, 8 * time.Minute, 10 * time.Minute, 10 * time.Minute}
		for _, pause := range pauses {
			time.Sleep(pause - time.Second)
			if got := places("ep_dead"); got != 0 {
				t.Errorf("%d places a second before %s are over", got, pause)
			}
			time.Sleep(time.Second)
			if got := places("ep_dead"); got != 1 {
				t.Errorf("%d places after %s, want one for a probe", got, pause)
			}
			s.noted("ep_dead", false)
		}
		time.Sleep(leftAloneMost)
		s.noted("ep_dead", true)
		if got := places("ep_dead"); got != together {
			t.Errorf("%d places after a success", got)
		}
	})
}
