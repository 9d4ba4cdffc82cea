-- Outside addresses that are told what happens here. Their deliveries are found by their due times alone, so no alarm
-- is kept for them.
CREATE TABLE endpoints (
    id              TEXT        PRIMARY KEY,
    workspace_id    TEXT        NOT NULL,
    url             TEXT        NOT NULL,
    description     TEXT        NOT NULL,
    events          TEXT        NOT NULL, -- types and prefixes with .*
    signature       TEXT        NOT NULL, -- v1 or v1a
    state           TEXT        NOT NULL, -- active or disabled
    reason          TEXT        NOT NULL, -- why it is disabled
    failing_since   INTEGER,              -- of an unbroken row of failures
    secret          BLOB        NOT NULL, -- sealed
    secret_key_id   TEXT        NOT NULL,
    previous        BLOB,
    previous_key_id TEXT        NOT NULL,
    previous_until  INTEGER,
    created_at      INTEGER     NOT NULL
);
CREATE INDEX endpoints_workspace ON endpoints (workspace_id, id);

CREATE TABLE outgoing_events (
    id           TEXT        PRIMARY KEY,
    workspace_id TEXT        NOT NULL,
    type         TEXT        NOT NULL,
    payload      TEXT        NOT NULL, -- the body as it is sent
    created_at   INTEGER     NOT NULL
);
CREATE INDEX outgoing_events_workspace ON outgoing_events (workspace_id, created_at);

CREATE TABLE outgoing_deliveries (
    id           TEXT        PRIMARY KEY,
    workspace_id TEXT        NOT NULL,
    endpoint_id  TEXT        NOT NULL,
    event_id     TEXT        NOT NULL,
    state        TEXT        NOT NULL, -- pending, delivered or failed
    attempts     INTEGER     NOT NULL,
    step         INTEGER     NOT NULL, -- place in the schedule; begins anew when it is sent again by hand
    due_at       INTEGER,              -- of a pending one; while it is being sent, when others may try
    created_at   INTEGER     NOT NULL,
    ended_at     INTEGER,
    UNIQUE (endpoint_id, event_id)
);
CREATE INDEX outgoing_deliveries_due ON outgoing_deliveries (endpoint_id, due_at) WHERE state = 'pending';
CREATE INDEX outgoing_deliveries_workspace ON outgoing_deliveries (workspace_id, id);
CREATE INDEX outgoing_deliveries_endpoint ON outgoing_deliveries (endpoint_id, id);

CREATE TABLE delivery_attempts (
    delivery_id TEXT        NOT NULL REFERENCES outgoing_deliveries (id) ON DELETE CASCADE,
    number      INTEGER     NOT NULL,
    at          INTEGER     NOT NULL,
    duration    INTEGER      NOT NULL, -- in microseconds
    status      INTEGER     NOT NULL, -- of HTTP; 0 if there was no answer
    outcome     TEXT        NOT NULL, -- delivered, failed or unknown
    failure     TEXT        NOT NULL,
    response    TEXT        NOT NULL, -- the beginning of the answer's body
    PRIMARY KEY (delivery_id, number)
);
