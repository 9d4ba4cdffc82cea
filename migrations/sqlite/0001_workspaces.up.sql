-- Each row of the tables that follow belongs to a workspace. Tables that grow with traffic carry workspace_id
-- without a foreign key: checking it would lock one workspace row from every transaction.

CREATE TABLE workspaces (
    id         TEXT    PRIMARY KEY,
    name       TEXT    NOT NULL UNIQUE,
    time_zone  TEXT    NOT NULL,
    created_at INTEGER NOT NULL
);

CREATE TABLE api_tokens (
    id           TEXT    PRIMARY KEY,
    workspace_id TEXT    NOT NULL REFERENCES workspaces (id),
    name         TEXT    NOT NULL,
    prefix       TEXT    NOT NULL, -- what a person and a leak scanner recognise
    last4        TEXT    NOT NULL,
    hash         BLOB    NOT NULL UNIQUE, -- SHA-256; the token itself is stored nowhere
    scopes       TEXT    NOT NULL,
    created_at   INTEGER NOT NULL,
    expires_at   INTEGER,
    revoked_at   INTEGER,
    used_at      INTEGER
);
CREATE INDEX api_tokens_list ON api_tokens (workspace_id, id DESC);

CREATE TABLE audit_events (
    id           TEXT    PRIMARY KEY,
    workspace_id TEXT    NOT NULL,
    at           INTEGER NOT NULL,
    actor        TEXT    NOT NULL,
    action       TEXT    NOT NULL,
    target       TEXT    NOT NULL,
    detail       TEXT
);
CREATE INDEX audit_events_list ON audit_events (workspace_id, id DESC);
