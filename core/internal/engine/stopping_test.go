package engine

import (
	"testing"
	"time"
)

// While the engine stops, no call is begun: whoever would wait for one goes on, so that their node can end.
func TestACallThatIsNotBegunIsNotWaitedFor(t *testing.T) {
	t.Parallel()
	e := &Engine{slots: make(chan struct{}, 1), ctx: t.Context(), cancel: func() {}}
	e.Stop(t.Context())
	e.performWithin(t.Context(), call{}, time.Hour)
	if len(e.slots) != 0 {
		t.Error("its slot is still taken")
	}
}
