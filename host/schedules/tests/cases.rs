//! Which case holds when, as an administrator and a caller would see it.
#![expect(clippy::unwrap_used, reason = "a test may stop at the first surprise")]

use jackfield_model::{HolidaySet, HoursException, OpenSpan, OwnHoliday, Schedule, ScheduleCase, WeekHours};
use jackfield_schedules::{Calendar, Schedules, Wrong};

/// Monday to Friday, nine to twelve and two to six, in Paris, with the holidays of France.
fn office() -> Schedule {
    use jackfield_model::DayOfWeek::{Friday, Monday, Thursday, Tuesday, Wednesday};
    let days = vec![Monday, Tuesday, Wednesday, Thursday, Friday];
    let hours =
        |from: &str, to: &str| WeekHours { days: days.clone(), from: from.parse().unwrap(), to: to.parse().unwrap() };
    Schedule {
        name: "office".into(),
        time_zone: "Europe/Paris".into(),
        week: vec![hours("09:00", "12:00"), hours("14:00", "18:00")],
        holidays: vec![HolidaySet { country: "FR".into(), region: String::new() }],
        own_holidays: vec![],
        exceptions: vec![],
        forced: None,
    }
}

fn exception(name: &str, from: &str, hours: &[(&str, &str)]) -> HoursException {
    let span = |(from, to): &(&str, &str)| OpenSpan { from: from.parse().unwrap(), to: to.parse().unwrap() };
    let hours = hours.iter().map(span).collect();
    HoursException { name: name.into(), from: from.into(), to: String::new(), hours }
}

/// The case, what the day is called, and when the next opening is, on the clocks there.
fn at(calendar: &Calendar, local: &str) -> (ScheduleCase, String, Option<String>) {
    let standing = calendar.at(calendar.moment_of(local).unwrap());
    let zone = jiff::tz::TimeZone::get(&calendar.schedule().time_zone).unwrap();
    let written = |ms: u64| {
        let moment = jiff::Timestamp::from_millisecond(ms as i64).unwrap().to_zoned(zone);
        moment.strftime("%m-%d %H:%M").to_string()
    };
    (standing.case, standing.occasion, standing.opens.map(written))
}

#[test]
fn the_five_cases_of_an_office() {
    let schedule =
        Schedule { exceptions: vec![exception("Christmas Eve", "12-24", &[("09:00", "12:00")])], ..office() };
    let calendar = Calendar::new(schedule).unwrap();
    use ScheduleCase::*;
    for (local, case, occasion, opens) in [
        ("2026-03-10T09:00", Day, "", None),
        ("2026-03-10T11:59", Day, "", None),
        ("2026-03-10T12:00", Night, "", Some("03-10 14:00")),
        ("2026-03-13T18:00", Night, "", Some("03-16 09:00")),
        ("2026-03-14T10:00", Weekend, "", Some("03-16 09:00")),
        ("2026-07-14T10:00", Holiday, "Bastille Day", Some("07-15 09:00")),
        ("2026-12-24T10:00", Day, "Christmas Eve", None),
        // Christmas is a Friday.
        ("2026-12-24T18:05", Exception, "Christmas Eve", Some("12-28 09:00")),
        ("2026-12-25T10:00", Holiday, "Christmas Day", Some("12-28 09:00")),
    ] {
        assert_eq!(at(&calendar, local), (case, occasion.to_owned(), opens.map(str::to_owned)), "{local}");
    }
}

#[test]
fn the_next_change_is_told_across_the_nights_in_which_clocks_change() {
    let calendar = Calendar::new(office()).unwrap();
    // Saturday before summer time begins: Monday nine o'clock is seven o'clock UTC.
    let standing = calendar.at(calendar.moment_of("2026-03-28T10:00").unwrap());
    assert_eq!(standing.opens, calendar.moment_of("2026-03-30T09:00").ok());
    assert_eq!(standing.opens.unwrap() / 1000 % 86_400, 7 * 3_600);
    // On Sunday it is still the weekend; the night before Monday's opening begins at midnight.
    assert_eq!(standing.until, calendar.moment_of("2026-03-30T00:00").ok());
    let autumn = calendar.at(calendar.moment_of("2026-10-24T10:00").unwrap());
    assert_eq!(autumn.opens.unwrap() / 1000 % 86_400, 8 * 3_600);
}

