//! A schedule that is ready to be asked.

use crate::{
    check::{Wrong, check},
    holidays,
    span::Days,
};
use jackfield_model::{DayOfWeek, OpenSpan, Schedule, ScheduleCase, TimeOfDay, TimestampMs};
use jiff::{
    Timestamp, ToSpan,
    civil::{Date, DateTime, Weekday},
    tz::TimeZone,
};

/// How many days are looked through for the next change and the next opening.
const AHEAD: i32 = 40;

/// A schedule that was checked, with its time zone and days read.
#[derive(Clone, Debug)]
pub struct Calendar {
    schedule: Schedule,
    zone: TimeZone,
    own_holidays: Vec<Days>,
    exceptions: Vec<Days>,
}

/// What holds at a moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Standing {
    /// The case.
    pub case: ScheduleCase,
    /// Whether somebody has decided so, and not the clock.
    pub forced: bool,
    /// The name of the holiday or of the days that differ; empty on other days. A national holiday's is English.
    pub occasion: String,
    /// When another case holds; none when that is beyond the next forty days, or in somebody's hands.
    pub until: Option<TimestampMs>,
    /// When the house opens next by the clock, as long as it is closed; none when that is beyond the next forty days.
    pub opens: Option<TimestampMs>,
}

/// A day that differs from an ordinary week.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SpecialDay {
    /// `2026-12-24`.
    pub date: String,
    /// [`ScheduleCase::Holiday`] or [`ScheduleCase::Exception`].
    pub case: ScheduleCase,
    /// In English, French and German; own names are the same in all.
    pub names: [String; 3],
    /// When the house is open.
    pub hours: Vec<OpenSpan>,
}

/// One day.
struct Day {
    hours: Vec<OpenSpan>,
    /// What holds outside the hours.
    closed: ScheduleCase,
    names: [String; 3],
}

impl Calendar {
    /// Check a schedule and make it ready.
    ///
    /// # Errors
    /// Everything that is wrong with it.
    pub fn new(schedule: Schedule) -> Result<Self, Vec<Wrong>> {
        check(&schedule)?;
        let read = |from: &str, to: &str| Days::read(from, to).ok();
        let own_holidays = schedule.own_holidays.iter().filter_map(|day| read(&day.from, &day.to)).collect();
        let exceptions = schedule.exceptions.iter().filter_map(|day| read(&day.from, &day.to)).collect();
        let zone = crate::check::zone(&schedule.time_zone).unwrap_or(TimeZone::UTC);
        Ok(Self { schedule, zone, own_holidays, exceptions })
    }

    /// The schedule itself.
    pub fn schedule(&self) -> &Schedule {
        &self.schedule
    }

    /// What holds at a moment; moments beyond the year 9999 count as 1970.
    pub fn at(&self, at: TimestampMs) -> Standing {
        let by_the_clock = self.by_the_clock(at);
        match self.schedule.forced {
            Some(case) => Standing { case, forced: true, until: None, occasion: String::new(), ..by_the_clock },
            None => by_the_clock,
        }
    }

    /// What would hold if nobody had decided otherwise.
    pub fn by_the_clock(&self, at: TimestampMs) -> Standing {
        let moment = i64::try_from(at).ok().and_then(|ms| Timestamp::from_millisecond(ms).ok()).unwrap_or_default();
        let local = moment.to_zoned(self.zone.clone());
        let today = local.date();
        let now = (i32::from(local.hour()) * 60 + i32::from(local.minute())) as u16;
        let day = self.day(today);
        let case = day.case_at(now);
        let occasion = if day.closed == ScheduleCase::Night { String::new() } else { day.names[0].clone() };
        let mut until = None;
        let mut opens = None;
        for ahead in 0..AHEAD {
            let Ok(date) = today.checked_add(ahead.days()) else { break };
            let day = if ahead == 0 { self.day(today) } else { self.day(date) };
            let later = |minute: &u16| ahead > 0 || *minute > now;
            for minute in day.edges().into_iter().filter(later) {
                let then = day.case_at(minute);
                if until.is_none() && then != case {
                    until = self.moment(date, minute);
                }
                if opens.is_none() && case != ScheduleCase::Day && then == ScheduleCase::Day {
                    opens = self.moment(date, minute);
                }
            }
            if until.is_some() && (opens.is_some() || case == ScheduleCase::Day) {
                break;
            }
        }
        Standing { case, forced: false, occasion, until, opens }
    }

    /// When the house is open on each day of an ordinary week, Monday first.
    pub fn week(&self) -> [Vec<OpenSpan>; 7] {
        let days = [
            DayOfWeek::Monday,
            DayOfWeek::Tuesday,
            DayOfWeek::Wednesday,
            DayOfWeek::Thursday,
            DayOfWeek::Friday,
            DayOfWeek::Saturday,
            DayOfWeek::Sunday,
        ];
        days.map(|day| self.ordinary(day))
    }

