package access

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/cordboard/cordboard/core/internal/id"
)

// Prefix begins every token, so that people and leak scanners recognise one.
const Prefix = "cb_"

// touchEvery bounds how often the use of a token is noted.
const touchEvery = time.Minute

// Tokens makes and checks API tokens.
type Tokens struct {
	Store Store
	Now   func() time.Time // nil: time.Now
}

func (s *Tokens) now() time.Time {
	if s.Now != nil {
		return s.Now()
	}
	return time.Now()
}

// NewToken says what a token is to be.
type NewToken struct {
	WorkspaceID string
	Name        string
	Scopes      []Scope
	ExpiresAt   time.Time // zero: never
}

// Create makes a token. text is its only copy.
func (s *Tokens) Create(ctx context.Context, in NewToken) (t Token, text string, err error) {
	if in.Name == "" {
		return Token{}, "", &InputError{Field: "name", Problem: "must not be empty"}
	}
	if len(in.Scopes) == 0 || slices.ContainsFunc(in.Scopes, func(sc Scope) bool { return !slices.Contains(Scopes(), sc) }) {
		return Token{}, "", &InputError{Field: "scopes", Problem: "must be one or more of read, write, admin"}
	}
	now := s.now()
	if !in.ExpiresAt.IsZero() && !in.ExpiresAt.After(now) {
		return Token{}, "", &InputError{Field: "expires_at", Problem: "must lie in the future"}
	}
	var random [32]byte
	_, _ = rand.Read(random[:]) // never fails: crypto/rand ends the program instead
	text = Prefix + base64.RawURLEncoding.EncodeToString(random[:])
	t = Token{
		ID: id.At("tok", now), WorkspaceID: in.WorkspaceID, Name: in.Name, Last4: text[len(text)-4:], Hash: hash(text),
		Scopes: in.Scopes, CreatedAt: now, ExpiresAt: in.ExpiresAt,
	}
	if err := s.Store.InsertToken(ctx, t); err != nil {
		return Token{}, "", fmt.Errorf("store token: %w", err)
	}
	return t, text, nil
}

// Verify returns the token with that text, or ErrDenied.
func (s *Tokens) Verify(ctx context.Context, text string) (Token, error) {
	if !strings.HasPrefix(text, Prefix) {
		return Token{}, ErrDenied
	}
	t, err := s.Store.TokenByHash(ctx, hash(text))
	if errors.Is(err, ErrNotFound) {
		return Token{}, ErrDenied
	}
	if err != nil {
		return Token{}, fmt.Errorf("look up token: %w", err)
	}
	now := s.now()
	if !t.RevokedAt.IsZero() || !t.ExpiresAt.IsZero() && !now.Before(t.ExpiresAt) {
		return Token{}, ErrDenied
	}
	if now.Sub(t.UsedAt) >= touchEvery {
		// Only a remark for people: a request does not fail for want of it.
		_ = s.Store.TouchToken(ctx, t.ID, now)
	}
	return t, nil
}

// List returns a page of a workspace's tokens, newest first.
func (s *Tokens) List(ctx context.Context, workspaceID, after string, limit int) ([]Token, error) {
	return s.Store.Tokens(ctx, workspaceID, after, limit)
}

// Revoke ends a token at once. ErrNotFound if the workspace has no such token.
func (s *Tokens) Revoke(ctx context.Context, workspaceID, tokenID string) error {
	return s.Store.RevokeToken(ctx, workspaceID, tokenID, s.now())
}

// hash needs no salt: a token is 256 random bits.
func hash(text string) []byte {
	sum := sha256.Sum256([]byte(text))
	return sum[:]
}

// InputError is a field that can't be used.
type InputError struct {
	Field   string
	Problem string
}

func (e *InputError) Error() string { return e.Field + " " + e.Problem }