#[test]
fn what_somebody_has_decided_holds_until_they_decide_otherwise() {
    let calendar = Calendar::new(Schedule { forced: Some(ScheduleCase::Night), ..office() }).unwrap();
    let standing = calendar.at(calendar.moment_of("2026-03-10T10:00").unwrap());
    assert_eq!((standing.case, standing.forced, standing.until), (ScheduleCase::Night, true, None));
    assert_eq!(calendar.by_the_clock(calendar.moment_of("2026-03-10T10:00").unwrap()).case, ScheduleCase::Day);
}

#[test]
fn no_week_is_always_open_but_on_holidays() {
    let calendar = Calendar::new(Schedule { week: vec![], ..office() }).unwrap();
    assert_eq!(at(&calendar, "2026-03-15T03:00").0, ScheduleCase::Day);
    assert_eq!(
        at(&calendar, "2026-05-01T10:00"),
        (ScheduleCase::Holiday, "Labour Day".into(), Some("05-02 00:00".into()))
    );
    // Never open: no opening is promised.
    let shut =
        Schedule { exceptions: vec![HoursException { to: "12-31".into(), ..exception("", "01-01", &[]) }], ..office() };
    assert_eq!(at(&Calendar::new(shut).unwrap(), "2026-03-10T10:00").2, None);
}

#[test]
fn own_days_come_before_the_nations_and_differing_days_before_both() {
    let own = |name: &str, from: &str| OwnHoliday { name: name.into(), from: from.into(), to: String::new() };
    let schedule = Schedule {
        own_holidays: vec![own("Works outing", "2026-06-10"), own("Our day", "07-14")],
        exceptions: vec![exception("Open all the same", "2026-06-10", &[("10:00", "12:00")])],
        ..office()
    };
    let calendar = Calendar::new(schedule).unwrap();
    assert_eq!(at(&calendar, "2026-06-10T11:00").0, ScheduleCase::Day);
    assert_eq!(at(&calendar, "2027-07-14T11:00").1, "Our day");
    let special = calendar.special_days(2026);
    let june = special.iter().find(|day| day.date == "2026-06-10").unwrap();
    assert_eq!((june.case, june.hours.len()), (ScheduleCase::Exception, 1));
    let christmas = special.iter().find(|day| day.date == "2026-12-25").unwrap();
    assert_eq!(christmas.names, ["Christmas Day", "Noël", "Weihnachten"]);
}

#[test]
fn what_is_wrong_is_told_with_its_place() {
    let wrong = |schedule: Schedule| -> Vec<String> {
        let all: Vec<Wrong> = Calendar::new(schedule).unwrap_err();
        assert!(all.iter().all(|wrong| wrong.message.ends_with('.')), "{all:?}");
        all.into_iter().map(|wrong| wrong.field).collect()
    };
    assert_eq!(wrong(Schedule { name: String::new(), ..office() }), ["name"]);
    assert_eq!(wrong(Schedule { time_zone: "Europe/Atlantis".into(), ..office() }), ["time_zone"]);
    let set = HolidaySet { country: "XX".into(), region: String::new() };
    assert_eq!(wrong(Schedule { holidays: vec![set], ..office() }), ["holidays/0/region"]);
    let day = exception("", "2026-02-30", &[("12:00", "12:00")]);
    assert_eq!(wrong(Schedule { exceptions: vec![day], ..office() }), ["exceptions/0/from", "exceptions/0/hours/0/to"]);
    let many = vec![OwnHoliday { name: String::new(), from: "01-01".into(), to: String::new() }; 501];
    assert_eq!(wrong(Schedule { own_holidays: many, ..office() }), ["own_holidays"]);
}

#[test]
fn the_house_is_swapped_whole_and_keeps_what_can_be_used() {
    let schedules = Schedules::default();
    assert!(schedules.named("office").is_none());
    let broken = Schedule { name: "broken".into(), time_zone: "x".into(), ..office() };
    assert_eq!(schedules.set(vec![office(), broken]), ["broken"]);
    assert!(schedules.named("office").is_some() && schedules.named("broken").is_none());
}
