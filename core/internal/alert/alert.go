// Package alert tells people what they have to mend: a flow whose runs fail, a connection or an endpoint that does not
// work any more. It finds out by looking at what is stored, tells each thing at most once an hour however often it
// happens, and says no more than what a flow is called, which run it was and which kind of failure: never what a
// customer said or what a provider answered.
package alert

import (
	"context"
	"log/slog"
	"time"

	"github.com/cordboard/cordboard/core/internal/event"
	"github.com/cordboard/cordboard/core/internal/id"
)

const (
	look = 5 * time.Second
	// settled is how old a failure is before it is counted, so that one whose transaction is about to end is not passed
	// over: no transaction of the store is let run for longer.
	settled = 15 * time.Second
	// quiet is how long nothing more is told of a thing that was told.
	quiet    = time.Hour
	lease    = time.Minute // how long a letter that is being sent is left alone; more than an attempt takes
	together = 50          // alerts that one letter holds at most
)

// again is how long after a failed attempt a letter is tried again. When it is through, the letter is given up.
var again = []time.Duration{time.Minute, 5 * time.Minute, 30 * time.Minute, 2 * time.Hour, 6 * time.Hour}

// Kind is what is in trouble.
type Kind string

const (
	Flow       Kind = "flow"
	Connection Kind = "connection"
	Endpoint   Kind = "endpoint"
)

// Alert is something that somebody has to mend.
type Alert struct {
	WorkspaceID string
	Kind        Kind
	Subject     string // the id of the flow, connection or endpoint
	Name        string // what it is called; of an endpoint without description, its host
	Title       string // of a flow
	Failure     string // kind of failure of a flow's runs; of an endpoint, why it was disabled
	Count       int    // how many runs have failed since it was last told
	RunID       string // the newest of them
	Since       time.Time
	Told        bool // not long ago: this is more of the same
}

// Letter is an e-mail to one person.
type Letter struct {
	ID        string // mail_…, in its Message-ID too
	Recipient string
	Subject   string
	Body      string
	Attempts  int
}

// Telling is how alerts of a workspace are told.
type Telling struct {
	Letters []Letter
	News    []News
}

// News is an event for outside systems with the endpoints that want it.
type News struct {
	Event     event.Outgoing
	Endpoints []string
}

// Store keeps what is wrong and what is to be told of it. Its clock decides.
type Store interface {
	// Raise counts what has gone wrong up to settled ago, and takes what is to be told: what is new, or was last told
	// before quiet. tell decides how, for each workspace with its recipients, and may be called more than once; what it
	// returns is stored in the transaction that takes the alerts, so that each is told by one node, and is told even if
	// that node ends now.
	Raise(ctx context.Context, settled, quiet time.Duration, most int, tell func(ctx context.Context, alerts []Alert, recipients []string) (Telling, error)) (told []Alert, err error)
	// TakeLetter takes the letter that has been due the longest, until the lease ends; ok is false if none is.
	TakeLetter(ctx context.Context, lease time.Duration) (l Letter, ok bool, err error)
	// PostponeLetter has a letter be tried again after a while.
	PostponeLetter(ctx context.Context, letterID string, pause time.Duration) error
	// DropLetter forgets a letter.
	DropLetter(ctx context.Context, letterID string) error
}

// Teller looks for what is wrong and tells it. Several may work on one database.
type Teller struct {
	Store Store
	// Subscribers lists the endpoints that want a type of event; wanted is true if a disabled one wants it too.
	Subscribers func(ctx context.Context, workspaceID, eventType string) (endpoints []string, wanted bool, err error)
	Announced   func() // is told that endpoints have something due
	Mail        *Mail  // nil: no e-mail is sent
	ConsoleURL  string // without a slash at its end
	Log         *slog.Logger
}

// Run works until ctx ends.
func (t *Teller) Run(ctx context.Context) {
	for tick := time.NewTicker(look); ; {
		t.Raise(ctx, settled)
		t.Send(ctx)
		select {
		case <-ctx.Done():
			tick.Stop()
			return
		case <-tick.C:
		}
	}
}

// Raise looks once for what is wrong, with failures that are older than settled.
func (t *Teller) Raise(ctx context.Context, settled time.Duration) {
	told, err := t.Store.Raise(ctx, settled, quiet, together, t.telling)
	if err != nil && ctx.Err() == nil {
		t.Log.Error("look for what needs attention", "error", err)
	}
	for _, a := range told {
		t.Log.Warn("needs attention", "kind", a.Kind, "subject", a.Subject, "name", a.Name, "failure", a.Failure, "count", a.Count, "run_id", a.RunID)
	}
	if len(told) > 0 {
		t.Announced()
	}
}

func (t *Teller) telling(ctx context.Context, alerts []Alert, recipients []string) (out Telling, err error) {
	if t.Mail != nil {
		subject, body := t.letter(alerts)
		for _, r := range recipients {
			out.Letters = append(out.Letters, Letter{ID: id.New("mail"), Recipient: r, Subject: subject, Body: body})
		}
	}
	for _, a := range alerts {
		kind, data := t.news(a)
		endpoints, wanted, err := t.Subscribers(ctx, a.WorkspaceID, kind)
		if err != nil {
			return out, err
		}
		if wanted {
			out.News = append(out.News, News{Event: event.NewOutgoing(a.WorkspaceID, kind, a.Since, data), Endpoints: endpoints})
		}
	}
	return out, nil
}

// Send sends the letters that are due.
func (t *Teller) Send(ctx context.Context) {
	for t.Mail != nil && ctx.Err() == nil {
		l, ok, err := t.Store.TakeLetter(ctx, lease)
		if err != nil && ctx.Err() == nil {
			t.Log.Error("look for letters", "error", err)
		}
		if err != nil || !ok {
			return
		}
		if err := t.send(ctx, l); err != nil {
			t.Log.Error("store what became of a letter", "mail_id", l.ID, "error", err)
			return
		}
	}
}

// send tries a letter once. An attempt that has begun comes to its end, so that it is not made twice.
func (t *Teller) send(ctx context.Context, l Letter) error {
	ctx = context.WithoutCancel(ctx)
	err := t.Mail.Send(ctx, l)
	switch {
	case err == nil:
		return t.Store.DropLetter(ctx, l.ID)
	case refused(err), l.Attempts > len(again):
		t.Log.Error("a letter could not be sent", "mail_id", l.ID, "attempt", l.Attempts, "error", err)
		return t.Store.DropLetter(ctx, l.ID)
	}
	t.Log.Warn("a letter is tried again later", "mail_id", l.ID, "attempt", l.Attempts, "error", err)
	return t.Store.PostponeLetter(ctx, l.ID, again[l.Attempts-1])
}
