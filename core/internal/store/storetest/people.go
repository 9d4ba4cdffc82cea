package storetest

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/cordboard/cordboard/core/internal/access"
	"github.com/cordboard/cordboard/core/internal/id"
	"github.com/cordboard/cordboard/core/internal/list"
	"github.com/cordboard/cordboard/core/internal/store"
)

// member is a person of the world's workspace whom nobody else's address meets.
func (w *world) member(role access.Role) access.User {
	w.t.Helper()
	key := id.New("usr")
	return must(w.InsertUser(w.t.Context(), access.User{ID: key, WorkspaceID: w.workspace.ID, Email: key + "@example.com", Name: "Ana", Role: role,
		PasswordHash: "h", LinkHash: []byte(key), LinkExpires: time.Now().Add(time.Hour)}, false))(w.t)
}

var peopleCases = cases{
	"a person is found by address and by link until disabled": func(t *testing.T, w *world) {
		u := w.member(access.Builder)
		if got := must(w.UserByEmail(t.Context(), u.Email))(t); got.ID != u.ID || got.CreatedAt.IsZero() || got.PasswordHash != "h" {
			t.Errorf("by address: %+v", got)
		}
		if got := must(w.UserByLink(t.Context(), u.LinkHash))(t); got.ID != u.ID {
			t.Errorf("by link: %+v", got)
		}
		must(w.ChangeUser(t.Context(), w.workspace.ID, u.ID, func(u *access.User, _ []access.User, now time.Time) error {
			u.DisabledAt = now
			return nil
		}))(t)
		if _, err := w.UserByEmail(t.Context(), u.Email); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("disabled, by address: %v", err)
		}
		if _, err := w.UserByLink(t.Context(), u.LinkHash); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("disabled, by link: %v", err)
		}
		if got := must(w.ListUsers(t.Context(), w.workspace.ID, list.Page{}))(t); len(got) != 1 || got[0].DisabledAt.IsZero() {
			t.Errorf("listed: %+v", got)
		}
	},
	"a link ends": func(t *testing.T, w *world) {
		u := w.member(access.Builder)
		must(w.ChangeUser(t.Context(), w.workspace.ID, u.ID, func(u *access.User, _ []access.User, now time.Time) error {
			u.LinkExpires = now.Add(-time.Second)
			return nil
		}))(t)
		if _, err := w.UserByLink(t.Context(), u.LinkHash); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("got %v", err)
		}
	},
	"an address has one person": func(t *testing.T, w *world) {
		u := w.member(access.Builder)
		u.ID = id.New("usr")
		u.LinkHash = nil
		if _, err := w.InsertUser(t.Context(), u, false); !errors.Is(err, access.ErrTaken) {
			t.Errorf("got %v", err)
		}
	},
	"an only person is not made beside others": func(t *testing.T, w *world) {
		w.member(access.Viewer)
		if there := must(w.HasUsers(t.Context()))(t); !there {
			t.Error("nobody is there")
		}
		if _, err := w.InsertUser(t.Context(), access.User{ID: id.New("usr"), WorkspaceID: w.workspace.ID, Email: "only@example.com", Role: access.Owner}, true); !errors.Is(err, access.ErrTaken) {
			t.Errorf("got %v", err)
		}
	},
	"two owners can't demote each other": func(t *testing.T, w *world) {
		last := errors.New("last")
		demote := func(ctx context.Context, id string) error {
			_, err := w.ChangeUser(ctx, w.workspace.ID, id, func(u *access.User, owners []access.User, _ time.Time) error {
				if len(owners) < 2 {
					return last
				}
				u.Role = access.Viewer
				return nil
			})
			return err
		}
		a, b := w.member(access.Owner), w.member(access.Owner)
		failed := make(chan error, 2)
		for _, u := range []access.User{a, b} {
			go func() { failed <- demote(t.Context(), u.ID) }()
		}
		if one, two := <-failed, <-failed; (one == nil) == (two == nil) {
			t.Errorf("got %v and %v", one, two)
		}
	},
	"another workspace's person is not there": func(t *testing.T, w *world) {
		u := w.member(access.Viewer)
		if _, err := w.ChangeUser(t.Context(), "wsp_other", u.ID, func(*access.User, []access.User, time.Time) error { return nil }); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("change: %v", err)
		}
		if _, err := w.User(t.Context(), "wsp_other", u.ID); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("load: %v", err)
		}
	},
	"a session is good until it ends": func(t *testing.T, w *world) {
		u := w.member(access.Viewer)
		open := func(hash string) access.Session {
			return must(w.InsertSession(t.Context(), access.Session{ID: id.New("ses"), UserID: u.ID, WorkspaceID: u.WorkspaceID, Hash: []byte(u.ID + hash)}))(t)
		}
		good := func(s access.Session) bool {
			_, who, err := w.SessionByHash(t.Context(), s.Hash)
			if err != nil && !errors.Is(err, store.ErrNotFound) {
				t.Fatal(err)
			}
			return err == nil && who.ID == u.ID
		}
		a, b, c := open("a"), open("b"), open("c")
		if !good(a) || !good(b) || !good(c) || a.ExpiresAt.Sub(a.CreatedAt) != access.SessionEnd {
			t.Errorf("a new session: %+v", a)
		}
		if err := errors.Join(w.TouchSession(t.Context(), a.ID), w.EndSession(t.Context(), a.ID), w.EndSessions(t.Context(), u.ID, c.ID)); err != nil {
			t.Fatal(err)
		}
		if good(a) || good(b) || !good(c) {
			t.Errorf("ended ones are good, or the one that was spared is not: %v %v %v", good(a), good(b), good(c))
		}
		must(w.ChangeUser(t.Context(), w.workspace.ID, u.ID, func(u *access.User, _ []access.User, now time.Time) error {
			u.DisabledAt = now
			return nil
		}))(t)
		if good(c) {
			t.Error("the session of a disabled person is good")
		}
	},
}
