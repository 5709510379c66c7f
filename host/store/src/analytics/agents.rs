//! The datasets of agents: `agent_states`, `sessions`, `shifts` and `offers`.

use super::dataset::{Dataset, Field, by, of};
use jackfield_model::analytics::Unit::{Count, Duration, Number, Percent, Text, Time, YesNo};

/// States are cut at the bounds of the question; what is open lasts until the end of it.
pub(super) const STATES: Dataset = Dataset {
    name: "agent_states",
    definition: "A stretch of time that an agent was in one state, cut at the bounds of the period.",
    from: "(SELECT agent, state, reason, allowed, until AS ends_at, MAX(since, {begins}) AS since, MIN(COALESCE(until, {now}), {ends}) AS until FROM agent_states WHERE since >= {begins} - 86400000 AND since < {ends} AND (until IS NULL OR until > {begins}) AND state <> 'logged-out')",
    begins: "since",
    ends: "until",
    belongs: Some("until > since"),
    fields: &[
        &[
            by("agent", Text, "agent", "The agent’s extension."),
            by("state", Text, "state", "ready, ringing, talking, acw, pause, not-ready."),
            by("reason", Text, "reason", "The kind of break, or why not ready."),
            by("since", Time, "since", "From when."),
            by("until", Time, "until", "Until when."),
            by("duration", Duration, "until - since", "How long."),
            by("allowed", Duration, "allowed", "How long a break may last."),
            by("over", Duration, "until - since - allowed", "By how much a break was longer than it may be."),
            by("too_long", YesNo, "until - since > allowed", "Whether a break was longer than it may be."),
        ],
        &[
            of("stretches", Count, "COUNT(*)", "How often."),
            of("total", Duration, "SUM(until - since)", "Σ duration."),
            of("duration_avg", Duration, "AVG(until - since)", "Σ duration / stretches"),
            of("duration_max", Duration, "MAX(until - since)", "The longest."),
            of(
                "ready",
                Duration,
                "SUM(CASE WHEN state = 'ready' THEN until - since ELSE 0 END)",
                "Σ free for contacts.",
            ),
            of(
                "ringing",
                Duration,
                "SUM(CASE WHEN state = 'ringing' THEN until - since ELSE 0 END)",
                "Σ being offered a contact.",
            ),
            of(
                "talking",
                Duration,
                "SUM(CASE WHEN state = 'talking' THEN until - since ELSE 0 END)",
                "Σ with a contact, hold included.",
            ),
            of("acw", Duration, "SUM(CASE WHEN state = 'acw' THEN until - since ELSE 0 END)", "Σ wrap-up."),
            of("pause", Duration, "SUM(CASE WHEN state = 'pause' THEN until - since ELSE 0 END)", "Σ breaks."),
            of(
                "not_ready",
                Duration,
                "SUM(CASE WHEN state = 'not-ready' THEN until - since ELSE 0 END)",
                "Σ not ready for another reason.",
            ),
            of(
                "busy",
                Duration,
                "SUM(CASE WHEN state IN ('ringing', 'talking', 'acw') THEN until - since ELSE 0 END)",
                "Σ talking, wrap-up and ringing.",
            ),
            of(
                "billable",
                Number,
                "SUM(CASE WHEN state IN ('talking', 'acw') THEN until - since ELSE 0 END) / 60000.0",
                "Talking and wrap-up, in minutes.",
            ),
            of("pauses", Count, "SUM(state = 'pause')", "How many breaks."),
            of(
                "pauses_over",
                Count,
                "SUM(state = 'pause' AND until - since > allowed)",
                "How many of them were longer than they may be.",
            ),
            of(
                "occupancy",
                Percent,
                "100.0 * SUM(CASE WHEN state IN ('ringing', 'talking', 'acw') THEN until - since ELSE 0 END) / NULLIF(SUM(CASE WHEN state IN ('ringing', 'talking', 'acw', 'ready') THEN until - since ELSE 0 END), 0)",
                "(talk + hold + wrap-up + ring) / (that + ready)",
            ),
            of(
                "ready_rate",
                Percent,
                "100.0 * SUM(CASE WHEN state = 'ready' THEN until - since ELSE 0 END) / SUM(until - since)",
                "Ready / logged in",
            ),
            of(
                "talking_rate",
                Percent,
                "100.0 * SUM(CASE WHEN state = 'talking' THEN until - since ELSE 0 END) / SUM(until - since)",
                "Talking / logged in",
            ),
            of(
                "acw_rate",
                Percent,
                "100.0 * SUM(CASE WHEN state = 'acw' THEN until - since ELSE 0 END) / SUM(until - since)",
                "Wrap-up / logged in",
            ),
            of(
                "pause_rate",
                Percent,
                "100.0 * SUM(CASE WHEN state = 'pause' THEN until - since ELSE 0 END) / SUM(until - since)",
                "Breaks / logged in",
            ),
            of(
                "share",
                Percent,
                "100.0 * SUM(until - since) / SUM(SUM(until - since)) OVER ()",
                "Time / time of all rows",
            ),
            of("agents", Count, "COUNT(DISTINCT agent)", "Agents."),
        ],
    ],
};

