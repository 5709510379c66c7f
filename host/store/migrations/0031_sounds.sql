-- Prompts and music that admins have uploaded. The sound is in a file of the folder of sounds.
CREATE TABLE sounds (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    kind       TEXT    NOT NULL CHECK (kind IN ('prompt', 'music')),
    name       TEXT    NOT NULL,
    language   TEXT    NOT NULL, -- of a prompt; empty for music
    duration   INTEGER NOT NULL, -- milliseconds
    bytes      INTEGER NOT NULL,
    loudness   INTEGER NOT NULL, -- hundredths of a LUFS
    created    INTEGER NOT NULL,
    created_by TEXT    NOT NULL,
    place      INTEGER,          -- in the playlist of music on hold
    UNIQUE (kind, name, language)
) STRICT;
