-- What plugins' reducers hold: a state under each key, and the inputs that are kept until they are taken. Both outlive the
-- plugin's row; they go when an administrator erases its data.
CREATE TABLE plugin_states (
    plugin TEXT NOT NULL,
    key    TEXT NOT NULL,
    -- How many inputs it has taken.
    seq    INTEGER NOT NULL,
    layout INTEGER NOT NULL,
    data   BLOB NOT NULL,
    PRIMARY KEY (plugin, key)
) STRICT, WITHOUT ROWID;

CREATE TABLE plugin_inputs (
    plugin  TEXT NOT NULL,
    key     TEXT NOT NULL,
    kind    TEXT NOT NULL CHECK (kind IN ('timer', 'told', 'call', 'dial', 'dead')),
    name    TEXT NOT NULL,
    -- Unix milliseconds; 0 for what is due at once.
    due     INTEGER NOT NULL,
    payload BLOB NOT NULL,
    PRIMARY KEY (plugin, key, kind, name)
) STRICT, WITHOUT ROWID;
