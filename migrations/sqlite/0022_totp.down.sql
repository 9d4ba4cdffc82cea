ALTER TABLE users DROP COLUMN totp_secret;
ALTER TABLE users DROP COLUMN totp_key_id;
ALTER TABLE users DROP COLUMN totp_since;
ALTER TABLE users DROP COLUMN totp_used;
ALTER TABLE users DROP COLUMN recovery;
