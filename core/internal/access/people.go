package access

import (
	"context"
	"crypto/subtle"
	"errors"
	"fmt"
	"io/fs"
	"net/mail"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/cordboard/cordboard/core/internal/id"
	"github.com/cordboard/cordboard/core/internal/list"
	"github.com/cordboard/cordboard/core/internal/seal"
)

// ErrLastOwner is a change after which nobody could manage the workspace.
var ErrLastOwner = errors.New("the last owner can't be disabled or given another role; make another owner first")

// linkLasts is how long a link that sets a password can be used.
const linkLasts = 72 * time.Hour

// People manages those who sign in.
type People struct {
	Store   UserStore
	DataDir string     // holds the set-up token until the first owner is there
	Keys    *seal.Keys // seal the secrets of second factors

	Mailer     *Mailer    // nil: no mail is sent, and an admin makes links
	ConsoleURL string     // stands in letters, and says for which name passkeys are; without a slash at its end
	RequiredOf RequiredOf // of whom a second factor is asked where a workspace does not say; empty: of nobody

	throttle throttle
}

// NewUser says who a person is to be.
type NewUser struct {
	WorkspaceID string
	Email       string
	Name        string // empty: the address's first part
	Role        Role
	Password    string // empty: the person sets it by a link
}

// clean checks a new person and returns the row for it.
func (in NewUser) clean() (User, error) {
	address, err := mail.ParseAddress(strings.TrimSpace(in.Email))
	if err != nil || address.Name != "" || len(address.Address) > 254 {
		return User{}, &InputError{Field: "email", Problem: "must be an e-mail address such as ana@example.com"}
	}
	if in.Role.Scope() == "" {
		return User{}, &InputError{Field: "role", Problem: "must be one of viewer, operator, builder, admin, owner"}
	}
	u := User{ID: id.New("usr"), WorkspaceID: in.WorkspaceID, Home: in.WorkspaceID, Email: strings.ToLower(address.Address), Name: strings.TrimSpace(in.Name), Role: in.Role}
	if u.Name == "" {
		u.Name, _, _ = strings.Cut(u.Email, "@")
	}
	return u, u.setPassword(in.Password, in.Password == "")
}

// setPassword checks and hashes a password; an empty one is left out if that is allowed.
func (u *User) setPassword(password string, optional bool) (err error) {
	if password == "" && optional {
		return nil
	}
	if problem := checkPassword(password, u.Email); problem != "" {
		return &InputError{Field: "password", Problem: problem}
	}
	u.dropLinks()
	u.PasswordHash, err = hashPassword(password)
	return err
}

// dropLinks makes all links that set the password useless.
func (u *User) dropLinks() {
	u.LinkHash, u.LinkExpires, u.ResetHash, u.ResetExpires = nil, time.Time{}, nil, time.Time{}
}

// Invite makes a person, or lets one in who is known in another workspace. Without a password, link is the secret with which
// a person who is new sets one.
func (p *People) Invite(ctx context.Context, by Role, in NewUser) (u User, link string, err error) {
	if u, err = in.clean(); err != nil {
		return User{}, "", err
	}
	if problem := mayChange(by, in.Role); problem != "" {
		return User{}, "", &InputError{Field: "role", Problem: problem}
	}
	if in.Password == "" {
		link = secret()
		u.LinkHash, u.LinkExpires = hash(link), time.Now().Add(linkLasts)
	}
	made, err := p.Store.InsertUser(ctx, u, false)
	if !errors.Is(err, ErrTaken) {
		return made, link, err
	}
	// Whoever has an account keeps it as it is: no link, or the one who invites could take it over.
	made, err = p.Store.AddMember(ctx, in.WorkspaceID, u.Email, in.Role)
	if errors.Is(err, ErrTaken) {
		return User{}, "", &InputError{Field: "email", Problem: "belongs to somebody who is here already"}
	}
	if err == nil {
		p.notify(made, "you were invited to another workspace; switch to it in the console")
	}
	return made, "", err
}

// List returns a page of a workspace's people, newest first.
func (p *People) List(ctx context.Context, workspaceID string, page list.Page) ([]User, error) {
	return p.Store.ListUsers(ctx, workspaceID, page)
}

