package trigger

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"sync"
	"time"

	"github.com/cordboard/cordboard/sdk/protocol"
)

// Poll is how far a flow that starts from a poll trigger has read.
type Poll struct {
	FlowID       string
	WorkspaceID  string
	ConnectionID string
	Connector    string // empty: it is by the clock
	Trigger      string
	Input        json.RawMessage // an object
	Every        time.Duration   // between the end of one reading and the next
	Cursor       string          // the provider's own; empty before the first read
	DueAt        time.Time
	FailingSince time.Time         // zero while it goes well
	Failure      *protocol.Failure // of the last try
	Revision     int64             // grows with each change; whoever holds an old one has lost the poll to another node
}

// PollStore keeps polls. Publishing a flow makes and removes them.
type PollStore interface {
	// DuePolls returns the polls of enabled flows that were due by then, the longest due first.
	DuePolls(ctx context.Context, by time.Time, limit int) ([]Poll, error)
	// SavePoll stores cursor, due time and failure if the revision is still p.Revision, which grows by one. saved is
	// false when it is not.
	SavePoll(ctx context.Context, p Poll) (saved bool, err error)
}

// Poller asks providers for what is new, flow by flow, as often as each trigger says. Nodes share the work: whoever
// moves a poll's due time first asks, and the others find it not due.
type Poller struct {
	Store PollStore
	// Fetch asks the provider for one page, or the clock for what is due by a schedule. next is when to ask again; zero:
	// after p.Every.
	Fetch func(ctx context.Context, p Poll) (page protocol.Page, next time.Time, err error)
	// Take starts the flow with a page's events and stores p in the transaction of the last one, so that a crash
	// repeats a page and the events' keys drop the repeats. It fails when another node has taken the poll over.
	Take func(ctx context.Context, p Poll, events []protocol.Event) error
	Log  *slog.Logger
}

// How polls are carried out.
const (
	pollLookEvery = time.Second
	pollsAtOnce   = 8               // on one node
	pollLease     = 2 * time.Minute // how long a page may take before another node tries
	pagesAtOnce   = 100             // then other polls have their turn
	longestPause  = 15 * time.Minute
)

// Run asks for what is due until ctx ends, and returns when what was under way has come to its end.
func (p *Poller) Run(ctx context.Context) {
	var working sync.WaitGroup
	defer working.Wait()
	room := make(chan struct{}, pollsAtOnce)
	tick := time.NewTicker(pollLookEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		due, err := p.Store.DuePolls(ctx, time.Now(), pollsAtOnce)
		if err != nil && ctx.Err() == nil {
			p.Log.Error("look for polls that are due", "error", err)
		}
		for _, poll := range due {
			select {
			case room <- struct{}{}:
			default:
				continue // it stays due
			}
			working.Go(func() {
				defer func() { <-room }()
				if err := p.read(ctx, poll); err != nil && ctx.Err() == nil {
					p.Log.Error("poll", "flow_id", poll.FlowID, "connection_id", poll.ConnectionID, "trigger", poll.Trigger, "error", err)
				}
			})
		}
	}
}

// read reads a poll to its end, page by page, unless another node has it.
func (p *Poller) read(ctx context.Context, poll Poll) error {
	for range pagesAtOnce {
		poll.DueAt = time.Now().Add(pollLease)
		claimed, err := p.Store.SavePoll(ctx, poll)
		if err != nil || !claimed {
			return err
		}
		poll.Revision++
		page, next, err := p.fetch(ctx, poll)
		if ctx.Err() != nil {
			return nil // the lease ends, and the next node goes on from the same cursor
		}
		if err != nil {
			return p.failed(ctx, poll, err)
		}
		poll.Cursor, poll.Failure, poll.FailingSince = page.Cursor, nil, time.Time{}
		poll.DueAt = time.Now()
		switch {
		case !next.IsZero():
			poll.DueAt = next
		case !page.More:
			poll.DueAt = poll.DueAt.Add(poll.Every)
		}
		if err := p.Take(ctx, poll, page.Events); err != nil {
			return err
		}
		poll.Revision++
		if !page.More {
			return nil
		}
	}
	return nil
}

func (p *Poller) fetch(ctx context.Context, poll Poll) (protocol.Page, time.Time, error) {
	ctx, cancel := context.WithTimeout(ctx, providerFor)
	defer cancel()
	return p.Fetch(ctx, poll)
}

// failed keeps what went wrong, where a person can see it, and asks again later: as long after as it has been failing
// already, or as the provider says.
func (p *Poller) failed(ctx context.Context, poll Poll, err error) error {
	now := time.Now()
	poll.Failure = &protocol.Failure{Kind: protocol.Retryable, Source: protocol.FromGateway, Message: "The provider could not be asked."}
	errors.As(err, &poll.Failure)
	if poll.FailingSince.IsZero() {
		poll.FailingSince = now
	}
	pause := min(max(now.Sub(poll.FailingSince), poll.Every, firstRetry), max(poll.Every, longestPause))
	poll.DueAt = now.Add(max(pause, poll.Failure.RetryAfter))
	p.Log.Warn("a poll failed", "flow_id", poll.FlowID, "connection_id", poll.ConnectionID, "trigger", poll.Trigger,
		"error", poll.Failure.Message, "again_at", poll.DueAt)
	_, err = p.Store.SavePoll(ctx, poll)
	return err
}
