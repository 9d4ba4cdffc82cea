package trigger

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/cordboard/cordboard/core/internal/flow"
	"github.com/cordboard/cordboard/sdk/protocol"
)

// Subscription is the life of a connection's trigger: what the provider gave us for a webhook, or how far a poll
// has read.
type Subscription struct {
	ID           string // sub_…
	WorkspaceID  string
	ConnectionID string
	Trigger      string
	EndpointKey  string          // of its own address of the connection; empty: the connection's
	Input        json.RawMessage // an object: what the provider is asked to send
	ExternalID   string          // empty until the provider has answered
	Cursor       string
	Failure      *protocol.Failure // of the last try
	ExpiresAt    time.Time         // zero: never
	DueAt        time.Time         // when to renew, to look whether it is still there, or to try again
	Revision     int64
	CreatedAt    time.Time
	UpdatedAt    time.Time
}

// SubscriptionStore keeps subscriptions.
type SubscriptionStore interface {
	// SaveSubscription stores the subscription of a connection, trigger and endpoint key, of which there is one; its id stays.
	SaveSubscription(ctx context.Context, sub Subscription) (Subscription, error)
	// ClaimSubscription makes it due then, unless it has changed since it was read.
	ClaimSubscription(ctx context.Context, sub Subscription, due time.Time) (claimed bool, err error)
	SubscriptionsOf(ctx context.Context, connectionID string) ([]Subscription, error)
	// DueSubscriptions returns those that were due by then, the longest due first.
	DueSubscriptions(ctx context.Context, by time.Time, limit int) ([]Subscription, error)
	DeleteSubscription(ctx context.Context, id string) error
}

// Provider is how subscriptions reach a connection's provider.
type Provider interface {
	// Declared returns the connection's workspace and what its connector declares; ErrNoInbox if there is none.
	Declared(ctx context.Context, connectionID string) (workspaceID string, m protocol.Manifest, err error)
	// Subscribe asks for a subscription, or for one that has an ExternalID to be looked after.
	Subscribe(ctx context.Context, sub Subscription) (protocol.Subscription, error)
	Unsubscribe(ctx context.Context, sub Subscription) error
}

// Subscriptions keeps what providers send us in step with what is needed: the standing triggers of each connection,
// because waits need them, and the triggers of live flows, one subscription for each input that they have.
type Subscriptions struct {
	Store    SubscriptionStore
	Provider Provider
	// Triggers returns the triggers of the live flows that listen to a connection; an error comes with those that could be
	// read all the same.
	Triggers func(ctx context.Context, connectionID string) ([]flow.Trigger, error)
	// Hears is told that a connection lacks what its provider must be asked for to be told what people say, or has it
	// again. nil: nobody wants to know.
	Hears func(ctx context.Context, connectionID string, hears bool) error
	Log   *slog.Logger

	mu sync.Mutex // one reconciliation at a time, so that a trigger is not subscribed twice
}

// How a subscription that failed is tried again, and when one that is there is looked after.
const (
	firstRetry  = 5 * time.Second
	lastRetry   = 10 * time.Minute
	renewAhead  = time.Hour
	lookEvery   = 5 * time.Second
	dueAtOnce   = 20
	checkEvery  = 6 * time.Hour    // how often the provider is asked for what is there anyway
	providerFor = 30 * time.Second // the longest that a provider may take
	claimFor    = providerFor + firstRetry
)

// Reconcile subscribes a connection to what is needed and ends what is not any more. With afresh what is there is
// subscribed again, for a provider that may have forgotten it. Failures are kept and tried again by Run; the error is
// about the store and about flows that can't be read only.
func (s *Subscriptions) Reconcile(ctx context.Context, connectionID string, afresh bool) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	workspaceID, manifest, err := s.Provider.Declared(ctx, connectionID)
	if errors.Is(err, ErrNoInbox) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("subscriptions of %s: %w", connectionID, err)
	}
	needed, unread := s.needed(ctx, connectionID, manifest)
	there, err := s.Store.SubscriptionsOf(ctx, connectionID)
	if err != nil {
		return fmt.Errorf("subscriptions of %s: %w", connectionID, err)
	}
	for _, sub := range there {
		if _, ok := needed[placeOf(sub)]; !ok {
			if unread != nil {
				continue // a flow that can't be read now may want it
			}
			if err := s.end(ctx, sub); err != nil {
				return err
			}
			continue
		}
		delete(needed, placeOf(sub))
		due := !time.Now().Before(sub.DueAt)
		if due && !afresh {
			// Of several nodes that find it due one asks. Should it stop meanwhile, it is due again.
			if due, err = s.Store.ClaimSubscription(ctx, sub, time.Now().Add(claimFor)); err != nil {
				return fmt.Errorf("claim subscription of %s: %w", sub.Trigger, err)
			}
		}
		if afresh || due || sub.ExternalID == "" && sub.Failure != nil {
			if err := s.subscribe(ctx, sub, standing(manifest, sub.Trigger)); err != nil {
				return err
			}
		}
	}
	for at, input := range needed {
		// What is wanted is stored before the provider is asked: should we stop in between, Run finds it due.
		sub, err := s.Store.SaveSubscription(ctx, Subscription{
			WorkspaceID: workspaceID, ConnectionID: connectionID, Trigger: at.trigger, EndpointKey: at.key, Input: input, DueAt: time.Now().Add(claimFor),
		})
		if err != nil {
			return fmt.Errorf("keep subscription of %s: %w", at.trigger, err)
		}
		if err := s.subscribe(ctx, sub, standing(manifest, at.trigger)); err != nil {
			return err
		}
	}
	return unread
}

