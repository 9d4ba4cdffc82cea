ALTER TABLE users
    ADD COLUMN totp_secret bytea, -- sealed; NULL: a password is enough
    ADD COLUMN totp_key_id text   NOT NULL DEFAULT '', -- of the key that sealed it
    ADD COLUMN totp_since  timestamptz, -- NULL until a first code has proved that the app has the secret
    ADD COLUMN totp_used   bigint NOT NULL DEFAULT 0, -- the time step of the last code, as no code works twice
    ADD COLUMN recovery    json; -- SHA-256 of the recovery codes that are left
