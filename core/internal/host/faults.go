package host

import (
	"maps"
	"sync"
	"time"
)

// Fault is something that a connector did and should not have, and that the gateway bears.
type Fault string

const (
	LateCall     Fault = "late_call"     // a call was not answered by its deadline
	SecondReply  Fault = "second_reply"  // a call was answered twice; the second answer is ignored
	RefusedReply Fault = "refused_reply" // an answer was too large or not sound
	HeldBack     Fault = "held_back"     // it printed, logged or asked faster than the gateway reads, and had to wait
	Greedy       Fault = "greedy"        // it used more than its share of the processors, and gets them after others now
)

// AllFaults are all there are.
var AllFaults = []Fault{LateCall, SecondReply, RefusedReply, HeldBack, Greedy}

// faults counts those of one connector's version.
type faults struct {
	tell func(Fault) // of each; must not block

	mu     sync.Mutex
	counts map[Fault]int
}

func newFaults(tell func(Fault)) *faults { return &faults{tell: tell, counts: make(map[Fault]int)} }

func (f *faults) note(one Fault) {
	f.mu.Lock()
	f.counts[one]++
	f.mu.Unlock()
	f.tell(one)
}

func (f *faults) all() map[Fault]int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return maps.Clone(f.counts)
}

// trouble is the last thing that had to be done about a connector's process, for a person who looks when all is well again.
type trouble struct {
	what string
	at   time.Time
}
