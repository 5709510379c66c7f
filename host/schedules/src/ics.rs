//! Holidays from a calendar file (iCalendar, RFC 5545), as schools, unions and authorities publish them.
//!
//! What counts is an event's days and its summary. Events that come again every year on the same date become days of every
//! year; other recurrences are passed over and named. A file may be hostile: it is bounded in every direction.

use crate::span::Days;
use jackfield_model::OwnHoliday;
use jiff::{ToSpan, civil::Date};

/// Most bytes of a file.
pub const MOST_BYTES: usize = 1 << 20;
/// Most days that are read; those beyond are counted as passed over.
pub const MOST_DAYS: usize = 500;
const LONGEST_LINE: usize = 4_096;
const LONGEST_NAME: usize = 60;
/// Most events that are passed over and named.
const MOST_NAMED: usize = 20;

/// What was in a file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Read {
    /// The holidays, by their first days, each once.
    pub days: Vec<OwnHoliday>,
    /// Names of events that were passed over, and why; at most twenty.
    pub skipped: Vec<(String, &'static str)>,
    /// How many were passed over.
    pub skipped_in_all: usize,
}

/// Read a file.
///
/// # Errors
/// When it is no calendar, with the next step.
pub fn read(bytes: &[u8]) -> Result<Read, String> {
    if bytes.len() > MOST_BYTES {
        return Err("The calendar is larger than 1 MiB. Export a year or two of it.".into());
    }
    let text = String::from_utf8_lossy(bytes);
    let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
    if !text.trim_start().get(..15).is_some_and(|start| start.eq_ignore_ascii_case("BEGIN:VCALENDAR")) {
        return Err("This is no calendar: choose an .ics file, which begins with BEGIN:VCALENDAR.".into());
    }
    let mut read = Read::default();
    let mut event: Option<Event> = None;
    // Components within an event, such as alarms, have times of their own.
    let mut inner = 0_usize;
    for line in unfolded(text) {
        let Some((name, value)) = property(&line) else { continue };
        match (name.as_str(), value, &mut event) {
            ("BEGIN", value, None) if value.eq_ignore_ascii_case("VEVENT") => event = Some(Event::default()),
            ("BEGIN", _, Some(_)) => inner += 1,
            ("END", _, Some(_)) if inner > 0 => inner -= 1,
            ("END", value, Some(_)) if value.eq_ignore_ascii_case("VEVENT") => {
                if let Some(event) = event.take() {
                    read.take(event);
                }
            }
            (name, value, Some(event)) if inner == 0 => event.set(name, value),
            _ => {}
        }
    }
    read.days.sort_by(|a, b| (&a.from, &a.to, &a.name).cmp(&(&b.from, &b.to, &b.name)));
    read.days.dedup();
    Ok(read)
}

#[derive(Default)]
struct Event {
    name: String,
    first: Option<Day>,
    end: Option<Day>,
    /// `DURATION` in whole days.
    duration: Option<i32>,
    rule: Option<String>,
    other_dates: bool,
    cancelled: bool,
}

/// A day, and whether a time of it was given.
#[derive(Clone, Copy)]
struct Day {
    date: Date,
    with_time: bool,
    midnight: bool,
}

impl Event {
    fn set(&mut self, name: &str, value: &str) {
        match name {
            "SUMMARY" => self.name = plain(value),
            "DTSTART" => self.first = day(value),
            "DTEND" => self.end = day(value),
            "DURATION" => self.duration = whole_days(value),
            "RRULE" => self.rule = Some(value.to_ascii_uppercase()),
            "RDATE" => self.other_dates = true,
            "STATUS" => self.cancelled = value.eq_ignore_ascii_case("CANCELLED"),
            _ => {}
        }
    }

