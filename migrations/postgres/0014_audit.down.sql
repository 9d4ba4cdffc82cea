DROP TABLE audit_events;
DROP FUNCTION audit_events_are_final();

CREATE TABLE audit_events (
    id           text        PRIMARY KEY,
    workspace_id text        NOT NULL,
    at           timestamptz NOT NULL,
    actor        text        NOT NULL,
    action       text        NOT NULL,
    target       text        NOT NULL,
    detail       json
);
CREATE INDEX audit_events_list ON audit_events (workspace_id, id DESC);
