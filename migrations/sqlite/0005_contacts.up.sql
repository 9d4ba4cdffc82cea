CREATE TABLE contacts (
    id           TEXT    PRIMARY KEY,
    workspace_id TEXT    NOT NULL,
    phone        TEXT    NOT NULL,
    email        TEXT    NOT NULL,
    name         TEXT    NOT NULL,
    language     TEXT NOT NULL DEFAULT '',
    time_zone    TEXT NOT NULL DEFAULT '',
    tags         TEXT,
    fields       TEXT, -- an object
    consent      TEXT NOT NULL DEFAULT '', -- empty: not declared
    blocked      BOOLEAN NOT NULL DEFAULT false,
    inbound_seq  INTEGER NOT NULL, -- number of the newest inbound message
    created_at   INTEGER NOT NULL
);
CREATE INDEX contacts_list ON contacts (workspace_id, id DESC);

CREATE TABLE identities (
    workspace_id TEXT    NOT NULL,
    kind         TEXT    NOT NULL,
    scope        TEXT    NOT NULL, -- connection id of a provider's own key, else empty
    value        TEXT    NOT NULL,
    contact_id   TEXT    NOT NULL REFERENCES contacts (id) ON DELETE CASCADE,
    created_at   INTEGER NOT NULL,
    PRIMARY KEY (workspace_id, kind, scope, value)
);
CREATE INDEX identities_contact ON identities (contact_id);
