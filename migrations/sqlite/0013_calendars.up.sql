CREATE TABLE calendars (
    workspace_id TEXT NOT NULL,
    name         TEXT NOT NULL,
    document     TEXT NOT NULL,
    PRIMARY KEY (workspace_id, name)
);
