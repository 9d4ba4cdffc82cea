CREATE TABLE raw_requests (
    id            text        PRIMARY KEY,
    workspace_id  text        NOT NULL,
    connection_id text        NOT NULL,
    connector     text        NOT NULL,
    method        text        NOT NULL,
    query         json        NOT NULL,
    header        json        NOT NULL,
    body          bytea       NOT NULL, -- exactly as received
    delivery_key  text        NOT NULL, -- the sender's id of this delivery; empty if it gives none
    received_at   timestamptz NOT NULL,
    parsed_at     timestamptz,
    failure       text        NOT NULL
);
CREATE UNIQUE INDEX raw_requests_delivery ON raw_requests (connection_id, delivery_key) WHERE delivery_key <> '';
CREATE INDEX raw_requests_unparsed ON raw_requests (received_at, id) WHERE parsed_at IS NULL;
CREATE INDEX raw_requests_barrier ON raw_requests (connection_id, received_at) WHERE parsed_at IS NULL;

CREATE TABLE events (
    id            text        PRIMARY KEY,
    workspace_id  text        NOT NULL,
    connection_id text        NOT NULL, -- empty for events that no connection brought
    request_id    text        NOT NULL,
    type          text        NOT NULL,
    key           text        NOT NULL,
    occurred_at   timestamptz,
    received_at   timestamptz NOT NULL,
    data          json,
    contact       json,
    message       json,
    status        json,
    origin        json -- the run that caused it
);
CREATE UNIQUE INDEX events_key ON events (workspace_id, connection_id, type, key);
CREATE INDEX events_list ON events (workspace_id, id DESC);

CREATE TABLE deliveries (
    event_id     text        NOT NULL,
    flow_id      text        NOT NULL,
    workspace_id text        NOT NULL,
    run_id       text        NOT NULL,
    created_at   timestamptz NOT NULL,
    PRIMARY KEY (event_id, flow_id)
);
