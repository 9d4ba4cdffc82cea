DROP TABLE delivery_attempts;
DROP TABLE outgoing_deliveries;
DROP TABLE outgoing_events;
DROP TABLE endpoints;
