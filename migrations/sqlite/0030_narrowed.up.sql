-- A subscription is of one input of a trigger. Unless the input is empty its events come at an address of its own.
CREATE TABLE new_subscriptions (
    id            TEXT    PRIMARY KEY,
    workspace_id  TEXT    NOT NULL,
    connection_id TEXT    NOT NULL REFERENCES connections (id) ON DELETE CASCADE,
    trigger       TEXT    NOT NULL,
    endpoint_key  TEXT    NOT NULL, -- of that address; empty: the connection's
    input         TEXT    NOT NULL,
    external_id   TEXT    NOT NULL, -- the provider's id of it; empty until it has answered
    cursor        TEXT    NOT NULL, -- how far a poll has read
    failure       TEXT,
    expires_at    INTEGER,
    due_at        INTEGER, -- when it wants to be renewed, tried again or polled
    revision      INTEGER NOT NULL,
    created_at    INTEGER NOT NULL,
    updated_at    INTEGER NOT NULL,
    UNIQUE (connection_id, trigger, endpoint_key)
);
INSERT INTO new_subscriptions
SELECT id, workspace_id, connection_id, trigger, '', '{}', external_id, cursor, failure, expires_at, due_at, revision, created_at, updated_at FROM subscriptions;
DROP TABLE subscriptions;
ALTER TABLE new_subscriptions RENAME TO subscriptions;
CREATE INDEX subscriptions_due ON subscriptions (due_at, id) WHERE due_at IS NOT NULL;

-- What a provider sends to two addresses under one id are two deliveries.
ALTER TABLE raw_requests ADD COLUMN endpoint_key TEXT NOT NULL DEFAULT '';
DROP INDEX raw_requests_delivery;
CREATE UNIQUE INDEX raw_requests_delivery ON raw_requests (connection_id, delivery_key, endpoint_key) WHERE delivery_key <> '';

-- Connectors that may dial by themselves.
CREATE TABLE direct_connectors (
    name       TEXT    PRIMARY KEY,
    allowed_at INTEGER NOT NULL
);
