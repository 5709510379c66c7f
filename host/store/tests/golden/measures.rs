//! What is counted of rows, each by its definition.

use super::super::Row;
use jackfield_model::analytics::Datum;
use std::collections::BTreeSet;

/// Rows that are counted together.
struct Group<'a> {
    rows: &'a [&'a Row],
}

impl<'a> Group<'a> {
    fn int(row: &Row, field: &str) -> Option<i64> {
        match row.get(field) {
            Some(Datum::Integer(number)) => Some(*number),
            Some(_) => None,
            None => panic!("no field {field} is counted a second time"),
        }
    }

    fn is(row: &Row, field: &str, word: &str) -> bool {
        row.get(field).unwrap_or_else(|| panic!("no field {field}")) == &Datum::Text(word.into())
    }

    fn when(&self, wanted: impl Fn(&Row) -> bool) -> f64 {
        self.rows.iter().filter(|row| wanted(row)).count() as f64
    }

    fn word(&self, field: &str, word: &str) -> f64 {
        self.when(|row| Self::is(row, field, word))
    }

    fn words(&self, field: &str, words: &[&str]) -> f64 {
        words.iter().map(|word| self.word(field, word)).sum()
    }

    /// How many have the flag, or more than nothing.
    fn set(&self, field: &str) -> f64 {
        self.when(|row| Self::int(row, field).is_some_and(|number| number > 0))
    }

    fn known(&self, field: &str) -> f64 {
        self.when(|row| row.get(field).unwrap_or_else(|| panic!("no field {field}")) != &Datum::None)
    }

    fn distinct(&self, field: &str) -> f64 {
        let values: BTreeSet<_> =
            self.rows.iter().filter(|row| row[field] != Datum::None).map(|row| format!("{:?}", row[field])).collect();
        values.len() as f64
    }

    fn values(&self, field: &str, wanted: impl Fn(&Row) -> bool) -> Vec<f64> {
        self.rows.iter().filter(|row| wanted(row)).filter_map(|row| Self::int(row, field)).map(|n| n as f64).collect()
    }

    fn sum(&self, field: &str) -> Option<f64> {
        sum(&self.values(field, |_| true))
    }

    fn sum_of(&self, field: &str, wanted: impl Fn(&Row) -> bool) -> f64 {
        self.values(field, wanted).iter().sum()
    }

    fn mean(&self, field: &str) -> Option<f64> {
        mean(&self.values(field, |_| true))
    }

    fn mean_of(&self, field: &str, wanted: impl Fn(&Row) -> bool) -> Option<f64> {
        mean(&self.values(field, wanted))
    }

    fn most(&self, field: &str) -> Option<f64> {
        self.values(field, |_| true).into_iter().reduce(f64::max)
    }

    fn least(&self, field: &str) -> Option<f64> {
        self.values(field, |_| true).into_iter().reduce(f64::min)
    }
}

fn sum(values: &[f64]) -> Option<f64> {
    (!values.is_empty()).then(|| values.iter().sum())
}

fn mean(values: &[f64]) -> Option<f64> {
    sum(values).map(|sum| sum / values.len() as f64)
}

fn share(part: f64, whole: f64) -> Option<f64> {
    (whole != 0.0).then(|| 100.0 * part / whole)
}

fn ratio(part: f64, whole: f64) -> Option<f64> {
    (whole != 0.0).then(|| part / whole)
}

/// How a figure is given.
enum Figure {
    Count(f64),
    /// Whole milliseconds.
    Ms(Option<f64>),
    /// A share or another number.
    Real(Option<f64>),
}
use Figure::{Count, Ms, Real};

/// A measure of a group of rows, among all rows of the answer.
pub fn measure(dataset: &str, name: &str, group: &[&Row], all: &[&Row], span: f64) -> Datum {
    let group = Group { rows: group };
    let all = Group { rows: all };
    let figure = match dataset {
        "visits" => visits(name, &group, &all, span),
        "calls" => calls(name, &group, &all, span),
        "user_calls" => user_calls(name, &group),
        "offers" => offers(name, &group),
        "agent_states" => states(name, &group),
        "shifts" => shifts(name, &group, &all),
        _ => happenings(name, &group, &all),
    };
    match figure.unwrap_or_else(|| panic!("{dataset}.{name} is not counted a second time")) {
        Count(number) => Datum::Integer(number as i64),
        Ms(number) => number.map_or(Datum::None, |ms| Datum::Integer(ms.round() as i64)),
        Real(number) => number.map_or(Datum::None, Datum::Number),
    }
}

