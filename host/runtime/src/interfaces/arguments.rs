//! What guests say to the verbs of a call, checked, and in the words of `calls`.

use crate::{
    bindings::imports::jackfield::{
        call::control::{self, CollectOptions, DialOptions, HangUpCause},
        types::types::Party,
    },
    interfaces::failure::Failure,
};
use jackfield_calls::scripts;
use std::time::Duration;

const LONGEST_TARGET: usize = 256;
const LONGEST_SOUND: Duration = Duration::from_secs(60);
const LONGEST_WAIT: Duration = Duration::from_secs(3_600);
const DIAL: std::ops::RangeInclusive<Duration> = Duration::from_secs(1)..=Duration::from_secs(600);

pub(super) fn collect_options(options: CollectOptions) -> Result<scripts::CollectOptions, Failure> {
    if !(1..=64).contains(&options.max) {
        return Err(Failure::Invalid(format!("collecting {} digits: 1 to 64 are possible", options.max)));
    }
    if options.terminators.len() > 16 || !options.terminators.chars().all(is_digit) {
        return Err(Failure::Invalid("terminators are digits, * and #".into()));
    }
    Ok(scripts::CollectOptions {
        max: options.max,
        terminators: options.terminators,
        first_timeout: wait_length(options.first_timeout)?,
        inter_timeout: wait_length(options.inter_timeout)?,
        barge_in: options.barge_in,
    })
}

pub(super) fn dial_options(options: DialOptions) -> Result<scripts::DialOptions, Failure> {
    let timeout = Duration::from_millis(options.timeout.into());
    if !DIAL.contains(&timeout) {
        return Err(Failure::Invalid(format!("dialling for {timeout:?}: 1 s to 10 min are possible")));
    }
    let caller_id = options.caller_id.map(party).transpose().map_err(Failure::Invalid)?;
    Ok(scripts::DialOptions { timeout, caller_id, music: options.music })
}

/// A party as the guest names it.
pub(crate) fn party(party: Party) -> Result<jackfield_model::Party, String> {
    if party.number.len() > LONGEST_TARGET || party.name.len() > LONGEST_TARGET {
        return Err(format!("a party's number and name have at most {LONGEST_TARGET} bytes"));
    }
    let extension = party.extension.map(|number| number.parse()).transpose();
    let extension = extension.map_err(|e: jackfield_model::InvalidNumber| e.to_string())?;
    Ok(jackfield_model::Party { number: party.number, name: party.name, extension })
}

pub(crate) fn is_target(target: &str) -> bool {
    check_target(target).is_ok()
}

pub(super) fn check_target(target: &str) -> Result<(), Failure> {
    if target.trim().is_empty() || target.len() > LONGEST_TARGET || target.chars().any(char::is_control) {
        return Err(Failure::Invalid(format!("“{}” is no number or URI to dial", shortened(target))));
    }
    Ok(())
}

pub(super) fn wait_length(ms: u32) -> Result<Duration, Failure> {
    let length = Duration::from_millis(ms.into());
    if length > LONGEST_WAIT { Err(Failure::Invalid(format!("{length:?} is more than an hour"))) } else { Ok(length) }
}

pub(super) fn sound_length(ms: u32) -> Result<Duration, Failure> {
    let length = Duration::from_millis(ms.into());
    if length > LONGEST_SOUND { Err(Failure::Invalid(format!("{length:?} is more than a minute"))) } else { Ok(length) }
}

/// A key of a telephone (RFC 4733 section 3.2).
pub(crate) fn is_digit(c: char) -> bool {
    matches!(c, '0'..='9' | '*' | '#' | 'A'..='D')
}

pub(crate) fn shortened(text: &str) -> String {
    text.chars().take(64).collect()
}

impl From<jackfield_model::Party> for Party {
    fn from(party: jackfield_model::Party) -> Self {
        Self { number: party.number, name: party.name, extension: party.extension.map(Into::into) }
    }
}

impl From<control::Tone> for scripts::Tone {
    fn from(tone: control::Tone) -> Self {
        match tone {
            control::Tone::Beep => Self::Beep,
            control::Tone::Busy => Self::Busy,
            control::Tone::Congestion => Self::Congestion,
            control::Tone::Ringback => Self::Ringback,
            control::Tone::Dial => Self::Dial,
        }
    }
}

impl From<HangUpCause> for scripts::HangUpCause {
    fn from(cause: HangUpCause) -> Self {
        match cause {
            HangUpCause::Normal => Self::Normal,
            HangUpCause::Busy => Self::Busy,
            HangUpCause::NoAnswer => Self::NoAnswer,
            HangUpCause::Rejected => Self::Rejected,
            HangUpCause::NotFound => Self::NotFound,
            HangUpCause::Error => Self::Error,
        }
    }
}
