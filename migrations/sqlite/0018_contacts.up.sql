CREATE TABLE lists (
    workspace_id TEXT    NOT NULL,
    name         TEXT    NOT NULL,
    title        TEXT    NOT NULL,
    created_at   INTEGER NOT NULL,
    PRIMARY KEY (workspace_id, name)
);

CREATE TABLE list_members (
    contact_id   TEXT    NOT NULL REFERENCES contacts (id) ON DELETE CASCADE,
    list         TEXT    NOT NULL,
    workspace_id TEXT    NOT NULL,
    added_at     INTEGER NOT NULL,
    PRIMARY KEY (contact_id, list),
    FOREIGN KEY (workspace_id, list) REFERENCES lists (workspace_id, name) ON DELETE CASCADE
);
CREATE INDEX list_members_list ON list_members (workspace_id, list, contact_id DESC);
