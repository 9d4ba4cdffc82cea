package app

import (
	"testing"
	"time"

	"github.com/cordboard/cordboard/core/internal/host"
)

func TestWhatAConnectorDidIsTold(t *testing.T) {
	t.Parallel()
	at := time.Now()
	got := connectorHealth(host.Health{
		State: host.Ready, Slowed: true, Trouble: "it let 3 calls in a row pass their deadline", TroubleAt: at,
		Faults: map[host.Fault]int{host.SecondReply: 2, host.LateCall: 3},
	})
	if !got.Slowed || got.Trouble == "" || got.TroubleAt == nil || !got.TroubleAt.Equal(at) || got.Faults["second_reply"] != 2 || got.Faults["late_call"] != 3 {
		t.Errorf("got %+v", got)
	}
	if calm := connectorHealth(host.Health{State: host.Idle}); calm.TroubleAt != nil || calm.Trouble != "" || calm.Slowed {
		t.Errorf("of a calm one: %+v", calm)
	}
}
