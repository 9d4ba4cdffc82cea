ALTER TABLE nodes DROP COLUMN key_ids;
ALTER TABLE users DROP COLUMN mutes_alerts;
DROP TABLE mails;
DROP TABLE alerts;
DROP TABLE alert_watch;
