//! The datasets of calls: `calls`, one row for each call of the house, and `user_calls`, one row for each extension in it.

use super::dataset::{Dataset, Field, by, of};
use jackfield_model::analytics::Unit::{Count, Duration, Number, Percent, Text, Time, YesNo};

pub(super) const CALLS: Dataset = Dataset {
    name: "calls",
    definition: "One call of the house, from its INVITE to its end.",
    from: "call_records",
    begins: "started",
    ends: "ended",
    belongs: None,
    fields: &[ROWS, COUNTS, LENGTHS],
};

const ROWS: &[Field] = &[
    by("call", Text, "id", "The call."),
    by("direction", Text, "direction", "internal, inbound or outbound."),
    by("from", Text, "caller_number", "The number of the caller."),
    by("from_name", Text, "caller_name", "The caller’s name."),
    by("to", Text, "callee_number", "The number that was dialled."),
    by("to_name", Text, "callee_name", "The name of who was called."),
    by(
        "external",
        Text,
        "CASE direction WHEN 'inbound' THEN caller_number WHEN 'outbound' THEN callee_number END",
        "The number outside.",
    ),
    by(
        "external_name",
        Text,
        "CASE direction WHEN 'inbound' THEN caller_name WHEN 'outbound' THEN callee_name END",
        "The name of who is outside.",
    ),
    by(
        "area",
        Text,
        "substr(CASE direction WHEN 'inbound' THEN caller_number WHEN 'outbound' THEN callee_number END, 1, 4)",
        "The beginning of the number outside: four characters.",
    ),
    by("pair", Text, "caller_number || ' → ' || callee_number", "Who called whom."),
    by(
        "anonymous",
        YesNo,
        "direction = 'inbound' AND (caller_number = '' OR caller_number = 'anonymous')",
        "Whether the caller showed no number.",
    ),
    by("trunk", Text, "trunk", "The trunk that it came or went by."),
    by("diverted_by", Text, "diverted_by", "The number that had sent it on before it came."),
    by("answered_by", Text, "answered_by", "The extension, the number or the script that answered."),
    by("started", Time, "started", "When it began."),
    by("answered_at", Time, "answered", "When it was answered."),
    by("ended", Time, "ended", "When it was over."),
    by("answered_call", YesNo, "answered IS NOT NULL", "Whether it was answered."),
    by("in_script", YesNo, "answered_by LIKE '%/%'", "Whether a script had it last: a menu, a mailbox, a queue."),
    by(
        "cause",
        Text,
        "cause",
        "Why it ended: answered, cancelled, no-answer, busy, rejected, not-found, unavailable, failed.",
    ),
    by("detail", Text, "detail", "The same in a sentence."),
    by("ring", Duration, "COALESCE(answered, ended) - started", "From the beginning to the answer, or to the end."),
    by("duration", Duration, "ended - answered", "From the answer to the end."),
    by("length_band", Duration, "(ended - answered) / 60000 * 60000", "The duration in steps of a minute."),
    by(
        "returned",
        Time,
        "(SELECT MIN(r.started) FROM call_records AS r WHERE r.direction = 'outbound' AND r.callee_number = call_records.caller_number AND r.started > call_records.started)",
        "When the house first called the number after that.",
    ),
    by(
        "queue",
        Text,
        "(SELECT v.queue FROM visits AS v WHERE v.call = call_records.id ORDER BY v.entered LIMIT 1)",
        "The queue, the first when there were several.",
    ),
    by("wait", Duration, "(SELECT SUM(v.wait) FROM visits AS v WHERE v.call = call_records.id)", "The wait in queues."),
    by(
        "agent",
        Text,
        "(SELECT v.agent FROM visits AS v WHERE v.call = call_records.id AND v.agent IS NOT NULL ORDER BY v.entered LIMIT 1)",
        "The agent, the first when there were several.",
    ),
    by(
        "stints",
        Count,
        "(SELECT COUNT(*) FROM visits AS v WHERE v.call = call_records.id)",
        "How many queues it was in.",
    ),
    by(
        "reason",
        Text,
        "(SELECT v.reason FROM visits AS v WHERE v.call = call_records.id ORDER BY v.entered DESC LIMIT 1)",
        "Why it left the last queue.",
    ),
    by(
        "code",
        Text,
        "(SELECT v.code FROM visits AS v WHERE v.call = call_records.id AND v.code IS NOT NULL ORDER BY v.entered LIMIT 1)",
        "The wrap-up code.",
    ),
    by(
        "lost_in",
        Text,
        "CASE WHEN direction <> 'inbound' THEN NULL WHEN answered IS NULL THEN 'ring' WHEN EXISTS (SELECT 1 FROM visits AS v WHERE v.call = call_records.id AND v.reason = 'answered') THEN NULL WHEN EXISTS (SELECT 1 FROM visits AS v WHERE v.call = call_records.id AND v.reason = 'closed') THEN 'closed' WHEN EXISTS (SELECT 1 FROM visits AS v WHERE v.call = call_records.id) THEN 'queue' WHEN answered_by LIKE '%/%' THEN 'ivr' END",
        "Where an inbound call was lost: while it rang, in a menu, in a queue, at a closed queue.",
    ),
];

