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
	began := time.Now()
	took, err := sample(ctx, workers, count, atMost, do)
	if err != nil {
		return figures{}, err
	}
	return newFigures(took, time.Since(began)), nil
}

// turns is how often two things that are compared take turns: what else the machine does then meets both.
const turns = 10

// inTurns does each of two things count times, one at a time and in turns. around is called before each turn of the first,
// 0, or the second, 1, and what it returns after it; nil: nothing goes on around.
func inTurns(ctx context.Context, count int, atMost time.Duration, one, other func(ctx context.Context, n int) (time.Duration, error),
	around func(ctx context.Context, n int) (end func())) (ones, others figures, err error) {
	var took [2][]time.Duration
	var elapsed [2]time.Duration
	for range turns {
		for n, do := range []func(context.Context, int) (time.Duration, error){one, other} {
			end := func() {}
			if around != nil {
				end = around(ctx, n)
			}
			began := time.Now()
			more, err := sample(ctx, 1, max(1, count/turns), atMost/turns, do)
			end()
			if err != nil {
				return figures{}, figures{}, err
			}
			took[n], elapsed[n] = append(took[n], more...), elapsed[n]+time.Since(began)
		}
	}
	return newFigures(took[0], elapsed[0]), newFigures(took[1], elapsed[1]), nil
}

func newFigures(took []time.Duration, elapsed time.Duration) figures {
	slices.Sort(took)
	return figures{perSecond: float64(len(took)) / elapsed.Seconds(), p50: quantile(took, 50), p99: quantile(took, 99)}
}

// sample is repeat with the times as they were taken.
func sample(ctx context.Context, workers, count int, atMost time.Duration, do func(ctx context.Context, n int) (time.Duration, error)) ([]time.Duration, error) {
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
	return took, context.Cause(ctx)
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
