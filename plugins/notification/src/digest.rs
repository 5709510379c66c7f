//! News that is gathered, and written about at its time in one letter.

use crate::{
    news::{self, News},
    settings::Settings,
    wishes::Wishes,
    wording,
};
use jackfield_sdk::prelude::*;

/// News of one person that waits; beyond it the oldest are left out.
const MOST: usize = 200;
const TIMER: &str = "digest/";

/// Gather this for the next digest.
pub fn gather(settings: &Settings, wishes: &Wishes, extension: &str, seq: u64, news: &News) -> Result<()> {
    kv::put(&format!("{}{seq:020}", gathered(extension)), news)?;
    let name = format!("{TIMER}{extension}");
    if timers::pending(&name)?.iter().any(|timer| timer.name == name) {
        return Ok(());
    }
    timers::set(&name, wishes.next_digest(settings, clock::now())?, &[])
}

/// A digest is due: write it, and forget what is in it.
pub fn write(timer: &str) -> Result<()> {
    let Some(extension) = timer.strip_prefix(TIMER) else { return Ok(()) };
    let settings: Settings = settings();
    let kept = kv::scan::<News>(&gathered(extension))?;
    let Some(last) = kept.last() else { return Ok(()) };
    let all: Vec<&News> = kept.iter().map(|kept| &kept.value).collect();
    let newest = &all[all.len().saturating_sub(MOST)..];
    let (subject, text) = wording::digest(&settings, extension, newest)?;
    let letter = mail::to_extension(extension).about(&subject, &text).once(&last.key);
    news::settle(extension, letter.send())?;
    for some in kept.chunks(64) {
        some.iter().fold(kv::commit(), |commit, kept| commit.delete(&kept.key)).make()?;
    }
    Ok(())
}

fn gathered(extension: &str) -> String {
    format!("digest/{extension}/")
}
