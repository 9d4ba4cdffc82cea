package connection

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/cordboard/cordboard/core/internal/event"
	"github.com/cordboard/cordboard/core/internal/seal"
	"github.com/cordboard/cordboard/sdk/protocol"
)

// Tokens is what a provider has given for a connection, sealed, and how its renewal stands.
type Tokens struct {
	ConnectionID string
	Sealed       []byte // empty until the first was given
	KeyID        string
	Scopes       string // with blanks between them
	ObtainedAt   time.Time
	ExpiresAt    time.Time // zero: the provider does not say
	RenewAt      time.Time // zero: when it is refused
	Forced       bool      // the one before was refused
	Revision     int64     // grows with each token; 0: there is none yet

	Broken        int               // renewals whose end is not known, the one under way among them
	Failures      int               // renewals in a row that brought nothing
	RenewingUntil time.Time         // no other renewal begins before
	Failure       *protocol.Failure // why the last renewal is to be tried again; nil while one is under way
}

// News is an event for outside systems that is stored in the transaction of what it tells.
type News struct {
	event.Outgoing
	Endpoints []string
}

// TokenStore keeps tokens. Renewing is a lease: whoever begins one has it until it ends or its time is over, whichever
// node they are on.
type TokenStore interface {
	// Tokens returns a connection's tokens; the zero value with its id if there are none.
	Tokens(ctx context.Context, connectionID string) (Tokens, error)
	// BeginRenewal takes the lease, unless somebody has it or the tokens' revision has gone on.
	BeginRenewal(ctx context.Context, connectionID string, revision int64, lease time.Duration) (began bool, err error)
	// PauseRenewal ends a renewal that brought nothing: no other begins during the pause.
	PauseRenewal(ctx context.Context, connectionID string, revision int64, pause time.Duration, failure *protocol.Failure) error
	// SaveTokens stores what a renewal brought, unless the revision has gone on; it grows by one.
	SaveTokens(ctx context.Context, t Tokens) error
	// Lose marks a connection as one that needs to be reconnected, unless its tokens' revision has gone on or it is marked
	// already. news is stored with it; nil: nobody wants to know.
	Lose(ctx context.Context, connectionID string, revision int64, failure *protocol.Failure, news *News) (lost bool, err error)
	// Restore stores tokens whatever the revision is, marks the connection as good and wakes the runs that it held. news is
	// stored if the connection needed it.
	Restore(ctx context.Context, t Tokens, news *News) error
	// WakeHeld lets the runs go on that wait for a connection.
	WakeHeld(ctx context.Context, connectionID string) error
	// Hold notes until when a provider asked a connection to wait; an earlier time than is known changes nothing.
	Hold(ctx context.Context, connectionID string, wait time.Duration) error

	consents
}

const (
	renewLease = 45 * time.Second // longer than a renewal may take
	renewTime  = 20 * time.Second
	renewWait  = 50 * time.Millisecond // between looks at a renewal of another node

	firstPause   = 5 * time.Second // after a renewal that brought nothing; then twice as long each time
	longestPause = 5 * time.Minute
	// justGiven is how long after a forced renewal a token must not be refused: else even fresh ones are.
	justGiven = time.Minute
	// aheadAtMost is how long before its end a token is renewed, at most; a short-lived one in the last fifth of its life.
	aheadAtMost = 5 * time.Minute
)

// given is what is sealed.
type given struct {
	Access  string `json:"access"`
	Refresh string `json:"refresh,omitempty"`
}

// token is what has been given, in reach.
type token struct {
	Tokens
	access, refresh seal.Secret
}

func tokensPlace(c Connection) seal.Place {
	return seal.Place{WorkspaceID: c.WorkspaceID, Table: "connection_tokens", RowID: c.ID, Column: "tokens"}
}

// openToken loads and opens what has been given for a connection.
func (s *Service) openToken(ctx context.Context, c Connection) (token, error) {
	stored, err := s.store.Tokens(ctx, c.ID)
	if err != nil {
		return token{}, fmt.Errorf("tokens of connection %s: %w", c.ID, err)
	}
	t := token{Tokens: stored}
	if len(stored.Sealed) == 0 {
		return t, nil
	}
	opened, err := s.keys.Open(tokensPlace(c), seal.Sealed{KeyID: stored.KeyID, Data: stored.Sealed})
	if err != nil {
		return token{}, err
	}
	var g given
	if err := json.Unmarshal([]byte(opened.Reveal()), &g); err != nil {
		return token{}, seal.ErrDamaged
	}
	t.access, t.refresh = seal.NewSecret(g.Access), seal.NewSecret(g.Refresh)
	return t, nil
}

