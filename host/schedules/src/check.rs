//! What may stand in a schedule.

use crate::{holidays, span::Days};
use jackfield_model::{OpenSpan, Schedule};
use jiff::tz::{TimeZone, TimeZoneDatabase};
use std::sync::OnceLock;

/// Most schedules of a house.
pub const MOST: usize = 50;
/// Most entries of an ordinary week.
const MOST_WEEK: usize = 70;
/// Most sets of national holidays.
const MOST_SETS: usize = 6;
/// Most holidays of the house's own, and most days that differ.
const MOST_DAYS: usize = 500;
/// Most times at which it opens on one day that differs.
const MOST_HOURS: usize = 10;
const LONGEST_NAME: usize = 40;
const LONGEST_OCCASION: usize = 60;

/// Something that is wrong with a schedule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wrong {
    /// Where, as the path of a JSON pointer without its first slash: `exceptions/0/to`.
    pub field: String,
    /// What would be right, as a sentence.
    pub message: String,
}

pub(crate) fn check(schedule: &Schedule) -> Result<(), Vec<Wrong>> {
    let mut all = Vec::new();
    let mut wrong = |field: String, message: String| all.push(Wrong { field, message });
    if !is_name(&schedule.name, LONGEST_NAME) || schedule.name.contains('/') {
        let message = format!("Give it a name of 1 to {LONGEST_NAME} characters, without “/”.");
        wrong("name".into(), message);
    }
    if zone(&schedule.time_zone).is_none() {
        let shown: String = schedule.time_zone.chars().take(64).collect();
        wrong("time_zone".into(), format!("There is no time zone “{shown}”: use a name such as Europe/Paris."));
    }
    for (field, there, most) in [
        ("week", schedule.week.len(), MOST_WEEK),
        ("holidays", schedule.holidays.len(), MOST_SETS),
        ("own_holidays", schedule.own_holidays.len(), MOST_DAYS),
        ("exceptions", schedule.exceptions.len(), MOST_DAYS),
    ] {
        if there > most {
            wrong(field.into(), format!("There are {there} entries, {most} are the most there can be: take some out."));
        }
    }
    for (place, hours) in schedule.week.iter().enumerate() {
        if hours.days.is_empty() {
            wrong(format!("week/{place}/days"), "Choose at least one day.".into());
        }
        if hours.from >= hours.to {
            wrong(format!("week/{place}/to"), LATER.into());
        }
    }
    for (place, set) in schedule.holidays.iter().enumerate() {
        if !holidays::exists(&set.country, &set.region) {
            let message = "There are no holidays of this country and region: choose FR, DE, CH, AT, BE or GB, and one of its regions or none.";
            wrong(format!("holidays/{place}/region"), message.into());
        }
    }
    for (place, day) in schedule.own_holidays.iter().enumerate() {
        occasion(&format!("own_holidays/{place}"), &day.name, &day.from, &day.to, &mut wrong);
    }
    for (place, exception) in schedule.exceptions.iter().enumerate() {
        let path = format!("exceptions/{place}");
        occasion(&path, &exception.name, &exception.from, &exception.to, &mut wrong);
        if exception.hours.len() > MOST_HOURS {
            wrong(format!("{path}/hours"), format!("Give at most {MOST_HOURS} times."));
        }
        let backwards = |(_, span): &(usize, &OpenSpan)| span.from >= span.to;
        for (span, _) in exception.hours.iter().enumerate().filter(backwards) {
            wrong(format!("{path}/hours/{span}/to"), LATER.into());
        }
    }
    if all.is_empty() { Ok(()) } else { Err(all) }
}

const LATER: &str = "It must be later than the beginning.";

fn occasion(path: &str, name: &str, from: &str, to: &str, wrong: &mut impl FnMut(String, String)) {
    if !name.is_empty() && !is_name(name, LONGEST_OCCASION) {
        wrong(format!("{path}/name"), format!("Use at most {LONGEST_OCCASION} characters on one line."));
    }
    if let Err((field, why)) = Days::read(from, to) {
        wrong(format!("{path}/{field}"), why);
    }
}

fn is_name(text: &str, longest: usize) -> bool {
    let length = text.chars().count();
    (1..=longest).contains(&length) && text.trim() == text && !text.chars().any(char::is_control)
}

/// A time zone of the database that is compiled in.
pub(crate) fn zone(name: &str) -> Option<TimeZone> {
    static ZONES: OnceLock<TimeZoneDatabase> = OnceLock::new();
    ZONES.get_or_init(TimeZoneDatabase::bundled).get(name).ok()
}
