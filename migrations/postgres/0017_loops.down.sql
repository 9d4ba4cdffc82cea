DROP TABLE answers;
ALTER TABLE hooks DROP COLUMN answer_within;

DELETE FROM waits WHERE iteration <> '';
ALTER TABLE waits DROP CONSTRAINT waits_run_id_step_id_iteration_key, ADD CONSTRAINT waits_run_id_step_id_key UNIQUE (run_id, step_id);
ALTER TABLE waits DROP COLUMN iteration;
DELETE FROM step_runs WHERE iteration <> '';
ALTER TABLE step_runs DROP CONSTRAINT step_runs_pkey, ADD PRIMARY KEY (run_id, step_id);
ALTER TABLE step_runs DROP COLUMN iteration;

ALTER TABLE runs DROP COLUMN loops;
