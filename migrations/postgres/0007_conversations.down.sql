DROP TABLE wait_events;
DROP TABLE waits;
DROP TABLE messages;