    /// The days of a year that differ from an ordinary week, in order.
    pub fn special_days(&self, year: i16) -> Vec<SpecialDay> {
        let Ok(first) = Date::new(year, 1, 1) else { return Vec::new() };
        let all = first.series(1.day()).take_while(|date| date.year() == year);
        let special = |date: Date| {
            let day = self.special(date)?;
            Some(SpecialDay { date: date.to_string(), case: day.closed, names: day.names, hours: day.hours })
        };
        all.filter_map(special).collect()
    }

    /// The moment that clocks there show as a text such as `2026-12-24T18:05`.
    ///
    /// # Errors
    /// What would be right.
    pub fn moment_of(&self, local: &str) -> Result<TimestampMs, String> {
        let wrong = || {
            let shown: String = local.chars().take(32).collect();
            format!("“{shown}” is no time such as 2026-12-24T18:05.")
        };
        let local: DateTime = local.parse().map_err(|_| wrong())?;
        let at = self.zone.to_timestamp(local).map_err(|_| wrong())?.as_millisecond();
        TimestampMs::try_from(at).map_err(|_| "Give a time after 1970.".into())
    }

    fn day(&self, date: Date) -> Day {
        self.special(date).unwrap_or_else(|| {
            let hours = self.ordinary(match date.weekday() {
                Weekday::Monday => DayOfWeek::Monday,
                Weekday::Tuesday => DayOfWeek::Tuesday,
                Weekday::Wednesday => DayOfWeek::Wednesday,
                Weekday::Thursday => DayOfWeek::Thursday,
                Weekday::Friday => DayOfWeek::Friday,
                Weekday::Saturday => DayOfWeek::Saturday,
                Weekday::Sunday => DayOfWeek::Sunday,
            });
            let closed = if hours.is_empty() { ScheduleCase::Weekend } else { ScheduleCase::Night };
            Day { hours, closed, names: Default::default() }
        })
    }

    /// A day that differs.
    fn special(&self, date: Date) -> Option<Day> {
        let same = |name: &str| [name.to_owned(), name.to_owned(), name.to_owned()];
        if let Some(place) = self.exceptions.iter().position(|days| days.contains(date)) {
            let exception = &self.schedule.exceptions[place];
            let mut hours = exception.hours.clone();
            hours.sort_unstable();
            return Some(Day { hours, closed: ScheduleCase::Exception, names: same(&exception.name) });
        }
        let closed = |names| Day { hours: Vec::new(), closed: ScheduleCase::Holiday, names };
        if let Some(place) = self.own_holidays.iter().position(|days| days.contains(date)) {
            return Some(closed(same(&self.schedule.own_holidays[place].name)));
        }
        let sets = &self.schedule.holidays;
        let names = sets.iter().find_map(|set| holidays::on(&set.country, &set.region, date))?;
        Some(closed(names.map(str::to_owned)))
    }

    fn ordinary(&self, day: DayOfWeek) -> Vec<OpenSpan> {
        if self.schedule.week.is_empty() {
            return vec![OpenSpan { from: TimeOfDay::default(), to: TimeOfDay::END }];
        }
        let that_day = self.schedule.week.iter().filter(|hours| hours.days.contains(&day));
        let mut hours: Vec<_> = that_day.map(|hours| OpenSpan { from: hours.from, to: hours.to }).collect();
        hours.sort_unstable();
        hours
    }

    /// A time of day as a moment. A time that a change of clocks leaves out is what clocks show when it is over.
    fn moment(&self, date: Date, minute: u16) -> Option<TimestampMs> {
        let time = date.at((minute / 60) as i8, (minute % 60) as i8, 0, 0);
        TimestampMs::try_from(self.zone.to_timestamp(time).ok()?.as_millisecond()).ok()
    }
}

impl Day {
    fn case_at(&self, minute: u16) -> ScheduleCase {
        let open = self.hours.iter().any(|span| span.from.minutes() <= minute && minute < span.to.minutes());
        if open { ScheduleCase::Day } else { self.closed }
    }

    /// The minutes at which something may begin, in order; the end of the day belongs to the next.
    fn edges(&self) -> Vec<u16> {
        let both = self.hours.iter().flat_map(|span| [span.from.minutes(), span.to.minutes()]);
        let mut edges: Vec<_> = std::iter::once(0).chain(both).filter(|m| *m < TimeOfDay::END.minutes()).collect();
        edges.sort_unstable();
        edges
    }
}
