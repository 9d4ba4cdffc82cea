package access_test

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/cordboard/cordboard/core/internal/access"
)

// postbox takes letters. The first refusals of them are refused.
type postbox struct {
	mu       sync.Mutex
	letters  []access.Letter
	refusals int
}

func (p *postbox) send(_ context.Context, l access.Letter) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.refusals > 0 {
		p.refusals--
		return errors.New("the mail server is away")
	}
	p.letters = append(p.letters, l)
	return nil
}

// await returns the letters once there are n.
func (p *postbox) await(t *testing.T, n int) []access.Letter {
	t.Helper()
	for deadline := time.Now().Add(20 * time.Second); ; time.Sleep(2 * time.Millisecond) {
		p.mu.Lock()
		letters := append([]access.Letter(nil), p.letters...)
		p.mu.Unlock()
		if len(letters) >= n {
			return letters
		}
		if time.Now().After(deadline) {
			t.Fatalf("%d letters, want %d", len(letters), n)
		}
	}
}

// mailed has the town send its mail to a postbox.
func (w *town) mailed(refusals int) *postbox {
	w.t.Helper()
	box := &postbox{refusals: refusals}
	w.Mailer, w.ConsoleURL = access.NewMailer(box.send, slog.New(slog.DiscardHandler)), "https://cordboard.example.com"
	w.Mailer.Again = []time.Duration{time.Millisecond}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() { defer close(done); w.Mailer.Run(ctx) }()
	w.t.Cleanup(func() { cancel(); <-done })
	return box
}

func linkIn(t *testing.T, l access.Letter) string {
	t.Helper()
	_, rest, ok := strings.Cut(l.Body, "https://cordboard.example.com/welcome#link=")
	if !ok {
		t.Fatalf("there is no link in %q", l.Body)
	}
	link, _, _ := strings.Cut(rest, "\n")
	return link
}

func (w *town) forgets(email, from string) {
	w.t.Helper()
	if err := w.Forgot(w.t.Context(), email, from); err != nil {
		w.t.Fatal(err)
	}
}

func TestCase87APasswordIsResetByMail(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	u := w.owner()
	box := w.mailed(1) // tried again
	cookie, _, err := w.SignIn(t.Context(), u.Email, good, "", "1.2.3.4")
	if err != nil {
		t.Fatal(err)
	}
	w.forgets(" OWNER@example.com", "1.2.3.4")
	letters := box.await(t, 1)
	link := linkIn(t, letters[0])
	if letters[0].Recipient != u.Email || strings.Contains(letters[0].Subject, link) {
		t.Errorf("%+v", letters[0])
	}
	if _, _, err := w.SignIn(t.Context(), u.Email, good, "", "1.2.3.4"); err != nil {
		t.Errorf("asking changes nothing: %v", err)
	}
	for _, wrong := range []string{"", "x", link + "x", link[:len(link)-1]} {
		_, _, err := w.UseLink(t.Context(), wrong, "battery horse correct")
		w.refusesInput(err, "link")
	}
	_, _, err = w.UseLink(t.Context(), link, "short")
	w.refusesInput(err, "password") // and the link stays good
	if _, _, err := w.UseLink(t.Context(), link, "battery horse correct"); err != nil {
		t.Fatal(err)
	}
	if _, _, err := w.Session(t.Context(), cookie); !errors.Is(err, access.ErrDenied) {
		t.Errorf("the old session: %v", err)
	}
	_, _, err = w.UseLink(t.Context(), link, "battery horse correct 2")
	w.refusesInput(err, "link")
	if _, _, err := w.SignIn(t.Context(), u.Email, "battery horse correct", "", "1.2.3.4"); err != nil {
		t.Error(err)
	}
	if notice := box.await(t, 2)[1]; notice.Recipient != u.Email || !strings.Contains(notice.Body, "the password was set by a link") || strings.Contains(notice.Body, "#link=") {
		t.Errorf("%+v", notice)
	}
}

