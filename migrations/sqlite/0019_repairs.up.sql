-- What somebody asked for, to be done to several runs.
CREATE TABLE repairs (
    id           TEXT PRIMARY KEY,
    workspace_id TEXT NOT NULL,
    action       TEXT NOT NULL,
    selection    TEXT NOT NULL,
    version_id   TEXT NOT NULL, -- by which runs are re-timed, or to which they are moved; else empty
    reason       TEXT NOT NULL,
    state        TEXT NOT NULL,
    after_run    TEXT NOT NULL, -- how far it has come: the newest runs are first
    total        INTEGER NOT NULL, -- how many runs were meant when it was asked for
    asked_by     TEXT NOT NULL,
    created_at   INTEGER NOT NULL,
    due_at       INTEGER, -- when a node is to take it up; later while one works on it; null at its end
    ended_at     INTEGER
);
CREATE INDEX repairs_list ON repairs (workspace_id, id DESC);
CREATE INDEX repairs_due ON repairs (due_at, id) WHERE due_at IS NOT NULL;

-- What was done to a run because somebody asked for it, or why it was not.
CREATE TABLE repaired_runs (
    id           TEXT PRIMARY KEY,
    workspace_id TEXT NOT NULL,
    repair_id    TEXT NOT NULL, -- empty: it was asked for this run alone
    run_id       TEXT NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
    action       TEXT NOT NULL,
    outcome      TEXT NOT NULL,
    detail       TEXT NOT NULL,
    new_run_id   TEXT NOT NULL, -- of a replay
    asked_by     TEXT NOT NULL,
    at           INTEGER NOT NULL
);
CREATE UNIQUE INDEX repaired_runs_once ON repaired_runs (repair_id, run_id) WHERE repair_id <> '';
CREATE INDEX repaired_runs_list ON repaired_runs (repair_id, id DESC) WHERE repair_id <> '';
CREATE INDEX repaired_runs_run ON repaired_runs (run_id);
CREATE INDEX repaired_runs_new ON repaired_runs (new_run_id) WHERE new_run_id <> '';

-- Whether a connection hears its provider. A connection without a row always did.
CREATE TABLE receptions (
    connection_id TEXT PRIMARY KEY REFERENCES connections (id) ON DELETE CASCADE,
    lost_at       INTEGER NOT NULL,
    back_at       INTEGER -- null: it can't receive now
);

-- The flow takes one run of a contact at a time, and the contact was in one.
ALTER TABLE deliveries ADD COLUMN rejected BOOLEAN NOT NULL DEFAULT false;
