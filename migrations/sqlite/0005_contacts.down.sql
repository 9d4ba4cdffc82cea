DROP TABLE identities;
DROP TABLE contacts;
