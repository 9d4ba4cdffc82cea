CREATE TABLE flows (
    id              TEXT    PRIMARY KEY,
    workspace_id    TEXT    NOT NULL REFERENCES workspaces (id),
    name            TEXT    NOT NULL,
    title           TEXT    NOT NULL,
    enabled         BOOLEAN NOT NULL,
    draft           TEXT    NOT NULL,
    live_version_id TEXT    NOT NULL, -- empty until the first is published
    revision        INTEGER NOT NULL,
    created_at      INTEGER NOT NULL,
    updated_at      INTEGER NOT NULL,
    UNIQUE (workspace_id, name)
);
CREATE INDEX flows_list ON flows (workspace_id, id DESC);

-- Versions never change.
CREATE TABLE flow_versions (
    id            TEXT    PRIMARY KEY,
    workspace_id  TEXT    NOT NULL,
    flow_id       TEXT    NOT NULL REFERENCES flows (id) ON DELETE CASCADE,
    number        INTEGER NOT NULL,
    source        TEXT    NOT NULL,
    connectors    TEXT    NOT NULL, -- connector name to pinned version
    event_type    TEXT    NOT NULL, -- what its trigger listens to
    connection_id TEXT    NOT NULL, -- from where; empty: from anywhere
    created_at    INTEGER NOT NULL,
    created_by    TEXT    NOT NULL,
    UNIQUE (flow_id, number)
);
CREATE INDEX flow_versions_trigger ON flow_versions (workspace_id, event_type);
