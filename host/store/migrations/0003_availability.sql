-- What people have said of themselves: of a person, or of a number that belongs to nobody. No row means “in the office”.
-- What telephones publish is not kept: they publish it again.
CREATE TABLE availability (
    id          INTEGER PRIMARY KEY,
    user        INTEGER UNIQUE REFERENCES users (id) ON DELETE CASCADE,
    extension   TEXT    UNIQUE,
    state       TEXT    NOT NULL,
    note        TEXT    NOT NULL,
    until       INTEGER,
    hide_detail INTEGER NOT NULL,
    since       INTEGER NOT NULL,
    CHECK ((user IS NULL) <> (extension IS NULL))
) STRICT;
