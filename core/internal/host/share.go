package host

import (
	"runtime"
	"time"
)

// Where no control group bounds what a connector uses of the processors, its priority does: all of them come a little after
// the gateway, and one that takes more than its share comes ever later, until it has been restarted and behaved for a while.
const (
	shareEvery  = time.Second // between looks
	shareLooks  = 2           // looks in a row that find too much, before it comes later
	firstNice   = 3           // above the gateway's own
	penance     = 10 * time.Minute
	longestNice = 19
)

// greedyNice are the priorities of one that keeps taking too much.
var greedyNice = []int{10, 15, longestNice}

// share is how many processors a connector may keep busy: as many as a control group would let it have, and on a small machine
// not most of them.
func share() float64 { return min(1, float64(runtime.GOMAXPROCS(0))*3/8) }

// meter watches what one process and those that it started use. Zero is one that has not looked yet.
type meter struct {
	at    time.Time
	used  time.Duration
	above int // looks in a row
}

// look takes a reading and reports whether too much was used in several in a row.
func (m *meter) look(now time.Time, used time.Duration) bool {
	passed, spent := now.Sub(m.at), used-m.used
	first := m.at.IsZero()
	m.at, m.used = now, used
	if first || passed <= 0 || float64(spent)/float64(passed) <= share() {
		m.above = 0
		return false
	}
	if m.above++; m.above < shareLooks {
		return false
	}
	m.above = 0
	return true
}

// ration has a process that uses too much come after others.
func (s *supervisor) ration(i *instance, m *meter, now time.Time) {
	used, err := i.process.used()
	if err != nil || !m.look(now, used) {
		return
	}
	s.output.faults.note(Greedy)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.greed = min(s.greed+1, len(greedyNice))
	s.greedyUntil = now.Add(penance)
	s.trouble = trouble{"it used more than its share of the processors and gets them after others now", now}
	s.log.Warn("connector uses more than its share of the processors", "nice", s.nice(now))
	i.process.yield(s.nice(now))
}

// nice is how much later than the gateway a process comes. The caller holds the lock.
func (s *supervisor) nice(now time.Time) int {
	if s.greed == 0 || now.After(s.greedyUntil) {
		s.greed = 0
		return firstNice
	}
	return greedyNice[s.greed-1]
}
