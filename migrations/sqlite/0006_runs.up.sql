CREATE TABLE runs (
    id           TEXT    PRIMARY KEY,
    workspace_id TEXT    NOT NULL,
    flow_id      TEXT    NOT NULL,
    version_id   TEXT    NOT NULL,
    event_id     TEXT    NOT NULL,
    contact_id   TEXT    NOT NULL, -- empty when the flow names no contact
    revision     INTEGER NOT NULL,
    owner        TEXT    NOT NULL, -- the node that is calling; empty unless running
    status       TEXT    NOT NULL,
    cursor       TEXT    NOT NULL,
    phase        TEXT    NOT NULL,
    attempt      INTEGER NOT NULL,
    wake_at      INTEGER,
    vars         TEXT,
    failure      TEXT,
    reason       TEXT    NOT NULL,
    created_at   INTEGER NOT NULL,
    ended_at     INTEGER
);
CREATE INDEX runs_wake ON runs (wake_at, id) WHERE status = 'waiting' AND wake_at IS NOT NULL;
CREATE INDEX runs_owner ON runs (owner, id) WHERE status = 'running';
CREATE INDEX runs_active ON runs (contact_id, id) WHERE status IN ('queued', 'running', 'waiting');
CREATE INDEX runs_list ON runs (workspace_id, id DESC);
CREATE INDEX runs_list_status ON runs (workspace_id, status, id DESC);
CREATE INDEX runs_list_flow ON runs (workspace_id, flow_id, id DESC);
CREATE INDEX runs_list_contact ON runs (workspace_id, contact_id, id DESC) WHERE contact_id <> '';

CREATE TABLE step_runs (
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
