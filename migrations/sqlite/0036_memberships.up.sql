-- A person may belong to several workspaces, with a role in each. What signs them in is theirs and not a workspace's; users.workspace_id
-- is the workspace that they were first invited to, whose admins look after it.
CREATE TABLE memberships (
    user_id      TEXT        NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    workspace_id TEXT        NOT NULL REFERENCES workspaces (id),
    role         TEXT        NOT NULL,
    mutes_alerts BOOLEAN     NOT NULL DEFAULT false,
    created_at   INTEGER NOT NULL,
    used_at      INTEGER, -- when the person last entered it; NULL: never
    disabled_at  INTEGER,
    PRIMARY KEY (user_id, workspace_id)
);
CREATE INDEX memberships_list ON memberships (workspace_id, user_id DESC);
INSERT INTO memberships (user_id, workspace_id, role, mutes_alerts, created_at, disabled_at)
    SELECT id, workspace_id, role, mutes_alerts, created_at, disabled_at FROM users;
DROP INDEX users_list;
ALTER TABLE users DROP COLUMN role;
ALTER TABLE users DROP COLUMN mutes_alerts;
ALTER TABLE users DROP COLUMN disabled_at;

ALTER TABLE sessions ADD COLUMN workspace_id TEXT NOT NULL DEFAULT ''; -- the one that the person is in
UPDATE sessions SET workspace_id = (SELECT u.workspace_id FROM users AS u WHERE u.id = sessions.user_id);

CREATE VIEW people AS
    SELECT u.id, m.workspace_id, u.workspace_id AS home, u.email, u.name, m.role, u.password_hash, u.link_hash, u.link_expires_at, u.reset_hash, u.reset_expires_at,
        u.totp_secret, u.totp_key_id, u.totp_since, u.totp_used, u.recovery, u.passkeys, m.mutes_alerts, m.created_at, m.used_at, m.disabled_at,
        EXISTS (SELECT 1 FROM memberships AS o WHERE o.user_id = u.id AND o.workspace_id <> m.workspace_id AND o.disabled_at IS NULL) AS elsewhere
    FROM users AS u JOIN memberships AS m ON m.user_id = u.id;
