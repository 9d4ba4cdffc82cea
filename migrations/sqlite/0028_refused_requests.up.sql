-- A sample of the webhook requests that were not kept: the newest of each address. Nothing is done with them; they are
-- there to be looked at.
CREATE TABLE refused_requests (
    id            TEXT        PRIMARY KEY, -- req_…, as those that were kept
    workspace_id  TEXT        NOT NULL,
    connection_id TEXT        NOT NULL, -- or the id of a flow's own address
    connector     TEXT        NOT NULL,
    method        TEXT        NOT NULL,
    query         TEXT        NOT NULL, -- without what may be a secret
    header        TEXT        NOT NULL, -- likewise
    body          BLOB        NOT NULL, -- its beginning
    size          INTEGER     NOT NULL, -- of the whole body, in bytes
    delivery_key  TEXT        NOT NULL,
    remote        TEXT        NOT NULL, -- the address that sent it
    verdict       TEXT        NOT NULL, -- why it was not kept
    skipped       INTEGER     NOT NULL, -- at this address since the one before, which were counted only
    received_at   INTEGER     NOT NULL
);
CREATE INDEX refused_requests_list ON refused_requests (workspace_id, id DESC);
CREATE INDEX refused_requests_ring ON refused_requests (connection_id, id DESC);
