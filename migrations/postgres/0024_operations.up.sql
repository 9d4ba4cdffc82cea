-- What somebody has to mend, and what of it is told. One row: until when failed runs were counted.
CREATE TABLE alert_watch (
    id         integer     PRIMARY KEY CHECK (id = 1),
    counted_to timestamptz NOT NULL
);

CREATE TABLE alerts (
    workspace_id text        NOT NULL,
    kind         text        NOT NULL, -- flow, connection or endpoint
    subject      text        NOT NULL, -- its id
    failure      text        NOT NULL, -- kind of failure of a flow's runs; else empty
    untold       bigint      NOT NULL, -- how often it has happened since it was told
    run_id       text        NOT NULL, -- the newest run that failed
    since        timestamptz NOT NULL, -- of the first that is not told
    told_at      timestamptz,
    lasting      boolean     NOT NULL, -- the connection or the endpoint has not been mended
    PRIMARY KEY (workspace_id, kind, subject, failure)
);
CREATE INDEX alerts_untold ON alerts (since) WHERE untold > 0;

-- E-mail that is to be sent; a row goes when its letter has gone.
CREATE TABLE mails (
    id           text        PRIMARY KEY, -- also in its Message-ID, so that a copy is recognised
    workspace_id text        NOT NULL,
    recipient    text        NOT NULL,
    subject      text        NOT NULL,
    body         text        NOT NULL,
    attempts     integer     NOT NULL,
    due_at       timestamptz NOT NULL, -- while it is being sent, when others may try
    created_at   timestamptz NOT NULL
);
CREATE INDEX mails_due ON mails (due_at, id);

ALTER TABLE users ADD COLUMN mutes_alerts boolean NOT NULL DEFAULT false;

-- The ids of the keys that a node can open secrets with, the one that it seals with first.
ALTER TABLE nodes ADD COLUMN key_ids text NOT NULL DEFAULT '';
