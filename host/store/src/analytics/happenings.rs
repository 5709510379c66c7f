//! The datasets of single facts: codes, transfers, surveys, menus, alarms, and all of them in their order; and of what else the
//! house remembers: recordings and what admins did.

use super::dataset::{Dataset, Field, by, of};
use jackfield_model::analytics::Unit::{Count, Duration, Number, Percent, Text, Time, YesNo};

const COUNT: Field = of("count", Count, "COUNT(*)", "How many.");
const SHARE: Field =
    of("share", Percent, "100.0 * COUNT(*) / SUM(COUNT(*)) OVER ()", "How many / how many in all rows");
const AT: Field = by("at", Time, "at", "When.");
const CALL: Field = by("call", Text, "call", "The call.");
const VISIT: Field = by("visit", Text, "visit", "The visit.");
const QUEUE: Field = by("queue", Text, "queue", "The queue.");
const AGENT: Field = by("agent", Text, "agent", "The agent’s extension.");

/// A dataset of the facts of one kind.
const fn facts(
    name: &'static str,
    definition: &'static str,
    kind: &'static str,
    fields: &'static [&'static [Field]],
) -> Dataset {
    Dataset { name, definition, from: "facts", begins: "at", ends: "at", belongs: Some(kind), fields }
}

pub(super) const EVENTS: Dataset = Dataset {
    belongs: None,
    ..facts(
        "events",
        "One fact, of any kind, in the order of its time.",
        "",
        &[
            &[
                AT,
                by("kind", Text, "kind", "What happened."),
                CALL,
                VISIT,
                QUEUE,
                AGENT,
                by("result", Text, "result", "What came of it."),
                by("other", Text, "other", "The other one: device, number, supervisor, where to, menu, name."),
                by("code", Text, "code", "A key, or who."),
                by("lasted", Duration, "ms", "How long."),
                by("value", Number, "value", "A count, a score, a place."),
                by(
                    "since_start",
                    Duration,
                    "at - (SELECT MIN(b.at) FROM facts AS b WHERE b.call = facts.call)",
                    "Since the first fact of the call.",
                ),
            ],
            &[
                COUNT,
                SHARE,
                of("calls", Count, "COUNT(DISTINCT call)", "Calls in which it happened."),
                of("lasted_total", Duration, "SUM(ms)", "Σ how long."),
                of("lasted_avg", Duration, "AVG(ms)", "Σ how long / how many"),
            ],
        ],
    )
};

pub(super) const CODES: Dataset = Dataset {
    name: "codes",
    definition: "One wrap-up code of a visit; a visit may have several.",
    from: "(SELECT f.at, f.call, f.visit, f.queue, f.agent, f.result AS code, v.talk, v.hold, v.acw, v.contact, v.name, v.entered FROM facts AS f LEFT JOIN visits AS v ON v.source = f.source AND v.visit = f.visit WHERE f.kind = 'wrapup-code' AND f.at >= {begins} AND f.at < {ends})",
    begins: "at",
    ends: "at",
    belongs: None,
    fields: &[&[
        by("code", Text, "code", "The code."),
        QUEUE,
        AGENT,
        AT,
        CALL,
        VISIT,
        by("contact", Text, "contact", "The number or address of the contact."),
        by("name", Text, "name", "The contact’s name."),
        COUNT,
        SHARE,
        of("aht", Duration, "AVG(talk + hold + COALESCE(acw, 0))", "Σ (talk + hold + wrap-up) / codes"),
        of("handle_total", Duration, "SUM(talk + hold + COALESCE(acw, 0))", "Σ (talk + hold + wrap-up)"),
        of("agents", Count, "COUNT(DISTINCT agent)", "Agents who gave it."),
        of("contacts_once", Count, "COUNT(DISTINCT contact)", "Numbers and addresses, each once."),
        of(
            "repeat_rate",
            Percent,
            "100.0 * (COUNT(*) - COUNT(DISTINCT contact)) / COUNT(*)",
            "Codes of contacts who had the same in the period before / codes",
        ),
    ]],
};

