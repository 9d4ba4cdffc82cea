package trigger

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/cordboard/cordboard/core/internal/flow"
	"github.com/cordboard/cordboard/sdk/protocol"
)

// vendor is a provider with memory, and the store beside it.
type vendor struct {
	mu       sync.Mutex
	manifest protocol.Manifest
	live     []flow.Trigger // of live flows
	unread   error          // of one more flow
	fail     error          // of every call; nil: none
	taken    bool           // another node has claimed all that is due
	expires  time.Duration

	rows  map[string]Subscription // by trigger or, where it has one, by its endpoint key
	calls []string
	wish  Subscription // as it was stored when the provider was asked last
}

func (v *vendor) Declared(_ context.Context, connectionID string) (string, protocol.Manifest, error) {
	if connectionID != "con_1" {
		return "", protocol.Manifest{}, ErrNoInbox
	}
	return "ws_1", v.manifest, nil
}

func (v *vendor) Subscribe(_ context.Context, sub Subscription) (protocol.Subscription, error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	call := "+" + sub.Trigger
	if sub.EndpointKey != "" {
		call += " " + string(sub.Input)
	}
	if sub.ExternalID != "" {
		call += " again"
	}
	v.calls, v.wish = append(v.calls, call), v.rows[key(sub)]
	given := protocol.Subscription{ID: "ext_" + key(sub)}
	if v.expires > 0 {
		given.ExpiresAt = time.Now().Add(v.expires)
	}
	return given, v.fail
}

func (v *vendor) Unsubscribe(_ context.Context, sub Subscription) error {
	v.mu.Lock()
	defer v.mu.Unlock()
	call := "-" + sub.Trigger + " " + sub.ExternalID
	if sub.EndpointKey != "" {
		call = "-" + sub.Trigger + " " + string(sub.Input)
	}
	v.calls = append(v.calls, call)
	return v.fail
}

func key(sub Subscription) string { return cmp.Or(sub.EndpointKey, sub.Trigger) }

func (v *vendor) SaveSubscription(_ context.Context, sub Subscription) (Subscription, error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if known, ok := v.rows[key(sub)]; ok {
		sub.ID, sub.CreatedAt, sub.Revision = known.ID, known.CreatedAt, known.Revision+1
	} else {
		sub.ID, sub.CreatedAt = "sub_"+key(sub), time.Now()
	}
	v.rows[key(sub)] = sub
	return sub, nil
}

func (v *vendor) ClaimSubscription(_ context.Context, sub Subscription, due time.Time) (bool, error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.rows[key(sub)].Revision != sub.Revision || v.taken {
		return false, nil
	}
	sub.DueAt = due
	sub.Revision++
	v.rows[key(sub)] = sub
	return true, nil
}

func (v *vendor) SubscriptionsOf(context.Context, string) ([]Subscription, error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	return slices.SortedFunc(maps.Values(v.rows), func(a, b Subscription) int { return strings.Compare(key(a), key(b)) }), nil
}

func (v *vendor) DueSubscriptions(_ context.Context, by time.Time, limit int) ([]Subscription, error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	var due []Subscription
	for _, sub := range v.rows {
		if !sub.DueAt.IsZero() && !by.Before(sub.DueAt) {
			due = append(due, sub)
		}
	}
	return due[:min(limit, len(due))], nil
}

func (v *vendor) DeleteSubscription(_ context.Context, id string) error {
	v.mu.Lock()
	defer v.mu.Unlock()
	maps.DeleteFunc(v.rows, func(_ string, sub Subscription) bool { return sub.ID == id })
	return nil
}

func (v *vendor) triggers(context.Context, string) ([]flow.Trigger, error) { return v.live, v.unread }

// listens makes flows of triggers, each with its input if it has one.
func (v *vendor) listens(to ...string) {
	v.live = nil
	for _, one := range to {
		name, input, _ := strings.Cut(one, " ")
		t := flow.Trigger{Name: name, Asked: json.RawMessage("{}")}
		if input != "" {
			t.Asked, t.EndpointKey = json.RawMessage(input), name+"-"+input
		}
		v.live = append(v.live, t)
	}
}

