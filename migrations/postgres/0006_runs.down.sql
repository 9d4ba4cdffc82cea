DROP TABLE step_runs;
DROP TABLE runs;
