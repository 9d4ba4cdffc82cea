package trigger

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"time"

	"github.com/cordboard/cordboard/sdk/protocol"
)

// Subscription is the life of a connection's trigger: what the provider gave us for a webhook, or how far a poll
// has read.
type Subscription struct {
	ID           string // sub_…
	WorkspaceID  string
	ConnectionID string
	Trigger      string
	ExternalID   string // empty until the provider has answered
	Cursor       string
	Failure      *protocol.Failure // of the last try
	ExpiresAt    time.Time         // zero: never
	DueAt        time.Time         // when to renew, try again or poll; zero: not by itself
	Revision     int64
	CreatedAt    time.Time
	UpdatedAt    time.Time
}

// SubscriptionStore keeps subscriptions.
type SubscriptionStore interface {
	// SaveSubscription stores the subscription of a connection and trigger, of which there is one; its id stays.
	SaveSubscription(ctx context.Context, sub Subscription) (Subscription, error)
	SubscriptionsOf(ctx context.Context, connectionID string) ([]Subscription, error)
	// DueSubscriptions returns those that were due by then, the longest due first.
	DueSubscriptions(ctx context.Context, by time.Time, limit int) ([]Subscription, error)
	DeleteSubscription(ctx context.Context, id string) error
	// LiveEventTypes returns the event types that live flows take from a connection, such as "shopify.order_paid".
	LiveEventTypes(ctx context.Context, connectionID string) ([]string, error)
}

// Provider is how subscriptions reach a connection's provider.
type Provider interface {
	// Declared returns the connection's workspace and what its connector declares; ErrNoInbox if there is none.
	Declared(ctx context.Context, connectionID string) (workspaceID string, m protocol.Manifest, err error)
	Subscribe(ctx context.Context, connectionID, trigger string) (protocol.Subscription, error)
	Unsubscribe(ctx context.Context, connectionID, trigger, subscriptionID string) error
}

// Subscriptions keeps what providers send us in step with what is needed: the standing triggers of each connection,
// because waits need them, and the triggers of live flows.
type Subscriptions struct {
	Store    SubscriptionStore
	Provider Provider
	// Hears is told that a connection lacks what its provider must be asked for to be told what people say, or has it
	// again. nil: nobody wants to know.
	Hears func(ctx context.Context, connectionID string, hears bool) error
	Log   *slog.Logger

	mu sync.Mutex // one reconciliation at a time, so that a trigger is not subscribed twice
}

// How a subscription that failed is tried again, and how early one that expires is renewed.
const (
	firstRetry  = 5 * time.Second
	lastRetry   = 10 * time.Minute
	renewAhead  = time.Hour
	lookEvery   = 5 * time.Second
	dueAtOnce   = 20
	providerFor = 30 * time.Second // the longest that a provider may take
)

// Reconcile subscribes a connection to what is needed and ends what is not any more. With afresh what is there is
// subscribed again, for a provider that may have forgotten it. Failures are kept and tried again by Run; the error is
// about the store only.
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
	needed, err := s.needed(ctx, connectionID, manifest)
	if err != nil {
		return err
	}
	there, err := s.Store.SubscriptionsOf(ctx, connectionID)
	if err != nil {
		return fmt.Errorf("subscriptions of %s: %w", connectionID, err)
	}
	for _, sub := range there {
		if !needed[sub.Trigger] {
			if err := s.end(ctx, sub); err != nil {
				return err
			}
			continue
		}
		delete(needed, sub.Trigger)
		if afresh || sub.ExternalID == "" || !sub.DueAt.IsZero() && !time.Now().Before(sub.DueAt) {
			if err := s.subscribe(ctx, sub, standing(manifest, sub.Trigger)); err != nil {
				return err
			}
		}
	}
	for trigger := range needed {
		// What is wanted is stored before the provider is asked: should we stop in between, Run finds it due.
		sub, err := s.Store.SaveSubscription(ctx, Subscription{
			WorkspaceID: workspaceID, ConnectionID: connectionID, Trigger: trigger, DueAt: time.Now().Add(firstRetry),
		})
		if err != nil {
			return fmt.Errorf("keep subscription of %s: %w", trigger, err)
		}
		if err := s.subscribe(ctx, sub, standing(manifest, trigger)); err != nil {
			return err
		}
	}
	return nil
}

// standing reports whether waits need a trigger: it brings what people say.
func standing(m protocol.Manifest, trigger string) bool {
	t, ok := m.Trigger(trigger)
	return ok && t.Standing
}

// needed lists the triggers that somebody listens to and that the provider has to be asked for.
func (s *Subscriptions) needed(ctx context.Context, connectionID string, m protocol.Manifest) (map[string]bool, error) {
	live, err := s.Store.LiveEventTypes(ctx, connectionID)
	if err != nil {
		return nil, fmt.Errorf("flows of connection %s: %w", connectionID, err)
	}
	needed := map[string]bool{}
	for _, t := range m.Triggers {
		if t.Subscribes && t.Standing {
			needed[t.Name] = true
		}
	}
	for _, eventType := range live {
		_, name, _ := strings.Cut(eventType, ".")
		if t, ok := m.Trigger(name); ok && t.Subscribes {
			needed[name] = true
		}
	}
	return needed, nil
}

// subscribe asks the provider and keeps what it said. A failure is due again later, ever later.
func (s *Subscriptions) subscribe(ctx context.Context, sub Subscription, standing bool) error {
	before := sub
	given, err := func() (protocol.Subscription, error) {
		ctx, cancel := context.WithTimeout(ctx, providerFor)
		defer cancel()
		return s.Provider.Subscribe(ctx, sub.ConnectionID, sub.Trigger)
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
		sub.ExternalID, sub.Failure, sub.ExpiresAt, sub.DueAt = given.ID, nil, given.ExpiresAt, time.Time{}
		if sub.ExternalID == "" {
			sub.ExternalID = sub.Trigger // a provider that gives none has one for each
		}
		if !given.ExpiresAt.IsZero() {
			sub.DueAt = given.ExpiresAt.Add(-renewAhead)
		}
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
		if err := s.Provider.Unsubscribe(asking, sub.ConnectionID, sub.Trigger, sub.ExternalID); err != nil {
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