func newVendor() (*vendor, *Subscriptions) {
	v := &vendor{rows: map[string]Subscription{}, manifest: protocol.Manifest{Triggers: []protocol.Trigger{
		{Name: "message", Subscribes: true, Standing: true}, {Name: "order_paid", Subscribes: true}, {Name: "refund", Subscribes: true}, {Name: "pushed"},
	}}}
	return v, &Subscriptions{Store: v, Provider: v, Triggers: v.triggers, Log: discard()}
}

func (v *vendor) expect(t *testing.T, calls ...string) {
	t.Helper()
	if !slices.Equal(v.calls, calls) {
		t.Errorf("the provider was asked %q, want %q", v.calls, calls)
	}
	v.calls = nil
}

func reconcile(t *testing.T, s *Subscriptions, afresh bool) {
	t.Helper()
	if err := s.Reconcile(t.Context(), "con_1", afresh); err != nil {
		t.Fatal(err)
	}
}

func TestSubscriptionsFollowWhatIsNeeded(t *testing.T) {
	t.Parallel()
	v, s := newVendor()
	reconcile(t, s, false)
	v.expect(t, "+message") // standing: nobody has to listen
	v.listens("order_paid", "pushed", "unknown")
	reconcile(t, s, false)
	v.expect(t, "+order_paid") // pushed comes by itself
	reconcile(t, s, false)
	v.expect(t)
	reconcile(t, s, true)
	v.expect(t, "+message again", "+order_paid again")
	v.live = nil
	reconcile(t, s, false)
	v.expect(t, "-order_paid ext_order_paid")
	if len(v.rows) != 1 || v.rows["message"].WorkspaceID != "ws_1" || v.rows["message"].ExternalID != "ext_message" {
		t.Errorf("kept %+v", v.rows)
	}
}

func TestAConnectionWithoutInboxNeedsNothing(t *testing.T) {
	t.Parallel()
	v, s := newVendor()
	if err := s.Reconcile(t.Context(), "con_2", false); err != nil {
		t.Fatal(err)
	}
	v.expect(t)
}

// run lets the loop work for a time on the test's clock.
func run(t *testing.T, s *Subscriptions, d time.Duration) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), d)
	defer cancel()
	s.Run(ctx)
}

func TestFailuresAreKeptAndTriedAgain(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		v, s := newVendor()
		v.fail = errors.New("dial tcp: token=hunter2")
		reconcile(t, s, false)
		v.expect(t, "+message")
		kept := v.rows["message"].Failure
		if kept == nil || kept.Source != protocol.FromGateway || strings.Contains(fmt.Sprint(*kept), "hunter2") {
			t.Fatalf("kept %+v", kept)
		}
		run(t, s, time.Hour)
		if n := len(v.calls); n < 5 || n > 40 {
			t.Errorf("tried %d times in an hour", n)
		}
		v.fail, v.calls = nil, nil
		run(t, s, lastRetry+2*lookEvery)
		v.expect(t, "+message")
		if got := v.rows["message"]; got.Failure != nil || time.Until(got.DueAt) < lastRetry {
			t.Errorf("kept %+v", got)
		}
	})
}

func TestRetryAfterIsHonoured(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		v, s := newVendor()
		v.fail = &protocol.Failure{Kind: protocol.RateLimited, Message: "Slow down.", RetryAfter: 2 * time.Hour}
		reconcile(t, s, false)
		v.expect(t, "+message")
		run(t, s, time.Hour+59*time.Minute)
		v.expect(t)
		run(t, s, 2*time.Minute)
		v.expect(t, "+message")
	})
}

func TestSubscriptionsAreRenewedAheadOfTheirEnd(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		v, s := newVendor()
		v.expires = 5 * time.Hour
		reconcile(t, s, false)
		v.expect(t, "+message")
		run(t, s, 3*time.Hour+50*time.Minute)
		v.expect(t)
		run(t, s, 15*time.Minute)
		v.expect(t, "+message again")
		v.expires = 40 * time.Second // shorter than it is renewed ahead
		reconcile(t, s, true)
		run(t, s, 10*time.Minute)
		if n := len(v.calls); n < 15 || n > 22 {
			t.Errorf("asked %d times in ten minutes", n)
		}
	})
}

