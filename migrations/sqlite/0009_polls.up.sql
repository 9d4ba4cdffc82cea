-- One row for each flow whose live version starts from a poll: how far it has read. Flows of one connection read
-- apart, because each may ask for something else.
CREATE TABLE polls (
    flow_id       TEXT    PRIMARY KEY REFERENCES flows (id) ON DELETE CASCADE,
    workspace_id  TEXT    NOT NULL,
    connection_id TEXT    NOT NULL,
    connector     TEXT    NOT NULL,
    trigger       TEXT    NOT NULL,
    input         TEXT,
    every         INTEGER NOT NULL, -- microseconds
    cursor        TEXT    NOT NULL, -- empty before the first read
    due_at        INTEGER NOT NULL, -- when to ask next, or when the node that is asking must have come back
    failing_since INTEGER,
    failure       TEXT,
    revision      INTEGER NOT NULL
);
CREATE INDEX polls_due ON polls (due_at, flow_id);
