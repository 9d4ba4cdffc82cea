DROP TABLE step_attempts;
DROP INDEX runs_held;
ALTER TABLE runs DROP COLUMN held_since;
ALTER TABLE runs DROP COLUMN held_on;
ALTER TABLE connections DROP COLUMN held_until;
DROP TABLE oauth_consents;
DROP TABLE connection_tokens;
