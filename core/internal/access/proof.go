package access

import (
	"context"
	"errors"
	"time"
)

// ProofLasts is how long somebody is taken for who they have proved to be, where more than a glance is at stake: whoever finds a
// browser open may look, but not make a token or take the account over.
const ProofLasts = 15 * time.Minute

// ErrProofNeeded is returned to a person who has to prove who they are before they do something.
var ErrProofNeeded = errors.New("who it is has to be proved again")

// Prove takes a password, and a code from who has a second factor, of a person who is signed in. The session goes on under a new
// cookie. The errors are those of SignIn; a wrong password is an *InputError here, as who it is about is known.
func (p *People) Prove(ctx context.Context, c Caller, password, code string) (cookie string, err error) {
	u, err := p.known(ctx, c, password)
	if err != nil {
		return "", err
	}
	key := "change " + c.ID
	err = p.prove(ctx, u, code)
	var wrong *InputError
	if errors.As(err, &wrong) {
		p.throttle.failed(key, time.Now())
	}
	if err != nil {
		return "", err
	}
	return p.renew(ctx, c, true)
}

// ProveByPasskey is Prove by an answer to a challenge of BeginSignIn.
func (p *People) ProveByPasskey(ctx context.Context, c Caller, ceremonyText string, credential []byte) (cookie string, err error) {
	w, err := p.webauthn()
	if err != nil {
		return "", err
	}
	key := "passkey of " + c.ID
	if err := p.throttle.check(key, time.Now()); err != nil {
		return "", err
	}
	u, err := p.byPasskey(ctx, w, ceremonyText, credential)
	if err == nil && u.ID != c.ID {
		err = ErrDenied
	}
	if errors.Is(err, ErrDenied) {
		p.throttle.failed(key, time.Now())
		err = &InputError{Field: "credential", Problem: "is not a passkey of yours, or comes too late; begin again"}
	}
	if err != nil {
		return "", err
	}
	p.throttle.succeeded(key)
	return p.renew(ctx, c, true)
}

// ProveAsVisitor is Prove for who is signed in by SignInAs, and nobody else.
func (p *People) ProveAsVisitor(ctx context.Context, c Caller, email string) (cookie string, err error) {
	u, err := p.Store.User(ctx, c.WorkspaceID, c.ID)
	if err != nil {
		return "", err
	}
	if u.Email != email {
		return "", ErrDenied
	}
	return p.renew(ctx, c, true)
}

// Renew gives a session a new cookie because its person may do more from now on: what was learned of the old one is worth
// nothing.
func (p *People) Renew(ctx context.Context, c Caller) (cookie string, err error) {
	return p.renew(ctx, c, false)
}

func (p *People) renew(ctx context.Context, c Caller, proved bool) (cookie string, err error) {
	cookie = secret()
	return cookie, p.Store.RenewSession(ctx, c.Session.ID, hash(cookie), proved)
}
