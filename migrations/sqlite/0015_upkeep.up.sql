-- Requests to the API that carry an Idempotency-Key, with their answers, for a day.
CREATE TABLE idempotency_keys (
    workspace_id   TEXT NOT NULL,
    actor          TEXT NOT NULL, -- id of the person or the token
    key            TEXT NOT NULL,
    request        BLOB NOT NULL, -- sealed hash
    request_key_id TEXT NOT NULL,
    answer         BLOB, -- sealed; NULL while the request is under way
    answer_key_id  TEXT NOT NULL,
    at             INTEGER NOT NULL,
    PRIMARY KEY (workspace_id, actor, key)
);
CREATE INDEX idempotency_keys_at ON idempotency_keys (at);

-- What is old is removed when nothing refers to it any more.
CREATE INDEX runs_event ON runs (event_id);
CREATE INDEX outgoing_deliveries_event ON outgoing_deliveries (event_id);
