-- Packages of connectors as they were installed, for nodes that were not asked. Each vouches for itself: its signature, and
-- the checksum of its program, which is that of a row of connectors.
CREATE TABLE connector_packages (
    sha256    text        PRIMARY KEY,
    package   bytea       NOT NULL,
    stored_at timestamptz NOT NULL
);
