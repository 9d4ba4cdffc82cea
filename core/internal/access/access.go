// Package access owns who may use the gateway: people with their roles and sessions, API tokens, and what each allows.
// It keeps hashes only; the text of a token, a session or a link is shown once, to whoever made it.
package access

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/cordboard/cordboard/core/internal/engine"
	"github.com/cordboard/cordboard/core/internal/list"
)

var (
	// ErrDenied is a token that is not known, has expired or was revoked. It does not say which.
	ErrDenied = errors.New("token is not valid")
	// ErrNotFound is returned by a Store for a row that is not there.
	ErrNotFound = engine.ErrNotFound
)

// Scope is what a token allows. Each holds the ones before it.
type Scope string

const (
	Read    Scope = "read"    // see everything but secrets
	Operate Scope = "operate" // start and cancel runs, answer waits
	Write   Scope = "write"   // change flows and connections
	Admin   Scope = "admin"   // manage people and tokens
)

// Scopes lists all of them, the weakest first.
func Scopes() []Scope { return []Scope{Read, Operate, Write, Admin} }

// Caller is whoever makes a request: a person with a session, or a program with a token.
type Caller struct {
	ID          string // usr_… or tok_…
	WorkspaceID string
	Scopes      []Scope
	Role        Role    // of a person; empty for a token
	Session     Session // of a person; zero for a token
	LacksFactor bool    // of a person: see User
}

// Allows reports whether one of the caller's scopes is need or holds it.
func (c Caller) Allows(need Scope) bool {
	rank := slices.Index(Scopes(), need)
	return rank >= 0 && slices.ContainsFunc(c.Scopes, func(s Scope) bool { return slices.Index(Scopes(), s) >= rank })
}

// Token is an API token without the token: that is shown once and stored nowhere.
type Token struct {
	ID          string // tok_…
	WorkspaceID string
	Name        string // for people: where it is used
	Prefix      string // begins its text
	Last4       string // end of its text, to recognise it by
	Hash        []byte // SHA-256 of its text
	Scopes      []Scope
	CreatedAt   time.Time
	ExpiresAt   time.Time // zero: never
	RevokedAt   time.Time // zero: it is not
	UsedAt      time.Time // to the minute or so; zero: never
}

// Caller is the token as who makes a request.
func (t Token) Caller() Caller { return Caller{ID: t.ID, WorkspaceID: t.WorkspaceID, Scopes: t.Scopes} }

// Store keeps tokens. Its clock decides.
type Store interface {
	// InsertToken stores a new token; CreatedAt is the store's.
	InsertToken(ctx context.Context, t Token) (Token, error)
	// TokenByHash returns the token that has that hash and is neither revoked nor expired; else ErrNotFound.
	TokenByHash(ctx context.Context, hash []byte) (Token, error)
	// ListTokens returns a page of a workspace's tokens, newest first, revoked ones too.
	ListTokens(ctx context.Context, workspaceID string, p list.Page) ([]Token, error)
	// RevokeToken ends a token at once; a second time changes nothing. ErrNotFound when the workspace has none such.
	RevokeToken(ctx context.Context, workspaceID, id string) error
	// TouchToken notes that a token was used.
	TouchToken(ctx context.Context, id string) error
}
