ALTER TABLE waits DROP COLUMN paused_at;
DROP TABLE contact_fields;
DROP INDEX contacts_merged;
ALTER TABLE contacts DROP COLUMN merged_into;
DROP TABLE contact_dates;
DROP TABLE list_members;
DROP TABLE lists;
