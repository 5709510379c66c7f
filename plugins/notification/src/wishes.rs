//! What each person wishes: about what they are written to, where they are then, and when.

use crate::{news::Kind, settings::Settings, sms};
use jackfield_sdk::{prelude::*, presence::State};
use serde::{Deserialize, Serialize};

/// The states in which somebody can be, as the page names them.
pub const STATES: [&str; 10] =
    ["office", "call-me", "meeting", "do-not-disturb", "break", "lunch", "gone-out", "gone-home", "sick", "vacation"];
const MINUTE: u64 = 60 * 1_000;
const DAY: u64 = 24 * 60;

/// What one person wishes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Wishes {
    /// The states in which they are written to about messages.
    pub voicemail: Vec<String>,
    /// The states in which they are written to about missed calls.
    pub missed: Vec<String>,
    /// Where and when they get SMS.
    #[serde(default)]
    pub sms: Sms,
    /// Whether the recording comes with the letter.
    pub attach: bool,
    /// When no letter is sent.
    pub quiet: Option<Quiet>,
    /// Whether news is gathered, and when it is written about.
    pub digest: Option<Digest>,
}

/// What somebody wishes of SMS.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sms {
    /// Their mobile number, with its country; empty: none.
    pub number: String,
    /// The states in which they are told about messages.
    pub voicemail: Vec<String>,
    /// The states in which they are told about missed calls.
    pub missed: Vec<String>,
}

/// Minutes of the day between which no letter is sent; they may lie on both sides of midnight.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Quiet {
    pub from: u16,
    pub to: u16,
}

/// When a digest is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase", deny_unknown_fields)]
pub enum Digest {
    /// At each full hour.
    Hourly,
    /// Every day at this minute of it.
    Daily(u16),
}

impl Wishes {
    /// What the person of an extension wishes, or what an administrator has for those who have said nothing.
    pub fn of(extension: &str, settings: &Settings) -> Result<Self> {
        if let Some(wishes) = kv::get(&key(extension))? {
            return Ok(wishes);
        }
        let states =
            |kind| if settings.unasked.contains(&kind) { STATES.map(str::to_owned).into() } else { Vec::new() };
        Ok(Self {
            voicemail: states(Kind::Voicemail),
            missed: states(Kind::Missed),
            sms: Sms::default(),
            attach: true,
            quiet: None,
            digest: None,
        })
    }

    /// Keep them. The error says what is wrong with them.
    pub fn keep(mut self, extension: &str) -> Result<()> {
        let minute = |minute: u16| u64::from(minute) < DAY;
        let lists = [&self.voicemail, &self.missed, &self.sms.voicemail, &self.sms.missed];
        let known = lists
            .iter()
            .all(|list| list.len() <= STATES.len() && list.iter().all(|state| STATES.contains(&state.as_str())));
        if !self.sms.number.trim().is_empty() {
            let number = sms::normal(&self.sms.number);
            let text = "the mobile number is none with its country, such as +33 6 12 34 56 78";
            self.sms.number = number.ok_or_else(|| Error::Invalid(text.into()))?;
        }
        let quiet = self.quiet.is_none_or(|quiet| minute(quiet.from) && minute(quiet.to) && quiet.from != quiet.to);
        let digest = !matches!(self.digest, Some(Digest::Daily(at)) if !minute(at));
        if !known || !quiet || !digest {
            return Err(Error::Invalid("these wishes make no sense: reload the page".into()));
        }
        kv::put(&key(extension), &self)
    }

    /// Whether they want to be written to about this while they are there.
    pub fn wants(&self, kind: Kind, state: &str) -> bool {
        let states = match kind {
            Kind::Voicemail => &self.voicemail,
            Kind::Missed => &self.missed,
        };
        states.iter().any(|wanted| wanted == state)
    }

    /// Their mobile number, when SMS can be sent to it.
    pub fn number(&self, settings: &Settings) -> Option<String> {
        let number = &self.sms.number;
        (settings.sms.is_set_up() && !number.is_empty() && settings.sms.reaches(number)).then(|| number.clone())
    }

    /// The number at which they want to be told about this by SMS while they are there.
    pub fn mobile(&self, settings: &Settings, kind: Kind, state: &str) -> Option<String> {
        let states = match kind {
            Kind::Voicemail => &self.sms.voicemail,
            Kind::Missed => &self.sms.missed,
        };
        self.number(settings).filter(|_| states.iter().any(|wanted| wanted == state))
    }

    /// The end of the quiet hours, when `now` is within them.
    pub fn after_quiet(&self, settings: &Settings, now: u64) -> Result<Option<u64>> {
        let Some(Quiet { from, to }) = self.quiet else { return Ok(None) };
        let (from, to, minute) = (u64::from(from), u64::from(to), minute_of_day(settings, now)?);
        let within = if from < to { (from..to).contains(&minute) } else { minute >= from || minute < to };
        Ok(within.then(|| now - now % MINUTE + (to + DAY - minute) % DAY * MINUTE))
    }

    /// When the next digest is due.
    pub fn next_digest(&self, settings: &Settings, now: u64) -> Result<u64> {
        let minute = minute_of_day(settings, now)?;
        let wait = match self.digest {
            Some(Digest::Daily(at)) => match (u64::from(at) + DAY - minute) % DAY {
                0 => DAY,
                wait => wait,
            },
            Some(Digest::Hourly) | None => 60 - minute % 60,
        };
        let due = now - now % MINUTE + wait * MINUTE;
        Ok(self.after_quiet(settings, due)?.unwrap_or(due))
    }
}

/// The name of a state.
pub fn name_of(state: State) -> &'static str {
    match state {
        State::Office => "office",
        State::Meeting => "meeting",
        State::Sick => "sick",
        State::Break => "break",
        State::GoneOut => "gone-out",
        State::Vacation => "vacation",
        State::Lunch => "lunch",
        State::GoneHome => "gone-home",
        State::DoNotDisturb => "do-not-disturb",
        State::CallMe => "call-me",
    }
}

fn minute_of_day(settings: &Settings, at: u64) -> Result<u64> {
    let local = clock::local(&settings.time_zone, at).map_err(Error::Failed)?;
    Ok(u64::from(local.hour) * 60 + u64::from(local.minute))
}

fn key(extension: &str) -> String {
    format!("wishes/{extension}")
}
