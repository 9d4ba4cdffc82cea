-- The audit log: one row per change made by a person or a token, chained by hashes. Nobody has written to the table that
-- was meant for it.
DROP TABLE audit_events;

CREATE TABLE audit_events (
    workspace_id TEXT NOT NULL,
    number       INTEGER NOT NULL, -- from 1, without gaps
    at           INTEGER NOT NULL,
    actor        TEXT NOT NULL,
    action       TEXT NOT NULL,
    resource     TEXT NOT NULL,
    request_id   TEXT NOT NULL, -- of the request to the API; empty if there was none
    before       TEXT,
    after        TEXT,
    previous     BLOB NOT NULL, -- hash of the row before
    hash         BLOB NOT NULL,
    PRIMARY KEY (workspace_id, number)
);
CREATE INDEX audit_events_at ON audit_events (workspace_id, at);
CREATE INDEX audit_events_actor ON audit_events (workspace_id, actor, number);
CREATE INDEX audit_events_resource ON audit_events (workspace_id, resource, number);

-- Rows are added and, when they are old, removed; nothing changes one.
CREATE TRIGGER audit_events_are_final BEFORE UPDATE ON audit_events
BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END;
