//! What was expected of a call, held against what happened.

use super::{
    file::{PlannedCall, Said},
    run::Fault,
};
use crate::{
    conversation::{Conversation, is_prompt},
    route::Route,
};
use std::{fmt, time::Duration};

/// A call that is over, as lines with times: what was decided, and when a script of the plugin took it what came of that.
pub(crate) struct Trace {
    pub(crate) route: Route,
    pub(crate) conversation: Option<Conversation>,
}

/// One line of a trace.
struct Event {
    at: Duration,
    words: String,
}

impl Trace {
    /// What does not hold.
    pub(crate) fn faults(&self, call: &PlannedCall) -> Vec<Fault> {
        let mut faults = Vec::new();
        let mut differs = |expected: &Said, what: &str, got: Option<&str>| {
            if got != Some(expected.words.as_str()) {
                let got = got.map_or_else(|| "there is none".to_owned(), |got| format!("it is “{got}”"));
                faults.push(Fault {
                    line: expected.line,
                    what: format!("{what} “{}” was expected, {got}", expected.words),
                });
            }
        };
        if let Some(decision) = &call.decision {
            differs(decision, "the decision", Some(&self.route.to_string()));
        }
        if let Some(reason) = &call.reason {
            differs(reason, "the reason", self.route.reason());
        }
        for (name, value) in &call.vars {
            let left = self.conversation.as_ref().and_then(|conversation| conversation.var(name));
            differs(value, &format!("for the variable {name}"), left.or_else(|| self.route.var(name)));
        }
        let events = self.events();
        faults.extend(in_order(&events, &call.expect));
        for never in &call.never {
            if let Some(event) = events.iter().find(|event| event.is(&never.words)) {
                let what = format!("“{}” was never to come, and came after {}", never.words, seconds(event.at));
                faults.push(Fault { line: never.line, what });
            }
        }
        let Some(conversation) = &self.conversation else { return faults };
        if let Some((most, line)) = call.ends_within
            && conversation.lasted() > most
        {
            let what = format!("it was to end within {}, and took {}", seconds(most), seconds(conversation.lasted()));
            faults.push(Fault { line, what });
        }
        // A script that fails is a fault wherever that is not what the file says.
        let end = conversation.end_line();
        if end != "ends" && !call.expect.iter().any(|expected| split_time(&expected.words).1 == end) {
            faults.push(Fault { line: call.line, what: format!("the script {end}") });
        }
        faults
    }

    fn events(&self) -> Vec<Event> {
        let Some(conversation) = &self.conversation else { return Vec::new() };
        let mut events: Vec<Event> =
            conversation.lines.iter().map(|line| Event { at: line.at, words: line.what.to_string() }).collect();
        events.push(Event { at: conversation.lasted(), words: conversation.end_line() });
        events
    }
}

/// Each expected line after the one before it.
fn in_order(events: &[Event], expected: &[Said]) -> Option<Fault> {
    let (mut rest, mut reached) = (events, Duration::ZERO);
    for said in expected {
        if let Some(found) = rest.iter().position(|event| event.is(&said.words)) {
            reached = rest[found].at;
            rest = &rest[found + 1..];
            continue;
        }
        let why = match events.iter().rev().find(|event| event.is(split_time(&said.words).1)) {
            _ if events.is_empty() => "no script of this plugin took the call".to_owned(),
            Some(event) => format!("it came after {} alone", seconds(event.at)),
            None => "it never came".to_owned(),
        };
        let what = format!("“{}” was expected from {} on: {why}", said.words, seconds(reached));
        return Some(Fault { line: said.line, what });
    }
    None
}

impl Event {
    /// Whether this is that line, a time before it or not: a prompt in any language, a tone of any length.
    fn is(&self, expected: &str) -> bool {
        let (at, words) = split_time(expected);
        let same = self.words == words
            || matches!((self.words.strip_prefix("plays "), words.strip_prefix("plays ")),
                (Some(heard), Some(prompt)) if is_prompt(heard, prompt));
        same && at.is_none_or(|at| at.as_millis() == self.at.as_millis())
    }
}

/// `2.400 plays en/welcome`: the time and the rest.
fn split_time(words: &str) -> (Option<Duration>, &str) {
    let words = words.trim();
    let timed = words.split_once(' ').and_then(|(time, rest)| {
        let (seconds, ms) = time.split_once('.')?;
        (ms.len() == 3).then_some(())?;
        let ms = seconds.parse::<u64>().ok()?.checked_mul(1_000)?.checked_add(ms.parse().ok()?)?;
        Some((Duration::from_millis(ms), rest.trim_start()))
    });
    timed.map_or((None, words), |(at, rest)| (Some(at), rest))
}

fn seconds(time: Duration) -> String {
    format!("{:.3} s", time.as_secs_f64())
}

impl fmt::Display for Trace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "   0.000 decides: {}", self.route)?;
        if let Some(reason) = self.route.reason() {
            write!(f, ", because {reason}")?;
        }
        match &self.conversation {
            Some(conversation) => write!(f, "\n{conversation}"),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(ms: u64, words: &str) -> Event {
        Event { at: Duration::from_millis(ms), words: words.into() }
    }

    fn said(words: &str, line: usize) -> Said {
        Said { words: words.into(), line }
    }

    #[test]
    fn lines_are_expected_in_their_order_with_others_between_them() {
        let events = [
            event(0, "answers"),
            event(0, "plays en/welcome"),
            event(2_400, "plays tone beep for 200 ms"),
            event(2_600, "ends"),
        ];
        assert_eq!(in_order(&events, &[said("answers", 1), said("plays tone beep", 2), said("ends", 3)]), None);
        assert_eq!(in_order(&events, &[said("plays welcome", 1), said("2.400 plays tone beep", 2)]), None);
        let early = in_order(&events, &[said("answers", 1), said("2.399 plays tone beep", 7)]).unwrap();
        assert_eq!(
            (early.line, early.what.as_str()),
            (7, "“2.399 plays tone beep” was expected from 0.000 s on: it came after 2.400 s alone")
        );
        let turned = in_order(&events, &[said("ends", 1), said("answers", 9)]).unwrap();
        assert_eq!((turned.line, turned.what.ends_with("it came after 0.000 s alone")), (9, true));
        let missing = in_order(&events, &[said("plays de/welcome", 4)]).unwrap();
        assert!(missing.what.ends_with("it never came"), "{}", missing.what);
    }

    #[test]
    fn only_what_looks_like_a_time_is_one() {
        assert_eq!(split_time("2.400 plays x"), (Some(Duration::from_millis(2_400)), "plays x"));
        assert_eq!(split_time("   12.000 ends"), (Some(Duration::from_secs(12)), "ends"));
        assert_eq!(split_time("ext:100: busy"), (None, "ext:100: busy"));
        assert_eq!(split_time("2.4 plays x"), (None, "2.4 plays x"));
        assert_eq!(split_time("99999999999999999999.000 x"), (None, "99999999999999999999.000 x"));
    }
}
