-- A sample of the webhook requests that were not kept: the newest of each address. Nothing is done with them; they are
-- there to be looked at.
CREATE TABLE refused_requests (
    id            text        PRIMARY KEY, -- req_…, as those that were kept
    workspace_id  text        NOT NULL,
    connection_id text        NOT NULL, -- or the id of a flow's own address
    connector     text        NOT NULL,
    method        text        NOT NULL,
    query         json        NOT NULL, -- without what may be a secret
    header        json        NOT NULL, -- likewise
    body          bytea       NOT NULL, -- its beginning
    size          bigint      NOT NULL, -- of the whole body, in bytes
    delivery_key  text        NOT NULL,
    remote        text        NOT NULL, -- the address that sent it
    verdict       text        NOT NULL, -- why it was not kept
    skipped       bigint      NOT NULL, -- at this address since the one before, which were counted only
    received_at   timestamptz NOT NULL
);
CREATE INDEX refused_requests_list ON refused_requests (workspace_id, id DESC);
CREATE INDEX refused_requests_ring ON refused_requests (connection_id, id DESC);
