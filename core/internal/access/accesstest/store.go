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
)

var _ access.Store = (*Store)(nil)

// Store keeps tokens in memory. The zero value is empty.
type Store struct {
	mu     sync.Mutex
	tokens []access.Token
	Touch  int // how often a use was noted
}

// InsertToken implements access.Store.
func (s *Store) InsertToken(_ context.Context, t access.Token) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.tokens = append(s.tokens, t)
	return nil
}

// TokenByHash implements access.Store.
func (s *Store) TokenByHash(_ context.Context, hash []byte) (access.Token, error) {
	return s.find(func(t access.Token) bool { return bytes.Equal(t.Hash, hash) }, func(*access.Token) {})
}

// Tokens implements access.Store.
func (s *Store) Tokens(_ context.Context, workspaceID, after string, limit int) ([]access.Token, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var out []access.Token
	for _, t := range s.tokens {
		if t.WorkspaceID == workspaceID && (after == "" || t.ID < after) {
			out = append(out, t)
		}
	}
	slices.SortFunc(out, func(a, b access.Token) int { return strings.Compare(b.ID, a.ID) })
	return out[:min(limit, len(out))], nil
}

// RevokeToken implements access.Store.
func (s *Store) RevokeToken(_ context.Context, workspaceID, id string, at time.Time) error {
	_, err := s.find(
		func(t access.Token) bool { return t.WorkspaceID == workspaceID && t.ID == id },
		func(t *access.Token) {
			if t.RevokedAt.IsZero() {
				t.RevokedAt = at
			}
		})
	return err
}

// TouchToken implements access.Store.
func (s *Store) TouchToken(_ context.Context, id string, at time.Time) error {
	_, err := s.find(func(t access.Token) bool { return t.ID == id }, func(t *access.Token) { t.UsedAt = at; s.Touch++ })
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
