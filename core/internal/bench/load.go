package bench

import (
	"context"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// figures is what came of doing a thing many times.
type figures struct {
	perSecond float64
	p50, p99  time.Duration
}

func milliseconds(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }

// repeat does a thing count times with workers at once, at most for atMost. The first error ends it.
func repeat(ctx context.Context, workers, count int, atMost time.Duration, do func(ctx context.Context, n int) (time.Duration, error)) (figures, error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var (
		next  atomic.Int64
		group sync.WaitGroup
		mu    sync.Mutex
		took  []time.Duration
	)
	began := time.Now()
	for range workers {
		group.Go(func() {
			var own []time.Duration
			for ctx.Err() == nil && time.Since(began) < atMost {
				n := int(next.Add(1))
				if n > count {
					break
				}
				d, err := do(ctx, n)
				if err != nil {
					cancel(err)
					break
				}
				own = append(own, d)
			}
			mu.Lock()
			took = append(took, own...)
			mu.Unlock()
		})
	}
	group.Wait()
	elapsed := time.Since(began)
	if err := context.Cause(ctx); err != nil {
		return figures{}, err
	}
	slices.Sort(took)
	return figures{perSecond: float64(len(took)) / elapsed.Seconds(), p50: quantile(took, 50), p99: quantile(took, 99)}, nil
}

// quantile reads a percentile of sorted durations; 0 if there are none.
func quantile(sorted []time.Duration, percent int) time.Duration {
	if len(sorted) == 0 {
		return 0
	}
	return sorted[min(len(sorted)*percent/100, len(sorted)-1)]
}

// timed measures a thing as a whole.
func timed(do func(ctx context.Context, n int) error) func(context.Context, int) (time.Duration, error) {
	return func(ctx context.Context, n int) (time.Duration, error) {
		began := time.Now()
		err := do(ctx, n)
		return time.Since(began), err
	}
}
