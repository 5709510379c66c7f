//! Two parties talk: their sound is connected, changes of session go from one to the other, either may end it.

mod fax;

use crate::{
    call::Caller,
    desk::{Entrant, Place},
    facts::Facts,
    guests::Guests,
    keys::pass_key,
    party::{NoSound, Party, PartyEvent, share_pictures},
    recording::Recording,
};
use bytes::Bytes;
use fax::Faxing;
use jackfield_media::sdp::Direction;
use jackfield_model::{CallState, LegSide, Number};
use jackfield_sip::{LegCommand, Refer};
use tracing::info;

/// How a conversation ended.
pub(crate) enum BridgeEnd {
    /// One of the two hung up.
    HungUp {
        /// Whether the first party did.
        by_first: bool,
        /// What it said.
        why: String,
    },
    /// The caller is a fax machine, and goes to the fax box of the house.
    FaxCalls(Number),
    /// One of the two sends the other elsewhere.
    Referred {
        /// Whether the first party does.
        by_first: bool,
        /// Where to.
        refer: Box<Refer>,
    },
}

/// Connect two parties. Whoever is not answered yet is answered; who was put on hold by somebody else no longer is.
pub(crate) async fn connect(first: &mut Party, second: &mut Party) -> Result<(), NoSound> {
    first.keys.meet(&second.keys);
    second.keys.meet(&first.keys);
    match (first.answered, second.answered) {
        (false, true) => {
            let sdp = match (first.theirs(), second.theirs()) {
                (Some(_), Some(answer)) => first.describe_answer(&answer.clone())?,
                // The caller made no offer: ours goes with the 200 and its answer comes with the ACK.
                _ => first.offer(second.speaks())?,
            };
            first.leg.command(LegCommand::Answer { sdp: Some(sdp), headers: Vec::new() }).await;
            first.answered = true;
        }
        (true, true) => {
            first.resume().await;
            second.resume().await;
        }
        // Both have made an offer, or talked to somebody else before: each is answered by itself.
        (_, false) => {
            if !first.answered {
                first.accept().await?;
            }
            second.accept().await?;
            first.resume().await;
        }
    }
    first.open()?;
    second.open()?;
    second.sound_beside(first).await;
    if let (Some(one), Some(other)) = (first.stream(), second.stream()) {
        one.stop_playing();
        one.connect(other);
    }
    share_pictures(first, second).await;
    first.talks_with(&second.who().clone());
    second.talks_with(&first.who().clone());
    Ok(())
}

