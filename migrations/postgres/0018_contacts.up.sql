CREATE TABLE lists (
    workspace_id text        NOT NULL,
    name         text        NOT NULL,
    title        text        NOT NULL,
    created_at   timestamptz NOT NULL,
    PRIMARY KEY (workspace_id, name)
);

CREATE TABLE list_members (
    contact_id   text        NOT NULL REFERENCES contacts (id) ON DELETE CASCADE,
    list         text        NOT NULL,
    workspace_id text        NOT NULL,
    added_at     timestamptz NOT NULL,
    PRIMARY KEY (contact_id, list),
    FOREIGN KEY (workspace_id, list) REFERENCES lists (workspace_id, name) ON DELETE CASCADE
);
CREATE INDEX list_members_list ON list_members (workspace_id, list, contact_id DESC);

-- The dates among a contact's fields, so that those that are due are found without reading all contacts. It says nothing
-- that contacts does not say.
CREATE TABLE contact_dates (
    contact_id   text NOT NULL REFERENCES contacts (id) ON DELETE CASCADE,
    field        text NOT NULL,
    workspace_id text NOT NULL,
    zone         text NOT NULL, -- the contact's time zone; empty: not known
    day          text NOT NULL, -- 2006-01-02
    month_day    text NOT NULL, -- 01-02
    PRIMARY KEY (contact_id, field)
);
CREATE INDEX contact_dates_day ON contact_dates (workspace_id, field, zone, day, contact_id);
CREATE INDEX contact_dates_month_day ON contact_dates (workspace_id, field, zone, month_day, contact_id);

-- The contact that took over what was known of this one; empty: none did.
ALTER TABLE contacts ADD COLUMN merged_into text NOT NULL DEFAULT '';
CREATE INDEX contacts_merged ON contacts (merged_into) WHERE merged_into <> '';

CREATE TABLE contact_fields (
    workspace_id text NOT NULL,
    name         text NOT NULL,
    type         text NOT NULL,
    title        text NOT NULL,
    choices      json,
    PRIMARY KEY (workspace_id, name)
);

-- When a person stepped in and the wait's clock was stopped; null: it runs. fire_at is then when it is to go on.
ALTER TABLE waits ADD COLUMN paused_at timestamptz;
