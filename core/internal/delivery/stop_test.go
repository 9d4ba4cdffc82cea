package delivery

import (
	"context"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// oneDue is a queue with one delivery, which is due until it is claimed.
type oneDue struct {
	Store
	endpoint Endpoint
	mu       sync.Mutex
	claimed  bool
	settled  []Verdict
}

func (q *oneDue) EndpointsDue(context.Context) ([]string, error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.claimed {
		return nil, nil
	}
	return []string{q.endpoint.ID}, nil
}

func (q *oneDue) Claim(context.Context, string, time.Duration) (Delivery, Endpoint, bool, error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.claimed {
		return Delivery{}, Endpoint{}, false, nil
	}
	q.claimed = true
	return Delivery{ID: "dlv_1", EventID: "evt_1", Payload: []byte("{}"), Attempts: 1, Step: 2}, q.endpoint, true, nil
}

func (q *oneDue) Settle(_ context.Context, _ Delivery, v Verdict) error {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.settled = append(q.settled, v)
	return nil
}

// Case 16: who stops waits for an answer that comes soon, and leaves another to the next node, which sends at once.
func TestCase16ASenderThatStops(t *testing.T) {
	t.Parallel()
	made, e := sealed(t)
	for name, tt := range map[string]struct {
		answers time.Duration // after the request
		took    time.Duration // from the stop, a second after the request
		outcome Outcome
		state   DeliveryState
	}{
		"an answer within the farewell counts": {10 * time.Second, 9 * time.Second, AttemptDelivered, Delivered},
		"a later one is not waited for":        {25 * time.Second, farewell, AttemptUnknown, Pending},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				q := &oneDue{endpoint: e}
				s := &Sender{Store: q, Keys: made.Keys, Log: made.Log, Client: &http.Client{Transport: receiver(func(r *http.Request) (*http.Response, error) {
					select {
					case <-r.Context().Done():
						return nil, r.Context().Err()
					case <-time.After(tt.answers):
						return &http.Response{StatusCode: http.StatusOK, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(""))}, nil
					}
				})}}
				ctx, stop := context.WithCancel(t.Context())
				var running sync.WaitGroup
				running.Go(func() { s.Run(ctx) })
				time.Sleep(time.Second)
				stop()
				stopped := time.Now()
				running.Wait()
				if took := time.Since(stopped); took != tt.took {
					t.Errorf("it took %s to stop, want %s", took, tt.took)
				}
				if len(q.settled) != 1 || q.settled[0].Outcome != tt.outcome || q.settled[0].State != tt.state || q.settled[0].DueAt.After(time.Now()) {
					t.Errorf("settled %+v", q.settled)
				}
			})
		})
	}
}
