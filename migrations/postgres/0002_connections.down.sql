DROP TABLE subscriptions;
DROP TABLE connections;
DROP TABLE connectors;