// Change is what can be changed about a person; nil leaves it.
type Change struct {
	Name     *string
	Role     *Role
	Disabled *bool
}

// Change changes a person. Who is disabled is signed out of the workspace at once, and so is who gets a role that may do more.
func (p *People) Change(ctx context.Context, by Role, workspaceID, userID string, c Change) (User, error) {
	rises := false
	u, err := p.Store.ChangeUser(ctx, workspaceID, userID, func(u *User, owners []User, now time.Time) error {
		role := u.Role
		if c.Role != nil {
			if role = *c.Role; role.Scope() == "" {
				return &InputError{Field: "role", Problem: "must be one of viewer, operator, builder, admin, owner"}
			}
		}
		disabled := !u.DisabledAt.IsZero()
		if c.Disabled != nil {
			disabled = *c.Disabled
		}
		if problem := mayChange(by, u.Role, role); problem != "" && (c.Role != nil || c.Disabled != nil) {
			return &InputError{Field: "role", Problem: problem}
		}
		others := slices.ContainsFunc(owners, func(o User) bool { return o.ID != u.ID })
		if u.Role == Owner && !others && (role != Owner || disabled) {
			return ErrLastOwner
		}
		if c.Name != nil {
			if !looksAfter(ctx, u) {
				return ErrElsewhere
			}
			if u.Name = strings.TrimSpace(*c.Name); u.Name == "" {
				return &InputError{Field: "name", Problem: "must not be empty"}
			}
		}
		rises = slices.Index(Roles(), role) > slices.Index(Roles(), u.Role)
		u.Role = role
		switch {
		case !disabled:
			u.DisabledAt = time.Time{}
		case u.DisabledAt.IsZero():
			u.DisabledAt = now
		}
		return nil
	})
	// Who may do more signs in again: no session that began before is worth more than it was (case 88).
	if err == nil && (rises || !u.DisabledAt.IsZero()) {
		err = p.Store.EndSessionsIn(ctx, u.ID, workspaceID)
	}
	return u, err
}

// Link makes a new link with which a person sets a password. Until it is used, the old password stays good.
func (p *People) Link(ctx context.Context, by Role, workspaceID, userID string) (u User, link string, err error) {
	link = secret()
	u, err = p.Store.ChangeUser(ctx, workspaceID, userID, func(u *User, _ []User, now time.Time) error {
		if problem := mayChange(by, u.Role); problem != "" {
			return &InputError{Field: "role", Problem: problem}
		}
		if !looksAfter(ctx, u) {
			return ErrElsewhere
		}
		u.LinkHash, u.LinkExpires = hash(link), now.Add(linkLasts)
		return nil
	})
	return u, link, err
}

// UseLink sets the password of the person whose link it is, ends the sessions that person had, and begins one. It is
// ErrCodeNeeded, with the password set, for a person who has to sign in with a code as well.
func (p *People) UseLink(ctx context.Context, link, password string) (cookie string, u User, err error) {
	sum := hash(link)
	u, err = p.Store.UserByLink(ctx, sum)
	if errors.Is(err, ErrNotFound) {
		return "", User{}, &InputError{Field: "link", Problem: "is not valid any more; ask for a new one"}
	}
	if err != nil {
		return "", User{}, err
	}
	fresh := u
	if err := fresh.setPassword(password, false); err != nil {
		return "", User{}, err
	}
	ctx = as(ctx, u)
	u, err = p.Store.ChangeUser(ctx, u.WorkspaceID, u.ID, func(now *User, _ []User, _ time.Time) error {
		if subtle.ConstantTimeCompare(now.LinkHash, sum)+subtle.ConstantTimeCompare(now.ResetHash, sum) == 0 { // used by another request meanwhile
			return &InputError{Field: "link", Problem: "is not valid any more; ask for a new one"}
		}
		now.dropLinks()
		now.PasswordHash = fresh.PasswordHash
		return nil
	})
	if err != nil {
		return "", User{}, err
	}
	p.notify(u, "the password was set by a link")
	if err := p.Store.EndSessions(ctx, u.ID, ""); err != nil {
		return "", User{}, err
	}
	if u.SecondFactor() {
		return "", User{}, ErrCodeNeeded
	}
	return p.begin(ctx, u)
}