// Nobody learns by asking who is known here: the answer comes before anybody has looked.
func TestCase87AskingTellsNothing(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	u := w.owner()
	box := &postbox{}
	w.Mailer = access.NewMailer(box.send, slog.New(slog.DiscardHandler)) // that does not run
	over, cancel := context.WithCancel(t.Context())
	cancel() // with which no store can be asked
	for _, email := range []string{u.Email, "nobody@example.com", "no address"} {
		if err := w.Forgot(over, email, email); err != nil {
			t.Errorf("%s: %v", email, err)
		}
	}
	w.Mailer = nil
	if err := w.Forgot(t.Context(), u.Email, "x"); !errors.Is(err, access.ErrNoMail) {
		t.Errorf("without a mail server: %v", err)
	}
}

func TestCase87AsksAreThrottled(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	u := w.owner()
	box := w.mailed(0)
	guest, invitation := w.invite(access.Viewer)
	w.forgets(u.Email, "a")
	w.forgets(u.Email, "b") // too soon for the same mailbox
	w.forgets("nobody@example.com", "c")
	w.forgets(guest.Email, "d")
	letters := box.await(t, 2)
	if len(letters) != 2 || letters[0].Recipient != u.Email || letters[1].Recipient != guest.Email {
		t.Errorf("%+v", letters)
	}
	// A stranger who asks does not take the invitation away.
	if _, _, err := w.UseLink(t.Context(), invitation, good); err != nil {
		t.Error(err)
	}
	_, _, err := w.UseLink(t.Context(), linkIn(t, letters[1]), good)
	w.refusesInput(err, "link") // now that a password is set
	var wait *access.ThrottledError
	for range 5 {
		err = w.Forgot(t.Context(), u.Email, "e")
	}
	if err := errors.Join(err, w.Forgot(t.Context(), u.Email, "e")); !errors.As(err, &wait) {
		t.Errorf("the sixth from one place: %v", err)
	}
	w.forgets("somebody@example.com", "f")
}

func TestCase87AMailedLinkIsGoodForMinutes(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	u := w.owner()
	box := w.mailed(0)
	w.forgets(u.Email, "a")
	link := linkIn(t, box.await(t, 1)[0])
	var lasts time.Duration
	_, err := w.Store.ChangeUser(t.Context(), u.WorkspaceID, u.ID, func(u *access.User, _ []access.User, now time.Time) error {
		lasts, u.ResetExpires = u.ResetExpires.Sub(now), now.Add(-time.Second)
		return nil
	})
	if err != nil || lasts > 15*time.Minute || lasts < 14*time.Minute {
		t.Errorf("it lasts %s, %v", lasts, err)
	}
	_, _, err = w.UseLink(t.Context(), link, "battery horse correct")
	w.refusesInput(err, "link")
	yes := true
	guest, _ := w.invite(access.Viewer)
	if _, err := w.Change(t.Context(), access.Owner, w.workspace, guest.ID, access.Change{Disabled: &yes}); err != nil {
		t.Fatal(err)
	}
	w.forgets(guest.Email, "b")
	w.forgets(u.Email, "c") // comes after it; its own link is over
	if letters := box.await(t, 2); letters[1].Recipient != u.Email {
		t.Errorf("who is disabled got %+v", letters[1])
	}
}

func TestChangesOfAnAccountAreToldByMail(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	u := w.owner()
	box := w.mailed(0)
	cookie, _, err := w.SignIn(t.Context(), u.Email, good, "", "x")
	if err != nil {
		t.Fatal(err)
	}
	s, u, err := w.Session(t.Context(), cookie)
	if err != nil {
		t.Fatal(err)
	}
	if err := w.ChangePassword(t.Context(), u.Caller(s), good, "battery horse correct"); err != nil {
		t.Fatal(err)
	}
	for i, want := range []string{"the password was changed"} {
		if l := box.await(t, i+1)[i]; l.Recipient != u.Email || !strings.Contains(l.Subject, want) {
			t.Errorf("%+v", l)
		}
	}
}
