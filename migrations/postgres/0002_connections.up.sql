-- Connectors are shared by all workspaces: one process serves them all.
CREATE TABLE connectors (
    name         text        NOT NULL,
    version      text        NOT NULL,
    sha256       text        NOT NULL,
    manifest     json        NOT NULL,
    installed_at timestamptz NOT NULL,
    PRIMARY KEY (name, version)
);

CREATE TABLE connections (
    id           text        PRIMARY KEY,
    workspace_id text        NOT NULL REFERENCES workspaces (id),
    name         text        NOT NULL,
    connector    text        NOT NULL,
    settings     json        NOT NULL, -- secret fields are left out
    secrets      bytea       NOT NULL, -- sealed
    key_id       text        NOT NULL, -- of the key that sealed them
    account      text        NOT NULL, -- whose account it opens, for a person
    health       text        NOT NULL,
    failure      json,
    checked_at   timestamptz,
    revision     bigint      NOT NULL,
    created_at   timestamptz NOT NULL,
    updated_at   timestamptz NOT NULL,
    UNIQUE (workspace_id, name)
);
CREATE INDEX connections_list ON connections (workspace_id, id DESC);

CREATE TABLE subscriptions (
    id            text        PRIMARY KEY,
    workspace_id  text        NOT NULL,
    connection_id text        NOT NULL REFERENCES connections (id) ON DELETE CASCADE,
    trigger       text        NOT NULL,
    external_id   text        NOT NULL, -- the provider's id of it; empty until it has answered
    cursor        text        NOT NULL, -- how far a poll has read
    failure       json,
    expires_at    timestamptz,
    due_at        timestamptz, -- when it wants to be renewed, tried again or polled
    revision      bigint      NOT NULL,
    created_at    timestamptz NOT NULL,
    updated_at    timestamptz NOT NULL,
    UNIQUE (connection_id, trigger)
);
CREATE INDEX subscriptions_due ON subscriptions (due_at, id) WHERE due_at IS NOT NULL;