// ChangePassword is for a person who knows the old one. All other sessions end.
func (p *People) ChangePassword(ctx context.Context, c Caller, old, password string) error {
	fresh, err := p.known(ctx, c, old)
	var wrong *InputError
	if errors.As(err, &wrong) {
		wrong.Field = "old"
	}
	if err != nil {
		return err
	}
	if err := fresh.setPassword(password, false); err != nil {
		return err
	}
	if _, err := p.Store.ChangeUser(ctx, c.WorkspaceID, c.ID, func(now *User, _ []User, _ time.Time) error {
		now.dropLinks()
		now.PasswordHash = fresh.PasswordHash
		return nil
	}); err != nil {
		return err
	}
	p.notify(fresh, "the password was changed")
	return p.Store.EndSessions(ctx, c.ID, c.Session.ID)
}

// MuteAlerts says whether a person wants no alerts by e-mail.
func (p *People) MuteAlerts(ctx context.Context, c Caller, mute bool) (User, error) {
	return p.Store.ChangeUser(ctx, c.WorkspaceID, c.ID, func(now *User, _ []User, _ time.Time) error {
		now.MutesAlerts = mute
		return nil
	})
}

// SignIn begins a session. The error is ErrDenied, whichever of e-mail and password is wrong, or a *ThrottledError. To who
// has a second factor it is ErrCodeNeeded without a code and an *InputError for a wrong one. from is where the request
// comes from.
func (p *People) SignIn(ctx context.Context, email, password, code, from string) (cookie string, u User, err error) {
	email = strings.ToLower(strings.TrimSpace(email))
	// Somebody elsewhere who fails does not lock out the person, as the place is part of the key.
	key := from + " " + email
	if err := p.throttle.check(key, time.Now()); err != nil {
		return "", User{}, err
	}
	u, err = p.Store.UserByEmail(ctx, email)
	if err != nil && !errors.Is(err, ErrNotFound) {
		return "", User{}, err
	}
	if !passwordMatches(password, u.PasswordHash) {
		p.throttle.failed(key, time.Now())
		return "", User{}, ErrDenied
	}
	if err := p.prove(ctx, u, code); err != nil {
		var wrong *InputError
		if errors.As(err, &wrong) {
			p.throttle.failed(key, time.Now())
		}
		return "", User{}, err
	}
	p.throttle.succeeded(key)
	return p.begin(ctx, u)
}

// SignInAs begins a session of a person without a password. It is for the demo, and for nothing that faces a network.
func (p *People) SignInAs(ctx context.Context, email string) (cookie string, u User, err error) {
	if u, err = p.Store.UserByEmail(ctx, email); err != nil {
		return "", User{}, err
	}
	return p.begin(ctx, u)
}

func (p *People) begin(ctx context.Context, u User) (cookie string, _ User, err error) {
	cookie = secret()
	if u.LacksFactor, err = p.lacksFactor(ctx, u); err != nil {
		return "", User{}, err
	}
	_, err = p.Store.InsertSession(as(ctx, u), Session{ID: id.New("ses"), UserID: u.ID, WorkspaceID: u.WorkspaceID, Hash: hash(cookie)})
	return cookie, u, err
}

// Look returns who has that cookie, or ErrDenied, and does not count as a use of the session.
func (p *People) Look(ctx context.Context, cookie string) (Session, User, error) {
	s, u, err := p.Store.SessionByHash(ctx, hash(cookie))
	if errors.Is(err, ErrNotFound) {
		return Session{}, User{}, ErrDenied
	}
	if err != nil {
		return Session{}, User{}, fmt.Errorf("look up session: %w", err)
	}
	if u.LacksFactor, err = p.lacksFactor(ctx, u); err != nil {
		return Session{}, User{}, fmt.Errorf("look up session: %w", err)
	}
	return s, u, nil
}