// shutToken seals what a provider gave at that time.
func (s *Service) shutToken(c Connection, revision int64, g grant, now time.Time) (Tokens, error) {
	sealed, err := s.keys.Seal(tokensPlace(c), seal.NewSecret(string(encode(given{g.access, g.refresh}))))
	if err != nil {
		return Tokens{}, err
	}
	t := Tokens{ConnectionID: c.ID, Sealed: sealed.Data, KeyID: sealed.KeyID, Scopes: g.scopes, ObtainedAt: now, ExpiresAt: g.expires, Revision: revision}
	if !g.expires.IsZero() {
		t.RenewAt = g.expires.Add(-min(aheadAtMost, g.expires.Sub(now)/5))
	}
	return t, nil
}

// lives reports whether a token can be used at that time.
func (t token) lives(now time.Time) bool {
	return !t.access.Empty() && (t.ExpiresAt.IsZero() || now.Before(t.ExpiresAt))
}

func (t token) isDue(now time.Time) bool {
	return !t.lives(now) || !t.RenewAt.IsZero() && !now.Before(t.RenewAt)
}

// fresh returns the connection with a token that can be used, renewed if its end is near. The error is a
// *protocol.Failure: Unauthorized for a connection that a person must reconnect.
func (s *Service) fresh(ctx context.Context, o Opened) (Opened, error) {
	if !o.GetsToken() {
		return o, nil
	}
	if o.Health == HealthReconnect || o.token.access.Empty() {
		var err error
		if o, err = s.open(ctx, o.ID); err != nil { // another node may have connected it this moment
			return o, err
		}
	}
	switch {
	case o.Health == HealthReconnect:
		return o, lost(o)
	case o.token.access.Empty() && o.consents():
		return o, gateway(protocol.Unauthorized, "Nobody has connected %s yet. Open Connections in the console and press Connect.", o.Name)
	}
	if !o.token.isDue(s.now()) {
		return o, nil
	}
	return s.renew(ctx, o, false)
}

// lost is the failure of calls of a connection that needs to be reconnected.
func lost(o Opened) *protocol.Failure {
	f := gateway(protocol.Unauthorized, "The connection %s needs to be reconnected.", o.Name)
	if o.Failure != nil {
		f.Detail = o.Failure.Message
	}
	return f
}

// consents reports whether a person gives the token.
func (o Opened) consents() bool {
	return o.Manifest.Auth.OAuth != nil && o.Manifest.Auth.OAuth.Grant == protocol.GrantCode
}

// replace returns a token in place of one that the provider refused. A token that was got for that very reason and is
// refused too ends it: the connection needs to be reconnected.
func (s *Service) replace(ctx context.Context, connectionID, refused string) (string, error) {
	o, err := s.open(ctx, connectionID)
	if err != nil {
		return "", err
	}
	if o.Health == HealthReconnect {
		return "", lost(o)
	}
	if current := o.token.access.Reveal(); current != refused && o.token.lives(s.now()) {
		return current, nil // somebody has renewed it in the meantime
	}
	if o.token.Forced && s.now().Sub(o.token.ObtainedAt) < justGiven {
		return "", s.lose(ctx, o, gateway(protocol.Unauthorized, "The provider refuses even a token that it has just given."))
	}
	if o, err = s.renew(ctx, o, true); err != nil {
		return "", err
	}
	return o.token.access.Reveal(), nil
}

// renew returns the connection with another token than o has. Of all callers, on whichever node, one asks the provider;
// the others wait for it, or go on with the token they have while that lives, unless it was refused.
func (s *Service) renew(ctx context.Context, o Opened, refused bool) (Opened, error) {
	seen := o.token.Revision
	for {
		renewed := s.renewing.DoChan(fmt.Sprintf("%s/%d", o.ID, seen), func() (any, error) {
			ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), renewLease)
			defer cancel()
			return s.renewOnce(ctx, o, refused)
		})
		select {
		case <-ctx.Done():
			return o, gateway(protocol.Retryable, "The token of %s was not renewed in time.", o.Name)
		case r := <-renewed:
			if r.Err != nil {
				return o, r.Err
			}
			now := r.Val.(Opened)
			switch {
			case now.token.Revision != seen:
				return now, nil
			case now.Health == HealthReconnect:
				return now, lost(now)
			case !refused && now.token.lives(s.now()):
				return now, nil
			case now.token.Failure != nil: // it pauses
				f := *now.token.Failure
				f.RetryAfter = max(now.token.RenewingUntil.Sub(s.now()), time.Second)
				return now, &f
			}
		}
		select { // another node is at it
		case <-ctx.Done():
		case <-time.After(renewWait):
		}
	}
}

