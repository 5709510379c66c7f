//! How values are written for people.

use crate::{
    calendar::{self, Days},
    report::{Asker, Column},
    settings::Settings,
    texts,
};
use jackfield_sdk::{
    analytics::{Unit, Value},
    prelude::*,
};
use std::{cell::RefCell, collections::HashMap};

/// Fields whose values are words of the house, which are translated.
const WORDS: [&str; 19] = [
    "direction",
    "cause",
    "reason",
    "media",
    "outcome",
    "result",
    "state",
    "mode",
    "activity",
    "callback_result",
    "later",
    "in_the_end",
    "lost_in",
    "way",
    "step",
    "question",
    "acw_why",
    "ended_by",
    "kind",
];
/// Fields that hold an extension, beside which a name is shown.
const PEOPLE: [&str; 7] = ["agent", "user", "supervisor", "preferred", "callback_agent", "by", "answered_by"];

/// Writes values in somebody's language.
pub struct Shower<'a> {
    language: &'a str,
    settings: &'a Settings,
    names: RefCell<HashMap<String, Option<String>>>,
}

impl<'a> Shower<'a> {
    pub fn new(asker: &Asker<'a>) -> Self {
        Self { language: asker.language, settings: asker.settings, names: RefCell::default() }
    }

    /// A value of a column.
    pub fn text(&self, column: &Column, value: &Value) -> String {
        match (value, column.unit) {
            (Value::None, _) => String::new(),
            (Value::Text(text), Unit::Date) => self.date(text),
            (Value::Text(text), _) => self.word(&column.name, text),
            (Value::Integer(at), Unit::Time) => self.time(u64::try_from(*at).unwrap_or(0)),
            (Value::Integer(ms), Unit::Duration) => duration(*ms),
            (Value::Integer(yes), Unit::YesNo) => {
                texts::say(if *yes == 0 { "no" } else { "yes" }, self.language).to_owned()
            }
            (Value::Integer(number), _) if column.name == "weekday" => weekday(*number, self.language).to_owned(),
            (Value::Integer(hour), _) if column.name == "hour" => format!("{hour:02}:00"),
            (Value::Integer(number), Unit::Percent) => self.number(*number as f64, 1),
            (Value::Integer(number), _) => self.number(*number as f64, 0),
            (Value::Number(number), Unit::Percent) => self.number(*number, 1),
            (Value::Number(number), Unit::Duration) => duration(number.round() as i64),
            (Value::Number(number), _) => self.number(*number, 2),
        }
    }

    /// The first day and the last.
    pub fn period(&self, days: Days) -> String {
        let (from, last) = (self.date(&calendar::written(days.from)), self.date(&calendar::written(days.until - 1)));
        if from == last { from } else { format!("{from} – {last}") }
    }

    fn word(&self, field: &str, text: &str) -> String {
        if PEOPLE.contains(&field) {
            return match self.name(text) {
                Some(name) => format!("{text} {name}"),
                None => text.to_owned(),
            };
        }
        if field == "area" {
            return self.settings.area(text).map_or_else(|| text.to_owned(), |name| format!("{text} {name}"));
        }
        if WORDS.contains(&field) { texts::value(text, self.language).to_owned() } else { text.to_owned() }
    }

    fn name(&self, extension: &str) -> Option<String> {
        let known = self.names.borrow().get(extension).cloned();
        known.unwrap_or_else(|| {
            // A name is an ornament: without it the number stands alone.
            let found = directory::extension(extension).ok().flatten().map(|entry| entry.name);
            let found = found.filter(|name| !name.is_empty() && name != extension);
            self.names.borrow_mut().insert(extension.to_owned(), found.clone());
            found
        })
    }

    /// `2026-03-09` or `2026-03` as people of the language write it.
    fn date(&self, date: &str) -> String {
        let parts: Vec<_> = date.split('-').collect();
        match (&parts[..], self.language) {
            ([year, month, day], "fr") => format!("{day}/{month}/{year}"),
            ([year, month, day], "de") => format!("{day}.{month}.{year}"),
            ([year, month], "fr") => format!("{month}/{year}"),
            ([year, month], "de") => format!("{month}.{year}"),
            _ => date.to_owned(),
        }
    }

    fn time(&self, at: u64) -> String {
        let Ok(local) = clock::local(&self.settings.time_zone, at) else { return at.to_string() };
        let date = self.date(&format!("{:04}-{:02}-{:02}", local.year, local.month, local.day));
        format!("{date} {:02}:{:02}:{:02}", local.hour, local.minute, local.second)
    }

    /// A number with so many places, in groups of three digits.
    fn number(&self, number: f64, places: usize) -> String {
        let (group, point) = match self.language {
            "fr" => ('\u{202f}', ','),
            "de" => ('.', ','),
            _ => (',', '.'),
        };
        let plain = format!("{:.places$}", number.abs());
        let (whole, part) = plain.split_once('.').unwrap_or((&plain, ""));
        let mut text = String::new();
        if number < 0.0 && plain.bytes().any(|digit| (b'1'..=b'9').contains(&digit)) {
            text.push('-');
        }
        for (at, digit) in whole.chars().enumerate() {
            if at > 0 && (whole.len() - at) % 3 == 0 {
                text.push(group);
            }
            text.push(digit);
        }
        if !part.is_empty() {
            text.push(point);
            text.push_str(part);
        }
        text
    }
}

/// Hours, minutes and seconds.
pub fn duration(ms: i64) -> String {
    let seconds = (ms.abs() + 500) / 1_000;
    let sign = if ms < 0 && seconds > 0 { "-" } else { "" };
    let (hours, minutes, seconds) = (seconds / 3_600, seconds / 60 % 60, seconds % 60);
    if hours > 0 { format!("{sign}{hours}:{minutes:02}:{seconds:02}") } else { format!("{sign}{minutes}:{seconds:02}") }
}

fn weekday(number: i64, language: &str) -> &'static str {
    const EN: [&str; 7] = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];
    const FR: [&str; 7] = ["lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi", "dimanche"];
    const DE: [&str; 7] = ["Montag", "Dienstag", "Mittwoch", "Donnerstag", "Freitag", "Samstag", "Sonntag"];
    let names = match language {
        "fr" => FR,
        "de" => DE,
        _ => EN,
    };
    names[number.rem_euclid(7) as usize]
}
