//! Reports that are made by a schedule.
//!
//! Each run is reckoned from when it was due and not from when it was made: what was missed while the host was off is made up
//! for, with the periods that were meant. A run keeps the period and how it went; its file is made from that when somebody wants it,
//! since what has happened does not change.

use crate::{
    access::Viewer,
    calendar::{self, Day},
    export::Format,
    report::{self, Asker, Slice, Wanted},
    saved,
    settings::Settings,
    template::Template,
};
use jackfield_sdk::prelude::*;
use serde::{Deserialize, Serialize};

const MOST: usize = 200;
/// Runs that are kept of each.
const KEPT: usize = 30;
/// Missed runs that are made up for; older ones are passed over.
const MADE_UP_FOR: usize = 31;
const MINUTE_MS: i64 = 60_000;
/// What a letter carries.
const LARGEST_LETTER: usize = 2 << 20;

/// How often.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Often {
    /// Every day.
    Day,
    /// Monday to Friday.
    Workday,
    /// Once a week.
    Week,
    /// Once a month.
    Month,
}

/// A report that is made by a schedule.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Schedule {
    #[serde(default)]
    pub id: String,
    pub name: String,
    pub report: String,
    #[serde(default)]
    pub wanted: Wanted,
    /// The ending of its file.
    pub format: String,
    pub often: Often,
    /// 0 for Monday; for once a week.
    #[serde(default)]
    pub weekday: i64,
    /// 1 to 28; for once a month.
    #[serde(default = "first")]
    pub day: i64,
    /// Minutes after midnight by the clocks of the house.
    pub minute: i64,
    /// The last day on which it is made, as `2026-12-31`.
    #[serde(default)]
    pub until: Option<String>,
    /// Whether its file is sent to its owner by mail.
    #[serde(default)]
    pub mail: bool,
    /// Switched on.
    #[serde(default = "yes")]
    pub on: bool,
    /// In whose name, and in which language.
    #[serde(default)]
    pub owner: Option<Viewer>,
    #[serde(default)]
    pub language: String,
    /// When it is due next.
    #[serde(default)]
    pub due: Option<u64>,
    /// Runs so far, the newest first.
    #[serde(default)]
    pub runs: Vec<Run>,
}

/// A run of a schedule.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Run {
    /// When it was due: its period is reckoned from then.
    pub due: u64,
    /// When it was made.
    pub made: u64,
    /// How many rows it has.
    pub rows: usize,
    /// The period, in words.
    pub period: String,
    /// Why it was not made.
    pub error: Option<String>,
    /// Whether it was sent.
    #[serde(default)]
    pub mailed: bool,
    /// Why it was not, when it was to be.
    #[serde(default)]
    pub mail_error: Option<String>,
}

fn first() -> i64 {
    1
}

fn yes() -> bool {
    true
}

/// All that this person may see, by name.
pub fn of(viewer: &Viewer) -> Result<Vec<Schedule>> {
    let mut schedules: Vec<Schedule> = kv::scan("schedule/")?.into_iter().map(|kept| kept.value).collect();
    schedules.retain(|schedule| schedule.is_for(viewer));
    schedules.sort_by_key(|schedule| schedule.name.to_lowercase());
    Ok(schedules)
}

/// One of them.
pub fn find(viewer: &Viewer, id: &str) -> Result<Option<Schedule>> {
    Ok(kv::get::<Schedule>(&key(id))?.filter(|schedule| schedule.is_for(viewer)))
}

/// Keep one, new or in place of the one with its id.
pub fn keep(viewer: &Viewer, language: &str, mut schedule: Schedule) -> Result<Schedule> {
    schedule.name = saved::named(&schedule.name)?;
    if !viewer.sees(&Template::find(&schedule.report)?) {
        return Err(Error::Denied("This report is for supervisors.".into()));
    }
    schedule.check()?;
    if schedule.id.is_empty() {
        if kv::scan::<Schedule>("schedule/")?.len() >= MOST {
            return Err(Error::Invalid(format!("{MOST} reports are scheduled: delete some first")));
        }
        schedule.id = format!("{:x}", clock::now());
        schedule.runs = Vec::new();
        schedule.owner = Some(viewer.clone());
        language.clone_into(&mut schedule.language);
    } else {
        let before =
            find(viewer, &schedule.id)?.ok_or_else(|| Error::Invalid("it has been deleted meanwhile".into()))?;
        (schedule.runs, schedule.owner, schedule.language) = (before.runs, before.owner, before.language);
    }
    schedule.due = None;
    if schedule.on {
        schedule.due = schedule.next(&settings::<Settings>().time_zone, clock::now())?;
    }
    plan(&schedule)?;
    kv::put(&key(&schedule.id), &schedule)?;
    Ok(schedule)
}

/// Forget one; whether it was there.
pub fn forget(viewer: &Viewer, id: &str) -> Result<bool> {
    let there = find(viewer, id)?.is_some();
    if there {
        timers::cancel(&key(id))?;
        kv::delete(&key(id))?;
    }
    Ok(there)
}

/// The plugin begins: a schedule whose timer was lost is given another.
pub fn begin() -> Result<()> {
    let pending = timers::pending("schedule/")?;
    for kept in kv::scan::<Schedule>("schedule/")? {
        let timed = pending.iter().any(|timer| timer.name == kept.key);
        if !timed && kept.value.on && kept.value.due.is_some() {
            plan(&kept.value)?;
        }
    }
    Ok(())
}

