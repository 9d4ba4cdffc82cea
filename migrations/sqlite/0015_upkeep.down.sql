DROP INDEX outgoing_deliveries_event;
DROP INDEX runs_event;
DROP TABLE idempotency_keys;
