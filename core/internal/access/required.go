package access

import (
	"context"
	"errors"
	"slices"
)

// RequiredOf says of whom a workspace asks for a second factor.
type RequiredOf string

const (
	RequiredOfNobody    RequiredOf = "nobody"
	RequiredOfAdmins    RequiredOf = "admins" // and owners
	RequiredOfEverybody RequiredOf = "everybody"
	// RequiredByDefault leaves it to the gateway.
	RequiredByDefault RequiredOf = ""
)

// ErrOwnFactorFirst is a person who would ask others for a second factor without having one, and so shut themselves out.
var ErrOwnFactorFirst = errors.New("set up a second factor of your own first")

// DefaultRequiredOf is of whom a second factor is asked where a workspace does not say: of owners and admins, but of nobody
// while the console is reached from its own machine only. Whoever sits there can read the data folder anyway, and a newcomer
// who looks around needs no app for it.
func DefaultRequiredOf(consoleURL string) RequiredOf {
	if Loopback(consoleURL) {
		return RequiredOfNobody
	}
	return RequiredOfAdmins
}

// SecondFactorPolicy is what a workspace asks for.
type SecondFactorPolicy struct {
	Of      RequiredOf // never empty
	Default bool       // the workspace does not say
}

// Policy returns of whom a workspace asks for a second factor.
func (p *People) Policy(ctx context.Context, workspaceID string) (SecondFactorPolicy, error) {
	of, err := p.Store.RequiredOf(ctx, workspaceID)
	if err != nil || of != RequiredByDefault {
		return SecondFactorPolicy{Of: of}, err
	}
	if p.RequiredOf != "" {
		return SecondFactorPolicy{Of: p.RequiredOf, Default: true}, nil
	}
	return SecondFactorPolicy{Of: RequiredOfNobody, Default: true}, nil
}

// SetPolicy changes that. It holds from the next request of everybody on. A person who has no second factor can't ask one of
// themselves: ErrOwnFactorFirst.
func (p *People) SetPolicy(ctx context.Context, c Caller, of RequiredOf) (SecondFactorPolicy, error) {
	if !slices.Contains([]RequiredOf{RequiredByDefault, RequiredOfNobody, RequiredOfAdmins, RequiredOfEverybody}, of) {
		return SecondFactorPolicy{}, &InputError{Field: "required_of", Problem: "must be one of default, nobody, admins, everybody"}
	}
	if c.Session.ID != "" {
		u, err := p.Store.User(ctx, c.WorkspaceID, c.ID)
		if err != nil {
			return SecondFactorPolicy{}, err
		}
		wanted := of
		if wanted == RequiredByDefault {
			wanted = p.RequiredOf
		}
		if wanted.includes(u.Role) && !u.SecondFactor() {
			return SecondFactorPolicy{}, ErrOwnFactorFirst
		}
	}
	if err := p.Store.SetRequiredOf(ctx, c.WorkspaceID, of); err != nil {
		return SecondFactorPolicy{}, err
	}
	return p.Policy(ctx, c.WorkspaceID)
}

// includes reports whether people of a role need a second factor.
func (of RequiredOf) includes(r Role) bool {
	return of == RequiredOfEverybody || of == RequiredOfAdmins && r.Scope() == Admin
}

// lacksFactor reports whether a person has to set up a second factor before anything else.
func (p *People) lacksFactor(ctx context.Context, u User) (bool, error) {
	if u.SecondFactor() {
		return false, nil
	}
	policy, err := p.Policy(ctx, u.WorkspaceID)
	return policy.Of.includes(u.Role), err
}
