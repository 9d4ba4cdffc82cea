CREATE TABLE messages (
    id             text        PRIMARY KEY,
    workspace_id   text        NOT NULL,
    contact_id     text        REFERENCES contacts (id) ON DELETE CASCADE, -- null: to nobody we know
    connection_id  text        NOT NULL,
    event_id       text        NOT NULL,
    direction      text        NOT NULL,
    seq            bigint      NOT NULL, -- in: its number among the contact's; out: the newest of those when it was meant
    provider_id    text        NOT NULL, -- empty while a send has not been answered
    call_key       text        NOT NULL, -- of the call that sends it; empty for inbound ones
    run_id         text        NOT NULL,
    step_id        text        NOT NULL,
    kind           text        NOT NULL,
    text           text        NOT NULL,
    payload        text        NOT NULL,
    media          json,
    in_reply_to    text        NOT NULL,
    not_reply      boolean     NOT NULL,
    effective_at   timestamptz,
    received_at    timestamptz,
    status         text        NOT NULL,
    delivered_at   timestamptz,
    read_at        timestamptz,
    failure        json,
    disposition    text        NOT NULL,
    decided_by     text        NOT NULL,
    wait_id        text        NOT NULL,
    started_run_id text        NOT NULL,
    duplicates     bigint      NOT NULL
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
    id            text        PRIMARY KEY,
    workspace_id  text        NOT NULL,
    run_id        text        NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
    step_id       text        NOT NULL,
    contact_id    text        NOT NULL,
    connection_id text        NOT NULL,
    state         text        NOT NULL,
    revision      bigint      NOT NULL,
    opened_at     timestamptz NOT NULL,
    sent_at       timestamptz,
    clock_at      timestamptz, -- when the time for the answer began
    within        bigint      NOT NULL, -- nanoseconds; of a wait whose clock a status starts
    deadline      timestamptz NOT NULL,
    fire_at       timestamptz NOT NULL, -- when the timeout is to be tried
    since_seq     bigint      NOT NULL,
    asked_id      text        NOT NULL, -- the message that asked
    asked_ref     text        NOT NULL, -- its id at the provider
    terms         json        NOT NULL, -- what the step says about its wait
    say           json,                 -- what is sent after an answer that does not count
    attempts      integer     NOT NULL, -- answers that were refused
    holds         integer     NOT NULL,
    closed_at     timestamptz,
    claimed_by    text        NOT NULL,
    reply_id      text        NOT NULL,
    late_id       text        NOT NULL,
    UNIQUE (run_id, step_id)
);
CREATE INDEX waits_fire ON waits (fire_at, id) WHERE state IN ('open', 'collecting');
CREATE INDEX waits_open ON waits (contact_id, connection_id, opened_at DESC) WHERE state IN ('open', 'collecting');
CREATE INDEX waits_unanswered ON waits (contact_id, connection_id, opened_at DESC) WHERE state = 'no_response';
CREATE INDEX waits_asked ON waits (asked_id) WHERE asked_id <> '';
CREATE INDEX waits_list ON waits (workspace_id, id DESC);

CREATE TABLE wait_events (
    id           bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    workspace_id text        NOT NULL,
    wait_id      text        NOT NULL REFERENCES waits (id) ON DELETE CASCADE,
    at           timestamptz NOT NULL,
    kind         text        NOT NULL,
    message_id   text        NOT NULL,
    detail       text        NOT NULL
);
CREATE INDEX wait_events_wait ON wait_events (wait_id, id);
