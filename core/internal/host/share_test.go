package host

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"
)

func TestCase28AMeterTellsAShareThatWasUsedForLong(t *testing.T) {
	t.Parallel()
	begin := time.Now()
	much, little := time.Duration(share()*1.5*float64(time.Second)), time.Duration(share()*0.5*float64(time.Second))
	cases := map[string]struct {
		spent []time.Duration // in each second
		want  []bool
	}{
		"a connector at ease":              {[]time.Duration{little, little, little, little}, []bool{false, false, false, false}},
		"a moment's work":                  {[]time.Duration{little, much, little, much}, []bool{false, false, false, false}},
		"one that goes on":                 {[]time.Duration{little, much, much, much, much}, []bool{false, false, true, false, true}},
		"what it used before is no matter": {[]time.Duration{time.Hour, little, little}, []bool{false, false, false}},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var m meter
			used := time.Duration(0)
			for n, spent := range c.spent {
				used += spent
				if got := m.look(begin.Add(time.Duration(n)*time.Second), used); got != c.want[n] {
					t.Errorf("second %d: %v, want %v", n, got, c.want[n])
				}
			}
		})
	}
}

// niceOf is the priority of a process.
func niceOf(t *testing.T, pid int) int {
	t.Helper()
	raw, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		t.Fatal(err)
	}
	_, after, _ := strings.Cut(string(raw), ") ")
	nice, err := strconv.Atoi(strings.Fields(after)[16])
	if err != nil {
		t.Fatal(err)
	}
	return nice
}

func TestCase28AGreedyConnectorComesAfterOthers(t *testing.T) {
	h := host(t, folder(t, "hostile", "calm"))
	if h.groups.walls().Has(BoundedCPU) {
		t.Skip("a control group bounds what it uses")
	}
	own := niceOf(t, os.Getpid())
	c, calm := connector(t, h, "hostile"), connector(t, h, "calm")
	wantEcho(t, calm)
	if got := tried(t, c, "spin", attempt{}); got != "spinning" {
		t.Fatal(got)
	}
	first := pid(t, h, "hostile")
	eventually(t, 60*time.Second, "it comes after others", func() bool { return niceOf(t, first) >= min(own+greedyNice[1], longestNice) })
	if got := niceOf(t, pid(t, h, "calm")); got != own+firstNice {
		t.Errorf("the other one has priority %d, want %d", got, own+firstNice)
	}
	in := listed(t, h, "hostile")
	if !in.Slowed || in.Faults[Greedy] == 0 || !strings.Contains(in.Trouble, "more than its share") {
		t.Errorf("what is told: %+v", in.Health)
	}
	for _, member := range family(first)[1:] {
		eventually(t, 30*time.Second, "its child comes after others too", func() bool { return niceOf(t, member) > own+firstNice })
	}
	if members := family(first); len(members) < 2 {
		t.Error("the child in a session of its own is not seen")
	}

	// The next process of it does not begin better.
	s, err := h.supervisor("hostile", "")
	if err != nil {
		t.Fatal(err)
	}
	s.settle()
	tried(t, c, "open", attempt{})
	if got := niceOf(t, pid(t, h, "hostile")); got < min(own+greedyNice[0], longestNice) {
		t.Errorf("started again with priority %d", got)
	}
	if err := h.Restart("hostile"); err != nil {
		t.Fatal(err)
	}
	s.settle()
	tried(t, c, "open", attempt{})
	if got := niceOf(t, pid(t, h, "hostile")); got != own+firstNice {
		t.Errorf("a person restarted it, and it has priority %d", got)
	}
}
