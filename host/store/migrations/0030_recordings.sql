-- Recordings of calls. The sound is in a file of the folder of recordings.
CREATE TABLE recordings (
    id               INTEGER PRIMARY KEY AUTOINCREMENT,
    call             TEXT    NOT NULL,
    file             TEXT    NOT NULL UNIQUE,
    caller_number    TEXT    NOT NULL,
    caller_name      TEXT    NOT NULL,
    caller_extension TEXT,
    callee_number    TEXT    NOT NULL,
    callee_name      TEXT    NOT NULL,
    callee_extension TEXT,
    started_by       TEXT,
    started          INTEGER NOT NULL,
    duration         INTEGER, -- milliseconds; none while it goes on
    bytes            INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX recordings_call ON recordings (call);
CREATE INDEX recordings_started ON recordings (started, id);
