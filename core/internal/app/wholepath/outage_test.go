//go:build linux

package wholepath_test

import (
	"syscall"
	"testing"
	"time"
)

// TestKilledWithinTheWait is AX-8: a gateway that is killed while it waits, and back before the deadline, has lost
// nothing and moved nothing.
func TestKilledWithinTheWait(t *testing.T) {
	onBoth(t, func(t *testing.T, databases map[string]string) {
		g := newGateway(t, databases, 20*time.Second) // longer than a start on a loaded machine
		replies, stays := person{g, "+34600222001"}, person{g, "+34600222002"}
		for _, p := range []person{replies, stays} {
			g.vendors.buy(t, order{Phone: p.phone})
		}
		first, second := replies.asked(t), stays.asked(t)
		g.kill()
		g.start(t)
		if got := replies.asked(t); !got.Deadline.Equal(first.Deadline) || got.ID != first.ID {
			t.Errorf("the wait was %+v and is %+v", first, got)
		}
		if got := stays.asked(t); !got.Deadline.Equal(second.Deadline) || got.ID != second.ID {
			t.Errorf("the wait was %+v and is %+v", second, got)
		}
		replies.says(t, "Sí")
		replies.endsAs(t, outcome{path: answered, sent: guided, tag: "reactive", wait: "replied", heard: []string{"matched"}})
		stays.endsAs(t, outcome{path: silent, sent: reminded, tag: "silent", wait: "no_response"})
	})
}

// TestKilledPastTheDeadline is AX-9 and AX-10: the gateway comes back when the deadline is over. A reply from the time
// away, redelivered within the grace, still counts; silence times out once, after the grace.
func TestKilledPastTheDeadline(t *testing.T) {
	onBoth(t, func(t *testing.T, databases map[string]string) {
		g := newGateway(t, databases, within)
		replies, stays := person{g, "+34600333001"}, person{g, "+34600333002"}
		for _, p := range []person{replies, stays} {
			g.vendors.buy(t, order{Phone: p.phone})
		}
		replies.asked(t)
		deadline := stays.asked(t).Deadline
		g.kill()
		g.vendors.post(t, "hold", nil, nil)
		replies.says(t, "Sí") // while nobody hears
		until(deadline.Add(time.Second))
		back := time.Now()
		g.start(t)
		g.vendors.post(t, "release", nil, nil)
		replies.endsAs(t, outcome{path: answered, sent: guided, tag: "reactive", wait: "replied", heard: []string{"matched"}})
		stays.endsAs(t, outcome{path: silent, sent: reminded, tag: "silent", wait: "no_response"})
		d, _ := stays.run(t)
		if closed := *d.Waits[0].ClosedAt; closed.Before(back.Add(grace)) {
			t.Errorf("the timeout claimed %s after the start, within the grace of %s", closed.Sub(back), grace)
		}
	})
}

// TestConnectorKilled kills connector processes under a run that goes on all the same, on processes that were started
// anew.
func TestConnectorKilled(t *testing.T) {
	onBoth(t, func(t *testing.T, databases map[string]string) {
		g := newGateway(t, databases, 20*time.Second)
		p := person{g, "+34600444001"}
		g.vendors.buy(t, order{Phone: p.phone})
		p.asked(t)
		killed := map[string]int{}
		for _, connector := range []string{"whatsapp", "activecampaign"} {
			pid := g.child(t, connector)
			if pid == 0 {
				continue
			}
			if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
				t.Fatal(err)
			}
			killed[connector] = pid
		}
		if killed["whatsapp"] == 0 {
			t.Fatal("the gateway has no process of the connector whatsapp, which has just sent a message")
		}
		p.says(t, "Sí")
		p.endsAs(t, outcome{path: answered, sent: guided, tag: "reactive", wait: "replied", heard: []string{"matched"}})
		for connector, pid := range killed {
			if now := g.child(t, connector); now == 0 || now == pid {
				t.Errorf("the process of %s was %d and is %d, want another", connector, pid, now)
			}
		}
	})
}
