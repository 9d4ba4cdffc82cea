CREATE TABLE calendars (
    workspace_id text NOT NULL,
    name         text NOT NULL,
    document     json NOT NULL,
    PRIMARY KEY (workspace_id, name)
);
