CREATE TABLE lists (
    workspace_id text        NOT NULL,
    name         text        NOT NULL,
    title        text        NOT NULL,
    created_at   timestamptz NOT NULL,
    PRIMARY KEY (workspace_id, name)
);

CREATE TABLE list_members (
    contact_id   text        NOT NULL REFERENCES contacts (id) ON DELETE CASCADE,
    list         text        NOT NULL,
    workspace_id text        NOT NULL,
    added_at     timestamptz NOT NULL,
    PRIMARY KEY (contact_id, list),
    FOREIGN KEY (workspace_id, list) REFERENCES lists (workspace_id, name) ON DELETE CASCADE
);
CREATE INDEX list_members_list ON list_members (workspace_id, list, contact_id DESC);
