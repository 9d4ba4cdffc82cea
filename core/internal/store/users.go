package store

import (
	"bytes"
	"cmp"
	"context"
	"slices"
	"strings"
	"time"

	"github.com/uptrace/bun"

	"github.com/cordboard/cordboard/core/internal/access"
	"github.com/cordboard/cordboard/core/internal/list"
	"github.com/cordboard/cordboard/core/internal/seal"
)

// userRow is a person in one of their workspaces. The view people puts it together of an account and a membership.
type userRow struct {
	bun.BaseModel `bun:"table:people,alias:u"`

	ID             string `bun:",pk"`
	WorkspaceID    string
	Home           string
	Email          string
	Name           string
	Role           access.Role
	PasswordHash   string `bun:",nullzero"`
	LinkHash       []byte
	LinkExpiresAt  stamp
	ResetHash      []byte
	ResetExpiresAt stamp
	TOTPSecret     []byte
	TOTPKeyID      string
	TOTPSince      stamp
	TOTPUsed       int64
	Recovery       encoded[[][]byte]
	Passkeys       encoded[access.Passkeys]
	MutesAlerts    bool
	CreatedAt      stamp
	UsedAt         stamp
	DisabledAt     stamp
	Elsewhere      bool
}

// accountRow is what a person has in all workspaces.
type accountRow struct {
	bun.BaseModel `bun:"table:users,alias:a"`

	ID             string `bun:",pk"`
	WorkspaceID    string
	Email          string
	Name           string
	PasswordHash   string `bun:",nullzero"`
	LinkHash       []byte
	LinkExpiresAt  stamp
	ResetHash      []byte
	ResetExpiresAt stamp
	TOTPSecret     []byte
	TOTPKeyID      string
	TOTPSince      stamp
	TOTPUsed       int64
	Recovery       encoded[[][]byte]
	Passkeys       encoded[access.Passkeys]
	CreatedAt      stamp
}

// membershipRow is what a person is in one workspace.
type membershipRow struct {
	bun.BaseModel `bun:"table:memberships,alias:m"`

	UserID      string `bun:",pk"`
	WorkspaceID string `bun:",pk"`
	Role        access.Role
	MutesAlerts bool
	CreatedAt   stamp
	UsedAt      stamp
	DisabledAt  stamp
}

func (r userRow) account() accountRow {
	return accountRow{ID: r.ID, WorkspaceID: r.Home, Email: r.Email, Name: r.Name, PasswordHash: r.PasswordHash, LinkHash: r.LinkHash, LinkExpiresAt: r.LinkExpiresAt,
		ResetHash: r.ResetHash, ResetExpiresAt: r.ResetExpiresAt, TOTPSecret: r.TOTPSecret, TOTPKeyID: r.TOTPKeyID, TOTPSince: r.TOTPSince, TOTPUsed: r.TOTPUsed,
		Recovery: r.Recovery, Passkeys: r.Passkeys, CreatedAt: r.CreatedAt}
}

func (r userRow) membership() membershipRow {
	return membershipRow{UserID: r.ID, WorkspaceID: r.WorkspaceID, Role: r.Role, MutesAlerts: r.MutesAlerts, CreatedAt: r.CreatedAt, UsedAt: r.UsedAt, DisabledAt: r.DisabledAt}
}

func userRowOf(u access.User) userRow {
	return userRow{ID: u.ID, WorkspaceID: u.WorkspaceID, Home: cmp.Or(u.Home, u.WorkspaceID), Email: u.Email, Name: u.Name, Role: u.Role, PasswordHash: u.PasswordHash,
		LinkHash: u.LinkHash, LinkExpiresAt: at(u.LinkExpires), ResetHash: u.ResetHash, ResetExpiresAt: at(u.ResetExpires), TOTPSecret: u.TOTP.Secret.Data, TOTPKeyID: u.TOTP.Secret.KeyID,
		TOTPSince: at(u.TOTP.Since), TOTPUsed: u.TOTP.Used, Recovery: encode(u.Recovery), Passkeys: encode(u.Passkeys), MutesAlerts: u.MutesAlerts, CreatedAt: at(u.CreatedAt), UsedAt: at(u.UsedAt), DisabledAt: at(u.DisabledAt)}
}

