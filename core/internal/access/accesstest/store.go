// Package accesstest holds a store of tokens in memory, for tests of those who need tokens.
package accesstest

import (
	"bytes"
	"context"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/cordboard/cordboard/core/internal/access"
	"github.com/cordboard/cordboard/core/internal/list"
)

var _ access.Store = (*Store)(nil)

// Store keeps tokens in memory. The zero value is empty.
type Store struct {
	mu     sync.Mutex
	tokens []access.Token
	late   time.Duration
	touch  int
}

// Pass lets time pass on the store's clock.
func (s *Store) Pass(d time.Duration) { s.mu.Lock(); s.late += d; s.mu.Unlock() }

// Touches is how often a use was noted.
func (s *Store) Touches() int { s.mu.Lock(); defer s.mu.Unlock(); return s.touch }

func (s *Store) now() time.Time { return time.Now().Add(s.late) }

// InsertToken implements access.Store.
func (s *Store) InsertToken(_ context.Context, t access.Token) (access.Token, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	t.CreatedAt = s.now()
	s.tokens = append(s.tokens, t)
	return t, nil
}

// TokenByHash implements access.Store.
func (s *Store) TokenByHash(_ context.Context, hash []byte) (access.Token, error) {
	return s.find(func(t access.Token) bool {
		return bytes.Equal(t.Hash, hash) && t.RevokedAt.IsZero() && (t.ExpiresAt.IsZero() || s.now().Before(t.ExpiresAt))
	}, func(*access.Token) {})
}

// ListTokens implements access.Store.
func (s *Store) ListTokens(_ context.Context, workspaceID string, p list.Page) ([]access.Token, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var out []access.Token
	for _, t := range s.tokens {
		if t.WorkspaceID == workspaceID && (p.After == "" || t.ID < p.After) {
			out = append(out, t)
		}
	}
	slices.SortFunc(out, func(a, b access.Token) int { return strings.Compare(b.ID, a.ID) })
	return out[:min(p.Size(), len(out))], nil
}

// RevokeToken implements access.Store.
func (s *Store) RevokeToken(_ context.Context, workspaceID, id string) error {
	_, err := s.find(
		func(t access.Token) bool { return t.WorkspaceID == workspaceID && t.ID == id },
		func(t *access.Token) {
			if t.RevokedAt.IsZero() {
				t.RevokedAt = s.now()
			}
		})
	return err
}

// TouchToken implements access.Store.
func (s *Store) TouchToken(_ context.Context, id string) error {
	_, err := s.find(func(t access.Token) bool { return t.ID == id }, func(t *access.Token) { t.UsedAt = s.now(); s.touch++ })
	return err
}

func (s *Store) find(is func(access.Token) bool, change func(*access.Token)) (access.Token, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	i := slices.IndexFunc(s.tokens, is)
	if i < 0 {
		return access.Token{}, access.ErrNotFound
	}
	change(&s.tokens[i])
	return s.tokens[i], nil
}
