-- Ways to the outside that admins have set up on the web page, in the order in which they are tried.
CREATE TABLE trunks (
    id       INTEGER PRIMARY KEY AUTOINCREMENT,
    name     TEXT    NOT NULL UNIQUE,
    settings TEXT    NOT NULL, -- JSON object, without the password
    password TEXT,             -- in clear: carriers challenge in realms of their own, and may change them
    created  INTEGER NOT NULL
) STRICT;
