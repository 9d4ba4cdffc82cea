DROP TABLE audit_events;

CREATE TABLE audit_events (
    id           TEXT    PRIMARY KEY,
    workspace_id TEXT    NOT NULL,
    at           INTEGER NOT NULL,
    actor        TEXT    NOT NULL,
    action       TEXT    NOT NULL,
    target       TEXT    NOT NULL,
    detail       TEXT
);
CREATE INDEX audit_events_list ON audit_events (workspace_id, id DESC);
