//! What a reducer wants, checked before any of it is done.

use crate::{
    bindings::reducer::exports::jackfield::reducer::reduce::{Command, Dial, Outcome},
    grants,
    interfaces::arguments::{party, shortened},
    registry::Loaded,
    store::KeptInput,
};
use jackfield_calls::house::CallOrder;
use jackfield_model::{Fact, TimestampMs};
use std::{ops::RangeInclusive, time::Duration};

pub(crate) const LARGEST_INPUT: usize = 64 << 10;
const LARGEST_STATE: usize = 1 << 20;
const LARGEST_TIMER: usize = 4 << 10;
const LONGEST_NAME: usize = 128;
const MOST_COMMANDS: usize = 1_000;
const MOST_ARGS: usize = 16;
const LONGEST_ARG: usize = 1_024;
const RING: RangeInclusive<u32> = 1_000..=600_000;

/// What becomes of a batch.
pub(super) struct Checked {
    pub(super) data: Option<Vec<u8>>,
    pub(super) layout: u32,
    pub(super) replies: Vec<Vec<u8>>,
    pub(super) effects: Vec<Effect>,
    /// The inputs that are kept from now on.
    pub(super) news: Vec<KeptInput>,
    /// The timers that are not, by name.
    pub(super) cancelled: Vec<String>,
    /// What the plugin has told meanwhile.
    pub(super) facts: Vec<Fact>,
}

/// What is done once the state is on the disk.
pub(super) enum Effect {
    Send(String, Vec<u8>),
    SetTimer(String, TimestampMs, Vec<u8>),
    CancelTimer(String),
    Tell(String, Vec<u8>),
    Dial(String, CallOrder),
}

/// Whether this can be a key.
pub(crate) fn check_key(key: &str) -> Result<(), String> {
    if (1..=LONGEST_NAME).contains(&key.len()) {
        return Ok(());
    }
    Err(format!("the key “{}” has {} bytes: 1 to {LONGEST_NAME} are possible", shortened(key), key.len()))
}

/// The outcome of a batch of so many inputs; the error says what is wrong with it.
pub(super) fn check(plugin: &Loaded, outcome: Outcome, inputs: usize) -> Result<Checked, String> {
    let Outcome { data, layout, replies, commands } = outcome;
    if replies.len() != inputs {
        return Err(format!("it gave {} replies to {inputs} inputs", replies.len()));
    }
    if let Some(large) = data.iter().chain(&replies).map(Vec::len).find(|length| *length > LARGEST_STATE) {
        return Err(format!("a state or reply of {large} bytes: at most {LARGEST_STATE} are possible"));
    }
    if commands.len() > MOST_COMMANDS {
        return Err(format!("{} commands at once: at most {MOST_COMMANDS} are possible", commands.len()));
    }
    let effects = commands.into_iter().map(|command| effect(plugin, command)).collect::<Result<_, _>>()?;
    Ok(Checked { data, layout, replies, effects, news: Vec::new(), cancelled: Vec::new(), facts: Vec::new() })
}

fn effect(plugin: &Loaded, command: Command) -> Result<Effect, String> {
    let small = |payload: &[u8], most: usize| match payload.len() {
        length if length > most => Err(format!("a payload of {length} bytes: at most {most} are possible")),
        _ => Ok(()),
    };
    Ok(match command {
        Command::Send((call, word)) => {
            small(&word, LARGEST_INPUT)?;
            Effect::Send(call, word)
        }
        Command::SetTimer((name, due, payload)) => {
            check_key(&name)?;
            small(&payload, LARGEST_TIMER)?;
            Effect::SetTimer(name, due, payload)
        }
        Command::CancelTimer(name) => Effect::CancelTimer(name),
        Command::Tell((key, payload)) => {
            check_key(&key)?;
            small(&payload, LARGEST_INPUT)?;
            Effect::Tell(key, payload)
        }
        Command::Dial(wanted) => {
            check_key(&wanted.name)?;
            let name = wanted.name.clone();
            Effect::Dial(name, order(plugin, wanted)?)
        }
        Command::Other((kind, _)) => return Err(format!("this host has no command “{}”", shortened(&kind))),
    })
}

fn order(plugin: &Loaded, dial: Dial) -> Result<CallOrder, String> {
    let Dial { to, timeout, caller, entry, args, .. } = dial;
    if !plugin.record.grants.iter().any(|granted| granted == grants::CALL_ORIGINATE) {
        return Err(format!("it makes a call, and “{}” is not approved for it", grants::CALL_ORIGINATE));
    }
    let sound = |number: &&str| !number.is_empty() && number.len() <= 64;
    let (extension, sponsor) = match to.strip_prefix("as:").and_then(|rest| rest.split_once('/')) {
        Some((own, number)) if sound(&own) && sound(&number) => {
            if !plugin.record.grants.iter().any(|granted| granted == grants::CALL_OUTSIDE) {
                return Err(format!("it calls any number, and “{}” is not approved for it", grants::CALL_OUTSIDE));
            }
            (number, Some(own.to_owned()))
        }
        _ => match to.strip_prefix("ext:").filter(sound) {
            Some(number) => (number, None),
            None => return Err(format!("“{}” is no extension such as ext:100", shortened(&to))),
        },
    };
    if !RING.contains(&timeout) {
        return Err(format!("ringing for {timeout} ms: 1 s to 10 min are possible"));
    }
    if !plugin.has_entry(&entry) {
        return Err(format!("the plugin has no script “{}”", shortened(&entry)));
    }
    if args.len() > MOST_ARGS || args.iter().any(|(name, value)| name.len() + value.len() > LONGEST_ARG) {
        return Err(format!("at most {MOST_ARGS} arguments of {LONGEST_ARG} bytes are possible"));
    }
    Ok(CallOrder {
        extension: extension.to_owned(),
        sponsor,
        shown: party(caller)?,
        patience: Duration::from_millis(timeout.into()),
        plugin: plugin.record.id.clone(),
        entry,
        args,
    })
}
