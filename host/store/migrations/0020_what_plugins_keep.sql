-- What plugins keep: values under keys, and when they want to be woken. Both outlive the plugin's row, which goes when it is
-- removed; they go when an administrator erases its data.
CREATE TABLE plugin_values (
    plugin  TEXT NOT NULL,
    key     TEXT NOT NULL,
    value   BLOB NOT NULL,
    -- The commit that wrote it.
    version INTEGER NOT NULL,
    PRIMARY KEY (plugin, key)
) STRICT, WITHOUT ROWID;

CREATE TABLE plugin_timers (
    plugin  TEXT NOT NULL,
    name    TEXT NOT NULL,
    -- Unix milliseconds.
    due     INTEGER NOT NULL,
    payload BLOB NOT NULL,
    PRIMARY KEY (plugin, name)
) STRICT, WITHOUT ROWID;
