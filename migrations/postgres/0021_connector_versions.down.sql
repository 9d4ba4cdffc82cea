ALTER TABLE connectors DROP COLUMN signed_by;
ALTER TABLE connectors DROP COLUMN chosen_at;
