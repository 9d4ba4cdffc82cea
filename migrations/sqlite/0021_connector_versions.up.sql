-- Versions of a connector stand side by side; the one chosen last takes new calls.
ALTER TABLE connectors ADD COLUMN chosen_at INTEGER NOT NULL DEFAULT 0;
ALTER TABLE connectors ADD COLUMN signed_by TEXT NOT NULL DEFAULT ''; -- the publisher's key; empty: nobody signed it
UPDATE connectors SET chosen_at = installed_at;
