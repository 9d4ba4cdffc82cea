ALTER TABLE flows ADD COLUMN tags json; -- what people sort flows by; the document and its versions know nothing of them
ALTER TABLE flows ADD COLUMN archived boolean NOT NULL DEFAULT false; -- out of sight, and never enabled