// renewOnce renews the tokens if nobody else is doing so and returns the connection as it is then.
func (s *Service) renewOnce(ctx context.Context, o Opened, refused bool) (Opened, error) {
	defer s.Forget()
	began, err := s.store.BeginRenewal(ctx, o.ID, o.token.Revision, renewLease)
	if err != nil {
		return o, fmt.Errorf("renew the token of connection %s: %w", o.ID, err)
	}
	if o, err = s.open(ctx, o.ID); err != nil || !began {
		return o, err
	}
	if o.token.Broken > 2 { // one was tried again after it had been broken off, and that was broken off too
		return o, s.lose(ctx, o, gateway(protocol.Unauthorized, "Renewing the token was broken off twice, so it is not known which one counts."))
	}
	asking, cancel := context.WithTimeout(ctx, renewTime)
	defer cancel()
	g, err := s.obtain(asking, o)
	var f *protocol.Failure
	switch {
	case errors.As(err, &f) && f.Kind == protocol.Unauthorized:
		if o.token.Broken > 1 {
			f.Message += " An earlier renewal was broken off, so its answer with the next token may be lost."
		}
		return o, s.lose(ctx, o, f)
	case err != nil:
		if f == nil {
			f = gateway(protocol.Retryable, "The token could not be renewed.")
			s.log.ErrorContext(ctx, "token not renewed", "connection_id", o.ID, "error", err)
		}
		pause := max(f.RetryAfter, min(firstPause<<min(o.token.Failures, 10), longestPause))
		if err := s.store.PauseRenewal(ctx, o.ID, o.token.Revision, pause, f); err != nil {
			return o, fmt.Errorf("renew the token of connection %s: %w", o.ID, err)
		}
		return s.open(ctx, o.ID)
	}
	t, err := s.shutToken(o.Connection, o.token.Revision, g, s.now())
	if err != nil {
		return o, err
	}
	t.Forced = refused
	t.Scopes = cmp.Or(t.Scopes, o.token.Scopes)
	// The provider may take the old token no more: what it gave must not be lost to a database that is away for a moment.
	for err = s.store.SaveTokens(ctx, t); err != nil && ctx.Err() == nil; err = s.store.SaveTokens(ctx, t) {
		s.log.ErrorContext(ctx, "token not stored", "connection_id", o.ID, "error", err)
		select {
		case <-ctx.Done():
		case <-time.After(time.Second):
		}
	}
	if err != nil {
		return o, fmt.Errorf("store the token of connection %s: %w", o.ID, err)
	}
	return s.open(ctx, o.ID)
}

// lose marks a connection as one that needs to be reconnected and returns what its calls fail with.
func (s *Service) lose(ctx context.Context, o Opened, reason *protocol.Failure) error {
	defer s.Forget()
	news, err := s.news(ctx, o.Connection, event.ConnectionNeedsReconnect, map[string]any{"reason": reason.Message})
	if err != nil {
		return err
	}
	marked, err := s.store.Lose(ctx, o.ID, o.token.Revision, reason, news)
	if err != nil {
		return fmt.Errorf("mark connection %s: %w", o.ID, err)
	}
	if marked {
		s.log.WarnContext(ctx, "a connection needs to be reconnected", "connection_id", o.ID, "reason", reason.Message)
		s.tell(news)
	}
	o.Failure = reason
	return lost(o)
}

// news makes an event about a connection, nil if nobody wants it.
func (s *Service) news(ctx context.Context, c Connection, kind string, more map[string]any) (*News, error) {
	if s.subscribers == nil {
		return nil, nil
	}
	endpoints, wanted, err := s.subscribers(ctx, c.WorkspaceID, kind)
	if err != nil || !wanted {
		return nil, err
	}
	data := map[string]any{"connection_id": c.ID, "connection": c.Name, "connector": c.Connector, "account": c.Account}
	for name, value := range more {
		data[name] = value
	}
	return &News{event.NewOutgoing(c.WorkspaceID, kind, s.now(), data), endpoints}, nil
}

// tell says that news is durable.
func (s *Service) tell(news *News) {
	if news != nil && s.announced != nil {
		s.announced()
	}
}
