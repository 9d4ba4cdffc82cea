-- What somebody asked for, to be done to several runs.
CREATE TABLE repairs (
    id           text PRIMARY KEY,
    workspace_id text NOT NULL,
    action       text NOT NULL,
    selection    json NOT NULL,
    version_id   text NOT NULL, -- by which runs are re-timed, or to which they are moved; else empty
    reason       text NOT NULL,
    state        text NOT NULL,
    after_run    text NOT NULL, -- how far it has come: the newest runs are first
    total        integer NOT NULL, -- how many runs were meant when it was asked for
    asked_by     text NOT NULL,
    created_at   timestamptz NOT NULL,
    due_at       timestamptz, -- when a node is to take it up; later while one works on it; null at its end
    ended_at     timestamptz
);
CREATE INDEX repairs_list ON repairs (workspace_id, id DESC);
CREATE INDEX repairs_due ON repairs (due_at, id) WHERE due_at IS NOT NULL;

-- What was done to a run because somebody asked for it, or why it was not.
CREATE TABLE repaired_runs (
    id           text PRIMARY KEY,
    workspace_id text NOT NULL,
    repair_id    text NOT NULL, -- empty: it was asked for this run alone
    run_id       text NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
    action       text NOT NULL,
    outcome      text NOT NULL,
    detail       text NOT NULL,
    new_run_id   text NOT NULL, -- of a replay
    asked_by     text NOT NULL,
    at           timestamptz NOT NULL
);
CREATE UNIQUE INDEX repaired_runs_once ON repaired_runs (repair_id, run_id) WHERE repair_id <> '';
CREATE INDEX repaired_runs_list ON repaired_runs (repair_id, id DESC) WHERE repair_id <> '';
CREATE INDEX repaired_runs_run ON repaired_runs (run_id);
CREATE INDEX repaired_runs_new ON repaired_runs (new_run_id) WHERE new_run_id <> '';

-- Whether a connection hears its provider. A connection without a row always did.
CREATE TABLE receptions (
    connection_id text PRIMARY KEY REFERENCES connections (id) ON DELETE CASCADE,
    lost_at       timestamptz NOT NULL,
    back_at       timestamptz -- null: it can't receive now
);

-- The flow takes one run of a contact at a time, and the contact was in one.
ALTER TABLE deliveries ADD COLUMN rejected boolean NOT NULL DEFAULT false;
