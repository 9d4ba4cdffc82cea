package access

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/cordboard/cordboard/core/internal/id"
)

var (
	// ErrElsewhere is an admin who would change what signs somebody in that belongs to other workspaces as well: who sets a
	// password there is let in there.
	ErrElsewhere = errors.New("the person belongs to other workspaces too")
	// ErrNotInstaller is somebody who makes a workspace and is no owner of the first one.
	ErrNotInstaller = errors.New("an owner of the first workspace makes others")
)

// Membership is one of a person's workspaces.
type Membership struct {
	WorkspaceID string
	Name        string
	Role        Role
}

// MembershipStore keeps who belongs to which workspace.
type MembershipStore interface {
	// Memberships lists the workspaces in which a person is not disabled, by name.
	Memberships(ctx context.Context, userID string) ([]Membership, error)
	// AddMember lets somebody who has an account into a workspace; ErrTaken if they are in it, ErrNotFound if nobody has the address.
	AddMember(ctx context.Context, workspaceID, email string, role Role) (User, error)
	// RemoveMember takes a person out of a workspace, with their sessions in it, unless check says no. owners are those who may
	// sign in, the person included.
	RemoveMember(ctx context.Context, workspaceID, userID string, check func(u User, owners []User) error) error
	// SwitchSession takes a session to another workspace of its person, under a new cookie; ErrNotFound if it is none of theirs.
	SwitchSession(ctx context.Context, s Session, workspaceID string, hash []byte) (User, error)
	// EndSessionsIn ends a person's sessions that are in a workspace.
	EndSessionsIn(ctx context.Context, userID, workspaceID string) error
	// InsertWorkspace stores a new workspace with its first owner; ErrTaken if the name is another's.
	InsertWorkspace(ctx context.Context, w NewWorkspace) error
}

// NewWorkspace is a workspace that is to be made.
type NewWorkspace struct {
	ID       string
	Name     string
	TimeZone string // IANA name
	OwnerID  string
}

// Memberships lists a person's workspaces.
func (p *People) Memberships(ctx context.Context, userID string) ([]Membership, error) {
	return p.Store.Memberships(ctx, userID)
}

// Switch takes a session to another of the person's workspaces.
func (p *People) Switch(ctx context.Context, c Caller, workspaceID string) (cookie string, u User, err error) {
	cookie = secret()
	if u, err = p.Store.SwitchSession(ctx, c.Session, workspaceID, hash(cookie)); err != nil {
		return "", User{}, err
	}
	u.LacksFactor, err = p.lacksFactor(ctx, u)
	return cookie, u, err
}

// Leave ends a person's own membership.
func (p *People) Leave(ctx context.Context, c Caller, workspaceID string) error {
	return p.Store.RemoveMember(ctx, workspaceID, c.ID, func(u User, owners []User) error { return keepsOwner(u, owners) })
}

// Remove takes somebody out of a workspace. What they are elsewhere stays.
func (p *People) Remove(ctx context.Context, by Role, workspaceID, userID string) error {
	return p.Store.RemoveMember(ctx, workspaceID, userID, func(u User, owners []User) error {
		if problem := mayChange(by, u.Role); problem != "" {
			return &InputError{Field: "role", Problem: problem}
		}
		return keepsOwner(u, owners)
	})
}

// keepsOwner is ErrLastOwner for the only owner of a workspace.
func keepsOwner(u User, owners []User) error {
	if u.Role == Owner && !slices.ContainsFunc(owners, func(o User) bool { return o.ID != u.ID }) {
		return ErrLastOwner
	}
	return nil
}

// MakeWorkspace makes a workspace whose owner is the caller: an owner of the installation's first one.
func (p *People) MakeWorkspace(ctx context.Context, c Caller, first string, in NewWorkspace) (Membership, error) {
	all, err := p.Store.Memberships(ctx, c.ID)
	if err != nil {
		return Membership{}, err
	}
	if !slices.ContainsFunc(all, func(m Membership) bool { return m.WorkspaceID == first && m.Role == Owner }) {
		return Membership{}, ErrNotInstaller
	}
	in.OwnerID = c.ID
	return p.insertWorkspace(ctx, in)
}

// MakeWorkspaceFor is MakeWorkspace for the command line: its owner is whoever has the address.
func (p *People) MakeWorkspaceFor(ctx context.Context, email string, in NewWorkspace) (Membership, error) {
	u, err := p.Store.UserByEmail(ctx, strings.ToLower(strings.TrimSpace(email)))
	if err != nil {
		return Membership{}, err
	}
	in.OwnerID = u.ID
	return p.insertWorkspace(ctx, in)
}

func (p *People) insertWorkspace(ctx context.Context, in NewWorkspace) (Membership, error) {
	in.ID, in.Name = id.New("wsp"), strings.TrimSpace(in.Name)
	if in.Name == "" || len(in.Name) > 100 {
		return Membership{}, &InputError{Field: "name", Problem: "must have 1 to 100 characters"}
	}
	if in.TimeZone == "" {
		in.TimeZone = "UTC"
	}
	if _, err := time.LoadLocation(in.TimeZone); err != nil || in.TimeZone == "Local" {
		return Membership{}, &InputError{Field: "time_zone", Problem: "is no time zone; write one such as Europe/Madrid"}
	}
	err := p.Store.InsertWorkspace(ctx, in)
	if errors.Is(err, ErrTaken) {
		return Membership{}, &InputError{Field: "name", Problem: "is another workspace's"}
	}
	return Membership{WorkspaceID: in.ID, Name: in.Name, Role: Owner}, err
}

// looksAfter reports whether whoever acts in a workspace may change what signs a person in. The command line may always.
func looksAfter(ctx context.Context, u *User) bool {
	return !u.Elsewhere || ActorOf(ctx).ID == CommandLine
}
