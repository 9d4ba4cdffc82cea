CREATE TABLE raw_requests (
    id            TEXT    PRIMARY KEY,
    workspace_id  TEXT    NOT NULL,
    connection_id TEXT    NOT NULL,
    connector     TEXT    NOT NULL,
    method        TEXT    NOT NULL,
    query         TEXT    NOT NULL,
    header        TEXT    NOT NULL,
    body          BLOB    NOT NULL, -- exactly as received
    delivery_key  TEXT    NOT NULL, -- the sender's id of this delivery; empty if it gives none
    received_at   INTEGER NOT NULL,
    parsed_at     INTEGER,
    failure       TEXT    NOT NULL
);
CREATE UNIQUE INDEX raw_requests_delivery ON raw_requests (connection_id, delivery_key) WHERE delivery_key <> '';
CREATE INDEX raw_requests_unparsed ON raw_requests (received_at, id) WHERE parsed_at IS NULL;
CREATE INDEX raw_requests_barrier ON raw_requests (connection_id, received_at) WHERE parsed_at IS NULL;

CREATE TABLE events (
    id            TEXT    PRIMARY KEY,
    workspace_id  TEXT    NOT NULL,
    connection_id TEXT    NOT NULL, -- empty for events that no connection brought
    request_id    TEXT    NOT NULL,
    type          TEXT    NOT NULL,
    key           TEXT    NOT NULL,
    occurred_at   INTEGER,
    received_at   INTEGER NOT NULL,
    data          TEXT,
    contact       TEXT,
    message       TEXT,
    status        TEXT,
    origin        TEXT -- the run that caused it
);
CREATE UNIQUE INDEX events_key ON events (workspace_id, connection_id, type, key);
CREATE INDEX events_list ON events (workspace_id, id DESC);

CREATE TABLE deliveries (
    event_id     TEXT    NOT NULL,
    flow_id      TEXT    NOT NULL,
    workspace_id TEXT    NOT NULL,
    run_id       TEXT    NOT NULL,
    created_at   INTEGER NOT NULL,
    PRIMARY KEY (event_id, flow_id)
);
