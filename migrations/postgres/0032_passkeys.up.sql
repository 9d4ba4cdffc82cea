ALTER TABLE users ADD COLUMN passkeys json; -- names, public keys, and when one was last made, used or removed
ALTER TABLE workspaces ADD COLUMN second_factor_of text NOT NULL DEFAULT ''; -- nobody, admins or everybody; empty: as the gateway's default
