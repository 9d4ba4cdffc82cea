DROP TABLE answers;
ALTER TABLE hooks DROP COLUMN answer_within;

CREATE TABLE new_step_runs (
    run_id       TEXT    NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
    step_id      TEXT    NOT NULL,
    workspace_id TEXT    NOT NULL,
    number       INTEGER NOT NULL, -- place in the run's order, from 1
    kind         TEXT    NOT NULL,
    status       TEXT    NOT NULL,
    exit         TEXT    NOT NULL, -- the branch taken
    input        TEXT,
    output       TEXT,
    failure      TEXT,
    attempt      INTEGER NOT NULL,
    started_at   INTEGER,
    ended_at     INTEGER,
    PRIMARY KEY (run_id, step_id)
);
INSERT INTO new_step_runs (run_id, step_id, workspace_id, number, kind, status, exit, input, output, failure, attempt, started_at, ended_at)
SELECT run_id, step_id, workspace_id, number, kind, status, exit, input, output, failure, attempt, started_at, ended_at FROM step_runs WHERE iteration = '';
DROP TABLE step_runs;
ALTER TABLE new_step_runs RENAME TO step_runs;

CREATE TABLE new_waits (
    id            TEXT    PRIMARY KEY,
    workspace_id  TEXT    NOT NULL,
    run_id        TEXT    NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
    step_id       TEXT    NOT NULL,
    contact_id    TEXT    NOT NULL,
    connection_id TEXT    NOT NULL,
    state         TEXT    NOT NULL,
    revision      INTEGER NOT NULL,
    opened_at     INTEGER NOT NULL,
    sent_at       INTEGER,
    clock_at      INTEGER, -- when the time for the answer began
    within        INTEGER NOT NULL, -- nanoseconds; of a wait whose clock a status starts
    deadline      INTEGER NOT NULL,
    fire_at       INTEGER NOT NULL, -- when the timeout is to be tried
    since_seq     INTEGER NOT NULL,
    asked_id      TEXT    NOT NULL, -- the message that asked
    asked_ref     TEXT    NOT NULL, -- its id at the provider
    terms         TEXT    NOT NULL, -- what the step says about its wait
    say           TEXT,             -- what is sent after an answer that does not count
    attempts      INTEGER NOT NULL, -- answers that were refused
    holds         INTEGER NOT NULL,
    closed_at     INTEGER,
    claimed_by    TEXT    NOT NULL,
    reply_id      TEXT    NOT NULL,
    late_id       TEXT    NOT NULL,
    UNIQUE (run_id, step_id)
);
INSERT INTO new_waits (id, workspace_id, run_id, step_id, contact_id, connection_id, state, revision, opened_at, sent_at, clock_at, within, deadline, fire_at, since_seq, asked_id, asked_ref, terms, say, attempts, holds, closed_at, claimed_by, reply_id, late_id)
SELECT id, workspace_id, run_id, step_id, contact_id, connection_id, state, revision, opened_at, sent_at, clock_at, within, deadline, fire_at, since_seq, asked_id, asked_ref, terms, say, attempts, holds, closed_at, claimed_by, reply_id, late_id FROM waits WHERE iteration = '';
CREATE TABLE new_wait_events (
    id           INTEGER PRIMARY KEY AUTOINCREMENT,
    workspace_id TEXT    NOT NULL,
    wait_id      TEXT    NOT NULL REFERENCES new_waits (id) ON DELETE CASCADE,
    at           INTEGER NOT NULL,
    kind         TEXT    NOT NULL,
    message_id   TEXT    NOT NULL,
    detail       TEXT    NOT NULL
);
INSERT INTO new_wait_events (id, workspace_id, wait_id, at, kind, message_id, detail)
SELECT id, workspace_id, wait_id, at, kind, message_id, detail FROM wait_events WHERE wait_id IN (SELECT id FROM new_waits);
-- The children go first: dropping a table deletes what refers to its rows.
DROP TABLE wait_events;
DROP TABLE waits;
ALTER TABLE new_waits RENAME TO waits;
ALTER TABLE new_wait_events RENAME TO wait_events;
CREATE INDEX waits_fire ON waits (fire_at, id) WHERE state IN ('open', 'collecting');
CREATE INDEX waits_open ON waits (contact_id, connection_id, opened_at DESC) WHERE state IN ('open', 'collecting');
CREATE INDEX waits_unanswered ON waits (contact_id, connection_id, opened_at DESC) WHERE state = 'no_response';
CREATE INDEX waits_asked ON waits (asked_id) WHERE asked_id <> '';
CREATE INDEX waits_list ON waits (workspace_id, id DESC);
CREATE INDEX waits_list_state ON waits (workspace_id, state, id DESC);
CREATE INDEX waits_list_contact ON waits (workspace_id, contact_id, id DESC);
CREATE INDEX wait_events_wait ON wait_events (wait_id, id);

ALTER TABLE runs DROP COLUMN loops;
