//! What is wrong with a plan: where, and what would be right.

use crate::plan::{Action, Lost, Plan, Reception, Span, Then, Time};
use jackfield_sdk::clock;
use serde::Serialize;
use serde_json::error::Category;

const MOST_MENUS: usize = 50;
const MOST_PROMPTS: usize = 10;
const LONGEST_NAME: usize = 40;

/// Something that is wrong.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Fault {
    /// Where, as a JSON pointer (RFC 6901); empty when the text cannot be read at all.
    pub path: String,
    /// In which line of the text, from 1.
    pub line: usize,
    /// What, as a word that the page knows.
    pub code: &'static str,
    /// What it is about.
    pub about: String,
}

/// Read a plan, or say what is wrong with it. `schedules` are those of the house, where they are known.
pub fn read(text: &str, schedules: Option<&[String]>) -> Result<Plan, Vec<Fault>> {
    let plan: Plan = serde_json::from_str(text).map_err(|error| {
        let code = if error.classify() == Category::Data { "form" } else { "syntax" };
        // The place is told by its line.
        let about = error.to_string();
        let about = about.split(" at line ").next().unwrap_or_default().to_owned();
        vec![Fault { path: String::new(), line: error.line(), code, about }]
    })?;
    let mut faults = of(&plan, schedules);
    for fault in &mut faults {
        fault.line = line_of(text, &fault.path);
    }
    if faults.is_empty() { Ok(plan) } else { Err(faults) }
}

/// What is wrong with a plan that can be read; lines are not known.
pub fn of(plan: &Plan, schedules: Option<&[String]>) -> Vec<Fault> {
    let mut faults = Faults(Vec::new());
    if clock::local(&plan.time_zone, clock::now()).is_err() {
        faults.add("/time_zone", "no-zone", &plan.time_zone);
    }
    if !plan.schedule.is_empty() && schedules.is_some_and(|known| !known.contains(&plan.schedule)) {
        faults.add("/schedule", "no-schedule", &plan.schedule);
    }
    for (place, hours) in plan.hours.iter().enumerate() {
        if hours.days.is_empty() {
            faults.add(format!("/hours/{place}/days"), "no-days", "");
        }
        faults.span(&format!("/hours/{place}"), &hours.span());
    }
    for (place, exception) in plan.exceptions.iter().enumerate() {
        let path = format!("/exceptions/{place}");
        if !is_day(&exception.from) {
            faults.add(format!("{path}/from"), "no-day", &exception.from);
        }
        let to = &exception.to;
        if !to.is_empty() && (!is_day(to) || to.len() != exception.from.len() || *to < exception.from) {
            faults.add(format!("{path}/to"), "last-day", to);
        }
        for (span, hours) in exception.hours.iter().enumerate() {
            faults.span(&format!("{path}/hours/{span}"), hours);
        }
    }
    for (case, reception) in plan.cases.written() {
        faults.reception(plan, &format!("/cases/{}", case.word()), reception);
    }
    if plan.menus.is_empty() || plan.menus.len() > MOST_MENUS {
        faults.add("/menus", "menus", MOST_MENUS.to_string());
    }
    for (place, menu) in plan.menus.iter().enumerate() {
        faults.menu(plan, place, menu);
    }
    faults.0
}

impl Fault {
    /// In English, for the settings.
    pub fn message(&self) -> String {
        let about = &self.about;
        match self.code {
            "no-zone" => format!("There is no time zone “{about}”: use a name such as Europe/Paris."),
            "no-schedule" => {
                format!("There is no schedule “{about}”: add it on the page Opening hours, or name another.")
            }
            "no-days" => "Choose at least one day.".into(),
            "not-later" => "It must be later than the beginning.".into(),
            "not-in-fives" => "Use steps of five minutes: they can be said to callers.".into(),
            "no-day" => "Write a day such as 2026-12-24, or 12-24 for every year.".into(),
            "last-day" => "The last day must not be before the first, and be written in the same way.".into(),
            "no-menu" => format!("There is no menu “{about}”."),
            "no-number" => "Enter the number to transfer to.".into(),
            "no-operator" => "Enter a number: callers are to be given to the operator.".into(),
            "menus" => format!("There must be 1 to {about} menus."),
            "name" => format!("Give it a name of 1 to {LONGEST_NAME} characters."),
            "name-twice" => "Another menu has this name.".into(),
            "prompts" => format!("Name at most {MOST_PROMPTS} prompts, in small letters, digits and hyphens."),
            "no-key" => "A key is a digit, * or #.".into(),
            "key-twice" => format!("Key {about} is in this menu already."),
            "no-prompt" => "Enter the name of a prompt.".into(),
            "no-language" => "Enter en, fr or de.".into(),
            "wait" => "Wait 1 to 60 seconds.".into(),
            "tries" => "Give 1 to 10 tries.".into(),
            _ => about.clone(),
        }
    }
}

