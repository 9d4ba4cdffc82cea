ALTER TABLE connections ADD COLUMN owner_id TEXT NOT NULL DEFAULT ''; -- usr_… or tok_… that made it; empty: nobody is known
UPDATE connections SET owner_id = COALESCE((SELECT a.actor FROM audit_events AS a
    WHERE a.workspace_id = connections.workspace_id AND a.action = 'connection.create' AND a.resource = connections.id ORDER BY a.number LIMIT 1), '');