const COUNTS: &[Field] = &[
    of("calls", Count, "COUNT(*)", "All calls."),
    of("inbound", Count, "SUM(direction = 'inbound')", "Calls from a trunk."),
    of("outbound", Count, "SUM(direction = 'outbound')", "Calls to a trunk."),
    of("internal", Count, "SUM(direction = 'internal')", "Calls between extensions."),
    of("answered", Count, "SUM(answered IS NOT NULL)", "Calls that were answered, by a person or a script."),
    of(
        "by_people",
        Count,
        "SUM(answered IS NOT NULL AND answered_by NOT LIKE '%/%')",
        "Calls that a person answered in the end.",
    ),
    of("unanswered", Count, "SUM(answered IS NULL)", "Calls that were not answered."),
    of("busy", Count, "SUM(cause = 'busy')", "Calls that ended because it was busy."),
    of("no_answer", Count, "SUM(cause = 'no-answer')", "Calls that nobody answered in time."),
    of("cancelled", Count, "SUM(cause = 'cancelled')", "Calls whose caller gave up."),
    of(
        "failures",
        Count,
        "SUM(cause IN ('failed', 'unavailable', 'not-found', 'rejected'))",
        "Calls that failed, were refused, or went to nobody.",
    ),
    of(
        "answer_rate",
        Percent,
        "100.0 * SUM(answered IS NOT NULL) / COUNT(*)",
        "Answer-seizure ratio: answered / calls",
    ),
    of("share", Percent, "100.0 * COUNT(*) / SUM(COUNT(*)) OVER ()", "Calls / calls of all rows"),
    of(
        "numbers",
        Count,
        "COUNT(DISTINCT CASE direction WHEN 'inbound' THEN caller_number WHEN 'outbound' THEN callee_number END)",
        "Numbers outside, each once.",
    ),
    of(
        "queued",
        Count,
        "SUM(EXISTS (SELECT 1 FROM visits AS v WHERE v.call = call_records.id))",
        "Calls that came into a queue.",
    ),
    of(
        "target_rate",
        Percent,
        "100.0 * SUM((SELECT MAX(v.in_target) FROM visits AS v WHERE v.call = call_records.id)) / NULLIF(SUM(EXISTS (SELECT 1 FROM visits AS v WHERE v.call = call_records.id)), 0)",
        "Calls answered within the target of their queue / calls that came into a queue",
    ),
    of("days", Count, "COUNT(DISTINCT {local} / 86400000)", "Days on which there was one."),
    of("first_at", Time, "MIN(started)", "The first of them."),
    of("last_at", Time, "MAX(started)", "The last of them."),
];

const LENGTHS: &[Field] = &[
    of("time", Duration, "SUM(ended - answered)", "Σ duration: from the answer to the end."),
    of("duration_avg", Duration, "AVG(ended - answered)", "Average call duration: Σ duration / answered"),
    of("duration_min", Duration, "MIN(ended - answered)", "The shortest duration."),
    of("duration_max", Duration, "MAX(ended - answered)", "The longest duration."),
    of("ring_avg", Duration, "AVG(COALESCE(answered, ended) - started)", "Σ ring / calls"),
    of("ring_max", Duration, "MAX(COALESCE(answered, ended) - started)", "The longest ring."),
    of("answer_avg", Duration, "AVG(answered - started)", "Σ ring of answered / answered"),
    of("answer_max", Duration, "MAX(answered - started)", "The longest time to an answer."),
    of(
        "erlang",
        Number,
        "1.0 * SUM(ended - started) / {span}",
        "Mean traffic in Erlang: Σ time that a channel was taken / length of the period or of the stretch.",
    ),
    of("minutes", Number, "SUM(ended - answered) / 60000.0", "Σ duration in minutes."),
];

