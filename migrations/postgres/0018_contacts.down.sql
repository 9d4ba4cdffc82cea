DROP TABLE contact_dates;
DROP TABLE list_members;
DROP TABLE lists;
