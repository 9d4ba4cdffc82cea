DROP TABLE repaired_runs;
DROP TABLE repairs;
