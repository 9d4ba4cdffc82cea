DROP VIEW people;
ALTER TABLE sessions DROP COLUMN workspace_id;
ALTER TABLE users ADD COLUMN role text NOT NULL DEFAULT 'viewer';
ALTER TABLE users ADD COLUMN mutes_alerts boolean NOT NULL DEFAULT false;
ALTER TABLE users ADD COLUMN disabled_at timestamptz;
UPDATE users SET role = m.role, mutes_alerts = m.mutes_alerts, disabled_at = m.disabled_at
    FROM memberships AS m WHERE m.user_id = users.id AND m.workspace_id = users.workspace_id;
CREATE INDEX users_list ON users (workspace_id, id DESC);
DROP TABLE memberships;
