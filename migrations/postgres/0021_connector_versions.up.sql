-- Versions of a connector stand side by side; the one chosen last takes new calls.
ALTER TABLE connectors ADD COLUMN chosen_at timestamptz;
ALTER TABLE connectors ADD COLUMN signed_by text NOT NULL DEFAULT ''; -- the publisher's key; empty: nobody signed it
UPDATE connectors SET chosen_at = installed_at;
ALTER TABLE connectors ALTER COLUMN chosen_at SET NOT NULL;