func (r userRow) user() access.User {
	return access.User{ID: r.ID, WorkspaceID: r.WorkspaceID, Home: r.Home, Email: r.Email, Name: r.Name, Role: r.Role, PasswordHash: r.PasswordHash,
		LinkHash: r.LinkHash, LinkExpires: r.LinkExpiresAt.Time, ResetHash: r.ResetHash, ResetExpires: r.ResetExpiresAt.Time, TOTP: access.TOTP{Secret: seal.Sealed{KeyID: r.TOTPKeyID, Data: r.TOTPSecret},
			Since: r.TOTPSince.Time, Used: r.TOTPUsed}, Recovery: r.Recovery.value, Passkeys: r.Passkeys.value, MutesAlerts: r.MutesAlerts, CreatedAt: r.CreatedAt.Time, UsedAt: r.UsedAt.Time, DisabledAt: r.DisabledAt.Time, Elsewhere: r.Elsewhere}
}

type sessionRow struct {
	bun.BaseModel `bun:"table:sessions,alias:s"`

	ID          string `bun:",pk"`
	UserID      string
	WorkspaceID string
	Hash        []byte
	CreatedAt   stamp
	ExpiresAt   stamp
	UsedAt      stamp
	ProvedAt    stamp
}

func (r sessionRow) session() access.Session {
	return access.Session{ID: r.ID, UserID: r.UserID, WorkspaceID: r.WorkspaceID, Hash: r.Hash, CreatedAt: r.CreatedAt.Time, ExpiresAt: r.ExpiresAt.Time, UsedAt: r.UsedAt.Time}
}

// HasUsers reports whether there is anybody in any workspace.
func (s *Store) HasUsers(ctx context.Context) (bool, error) {
	return s.read.NewSelect().Model((*accountRow)(nil)).Exists(ctx)
}

// InsertUser stores a new person. access.ErrTaken if somebody has the address or, with only set, if anybody is there.
func (s *Store) InsertUser(ctx context.Context, u access.User, only bool) (access.User, error) {
	row := userRowOf(u)
	err := s.update(ctx, func(ctx context.Context, t *tx) error {
		if only {
			if err := t.lockPeople(ctx); err != nil {
				return err
			}
			if there, err := t.db.NewSelect().Model((*accountRow)(nil)).Exists(ctx); err != nil {
				return err
			} else if there {
				return access.ErrTaken
			}
		}
		row.CreatedAt = at(t.now)
		account, membership := row.account(), row.membership()
		fresh, err := changed(t.db.NewInsert().Model(&account).On("CONFLICT (email) DO NOTHING").Exec(ctx))
		if err == nil && !fresh {
			err = access.ErrTaken
		}
		if err != nil {
			return err
		}
		if _, err := t.db.NewInsert().Model(&membership).Exec(ctx); err != nil {
			return err
		}
		return t.record(ctx, access.Deed{Action: "user.create", Resource: u.ID, After: map[string]any{"email": u.Email, "name": u.Name, "role": u.Role}})
	})
	return row.user(), err
}

// lockPeople keeps others from changing people until the transaction ends. On SQLite there is one writer anyway.
func (t *tx) lockPeople(ctx context.Context) error {
	if isSQLite(t.db) {
		return nil
	}
	_, err := t.db.NewRaw("LOCK TABLE users IN SHARE ROW EXCLUSIVE MODE").Exec(ctx)
	return err
}

// User loads a person of a workspace.
func (s *Store) User(ctx context.Context, workspaceID, id string) (access.User, error) {
	var row userRow
	err := s.read.NewSelect().Model(&row).Where("id = ? AND workspace_id = ?", id, workspaceID).Scan(ctx)
	return row.user(), found(err)
}

// lastUsed takes the workspace that a person was in last, of those in which they are not disabled.
func lastUsed(q *bun.SelectQuery) *bun.SelectQuery {
	return q.Where("disabled_at IS NULL").OrderExpr("used_at IS NULL, used_at DESC, workspace_id").Limit(1)
}

// UserByID finds a person where they were last.
func (s *Store) UserByID(ctx context.Context, id string) (access.User, error) {
	var row userRow
	err := lastUsed(s.read.NewSelect().Model(&row).Where("id = ?", id)).Scan(ctx)
	return row.user(), found(err)
}

// UserByEmail finds a person where they were last.
func (s *Store) UserByEmail(ctx context.Context, email string) (access.User, error) {
	var row userRow
	err := lastUsed(s.read.NewSelect().Model(&row).Where("email = ?", email)).Scan(ctx)
	return row.user(), found(err)
}

