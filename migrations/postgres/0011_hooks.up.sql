-- The addresses of flows with a webhook trigger. The row stays when the trigger changes, so that the address does.
CREATE TABLE hooks (
    id              text        PRIMARY KEY, -- the secret part of the address
    workspace_id    text        NOT NULL,
    flow_id         text        NOT NULL UNIQUE REFERENCES flows (id) ON DELETE CASCADE,
    declared        json        NOT NULL, -- how requests are verified
    secret          bytea, -- sealed; NULL until one was made
    secret_key_id   text        NOT NULL,
    previous        bytea,
    previous_key_id text        NOT NULL,
    previous_until  timestamptz,
    created_at      timestamptz NOT NULL
);