pub(super) const SESSIONS: Dataset = Dataset {
    name: "sessions",
    definition: "One time that an agent was logged in.",
    from: "agent_sessions",
    begins: "since",
    ends: "until",
    belongs: None,
    fields: &[
        &[
            by("agent", Text, "agent", "The agent’s extension."),
            by("login", Time, "since", "When the agent logged in."),
            by("logout", Time, "until", "When the agent logged out."),
            by("device", Text, "device", "The telephone."),
            by("queues", Text, "queues", "The queues."),
            by("duration", Duration, "until - since", "How long."),
            by(
                "pause",
                Duration,
                "(SELECT SUM(a.until - a.since) FROM agent_states AS a WHERE a.source = agent_sessions.source AND a.agent = agent_sessions.agent AND a.state = 'pause' AND a.since >= agent_sessions.since AND a.since < agent_sessions.until)",
                "Σ breaks meanwhile.",
            ),
            by(
                "pauses",
                Count,
                "(SELECT COUNT(*) FROM agent_states AS a WHERE a.source = agent_sessions.source AND a.agent = agent_sessions.agent AND a.state = 'pause' AND a.since >= agent_sessions.since AND a.since < agent_sessions.until)",
                "How many breaks.",
            ),
        ],
        &[
            of("sessions", Count, "COUNT(*)", "How often."),
            of("logged_in", Duration, "SUM(until - since)", "Σ logged in."),
            of("agents", Count, "COUNT(DISTINCT agent)", "Agents."),
            of("first_login", Time, "MIN(since)", "The first login."),
            of("last_logout", Time, "MAX(until)", "The last logout."),
        ],
    ],
};

