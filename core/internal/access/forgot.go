package access

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"time"
)

// ErrNoMail is returned where a letter is needed and no mail server is set.
var ErrNoMail = errors.New("no mail is sent")

const (
	// resetLasts is how long a link can be used that was sent by mail.
	resetLasts = 15 * time.Minute
	// resetEvery keeps strangers from filling somebody's mailbox.
	resetEvery = 2 * time.Minute
	// letterQueue is how many letters may wait.
	letterQueue = 64
)

// Letter is an e-mail to a person about their account.
type Letter struct{ Recipient, Subject, Body string }

// Mailer sends letters, one after another and beside the requests that cause them: how long an answer takes says nothing
// of who is known here, and no link waits in the database to be read there.
type Mailer struct {
	// Send sends a letter. Its error holds nothing of the body.
	Send func(ctx context.Context, l Letter) error
	// Again is how long to wait before each further try.
	Again []time.Duration
	Log   *slog.Logger

	jobs chan func(ctx context.Context)
}

// NewMailer returns a Mailer.
func NewMailer(send func(ctx context.Context, l Letter) error, log *slog.Logger) *Mailer {
	return &Mailer{Send: send, Again: []time.Duration{5 * time.Second, 30 * time.Second}, Log: log, jobs: make(chan func(ctx context.Context), letterQueue)}
}

// Run works until ctx ends. What waits then is dropped: who asked asks again.
func (m *Mailer) Run(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case job := <-m.jobs:
			job(ctx)
		}
	}
}

// later has a job done soon, or drops it where too many wait.
func (m *Mailer) later(job func(ctx context.Context)) {
	if m == nil {
		return
	}
	select {
	case m.jobs <- job:
	default:
		m.Log.Warn("a letter is dropped, because too many wait")
	}
}

func (m *Mailer) send(ctx context.Context, l Letter) {
	for try := 0; ; try++ {
		err := m.Send(ctx, l)
		if err == nil || ctx.Err() != nil {
			return
		}
		if try == len(m.Again) {
			m.Log.Error("a letter about an account could not be sent", "attempt", try+1, "error", err)
			return
		}
		select {
		case <-ctx.Done():
			return
		case <-time.After(m.Again[try]):
		}
	}
}

// notify tells a person that something about their account has changed.
func (p *People) notify(u User, what string) {
	p.Mailer.later(func(ctx context.Context) {
		p.Mailer.send(ctx, Letter{Recipient: u.Email, Subject: "Cordboard: " + what, Body: fmt.Sprintf(
			"%s for %s at %s.\n\nIf that was not you, tell an admin of your workspace at once.\n", what, u.Email, p.ConsoleURL)})
	})
}

// Forgot has a link sent to a person with which they set a new password. The answer is the same, and takes as long, for an
// address that nobody has. from is where the request comes from; who asks too often gets a *ThrottledError.
func (p *People) Forgot(ctx context.Context, email, from string) error {
	if p.Mailer == nil {
		return ErrNoMail
	}
	key := "forgot " + from
	if err := p.throttle.check(key, time.Now()); err != nil {
		return err
	}
	p.throttle.failed(key, time.Now())
	email = strings.ToLower(strings.TrimSpace(email))
	by := ActorOf(ctx)
	p.Mailer.later(func(ctx context.Context) {
		if err := p.sendReset(ActingAs(ctx, by), email); err != nil && ctx.Err() == nil {
			p.Mailer.Log.Error("send a link for a new password", "error", err)
		}
	})
	return nil
}

// errTooSoon is a link that was asked for while the one before is fresh.
var errTooSoon = errors.New("a link was sent a moment ago")

func (p *People) sendReset(ctx context.Context, email string) error {
	u, err := p.Store.UserByEmail(ctx, email)
	if errors.Is(err, ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	link := secret()
	// Whoever asked has proved nothing, so it is not the person who acts.
	byGateway := ActingAs(ctx, Actor{WorkspaceID: u.WorkspaceID, ID: Gateway, RequestID: ActorOf(ctx).RequestID})
	_, err = p.Store.ChangeUser(byGateway, u.WorkspaceID, u.ID, func(u *User, _ []User, now time.Time) error {
		if now.Before(u.ResetExpires.Add(resetEvery - resetLasts)) {
			return errTooSoon
		}
		u.ResetHash, u.ResetExpires = hash(link), now.Add(resetLasts)
		return nil
	})
	if errors.Is(err, errTooSoon) {
		return nil
	}
	if err != nil {
		return err
	}
	p.Mailer.send(ctx, Letter{Recipient: u.Email, Subject: "Cordboard: a new password", Body: fmt.Sprintf(
		"Somebody asked for a new password for %s at %s.\n\nSet it here within 15 minutes; the link works once:\n\n%s\n\nIf that was not you, ignore this letter: nothing has changed.\n",
		u.Email, p.ConsoleURL, p.ConsoleURL+"/welcome#link="+link)})
	return nil
}