// UserByLink finds a person by a link that is not over.
func (s *Store) UserByLink(ctx context.Context, hash []byte) (access.User, error) {
	now, err := s.Now(ctx)
	if err != nil {
		return access.User{}, err
	}
	var row userRow
	err = lastUsed(s.read.NewSelect().Model(&row).Where("link_hash = ? AND link_expires_at > ? OR reset_hash = ? AND reset_expires_at > ?", hash, at(now), hash, at(now))).Scan(ctx)
	return row.user(), found(err)
}

// ListUsers returns a page of a workspace's people, newest first.
func (s *Store) ListUsers(ctx context.Context, workspaceID string, p list.Page) ([]access.User, error) {
	var rows []userRow
	if err := paged(p, s.read.NewSelect().Model(&rows), "u", workspaceID).Scan(ctx); err != nil {
		return nil, err
	}
	return convert(rows, userRow.user), nil
}

// ChangeUser applies a change to a person while nobody else changes people.
func (s *Store) ChangeUser(ctx context.Context, workspaceID, id string, change func(*access.User, []access.User, time.Time) error) (access.User, error) {
	var u access.User
	err := s.update(ctx, func(ctx context.Context, t *tx) error {
		if err := t.lockPeople(ctx); err != nil {
			return err
		}
		old, owners, err := t.personAndOwners(ctx, workspaceID, id)
		if err != nil {
			return err
		}
		u = old
		if err := change(&u, owners, t.now); err != nil {
			return err
		}
		row := userRowOf(u)
		account, membership := row.account(), row.membership()
		if _, err := t.db.NewUpdate().Model(&account).ExcludeColumn("workspace_id", "email", "created_at").WherePK().Exec(ctx); err != nil {
			return err
		}
		if _, err := t.db.NewUpdate().Model(&membership).Column("role", "mutes_alerts", "disabled_at").WherePK().Exec(ctx); err != nil {
			return err
		}
		if d := userChange(old, u); len(d.After) > 0 {
			return t.record(ctx, d)
		}
		return nil
	})
	return u, err
}

// userChange says what differs between two states of a person. Of secrets it says only that they have changed.
func userChange(old, now access.User) access.Deed {
	c := access.Deed{Action: "user.change", Resource: now.ID, Before: map[string]any{}, After: map[string]any{}}
	differ := func(field string, before, after any) {
		if before != after {
			c.Before[field], c.After[field] = before, after
		}
	}
	differ("name", old.Name, now.Name)
	differ("role", old.Role, now.Role)
	differ("disabled", !old.DisabledAt.IsZero(), !now.DisabledAt.IsZero())
	differ("mutes_alerts", old.MutesAlerts, now.MutesAlerts)
	differ("totp", old.TOTP.On(), now.TOTP.On())
	if now.TOTP.Secret.Data != nil && !now.TOTP.On() {
		c.After["totp"] = "begun"
	}
	differ("recovery_codes", len(old.Recovery), len(now.Recovery))
	differ("passkeys", passkeyNames(old), passkeyNames(now))
	for _, k := range now.Passkeys.Keys {
		if i := slices.IndexFunc(old.Passkeys.Keys, func(o access.Passkey) bool { return o.ID == k.ID }); i >= 0 && !k.UsedAt.Equal(old.Passkeys.Keys[i].UsedAt) {
			c.After["passkey_used"] = k.Name
		}
	}
	if old.PasswordHash != now.PasswordHash {
		c.After["password"] = "set"
	}
	if len(now.LinkHash) > 0 && !bytes.Equal(old.LinkHash, now.LinkHash) {
		c.After["link"] = "made"
	}
	if len(now.ResetHash) > 0 && !bytes.Equal(old.ResetHash, now.ResetHash) {
		c.After["link"] = "sent by e-mail"
	}
	return c
}

func passkeyNames(u access.User) string {
	var names []string
	for _, k := range u.Passkeys.Keys {
		names = append(names, k.Name)
	}
	return strings.Join(names, ", ")
}

