-- Outside addresses that are told what happens here. Their deliveries are found by their due times alone, so no alarm
-- is kept for them.
CREATE TABLE endpoints (
    id              text        PRIMARY KEY,
    workspace_id    text        NOT NULL,
    url             text        NOT NULL,
    description     text        NOT NULL,
    events          json        NOT NULL, -- types and prefixes with .*
    signature       text        NOT NULL, -- v1 or v1a
    state           text        NOT NULL, -- active or disabled
    reason          text        NOT NULL, -- why it is disabled
    failing_since   timestamptz,          -- of an unbroken row of failures
    secret          bytea       NOT NULL, -- sealed
    secret_key_id   text        NOT NULL,
    previous        bytea,
    previous_key_id text        NOT NULL,
    previous_until  timestamptz,
    created_at      timestamptz NOT NULL
);
CREATE INDEX endpoints_workspace ON endpoints (workspace_id, id);

CREATE TABLE outgoing_events (
    id           text        PRIMARY KEY,
    workspace_id text        NOT NULL,
    type         text        NOT NULL,
    payload      text        NOT NULL, -- the body as it is sent
    created_at   timestamptz NOT NULL
);
CREATE INDEX outgoing_events_workspace ON outgoing_events (workspace_id, created_at);

CREATE TABLE outgoing_deliveries (
    id           text        PRIMARY KEY,
    workspace_id text        NOT NULL,
    endpoint_id  text        NOT NULL,
    event_id     text        NOT NULL,
    state        text        NOT NULL, -- pending, delivered or failed
    attempts     integer     NOT NULL,
    step         integer     NOT NULL, -- place in the schedule; begins anew when it is sent again by hand
    due_at       timestamptz,          -- of a pending one; while it is being sent, when others may try
    created_at   timestamptz NOT NULL,
    ended_at     timestamptz,
    UNIQUE (endpoint_id, event_id)
);
CREATE INDEX outgoing_deliveries_due ON outgoing_deliveries (endpoint_id, due_at) WHERE state = 'pending';
CREATE INDEX outgoing_deliveries_workspace ON outgoing_deliveries (workspace_id, id);
CREATE INDEX outgoing_deliveries_endpoint ON outgoing_deliveries (endpoint_id, id);

CREATE TABLE delivery_attempts (
    delivery_id text        NOT NULL REFERENCES outgoing_deliveries (id) ON DELETE CASCADE,
    number      integer     NOT NULL,
    at          timestamptz NOT NULL,
    duration    bigint      NOT NULL, -- in microseconds
    status      integer     NOT NULL, -- of HTTP; 0 if there was no answer
    outcome     text        NOT NULL, -- delivered, failed or unknown
    failure     text        NOT NULL,
    response    text        NOT NULL, -- the beginning of the answer's body
    PRIMARY KEY (delivery_id, number)
);
