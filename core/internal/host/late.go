package host

import "fmt"

const (
	maxLate = 3  // calls in a row that a process lets pass their deadline before it is replaced
	maxLeft = 50 // the same, whatever was answered between them: each may still be busy in it
)

// answered notes that a call came back in its time.
func (s *supervisor) answered(i *instance) {
	s.mu.Lock()
	defer s.mu.Unlock()
	i.late = 0
}

// outlived notes that a call did not. Its caller has left already. A process that does not even answer a ping hangs and is
// ended at once; one that lets call after call pass its deadline is replaced. Both count as a crash, so that one which does
// it again and again is started ever later.
func (s *supervisor) outlived(i *instance) {
	s.output.faults.note(LateCall)
	s.mu.Lock()
	defer s.mu.Unlock()
	if i.retired {
		return
	}
	i.late++
	i.left++
	switch {
	case i.late >= maxLate:
		s.replace(i, fmt.Sprintf("it let %d calls in a row pass their deadline", i.late))
	case i.left >= maxLeft:
		s.replace(i, fmt.Sprintf("it let %d calls pass their deadline", i.left))
	case i.doubt == nil:
		i.doubt = make(chan struct{})
		go s.examine(i)
	}
}

// replace takes an instance out of service, which ends with its last call. The caller holds the lock.
func (s *supervisor) replace(i *instance, problem string) {
	i.retired = true
	if s.current == i {
		s.current = nil
	}
	if !s.stopped {
		s.crashed(problem)
	}
}

// examine asks whether a process answers at all. Other calls wait for that.
func (s *supervisor) examine(i *instance) {
	alive := i.alive(pingTimeout)
	s.mu.Lock()
	defer s.mu.Unlock()
	close(i.doubt)
	i.doubt = nil
	if alive || i.retired {
		return
	}
	s.replace(i, "it did not answer any more")
	i.process.end()
}
