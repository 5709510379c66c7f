//! Somebody takes part in a conversation of two others: listens, whispers to one of them, or talks with both (by a
//! plugin's decision, or by INVITE with Join, RFC 3911).
//!
//! Two who talk are a relay: packets go from one to the other as they are. With the first guest the two become a room with
//! a mixer, and with the last one's leaving a relay again.

use crate::{
    call::{Caller, Next, refuse},
    desk::{Entrant, Place},
    party::{Party, PartyEvent, next_of},
    router::Part,
};
use jackfield_media::{
    Item, Tone,
    room::{HeardBy, RoomConfig},
};
use jackfield_model::{LegSide, Party as Who};
use jackfield_net::MediaRoom;
use jackfield_sip::{LegCommand, LegId};
use std::{convert::Infallible, time::Duration};
use tokio::sync::{mpsc, oneshot};
use tracing::{info, warn};

/// Guests that one conversation has room for.
const MOST: usize = 4;
/// What those who talk hear when somebody comes to listen.
const NOTICE: Duration = Duration::from_millis(400);

/// Whether conversations may be listened to, and whether those who talk hear of it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Monitoring {
    /// Nobody takes part in a conversation of others but by the phone of one who talks.
    Off,
    /// Those who talk hear a tone when somebody comes.
    #[default]
    Announced,
    /// They hear nothing.
    Silent,
}

/// The guests of a conversation.
#[derive(Default)]
pub(crate) struct Guests {
    guests: Vec<Guest>,
    room: Option<MediaRoom>,
}

struct Guest {
    party: Box<Party>,
    who: Who,
    part: Part,
    /// The leg of who hears a whisper.
    beside: LegId,
    /// Its own call lasts as long as this.
    _stays: oneshot::Sender<Infallible>,
}

/// Let the caller take part in the conversation that a number of the house is in.
pub(crate) async fn join(mut caller: Box<Caller>, number: &str, part: Part) -> Option<(Box<Caller>, Next)> {
    let number = number.strip_prefix("ext:").unwrap_or(number);
    if caller.exchange.config.monitoring == Monitoring::Off {
        return refuse(caller, 403, String::from("the house does not allow to take part in conversations")).await;
    }
    let exchange = &caller.exchange;
    let talks = exchange.lines.talking(number).and_then(|leg| Some((leg, exchange.desk.call_of(leg)?)));
    let Some((leg, call)) = talks.filter(|(_, call)| *call != caller.count) else {
        return refuse(caller, 404, format!("nobody talks at {number}")).await;
    };
    warn!(call = %caller.id, by = caller.party.who().number, at = number, ?part, "takes part in a conversation");
    if !caller.party.answered
        && let Err(refused) = caller.party.accept().await
    {
        return refuse(caller, refused.status, refused.why).await;
    }
    caller.hand_over(call, Place::Beside(leg, part), 480, "took part in a conversation of others").await
}

impl Guests {
    /// Somebody comes to who talks at `beside`, which is the leg of one of the two.
    pub(crate) async fn come(&mut self, caller: &mut Caller, second: &mut Party, entrant: Entrant) {
        let Place::Beside(beside, part) = entrant.place else { return entrant.refuse() };
        let is_one_of_them = beside == caller.party.leg.id() || beside == second.leg.id();
        // Whoever is sent sound that the host does not understand cannot be mixed with others.
        let understood = [&caller.party, &*second, &entrant.party].iter().all(|party| party.speaks().is_some());
        if !is_one_of_them || !understood || self.guests.len() >= MOST {
            return entrant.refuse();
        }
        let Entrant { mut party, who, taken, stays, .. } = entrant;
        party.enter(caller.count);
        party.belongs_to(&caller.facts, LegSide::Callee);
        if !party.answered
            && let Err(refused) = party.accept().await
        {
            info!(call = %caller.id, why = refused.why, "a guest has no sound");
            let _ = taken.send(Err(party));
            return;
        }
        let _ = taken.send(Ok(()));
        if self.guests.is_empty() {
            caller.party.keep_to_ours().await;
            second.keep_to_ours().await;
        }
        party.talks_with(&caller.party.who().clone());
        caller.facts.set_var("guest", &who.number);
        self.guests.push(Guest { party, who, part, beside, _stays: stays });
        self.seat(caller, second).await;
        if caller.exchange.config.monitoring == Monitoring::Announced
            && let Some(room) = &self.room
        {
            room.play(vec![Item::Tone(Tone::Beep, NOTICE)]);
        }
    }

