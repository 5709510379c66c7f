//! What is kept of plans: the one that callers are led by, every version that was published, and a draft.

use crate::{
    fault,
    plan::{Plan, Reception, Then},
    settings::{Closed, Settings},
};
use jackfield_sdk::{
    Error, Result, clock,
    kv::{self, Kept},
    log,
    web::User,
};
use serde::{Deserialize, Serialize};

/// Versions that are kept; older ones are forgotten.
const MOST: u32 = 50;
const PUBLISHED: &str = "published";
const DRAFT: &str = "draft";

/// The plan that callers are led by.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Published {
    /// Its version, from 1.
    pub number: u32,
    /// Whether somebody has published it on the page. From then on plans are made there alone.
    by_hand: bool,
    /// What the settings were like, as far as they make a plan.
    seed: String,
    pub plan: Plan,
}

/// A version that was published.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Version {
    pub number: u32,
    pub at: u64,
    /// The name of who published it; empty when it came from the settings.
    pub by: String,
    /// What they said about it.
    pub note: String,
    /// The version that was gone back to.
    pub again: Option<u32>,
    pub text: String,
}

/// What somebody is writing.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Draft {
    pub text: String,
    /// The version that it began with.
    pub based_on: u32,
    pub by: String,
    pub at: u64,
}

/// The plan for a call that begins now, which keeps it to its end. As long as nobody has published one on the page, the settings
/// make it; and so they do whatever is wrong with what is kept.
pub fn current(settings: &Settings) -> Plan {
    match kv::get::<Published>(PUBLISHED) {
        Ok(Some(published)) if published.by_hand => published.plan,
        Ok(_) => of(settings),
        Err(error) => {
            log::error!("the published plan cannot be read, the settings count: {error}");
            of(settings)
        }
    }
}

/// When the settings make another plan than the last version, theirs is the next one. Once somebody has published on the page it is
/// only remembered what the settings are like, which a new package may have changed.
pub fn adopt(settings: &Settings) -> Result<()> {
    let made = of(settings);
    let before = kv::entry::<Published>(PUBLISHED)?;
    if let Some(kept) = before.as_ref() {
        if kept.value.seed == seed(&made) {
            return Ok(());
        }
        if kept.value.by_hand {
            let published = Published { seed: seed(&made), ..kept.value.clone() };
            return kv::commit().put(PUBLISHED, &published)?.expect(kept.version).try_make().map(drop);
        }
    }
    let version = Version {
        number: next(before.as_ref()),
        at: clock::now(),
        by: String::new(),
        note: String::new(),
        again: None,
        text: made.text(),
    };
    // Somebody else was faster, and has adopted the same.
    let published = Published { number: version.number, by_hand: false, seed: seed(&made), plan: made };
    publish(before.as_ref(), &version, &published).map(drop)
}

/// The plan that counts, with its version; made from the settings when none was published.
pub fn published(settings: &Settings) -> Result<Kept<Published>> {
    adopt(settings)?;
    kv::entry(PUBLISHED)?.ok_or_else(|| Error::Failed("there is no plan yet".into()))
}

/// Publish a plan in place of `before`; `false` when somebody else has published one meanwhile.
pub fn replace(
    before: &Kept<Published>,
    settings: &Settings,
    user: &User,
    note: &str,
    again: Option<u32>,
    (text, plan): (String, Plan),
) -> Result<bool> {
    let by = user.name.clone();
    let note = note.chars().filter(|c| !c.is_control()).take(200).collect();
    let version = Version { number: next(Some(before)), at: clock::now(), by, note, again, text };
    let published = Published { number: version.number, by_hand: true, seed: seed(&of(settings)), plan };
    publish(Some(before), &version, &published)
}

/// One version.
pub fn read(number: u32) -> Result<Option<Version>> {
    kv::get(&key(number))
}

/// All that are kept, the newest first.
pub fn all() -> Result<Vec<Version>> {
    let mut all: Vec<Version> = kv::scan("version/")?.into_iter().map(|kept| kept.value).collect();
    all.reverse();
    Ok(all)
}

/// What somebody is writing, when there is something.
pub fn draft() -> Result<Option<Draft>> {
    kv::get(DRAFT)
}

pub fn keep_draft(draft: &Draft) -> Result<()> {
    kv::put(DRAFT, draft)
}

pub fn forget_draft() -> Result<()> {
    kv::delete(DRAFT)
}

/// The plan that settings make.
pub fn of(settings: &Settings) -> Plan {
    let Settings { language, schedule, time_zone, hours, exceptions, operator, menus, .. } = settings.clone();
    let day = Reception { play: settings.greeting.clone(), does: Then::Menu, to: settings.menu.clone() };
    let does = match settings.closed_does {
        Closed::Announce => Then::Announce,
        Closed::Menu => Then::Menu,
        Closed::Transfer => Then::Transfer,
    };
    let to = if does == Then::Announce { String::new() } else { settings.closed_to.clone() };
    let night = Reception { play: settings.closed_greeting.clone(), does, to };
    let cases = crate::plan::Cases { day, night, weekend: None, holiday: None, exception: None };
    Plan { language, schedule, time_zone, hours, exceptions, operator, cases, menus }
}

fn publish(before: Option<&Kept<Published>>, version: &Version, published: &Published) -> Result<bool> {
    let mut commit = kv::commit()
        .put(PUBLISHED, published)?
        .expect(before.map_or(0, |kept| kept.version))
        .put(&key(version.number), version)?
        .delete(DRAFT);
    if version.number > MOST {
        commit = commit.delete(&key(version.number - MOST));
    }
    commit.try_make()
}

fn next(before: Option<&Kept<Published>>) -> u32 {
    before.map_or(1, |kept| kept.value.number.saturating_add(1))
}

/// By number in the order of keys.
fn key(number: u32) -> String {
    format!("version/{number:010}")
}

/// A short word for a plan (FNV-1a): another plan has another one.
fn seed(plan: &Plan) -> String {
    let text = serde_json::to_vec(plan).unwrap_or_default();
    let hash = text
        .iter()
        .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x100_0000_01b3));
    format!("{hash:016x}")
}

/// What is wrong with settings, by the fields that they have.
pub fn faults(settings: &Settings) -> Vec<jackfield_sdk::FieldError> {
    let field = |path: &str| match path {
        "/cases/day/to" => "/menu".to_owned(),
        "/cases/night/to" => "/closed_to".to_owned(),
        "/cases/day/play" => "/greeting".to_owned(),
        "/cases/night/play" => "/closed_greeting".to_owned(),
        other => other.to_owned(),
    };
    let made = of(settings);
    if kv::get::<Published>(PUBLISHED).is_ok_and(|kept| kept.is_some_and(|p| p.by_hand && p.seed != seed(&made))) {
        let message = "Menus and opening hours are edited on the page Auto-attendant since somebody has published there: change them there, \
                       and here the numbers and codes alone.";
        return vec![jackfield_sdk::FieldError::new("", message)];
    }
    let faults = fault::of(&made, None);
    faults.iter().map(|fault| jackfield_sdk::FieldError::new(field(&fault.path), fault.message())).collect()
}
