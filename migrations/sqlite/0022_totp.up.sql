ALTER TABLE users ADD COLUMN totp_secret BLOB; -- sealed; NULL: a password is enough
ALTER TABLE users ADD COLUMN totp_key_id TEXT NOT NULL DEFAULT ''; -- of the key that sealed it
ALTER TABLE users ADD COLUMN totp_since INTEGER; -- NULL until a first code has proved that the app has the secret
ALTER TABLE users ADD COLUMN totp_used INTEGER NOT NULL DEFAULT 0; -- the time step of the last code, as no code works twice
ALTER TABLE users ADD COLUMN recovery TEXT; -- SHA-256 of the recovery codes that are left
