-- How the legs of finished calls sounded, as JSON; what the call history shows of it stands beside it.
CREATE TABLE call_quality (
    call   TEXT    PRIMARY KEY,
    ended  INTEGER NOT NULL,
    mos    INTEGER, -- hundredths; none when nothing was said
    faulty INTEGER NOT NULL,
    legs   TEXT    NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX call_quality_ended ON call_quality (ended);