fn visits(name: &str, v: &Group<'_>, all: &Group<'_>, span: f64) -> Option<Figure> {
    let is = |reason: &'static str| move |row: &Row| Group::is(row, "reason", reason);
    let (answered, abandoned, closed) =
        (v.word("reason", "answered"), v.word("reason", "abandoned"), v.word("reason", "closed"));
    let visits = v.rows.len() as f64;
    let offered = visits - closed;
    let short = v.set("short");
    let in_target = v.set("in_target");
    let within = |ms: i64| v.when(|row| is("answered")(row) && Group::int(row, "wait").is_some_and(|wait| wait <= ms));
    let level = share(in_target, answered + abandoned - short);
    let vip = |yes: i64| move |row: &Row| Group::int(row, "vip") == Some(yes);
    let got = v.when(|row| row["agent"] != Datum::None && row["agent"] == row["preferred"]);
    let done = |row: &Row| Group::is(row, "callback_result", "done");
    Some(match name {
        "visits" => Count(visits),
        "contacts" => Count(v.distinct("call") + v.when(|row| row["call"] == Datum::None)),
        "offered" => Count(offered),
        "answered" => Count(answered),
        "abandoned" => Count(abandoned),
        "short_abandoned" => Count(short),
        "flowed_out" => Count(v.words("reason", &["overflow", "timeout", "key", "callback"])),
        "timed_out" => Count(v.word("reason", "timeout")),
        "waiting" => Count(0.0),
        "answered_in_target" => Count(in_target),
        "preferred_asked" => Count(v.known("preferred")),
        "preferred_got" => Count(got),
        "preferred_rate" => Real(share(got, v.known("preferred"))),
        "relaxed" => Count(v.set("#level")),
        "transferred_visits" => Count(v.set("#transfers")),
        "transfer_rate" => Real(share(v.set("#transfers"), answered)),
        "share" => Real(share(visits, all.rows.len() as f64)),
        "repeats" => Count(v.set("#repeat")),
        "repeat_rate" => Real(share(v.set("#repeat"), visits)),
        "fcr" => Real(share(v.when(|row| is("answered")(row) && Group::int(row, "#again") == Some(0)), answered)),
        "contacts_once" => Count(v.distinct("contact")),
        "last_at" => Ms(v.most("entered")),
        "service_level" => Real(level),
        "service_level_3" => Real(share(in_target, answered)),
        "goal" => Real(v.mean("#percent")),
        "target" => Ms(v.mean("target")),
        "goal_gap" => Real(level.zip(v.mean("#percent")).map(|(level, goal)| level - goal)),
        "answer_rate" => Real(share(answered, offered)),
        "abandonment_rate" => Real(share(abandoned - short, offered - short)),
        "missed_rate" => Real(share(offered - answered, offered)),
        "told_count" => Count(v.known("told")),
        "told_avg" => Ms(v.mean("told")),
        "told_wait" => Ms(v.mean_of("wait", |row| row["told"] != Datum::None)),
        "told_error_avg" => {
            let error = |row: &&Row| Some((Group::int(row, "wait")? - Group::int(row, "told")?).abs() as f64);
            Ms(mean(&v.rows.iter().filter_map(error).collect::<Vec<_>>()))
        }
        "asa" => Ms(v.mean_of("wait", is("answered"))),
        "wait_avg" => Ms(ratio(v.sum_of("wait", |row| !is("closed")(row)), offered)),
        "wait_max" => Ms(v.most("wait")),
        "wait_abandoned" => Ms(v.mean_of("wait", is("abandoned"))),
        "wait_abandoned_max" => Ms(v.values("wait", is("abandoned")).into_iter().reduce(f64::max)),
        "wait_unanswered" => Ms(v.mean_of("wait", |row| !is("answered")(row))),
        "wait_unanswered_max" => Ms(v.values("wait", |row| !is("answered")(row)).into_iter().reduce(f64::max)),
        "wait_preferred" => Ms(v.mean_of("wait", |row| row["preferred"] != Datum::None && is("answered")(row))),
        "wait_vip" => Ms(v.mean_of("wait", vip(1))),
        "length_avg" => Real(v.sum("wait").map(|waited| waited / span.trunc())),
        "position_max" => Count(v.most("position")?),
        "ring_avg" => Ms(v.mean("ring")),
        "talk_total" => Ms(v.sum("talk")),
        "talk_avg" => Ms(v.mean("talk")),
        "talk_min" => Ms(v.least("talk")),
        "talk_max" => Ms(v.most("talk")),
        "hold_total" => Ms(v.sum("hold")),
        "hold_avg" => Ms(ratio(v.sum_of("hold", |_| true), answered)),
        "acw_total" => Ms(v.sum("acw")),
        "acw_avg" => Ms(v.mean("acw")),
        "acw_max" => Ms(v.most("acw")),
        "acw_allowed_avg" => Ms(v.mean("#acw_allowed")),
        "acw_overruns" => Count(v.words("#acw_why", &["timeout", "extended"])),
        "acw_extended" => Count(v.word("#acw_why", "extended")),
        "acw_early" => Count(v.word("#acw_why", "done")),
        "handle_total" => Ms(sum(&handles(v))),
        "aht" => Ms(mean(&handles(v))),
        "handled_share" => Real(share(answered, all.word("reason", "answered"))),
        "callbacks" => Count(v.known("callback_at")),
        "callbacks_done" => Count(v.word("callback_result", "done")),
        "callbacks_expired" => Count(v.word("callback_result", "expired")),
        "callbacks_open" => {
            Count(v.when(|row| row["callback_at"] != Datum::None && row["callback_over"] == Datum::None))
        }
        "callbacks_tries" => Count(v.sum_of("callback_attempts", |_| true)),
        "callback_rate" => Real(share(v.word("callback_result", "done"), v.known("callback_at"))),
        "callback_delay" => {
            let delay =
                |row: &&&Row| Some((Group::int(row, "callback_over")? - Group::int(row, "callback_at")?) as f64);
            let delays: Vec<_> = v.rows.iter().filter(|row| done(row)).filter_map(|row| delay(&row)).collect();
            Ms(mean(&delays))
        }
        "within_10" => Count(within(10_000)),
        "within_20" => Count(within(20_000)),
        "within_30" => Count(within(30_000)),
        "within_60" => Count(within(60_000)),
        "within_120" => Count(within(120_000)),
        "over_120" => Count(answered - within(120_000)),
        "share_10" => Real(share(within(10_000), offered - short)),
        "share_20" => Real(share(within(20_000), offered - short)),
        "share_30" => Real(share(within(30_000), offered - short)),
        "share_60" => Real(share(within(60_000), offered - short)),
        "share_120" => Real(share(within(120_000), offered - short)),
        _ => return None,
    })
}

