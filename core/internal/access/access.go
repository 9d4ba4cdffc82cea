// Package access owns who may use the gateway: API tokens and what they allow. It keeps hashes only; a token's text
// is shown once, to whoever made it.
package access

import (
	"context"
	"errors"
	"slices"
	"time"
)

var (
	// ErrDenied is a token that is not known, has expired or was revoked. It does not say which.
	ErrDenied = errors.New("token is not valid")
	// ErrNotFound is returned by a Store for a token that is not there.
	ErrNotFound = errors.New("token not found")
)

// Scope is what a token allows. Each holds the ones before it.
type Scope string

const (
	Read  Scope = "read"  // see everything but secrets
	Write Scope = "write" // change flows and connections, act on runs
	Admin Scope = "admin" // make and revoke tokens
)

// Scopes lists all of them, the weakest first.
func Scopes() []Scope { return []Scope{Read, Write, Admin} }

// Token is an API token as stored.
type Token struct {
	ID          string // tok_…
	WorkspaceID string
	Name        string // for people: where it is used
	Last4       string // end of its text, to recognise it by
	Hash        []byte // SHA-256 of its text
	Scopes      []Scope
	CreatedAt   time.Time
	ExpiresAt   time.Time // zero: never
	RevokedAt   time.Time // zero: not
	UsedAt      time.Time // about when it was last used; zero: never
}

// Allows reports whether one of the token's scopes is need or holds it.
func (t Token) Allows(need Scope) bool {
	rank := slices.Index(Scopes(), need)
	return rank >= 0 && slices.ContainsFunc(t.Scopes, func(s Scope) bool { return slices.Index(Scopes(), s) >= rank })
}

// Store keeps tokens.
type Store interface {
	InsertToken(ctx context.Context, t Token) error
	// TokenByHash returns ErrNotFound when no token has that hash; revoked and expired ones are returned.
	TokenByHash(ctx context.Context, hash []byte) (Token, error)
	// Tokens returns a workspace's tokens, newest first: at most limit with an id below after, if that is not empty.
	Tokens(ctx context.Context, workspaceID, after string, limit int) ([]Token, error)
	// RevokeToken returns ErrNotFound when the workspace has no such token. Revoking again changes nothing.
	RevokeToken(ctx context.Context, workspaceID, id string, at time.Time) error
	TouchToken(ctx context.Context, id string, at time.Time) error
}
