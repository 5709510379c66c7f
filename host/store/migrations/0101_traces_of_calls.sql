-- What happened in finished calls, as JSON, for a while.
CREATE TABLE call_traces (
    call   TEXT    PRIMARY KEY,
    ended  INTEGER NOT NULL,
    octets INTEGER NOT NULL,
    trace  TEXT    NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX call_traces_ended ON call_traces (ended, octets);