pub(super) const TRANSFERS: Dataset = facts(
    "transfers",
    "An agent passed a contact on, or tried to.",
    "kind = 'transfer'",
    &[&[
        AT,
        CALL,
        VISIT,
        QUEUE,
        by("from", Text, "agent", "The agent who passed it on."),
        by("to", Text, "other", "Where it went: an extension, a number, a queue."),
        by("kind", Text, "result", "blind or attended."),
        by("done", YesNo, "value", "Whether it went there."),
        by(
            "returned",
            YesNo,
            "EXISTS (SELECT 1 FROM visits AS v WHERE v.call = facts.call AND v.entered > facts.at)",
            "Whether the call came into a queue after that.",
        ),
        COUNT,
        SHARE,
        of("blind", Count, "SUM(result = 'blind')", "Without asking whoever gets it."),
        of("attended", Count, "SUM(result = 'attended')", "After a word with whoever gets it."),
        of("succeeded", Count, "SUM(value)", "That went there."),
        of("success_rate", Percent, "100.0 * SUM(value) / COUNT(*)", "That went there / all"),
    ]],
);

pub(super) const HELP: Dataset = facts(
    "help_requests",
    "An agent asked for help.",
    "kind = 'help-request'",
    &[&[
        AT,
        CALL,
        VISIT,
        QUEUE,
        AGENT,
        by("supervisor", Text, "other", "Who came."),
        by("response", Duration, "ms", "How long the agent waited."),
        by("came", YesNo, "value", "Whether somebody came."),
        COUNT,
        of("helped", Count, "SUM(value)", "Times that somebody came."),
        of("response_avg", Duration, "AVG(ms)", "Σ wait of agents / how many"),
        of("response_max", Duration, "MAX(ms)", "The longest wait of an agent."),
    ]],
);

pub(super) const MONITORS: Dataset = facts(
    "monitors",
    "A supervisor listened.",
    "kind = 'monitor'",
    &[&[
        AT,
        CALL,
        VISIT,
        QUEUE,
        AGENT,
        by("supervisor", Text, "other", "Who listened."),
        by("mode", Text, "result", "listen, whisper or barge."),
        by("lasted", Duration, "ms", "How long."),
        by("basis", Text, "code", "Why that was allowed."),
        COUNT,
        of("lasted_total", Duration, "SUM(ms)", "Σ how long."),
    ]],
);

pub(super) const SURVEYS: Dataset = facts(
    "surveys",
    "An answer of a contact after the conversation.",
    "kind = 'survey'",
    &[&[
        AT,
        CALL,
        VISIT,
        QUEUE,
        AGENT,
        by("question", Text, "result", "The question."),
        by("score", Count, "value", "The answer."),
        by("comment", Text, "other", "What else was said."),
        COUNT,
        SHARE,
        of("score_avg", Number, "AVG(value)", "Σ score / answers"),
        of("score_min", Count, "MIN(value)", "The lowest score."),
        of("score_max", Count, "MAX(value)", "The highest score."),
        of("low", Count, "SUM(value <= 2)", "Scores of 2 or less."),
        of("high", Count, "SUM(value >= 4)", "Scores of 4 or more."),
        of(
            "nps",
            Number,
            "100.0 * (SUM(value >= 9) - SUM(value <= 6)) / COUNT(*)",
            "Share of 9 and 10 less share of 0 to 6, in points",
        ),
    ]],
);