// TestR6AConnectionWithoutItsMessagesDoesNotHear: what waits need is told when it is lost, not while it is only renewed
// ahead, and when it is there again; what only flows listen to is not.
func TestR6AConnectionWithoutItsMessagesDoesNotHear(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		v, s := newVendor()
		var told []bool
		s.Hears = func(_ context.Context, connectionID string, hears bool) error {
			if connectionID != "con_1" {
				t.Errorf("told of %s", connectionID)
			}
			told = append(told, hears)
			return nil
		}
		v.expires = 2 * time.Hour
		reconcile(t, s, false)
		v.fail = errors.New("no")
		time.Sleep(90 * time.Minute)
		reconcile(t, s, false) // renewed too early to matter
		if told != nil {
			t.Errorf("told %v while it is subscribed", told)
		}
		time.Sleep(time.Hour)
		reconcile(t, s, false)
		v.listens("order_paid")
		reconcile(t, s, false)
		v.fail = nil
		time.Sleep(time.Hour)
		reconcile(t, s, false)
		if !slices.Equal(told, []bool{false, true}) {
			t.Errorf("told %v", told)
		}
	})
}

// TestTheProviderIsAskedForWhatIsThere: a subscription without an end is looked after, by one node of those that find it due.
func TestTheProviderIsAskedForWhatIsThere(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		v, s := newVendor()
		reconcile(t, s, false)
		v.expect(t, "+message")
		v.taken = true
		run(t, s, checkEvery+time.Minute)
		v.expect(t)
		v.taken = false
		run(t, s, time.Minute)
		v.expect(t, "+message again")
	})
}

func TestEachInputHasASubscription(t *testing.T) {
	t.Parallel()
	v, s := newVendor()
	v.listens(`order_paid {"a":1}`, `order_paid {"a":2}`, `order_paid {"a":1}`, "order_paid")
	reconcile(t, s, false)
	slices.Sort(v.calls)
	v.expect(t, "+message", "+order_paid", `+order_paid {"a":1}`, `+order_paid {"a":2}`)
	if got := v.rows[`order_paid-{"a":1}`]; got.EndpointKey != `order_paid-{"a":1}` || string(got.Input) != `{"a":1}` {
		t.Errorf("kept %+v", got)
	}
	v.listens(`order_paid {"a":2}`)
	v.unread = errors.New("a flow can't be read")
	if err := s.Reconcile(t.Context(), "con_1", false); !errors.Is(err, v.unread) {
		t.Errorf("got %v", err)
	}
	v.expect(t) // it may be the one that wants the others
	v.unread = nil
	reconcile(t, s, false)
	v.expect(t, "-order_paid ext_order_paid", `-order_paid {"a":1}`)
}

func TestAnEndThatFailsIsTriedAgain(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		v, s := newVendor()
		v.listens("refund")
		reconcile(t, s, false)
		v.live, v.fail, v.calls = nil, &protocol.Failure{Kind: protocol.Retryable, Message: "The provider is down."}, nil
		reconcile(t, s, false)
		v.expect(t, "-refund ext_refund")
		if v.rows["refund"].Failure == nil {
			t.Error("the failure is not kept")
		}
		v.fail = nil
		run(t, s, lastRetry+2*lookEvery)
		v.expect(t, "-refund ext_refund")
		if _, there := v.rows["refund"]; there {
			t.Error("it is still there")
		}
	})
}

func TestAWishIsStoredBeforeTheProviderIsAsked(t *testing.T) {
	t.Parallel()
	v, s := newVendor()
	reconcile(t, s, false)
	if v.wish.Trigger != "message" || v.wish.ExternalID != "" || v.wish.DueAt.IsZero() {
		t.Errorf("stored when it was asked: %+v", v.wish)
	}
}
