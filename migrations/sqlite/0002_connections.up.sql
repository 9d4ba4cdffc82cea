-- Connectors are shared by all workspaces: one process serves them all.
CREATE TABLE connectors (
    name         TEXT    NOT NULL,
    version      TEXT    NOT NULL,
    sha256       TEXT    NOT NULL,
    manifest     TEXT    NOT NULL,
    installed_at INTEGER NOT NULL,
    PRIMARY KEY (name, version)
);

CREATE TABLE connections (
    id           TEXT    PRIMARY KEY,
    workspace_id TEXT    NOT NULL REFERENCES workspaces (id),
    name         TEXT    NOT NULL,
    connector    TEXT    NOT NULL,
    settings     TEXT    NOT NULL, -- secret fields are left out
    secrets      BLOB    NOT NULL, -- sealed
    key_id       TEXT    NOT NULL, -- of the key that sealed them
    account      TEXT    NOT NULL, -- whose account it opens, for a person
    health       TEXT    NOT NULL,
    failure      TEXT,
    checked_at   INTEGER,
    revision     INTEGER NOT NULL,
    created_at   INTEGER NOT NULL,
    updated_at   INTEGER NOT NULL,
    UNIQUE (workspace_id, name)
);
CREATE INDEX connections_list ON connections (workspace_id, id DESC);

CREATE TABLE subscriptions (
    id            TEXT    PRIMARY KEY,
    workspace_id  TEXT    NOT NULL,
    connection_id TEXT    NOT NULL REFERENCES connections (id) ON DELETE CASCADE,
    trigger       TEXT    NOT NULL,
    external_id   TEXT    NOT NULL, -- the provider's id of it; empty until it has answered
    cursor        TEXT    NOT NULL, -- how far a poll has read
    failure       TEXT,
    expires_at    INTEGER,
    due_at        INTEGER, -- when it wants to be renewed, tried again or polled
    revision      INTEGER NOT NULL,
    created_at    INTEGER NOT NULL,
    updated_at    INTEGER NOT NULL,
    UNIQUE (connection_id, trigger)
);
CREATE INDEX subscriptions_due ON subscriptions (due_at, id) WHERE due_at IS NOT NULL;
