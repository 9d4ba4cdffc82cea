package alarmtest_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/cordboard/cordboard/core/internal/alarm"
	"github.com/cordboard/cordboard/core/internal/alarm/alarmtest"
)

func TestFakeFiresOnVirtualTime(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		begun := time.Now()
		var after []time.Duration
		fake := alarmtest.NewFake(func(context.Context, alarm.Alarm) error {
			after = append(after, time.Since(begun))
			return nil
		})
		a := alarm.Alarm{Kind: alarm.KindWait, ID: "wait_1", At: begun.Add(2 * time.Hour)}
		fake.Set(t.Context(), a, a)
		time.Sleep(3 * time.Hour) // virtual
		synctest.Wait()
		if len(after) != 1 || after[0] != 2*time.Hour {
			t.Errorf("fired after %v, want once after 2h", after)
		}
	})
}

func TestFakeRemembersAndLoses(t *testing.T) {
	t.Parallel()
	fake, now := alarmtest.NewFake(nil), time.Now()
	late := alarm.Alarm{Kind: alarm.KindRun, ID: "run_2", At: now.Add(time.Hour)}
	soon := alarm.Alarm{Kind: alarm.KindRun, ID: "run_1", At: now.Add(time.Minute)}
	fake.Set(t.Context(), late, soon)
	if got := fake.Pending(); len(got) != 2 || got[0].ID != soon.ID {
		t.Errorf("pending: %v", got)
	}
	fake.Lose()
	if got := fake.Pending(); len(got) != 0 {
		t.Errorf("pending after a loss: %v", got)
	}
	fake.Set(t.Context(), soon)
	fake.Stop()
	if got := fake.Pending(); len(got) != 0 {
		t.Errorf("pending after the end: %v", got)
	}
}
