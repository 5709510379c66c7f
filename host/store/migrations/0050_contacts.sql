-- Sources of contacts outside the house. The contacts that count are those of the current generation: a new one is written
-- beside it and takes its place at once, and the previous one stays until the next, so that it can be taken back.
CREATE TABLE contact_sources (
    id         INTEGER PRIMARY KEY,
    kind       TEXT    NOT NULL CHECK (kind IN ('file', 'plugin')),
    name       TEXT    NOT NULL, -- of a plugin its id
    generation INTEGER NOT NULL, -- the current one; 0 has no contacts
    previous   INTEGER,          -- what undo goes back to
    newest     INTEGER NOT NULL, -- the highest that was ever begun
    changed    INTEGER NOT NULL,
    UNIQUE (kind, name)
) STRICT;

CREATE TABLE contacts (
    id         INTEGER PRIMARY KEY,
    source     INTEGER NOT NULL REFERENCES contact_sources (id) ON DELETE CASCADE,
    generation INTEGER NOT NULL,
    key        TEXT    NOT NULL,
    name       TEXT    NOT NULL,
    company    TEXT    NOT NULL,
    numbers    TEXT    NOT NULL, -- JSON: [{"kind", "number"}]
    mail       TEXT    NOT NULL,
    note       TEXT    NOT NULL,
    search     TEXT    NOT NULL, -- folded: name, company, numbers and mail
    UNIQUE (source, generation, key)
) STRICT;
