//! Parking: a call waits at a number with music until somebody dials that number (RFC 5359 §2.15).

use crate::{
    bridge::connect,
    call::{Caller, Next, note_answer, refuse},
    desk::{Entrant, Place},
    dial::Contact,
    lines::{Line, LineState, Role},
    party::PartyEvent,
    router::{Decision, RingTarget},
};
use jackfield_model::{CallState, EndCause, Number, Party as Who};
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};
use tokio::time::{Instant, sleep_until};
use tracing::info;

/// Where calls are parked; cheap to clone.
#[derive(Clone, Default)]
pub(crate) struct Lot(Arc<Mutex<HashMap<String, u64>>>);

/// One place taken; it is free when dropped.
struct Space {
    lot: Lot,
    number: String,
    /// The lamp of that number.
    _line: Option<Line>,
}

impl Lot {
    /// The call that is parked there.
    fn call_at(&self, number: &str) -> Option<u64> {
        self.spaces().get(number).copied()
    }

    fn take(&self, number: &str, caller: &Caller) -> Option<Space> {
        let mut spaces = self.spaces();
        if spaces.contains_key(number) {
            return None;
        }
        spaces.insert(number.to_owned(), caller.count);
        let who = caller.party.who().clone();
        let line = number.parse::<Number>().ok().map(|parsed| {
            let leg = caller.party.leg.id();
            caller.exchange.lines.take(&parsed, leg, Role::Recipient, LineState::Confirmed, who)
        });
        Some(Space { lot: self.clone(), number: number.to_owned(), _line: line })
    }

    fn spaces(&self) -> MutexGuard<'_, HashMap<String, u64>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Space {
    fn drop(&mut self) {
        self.lot.spaces().remove(&self.number);
    }
}

/// A call reaches a number where calls are parked: whoever was sent there is parked, whoever dials it gets who is there.
pub(crate) async fn park_or_retrieve(mut caller: Box<Caller>, number: &str) -> Option<(Box<Caller>, Next)> {
    if let Some(call) = caller.exchange.lot.call_at(number) {
        // Who was sent here, or rings back in vain, must not get the stranger who is there.
        if caller.referrer.is_some() || caller.parked_by.is_some() {
            return refuse(caller, 486, format!("a call is parked at {number} already")).await;
        }
        return caller.hand_over(call, Place::Opposite, 404, "retrieved a parked call").await;
    }
    if caller.referrer.is_none() && caller.parked_by.is_none() {
        return refuse(caller, 404, format!("no call is parked at {number}")).await;
    }
    let lot = caller.exchange.lot.clone();
    let Some(space) = lot.take(number, &caller) else {
        return refuse(caller, 486, format!("a call is parked at {number} already")).await;
    };
    caller.parked_by = caller.referred_by.take().or(caller.parked_by.take());
    caller.transfer_succeeded().await;
    wait(caller, &space).await
}

async fn wait(mut caller: Box<Caller>, space: &Space) -> Option<(Box<Caller>, Next)> {
    info!(call = %caller.id, at = space.number, "parked");
    caller.facts.state(CallState::Held);
    caller.party.resume().await;
    caller.party.play_hold_music();
    let recall = Instant::now() + caller.exchange.config.park_recall;
    loop {
        tokio::select! {
            event = caller.party.next() => match event {
                PartyEvent::Gone { why, .. } => {
                    caller.facts.ends(EndCause::Answered, format!("the parked caller hung up ({why})"));
                    return None;
                }
                PartyEvent::Reoffer { sdp } => caller.party.accept_reoffer(sdp).await,
                other => caller.note(other),
            },
            entrant = caller.desk.next() => match entrant.place {
                Place::Opposite => return retrieved(caller, entrant).await,
                Place::Of(leg) if leg == caller.party.leg.id() => {
                    caller.change_party(entrant).await;
                    caller.party.play_hold_music();
                }
                Place::Of(_) | Place::Beside(..) => entrant.refuse(),
            },
            () = sleep_until(recall) => return Some(ring_back(caller, &space.number)),
        }
    }
}

async fn retrieved(mut caller: Box<Caller>, entrant: Entrant) -> Option<(Box<Caller>, Next)> {
    let Entrant { mut party, who, taken, .. } = entrant;
    if let Some(stream) = caller.party.stream() {
        stream.stop_playing();
    }
    party.enter(caller.count);
    let connected = connect(&mut caller.party, &mut party).await;
    let _ = taken.send(Ok(()));
    if let Err(refused) = connected {
        caller.facts.ends(EndCause::Failed, refused.why);
        caller.party.hang_up(None).await;
        party.hang_up(None).await;
        return None;
    }
    note_answer(&caller, &Contact::of(&party, &who));
    Some((caller, Next::Talk(party)))
}

/// Nobody came: whoever parked the call has it back, or it stays where it is.
fn ring_back(mut caller: Box<Caller>, number: &str) -> (Box<Caller>, Next) {
    if let Some(stream) = caller.party.stream() {
        stream.stop_playing();
    }
    let Some(by) = caller.parked_by.clone() else {
        // Parked by nobody we know: wait on.
        return (caller, Next::Do(Decision::Park(number.to_owned()), None));
    };
    info!(call = %caller.id, to = by, "a parked call rings back");
    let who = caller.party.who();
    let shown = Who { number: who.number.clone(), name: format!("{number}: {}", who.name), extension: None };
    let ring = caller.exchange.config.ring.min(std::time::Duration::from_secs(30));
    let target = RingTarget { caller_id: Some(shown), ..RingTarget::new(by, ring) };
    caller.recall_to = Some(number.to_owned());
    (caller, Next::Do(Decision::Ring(vec![vec![target]]), None))
}
