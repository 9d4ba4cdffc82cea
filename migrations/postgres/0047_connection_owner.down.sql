ALTER TABLE connections DROP COLUMN owner_id;
