-- The audit log: one row per change made by a person or a token, chained by hashes. Nobody has written to the table that
-- was meant for it.
DROP TABLE audit_events;

CREATE TABLE audit_events (
    workspace_id text NOT NULL,
    number       bigint NOT NULL, -- from 1, without gaps
    at           timestamptz NOT NULL,
    actor        text NOT NULL,
    action       text NOT NULL,
    resource     text NOT NULL,
    request_id   text NOT NULL, -- of the request to the API; empty if there was none
    before       json,
    after        json,
    previous     bytea NOT NULL, -- hash of the row before
    hash         bytea NOT NULL,
    PRIMARY KEY (workspace_id, number)
);
CREATE INDEX audit_events_at ON audit_events (workspace_id, at);
CREATE INDEX audit_events_actor ON audit_events (workspace_id, actor, number);
CREATE INDEX audit_events_resource ON audit_events (workspace_id, resource, number);

-- Rows are added and, when they are old, removed; nothing changes one.
CREATE FUNCTION audit_events_are_final() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN RAISE EXCEPTION 'the audit log is append-only'; END $$;
CREATE TRIGGER audit_events_are_final BEFORE UPDATE ON audit_events FOR EACH ROW EXECUTE FUNCTION audit_events_are_final();