pub(super) const USER_CALLS: Dataset = Dataset {
    name: "user_calls",
    definition: "One extension’s part in a call: a call between two extensions is a row for each.",
    from: "(SELECT id, caller_extension AS user, 'out' AS way, direction, callee_number AS other, callee_name AS other_name, started, answered, ended, cause, answered_by IS NOT NULL AS taken FROM call_records WHERE caller_extension IS NOT NULL
           UNION ALL SELECT id, COALESCE(CASE WHEN answered_by NOT LIKE '%/%' AND direction <> 'outbound' THEN answered_by END, callee_extension) AS user, 'in' AS way, direction, caller_number, caller_name, started, answered, ended, cause, answered IS NOT NULL
           FROM call_records WHERE direction <> 'outbound' AND (answered_by NOT LIKE '%/%' OR callee_extension IS NOT NULL)) AS part",
    begins: "started",
    ends: "ended",
    belongs: Some("user IS NOT NULL"),
    fields: &[USER_ROWS, USER_COUNTS],
};

const USER_ROWS: &[Field] = &[
    by("call", Text, "id", "The call."),
    by("user", Text, "user", "The extension."),
    by(
        "user_name",
        Text,
        "(SELECT e.name FROM extensions AS e WHERE e.number = user AND e.deleted IS NULL)",
        "The name of the extension.",
    ),
    by("way", Text, "way", "`out` for calls that the extension made, `in` for those that it was to take."),
    by("direction", Text, "direction", "internal, inbound or outbound."),
    by("other", Text, "other", "The number of the other side."),
    by("other_name", Text, "other_name", "The name of the other side."),
    by("started", Time, "started", "When it began."),
    by("answered_at", Time, "answered", "When it was answered."),
    by("ended", Time, "ended", "When it was over."),
    by("answered_call", YesNo, "answered IS NOT NULL", "Whether it was answered."),
    by("cause", Text, "cause", "Why it ended."),
    by("ring", Duration, "COALESCE(answered, ended) - started", "From the beginning to the answer, or to the end."),
    by("duration", Duration, "ended - answered", "From the answer to the end."),
    by(
        "returned",
        Time,
        "(SELECT MIN(r.started) FROM call_records AS r WHERE r.caller_extension = part.user AND r.callee_number = part.other AND r.started > part.ended)",
        "When the extension first called the other side after that.",
    ),
];

const USER_COUNTS: &[Field] = &[
    of("calls", Count, "COUNT(*)", "All calls of the extension."),
    of("made", Count, "SUM(way = 'out')", "Calls that it made."),
    of(
        "made_answered",
        Count,
        "SUM(way = 'out' AND answered IS NOT NULL)",
        "Calls that it made and that were answered.",
    ),
    of("received", Count, "SUM(way = 'in')", "Calls that it was to take."),
    of("taken", Count, "SUM(way = 'in' AND answered IS NOT NULL)", "Calls that it took."),
    of("missed", Count, "SUM(way = 'in' AND answered IS NULL)", "Calls that it did not take."),
    of(
        "taken_rate",
        Percent,
        "100.0 * SUM(way = 'in' AND answered IS NOT NULL) / NULLIF(SUM(way = 'in'), 0)",
        "Taken / to take",
    ),
    of("inbound", Count, "SUM(direction = 'inbound')", "Calls from outside."),
    of("outbound", Count, "SUM(direction = 'outbound')", "Calls to the outside."),
    of("internal", Count, "SUM(direction = 'internal')", "Calls in the house."),
    of("numbers", Count, "COUNT(DISTINCT other)", "Other sides, each once."),
    of("time", Duration, "SUM(ended - answered)", "Σ duration."),
    of("time_in", Duration, "SUM(CASE WHEN way = 'in' THEN ended - answered END)", "Σ duration of calls that it took."),
    of(
        "time_out",
        Duration,
        "SUM(CASE WHEN way = 'out' THEN ended - answered END)",
        "Σ duration of calls that it made.",
    ),
    of("duration_avg", Duration, "AVG(ended - answered)", "Σ duration / answered"),
    of("duration_max", Duration, "MAX(ended - answered)", "The longest duration."),
    of(
        "ring_avg",
        Duration,
        "AVG(CASE WHEN way = 'in' THEN COALESCE(answered, ended) - started END)",
        "Σ ring of calls to it / their number",
    ),
    of("share", Percent, "100.0 * COUNT(*) / SUM(COUNT(*)) OVER ()", "Calls / calls of all rows"),
    of("first_at", Time, "MIN(started)", "The first of them."),
    of("last_at", Time, "MAX(started)", "The last of them."),
];