    /// Whether there are any, so that all are mixed.
    pub(crate) fn are_there(&self) -> bool {
        !self.guests.is_empty()
    }

    /// What the next of the guests does; never, when there are none.
    pub(crate) async fn next(&mut self) -> (usize, PartyEvent) {
        if self.guests.is_empty() {
            return std::future::pending().await;
        }
        next_of(&mut self.guests, |guest| &mut guest.party).await
    }

    /// Deal with what a guest did. True when it has left.
    pub(crate) async fn handle(&mut self, index: usize, event: PartyEvent) -> bool {
        let Some(guest) = self.guests.get_mut(index) else { return false };
        match event {
            PartyEvent::Gone { .. } => {
                self.guests.remove(index);
                return true;
            }
            PartyEvent::Reoffer { sdp } => guest.party.accept_reoffer(sdp).await,
            PartyEvent::Confirmed { sdp: Some(answer) } | PartyEvent::Reanswered { sdp: Some(answer) } => {
                guest.party.take_answer(answer);
            }
            PartyEvent::RefreshDue => guest.party.renew().await,
            PartyEvent::Refer(_) => guest.party.leg.command(LegCommand::RejectRefer { status: 403 }).await,
            _ => {}
        }
        false
    }

    /// Who takes the place of one of the two who has left: the first guest that talks with both.
    pub(crate) fn heir(&mut self) -> Option<(Box<Party>, Who)> {
        let index = self.guests.iter().position(|guest| guest.part == Part::Barge)?;
        let heir = self.guests.remove(index);
        if let (Some(room), Some(stream)) = (&self.room, heir.party.stream()) {
            room.leave(stream.id());
        }
        Some((heir.party, heir.who))
    }

    /// Have everybody hear whom they should, after somebody has come, left or taken another's place. True when the two
    /// are in a room; false when they are by themselves, and to be connected again.
    pub(crate) async fn seat(&mut self, caller: &mut Caller, second: &mut Party) -> bool {
        if self.guests.is_empty() {
            self.room = None;
            return false;
        }
        let Some(first) = caller.party.stream() else { return false };
        if self.room.is_none() {
            // Nobody asks who speaks.
            let (events, _) = mpsc::channel(1);
            self.room = Some(caller.exchange.media.new_room(first, RoomConfig::default(), events));
        }
        let Some(room) = &self.room else { return false };
        let ids = (caller.party.stream().map(|s| s.id()), second.stream().map(|s| s.id()));
        let is_first = |leg: LegId| leg == caller.party.leg.id();
        for guest in &mut self.guests {
            let hearing = match guest.part {
                Part::Barge => HeardBy::Everybody,
                Part::Listen => HeardBy::Nobody,
                Part::Whisper => match if is_first(guest.beside) { ids.0 } else { ids.1 } {
                    Some(id) => HeardBy::Only(id),
                    None => HeardBy::Nobody,
                },
            };
            guest.party.enter_room(room, hearing).await;
        }
        caller.party.enter_room(room, HeardBy::Everybody).await;
        second.enter_room(room, HeardBy::Everybody).await;
        true
    }

    /// Let everybody go: the conversation is over or goes elsewhere. True when there was somebody.
    pub(crate) async fn dismiss(&mut self) -> bool {
        let had_guests = self.room.take().is_some();
        for guest in self.guests.drain(..) {
            guest.party.hang_up(None).await;
        }
        had_guests
    }
}
