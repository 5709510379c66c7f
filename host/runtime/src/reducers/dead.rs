//! Inputs that a reducer could not take: what an administrator sees of them, giving them again, and throwing them away.

use super::{
    run,
    states::{Kept, Name, States},
};
use crate::{
    registry::{Host, Loaded},
    store::{InputKind, KeptInput, Write},
};
use jackfield_model::TimestampMs;
use std::sync::Arc;

/// An input that was set aside.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeadInput {
    /// The key whose state could not take it.
    pub key: String,
    /// Its name among what was set aside there; with the key it is unique.
    pub name: String,
    /// What it was.
    pub kind: InputKind,
    /// A timer's name, a call's id, a dialled call's name, or a number.
    pub of: String,
    /// When it came.
    pub at: TimestampMs,
    /// What came with it.
    pub payload: Vec<u8>,
    /// Why it could not be taken.
    pub reason: String,
}

/// Its name once it is set aside, from which it can be made again.
pub(super) fn name(at: TimestampMs, kind: InputKind, name: &str) -> String {
    format!("{at}/{}/{name}", kind.word())
}

/// What it was: when it came, its kind and its own name.
fn parts(name: &str) -> Option<(TimestampMs, InputKind, &str)> {
    let (at, rest) = name.split_once('/')?;
    let (word, own) = rest.split_once('/')?;
    let kind = InputKind::ALL.into_iter().find(|kind| kind.word() == word && *kind != InputKind::Dead)?;
    Some((at.parse().ok()?, kind, own))
}

/// Everything that was set aside, newest first.
pub(crate) fn all(states: &States) -> Vec<DeadInput> {
    let contents = states.lock();
    let mut dead: Vec<DeadInput> = contents
        .kept
        .iter()
        .filter(|((_, kind, _), _)| *kind == InputKind::Dead)
        .filter_map(|((key, _, name), kept)| {
            let (at, kind, of) = parts(name)?;
            let (key, name, of) = (key.clone(), name.clone(), of.to_owned());
            Some(DeadInput { key, name, kind, of, at, payload: kept.payload.clone(), reason: kept.reason.clone() })
        })
        .collect();
    dead.sort_by_key(|input| std::cmp::Reverse(input.at));
    dead
}

/// Give one again, or throw it away; `false` when there is none of this name.
///
/// # Errors
/// When it cannot be given again, since another one has its name now, or the change cannot be kept.
pub(crate) async fn settle(
    host: &Arc<Host>,
    plugin: &Loaded,
    key: &str,
    name: &str,
    again: bool,
) -> Result<bool, SettleError> {
    let states = &plugin.life.states;
    let id = &plugin.record.id;
    let place: Name = (key.to_owned(), InputKind::Dead, name.to_owned());
    let Some((at, kind, own)) = parts(name) else { return Ok(false) };
    let alive: Name = (key.to_owned(), kind, own.to_owned());
    // Taken away before anything is written: of two who settle it at once, one finds nothing.
    let kept = {
        let mut contents = states.lock();
        let Some(kept) = contents.kept.remove(&place) else { return Ok(false) };
        if again && contents.kept.contains_key(&alive) {
            contents.kept.insert(place, kept);
            return Err(SettleError::Taken);
        }
        kept
    };
    let drop =
        Write::DropInput { plugin: id.clone(), key: key.to_owned(), kind: InputKind::Dead, name: name.to_owned() };
    let mut writes = vec![drop];
    if again {
        writes.push(Write::KeepInput(KeptInput {
            plugin: id.clone(),
            key: key.to_owned(),
            kind,
            name: own.to_owned(),
            due: at,
            payload: kept.payload.clone(),
            reason: String::new(),
        }));
    }
    if let Err(why) = host.clerk.write(writes).await {
        states.lock().kept.insert(place, kept);
        return Err(SettleError::Store(why));
    }
    {
        let mut contents = states.lock();
        if again {
            let setting = contents.count();
            let payload = kept.payload;
            contents
                .kept
                .insert(alive.clone(), Kept { due: at, payload, setting, queued: false, reason: String::new() });
            contents.queue_kept(&alive, host.clock.now_ms());
        }
    }
    run(host, id, states, key);
    Ok(true)
}

/// An input that was set aside stays there.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SettleError {
    /// Another one has its name.
    #[error("Another one of this name is kept by now: throw this one away.")]
    Taken,
    /// The text says why.
    #[error("{0}")]
    Store(String),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_tells_what_it_was() {
        assert_eq!(parts(&name(7, InputKind::Timer, "ring/2")), Some((7, InputKind::Timer, "ring/2")));
        assert_eq!(parts("7/dead/x"), None, "what was set aside is not set aside again");
        assert_eq!(parts("soon/timer/x"), None);
        assert_eq!(parts(""), None);
    }
}
