-- What has happened, for each plugin that is to learn of it: a row stays until the plugin has, or was tried in vain and an
-- administrator throws it away.
CREATE TABLE plugin_events (
    plugin     TEXT    NOT NULL, -- who is to learn of it
    seq        INTEGER NOT NULL,
    topic      TEXT    NOT NULL,
    publisher  TEXT    NOT NULL, -- the id of a plugin; empty for the house
    at         INTEGER NOT NULL, -- Unix milliseconds
    payload    TEXT    NOT NULL, -- JSON
    recordings TEXT    NOT NULL, -- JSON: ids of recordings of the publisher
    failed     INTEGER,          -- when it was given up, Unix milliseconds
    reason     TEXT,             -- why
    PRIMARY KEY (plugin, seq)
) STRICT, WITHOUT ROWID;
