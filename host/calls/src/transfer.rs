//! Transfer: a phone sends whom it talks to elsewhere by REFER (RFC 3515, RFC 5589), and may have them back when that
//! comes to nothing.

use crate::{
    bridge::connect,
    call::{Caller, Next},
    desk::Place,
    party::{Party, PartyEvent},
};
use jackfield_model::EndCause;
use jackfield_sip::{LegCommand, LegId, Refer, Uri};
use std::{mem, time::Duration};
use tokio::{sync::mpsc, task::JoinHandle, time::timeout};
use tracing::info;

/// How long who transferred may take to hang up after it was told of the success.
const FAREWELL: Duration = Duration::from_secs(3);
/// News that may wait to be told.
const NEWS: usize = 8;

/// Who has transferred a call and waits for what comes of it. A task of its own has its phone meanwhile, which may hang
/// up at any time.
pub(crate) struct Referrer {
    news: mpsc::Sender<u16>,
    waiting: JoinHandle<Option<Box<Party>>>,
}

impl Referrer {
    fn new(party: Box<Party>) -> Self {
        let (news, inbox) = mpsc::channel(NEWS);
        Self { news, waiting: tokio::spawn(wait(party, inbox)) }
    }

    /// It worked, or is as good as done: the phone is told and hung up.
    pub(crate) async fn succeeded(self) {
        // It has hung up itself when nobody listens.
        let _ = self.news.send(200).await;
    }

    /// It came to nothing: the phone is told and comes back, if it is still there.
    async fn failed(self, status: u16) -> Option<Box<Party>> {
        let _ = self.news.send(status.clamp(300, 699)).await;
        self.waiting.await.ok().flatten()
    }
}

async fn wait(mut party: Box<Party>, mut news: mpsc::Receiver<u16>) -> Option<Box<Party>> {
    party.leg.command(LegCommand::AcceptRefer).await;
    loop {
        tokio::select! {
            status = news.recv() => {
                let Some(status) = status else {
                    party.hang_up(None).await;
                    return None;
                };
                party.leg.command(LegCommand::ReferProgress { status }).await;
                match status {
                    ..200 => {}
                    200..300 => {
                        take_leave(party).await;
                        return None;
                    }
                    _ => return Some(party),
                }
            },
            event = party.next() => match event {
                PartyEvent::Gone { .. } => return None,
                PartyEvent::Reoffer { sdp } => party.accept_reoffer(sdp).await,
                _ => {}
            },
        }
    }
}

/// A phone that has transferred its call hangs up by itself; one that does not is helped.
async fn take_leave(mut party: Box<Party>) {
    let gone = async { while !matches!(party.next().await, PartyEvent::Gone { .. }) {} };
    if timeout(FAREWELL, gone).await.is_err() {
        party.hang_up(None).await;
    }
}

/// Carry out a REFER of `referrer`; who stays is `caller.party`.
pub(crate) async fn transfer(
    mut caller: Box<Caller>,
    mut referrer: Box<Party>,
    refer: Box<Refer>,
) -> Option<(Box<Caller>, Next)> {
    // Who is outside must not send our people, and our money, anywhere.
    if referrer.channel.is_some() {
        info!(call = %caller.id, "a party outside may not transfer");
        referrer.leg.command(LegCommand::RejectRefer { status: 403 }).await;
        return Some((caller, Next::Talk(referrer)));
    }
    if let Some(dialog) = refer.replaces {
        let found = caller.exchange.sip.find_leg(dialog).await;
        let place = found.and_then(|(leg, _)| Some((leg, caller.exchange.desk.call_of(leg)?)));
        return match place {
            Some((leg, call)) if call != caller.count => join(caller, referrer, leg, call).await,
            _ => {
                referrer.leg.command(LegCommand::RejectRefer { status: 481 }).await;
                Some((caller, Next::Talk(referrer)))
            }
        };
    }
    let uri = Uri::parse(refer.to.as_bytes());
    let to = match uri.map_or(Err(404), |uri| caller.exchange.registrar.addressee(&uri)) {
        Ok(to) => to,
        Err(status) => {
            referrer.leg.command(LegCommand::RejectRefer { status }).await;
            return Some((caller, Next::Talk(referrer)));
        }
    };
    let number = to.number();
    let by = referrer.who().number.clone();
    info!(call = %caller.id, by, to = number, "transferred");
    let callee = caller.exchange.directory().party(number, "");
    caller.facts.transferred(caller.party.who().clone(), callee);
    caller.phone = to.target();
    caller.referred_by = Some(by);
    fall_silent(&caller.party);
    caller.referrer = Some(Referrer::new(referrer));
    Some((caller, Next::Route))
}

/// Whoever is sent elsewhere no longer hears who sends them.
fn fall_silent(stays: &Party) {
    if let Some(stream) = stays.stream() {
        stream.disconnect();
        stream.stop_playing();
    }
}

/// Nothing came of a transfer: the two hear each other again.
async fn talk_again(caller: &mut Caller, mut referrer: Box<Party>) -> Next {
    if let Err(refused) = connect(&mut caller.party, &mut referrer).await {
        info!(call = %caller.id, why = refused.why, "two who talk again have no sound");
    }
    Next::Talk(referrer)
}

/// Put who stays into the place that the referrer has in another call (RFC 5589 §7).
async fn join(mut caller: Box<Caller>, mut referrer: Box<Party>, leg: LegId, call: u64) -> Option<(Box<Caller>, Next)> {
    referrer.leg.command(LegCommand::AcceptRefer).await;
    fall_silent(&caller.party);
    let who = caller.party.who().clone();
    let stays = mem::replace(&mut caller.party, *referrer);
    match caller.exchange.desk.hand_over(call, Place::Of(leg), Box::new(stays), who).await {
        Err(Some(back)) => {
            let mut referrer = Box::new(mem::replace(&mut caller.party, *back));
            referrer.leg.command(LegCommand::ReferProgress { status: 481 }).await;
            let next = talk_again(&mut caller, referrer).await;
            Some((caller, next))
        }
        taken => {
            info!(call = %caller.id, lost = taken.is_err(), "joined with another call");
            caller.facts.ends(EndCause::Answered, "transferred into another call");
            caller.party.leg.command(LegCommand::ReferProgress { status: 200 }).await;
            take_leave(Box::new(caller.party)).await;
            None
        }
    }
}

impl Caller {
    /// The call went where its referrer wanted it.
    pub(crate) async fn transfer_succeeded(&mut self) {
        if let Some(referrer) = self.referrer.take() {
            referrer.succeeded().await;
        }
    }

    /// It did not: the two talk again as before, if there was a transfer and the referrer is still there.
    pub(crate) async fn transfer_failed(&mut self, status: u16) -> Option<Next> {
        let back = self.referrer.take()?.failed(status).await?;
        self.facts.transferred(self.party.who().clone(), back.who().clone());
        Some(talk_again(self, back).await)
    }
}
