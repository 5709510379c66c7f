//! Two parties talk: their sound is connected, changes of session go from one to the other, either may end it.

use crate::{
    facts::Facts,
    party::{NoSound, Party, PartyEvent},
};
use bytes::Bytes;
use jackfield_media::sdp::Direction;
use jackfield_model::CallState;
use jackfield_sip::LegCommand;
use tracing::info;

/// How a conversation ended.
pub(crate) struct BridgeEnd {
    /// Whether the first party ended it.
    pub by_first: bool,
    /// What it said.
    pub why: String,
}

/// Connect two parties of whom the second has just answered. Answers the first if that is still to be done.
pub(crate) async fn connect(first: &mut Party, second: &mut Party) -> Result<(), NoSound> {
    if !first.answered {
        let sdp = match (first.theirs(), second.theirs()) {
            (Some(_), Some(answer)) => first.describe(&answer.clone())?,
            // The caller made no offer: ours goes with the 200 and its answer comes with the ACK.
            _ => first.offer(second.speaks())?,
        };
        first.leg.command(LegCommand::Answer { sdp: Some(sdp), headers: Vec::new() }).await;
        first.answered = true;
        first.open()?;
    }
    second.open()?;
    if let (Some(one), Some(other)) = (first.stream(), second.stream()) {
        one.connect(other);
    }
    Ok(())
}

/// Let two connected parties talk until one of them ends it.
pub(crate) async fn bridge(first: &mut Party, second: &mut Party, facts: &Facts) -> BridgeEnd {
    let mut change: Option<Change> = None;
    loop {
        let (by_first, event) = tokio::select! {
            event = first.next() => (true, event),
            event = second.next() => (false, event),
        };
        let (from, to) = if by_first { (&mut *first, &mut *second) } else { (&mut *second, &mut *first) };
        match event {
            PartyEvent::Gone { why, .. } => return BridgeEnd { by_first, why },
            PartyEvent::Reoffer { .. } if change.is_some() => {
                // The other party's change is under way: try again (RFC 3261 §14.2).
                from.leg.command(LegCommand::RejectReoffer { status: 491 }).await;
            }
            PartyEvent::Reoffer { sdp: Some(offer) } => change = pass_offer(from, to, by_first, offer).await,
            PartyEvent::Reoffer { sdp: None } => offer_again(from, to).await,
            PartyEvent::Reanswered { sdp } => {
                if let Some(change) = change.take_if(|c| c.by_first != by_first) {
                    pass_answer(to, from, change, sdp).await;
                    show_hold(first, second, facts);
                }
            }
            PartyEvent::ReofferFailed { status } => {
                if change.take_if(|c| c.by_first != by_first).is_some() {
                    to.leg.command(LegCommand::RejectReoffer { status }).await;
                }
            }
            PartyEvent::Confirmed { sdp: Some(answer) } => {
                from.set_theirs(answer);
                if let Err(refused) = from.open() {
                    info!(why = refused.why, "an answer cannot be used");
                }
                show_hold(first, second, facts);
            }
            PartyEvent::Digit { digit, info: true } => {
                let body = Bytes::from(format!("Signal={digit}\r\nDuration=160\r\n"));
                to.leg.command(LegCommand::Info { content_type: "application/dtmf-relay".into(), body }).await;
            }
            // In-band events have gone through with the sound.
            PartyEvent::Digit { info: false, .. } | PartyEvent::Confirmed { sdp: None } => {}
            PartyEvent::Played(_) | PartyEvent::Recorded => {}
            PartyEvent::Progress { .. } | PartyEvent::Answered { .. } | PartyEvent::Rejected { .. } => {}
        }
    }
}

/// A change of session that waits for the other party's answer.
struct Change {
    by_first: bool,
    offer: Bytes,
}

async fn pass_offer(from: &mut Party, to: &mut Party, by_first: bool, offer: Bytes) -> Option<Change> {
    match to.describe(&offer) {
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
            asked.describe(&answer)
        }
        None => Err(NoSound { status: 488, why: "no answer in the 200".into() }),
    };
    match passed {
        Ok(sdp) => {
            asked.leg.command(LegCommand::AnswerReoffer { sdp: Some(sdp) }).await;
            for party in [asked, answered] {
                if let Err(refused) = party.open() {
                    info!(why = refused.why, "a changed session has no sound");
                }
            }
        }
        Err(refused) => asked.leg.command(LegCommand::RejectReoffer { status: refused.status }).await,
    }
}

/// A re-INVITE without an offer asks for ours: the other party's description once more (RFC 3261 §14.2).
async fn offer_again(from: &mut Party, to: &mut Party) {
    let offer = match to.theirs().cloned() {
        Some(theirs) => from.describe(&theirs),
        None => from.offer(None),
    };
    match offer {
        Ok(sdp) => from.leg.command(LegCommand::AnswerReoffer { sdp: Some(sdp) }).await,
        Err(refused) => from.leg.command(LegCommand::RejectReoffer { status: refused.status }).await,
    }
}

fn show_hold(first: &Party, second: &Party, facts: &Facts) {
    let flows = [first, second].iter().all(|p| p.direction() == Direction::SendRecv);
    facts.state(if flows { CallState::Talking } else { CallState::Held });
}