    /// The days, or why they cannot be taken.
    fn days(&self) -> Result<OwnHoliday, &'static str> {
        let first = self.first.ok_or("it has no day that can be read")?;
        let last = self.last(first)?;
        let yearly = match &self.rule {
            None => false,
            Some(rule) => {
                let parts: Vec<_> = rule.split(';').collect();
                let keeps = |part: &&str| {
                    matches!(*part, "FREQ=YEARLY" | "INTERVAL=1" | "")
                        || part.starts_with("WKST=")
                        || part.starts_with("BYMONTH=") && part[8..].parse() == Ok(first.date.month())
                        || part.starts_with("BYMONTHDAY=") && part[11..].parse() == Ok(first.date.day())
                };
                if !parts.contains(&"FREQ=YEARLY") || !parts.iter().all(keeps) {
                    return Err("it comes again in a way that is not understood");
                }
                true
            }
        };
        if self.other_dates {
            return Err("it comes again in a way that is not understood");
        }
        let write = |date: Date| match yearly {
            true => format!("{:02}-{:02}", date.month(), date.day()),
            false => format!("{:04}-{:02}-{:02}", date.year(), date.month(), date.day()),
        };
        let to = if last == first.date { String::new() } else { write(last) };
        let day = OwnHoliday { name: self.name.clone(), from: write(first.date), to };
        Days::read(&day.from, &day.to).map_err(|_| "its days cannot be read")?;
        Ok(day)
    }

    fn last(&self, first: Day) -> Result<Date, &'static str> {
        let backwards = "it ends before it begins";
        let before = |date: Date| date.yesterday().map_err(|_| backwards);
        let last = match (self.end, self.duration) {
            // A date as the end is the day after the last one (RFC 5545 §3.6.1), and so is midnight.
            (Some(end), _) if !end.with_time || end.midnight && end.date > first.date => {
                if end.date == first.date {
                    end.date
                } else {
                    before(end.date)?
                }
            }
            (Some(end), _) => end.date,
            (None, Some(days)) if days > 1 => {
                first.date.checked_add((days - 1).days()).map_err(|_| "it is too long")?
            }
            (None, _) => first.date,
        };
        if last < first.date {
            return Err(backwards);
        }
        if last > first.date.checked_add(1.year()).unwrap_or(last) {
            return Err("it lasts longer than a year");
        }
        Ok(last)
    }
}

impl Read {
    fn take(&mut self, event: Event) {
        if event.cancelled {
            return;
        }
        let why = match event.days() {
            Ok(day) if self.days.len() < MOST_DAYS => return self.days.push(day),
            Ok(_) => "there are too many days",
            Err(why) => why,
        };
        self.skipped_in_all += 1;
        if self.skipped.len() < MOST_NAMED {
            self.skipped.push((event.name, why));
        }
    }
}

/// Lines, with those that begin with a space put behind the one before (RFC 5545 §3.1). What is too long is cut.
fn unfolded(text: &str) -> impl Iterator<Item = String> + '_ {
    let mut lines = text.lines().peekable();
    std::iter::from_fn(move || {
        let mut line: String = lines.next()?.chars().take(LONGEST_LINE).collect();
        while let Some(more) = lines.next_if(|line| line.starts_with([' ', '\t'])) {
            if line.len() < LONGEST_LINE {
                line.extend(more.chars().skip(1).take(LONGEST_LINE - line.len()));
            }
        }
        Some(line)
    })
}

/// Name and value of a line. Parameters say nothing that counts: a date is known by its form, and a day by its own clock. A
/// colon within quotes belongs to one of them.
fn property(line: &str) -> Option<(String, &str)> {
    let mut quoted = false;
    let colon = line.char_indices().find(|(_, c)| {
        quoted ^= *c == '"';
        *c == ':' && !quoted
    });
    let (head, value) = (&line[..colon?.0], &line[colon?.0 + 1..]);
    let name = head.split(';').next().unwrap_or(head);
    Some((name.trim().to_ascii_uppercase(), value.trim()))
}

/// `20261224`, `20261224T180500`, `20261224T180500Z`.
fn day(value: &str) -> Option<Day> {
    let (date, time) = value.split_once(['T', 't']).map_or((value, None), |(date, time)| (date, Some(time)));
    if date.len() != 8 || !date.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let date = Date::new(date[..4].parse().ok()?, date[4..6].parse().ok()?, date[6..].parse().ok()?).ok()?;
    let midnight = time.is_some_and(|time| time.trim_end_matches(['Z', 'z']) == "000000");
    (date.year() >= 1970).then_some(Day { date, with_time: time.is_some(), midnight })
}

/// `P3D`, `P1W`; parts of days count as none.
fn whole_days(value: &str) -> Option<i32> {
    let body = value.strip_prefix('+').unwrap_or(value).strip_prefix('P')?;
    let date_part = body.split('T').next()?;
    if let Some(weeks) = date_part.strip_suffix('W') {
        return weeks.parse::<i32>().ok()?.checked_mul(7);
    }
    date_part.strip_suffix('D')?.parse().ok().filter(|days| (0..=3_660).contains(days))
}

/// A text without its escapes (RFC 5545 §3.3.11), on one line and not too long.
fn plain(value: &str) -> String {
    let mut text = String::new();
    let mut letters = value.chars();
    while let Some(letter) = letters.next() {
        match letter {
            '\\' => match letters.next() {
                Some('n' | 'N') => text.push(' '),
                Some(other) => text.push(other),
                None => {}
            },
            letter if letter.is_control() => text.push(' '),
            letter => text.push(letter),
        }
    }
    let words = text.split_whitespace().collect::<Vec<_>>().join(" ");
    words.chars().take(LONGEST_NAME).collect::<String>().trim_end().to_owned()
}
