package trigger

import (
	"context"
	"errors"
	"log/slog"
	"maps"
	"net/http"
	"sync/atomic"
	"time"

	"github.com/cordboard/cordboard/core/internal/id"
	"github.com/cordboard/cordboard/sdk/protocol"
)

// Incoming is one request as it arrived at a connection's address.
type Incoming struct {
	Key        string // of the address of the connection at which it arrived; empty: its own
	Method     string // GET or POST
	Query      map[string][]string
	Header     map[string][]string // canonical names
	Body       []byte              // exactly the bytes received
	Size       int                 // of the whole body, where Body is not all of it
	Remote     string              // the address that sent it
	ReceivedAt time.Time
}

// Request is a webhook request that was verified and is to be kept. What proved its sender is not in it if that was a
// token.
type Request struct {
	ID           string // req_…
	WorkspaceID  string
	ConnectionID string
	EndpointKey  string // Incoming.Key
	Connector    string
	Method       string
	Query        map[string][]string
	Header       map[string][]string
	Body         []byte
	DeliveryKey  string    // the same on every copy; empty if the sender gives none
	ReceivedAt   time.Time // by the store's clock; zero until it is stored
}

// Outcome is what an incoming request comes to.
type Outcome string

const (
	Accepted     Outcome = "accepted"   // stored durably
	Duplicate    Outcome = "duplicate"  // a copy of it had been stored before
	Challenged   Outcome = "challenged" // a handshake; the answer goes with it
	Unverified   Outcome = "unverified" // its sender did not prove who it is
	Expired      Outcome = "expired"    // its sender may have proved it, but too long ago, or by a wrong clock
	Forbidden    Outcome = "forbidden"  // a handshake that did not prove it
	BadChallenge Outcome = "bad_challenge"
	Unknown      Outcome = "unknown"    // no such connection, or it receives nothing of the kind
	Overloaded   Outcome = "overloaded" // not stored; the sender is to try again
	Held         Outcome = "held"       // stored durably; the sender waits for the flow's answer
)

// RequestStore keeps requests until they are read.
type RequestStore interface {
	// InsertRequest makes a request durable; it may be answered when this returns. fresh is false, and nothing is
	// stored, when the connection has already brought one with the same delivery key. receivedAt is the store's clock.
	InsertRequest(ctx context.Context, r Request) (fresh bool, receivedAt time.Time, err error)
}

// storeWithin bounds how long a sender waits for its bytes to be safe.
const storeWithin = 8 * time.Second

// Intake takes webhook requests: it finds the connection, verifies, stores, and only then says that they were
// accepted. What they mean is read later, by others.
type Intake struct {
	inboxes  *inboxCache
	answers  *Answers
	store    RequestStore
	refusals *Refusals
	ready    func(r Request)
	slots    chan struct{}
	log      *slog.Logger
	quiet    quiet
	crowded  atomic.Int64 // when many requests were under way at once, in nanoseconds since 1970
}

// crowd is how many requests under way at once mean that their senders wait for one another, and crowdedFor how long that is
// remembered, because a commit answers many of them at once.
const (
	crowd      = 16
	crowdedFor = 100 * time.Millisecond
)

// IsCrowded reports whether senders are waiting for one another.
func (n *Intake) IsCrowded() bool { return time.Since(time.Unix(0, n.crowded.Load())) < crowdedFor }

// UnderWay is how many requests are under way: verified or stored at this moment, or waiting for that.
func (n *Intake) UnderWay() int { return len(n.slots) }

// IntakeConfig says what an Intake works with.
type IntakeConfig struct {
	Inboxes Inboxes
	Store   RequestStore
	Answers *Answers        // may be nil where no address answers by its flow
	Refused *Refusals       // notes what is refused; nil: nobody wants to know
	Ready   func(r Request) // told of each stored request; must not block
	Limit   int             // requests under way at once; more are turned away. Zero: 512
	Log     *slog.Logger
}

// NewIntake returns an Intake.
func NewIntake(c IntakeConfig) *Intake {
	if c.Limit == 0 {
		c.Limit = 512
	}
	n := &Intake{inboxes: &inboxCache{from: c.Inboxes}, answers: c.Answers, store: c.Store, refusals: c.Refused, ready: c.Ready, slots: make(chan struct{}, c.Limit), log: c.Log}
	if n.refusals != nil {
		n.refusals.inboxes = n.inboxes
	}
	return n
}

// Forget makes the next request look the connection up again. It is called when a connection changes.
func (n *Intake) Forget(connectionID string) { n.inboxes.forget(connectionID) }

