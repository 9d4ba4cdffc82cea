-- How long a workspace keeps things, where it has chosen; without a row all is as the installation says.
CREATE TABLE retentions (
    workspace_id text NOT NULL PRIMARY KEY,
    ages         json NOT NULL
);
CREATE INDEX outgoing_events_id ON outgoing_events (workspace_id, id);
