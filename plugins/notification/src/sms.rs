//! SMS through a web service of the administrator's choice: written down first, then sent, and tried again when the service is out of
//! order. A gateway that hangs keeps nobody waiting.

mod connector;

use crate::{news::News, settings::Settings, wishes::Wishes, wording};
use connector::Outcome;
pub use connector::Sms;
use jackfield_sdk::prelude::*;
use serde::{Deserialize, Serialize};

const TIMER: &str = "sms/";
/// Which events were told of, so that none is told of twice.
const TOLD: &str = "sms-told/";
/// How long that is remembered: events are told again within minutes.
const REMEMBERED: u64 = 24 * 60 * 60 * 1_000;
/// The pauses before it is tried again, in seconds; then it is given up.
const PAUSES: [u64; 6] = [5, 30, 2 * 60, 10 * 60, 30 * 60, 2 * 60 * 60];
const DAY: u64 = 24 * 60 * 60 * 1_000;
/// Longest text, in characters: three parts of an SMS.
const LONGEST: usize = 450;

/// An SMS that waits to be sent.
#[derive(Debug, Serialize, Deserialize)]
struct Waiting {
    to: String,
    text: String,
    /// How often it was tried.
    tried: usize,
}

/// How many somebody has got today.
#[derive(Default, Serialize, Deserialize)]
struct Count {
    day: u64,
    sent: u32,
}

/// Have the person of an extension told by SMS, if they wish it. `seq` is the event's number, so that it is done once.
pub fn tell(settings: &Settings, wishes: &Wishes, extension: &str, state: &str, seq: u64, news: &News) -> Result<()> {
    let Some(number) = wishes.mobile(settings, news.kind, state) else { return Ok(()) };
    let key = format!("{TIMER}{seq:020}/{extension}");
    let told = format!("{TOLD}{seq:020}/{extension}");
    let now = clock::now();
    if kv::get::<u64>(&told)?.is_some() {
        // The event comes again: what ended the host may have done so before the timer was set.
        let lost = kv::get::<Waiting>(&key)?.is_some() && timers::pending(&key)?.is_empty();
        return if lost { timers::set(&key, now, &[]) } else { Ok(()) };
    }
    if !may_cost(settings, extension, now)? {
        log::warn!("{extension} has got {} SMS today, and gets no more before tomorrow", settings.sms.per_day);
        return Ok(());
    }
    let due = if news.urgent { None } else { wishes.after_quiet(settings, now)? };
    let waiting = Waiting { to: number, text: text(settings, extension, news)?, tried: 0 };
    kv::commit().put(&key, &waiting)?.put(&told, &now)?.make()?;
    timers::set(&key, due.unwrap_or(now), &[])
}

/// An SMS is due: send it. What fails is not passed on, since it has its own pauses.
pub fn send(timer: &str) -> Result<()> {
    let Some(waiting) = kv::get::<Waiting>(timer)? else { return Ok(()) };
    let settings: Settings = settings();
    let Waiting { to, text, tried } = waiting;
    // Counted first: what ends the host meanwhile does not have it tried for ever.
    kv::put(timer, &Waiting { to: to.clone(), text: text.clone(), tried: tried + 1 })?;
    let count = |outcome| metrics::add("sms_total", &[("outcome", outcome)], 1.0);
    let why = match settings.sms.send(&to, &text, timer) {
        Outcome::Sent => {
            count("sent");
            return kv::delete(timer);
        }
        Outcome::Refused(why) => {
            count("refused");
            log::error!("an SMS was not sent: {why}");
            return kv::delete(timer);
        }
        Outcome::Later(why) => why,
    };
    count(if tried < PAUSES.len() { "put off" } else { "given up" });
    let Some(pause) = PAUSES.get(tried) else {
        log::error!("an SMS was given up after {} tries: {why}", tried + 1);
        return kv::delete(timer);
    };
    log::warn!("an SMS is tried again in {pause} s: {why}");
    timers::set(timer, clock::now() + pause * 1_000, &[])
}

/// Send one at once to try it out, once a minute at most; why not, in English.
pub fn try_out(settings: &Settings, wishes: &Wishes, extension: &str, news: &News) -> Result<Option<String>> {
    let Some(number) = wishes.number(settings) else { return Ok(Some("there is no mobile number".into())) };
    let now = clock::now();
    let key = format!("sms-tried/{extension}");
    if kv::get::<u64>(&key)?.is_some_and(|last| last / 60_000 == now / 60_000) {
        return Ok(Some("one was sent within this minute: wait a little".into()));
    }
    kv::put(&key, &now)?;
    if !may_cost(settings, extension, now)? {
        return Ok(Some(format!("{} SMS were sent today, which is all that there are", settings.sms.per_day)));
    }
    let id = format!("try/{extension}/{now}");
    Ok(match settings.sms.send(&number, &text(settings, extension, news)?, &id) {
        Outcome::Sent => None,
        Outcome::Refused(why) | Outcome::Later(why) => {
            log::warn!("an SMS to try it out was not sent: {why}");
            Some(why)
        }
    })
}

/// Forget what was told of long ago.
pub fn forget() -> Result<()> {
    let now = clock::now();
    for kept in kv::scan::<u64>(TOLD)?.into_iter().take(50) {
        if kept.value + REMEMBERED < now {
            kv::delete(&kept.key)?;
        }
    }
    Ok(())
}

/// Whether somebody may get one more today; counts it.
fn may_cost(settings: &Settings, extension: &str, now: u64) -> Result<bool> {
    let most = settings.sms.per_day;
    let count = kv::update(&format!("sms-count/{extension}"), |count: Option<Count>| {
        let day = now / DAY;
        let sent = count.filter(|count| count.day == day).map_or(0, |count| count.sent);
        Count { day, sent: sent.min(most) + 1 }
    })?;
    Ok(count.sent <= most)
}

fn text(settings: &Settings, extension: &str, news: &News) -> Result<String> {
    Ok(wording::sms(settings, extension, news)?.chars().take(LONGEST).collect())
}

/// A number as the service gets it: `+` and digits; `None` when it is no number with its country.
pub fn normal(number: &str) -> Option<String> {
    let digits = number.trim().strip_prefix('+').or_else(|| number.trim().strip_prefix("00"))?;
    let digits: String = digits.chars().filter(|c| !" -/.()".contains(*c)).collect();
    let sound = (6..=15).contains(&digits.len()) && digits.chars().all(|c| c.is_ascii_digit());
    (sound && !digits.starts_with('0')).then(|| format!("+{digits}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_their_country_and_nothing_but_digits() {
        for (number, normal_number) in [
            ("+33 6 12 34 56 78", Some("+33612345678")),
            ("0049 (151) 234-5678", Some("+491512345678")),
            ("0612345678", None),
            ("+33", None),
            ("+1234567890123456", None),
            ("+33 6 12;34", None),
            ("+0612345678", None),
            ("", None),
        ] {
            assert_eq!(normal(number).as_deref(), normal_number, "{number}");
        }
    }
}
