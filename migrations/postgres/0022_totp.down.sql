ALTER TABLE users DROP COLUMN totp_secret, DROP COLUMN totp_key_id, DROP COLUMN totp_since, DROP COLUMN totp_used, DROP COLUMN recovery;
