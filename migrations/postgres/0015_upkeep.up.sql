-- Requests to the API that carry an Idempotency-Key, with their answers, for a day.
CREATE TABLE idempotency_keys (
    workspace_id   text NOT NULL,
    actor          text NOT NULL, -- id of the person or the token
    key            text NOT NULL,
    request        bytea NOT NULL, -- sealed hash
    request_key_id text NOT NULL,
    answer         bytea, -- sealed; NULL while the request is under way
    answer_key_id  text NOT NULL,
    at             timestamptz NOT NULL,
    PRIMARY KEY (workspace_id, actor, key)
);
CREATE INDEX idempotency_keys_at ON idempotency_keys (at);

-- What is old is removed when nothing refers to it any more.
CREATE INDEX runs_event ON runs (event_id);
CREATE INDEX outgoing_deliveries_event ON outgoing_deliveries (event_id);
