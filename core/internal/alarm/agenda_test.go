package alarm

import (
	"context"
	"strconv"
	"testing"
	"testing/synctest"
	"time"
)

func TestAgendaHandsOutInOrderAndNotEarly(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		g, now := newAgenda(), time.Now()
		for _, in := range []int{3, 1, 2} {
			at := now.Add(time.Duration(in) * time.Second)
			g.add(Alarm{ID: strconv.Itoa(in), At: at}, at)
		}
		for want := 1; want <= 3; want++ {
			a, ok := g.take(t.Context())
			if took := time.Since(now); !ok || a.ID != strconv.Itoa(want) || took != time.Duration(want)*time.Second {
				t.Errorf("after %v: %v, %v", took, a.ID, ok)
			}
		}
	})
}

func TestAgendaTakesAnEarlierAlarmFirst(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		g, now := newAgenda(), time.Now()
		g.add(Alarm{ID: "late"}, now.Add(time.Hour))
		taken := make(chan Alarm)
		go func() {
			a, _ := g.take(t.Context())
			taken <- a
		}()
		synctest.Wait() // for the late one
		g.add(Alarm{ID: "early"}, now.Add(time.Second))
		if a := <-taken; a.ID != "early" || time.Since(now) != time.Second {
			t.Errorf("took %q after %v", a.ID, time.Since(now))
		}
	})
}

func TestAgendaKnowsWhatIsBeingHandled(t *testing.T) {
	t.Parallel()
	g, now := newAgenda(), time.Now()
	a := Alarm{Kind: KindRun, ID: "run_1", At: now}
	g.add(a, now)
	if _, ok := g.take(t.Context()); !ok {
		t.Fatal("nothing to take")
	}
	g.add(a, now)
	if len(g.queue) != 0 {
		t.Error("took in an alarm that is being handled")
	}
	again := a
	again.At = now.Add(time.Second)
	g.add(again, again.At)
	if len(g.queue) != 1 {
		t.Error("refused the same row for another time")
	}
	g.done(a)
	if g.add(a, now); len(g.queue) != 2 {
		t.Error("refused an alarm that was handled before")
	}
}

func TestAgendaIsBounded(t *testing.T) {
	t.Parallel()
	g, now := newAgenda(), time.Now()
	for i := range agendaSize {
		g.add(Alarm{ID: strconv.Itoa(i)}, now)
	}
	if g.add(Alarm{ID: "one more"}, now) || g.room() != 0 {
		t.Error("took more than it has room for")
	}
}

func TestAgendaEndsWithItsContext(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, ok := newAgenda().take(ctx); ok {
		t.Error("an empty agenda handed something out")
	}
}

// TestR6WhatTheQueueBringsLateIsLeftToTheSweeper: which releases no more of it in a second than is allowed.
func TestR6WhatTheQueueBringsLateIsLeftToTheSweeper(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		most int
		late time.Duration
		want int64 // how many are left to it
	}{
		"it is late":                  {200, time.Hour, 1},
		"it is late, without a bound": {0, time.Hour, 0},
		"it is on time":               {200, -time.Hour, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			clock, err := New(Config{MaxPerSecond: c.most}, nil, nil)
			if err != nil {
				t.Fatal(err)
			}
			clock.arrive(Alarm{Kind: KindWait, ID: "wait_1", At: time.Now().Add(-c.late)})
			if got := clock.Stats().Dropped; got != c.want {
				t.Errorf("%d are left to the sweeper, want %d", got, c.want)
			}
			if noted := int64(agendaSize - clock.agenda.room()); noted != 1-c.want {
				t.Errorf("%d are noted, want %d", noted, 1-c.want)
			}
		})
	}
}
