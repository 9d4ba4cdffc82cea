ALTER TABLE workspaces DROP COLUMN second_factor_of;
ALTER TABLE users DROP COLUMN passkeys;
