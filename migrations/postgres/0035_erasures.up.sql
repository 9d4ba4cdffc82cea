-- Who was erased, so that nobody comes back with a restored backup: what they were known by, as keyed hashes only.
CREATE TABLE erasures (
    id           text        PRIMARY KEY,
    workspace_id text        NOT NULL,
    mark_key     text        NOT NULL, -- of the secret key that the marks were made with
    marks        json        NOT NULL,
    erased_at    timestamptz NOT NULL, -- when it was asked for
    contacts     json        NOT NULL, -- ids of those whom it is about in this database
    actor        text        NOT NULL,
    request_id   text        NOT NULL,
    done_at      timestamptz -- NULL: it is under way, or broke off
);
CREATE INDEX erasures_list ON erasures (workspace_id, id DESC);
CREATE INDEX erasures_open ON erasures (erased_at) WHERE done_at IS NULL;

ALTER TABLE sessions ADD COLUMN proved_at timestamptz; -- when the person last proved who they are; NULL: at its beginning
