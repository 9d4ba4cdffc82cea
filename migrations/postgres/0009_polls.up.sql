-- One row for each flow whose live version starts from a poll: how far it has read. Flows of one connection read
-- apart, because each may ask for something else.
CREATE TABLE polls (
    flow_id       text        PRIMARY KEY REFERENCES flows (id) ON DELETE CASCADE,
    workspace_id  text        NOT NULL,
    connection_id text        NOT NULL,
    connector     text        NOT NULL,
    trigger       text        NOT NULL,
    input         json,
    every         bigint      NOT NULL, -- microseconds
    cursor        text        NOT NULL, -- empty before the first read
    due_at        timestamptz NOT NULL, -- when to ask next, or when the node that is asking must have come back
    failing_since timestamptz,
    failure       json,
    revision      bigint      NOT NULL
);
CREATE INDEX polls_due ON polls (due_at, flow_id);
