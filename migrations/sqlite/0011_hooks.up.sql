-- The addresses of flows with a webhook trigger. The row stays when the trigger changes, so that the address does.
CREATE TABLE hooks (
    id              TEXT        PRIMARY KEY, -- the secret part of the address
    workspace_id    TEXT        NOT NULL,
    flow_id         TEXT        NOT NULL UNIQUE REFERENCES flows (id) ON DELETE CASCADE,
    declared        TEXT        NOT NULL, -- how requests are verified
    secret          BLOB, -- sealed; NULL until one was made
    secret_key_id   TEXT        NOT NULL,
    previous        BLOB,
    previous_key_id TEXT        NOT NULL,
    previous_until  INTEGER,
    created_at      INTEGER     NOT NULL
);
