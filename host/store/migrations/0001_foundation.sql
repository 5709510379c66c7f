-- Times are Unix milliseconds (UTC) everywhere. JSON columns hold text that the code parses.

CREATE TABLE meta (
    key   TEXT PRIMARY KEY,
    value TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- People who sign in. `deleted` rows wait for an undo and are purged later.
CREATE TABLE users (
    id                   INTEGER PRIMARY KEY AUTOINCREMENT,
    login                TEXT    NOT NULL,
    login_key            TEXT    NOT NULL, -- login in lower case, for uniqueness without regard to case
    name                 TEXT    NOT NULL,
    role                 TEXT    NOT NULL CHECK (role IN ('admin', 'user')),
    language             TEXT    NOT NULL,
    password             TEXT    NOT NULL, -- argon2id in PHC string format
    must_change_password INTEGER NOT NULL DEFAULT 0,
    search               TEXT    NOT NULL, -- login and name, folded
    created              INTEGER NOT NULL,
    deleted              INTEGER
) STRICT;
CREATE UNIQUE INDEX users_login ON users (login_key) WHERE deleted IS NULL;

-- Numbers of the house with their SIP accounts.
CREATE TABLE extensions (
    id             INTEGER PRIMARY KEY AUTOINCREMENT,
    number         TEXT    NOT NULL,
    name           TEXT    NOT NULL,
    owner          INTEGER REFERENCES users (id) ON DELETE SET NULL,
    static_contact TEXT,
    language       TEXT    NOT NULL,
    ha1_md5        TEXT,
    ha1_sha256     TEXT,
    search         TEXT    NOT NULL,
    created        INTEGER NOT NULL,
    deleted        INTEGER
) STRICT;
CREATE UNIQUE INDEX extensions_number ON extensions (number) WHERE deleted IS NULL;
CREATE INDEX extensions_owner ON extensions (owner);

-- Browser sessions. Only the SHA-256 of the token is kept: a stolen database signs nobody in.
CREATE TABLE sessions (
    token_hash BLOB    PRIMARY KEY,
    user       INTEGER NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    created    INTEGER NOT NULL,
    seen       INTEGER NOT NULL,
    expires    INTEGER NOT NULL,
    source     TEXT    NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX sessions_user ON sessions (user);

CREATE TABLE call_records (
    id               TEXT    PRIMARY KEY,
    direction        TEXT    NOT NULL,
    caller_number    TEXT    NOT NULL,
    caller_name      TEXT    NOT NULL,
    caller_extension TEXT,
    callee_number    TEXT    NOT NULL,
    callee_name      TEXT    NOT NULL,
    callee_extension TEXT,
    answered_by      TEXT,
    started          INTEGER NOT NULL,
    answered         INTEGER,
    ended            INTEGER NOT NULL,
    cause            TEXT    NOT NULL,
    detail           TEXT    NOT NULL
) STRICT;
CREATE INDEX call_records_started ON call_records (started, id);
CREATE INDEX call_records_caller ON call_records (caller_extension, started);
CREATE INDEX call_records_callee ON call_records (callee_extension, started);

-- What admins did. Appended to, never changed.
CREATE TABLE audit_log (
    id     INTEGER PRIMARY KEY AUTOINCREMENT,
    at     INTEGER NOT NULL,
    actor  TEXT    NOT NULL, -- login name at the time; a deleted user's acts stay readable
    source TEXT    NOT NULL, -- address the request came from, or `console`
    action TEXT    NOT NULL,
    target TEXT    NOT NULL,
    detail TEXT    NOT NULL  -- JSON object, never a secret
) STRICT;

CREATE TABLE plugins (
    id        TEXT    PRIMARY KEY,
    version   TEXT    NOT NULL,
    enabled   INTEGER NOT NULL,
    position  INTEGER NOT NULL,
    grants    TEXT    NOT NULL, -- JSON array of capability ids
    settings  TEXT    NOT NULL, -- JSON object
    installed INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