struct Faults(Vec<Fault>);

impl Faults {
    fn add(&mut self, path: impl Into<String>, code: &'static str, about: impl Into<String>) {
        let about: String = about.into();
        self.0.push(Fault { path: path.into(), line: 0, code, about: about.chars().take(80).collect() });
    }

    fn span(&mut self, path: &str, span: &Span) {
        if span.from >= span.to {
            self.add(format!("{path}/to"), "not-later", "");
        }
        for (field, Time(minutes)) in [("from", span.from), ("to", span.to)] {
            if minutes % 5 != 0 {
                self.add(format!("{path}/{field}"), "not-in-fives", "");
            }
        }
    }

    fn prompts(&mut self, path: &str, prompts: &[String]) {
        if prompts.len() > MOST_PROMPTS || !prompts.iter().all(|name| is_prompt(name)) {
            self.add(path, "prompts", "");
        }
    }

    fn reception(&mut self, plan: &Plan, path: &str, reception: &Reception) {
        self.prompts(&format!("{path}/play"), &reception.play);
        let to = format!("{path}/to");
        match reception.does {
            Then::Menu if plan.menu_named(&reception.to).is_none() => self.add(to, "no-menu", &reception.to),
            Then::Transfer if !is_number(&reception.to) => self.add(to, "no-number", &reception.to),
            Then::Operator if !is_number(&plan.operator) => self.add("/operator", "no-operator", ""),
            _ => {}
        }
    }

    fn menu(&mut self, plan: &Plan, place: usize, menu: &crate::plan::Menu) {
        let path = format!("/menus/{place}");
        if menu.name.is_empty() || menu.name.chars().count() > LONGEST_NAME || menu.name.chars().any(char::is_control) {
            self.add(format!("{path}/name"), "name", "");
        }
        if plan.menus[..place].iter().any(|other| other.name == menu.name) {
            self.add(format!("{path}/name"), "name-twice", &menu.name);
        }
        self.prompts(&format!("{path}/prompts"), &menu.prompts);
        if !(1..=60).contains(&menu.wait_seconds) {
            self.add(format!("{path}/wait_seconds"), "wait", "");
        }
        if !(1..=10).contains(&menu.tries) {
            self.add(format!("{path}/tries"), "tries", "");
        }
        if menu.when_lost == Lost::Operator && !is_number(&plan.operator) {
            self.add("/operator", "no-operator", &menu.name);
        }
        for (at, key) in menu.keys.iter().enumerate() {
            let field = |field: &str| format!("{path}/keys/{at}/{field}");
            if !key.key.is_ascii_digit() && !matches!(key.key, '*' | '#') {
                self.add(field("key"), "no-key", key.key);
            }
            if menu.keys[..at].iter().any(|other| other.key == key.key) {
                self.add(field("key"), "key-twice", key.key);
            }
            match key.does {
                Action::Transfer if !is_number(&key.to) => self.add(field("to"), "no-number", &key.to),
                Action::Operator if !is_number(&plan.operator) => self.add("/operator", "no-operator", ""),
                Action::Menu if plan.menu_named(&key.to).is_none() => self.add(field("to"), "no-menu", &key.to),
                Action::Announce if !is_prompt(&key.to) => self.add(field("to"), "no-prompt", &key.to),
                Action::Language if !["en", "fr", "de"].contains(&key.to.as_str()) => {
                    self.add(field("to"), "no-language", &key.to);
                }
                _ => {}
            }
        }
    }
}

fn is_number(text: &str) -> bool {
    (1..=32).contains(&text.len()) && text.chars().all(|c| c.is_ascii_digit() || matches!(c, '*' | '#' | '+'))
}

fn is_prompt(text: &str) -> bool {
    let letter = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    (1..=64).contains(&text.len()) && text.chars().all(letter)
}

