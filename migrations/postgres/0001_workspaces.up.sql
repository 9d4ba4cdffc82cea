-- Each row of the tables that follow belongs to a workspace. Tables that grow with traffic carry workspace_id
-- without a foreign key: checking it would lock one workspace row from every transaction.

CREATE TABLE workspaces (
    id         text        PRIMARY KEY,
    name       text        NOT NULL UNIQUE,
    time_zone  text        NOT NULL,
    created_at timestamptz NOT NULL
);

CREATE TABLE api_tokens (
    id           text        PRIMARY KEY,
    workspace_id text        NOT NULL REFERENCES workspaces (id),
    name         text        NOT NULL,
    prefix       text        NOT NULL, -- what a person and a leak scanner recognise
    last4        text        NOT NULL,
    hash         bytea       NOT NULL UNIQUE, -- SHA-256; the token itself is stored nowhere
    scopes       json        NOT NULL,
    created_at   timestamptz NOT NULL,
    expires_at   timestamptz,
    revoked_at   timestamptz,
    used_at      timestamptz
);
CREATE INDEX api_tokens_list ON api_tokens (workspace_id, id DESC);

CREATE TABLE audit_events (
    id           text        PRIMARY KEY,
    workspace_id text        NOT NULL,
    at           timestamptz NOT NULL,
    actor        text        NOT NULL,
    action       text        NOT NULL,
    target       text        NOT NULL,
    detail       json
);
CREATE INDEX audit_events_list ON audit_events (workspace_id, id DESC);