// InsertSession stores a session; its times are the database's.
func (s *Store) InsertSession(ctx context.Context, in access.Session) (access.Session, error) {
	row := sessionRow{ID: in.ID, UserID: in.UserID, WorkspaceID: in.WorkspaceID, Hash: in.Hash}
	err := s.update(ctx, func(ctx context.Context, t *tx) error {
		// Sessions that are over are of no use to anybody.
		if _, err := t.db.NewDelete().Model((*sessionRow)(nil)).Where("user_id = ? AND (expires_at <= ? OR used_at <= ?)",
			in.UserID, at(t.now), at(t.now.Add(-access.SessionIdle))).Exec(ctx); err != nil {
			return err
		}
		row.CreatedAt, row.UsedAt, row.ProvedAt, row.ExpiresAt = at(t.now), at(t.now), at(t.now), at(t.now.Add(access.SessionEnd))
		if _, err := t.db.NewInsert().Model(&row).Exec(ctx); err != nil {
			return err
		}
		if err := t.enter(ctx, in.UserID, in.WorkspaceID); err != nil {
			return err
		}
		return t.record(ctx, access.Deed{Action: "session.begin", Resource: in.ID})
	})
	return row.session(), err
}

// SessionByHash finds a session that is not over and its person, who is not disabled in the workspace that it is in.
func (s *Store) SessionByHash(ctx context.Context, hash []byte) (access.Session, access.User, error) {
	now, err := s.Now(ctx)
	if err != nil {
		return access.Session{}, access.User{}, err
	}
	var row sessionRow
	if err := s.read.NewSelect().Model(&row).Where("hash = ? AND expires_at > ? AND used_at > ?", hash, at(now), at(now.Add(-access.SessionIdle))).Scan(ctx); err != nil {
		return access.Session{}, access.User{}, found(err)
	}
	var user userRow
	err = s.read.NewSelect().Model(&user).Where("id = ? AND workspace_id = ? AND disabled_at IS NULL", row.UserID, row.WorkspaceID).Scan(ctx)
	session := row.session()
	session.Proved = row.ProvedAt.After(now.Add(-access.ProofLasts))
	return session, user.user(), found(err)
}

// RenewSession gives a session another cookie; see access.UserStore.
func (s *Store) RenewSession(ctx context.Context, id string, hash []byte, proved bool) error {
	return s.update(ctx, func(ctx context.Context, t *tx) error {
		q := t.db.NewUpdate().Model((*sessionRow)(nil)).Set("hash = ?", hash).Where("id = ?", id)
		if proved {
			q = q.Set("proved_at = ?", at(t.now))
		}
		renewed, err := changed(q.Exec(ctx))
		if err == nil && !renewed {
			err = ErrNotFound
		}
		if err != nil || !proved {
			return err
		}
		return t.record(ctx, access.Deed{Action: "session.prove", Resource: id})
	})
}

// TouchSession notes that a session was used, at most once a minute.
func (s *Store) TouchSession(ctx context.Context, id string) error {
	return s.update(ctx, func(ctx context.Context, t *tx) error {
		_, err := t.db.NewRaw("UPDATE sessions SET used_at = ? WHERE id = ? AND used_at < ?", at(t.now), id, at(t.now.Add(-time.Minute))).Exec(ctx)
		return err
	})
}

// ListSessions lists a person's sessions that are not over, the newest first.
func (s *Store) ListSessions(ctx context.Context, userID string) ([]access.Session, error) {
	now, err := s.Now(ctx)
	if err != nil {
		return nil, err
	}
	var rows []sessionRow
	err = s.read.NewSelect().Model(&rows).Where("user_id = ? AND expires_at > ? AND used_at > ?", userID, at(now), at(now.Add(-access.SessionIdle))).
		OrderExpr("created_at DESC, id DESC").Limit(list.MaxLimit).Scan(ctx)
	return convert(rows, sessionRow.session), err
}

// EndSessions ends a person's sessions, but not the one named.
func (s *Store) EndSessions(ctx context.Context, userID, but string) error {
	return s.update(ctx, func(ctx context.Context, t *tx) error {
		ended, err := changed(t.db.NewDelete().Model((*sessionRow)(nil)).Where("user_id = ? AND id <> ?", userID, but).Exec(ctx))
		if err != nil || !ended {
			return err
		}
		return t.record(ctx, access.Deed{Action: "session.end_others", Resource: userID})
	})
}

// EndSession ends one.
func (s *Store) EndSession(ctx context.Context, id string) error {
	return s.update(ctx, func(ctx context.Context, t *tx) error {
		ended, err := changed(t.db.NewDelete().Model((*sessionRow)(nil)).Where("id = ?", id).Exec(ctx))
		if err != nil || !ended {
			return err
		}
		return t.record(ctx, access.Deed{Action: "session.end", Resource: id})
	})
}
