-- The processes that serve this database; seen_at is their heartbeat.
CREATE TABLE nodes (
    id         text        PRIMARY KEY,
    started_at timestamptz NOT NULL,
    seen_at    timestamptz NOT NULL,
    left_at    timestamptz
);

-- One row: what outlives all nodes. It is there once a node has ever started.
CREATE TABLE gateway (
    id              integer     PRIMARY KEY CHECK (id = 1),
    listening_since timestamptz -- the end of the last outage; null: there was none
);

-- One row: a known text sealed with the secret key, so that a wrong key is noticed at start.
CREATE TABLE sentinels (
    id     integer PRIMARY KEY CHECK (id = 1),
    key_id text    NOT NULL,
    data   bytea   NOT NULL
);
