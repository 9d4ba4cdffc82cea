-- A subscription is of one input of a trigger. Unless the input is empty its events come at an address of its own.
ALTER TABLE subscriptions ADD COLUMN endpoint_key text NOT NULL DEFAULT ''; -- of that address; empty: the connection's
ALTER TABLE subscriptions ADD COLUMN input json NOT NULL DEFAULT '{}';
ALTER TABLE subscriptions DROP CONSTRAINT subscriptions_connection_id_trigger_key;
ALTER TABLE subscriptions ADD UNIQUE (connection_id, trigger, endpoint_key);

-- What a provider sends to two addresses under one id are two deliveries.
ALTER TABLE raw_requests ADD COLUMN endpoint_key text NOT NULL DEFAULT '';
DROP INDEX raw_requests_delivery;
CREATE UNIQUE INDEX raw_requests_delivery ON raw_requests (connection_id, delivery_key, endpoint_key) WHERE delivery_key <> '';

-- Connectors that may dial by themselves.
CREATE TABLE direct_connectors (
    name       text        PRIMARY KEY,
    allowed_at timestamptz NOT NULL
);