// place is what there is one subscription of on a connection.
type place struct{ trigger, key string }

func placeOf(sub Subscription) place { return place{sub.Trigger, sub.EndpointKey} }

// standing reports whether waits need a trigger: it brings what people say.
func standing(m protocol.Manifest, trigger string) bool {
	t, ok := m.Trigger(trigger)
	return ok && t.Standing
}

// needed lists what somebody listens to and the provider has to be asked for, each with the input to ask with. An error
// comes with what could be found all the same.
func (s *Subscriptions) needed(ctx context.Context, connectionID string, m protocol.Manifest) (map[place]json.RawMessage, error) {
	needed := map[place]json.RawMessage{}
	for _, t := range m.Triggers {
		if t.Subscribes && t.Standing {
			needed[place{trigger: t.Name}] = json.RawMessage("{}")
		}
	}
	live, err := s.Triggers(ctx, connectionID)
	for _, t := range live {
		if declared, ok := m.Trigger(t.Name); !ok || !declared.Subscribes {
			continue
		}
		at := place{t.Name, t.EndpointKey}
		needed[at] = json.RawMessage("{}")
		if t.EndpointKey != "" {
			needed[at] = t.Asked
		}
	}
	return needed, err
}

// subscribe asks the provider and keeps what it said. A failure is due again later, ever later.
func (s *Subscriptions) subscribe(ctx context.Context, sub Subscription, standing bool) error {
	before := sub
	given, err := func() (protocol.Subscription, error) {
		ctx, cancel := context.WithTimeout(ctx, providerFor)
		defer cancel()
		return s.Provider.Subscribe(ctx, sub)
	}()
	now := time.Now()
	if err != nil {
		sub.Failure = failure(err)
		pause := firstRetry
		if age := now.Sub(sub.CreatedAt); !sub.CreatedAt.IsZero() {
			pause = min(max(age, firstRetry), lastRetry)
		}
		sub.DueAt = now.Add(max(pause, sub.Failure.RetryAfter))
		s.Log.Warn("a trigger could not be subscribed", "connection_id", sub.ConnectionID, "trigger", sub.Trigger, "error", sub.Failure.Message, "again_at", sub.DueAt)
	} else {
		sub.ExternalID, sub.Failure, sub.ExpiresAt = given.ID, nil, given.ExpiresAt
		if sub.ExternalID == "" {
			sub.ExternalID = sub.Trigger // a provider that gives none has one for each
		}
		sub.DueAt = now.Add(lookAfter(given, now))
	}
	if _, err := s.Store.SaveSubscription(ctx, sub); err != nil {
		return fmt.Errorf("keep subscription of %s: %w", sub.Trigger, err)
	}
	if !standing || s.Hears == nil {
		return nil
	}
	switch {
	case sub.Failure == nil && before.Failure != nil:
		return s.Hears(ctx, sub.ConnectionID, true)
	case sub.Failure != nil && (sub.ExternalID == "" || !sub.ExpiresAt.IsZero() && !now.Before(sub.ExpiresAt)):
		return s.Hears(ctx, sub.ConnectionID, false)
	}
	return nil
}

// lookAfter is in how long a subscription is asked for again: ahead of its end, and to see whether the provider still has it.
func lookAfter(given protocol.Subscription, now time.Time) time.Duration {
	if given.ExpiresAt.IsZero() {
		return checkEvery
	}
	left := given.ExpiresAt.Sub(now)
	return min(max(left-min(renewAhead, left/4), firstRetry), checkEvery)
}

// failure reads a provider's error.
func failure(err error) *protocol.Failure {
	var f *protocol.Failure
	if errors.As(err, &f) {
		return f
	}
	return &protocol.Failure{Kind: protocol.Retryable, Source: protocol.FromGateway, Message: "The provider could not be asked."}
}

// end ends a subscription that nobody needs. One that the provider does not end stays, and is tried again.
func (s *Subscriptions) end(ctx context.Context, sub Subscription) error {
	if sub.ExternalID != "" {
		asking, cancel := context.WithTimeout(ctx, providerFor)
		defer cancel()
		if err := s.Provider.Unsubscribe(asking, sub); err != nil {
			sub.Failure, sub.DueAt = failure(err), time.Now().Add(lastRetry)
			_, err := s.Store.SaveSubscription(ctx, sub)
			return err
		}
	}
	return s.Store.DeleteSubscription(ctx, sub.ID)
}

// Run tries again what failed and renews what expires, until ctx ends.
func (s *Subscriptions) Run(ctx context.Context) {
	tick := time.NewTicker(lookEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		due, err := s.Store.DueSubscriptions(ctx, time.Now(), dueAtOnce)
		if err != nil {
			s.Log.Error("look for subscriptions that are due", "error", err)
			continue
		}
		seen := map[string]bool{}
		for _, sub := range due {
			if seen[sub.ConnectionID] {
				continue
			}
			seen[sub.ConnectionID] = true
			if err := s.Reconcile(ctx, sub.ConnectionID, false); err != nil {
				s.Log.Error("renew subscriptions", "connection_id", sub.ConnectionID, "error", err)
			}
		}
	}
}
