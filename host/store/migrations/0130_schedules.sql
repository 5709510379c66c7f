-- When the house is open: weeks, holidays and days that differ, by name.
CREATE TABLE schedules (
    id       INTEGER PRIMARY KEY AUTOINCREMENT,
    name     TEXT NOT NULL UNIQUE,
    settings TEXT NOT NULL, -- JSON, without what is forced
    forced   TEXT           -- the case that somebody has decided on; NULL: the clock decides
) STRICT;
