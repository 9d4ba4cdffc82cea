CREATE TABLE messages (
    id             TEXT    PRIMARY KEY,
    workspace_id   TEXT    NOT NULL,
    contact_id     TEXT    REFERENCES contacts (id) ON DELETE CASCADE, -- null: to nobody we know
    connection_id  TEXT    NOT NULL,
    event_id       TEXT    NOT NULL,
    direction      TEXT    NOT NULL,
    seq            INTEGER NOT NULL, -- in: its number among the contact's; out: the newest of those when it was meant
    provider_id    TEXT    NOT NULL, -- empty while a send has not been answered
    call_key       TEXT    NOT NULL, -- of the call that sends it; empty for inbound ones
    run_id         TEXT    NOT NULL,
    step_id        TEXT    NOT NULL,
    kind           TEXT    NOT NULL,
    text           TEXT    NOT NULL,
    payload        TEXT    NOT NULL,
    media          TEXT,
    in_reply_to    TEXT    NOT NULL,
    not_reply      BOOLEAN NOT NULL,
    effective_at   INTEGER,
    received_at    INTEGER,
    status         TEXT    NOT NULL,
    delivered_at   INTEGER,
    read_at        INTEGER,
    failure        TEXT,
    disposition    TEXT    NOT NULL,
    decided_by     TEXT    NOT NULL,
    wait_id        TEXT    NOT NULL,
    started_run_id TEXT    NOT NULL,
    duplicates     INTEGER NOT NULL
);
CREATE UNIQUE INDEX messages_provider_id ON messages (connection_id, provider_id) WHERE provider_id <> '';
CREATE UNIQUE INDEX messages_call_key ON messages (connection_id, call_key) WHERE call_key <> '';
CREATE INDEX messages_sending ON messages (contact_id) WHERE status = 'sending';
CREATE UNIQUE INDEX messages_inbound ON messages (contact_id, seq) WHERE direction = 'in';
CREATE INDEX messages_run ON messages (run_id) WHERE run_id <> '';
CREATE INDEX messages_wait ON messages (wait_id) WHERE wait_id <> '';
CREATE INDEX messages_list ON messages (workspace_id, id DESC);
CREATE INDEX messages_list_contact ON messages (workspace_id, contact_id, id DESC);

CREATE TABLE waits (
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
CREATE INDEX waits_fire ON waits (fire_at, id) WHERE state IN ('open', 'collecting');
CREATE INDEX waits_open ON waits (contact_id, connection_id, opened_at DESC) WHERE state IN ('open', 'collecting');
CREATE INDEX waits_unanswered ON waits (contact_id, connection_id, opened_at DESC) WHERE state = 'no_response';
CREATE INDEX waits_asked ON waits (asked_id) WHERE asked_id <> '';
CREATE INDEX waits_list ON waits (workspace_id, id DESC);

CREATE TABLE wait_events (
    id           INTEGER PRIMARY KEY AUTOINCREMENT,
    workspace_id TEXT    NOT NULL,
    wait_id      TEXT    NOT NULL REFERENCES waits (id) ON DELETE CASCADE,
    at           INTEGER NOT NULL,
    kind         TEXT    NOT NULL,
    message_id   TEXT    NOT NULL,
    detail       TEXT    NOT NULL
);
CREATE INDEX wait_events_wait ON wait_events (wait_id, id);