/// Talk, hold and wrap-up of those who were answered.
fn handles(v: &Group<'_>) -> Vec<f64> {
    let handle = |row: &&Row| {
        let parts = Group::int(row, "talk")? + Group::int(row, "hold")? + Group::int(row, "acw").unwrap_or(0);
        Some(parts as f64)
    };
    v.rows.iter().filter_map(handle).collect()
}

fn calls(name: &str, c: &Group<'_>, all: &Group<'_>, span: f64) -> Option<Figure> {
    let calls = c.rows.len() as f64;
    let answered = c.set("answered_call");
    let rings = |row: &Row| Group::int(row, "answered_call") == Some(1);
    Some(match name {
        "calls" => Count(calls),
        "inbound" | "outbound" | "internal" => Count(c.word("direction", name)),
        "answered" => Count(answered),
        "by_people" => Count(c.set("#by_people")),
        "unanswered" => Count(calls - answered),
        "busy" => Count(c.word("cause", "busy")),
        "no_answer" => Count(c.word("cause", "no-answer")),
        "cancelled" => Count(c.word("cause", "cancelled")),
        "failures" => Count(c.words("cause", &["failed", "unavailable", "not-found", "rejected"])),
        "answer_rate" => Real(share(answered, calls)),
        "share" => Real(share(calls, all.rows.len() as f64)),
        "numbers" => Count(c.distinct("external")),
        "queued" => Count(c.set("#queued")),
        "target_rate" => Real(share(c.set("#in_target"), c.set("#queued"))),
        "days" => Count(c.distinct("day")),
        "first_at" => Ms(c.least("started")),
        "last_at" => Ms(c.most("started")),
        "time" => Ms(c.sum("duration")),
        "duration_avg" => Ms(c.mean("duration")),
        "duration_max" => Ms(c.most("duration")),
        "ring_avg" => Ms(c.mean("ring")),
        "answer_avg" => Ms(c.mean_of("ring", rings)),
        "answer_max" => Ms(c.values("ring", rings).into_iter().reduce(f64::max)),
        "erlang" => {
            let taken: f64 = c
                .rows
                .iter()
                .map(|row| (Group::int(row, "ended").unwrap_or(0) - Group::int(row, "started").unwrap_or(0)) as f64)
                .sum();
            Real(Some(taken / span.trunc()))
        }
        "minutes" => Real(c.sum("duration").map(|ms| ms / 60_000.0)),
        _ => return None,
    })
}

