//! An INVITE that names the dialog of another call: its sender takes a party's place there (Replaces, RFC 3891) or comes
//! as a guest (Join, RFC 3911).

use crate::{
    desk::Place,
    exchange::Exchange,
    guests::Monitoring,
    lines::Role,
    packages::dialog::leg_of_line,
    party::{NewParty, Party},
    router::Part,
};
use jackfield_model::Party as Who;
use jackfield_net::Leg;
use jackfield_sip::{IncomingInvite, LegCommand, LegId, Replaces};
use std::sync::Arc;

/// The sender takes the place of a party of another call, or picks up one that rings.
pub(crate) async fn take_the_place(
    exchange: &Arc<Exchange>,
    leg: Leg,
    invite: &IncomingInvite,
    who: Who,
    replaces: Option<Replaces>,
) {
    let Some(replaces) = replaces else { return refuse(leg, 400).await };
    // Names of our own making stand in the documents that lamps get. They can be guessed, so they are good for what
    // anybody of the house may do: take a call that rings. A call that is answered takes the tags of its dialog.
    let place = match leg_of_line(&replaces.call_id) {
        Some(leg) => exchange.lines.rings(leg).then_some((leg, false)),
        None => exchange.sip.find_leg(replaces.clone()).await,
    };
    match place {
        Some((_, true)) if replaces.early_only => refuse(leg, 486).await,
        Some((place, _)) => enter(exchange, leg, invite, who, Role::Recipient, Place::Of(place), 481).await,
        None => refuse(leg, 481).await,
    }
}

/// The sender talks with the two parties of another call. Another phone of one of the two may, and whoever knows the tags
/// of its dialog where the house allows to take part in conversations.
pub(crate) async fn take_part(
    exchange: &Arc<Exchange>,
    leg: Leg,
    invite: &IncomingInvite,
    who: Who,
    joins: Option<Replaces>,
) {
    let Some(joins) = joins else { return refuse(leg, 400).await };
    // A name of our own making can be guessed.
    let place = if leg_of_line(&joins.call_id).is_some() { None } else { exchange.sip.find_leg(joins).await };
    let Some((place, true)) = place else { return refuse(leg, 481).await };
    let is_own = who.extension.as_ref().is_some_and(|own| exchange.lines.has(own.as_str(), place));
    if exchange.config.monitoring == Monitoring::Off && !is_own {
        return refuse(leg, 403).await;
    }
    // Who is not taken then has no sound that could be mixed.
    enter(exchange, leg, invite, who, Role::Initiator, Place::Beside(place, Part::Barge), 488).await;
}

/// Put the sender there; `otherwise` is what it is refused with when that call does not take it.
async fn enter(
    exchange: &Arc<Exchange>,
    leg: Leg,
    invite: &IncomingInvite,
    who: Who,
    role: Role,
    place: Place,
    otherwise: u16,
) {
    let Some(call) = leg_at(place).and_then(|at| exchange.desk.call_of(at)) else { return refuse(leg, 481).await };
    let (flow, theirs) = (invite.flow, invite.sdp.clone());
    let of = NewParty { who: who.clone(), remote: Who::default(), role, flow, call, theirs };
    let mut party = Box::new(Party::new(Arc::clone(exchange), leg, of));
    party.came_by(invite.request.call_id());
    if let Err(Some(back)) = exchange.desk.hand_over(call, place, party, who).await {
        refuse(back.into_leg(), otherwise).await;
    }
}

fn leg_at(place: Place) -> Option<LegId> {
    match place {
        Place::Of(leg) | Place::Beside(leg, _) => Some(leg),
        Place::Opposite => None,
    }
}

async fn refuse(mut leg: Leg, status: u16) {
    leg.command(LegCommand::Reject { status, headers: Vec::new() }).await;
}
