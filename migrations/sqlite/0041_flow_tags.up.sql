ALTER TABLE flows ADD COLUMN tags TEXT; -- what people sort flows by; the document and its versions know nothing of them
ALTER TABLE flows ADD COLUMN archived BOOLEAN NOT NULL DEFAULT 0; -- out of sight, and never enabled