// Session is Look for one who uses the session.
func (p *People) Session(ctx context.Context, cookie string) (Session, User, error) {
	s, u, err := p.Look(ctx, cookie)
	if err != nil {
		return s, u, err
	}
	if time.Since(s.UsedAt) >= touchEvery {
		_ = p.Store.TouchSession(ctx, s.ID) // the session ends sooner than it might; a request does not fail for it
	}
	return s, u, nil
}

// SignOut ends a session.
func (p *People) SignOut(ctx context.Context, sessionID string) error {
	return p.Store.EndSession(ctx, sessionID)
}

// Sessions lists the browsers in which a person is signed in, the newest first.
func (p *People) Sessions(ctx context.Context, c Caller) ([]Session, error) {
	return p.Store.ListSessions(ctx, c.ID)
}

// EndOwn ends one of a person's sessions; ErrNotFound if it is not theirs.
func (p *People) EndOwn(ctx context.Context, c Caller, sessionID string) error {
	own, err := p.Store.ListSessions(ctx, c.ID)
	if err != nil {
		return err
	}
	if !slices.ContainsFunc(own, func(s Session) bool { return s.ID == sessionID }) {
		return ErrNotFound
	}
	return p.Store.EndSession(ctx, sessionID)
}

// EndOthers ends all of a person's sessions but the one in which they ask for it.
func (p *People) EndOthers(ctx context.Context, c Caller) error {
	return p.Store.EndSessions(ctx, c.ID, c.Session.ID)
}

// SignOutUser ends the sessions of somebody else in a workspace, for an admin.
func (p *People) SignOutUser(ctx context.Context, by Role, workspaceID, userID string) error {
	u, err := p.Store.User(ctx, workspaceID, userID)
	if err != nil {
		return err
	}
	if problem := mayChange(by, u.Role); problem != "" {
		return &InputError{Field: "role", Problem: problem}
	}
	return p.Store.EndSessionsIn(ctx, u.ID, workspaceID)
}

// SetUpFile is the name of the file in the data folder that holds the token of the first start.
const SetUpFile = "setup.token"

// SetUpToken returns the secret with which the first owner is made, the same at each call until that has happened, and
// "" afterwards.
func (p *People) SetUpToken(ctx context.Context) (string, error) {
	there, err := p.Store.HasUsers(ctx)
	if err != nil {
		return "", err
	}
	path := filepath.Join(p.DataDir, SetUpFile)
	if there {
		if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return "", fmt.Errorf("set-up token: %w", err)
		}
		return "", nil
	}
	raw, err := os.ReadFile(path)
	if err == nil && len(raw) > 0 {
		return strings.TrimSpace(string(raw)), nil
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return "", fmt.Errorf("set-up token: %w", err)
	}
	token := secret()
	return token, writePrivate(p.DataDir, SetUpFile, token)
}

// SetUp makes the first owner and signs them in. It works once: ErrDenied for a wrong token and when anybody is there.
func (p *People) SetUp(ctx context.Context, token string, in NewUser) (cookie string, u User, err error) {
	want, err := p.SetUpToken(ctx)
	if err != nil {
		return "", User{}, err
	}
	if want == "" || subtle.ConstantTimeCompare(hash(token), hash(want)) == 0 {
		return "", User{}, ErrDenied
	}
	in.Role = Owner
	if in.Password == "" {
		return "", User{}, &InputError{Field: "password", Problem: "must not be empty"}
	}
	if u, err = p.EnsureOwner(ctx, in); err != nil {
		return "", User{}, err
	}
	return p.begin(ctx, u)
}

// EnsureOwner makes the first owner without a token, for whoever starts the process. ErrDenied when anybody is there.
func (p *People) EnsureOwner(ctx context.Context, in NewUser) (User, error) {
	in.Role = Owner
	u, err := in.clean()
	if err != nil {
		return User{}, err
	}
	u, err = p.Store.InsertUser(as(ctx, u), u, true)
	if errors.Is(err, ErrTaken) {
		return User{}, ErrDenied
	}
	if err != nil {
		return User{}, err
	}
	_, err = p.SetUpToken(ctx) // removes the file
	return u, err
}
