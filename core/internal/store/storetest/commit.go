package storetest

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/cordboard/cordboard/core/internal/engine"
	"github.com/cordboard/cordboard/core/internal/store"
)

var errUnit = errors.New("this unit fails")

var commitCases = cases{
	"R4: units of one contact never overlap": func(t *testing.T, w *world) {
		for range 20 {
			var inside atomic.Bool
			entered, first := make(chan struct{}), make(chan error, 1)
			enter := sync.OnceFunc(func() { close(entered) })
			go func() {
				first <- w.Write(t.Context(), []string{w.contact.ID}, func(ctx context.Context, tx engine.Tx) error {
					inside.Store(true)
					defer inside.Store(false)
					enter()
					for range 20 { // round trips for the other to come in
						if _, err := tx.UnclaimedInbound(ctx, w.contact.ID, w.connection.ID, 0); err != nil {
							return err
						}
					}
					return nil
				})
				enter() // also where it never came so far
			}()
			<-entered // so that they don't share a transaction
			met := false
			second := w.Write(t.Context(), []string{w.contact.ID}, func(context.Context, engine.Tx) error {
				met = met || inside.Load()
				return nil
			})
			if err := errors.Join(<-first, second); err != nil || met {
				t.Fatalf("a unit met another: %v, %v", met, err)
			}
		}
	},
	"R4: what a unit of the same contact committed is seen": func(t *testing.T, w *world) {
		atOnce(t, 40, func(int) (bool, error) {
			err := w.Write(t.Context(), []string{w.contact.ID}, func(ctx context.Context, tx engine.Tx) error {
				before, err := tx.UnclaimedInbound(ctx, w.contact.ID, w.connection.ID, 0)
				if err != nil {
					return err
				}
				stored, _, err := tx.InsertMessage(ctx, w.newMessage(""))
				if stored.Seq != int64(len(before))+1 {
					t.Errorf("read %d messages, then got number %d", len(before), stored.Seq)
				}
				return err
			})
			return true, err
		})
	},
	"a failing unit leaves nothing and its neighbours are whole": func(t *testing.T, w *world) {
		const n = 100
		runs := make([]string, n)
		fails := func(i int) bool { return i%7 == 0 }
		atOnce(t, n, func(i int) (bool, error) {
			r := w.newRun()
			runs[i] = r.ID
			err := w.Write(t.Context(), nil, func(ctx context.Context, tx engine.Tx) error {
				if err := tx.InsertRun(ctx, r, false); err != nil {
					return err
				}
				if fails(i) && i%2 == 0 {
					panic("at the disco")
				}
				if fails(i) {
					return errUnit
				}
				return nil
			})
			if (err != nil) != fails(i) {
				t.Errorf("unit %d returned %v", i, err)
			}
			return true, nil
		})
		for i, id := range runs {
			_, err := w.Run(t.Context(), id)
			if fails(i) != errors.Is(err, engine.ErrNotFound) || (!fails(i) && err != nil) {
				t.Errorf("unit %d, failing %v: its run: %v", i, fails(i), err)
			}
		}
	},
	"a unit's own error comes back": func(t *testing.T, w *world) {
		err := w.Write(t.Context(), nil, func(context.Context, engine.Tx) error { return errUnit })
		if !errors.Is(err, errUnit) {
			t.Errorf("got %v", err)
		}
	},
	"a caller who gives up doesn't disturb the others": func(t *testing.T, w *world) {
		atOnce(t, 60, func(i int) (bool, error) {
			ctx, cancel := context.WithCancel(t.Context())
			r := w.newRun()
			if i%3 == 0 {
				go cancel()
			}
			defer cancel()
			err := w.Write(ctx, nil, func(ctx context.Context, tx engine.Tx) error { return tx.InsertRun(ctx, r, false) })
			_, missing := w.Run(t.Context(), r.ID)
			if (err == nil) != (missing == nil) {
				t.Errorf("unit %d: Write says %v, its run: %v", i, err, missing)
			}
			if err != nil && !errors.Is(err, context.Canceled) {
				return false, err
			}
			return true, nil
		})
	},
	"the clock stands still within a unit and goes on between them": func(t *testing.T, w *world) {
		first := must(w.Now(t.Context()))(t)
		w.write(func(_ context.Context, tx engine.Tx) error {
			if now := tx.Now(); now.Before(first) || now != tx.Now() {
				t.Errorf("%s, then %s and %s", first, now, tx.Now())
			}
			return nil
		})
	},
}

// closeCases end their store.
var closeCases = cases{
	"a closed store refuses writes": func(t *testing.T, w *world) {
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		err := w.Write(t.Context(), nil, func(context.Context, engine.Tx) error { return nil })
		if !errors.Is(err, store.ErrClosed) {
			t.Errorf("got %v", err)
		}
	},
}
