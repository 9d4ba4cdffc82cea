CREATE TABLE contacts (
    id           text        PRIMARY KEY,
    workspace_id text        NOT NULL,
    phone        text        NOT NULL,
    email        text        NOT NULL,
    name         text        NOT NULL,
    language     text        NOT NULL DEFAULT '',
    time_zone    text        NOT NULL DEFAULT '',
    tags         json,
    fields       json, -- an object
    consent      text        NOT NULL DEFAULT '', -- empty: not declared
    blocked      boolean NOT NULL DEFAULT false,
    inbound_seq  bigint      NOT NULL, -- number of the newest inbound message
    created_at   timestamptz NOT NULL
);
CREATE INDEX contacts_list ON contacts (workspace_id, id DESC);

CREATE TABLE identities (
    workspace_id text        NOT NULL,
    kind         text        NOT NULL,
    scope        text        NOT NULL, -- connection id of a provider's own key, else empty
    value        text        NOT NULL,
    contact_id   text        NOT NULL REFERENCES contacts (id) ON DELETE CASCADE,
    created_at   timestamptz NOT NULL,
    PRIMARY KEY (workspace_id, kind, scope, value)
);
CREATE INDEX identities_contact ON identities (contact_id);