/// A timer is due: make the report, and plan the next.
pub fn due(timer: &timers::Due) -> Result<()> {
    let Some(mut schedule) = kv::get::<Schedule>(&timer.name)? else { return Ok(()) };
    let Some(due) = schedule.due.filter(|due| schedule.on && *due <= clock::now()) else { return plan(&schedule) };
    let settings: Settings = settings();
    let mut run = Run { due, ..Run::default() };
    match schedule.make(&settings, due, Slice { offset: 0, limit: report::MOST_OF_A_FILE }) {
        Ok(report) => {
            run.rows = report.rows.len();
            run.period.clone_from(&report.period);
            if schedule.mail {
                match schedule.send(&report, due) {
                    Ok(()) => run.mailed = true,
                    Err(why) => run.mail_error = Some(why.to_string()),
                }
            }
        }
        Err(error) => run.error = Some(error.to_string()),
    }
    run.made = clock::now();
    if let Some(why) = run.error.as_ref().or(run.mail_error.as_ref()) {
        log::warn!("“{}”: {why}", schedule.name);
    }
    schedule.runs.insert(0, run);
    schedule.runs.truncate(KEPT);
    schedule.due = schedule.next(&settings.time_zone, due)?;
    // After a long time off only the newest missed runs are made up for.
    let mut missed = Vec::new();
    let mut at = schedule.due;
    while let Some(due) = at.filter(|due| *due <= clock::now()) {
        missed.push(due);
        at = schedule.next(&settings.time_zone, due)?;
        if missed.len() > MADE_UP_FOR {
            missed.remove(0);
        }
    }
    schedule.due = missed.first().copied().or(at);
    // The run and the next time are kept before the timer is set: told twice, the second finds nothing due.
    kv::put(&timer.name, &schedule)?;
    plan(&schedule)
}

fn plan(schedule: &Schedule) -> Result<()> {
    match schedule.due {
        Some(due) => timers::set(&key(&schedule.id), due, &[]),
        None => timers::cancel(&key(&schedule.id)),
    }
}

fn key(id: &str) -> String {
    format!("schedule/{id}")
}

impl Schedule {
    fn is_for(&self, viewer: &Viewer) -> bool {
        viewer.all || self.owner.as_ref().is_some_and(|owner| owner.id == viewer.id)
    }

    fn check(&self) -> Result<()> {
        let wrong = |text: &str| Err(Error::Invalid(text.to_owned()));
        if Format::of(&self.format).is_none() {
            return wrong("a file is csv, html, json, pdf or xlsx");
        }
        if !(0..24 * 60).contains(&self.minute) || !(0..7).contains(&self.weekday) || !(1..=28).contains(&self.day) {
            return wrong("a time is 0 to 1439 minutes after midnight, a weekday 0 to 6, a day of the month 1 to 28");
        }
        if self.until.as_deref().is_some_and(|until| calendar::parsed(until).is_none()) {
            return wrong("the last day is written as 2026-12-31");
        }
        if self.wanted.from.is_some() || self.wanted.to.is_some() {
            return wrong("a schedule has a period that moves, such as last-week");
        }
        Ok(())
    }

    /// When it is due first after a moment; `None` when it is over.
    fn next(&self, zone: &str, after: u64) -> Result<Option<u64>> {
        let last = self.until.as_deref().and_then(calendar::parsed).unwrap_or(Day::MAX);
        let today = calendar::day_of(zone, after)?;
        for day in (today..=today + 62).take_while(|day| *day <= last) {
            let fits = match self.often {
                Often::Day => true,
                Often::Workday => calendar::weekday(day) < 5,
                Often::Week => calendar::weekday(day) == self.weekday,
                Often::Month => calendar::date(day).2 == self.day,
            };
            if fits {
                let due = calendar::moment(zone, day, self.minute * MINUTE_MS)?;
                if due > after {
                    return Ok(Some(due));
                }
            }
        }
        Ok(None)
    }

    /// Send the file of a run to its owner, once however often this is done.
    fn send(&self, report: &report::Report, due: u64) -> Result<()> {
        let extension = self.owner.as_ref().and_then(|owner| owner.extension.as_deref());
        let extension =
            extension.ok_or_else(|| Error::Failed("its owner has no extension, and so no mail address".into()))?;
        let format = Format::of(&self.format).ok_or_else(|| Error::Failed(format!("“{}” is no file", self.format)))?;
        let file = format.write(report, &self.language);
        if file.len() > LARGEST_LETTER {
            return Err(Error::Failed("its file has more than 2 MiB and stays on the page".into()));
        }
        let text = format!("{}\n{}\n", report.title, report.period);
        let letter = mail::to_extension(extension).about(&format!("{} ({})", self.name, report.period), &text);
        let name = format!("{}.{}", report.id, self.format);
        letter.attach_bytes(&name, format.media_type(), &file).once(&format!("{}/{due}", self.id)).send()?;
        Ok(())
    }

    /// The report as of a run.
    ///
    /// # Errors
    /// When its owner may not see it any more, or the house cannot answer.
    pub fn make(&self, settings: &Settings, due: u64, slice: Slice) -> Result<report::Report> {
        let nobody = Viewer { id: String::new(), extension: None, all: false };
        let viewer = self.owner.as_ref().unwrap_or(&nobody);
        let asker = Asker { viewer, settings, language: &self.language, now: due };
        report::make(&self.report, &self.wanted, &asker, slice)
    }
}
