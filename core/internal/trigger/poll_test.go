package trigger

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/cordboard/cordboard/sdk/protocol"
)

// board is a provider with a list, the polls that read it, and what was taken from them.
type board struct {
	mu    sync.Mutex
	poll  Poll
	pages map[string]protocol.Page // by cursor
	fail  error
	asked []time.Time
	taken []string // keys
}

func (b *board) DuePolls(_ context.Context, by time.Time, _ int) ([]Poll, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.poll.DueAt.After(by) {
		return nil, nil
	}
	return []Poll{b.poll}, nil
}

func (b *board) SavePoll(_ context.Context, p Poll) (bool, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if p.Revision != b.poll.Revision {
		return false, nil
	}
	b.poll = p
	b.poll.Revision++
	return true, nil
}

func (b *board) fetch(_ context.Context, p Poll) (protocol.Page, time.Time, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.asked = append(b.asked, time.Now())
	if b.fail != nil {
		return protocol.Page{}, time.Time{}, b.fail
	}
	page, ok := b.pages[p.Cursor]
	if !ok {
		page.Cursor = p.Cursor
	}
	return page, time.Time{}, nil
}

func (b *board) take(ctx context.Context, p Poll, events []protocol.Event) error {
	b.mu.Lock()
	for _, e := range events {
		b.taken = append(b.taken, e.Key)
	}
	b.mu.Unlock()
	if saved, err := b.SavePoll(ctx, p); err != nil || !saved {
		return errors.Join(err, errors.New("lost"))
	}
	return nil
}

// run lets a poller work for some time.
func (b *board) run(t *testing.T, length time.Duration) {
	ctx, cancel := context.WithTimeout(t.Context(), length)
	defer cancel()
	(&Poller{Store: b, Fetch: b.fetch, Take: b.take, Log: slog.New(slog.DiscardHandler)}).Run(ctx)
}

func page(cursor string, more bool, keys ...string) protocol.Page {
	p := protocol.Page{Cursor: cursor, More: more}
	for _, k := range keys {
		p.Events = append(p.Events, protocol.Event{Trigger: "listed", Key: k})
	}
	return p
}

func TestAPollReadsAllPagesAndThenPauses(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := &board{
			poll:  Poll{FlowID: "flow_1", Every: time.Minute, DueAt: time.Now(), Revision: 1},
			pages: map[string]protocol.Page{"": page("a", true, "1", "2"), "a": page("b", false, "3")},
		}
		b.run(t, 90*time.Second)
		if want := []string{"1", "2", "3"}; !slices.Equal(b.taken, want) {
			t.Errorf("took %v, want %v", b.taken, want)
		}
		if len(b.asked) != 3 || b.asked[2].Sub(b.asked[1]) < time.Minute || b.poll.Cursor != "b" {
			t.Errorf("asked at %v, cursor %q", b.asked, b.poll.Cursor)
		}
	})
}

func TestAPollThatFailsKeepsItsCursorAndAsksEverLater(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := &board{poll: Poll{Cursor: "a", Every: time.Second, DueAt: time.Now(), Revision: 1}, fail: errors.New("down, with a secret in it")}
		b.run(t, time.Hour)
		if len(b.asked) < 4 || len(b.asked) > 30 || b.poll.Cursor != "a" || b.poll.FailingSince.IsZero() {
			t.Errorf("asked %d times in an hour; %+v", len(b.asked), b.poll)
		}
		if got := b.poll.Failure.Message; got != "The provider could not be asked." {
			t.Errorf("the failure says %q", got)
		}
		b.fail, b.poll.DueAt = nil, time.Now()
		b.run(t, 2*time.Second)
		if b.poll.Failure != nil || !b.poll.FailingSince.IsZero() {
			t.Errorf("after a good read: %+v", b.poll)
		}
	})
}

func TestAPollIsAsPatientAsTheProviderSays(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := &board{
			poll: Poll{Every: time.Second, DueAt: time.Now(), Revision: 1},
			fail: &protocol.Failure{Kind: protocol.RateLimited, Message: "slow down", RetryAfter: 2 * time.Hour},
		}
		b.run(t, time.Hour)
		if len(b.asked) != 1 || b.poll.Failure.Message != "slow down" {
			t.Errorf("asked %d times; %+v", len(b.asked), b.poll.Failure)
		}
	})
}