/// Let the caller and another connected party talk until one of them ends it. Other parties may take the place of either.
pub(crate) async fn bridge(caller: &mut Caller, second: &mut Party) -> BridgeEnd {
    seat(caller, second);
    let mut change: Option<Change> = None;
    let mut music = Music::default();
    let mut guests = Guests::default();
    let mut recording = Recording::of(caller, second);
    let mut faxing = Faxing::of(&caller.exchange);
    let fax_box = fax_box(caller, second);
    if let (Some(_), Some(stream)) = (&fax_box, caller.party.stream()) {
        stream.listen_for_fax();
    }
    loop {
        let first = &mut caller.party;
        let (by_first, event) = tokio::select! {
            event = first.next() => (true, event),
            event = second.next() => (false, event),
            (index, event) = guests.next() => {
                if guests.handle(index, event).await && !guests.seat(caller, second).await {
                    beside_each_other(caller, second).await;
                }
                continue;
            }
            // What a gateway hears is not recorded.
            due = recording.next(), if !faxing.is_gateway() => {
                recording.handle(due, first, second);
                continue;
            }
            entrant = caller.desk.next() => {
                if matches!(entrant.place, Place::Beside(..)) {
                    guests.come(caller, second, entrant).await;
                    continue;
                }
                give_up(change.take(), first, second).await;
                faxing.end(first, second);
                take_in(caller, second, entrant).await;
                guests.seat(caller, second).await;
                recording.seat(&caller.party, second);
                music = Music::default();
                recording.hold(show_hold(&caller.party, second, &caller.facts, &mut music));
                continue;
            }
        };
        let (from, to) = if by_first { (&mut *first, &mut *second) } else { (&mut *second, &mut *first) };
        match event {
            PartyEvent::Gone { why, .. } => {
                let Some((heir, who)) = guests.heir() else {
                    guests.dismiss().await;
                    return BridgeEnd::HungUp { by_first, why };
                };
                // Three talked and two are left.
                give_up(change.take(), first, second).await;
                *(if by_first { &mut caller.party } else { &mut *second }) = *heir;
                seat(caller, second);
                caller.facts.replaced(by_first, who);
                if !guests.seat(caller, second).await {
                    beside_each_other(caller, second).await;
                }
                recording.seat(&caller.party, second);
                music = Music::default();
            }
            PartyEvent::Refer(refer) => {
                faxing.end(first, second);
                if guests.dismiss().await {
                    beside_each_other(caller, second).await;
                }
                return BridgeEnd::Referred { by_first, refer };
            }
            PartyEvent::FaxCalls => {
                // With a guest, or as packets already, it stays where it is.
                if let (true, Some(number), None) = (by_first && !guests.are_there(), &fax_box, &change) {
                    faxing.end(first, second);
                    return BridgeEnd::FaxCalls(number.clone());
                }
            }
            PartyEvent::Reoffer { .. } if change.is_some() || to.is_asked() => {
                // The other party's change is under way, or one of ours with it: try again (RFC 3261 §14.2).
                from.leg.command(LegCommand::RejectReoffer { status: 491 }).await;
            }
            PartyEvent::Reoffer { sdp } => {
                let (mixed, had_gateway) = (guests.are_there(), faxing.is_gateway());
                change = faxing.reoffer(first, second, by_first, sdp, mixed).await;
                if had_gateway && !faxing.is_gateway() {
                    recording.seat(first, second);
                    recording.hold(show_hold(first, second, &caller.facts, &mut music));
                } else if faxing.is_gateway() {
                    recording.hold(true);
                }
            }
            PartyEvent::Reanswered { sdp } => {
                match change.take_if(|c| c.by_first != by_first) {
                    Some(change) if change.is_refused_by(sdp.as_ref()) => {
                        faxing.stand_between(to, from, change, sdp, 488).await;
                    }
                    Some(change) => pass_answer(to, from, change, sdp).await,
                    // To an offer of our own, after a transfer or to renew the session.
                    None => {
                        sdp.into_iter().for_each(|answer| from.take_answer(answer));
                        share_pictures(from, to).await;
                    }
                }
                recording.hold(faxing.is_gateway() || show_hold(first, second, &caller.facts, &mut music));
            }
            PartyEvent::ReofferFailed { status } => match change.take_if(|c| c.by_first != by_first) {
                Some(change) if change.is_fax() => {
                    faxing.stand_between(to, from, change, None, status).await;
                    if faxing.is_gateway() {
                        recording.hold(true);
                    }
                }
                Some(_) => to.leg.command(LegCommand::RejectReoffer { status }).await,
                None => {}
            },
            PartyEvent::RefreshDue if faxing.is_gateway() => from.renew().await,
            PartyEvent::RefreshDue => renew(from, to).await,
            PartyEvent::Confirmed { sdp: Some(answer) } => {
                from.take_answer(answer);
                recording.hold(show_hold(first, second, &caller.facts, &mut music));
            }
            PartyEvent::Digit { digit, info } => {
                pass_key(from, to, digit, info).await;
                recording.key(by_first, digit, first, second);
            }
            PartyEvent::Confirmed { sdp: None } => {}
            PartyEvent::Played(_) | PartyEvent::Recorded => {}
            PartyEvent::Progress { .. } | PartyEvent::Answered { .. } | PartyEvent::Rejected { .. } => {}
        }
    }
}

/// Where the caller goes if it is a fax machine; nowhere when it has called the box itself.
fn fax_box(caller: &Caller, second: &Party) -> Option<Number> {
    let number = caller.exchange.config.fax_box.clone()?;
    let is_there = second.who().extension.as_ref() == Some(&number) || second.who().number == number.as_str();
    // A script has its call to itself; who is called outside answers for their own machine.
    let is_in_script = caller.facts.call().script.is_some();
    (!is_there && !is_in_script && second.channel.is_none()).then_some(number)
}

/// What happens to the two is written down with this call.
fn seat(caller: &mut Caller, second: &mut Party) {
    caller.party.belongs_to(&caller.facts, LegSide::Caller);
    second.belongs_to(&caller.facts, LegSide::Callee);
}

/// Whoever waits for the other's answer to a change asks again, of whoever is there then (RFC 3261 §14.2).
async fn give_up(change: Option<Change>, first: &mut Party, second: &mut Party) {
    if let Some(Change { by_first, .. }) = change {
        let asked = if by_first { first } else { second };
        asked.leg.command(LegCommand::RejectReoffer { status: 491 }).await;
    }
}

/// The two are by themselves again.
async fn beside_each_other(caller: &mut Caller, second: &mut Party) {
    if let Err(refused) = connect(&mut caller.party, second).await {
        info!(call = %caller.id, why = refused.why, "two who talked with a guest have no sound");
    }
}

