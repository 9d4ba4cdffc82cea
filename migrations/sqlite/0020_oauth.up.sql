-- What a provider has given for a connection, sealed, and how its renewal stands.
CREATE TABLE connection_tokens (
    connection_id   TEXT    PRIMARY KEY REFERENCES connections (id) ON DELETE CASCADE,
    tokens          BLOB    NOT NULL, -- sealed; empty until the first was given
    key_id          TEXT    NOT NULL,
    scopes          TEXT    NOT NULL, -- with blanks between them
    obtained_at     INTEGER,
    expires_at      INTEGER, -- NULL: the provider does not say
    renew_at        INTEGER, -- NULL: when it is refused
    forced          BOOLEAN NOT NULL, -- the one before was refused
    revision        INTEGER NOT NULL, -- grows with each token; 0: there is none yet
    broken          INTEGER NOT NULL, -- renewals whose end is not known, the one under way among them
    failures        INTEGER NOT NULL, -- renewals in a row that brought nothing
    renewing_until  INTEGER, -- no other renewal begins before
    renewal_failure TEXT     -- why the last one is to be tried again; NULL while one is under way
);

-- People on their way to a provider's page, for ten minutes.
CREATE TABLE oauth_consents (
    state_hash    TEXT    PRIMARY KEY,
    connection_id TEXT    NOT NULL REFERENCES connections (id) ON DELETE CASCADE,
    workspace_id  TEXT    NOT NULL,
    session_id    TEXT    NOT NULL, -- of the person
    user_id       TEXT    NOT NULL,
    browser_hash  TEXT    NOT NULL, -- of the cookie that their browser got
    verifier      BLOB    NOT NULL, -- sealed
    key_id        TEXT    NOT NULL,
    expires_at    INTEGER NOT NULL
);
CREATE INDEX oauth_consents_expired ON oauth_consents (expires_at);

-- Until when a provider asked a connection to wait.
ALTER TABLE connections ADD COLUMN held_until INTEGER;

-- Runs that wait for a connection to be renewed.
ALTER TABLE runs ADD COLUMN held_on TEXT NOT NULL DEFAULT ''; -- the connection's name
ALTER TABLE runs ADD COLUMN held_since INTEGER;
CREATE INDEX runs_held ON runs (workspace_id, held_on) WHERE held_on <> '';

-- The tries of a step's call, the oldest of many left out.
CREATE TABLE step_attempts (
    run_id     TEXT    NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
    step_id    TEXT    NOT NULL,
    iteration  TEXT    NOT NULL, -- of the loops around the step
    number     INTEGER NOT NULL, -- in the order in which they were made, from 1
    attempt    INTEGER NOT NULL, -- as the step counts them: what spends none keeps the number
    started_at INTEGER,
    ended_at   INTEGER NOT NULL,
    outcome    TEXT    NOT NULL, -- succeeded, or the kind of the failure
    failure    TEXT,
    exchanges  TEXT,
    PRIMARY KEY (run_id, step_id, iteration, number)
);
