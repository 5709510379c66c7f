-- Keys of those who make plugins, about which an administrator has decided.
CREATE TABLE publisher_keys (
    key     TEXT    PRIMARY KEY, -- Ed25519, 64 hexadecimal digits
    name    TEXT    NOT NULL,
    added   INTEGER NOT NULL,    -- Unix milliseconds
    revoked INTEGER              -- since when nothing that it signs is taken
) STRICT, WITHOUT ROWID;

-- The key that each plugin is bound to since a signed package of it was installed. A row outlives the plugin for as long as
-- the plugin's data does: whoever comes by its name later must not find that data.
CREATE TABLE plugin_pins (
    plugin TEXT PRIMARY KEY,
    key    TEXT NOT NULL
) STRICT, WITHOUT ROWID;
