CREATE TABLE flows (
    id              text        PRIMARY KEY,
    workspace_id    text        NOT NULL REFERENCES workspaces (id),
    name            text        NOT NULL,
    title           text        NOT NULL,
    enabled         boolean     NOT NULL,
    draft           text        NOT NULL,
    live_version_id text        NOT NULL, -- empty until the first is published
    revision        bigint      NOT NULL,
    created_at      timestamptz NOT NULL,
    updated_at      timestamptz NOT NULL,
    UNIQUE (workspace_id, name)
);
CREATE INDEX flows_list ON flows (workspace_id, id DESC);

-- Versions never change.
CREATE TABLE flow_versions (
    id            text        PRIMARY KEY,
    workspace_id  text        NOT NULL,
    flow_id       text        NOT NULL REFERENCES flows (id) ON DELETE CASCADE,
    number        integer     NOT NULL,
    source        text        NOT NULL,
    connectors    json        NOT NULL, -- connector name to pinned version
    event_type    text        NOT NULL, -- what its trigger listens to
    connection_id text        NOT NULL, -- from where; empty: from anywhere
    created_at    timestamptz NOT NULL,
    created_by    text        NOT NULL,
    UNIQUE (flow_id, number)
);
CREATE INDEX flow_versions_trigger ON flow_versions (workspace_id, event_type);