// Accept takes one request. answer is what to send back with Challenged, and the request's id with Held.
func (n *Intake) Accept(ctx context.Context, connectionID string, in Incoming) (outcome Outcome, answer string) {
	select {
	case n.slots <- struct{}{}:
		defer func() { <-n.slots }()
		if len(n.slots) >= crowd {
			n.crowded.Store(time.Now().UnixNano())
		}
	default:
		n.refusals.unseen(connectionID, Busy, func() Incoming { return in })
		return Overloaded, ""
	}
	ctx, cancel := context.WithTimeout(ctx, storeWithin)
	defer cancel()
	inbox, err := n.inboxes.find(ctx, connectionID)
	switch {
	case errors.Is(err, ErrNoInbox):
		n.refusals.unseen("", UnknownAddress, nil)
		return Unknown, ""
	case err != nil:
		n.refusals.unseen("", Busy, nil)
		n.log.ErrorContext(ctx, "look up connection of a webhook", "connection_id", connectionID, "error", err)
		return Overloaded, ""
	}
	switch in.Method {
	case http.MethodGet:
		outcome, answer = greet(inbox, in)
	case http.MethodPost:
		outcome, answer = n.take(ctx, inbox, in)
	default:
		outcome = Unknown
	}
	if v := refusal(outcome); v != "" {
		n.refusals.known(inbox, v, in)
	}
	if in.Method == http.MethodPost {
		return n.held(ctx, inbox, in, outcome, answer)
	}
	return outcome, answer
}

// held says whether the sender of a request waits for the flow's answer, and to which request: a copy gets the answer to the
// first.
func (n *Intake) held(ctx context.Context, inbox Inbox, in Incoming, outcome Outcome, requestID string) (Outcome, string) {
	if inbox.Answers == 0 || n.answers == nil {
		return outcome, ""
	}
	switch outcome {
	case Accepted:
		return Held, requestID
	case Duplicate:
		first, err := n.answers.store.CopyOf(ctx, inbox.ConnectionID, deliveryKey(inbox.Declared, in.Header))
		if err != nil {
			n.log.ErrorContext(ctx, "find the first copy of a webhook", "connection_id", inbox.ConnectionID, "error", err)
			return outcome, ""
		}
		return Held, first
	}
	return outcome, ""
}

// Answer waits for the answer to a request that was Held, as long as the flow says and at most until ctx ends. ok is false
// if there is none.
func (n *Intake) Answer(ctx context.Context, connectionID, requestID string) (answer FlowAnswer, ok bool) {
	inbox, err := n.inboxes.find(ctx, connectionID)
	if err != nil {
		return answer, false
	}
	ctx, cancel := context.WithTimeout(ctx, inbox.Answers)
	defer cancel()
	return n.answers.Wait(ctx, requestID)
}

// greet answers a GET in which the provider proves that the address is ours.
func greet(inbox Inbox, in Incoming) (Outcome, string) {
	c := inbox.Declared.Challenge
	if c == nil {
		return Unknown, ""
	}
	switch answer, err := Answer(*c, inbox.Secret(c.Secret), in.Query); {
	case errors.Is(err, ErrChallenge):
		return BadChallenge, ""
	case err != nil:
		return Forbidden, ""
	default:
		return Challenged, answer
	}
}

// take verifies and stores.
func (n *Intake) take(ctx context.Context, inbox Inbox, in Incoming) (outcome Outcome, requestID string) {
	v := inbox.Declared.Verify
	if err := inbox.verify(in); err != nil {
		if n.quiet.allow(inbox.ConnectionID, in.ReceivedAt) {
			n.log.WarnContext(ctx, "webhook refused: its sender did not prove who it is", "connection_id", inbox.ConnectionID, "connector", inbox.Connector)
		}
		if errors.Is(err, errExpired) {
			return Expired, ""
		}
		return Unverified, ""
	}
	in = withoutProof(v, in)
	r := Request{
		ID: id.At("req", in.ReceivedAt), WorkspaceID: inbox.WorkspaceID, ConnectionID: inbox.ConnectionID, EndpointKey: in.Key, Connector: inbox.Connector,
		Method: in.Method, Query: in.Query, Header: in.Header, Body: in.Body, DeliveryKey: deliveryKey(inbox.Declared, in.Header),
	}
	fresh, receivedAt, err := n.store.InsertRequest(ctx, r)
	if err != nil {
		n.log.ErrorContext(ctx, "store webhook", "connection_id", inbox.ConnectionID, "error", err)
		return Overloaded, ""
	}
	if !fresh {
		return Duplicate, ""
	}
	r.ReceivedAt = receivedAt
	n.ready(r)
	return Accepted, r.ID
}

// maxDeliveryKey bounds what a sender may make us index.
const maxDeliveryKey = 256

// deliveryKey returns what the sender calls this delivery. One that is absent, doubled or too long is none: then
// the events' own keys drop the copies.
func deliveryKey(inbox protocol.Inbox, header map[string][]string) string {
	if inbox.DeliveryKey == "" {
		return ""
	}
	values := http.Header(header).Values(inbox.DeliveryKey)
	if len(values) != 1 || len(values[0]) > maxDeliveryKey {
		return ""
	}
	return values[0]
}

// withoutProof drops what must not be kept in clear: a token that stands in the request.
func withoutProof(v protocol.Verification, in Incoming) Incoming {
	in.Header = maps.Clone(in.Header)
	for _, name := range []string{"Authorization", "Cookie"} {
		delete(in.Header, name)
	}
	if v.Scheme == protocol.SchemeToken {
		in.Query = maps.Clone(in.Query)
		delete(in.Query, v.Query)
		delete(in.Header, http.CanonicalHeaderKey(v.Header))
	}
	return in
}