pub(super) const SHIFTS: Dataset = Dataset {
    name: "shifts",
    definition: "A part of a shift: what an agent was to do, and what came of it.",
    from: "(SELECT s.agent, s.activity, s.planned, s.begins, s.ends, COALESCE((SELECT SUM(MIN(a.until, s.ends) - MAX(a.since, s.begins)) FROM agent_states AS a WHERE a.source = s.source AND a.agent = s.agent AND a.since < s.ends AND a.since >= s.begins - 86400000 AND a.until > s.begins AND a.state IN ('ready', 'ringing', 'talking', 'acw', 'not-ready')), 0) AS worked FROM shifts AS s WHERE s.begins >= {begins} AND s.begins < {ends})",
    begins: "begins",
    ends: "ends",
    belongs: None,
    fields: &[
        &[
            by("agent", Text, "agent", "The agent’s extension."),
            by("activity", Text, "activity", "What was planned: work, break, training, sick …"),
            by("planned", YesNo, "planned", "Whether it was planned before the day."),
            by("begins", Time, "begins", "From when."),
            by("ends", Time, "ends", "Until when."),
            by("length", Duration, "ends - begins", "How long it was to be."),
            by("worked", Duration, "worked", "How long the agent worked meanwhile."),
        ],
        &[
            of("parts", Count, "COUNT(*)", "Parts of shifts."),
            of("agents", Count, "COUNT(DISTINCT agent)", "Agents."),
            of("length_total", Duration, "SUM(ends - begins)", "Σ planned."),
            of(
                "work_planned",
                Duration,
                "SUM(CASE WHEN activity = 'work' THEN ends - begins ELSE 0 END)",
                "Σ work planned.",
            ),
            of(
                "work_done",
                Duration,
                "SUM(CASE WHEN activity = 'work' THEN worked ELSE 0 END)",
                "Σ work at the time for which it was planned.",
            ),
            of("worked_total", Duration, "SUM(worked)", "Σ work."),
            of(
                "adherence",
                Percent,
                "100.0 * SUM(CASE WHEN activity = 'work' THEN worked ELSE 0 END) / NULLIF(SUM(CASE WHEN activity = 'work' THEN ends - begins ELSE 0 END), 0)",
                "Work in planned work / planned work",
            ),
            of(
                "conformance",
                Percent,
                "100.0 * SUM(worked) / NULLIF(SUM(CASE WHEN activity = 'work' THEN ends - begins ELSE 0 END), 0)",
                "Work / planned work",
            ),
            of(
                "absent",
                Duration,
                "SUM(CASE WHEN activity <> 'work' THEN ends - begins ELSE 0 END)",
                "Σ planned other than work.",
            ),
            of(
                "absent_planned",
                Duration,
                "SUM(CASE WHEN activity <> 'work' AND planned = 1 THEN ends - begins ELSE 0 END)",
                "Σ of that planned before the day.",
            ),
            of(
                "absent_unplanned",
                Duration,
                "SUM(CASE WHEN activity <> 'work' AND planned = 0 THEN ends - begins ELSE 0 END)",
                "Σ of that not planned.",
            ),
            of(
                "shrinkage",
                Percent,
                "100.0 * SUM(CASE WHEN activity <> 'work' THEN ends - begins ELSE 0 END) / NULLIF(SUM(ends - begins), 0)",
                "1 − work planned / planned",
            ),
            of(
                "share",
                Percent,
                "100.0 * SUM(ends - begins) / SUM(SUM(ends - begins)) OVER ()",
                "Planned / planned of all rows",
            ),
        ],
    ],
};

pub(super) const OFFERS: Dataset = Dataset {
    name: "offers",
    definition: "One offer of a contact to one agent. A visit may make several: being asked is not being called.",
    from: "facts",
    begins: "at",
    ends: "at",
    belongs: Some("kind = 'offer'"),
    fields: &[
        OFFER_ROWS,
        &[
            of("offers", Count, "COUNT(*)", "All offers."),
            of("answered", Count, "SUM(result = 'answered')", "Offers that the agent took."),
            of("rona", Count, "SUM(result IN ('rona', 'rejected'))", "Offers that rang out or were refused."),
            of("rung_out", Count, "SUM(result = 'rona')", "Offers that rang out."),
            of("rejected", Count, "SUM(result = 'rejected')", "Offers that were refused."),
            of("caller_left", Count, "SUM(result = 'caller-left')", "Offers during which the contact left."),
            of("answer_rate", Percent, "100.0 * SUM(result = 'answered') / COUNT(*)", "Taken / offers"),
            of("ring_avg", Duration, "AVG(ms)", "Σ ring / offers"),
            of("ring_max", Duration, "MAX(ms)", "The longest ring."),
            of("visits", Count, "COUNT(DISTINCT visit)", "Visits that were offered."),
            of("per_visit", Number, "1.0 * COUNT(*) / COUNT(DISTINCT visit)", "Offers / visits that were offered"),
        ],
    ],
};

const OFFER_ROWS: &[Field] = &[
    by("visit", Text, "visit", "The visit."),
    by("call", Text, "call", "The call of the contact."),
    by("queue", Text, "queue", "The queue."),
    by("agent", Text, "agent", "The agent’s extension."),
    by("device", Text, "other", "The telephone."),
    by("outcome", Text, "result", "answered, rona, rejected, caller-left."),
    by("at", Time, "at", "When the offer was over."),
    by("ring", Duration, "ms", "How long it rang."),
    by(
        "later",
        Text,
        "(SELECT v.reason FROM visits AS v WHERE v.source = facts.source AND v.visit = facts.visit)",
        "What became of the visit in the end.",
    ),
];
