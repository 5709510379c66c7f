//! What is done at night: messages go whose time is over.

use crate::{mailbox, settings::Settings, told};
use jackfield_sdk::prelude::*;

const DAY: u64 = 24 * 60 * 60 * 1_000;
const TIMER: &str = "clear-out";
/// When, by the clocks of the house.
const HOUR: u64 = 3;

/// Show all lamps as they are, and see to it that nights are not forgotten.
pub fn begin() -> Result<()> {
    for extension in mailbox::in_use()? {
        mailbox::show(&extension)?;
    }
    told::of_all()?;
    plan()
}

/// Erase what was deleted long enough ago, and heard messages that are too old.
pub fn clear_out() -> Result<()> {
    let settings: Settings = settings();
    let now = clock::now();
    let over = |since: Option<u64>, days: u64| since.is_some_and(|since| since + days * DAY <= now);
    let mut erased = 0;
    for extension in mailbox::in_use()? {
        for message in mailbox::all(&extension)? {
            let too_old = settings.keep_days > 0 && over(message.heard, settings.keep_days);
            if over(message.deleted, settings.trash_days) || too_old {
                mailbox::erase(&extension, &message)?;
                erased += 1;
            }
        }
    }
    if erased > 0 {
        log::info!("{erased} old messages are erased");
    }
    plan()
}

/// Come back next night.
fn plan() -> Result<()> {
    let settings: Settings = settings();
    let now = clock::now();
    let local = clock::local(&settings.time_zone, now).map_err(Error::Failed)?;
    let since_midnight = u64::from(local.hour) * 3_600_000 + u64::from(local.minute) * 60_000;
    let today = now - since_midnight + HOUR * 3_600_000;
    timers::set(TIMER, if today > now { today } else { today + DAY }, &[])
}
