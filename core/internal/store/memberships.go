package store

import (
	"context"

	"github.com/cordboard/cordboard/core/internal/access"
)

// Memberships lists a person's workspaces; see access.MembershipStore.
func (s *Store) Memberships(ctx context.Context, userID string) (all []access.Membership, err error) {
	err = s.read.NewRaw(`SELECT m.workspace_id, w.name, m.role FROM memberships AS m JOIN workspaces AS w ON w.id = m.workspace_id
		WHERE m.user_id = ? AND m.disabled_at IS NULL ORDER BY w.name`, userID).Scan(ctx, &all)
	return all, err
}

// enter notes that a person is in a workspace now.
func (t *tx) enter(ctx context.Context, userID, workspaceID string) error {
	_, err := t.db.NewRaw("UPDATE memberships SET used_at = ? WHERE user_id = ? AND workspace_id = ?", at(t.now), userID, workspaceID).Exec(ctx)
	return err
}

// AddMember lets somebody into a workspace; see access.MembershipStore.
func (s *Store) AddMember(ctx context.Context, workspaceID, email string, role access.Role) (access.User, error) {
	var row userRow
	err := s.update(ctx, func(ctx context.Context, t *tx) error {
		if err := t.lockPeople(ctx); err != nil {
			return err
		}
		var account accountRow
		if err := t.db.NewSelect().Model(&account).Where("email = ?", email).Scan(ctx); err != nil {
			return found(err)
		}
		membership := membershipRow{UserID: account.ID, WorkspaceID: workspaceID, Role: role, CreatedAt: at(t.now)}
		added, err := changed(t.db.NewInsert().Model(&membership).On("CONFLICT DO NOTHING").Exec(ctx))
		if err == nil && !added {
			err = access.ErrTaken
		}
		if err != nil {
			return err
		}
		if err := t.db.NewSelect().Model(&row).Where("id = ? AND workspace_id = ?", account.ID, workspaceID).Scan(ctx); err != nil {
			return err
		}
		return t.record(ctx, access.Deed{Action: "user.add", Resource: account.ID, After: map[string]any{"email": email, "role": role}})
	})
	return row.user(), err
}

// RemoveMember takes a person out of a workspace; see access.MembershipStore.
func (s *Store) RemoveMember(ctx context.Context, workspaceID, userID string, check func(access.User, []access.User) error) error {
	return s.update(ctx, func(ctx context.Context, t *tx) error {
		if err := t.lockPeople(ctx); err != nil {
			return err
		}
		u, owners, err := t.personAndOwners(ctx, workspaceID, userID)
		if err != nil {
			return err
		}
		if err := check(u, owners); err != nil {
			return err
		}
		for _, statement := range []string{
			"DELETE FROM sessions WHERE user_id = ? AND workspace_id = ?",
			"DELETE FROM memberships WHERE user_id = ? AND workspace_id = ?",
		} {
			if _, err := t.db.NewRaw(statement, userID, workspaceID).Exec(ctx); err != nil {
				return err
			}
		}
		return t.record(ctx, access.Deed{Action: "user.remove", Resource: userID, Before: map[string]any{"email": u.Email, "role": u.Role}})
	})
}

// personAndOwners loads a person of a workspace and its owners who may sign in.
func (t *tx) personAndOwners(ctx context.Context, workspaceID, userID string) (access.User, []access.User, error) {
	var row userRow
	if err := t.db.NewSelect().Model(&row).Where("id = ? AND workspace_id = ?", userID, workspaceID).Scan(ctx); err != nil {
		return access.User{}, nil, found(err)
	}
	var owners []userRow
	err := t.db.NewSelect().Model(&owners).Where("workspace_id = ? AND role = ? AND disabled_at IS NULL", workspaceID, access.Owner).Scan(ctx)
	return row.user(), convert(owners, userRow.user), err
}

// SwitchSession takes a session to another workspace; see access.MembershipStore.
func (s *Store) SwitchSession(ctx context.Context, session access.Session, workspaceID string, hash []byte) (access.User, error) {
	var row userRow
	err := s.update(ctx, func(ctx context.Context, t *tx) error {
		if err := t.db.NewSelect().Model(&row).Where("id = ? AND workspace_id = ? AND disabled_at IS NULL", session.UserID, workspaceID).Scan(ctx); err != nil {
			return found(err)
		}
		moved, err := changed(t.db.NewUpdate().Model((*sessionRow)(nil)).Set("workspace_id = ?", workspaceID).Set("hash = ?", hash).
			Where("id = ? AND user_id = ?", session.ID, session.UserID).Exec(ctx))
		if err == nil && !moved {
			err = ErrNotFound
		}
		if err != nil {
			return err
		}
		if err := t.enter(ctx, session.UserID, workspaceID); err != nil {
			return err
		}
		return t.record(ctx, access.Deed{Action: "session.switch", Resource: session.ID, After: map[string]any{"workspace": workspaceID}})
	})
	return row.user(), err
}

// EndSessionsIn ends a person's sessions that are in a workspace; see access.MembershipStore.
func (s *Store) EndSessionsIn(ctx context.Context, userID, workspaceID string) error {
	return s.update(ctx, func(ctx context.Context, t *tx) error {
		ended, err := changed(t.db.NewDelete().Model((*sessionRow)(nil)).Where("user_id = ? AND workspace_id = ?", userID, workspaceID).Exec(ctx))
		if err != nil || !ended {
			return err
		}
		return t.record(ctx, access.Deed{Action: "session.end_others", Resource: userID})
	})
}

// InsertWorkspace stores a new workspace with its first owner; see access.MembershipStore.
func (s *Store) InsertWorkspace(ctx context.Context, w access.NewWorkspace) error {
	return s.update(ctx, func(ctx context.Context, t *tx) error {
		row := workspaceRow{ID: w.ID, Name: w.Name, TimeZone: w.TimeZone, CreatedAt: at(t.now)}
		fresh, err := changed(t.db.NewInsert().Model(&row).On("CONFLICT DO NOTHING").Exec(ctx))
		if err == nil && !fresh {
			err = access.ErrTaken
		}
		if err != nil {
			return err
		}
		membership := membershipRow{UserID: w.OwnerID, WorkspaceID: w.ID, Role: access.Owner, CreatedAt: at(t.now)}
		if _, err := t.db.NewInsert().Model(&membership).Exec(ctx); err != nil {
			return err
		}
		return t.record(ctx, access.Deed{Action: "workspace.create", Resource: w.ID, After: map[string]any{"name": w.Name, "owner": w.OwnerID}})
	})
}