/// `2026-12-24`, or `12-24`.
fn is_day(text: &str) -> bool {
    let rest = match text.len() {
        5 => text,
        10 if text.is_ascii() && text.as_bytes()[4] == b'-' && text[..4].bytes().all(|b| b.is_ascii_digit()) => {
            &text[5..]
        }
        _ => return false,
    };
    let number = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit()).then(|| part.parse::<u8>().ok()).flatten();
    let Some((month, day)) = rest.split_once('-').filter(|(month, day)| month.len() == 2 && day.len() == 2) else {
        return false;
    };
    matches!((number(month), number(day)), (Some(1..=12), Some(1..=31)))
}

/// The line in which the value of a JSON pointer begins, from 1; that of what surrounds it when it is not written down. The
/// text can be read as JSON.
fn line_of(text: &str, pointer: &str) -> usize {
    let mut scan = Scan { bytes: text.as_bytes(), at: 0 };
    for step in pointer.split('/').skip(1) {
        scan.space();
        let begin = scan.at;
        if !scan.enter(step) {
            scan.at = begin;
            break;
        }
    }
    scan.space();
    1 + text.as_bytes()[..scan.at.min(text.len())].iter().filter(|byte| **byte == b'\n').count()
}

/// Walks through JSON that is known to be well-formed.
struct Scan<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl Scan<'_> {
    fn peek(&self) -> u8 {
        self.bytes.get(self.at).copied().unwrap_or(0)
    }

    fn space(&mut self) {
        while self.peek().is_ascii_whitespace() {
            self.at += 1;
        }
    }

    /// To the value of a field or the item at a place; `false` when there is none.
    fn enter(&mut self, step: &str) -> bool {
        let in_object = self.peek() == b'{';
        if !in_object && self.peek() != b'[' {
            return false;
        }
        self.at += 1;
        for place in 0_usize.. {
            self.space();
            if matches!(self.peek(), b'}' | b']' | 0) {
                return false;
            }
            let found = if in_object {
                let begin = self.at;
                self.string();
                let found = self.bytes[begin..self.at].strip_prefix(b"\"").and_then(|key| key.strip_suffix(b"\""));
                let found = found == Some(step.as_bytes());
                self.space();
                self.at += 1;
                found
            } else {
                step.parse() == Ok(place)
            };
            if found {
                return true;
            }
            self.value();
            self.space();
            if self.peek() == b',' {
                self.at += 1;
            }
        }
        false
    }

    /// Past a string.
    fn string(&mut self) {
        self.at += 1;
        while !matches!(self.peek(), b'"' | 0) {
            self.at += if self.peek() == b'\\' { 2 } else { 1 };
        }
        self.at = (self.at + 1).min(self.bytes.len());
    }

    /// Past a value.
    fn value(&mut self) {
        let mut depth = 0_usize;
        loop {
            self.space();
            match self.peek() {
                0 => return,
                b'"' => self.string(),
                b'{' | b'[' => {
                    depth += 1;
                    self.at += 1;
                    continue;
                }
                b'}' | b']' if depth > 0 => {
                    depth -= 1;
                    self.at += 1;
                }
                b'}' | b']' => return,
                b',' | b':' if depth > 0 => {
                    self.at += 1;
                    continue;
                }
                b',' => return,
                _ => {
                    while !matches!(self.peek(), b',' | b'}' | b']' | 0) && !self.peek().is_ascii_whitespace() {
                        self.at += 1;
                    }
                }
            }
            if depth == 0 {
                return;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_line_of_a_value_is_found() {
        let text =
            "{\n  \"a\": \"x } \\\" {\",\n  \"b\": [\n    1, [2],\n    {\"c\": {\n      \"d\": null }}\n  ]\n}\n";
        for (pointer, line) in
            [("", 1), ("/a", 2), ("/b", 3), ("/b/0", 4), ("/b/1/0", 4), ("/b/2/c/d", 6), ("/b/2/none", 5), ("/none", 1)]
        {
            assert_eq!(line_of(text, pointer), line, "{pointer}");
        }
    }

    #[test]
    fn days_are_known_by_their_form() {
        for (text, right) in
            [("12-24", true), ("2026-12-24", true), ("2026-13-01", false), ("1-1", false), ("日-24", false)]
        {
            assert_eq!(is_day(text), right, "{text}");
        }
    }
}
