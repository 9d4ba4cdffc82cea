-- What somebody has to mend, and what of it is told. One row: until when failed runs were counted.
CREATE TABLE alert_watch (
    id         INTEGER     PRIMARY KEY CHECK (id = 1),
    counted_to INTEGER     NOT NULL
);

CREATE TABLE alerts (
    workspace_id TEXT        NOT NULL,
    kind         TEXT        NOT NULL, -- flow, connection or endpoint
    subject      TEXT        NOT NULL, -- its id
    failure      TEXT        NOT NULL, -- kind of failure of a flow's runs; else empty
    untold       INTEGER     NOT NULL, -- how often it has happened since it was told
    run_id       TEXT        NOT NULL, -- the newest run that failed
    since        INTEGER     NOT NULL, -- of the first that is not told
    told_at      INTEGER,
    lasting      BOOLEAN     NOT NULL, -- the connection or the endpoint has not been mended
    PRIMARY KEY (workspace_id, kind, subject, failure)
);
CREATE INDEX alerts_untold ON alerts (since) WHERE untold > 0;

-- E-mail that is to be sent; a row goes when its letter has gone.
CREATE TABLE mails (
    id           TEXT        PRIMARY KEY, -- also in its Message-ID, so that a copy is recognised
    workspace_id TEXT        NOT NULL,
    recipient    TEXT        NOT NULL,
    subject      TEXT        NOT NULL,
    body         TEXT        NOT NULL,
    attempts     INTEGER     NOT NULL,
    due_at       INTEGER     NOT NULL, -- while it is being sent, when others may try
    created_at   INTEGER     NOT NULL
);
CREATE INDEX mails_due ON mails (due_at, id);

ALTER TABLE users ADD COLUMN mutes_alerts BOOLEAN NOT NULL DEFAULT false;

-- The ids of the keys that a node can open secrets with, the one that it seals with first.
ALTER TABLE nodes ADD COLUMN key_ids TEXT NOT NULL DEFAULT '';
