// Package delivery brings what happens here to outside addresses: it keeps their endpoints, signs each event by the
// Standard Webhooks specification, sends it until it is taken, and notes every attempt. Which events there are is the
// engine's affair; it stores them, with their deliveries, in the transaction of what they tell.
package delivery

import (
	"context"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/cordboard/cordboard/core/internal/event"
	"github.com/cordboard/cordboard/core/internal/id"
	"github.com/cordboard/cordboard/core/internal/list"
	"github.com/cordboard/cordboard/core/internal/seal"
)

// overlap is how long a secret goes on signing after a new one was made.
const overlap = 24 * time.Hour

// fresh is how old the list of endpoints may be that decides who gets an event. Changes made on this node count at once.
const fresh = 5 * time.Second

// EndpointState is whether an endpoint is sent anything.
type EndpointState string

const (
	Active   EndpointState = "active"
	Disabled EndpointState = "disabled"
)

// ByHand is the reason of an endpoint that a person has disabled.
const ByHand = "Switched off by hand."

// Endpoint is an outside address that is told what happens.
type Endpoint struct {
	ID            string // ep_…
	WorkspaceID   string
	URL           string
	Description   string
	Events        []string // types, or prefixes such as run.*; * is everything
	Signature     string   // V1 or V1A
	State         EndpointState
	Reason        string    // why it is disabled
	FailingSince  time.Time // of an unbroken row of failures; zero if the last attempt went well
	Secret        seal.Sealed
	Previous      seal.Sealed // the one before, which signs too
	PreviousUntil time.Time
	CreatedAt     time.Time
}

// Wants reports whether the endpoint's filter takes a type of event. Tests come only when somebody asks.
func (e Endpoint) Wants(eventType string) bool {
	return eventType != event.EndpointTest && slices.ContainsFunc(e.Events, func(filter string) bool {
		if prefix, ok := strings.CutSuffix(filter, "*"); ok {
			return strings.HasPrefix(eventType, prefix)
		}
		return filter == eventType
	})
}

// InputError is a field that can't be used.
type InputError struct{ Field, Problem, Remedy string }

func (e *InputError) Error() string { return e.Field + " " + e.Problem }

// Draft is what a person says of an endpoint. A nil field of a change stays as it is.
type Draft struct {
	URL         *string
	Description *string
	Events      []string
	Signature   string // only of a new one; empty is V1
	State       EndpointState
}

// apply puts a draft's fields into the endpoint.
func (d Draft) apply(e *Endpoint, allow func(u *url.URL) error) error {
	if d.URL != nil {
		u, err := url.Parse(strings.TrimSpace(*d.URL))
		if err != nil || u.Host == "" || (u.Scheme != "http" && u.Scheme != "https") || u.Fragment != "" {
			return &InputError{"url", "must be a whole address", "write one such as https://crm.example.com/webhooks/cordboard"}
		}
		if u.User != nil {
			return &InputError{"url", "must not hold a user name or password", "the signature says who sends; leave them out"}
		}
		if err := allow(u); err != nil {
			return &InputError{"url", "leads to an address that the gateway does not connect to", "use a public address, or let the installation allow it with CORDBOARD_EGRESS_ALLOW"}
		}
		e.URL = u.String()
	}
	if d.Description != nil {
		e.Description = *d.Description
	}
	if d.Events != nil {
		e.Events = d.Events
	}
	if len(e.Events) == 0 {
		return &InputError{"events", "must name at least one type", "write * for all, or for example run.failed or wait.*"}
	}
	for _, filter := range e.Events {
		if !event.KnownFilter(filter) {
			return &InputError{"events", "has " + filter + ", which no event is", "take from " + strings.Join(event.OutgoingTypes(), ", ") + ", or a beginning with .*"}
		}
	}
	switch d.State {
	case "":
	case Active:
		e.State, e.Reason, e.FailingSince = Active, "", time.Time{}
	case Disabled:
		e.State, e.Reason = Disabled, ByHand
	default:
		return &InputError{"state", "must be active or disabled", ""}
	}
	return nil
}

