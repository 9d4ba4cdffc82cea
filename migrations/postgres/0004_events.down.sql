DROP TABLE deliveries;
DROP TABLE events;
DROP TABLE raw_requests;
