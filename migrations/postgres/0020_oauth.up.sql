-- What a provider has given for a connection, sealed, and how its renewal stands.
CREATE TABLE connection_tokens (
    connection_id   text    PRIMARY KEY REFERENCES connections (id) ON DELETE CASCADE,
    tokens          bytea   NOT NULL, -- sealed; empty until the first was given
    key_id          text    NOT NULL,
    scopes          text    NOT NULL, -- with blanks between them
    obtained_at     timestamptz,
    expires_at      timestamptz, -- NULL: the provider does not say
    renew_at        timestamptz, -- NULL: when it is refused
    forced          boolean NOT NULL, -- the one before was refused
    revision        bigint NOT NULL, -- grows with each token; 0: there is none yet
    broken          integer NOT NULL, -- renewals whose end is not known, the one under way among them
    failures        integer NOT NULL, -- renewals in a row that brought nothing
    renewing_until  timestamptz, -- no other renewal begins before
    renewal_failure json     -- why the last one is to be tried again; NULL while one is under way
);

-- People on their way to a provider's page, for ten minutes.
CREATE TABLE oauth_consents (
    state_hash    text    PRIMARY KEY,
    connection_id text    NOT NULL REFERENCES connections (id) ON DELETE CASCADE,
    workspace_id  text    NOT NULL,
    session_id    text    NOT NULL, -- of the person
    user_id       text    NOT NULL,
    browser_hash  text    NOT NULL, -- of the cookie that their browser got
    verifier      bytea   NOT NULL, -- sealed
    key_id        text    NOT NULL,
    expires_at    timestamptz NOT NULL
);
CREATE INDEX oauth_consents_expired ON oauth_consents (expires_at);

-- Until when a provider asked a connection to wait.
ALTER TABLE connections ADD COLUMN held_until timestamptz;

-- Runs that wait for a connection to be renewed.
ALTER TABLE runs ADD COLUMN held_on text NOT NULL DEFAULT ''; -- the connection's name
ALTER TABLE runs ADD COLUMN held_since timestamptz;
CREATE INDEX runs_held ON runs (workspace_id, held_on) WHERE held_on <> '';

-- The tries of a step's call, the oldest of many left out.
CREATE TABLE step_attempts (
    run_id     text    NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
    step_id    text    NOT NULL,
    iteration  text    NOT NULL, -- of the loops around the step
    number     integer NOT NULL, -- in the order in which they were made, from 1
    attempt    integer NOT NULL, -- as the step counts them: what spends none keeps the number
    started_at timestamptz,
    ended_at   timestamptz NOT NULL,
    outcome    text    NOT NULL, -- succeeded, or the kind of the failure
    failure    json,
    exchanges  json,
    PRIMARY KEY (run_id, step_id, iteration, number)
);
