CREATE TABLE users (
    id              text        PRIMARY KEY,
    workspace_id    text        NOT NULL REFERENCES workspaces (id),
    email           text        NOT NULL UNIQUE, -- in small letters
    name            text        NOT NULL,
    role            text        NOT NULL,
    password_hash   text, -- argon2id; NULL until the link was used
    link_hash       bytea       UNIQUE, -- SHA-256 of a link that sets the password once
    link_expires_at timestamptz,
    created_at      timestamptz NOT NULL,
    disabled_at     timestamptz
);
CREATE INDEX users_list ON users (workspace_id, id DESC);

CREATE TABLE sessions (
    id         text        PRIMARY KEY,
    user_id    text        NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    hash       bytea       NOT NULL UNIQUE, -- SHA-256; the cookie itself is stored nowhere
    created_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    used_at    timestamptz NOT NULL
);
CREATE INDEX sessions_user ON sessions (user_id);
