CREATE TABLE users (
    id              TEXT        PRIMARY KEY,
    workspace_id    TEXT        NOT NULL REFERENCES workspaces (id),
    email           TEXT        NOT NULL UNIQUE, -- in small letters
    name            TEXT        NOT NULL,
    role            TEXT        NOT NULL,
    password_hash   TEXT, -- argon2id; NULL until the link was used
    link_hash       BLOB        UNIQUE, -- SHA-256 of a link that sets the password once
    link_expires_at INTEGER,
    created_at      INTEGER     NOT NULL,
    disabled_at     INTEGER
);
CREATE INDEX users_list ON users (workspace_id, id DESC);

CREATE TABLE sessions (
    id         TEXT        PRIMARY KEY,
    user_id    TEXT        NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    hash       BLOB        NOT NULL UNIQUE, -- SHA-256; the cookie itself is stored nowhere
    created_at INTEGER     NOT NULL,
    expires_at INTEGER     NOT NULL,
    used_at    INTEGER     NOT NULL
);
CREATE INDEX sessions_user ON sessions (user_id);
