-- What the console's pages ask for.
CREATE INDEX waits_list_state ON waits (workspace_id, state, id DESC);
CREATE INDEX waits_list_contact ON waits (workspace_id, contact_id, id DESC);
CREATE INDEX runs_failed ON runs (workspace_id, ended_at DESC) WHERE status = 'failed';
CREATE INDEX raw_requests_list ON raw_requests (workspace_id, id DESC);
CREATE INDEX events_request ON events (request_id) WHERE request_id <> '';
CREATE INDEX messages_event ON messages (event_id) WHERE event_id <> '';
