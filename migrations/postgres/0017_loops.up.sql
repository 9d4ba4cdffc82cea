-- A step within a loop runs once in each iteration, and so may its wait.
ALTER TABLE runs ADD COLUMN loops json; -- those that the run is in

ALTER TABLE step_runs ADD COLUMN iteration text NOT NULL DEFAULT ''; -- of the loops around the step, such as 2.3
ALTER TABLE step_runs DROP CONSTRAINT step_runs_pkey, ADD PRIMARY KEY (run_id, step_id, iteration);

ALTER TABLE waits ADD COLUMN iteration text NOT NULL DEFAULT '';
ALTER TABLE waits DROP CONSTRAINT waits_run_id_step_id_key, ADD CONSTRAINT waits_run_id_step_id_iteration_key UNIQUE (run_id, step_id, iteration);

-- What the callers of flows' own addresses are answered, where a flow says it.
ALTER TABLE hooks ADD COLUMN answer_within bigint NOT NULL DEFAULT 0; -- nanoseconds; 0: callers are answered at once
CREATE TABLE answers (
    request_id   text        PRIMARY KEY,
    workspace_id text        NOT NULL,
    run_id       text        NOT NULL,
    status       integer     NOT NULL,
    headers      json        NOT NULL,
    body         bytea       NOT NULL,
    created_at   timestamptz NOT NULL
);
