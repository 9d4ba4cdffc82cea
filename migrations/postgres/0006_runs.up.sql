CREATE TABLE runs (
    id           text        PRIMARY KEY,
    workspace_id text        NOT NULL,
    flow_id      text        NOT NULL,
    version_id   text        NOT NULL,
    event_id     text        NOT NULL,
    contact_id   text        NOT NULL, -- empty when the flow names no contact
    revision     bigint      NOT NULL,
    owner        text        NOT NULL, -- the node that is calling; empty unless running
    status       text        NOT NULL,
    cursor       text        NOT NULL,
    phase        text        NOT NULL,
    attempt      integer     NOT NULL,
    wake_at      timestamptz,
    vars         json,
    failure      json,
    reason       text        NOT NULL,
    created_at   timestamptz NOT NULL,
    ended_at     timestamptz
);
CREATE INDEX runs_wake ON runs (wake_at, id) WHERE status = 'waiting' AND wake_at IS NOT NULL;
CREATE INDEX runs_owner ON runs (owner, id) WHERE status = 'running';
CREATE INDEX runs_active ON runs (contact_id, id) WHERE status IN ('queued', 'running', 'waiting');
CREATE INDEX runs_list ON runs (workspace_id, id DESC);
CREATE INDEX runs_list_status ON runs (workspace_id, status, id DESC);
CREATE INDEX runs_list_flow ON runs (workspace_id, flow_id, id DESC);
CREATE INDEX runs_list_contact ON runs (workspace_id, contact_id, id DESC) WHERE contact_id <> '';

CREATE TABLE step_runs (
    run_id       text        NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
    step_id      text        NOT NULL,
    workspace_id text        NOT NULL,
    number       integer     NOT NULL, -- place in the run's order, from 1
    kind         text        NOT NULL,
    status       text        NOT NULL,
    exit         text        NOT NULL, -- the branch taken
    input        json,
    output       json,
    failure      json,
    attempt      integer     NOT NULL,
    started_at   timestamptz,
    ended_at     timestamptz,
    PRIMARY KEY (run_id, step_id)
);