// Store keeps endpoints and their deliveries. It returns engine.ErrNotFound for what is not there.
type Store interface {
	CreateEndpoint(ctx context.Context, e Endpoint) (Endpoint, error)
	Endpoint(ctx context.Context, workspaceID, endpointID string) (Endpoint, error)
	ListEndpoints(ctx context.Context, workspaceID string, p list.Page) ([]Endpoint, error)
	// ChangeEndpoint loads an endpoint, lets change alter it and stores it, as one unit.
	ChangeEndpoint(ctx context.Context, workspaceID, endpointID string, change func(e *Endpoint, now time.Time) error) (Endpoint, error)
	DeleteEndpoint(ctx context.Context, workspaceID, endpointID string) error

	// Announce stores an event with a delivery to each endpoint.
	Announce(ctx context.Context, o event.Outgoing, endpoints []string) (deliveries []string, err error)
	// Delivery loads a delivery with its event's payload and its attempts.
	Delivery(ctx context.Context, workspaceID, deliveryID string) (Delivery, error)
	ListDeliveries(ctx context.Context, workspaceID string, f Filter, p list.Page) ([]Delivery, error)
	// Resend makes a delivery due now, from the beginning of its schedule.
	Resend(ctx context.Context, workspaceID, deliveryID string) error
	// Recover makes due what an endpoint wants of the events since then and has not taken; it returns how many.
	Recover(ctx context.Context, e Endpoint, since time.Time) (int, error)
	// Missed counts what Recover would make due.
	Missed(ctx context.Context, e Endpoint, since time.Time) (int, error)

	queue
}

// Endpoints manages endpoints and says who wants what.
type Endpoints struct {
	Store Store
	Keys  *seal.Keys
	Allow func(u *url.URL) error // refuses addresses that the gateway does not connect to
	Due   func()                 // is told when something may be due

	known sync.Map // workspace id → *knownEndpoints
}

type knownEndpoints struct {
	at   time.Time
	list []Endpoint
}

func place(e Endpoint) seal.Place {
	return seal.Place{WorkspaceID: e.WorkspaceID, Table: "endpoints", RowID: e.ID, Column: "secret"}
}

// Create makes an endpoint. The secret by which its owner verifies what comes (of V1A the public key) is returned; a
// secret can't be read again.
func (s *Endpoints) Create(ctx context.Context, workspaceID string, d Draft) (Endpoint, string, error) {
	e := Endpoint{ID: id.New("ep"), WorkspaceID: workspaceID, State: Active, Signature: d.Signature}
	switch e.Signature {
	case "":
		e.Signature = V1
	case V1, V1A:
	default:
		return e, "", &InputError{"signature", "must be v1 or v1a", "take v1 unless the receiver asks for public keys"}
	}
	if d.URL == nil {
		d.URL = new(string)
	}
	if err := d.apply(&e, s.Allow); err != nil {
		return e, "", err
	}
	secret, shown := newSecret(e.Signature)
	var err error
	if e.Secret, err = s.Keys.Seal(place(e), seal.NewSecret(secret)); err != nil {
		return e, "", err
	}
	e, err = s.Store.CreateEndpoint(ctx, e)
	s.known.Delete(workspaceID)
	return e, shown, err
}

// Change alters an endpoint. Switching it on again forgets its failures and sends what has waited.
func (s *Endpoints) Change(ctx context.Context, workspaceID, endpointID string, d Draft) (Endpoint, error) {
	e, err := s.Store.ChangeEndpoint(ctx, workspaceID, endpointID, func(e *Endpoint, _ time.Time) error { return d.apply(e, s.Allow) })
	s.known.Delete(workspaceID)
	s.Due()
	return e, err
}

// Rotate gives an endpoint a new secret. The one before signs beside it for a day.
func (s *Endpoints) Rotate(ctx context.Context, workspaceID, endpointID string) (e Endpoint, shown string, err error) {
	e, err = s.Store.ChangeEndpoint(ctx, workspaceID, endpointID, func(e *Endpoint, now time.Time) error {
		var secret string
		secret, shown = newSecret(e.Signature)
		sealed, err := s.Keys.Seal(place(*e), seal.NewSecret(secret))
		if err != nil {
			return err
		}
		e.Previous, e.PreviousUntil, e.Secret = e.Secret, now.Add(overlap), sealed
		return nil
	})
	return e, shown, err
}

