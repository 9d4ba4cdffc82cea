ALTER TABLE users ADD COLUMN reset_hash bytea; -- SHA-256 of a link that was sent by e-mail and sets the password once
ALTER TABLE users ADD COLUMN reset_expires_at timestamptz;
CREATE UNIQUE INDEX users_reset ON users (reset_hash);
