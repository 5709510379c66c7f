-- What happened to contacts and agents, told by plugins: appended to, never changed. The words are those of
-- wit/services/facts.wit. `queue` of a visit's facts is filled in when the visit's queue is known.
CREATE TABLE facts (
    id     INTEGER PRIMARY KEY,
    source TEXT    NOT NULL, -- the plugin
    key    TEXT    NOT NULL, -- what makes it the same fact when it is told again
    at     INTEGER NOT NULL,
    kind   TEXT    NOT NULL,
    call   TEXT,
    visit  TEXT,
    queue  TEXT,
    agent  TEXT,    -- an extension
    result TEXT,    -- the word for what came of it: outcome, reason, state, step, activity, code
    other  TEXT,    -- the other one: device, number, supervisor, where to, menu, name
    code   TEXT,    -- the key of a menu, who acknowledged
    ms     INTEGER, -- how long, in milliseconds
    value  INTEGER, -- a count, a score, a place, yes or no
    detail TEXT    NOT NULL -- the fact as JSON
) STRICT;
CREATE UNIQUE INDEX facts_key ON facts (source, key);
CREATE INDEX facts_kind ON facts (kind, at);
CREATE INDEX facts_call ON facts (call) WHERE call IS NOT NULL;
CREATE INDEX facts_visit ON facts (source, visit) WHERE visit IS NOT NULL;
CREATE INDEX facts_agent ON facts (agent, kind, at) WHERE agent IS NOT NULL;

-- One row for each stay in a queue: what its facts come to (store/src/facts/visit.rs). Times are Unix milliseconds,
-- lengths milliseconds.
CREATE TABLE visits (
    source    TEXT    NOT NULL,
    visit     TEXT    NOT NULL,
    call      TEXT,
    queue     TEXT    NOT NULL,
    media     TEXT    NOT NULL,
    contact   TEXT    NOT NULL,
    name      TEXT    NOT NULL,
    priority  INTEGER NOT NULL,
    vip       INTEGER NOT NULL,
    position  INTEGER NOT NULL,
    skills    TEXT    NOT NULL,
    preferred TEXT,
    level     INTEGER NOT NULL, -- how often skills were relaxed
    percent   INTEGER NOT NULL, -- what the queue promised
    target    INTEGER NOT NULL,
    short     INTEGER NOT NULL,
    entered   INTEGER NOT NULL,
    exited    INTEGER,          -- none while it waits
    reason    TEXT,             -- why it left; none while it waits
    exit_to   TEXT    NOT NULL,
    told      INTEGER,          -- the waiting time that was told last
    wait      INTEGER,          -- from entering to the answer, or to leaving
    in_target INTEGER NOT NULL, -- answered within the target
    short_ab  INTEGER NOT NULL, -- abandoned within the short time
    offers    INTEGER NOT NULL,
    rona      INTEGER NOT NULL, -- offers that rang out or were refused
    agent     TEXT,             -- who took it
    device    TEXT    NOT NULL,
    ring      INTEGER,          -- at the agent who took it
    answered  INTEGER,          -- when
    ended     INTEGER,          -- when the conversation was over
    ended_by  TEXT,
    talk      INTEGER,          -- from the answer to the end, without hold
    hold      INTEGER NOT NULL,
    holds     INTEGER NOT NULL,
    acw       INTEGER,
    acw_allowed INTEGER,
    acw_why   TEXT,
    code      TEXT,             -- the first wrap-up code
    transfers INTEGER NOT NULL,
    callback_at       INTEGER,  -- when a call-back was asked for
    callback_number   TEXT,
    callback_attempts INTEGER NOT NULL,
    callback_agent    TEXT,
    callback_over     INTEGER,  -- when it was done or given up
    callback_result   TEXT,     -- `requested`, `offered`, `attempt`, `done`, `expired`
    PRIMARY KEY (source, visit)
) STRICT, WITHOUT ROWID;
-- What interval reports count, so that they read the index alone.
CREATE INDEX visits_entered ON visits (entered, queue, reason, in_target, short_ab, wait, talk, hold, acw, agent, vip, media);
CREATE INDEX visits_agent ON visits (agent, entered) WHERE agent IS NOT NULL;
CREATE INDEX visits_call ON visits (call) WHERE call IS NOT NULL;

-- One row for each stretch of time that an agent was in one state; the last one is open.
CREATE TABLE agent_states (
    source  TEXT    NOT NULL,
    agent   TEXT    NOT NULL,
    since   INTEGER NOT NULL,
    until   INTEGER,
    state   TEXT    NOT NULL, -- as in the contract, or `logged-out`
    reason  TEXT    NOT NULL,
    allowed INTEGER,
    PRIMARY KEY (source, agent, since)
) STRICT, WITHOUT ROWID;
CREATE INDEX agent_states_since ON agent_states (since, agent, state, until);

-- One row for each time that an agent was logged in; the last one is open.
CREATE TABLE agent_sessions (
    source TEXT    NOT NULL,
    agent  TEXT    NOT NULL,
    since  INTEGER NOT NULL,
    until  INTEGER,
    device TEXT    NOT NULL,
    queues TEXT    NOT NULL,
    PRIMARY KEY (source, agent, since)
) STRICT, WITHOUT ROWID;
CREATE INDEX agent_sessions_since ON agent_sessions (since, agent, until);

-- What agents were to do when.
CREATE TABLE shifts (
    source   TEXT    NOT NULL,
    key      TEXT    NOT NULL,
    agent    TEXT    NOT NULL,
    activity TEXT    NOT NULL,
    planned  INTEGER NOT NULL,
    begins   INTEGER NOT NULL,
    ends     INTEGER NOT NULL,
    PRIMARY KEY (source, key)
) STRICT, WITHOUT ROWID;
CREATE INDEX shifts_begins ON shifts (begins, agent);
