DROP TABLE direct_connectors;
DROP INDEX raw_requests_delivery;
UPDATE raw_requests SET delivery_key = '' WHERE endpoint_key <> '';
ALTER TABLE raw_requests DROP COLUMN endpoint_key;
CREATE UNIQUE INDEX raw_requests_delivery ON raw_requests (connection_id, delivery_key) WHERE delivery_key <> '';

CREATE TABLE old_subscriptions (
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
INSERT INTO old_subscriptions
SELECT id, workspace_id, connection_id, trigger, external_id, cursor, failure, expires_at, due_at, revision, created_at, updated_at
FROM subscriptions WHERE endpoint_key = '';
DROP TABLE subscriptions;
ALTER TABLE old_subscriptions RENAME TO subscriptions;
CREATE INDEX subscriptions_due ON subscriptions (due_at, id) WHERE due_at IS NOT NULL;
