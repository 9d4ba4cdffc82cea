DROP INDEX outgoing_events_id;
DROP TABLE retentions;
