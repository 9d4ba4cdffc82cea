-- Who was erased, so that nobody comes back with a restored backup: what they were known by, as keyed hashes only.
CREATE TABLE erasures (
    id           TEXT        PRIMARY KEY,
    workspace_id TEXT        NOT NULL,
    mark_key     TEXT        NOT NULL, -- of the secret key that the marks were made with
    marks        TEXT        NOT NULL,
    erased_at    INTEGER NOT NULL, -- when it was asked for
    contacts     TEXT        NOT NULL, -- ids of those whom it is about in this database
    actor        TEXT        NOT NULL,
    request_id   TEXT        NOT NULL,
    done_at      INTEGER -- NULL: it is under way, or broke off
);
CREATE INDEX erasures_list ON erasures (workspace_id, id DESC);
CREATE INDEX erasures_open ON erasures (erased_at) WHERE done_at IS NULL;

ALTER TABLE sessions ADD COLUMN proved_at INTEGER; -- when the person last proved who they are; NULL: at its beginning