pub(super) const MENUS: Dataset = facts(
    "ivr_steps",
    "A step of a menu.",
    "kind = 'ivr-step'",
    &[&[
        AT,
        CALL,
        by("menu", Text, "other", "The menu."),
        by("key", Text, "code", "The keys."),
        by("outcome", Text, "result", "chosen, invalid, timeout, hang-up."),
        by("took", Duration, "ms", "How long it took."),
        by(
            "then",
            Text,
            "(SELECT v.queue FROM visits AS v WHERE v.call = facts.call ORDER BY v.entered LIMIT 1)",
            "The queue after it.",
        ),
        by(
            "in_the_end",
            Text,
            "(SELECT v.reason FROM visits AS v WHERE v.call = facts.call ORDER BY v.entered DESC LIMIT 1)",
            "Why the call left its last queue.",
        ),
        COUNT,
        SHARE,
        of("calls", Count, "COUNT(DISTINCT call)", "Calls, each once."),
        of("chosen", Count, "SUM(result = 'chosen')", "Steps with a key that means something."),
        of("invalid", Count, "SUM(result = 'invalid')", "Steps with a key that means nothing."),
        of("timeouts", Count, "SUM(result = 'timeout')", "Steps without a key."),
        of("hang_ups", Count, "SUM(result = 'hang-up')", "Steps at which the caller hung up."),
        of("took_avg", Duration, "AVG(ms)", "Σ how long / steps"),
        of("lost_rate", Percent, "100.0 * SUM(result = 'hang-up') / COUNT(DISTINCT call)", "Lost in the menu / calls"),
    ]],
);

pub(super) const CALLBACKS: Dataset = facts(
    "callback_steps",
    "A step of a call-back.",
    "kind = 'callback'",
    &[&[
        AT,
        CALL,
        VISIT,
        QUEUE,
        AGENT,
        by("step", Text, "result", "requested, offered, attempt, done, expired."),
        by("number", Text, "other", "The number that is called."),
        by("attempt", Count, "value", "Which try."),
        COUNT,
        SHARE,
    ]],
);

pub(super) const ALARMS: Dataset = facts(
    "alarms",
    "An alarm was raised.",
    "kind = 'alarm' AND result = 'raised'",
    &[&[
        AT,
        by("name", Text, "other", "The alarm."),
        QUEUE,
        by(
            "cleared",
            Time,
            "(SELECT MIN(a.at) FROM facts AS a WHERE a.kind = 'alarm' AND a.source = facts.source AND a.other = facts.other AND a.queue IS facts.queue AND a.result = 'cleared' AND a.at >= facts.at)",
            "When it was over.",
        ),
        by(
            "acknowledged",
            Time,
            "(SELECT MIN(a.at) FROM facts AS a WHERE a.kind = 'alarm' AND a.source = facts.source AND a.other = facts.other AND a.queue IS facts.queue AND a.result = 'acknowledged' AND a.at >= facts.at)",
            "When somebody had seen it.",
        ),
        by(
            "by",
            Text,
            "(SELECT a.code FROM facts AS a WHERE a.kind = 'alarm' AND a.source = facts.source AND a.other = facts.other AND a.queue IS facts.queue AND a.result = 'acknowledged' AND a.at >= facts.at ORDER BY a.at LIMIT 1)",
            "Who had seen it.",
        ),
        COUNT,
    ]],
);

pub(super) const RECORDINGS: Dataset = Dataset {
    name: "recordings",
    definition: "A recording of a call.",
    from: "recordings",
    begins: "started",
    ends: "started",
    belongs: Some("duration IS NOT NULL"),
    fields: &[&[
        by("call", Text, "call", "The call."),
        by("from", Text, "caller_number", "The caller’s number."),
        by("to", Text, "callee_number", "The number of who was called."),
        by("started", Time, "started", "When it began."),
        by("started_by", Text, "started_by", "Who asked for it; nobody when the house records."),
        by("duration", Duration, "duration", "How long it is."),
        COUNT,
        of("length", Duration, "SUM(duration)", "Σ how long."),
        of("megabytes", Number, "SUM(bytes) / 1000000.0", "Megabytes on the disk."),
        of("oldest", Time, "MIN(started)", "The oldest."),
    ]],
};

pub(super) const CHANGES: Dataset = Dataset {
    name: "changes",
    definition: "What an administrator did.",
    from: "audit_log",
    begins: "at",
    ends: "at",
    belongs: None,
    fields: &[&[
        AT,
        by("who", Text, "actor", "Who did it."),
        by("address", Text, "source", "Where from."),
        by("action", Text, "action", "What was done."),
        by("target", Text, "target", "What to."),
        by("detail", Text, "detail", "What was changed."),
        COUNT,
    ]],
};
