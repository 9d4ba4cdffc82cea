package trigger

import (
	"context"
	"errors"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// answerMemory keeps answers in memory and counts how often it was asked.
type answerMemory struct {
	mu    sync.Mutex
	found map[string]FlowAnswer
	asked int
	fails bool
}

func (m *answerMemory) Answers(_ context.Context, ids []string) (map[string]FlowAnswer, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.asked++
	if m.fails {
		return nil, errors.New("the database is away")
	}
	out := map[string]FlowAnswer{}
	for _, id := range ids {
		if a, ok := m.found[id]; ok {
			out[id] = a
		}
	}
	return out, nil
}

func (m *answerMemory) CopyOf(context.Context, string, string) (string, error) { return "req_1", nil }

func (m *answerMemory) put(id string, status int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.found[id] = FlowAnswer{Status: status}
}

func TestAnswersReachWhoeverWaits(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		m := &answerMemory{found: map[string]FlowAnswer{}}
		a := NewAnswers(AnswersConfig{Store: m, Limit: 3})
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		defer cancel()
		var wg sync.WaitGroup
		begin := time.Now()
		for i, id := range []string{"req_1", "req_1", "req_2"} {
			wg.Go(func() {
				answer, ok := a.Wait(ctx, id)
				if id == "req_2" {
					if ok || time.Since(begin) != 10*time.Second {
						t.Errorf("caller %d is told %+v after %s", i, answer, time.Since(begin))
					}
					return
				}
				if !ok || answer.Status != 201 || time.Since(begin) != 3*time.Second {
					t.Errorf("caller %d is told %+v, %t after %s", i, answer, ok, time.Since(begin))
				}
			})
		}
		synctest.Wait()
		if _, ok := a.Wait(ctx, "req_3"); ok || time.Since(begin) != 0 {
			t.Error("one too many waits")
		}
		time.Sleep(time.Second)
		m.mu.Lock()
		m.fails = true
		m.mu.Unlock()
		time.Sleep(time.Second)
		m.mu.Lock()
		m.fails = false
		if m.asked > 30 { // for all callers together
			t.Errorf("the database was asked %d times in 2s", m.asked)
		}
		m.mu.Unlock()
		time.Sleep(999*time.Millisecond + 999*time.Microsecond) // between two regular looks
		m.put("req_1", 201)
		time.Sleep(time.Microsecond)
		a.Look()
		wg.Wait()
		m.mu.Lock()
		asked := m.asked
		m.mu.Unlock()
		time.Sleep(time.Minute)
		if m.mu.Lock(); m.asked > asked+1 {
			t.Errorf("it was asked %d times more while nobody waits", m.asked-asked)
		}
		m.mu.Unlock()
	})
}
