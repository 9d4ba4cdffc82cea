ALTER TABLE deliveries DROP COLUMN rejected;
DROP TABLE receptions;
DROP TABLE repaired_runs;
DROP TABLE repairs;
