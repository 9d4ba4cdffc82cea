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
	"github.com/cordboard/cordboard/core/internal/list"
)

// Prefix begins every token, so that people and leak scanners recognise one.
const Prefix = "cb_"

// touchEvery bounds how often the use of a token is noted.
const touchEvery = time.Minute

// Tokens makes and checks API tokens.
type Tokens struct{ Store Store }

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
		return Token{}, "", &InputError{Field: "scopes", Problem: "must be one or more of read, operate, write, admin"}
	}
	if !in.ExpiresAt.IsZero() && !in.ExpiresAt.After(time.Now()) {
		return Token{}, "", &InputError{Field: "expires_at", Problem: "must lie in the future"}
	}
	text = Prefix + secret()
	t, err = s.Store.InsertToken(ctx, Token{
		ID: id.New("tok"), WorkspaceID: in.WorkspaceID, Name: in.Name, Prefix: Prefix, Last4: text[len(text)-4:],
		Hash: hash(text), Scopes: in.Scopes, ExpiresAt: in.ExpiresAt,
	})
	if err != nil {
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
	if time.Since(t.UsedAt) >= touchEvery {
		// Only a remark for people: a request does not fail for want of it.
		_ = s.Store.TouchToken(ctx, t.ID)
	}
	return t, nil
}

// List returns a page of a workspace's tokens, newest first.
func (s *Tokens) List(ctx context.Context, workspaceID string, p list.Page) ([]Token, error) {
	return s.Store.ListTokens(ctx, workspaceID, p)
}

// Revoke ends a token at once. ErrNotFound if the workspace has no such token.
func (s *Tokens) Revoke(ctx context.Context, workspaceID, tokenID string) error {
	return s.Store.RevokeToken(ctx, workspaceID, tokenID)
}

// secret is 256 random bits as text.
func secret() string {
	var random [32]byte
	_, _ = rand.Read(random[:]) // never fails: crypto/rand ends the program instead
	return base64.RawURLEncoding.EncodeToString(random[:])
}

// hash needs no salt: what is hashed is a secret.
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