fn user_calls(name: &str, u: &Group<'_>) -> Option<Figure> {
    let way = |way: &'static str| move |row: &Row| Group::is(row, "way", way);
    let both = |which: &'static str, answered: i64| {
        u.when(|row| way(which)(row) && Group::int(row, "answered_call") == Some(answered))
    };
    Some(match name {
        "calls" => Count(u.rows.len() as f64),
        "made" => Count(u.word("way", "out")),
        "made_answered" => Count(both("out", 1)),
        "received" => Count(u.word("way", "in")),
        "taken" => Count(both("in", 1)),
        "missed" => Count(both("in", 0)),
        "taken_rate" => Real(share(both("in", 1), u.word("way", "in"))),
        "numbers" => Count(u.distinct("other")),
        "time" => Ms(u.sum("duration")),
        "time_out" => Ms(sum(&u.values("duration", way("out")))),
        "duration_avg" => Ms(u.mean("duration")),
        "duration_max" => Ms(u.most("duration")),
        "ring_avg" => Ms(u.mean_of("ring", way("in"))),
        _ => return None,
    })
}

fn offers(name: &str, o: &Group<'_>) -> Option<Figure> {
    let offers = o.rows.len() as f64;
    Some(match name {
        "offers" => Count(offers),
        "answered" => Count(o.word("outcome", "answered")),
        "rona" => Count(o.words("outcome", &["rona", "rejected"])),
        "caller_left" => Count(o.word("outcome", "caller-left")),
        "answer_rate" => Real(share(o.word("outcome", "answered"), offers)),
        "ring_avg" => Ms(o.mean("ring")),
        "visits" => Count(o.distinct("visit")),
        "per_visit" => Real(ratio(offers, o.distinct("visit"))),
        _ => return None,
    })
}

fn states(name: &str, s: &Group<'_>) -> Option<Figure> {
    let total = s.sum_of("duration", |_| true);
    let of = |state: &'static str| s.sum_of("duration", |row| Group::is(row, "state", state));
    let busy = of("ringing") + of("talking") + of("acw");
    Some(match name {
        "total" => Ms(Some(total)),
        "ready" | "ringing" | "talking" | "acw" | "pause" => {
            let states = ["ready", "ringing", "talking", "acw", "pause"];
            Ms(states.into_iter().find(|state| *state == name).map(of))
        }
        "not_ready" => Ms(Some(of("not-ready"))),
        "busy" => Ms(Some(busy)),
        "billable" => Real(Some((of("talking") + of("acw")) / 60_000.0)),
        "occupancy" => Real(share(busy, busy + of("ready"))),
        "ready_rate" => Real(share(of("ready"), total)),
        "talking_rate" => Real(share(of("talking"), total)),
        "acw_rate" => Real(share(of("acw"), total)),
        "pause_rate" => Real(share(of("pause"), total)),
        _ => return None,
    })
}

fn shifts(name: &str, s: &Group<'_>, all: &Group<'_>) -> Option<Figure> {
    let work = |row: &Row| Group::is(row, "activity", "work");
    let planned = s.sum_of("length", work);
    Some(match name {
        "parts" => Count(s.rows.len() as f64),
        "agents" => Count(s.distinct("agent")),
        "length_total" => Ms(s.sum("length")),
        "share" => Real(share(s.sum_of("length", |_| true), all.sum_of("length", |_| true))),
        "work_planned" => Ms(Some(planned)),
        "work_done" => Ms(Some(s.sum_of("worked", work))),
        "adherence" => Real(share(s.sum_of("worked", work), planned)),
        "conformance" => Real(share(s.sum_of("worked", |_| true), planned)),
        _ => return None,
    })
}

fn happenings(name: &str, h: &Group<'_>, all: &Group<'_>) -> Option<Figure> {
    let count = h.rows.len() as f64;
    Some(match name {
        "count" => Count(count),
        "share" => Real(share(count, all.rows.len() as f64)),
        "calls" => Count(h.distinct("call")),
        "lasted_total" => Ms(h.sum("lasted")),
        "aht" => Ms(h.mean("#handle")),
        "blind" | "attended" => Count(h.word("kind", name)),
        "succeeded" => Count(h.set("done")),
        "success_rate" => Real(share(h.set("done"), count)),
        "score_avg" => Real(h.mean("score")),
        "low" => Count(h.when(|row| Group::int(row, "score") <= Some(2))),
        "high" => Count(h.when(|row| Group::int(row, "score") >= Some(4))),
        "chosen" => Count(h.word("outcome", "chosen")),
        "invalid" => Count(h.word("outcome", "invalid")),
        "timeouts" => Count(h.word("outcome", "timeout")),
        "hang_ups" => Count(h.word("outcome", "hang-up")),
        "lost_rate" => Real(share(h.word("outcome", "hang-up"), h.distinct("call"))),
        "took_avg" => Ms(h.mean("took")),
        _ => return None,
    })
}