// Delete removes an endpoint with its deliveries.
func (s *Endpoints) Delete(ctx context.Context, workspaceID, endpointID string) error {
	err := s.Store.DeleteEndpoint(ctx, workspaceID, endpointID)
	s.known.Delete(workspaceID)
	return err
}

// Endpoint loads one.
func (s *Endpoints) Endpoint(ctx context.Context, workspaceID, endpointID string) (Endpoint, error) {
	return s.Store.Endpoint(ctx, workspaceID, endpointID)
}

// List returns a page of endpoints, newest first.
func (s *Endpoints) List(ctx context.Context, workspaceID string, p list.Page) ([]Endpoint, error) {
	return s.Store.ListEndpoints(ctx, workspaceID, p)
}

// Test sends an event of the type endpoint.test and returns its delivery's id.
func (s *Endpoints) Test(ctx context.Context, workspaceID, endpointID string) (string, error) {
	e, err := s.Store.Endpoint(ctx, workspaceID, endpointID)
	if err != nil {
		return "", err
	}
	if e.State != Active {
		return "", &InputError{"state", "is disabled, so nothing is sent", "switch the endpoint on first"}
	}
	test := event.NewOutgoing(workspaceID, event.EndpointTest, time.Now(), map[string]any{"endpoint_id": e.ID, "message": "This is a test."})
	ids, err := s.Store.Announce(ctx, test, []string{e.ID})
	if err != nil {
		return "", err
	}
	s.Due()
	return ids[0], nil
}

// Deliveries returns a page of deliveries, newest first, without payloads and attempts.
func (s *Endpoints) Deliveries(ctx context.Context, workspaceID string, f Filter, p list.Page) ([]Delivery, error) {
	return s.Store.ListDeliveries(ctx, workspaceID, f, p)
}

// Delivery loads a delivery with its payload and attempts.
func (s *Endpoints) Delivery(ctx context.Context, workspaceID, deliveryID string) (Delivery, error) {
	return s.Store.Delivery(ctx, workspaceID, deliveryID)
}

// Resend sends a delivery once more, under the same webhook-id.
func (s *Endpoints) Resend(ctx context.Context, workspaceID, deliveryID string) error {
	err := s.Store.Resend(ctx, workspaceID, deliveryID)
	s.Due()
	return err
}

// Recover sends what an endpoint has missed since then.
func (s *Endpoints) Recover(ctx context.Context, workspaceID, endpointID string, since time.Time) (int, error) {
	e, err := s.Store.Endpoint(ctx, workspaceID, endpointID)
	if err != nil {
		return 0, err
	}
	n, err := s.Store.Recover(ctx, e, since)
	s.Due()
	return n, err
}

// Missed counts what Recover would send.
func (s *Endpoints) Missed(ctx context.Context, workspaceID, endpointID string, since time.Time) (int, error) {
	e, err := s.Store.Endpoint(ctx, workspaceID, endpointID)
	if err != nil {
		return 0, err
	}
	return s.Store.Missed(ctx, e, since)
}

// Subscribers lists the active endpoints that want a type of event. wanted is true if a disabled one wants it too: it
// may ask for it later.
func (s *Endpoints) Subscribers(ctx context.Context, workspaceID, eventType string) (endpoints []string, wanted bool, err error) {
	k, _ := s.known.Load(workspaceID)
	known, _ := k.(*knownEndpoints)
	if known == nil || time.Since(known.at) > fresh {
		known = &knownEndpoints{at: time.Now()}
		for page := (list.Page{Limit: list.MaxLimit}); ; page.After = known.list[len(known.list)-1].ID {
			some, err := s.Store.ListEndpoints(ctx, workspaceID, page)
			if err != nil {
				return nil, false, err
			}
			known.list = append(known.list, some...)
			if len(some) < page.Size() {
				break
			}
		}
		s.known.Store(workspaceID, known)
	}
	for _, e := range known.list {
		if !e.Wants(eventType) {
			continue
		}
		wanted = true
		if e.State == Active {
			endpoints = append(endpoints, e.ID)
		}
	}
	return endpoints, wanted, nil
}
