-- Where people get mail.
ALTER TABLE users ADD COLUMN email TEXT;

-- Letters for the outside, one row for each address. A row is the promise that the letter was accepted: it stays until a
-- server has taken it or it is given up, and then for a while, so that admins see it and nothing is accepted twice.
CREATE TABLE outbox (
    id        INTEGER PRIMARY KEY AUTOINCREMENT,
    plugin    TEXT    NOT NULL,
    once      TEXT,              -- by what its plugin knows it, if it must not be accepted twice
    sender    TEXT    NOT NULL,
    recipient TEXT    NOT NULL,
    subject   TEXT    NOT NULL,
    content   BLOB,              -- as it goes over the wire (RFC 5322); none once it was sent
    bytes     INTEGER NOT NULL,
    accepted  INTEGER NOT NULL,
    state     TEXT    NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'sent', 'failed')),
    since     INTEGER NOT NULL,  -- from when on it is tried: two days later it is given up
    tries     INTEGER NOT NULL DEFAULT 0,
    next      INTEGER NOT NULL,
    done      INTEGER,
    fault     TEXT,              -- a word of our own
    said      TEXT               -- what the server or the network said
) STRICT;
CREATE UNIQUE INDEX outbox_once ON outbox (plugin, once, recipient) WHERE once IS NOT NULL;
CREATE INDEX outbox_due ON outbox (state, next);
CREATE INDEX outbox_accepted ON outbox (plugin, accepted);
