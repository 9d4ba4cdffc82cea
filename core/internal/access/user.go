package access

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/cordboard/cordboard/core/internal/list"
)

// ErrTaken is returned by a Store for an e-mail address that somebody has.
var ErrTaken = errors.New("e-mail address is taken")

// Role is what a person does here.
type Role string

const (
	Owner         Role = "owner"    // everything, owners included
	Administrator Role = "admin"    // people and tokens
	Builder       Role = "builder"  // flows and connections
	Operator      Role = "operator" // runs and waits
	Viewer        Role = "viewer"   // looks
)

// Roles lists all of them, the weakest first.
func Roles() []Role { return []Role{Viewer, Operator, Builder, Administrator, Owner} }

// Scope is what a role allows; empty for what is no role.
func (r Role) Scope() Scope {
	switch r {
	case Owner, Administrator:
		return Admin
	case Builder:
		return Write
	case Operator:
		return Operate
	case Viewer:
		return Read
	}
	return ""
}

// User is a person who may sign in.
type User struct {
	ID           string // usr_…
	WorkspaceID  string // the one that this is about; a person may belong to several, with a role in each
	Home         string // the workspace they were first invited to, whose admins look after what signs them in
	Email        string // in small letters; one person has it in all workspaces
	Name         string
	Role         Role
	PasswordHash string    // argon2id with its parameters; empty until the person has set a password
	LinkHash     []byte    // SHA-256 of a link that sets the password once; nil: there is none
	LinkExpires  time.Time // of that link
	ResetHash    []byte    // SHA-256 of such a link that was sent by e-mail; nil: there is none
	ResetExpires time.Time // of that one
	TOTP         TOTP      // codes of an app, if they are on
	Passkeys     Passkeys
	Recovery     [][]byte  // SHA-256 of the recovery codes that are left, for who has a second factor
	MutesAlerts  bool      // gets no alerts by e-mail, which otherwise go to owners and admins
	CreatedAt    time.Time // in this workspace
	UsedAt       time.Time // when they last entered it; zero: never
	DisabledAt   time.Time // zero: may be here
	Elsewhere    bool      // belongs to other workspaces too
	// LacksFactor is a person of whom the workspace asks for a second factor and who has none: the only thing they may do is
	// to set one up. Known of who is signed in; stored nowhere.
	LacksFactor bool
}

// SecondFactor reports whether a password alone does not sign the person in.
func (u User) SecondFactor() bool { return u.TOTP.On() || len(u.Passkeys.Keys) > 0 }

// dropRecovery makes the recovery codes useless once there is nothing that they recover.
func (u *User) dropRecovery() {
	if !u.SecondFactor() {
		u.Recovery = nil
	}
}

// Caller is the person as who makes a request.
func (u User) Caller(s Session) Caller {
	return Caller{ID: u.ID, WorkspaceID: u.WorkspaceID, Scopes: []Scope{u.Role.Scope()}, Role: u.Role, Session: s, LacksFactor: u.LacksFactor}
}

// Session is one browser in which a person is signed in.
type Session struct {
	ID     string // ses_…
	UserID string
	// WorkspaceID is the one that the person is in.
	WorkspaceID string
	Hash        []byte // SHA-256 of the cookie
	CreatedAt   time.Time
	ExpiresAt   time.Time // whatever happens
	UsedAt      time.Time // to the minute or so; unused for SessionIdle, it is over
	// Proved says that the person has proved who they are within ProofLasts. Known of a session that SessionByHash finds.
	Proved bool
}

// How long a person stays signed in.
const (
	SessionIdle = 12 * time.Hour
	SessionEnd  = 7 * 24 * time.Hour
)

// UserStore keeps people and their sessions. Its clock decides.
type UserStore interface {
	// HasUsers reports whether anybody, in any workspace, may sign in or will.
	HasUsers(ctx context.Context) (bool, error)
	// InsertUser stores a new person; CreatedAt is the store's. When only is set and there is anybody, it is ErrTaken,
	// as it is for an address that somebody has.
	InsertUser(ctx context.Context, u User, only bool) (User, error)
	// User loads a person of a workspace; else ErrNotFound.
	User(ctx context.Context, workspaceID, id string) (User, error)
	// Now is the time by the store's clock.
	Now(ctx context.Context) (time.Time, error)
	// UserByID finds a person who is not disabled, of any workspace; else ErrNotFound.
	UserByID(ctx context.Context, id string) (User, error)
	// RequiredOf says of whom a workspace asks for a second factor; empty: of whom the gateway does.
	RequiredOf(ctx context.Context, workspaceID string) (RequiredOf, error)
	// SetRequiredOf changes that.
	SetRequiredOf(ctx context.Context, workspaceID string, of RequiredOf) error
	// UserByEmail finds a person who is not disabled; else ErrNotFound.
	UserByEmail(ctx context.Context, email string) (User, error)
	// UserByLink finds a person, not disabled, whose link has that hash and is not over; else ErrNotFound.
	UserByLink(ctx context.Context, hash []byte) (User, error)
	// ListUsers returns a page of a workspace's people, newest first.
	ListUsers(ctx context.Context, workspaceID string, p list.Page) ([]User, error)
	// ChangeUser applies change to a person in one transaction in which nobody else changes people of that
	// workspace. owners are those who may sign in, the person included. An error of change undoes all.
	ChangeUser(ctx context.Context, workspaceID, id string, change func(u *User, owners []User, now time.Time) error) (User, error)
	MembershipStore
	// InsertSession stores a session; its times are the store's.
	InsertSession(ctx context.Context, s Session) (Session, error)
	// SessionByHash finds a session that is not over, of a person who is not disabled; else ErrNotFound.
	SessionByHash(ctx context.Context, hash []byte) (Session, User, error)
	// RenewSession gives a session another cookie, and notes that its person has proved who they are. ErrNotFound if it is over.
	RenewSession(ctx context.Context, id string, hash []byte, proved bool) error
	// TouchSession notes that a session was used.
	TouchSession(ctx context.Context, id string) error
	// ListSessions returns the sessions of a person that are not over, the newest first.
	ListSessions(ctx context.Context, userID string) ([]Session, error)
	// EndSessions ends those sessions of a person for which but is not the id; an empty but ends all.
	EndSessions(ctx context.Context, userID, but string) error
	// EndSession ends one.
	EndSession(ctx context.Context, id string) error
}

// mayChange says why a caller may not make or change a person of a role, or "".
func mayChange(by Role, roles ...Role) string {
	if by != Owner && slices.Contains(roles, Owner) {
		return "can be given and taken by an owner only"
	}
	return ""
}