/// A party of another call takes the place of one of these two, who is hung up: an attended transfer or INVITE with
/// Replaces (RFC 3891).
async fn take_in(caller: &mut Caller, second: &mut Party, entrant: Entrant) {
    let Place::Of(leg) = entrant.place else { return entrant.refuse() };
    let is_caller = leg == caller.party.leg.id();
    if !is_caller && leg != second.leg.id() {
        return entrant.refuse();
    }
    let Entrant { party, who, taken, .. } = entrant;
    let place = if is_caller { &mut caller.party } else { &mut *second };
    if let Some(stream) = place.stream() {
        stream.disconnect();
    }
    let mut leaves = std::mem::replace(place, *party);
    place.enter(caller.count);
    seat(caller, second);
    let _ = taken.send(Ok(()));
    caller.facts.replaced(is_caller, who);
    leaves.leg.command(LegCommand::HangUp { reason: None }).await;
    if let Some(stream) = if is_caller { second.stream() } else { caller.party.stream() } {
        stream.stop_playing();
    }
    if let Err(refused) = connect(&mut caller.party, second).await {
        info!(call = %caller.id, why = refused.why, "a party that was transferred here has no sound");
    }
}

/// The description that holds, once more: the session goes on (RFC 4028).
async fn renew(from: &mut Party, to: &mut Party) {
    let offer = match to.theirs().cloned() {
        Some(theirs) => from.describe(&theirs, to.may_see()),
        None => from.offer(None),
    };
    if let Ok(sdp) = offer {
        from.ask(sdp).await;
    }
}

/// A change of session that waits for the other party's answer.
struct Change {
    by_first: bool,
    offer: Bytes,
}

async fn pass_offer(from: &mut Party, to: &mut Party, by_first: bool, offer: Bytes) -> Option<Change> {
    match to.describe(&offer, from.may_see()) {
        Ok(sdp) => {
            to.leg.command(LegCommand::Reoffer { sdp }).await;
            Some(Change { by_first, offer })
        }
        Err(refused) => {
            info!(why = refused.why, "change of session refused");
            from.leg.command(LegCommand::RejectReoffer { status: refused.status }).await;
            None
        }
    }
}

async fn pass_answer(asked: &mut Party, answered: &mut Party, change: Change, answer: Option<Bytes>) {
    let passed = match answer {
        Some(answer) => {
            answered.set_theirs(answer.clone());
            asked.set_theirs(change.offer);
            asked.describe_answer(&answer)
        }
        None => Err(NoSound { status: 488, why: "no answer in the 200".into() }),
    };
    match passed {
        Ok(sdp) => {
            asked.leg.command(LegCommand::AnswerReoffer { sdp: Some(sdp) }).await;
            for party in [&mut *asked, &mut *answered] {
                if let Err(refused) = party.open() {
                    info!(why = refused.why, "a changed session has no sound");
                }
            }
            share_pictures(asked, answered).await;
        }
        Err(refused) => asked.leg.command(LegCommand::RejectReoffer { status: refused.status }).await,
    }
}

/// A re-INVITE without an offer asks for ours: the other party's description once more (RFC 3261 §14.2).
async fn offer_again(from: &mut Party, to: &mut Party) {
    let offer = match to.theirs().cloned() {
        Some(theirs) => from.describe(&theirs, to.may_see()),
        None => from.offer(None),
    };
    match offer {
        Ok(sdp) => from.leg.command(LegCommand::AnswerReoffer { sdp: Some(sdp) }).await,
        Err(refused) => from.leg.command(LegCommand::RejectReoffer { status: refused.status }).await,
    }
}

/// Who hears music now.
#[derive(Default)]
struct Music {
    first: bool,
    second: bool,
}

/// Show whether one party holds the other, and play to who is held; whether it is so.
fn show_hold(first: &Party, second: &Party, facts: &Facts, music: &mut Music) -> bool {
    let flows = [first, second].iter().all(|p| p.direction() == Direction::SendRecv);
    facts.state(if flows { CallState::Talking } else { CallState::Held });
    play_to_held(first, second, &mut music.first);
    play_to_held(second, first, &mut music.second);
    !flows
}

fn play_to_held(party: &Party, other: &Party, plays: &mut bool) {
    let held = matches!(other.direction(), Direction::SendOnly | Direction::Inactive)
        && matches!(party.direction(), Direction::SendRecv | Direction::RecvOnly);
    if held == *plays {
        return;
    }
    if held {
        party.play_hold_music();
    } else if let Some(stream) = party.stream() {
        stream.stop_playing();
    }
    *plays = held;
}
