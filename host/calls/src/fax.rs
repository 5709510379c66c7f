//! Faxes: the verb that sends or receives one on a call, as sound or by packets (T.38), and the gateway between the two.
//!
//! A fax begins as sound. Whoever is called asks for packets (T.38 annex D.2.2.4): the host does when it receives one, and when
//! it sends one and the far end is heard to be a fax machine but does not ask. Who refuses goes on as sound.

mod gateway;
mod line;

use crate::{
    call::Caller,
    party::{PartyEvent, image_of},
    script_call::LegCall,
    scripts::{FaxOrder, VerbError},
};
pub(crate) use gateway::Gateway;
use jackfield_fax::{Direction, Finished, Program};
use jackfield_media::{codec::Codec, fax::FaxTone};
use jackfield_sip::LegCommand;
use line::{Line, Told};
use std::{num::NonZeroU32, sync::Arc, time::Duration};
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore},
    time::{Instant, sleep_until},
};
use tracing::info;

/// How long the far end is given to ask for packets once it was heard to be a fax machine. Its tone lasts for two more
/// seconds at least, so that nothing is interrupted.
const THEIR_TURN: Duration = Duration::from_secs(1);

/// How faxes are sent and received.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FaxConfig {
    /// What runs the modems.
    pub program: Program,
    /// Most faxes at once, gateways included.
    pub most: usize,
    /// How much faster than the clock a fax by packets goes: 1, but for tests whose far end does the same.
    pub pace: NonZeroU32,
}

/// What all faxes share.
pub(crate) struct FaxLines {
    config: Option<FaxConfig>,
    places: Arc<Semaphore>,
}

/// What a fax needs: what runs it, and that there is room for it.
pub(crate) struct Place {
    program: Program,
    pace: NonZeroU32,
    /// Given back when the fax is over.
    room: OwnedSemaphorePermit,
}

impl FaxLines {
    pub(crate) fn new(config: Option<&FaxConfig>) -> Self {
        let most = config.map_or(0, |config| config.most);
        Self { config: config.cloned(), places: Arc::new(Semaphore::new(most)) }
    }

    fn take(&self) -> Result<Place, VerbError> {
        let none = || VerbError::Failed("this house neither sends nor receives faxes".into());
        let config = self.config.as_ref().ok_or_else(none)?;
        let full = |_| VerbError::Failed("as many faxes as can be carried at once are under way".into());
        let room = Arc::clone(&self.places).try_acquire_owned().map_err(full)?;
        Ok(Place { program: config.program.clone(), pace: config.pace, room })
    }
}

/// Whether modems can be heard in a codec: no other leaves their tones as they are.
fn carries_modems(codec: Codec) -> bool {
    matches!(codec, Codec::Pcma | Codec::Pcmu)
}

/// How far a fax is on its way to packets.
struct Packets {
    /// They may be used at all.
    allowed: bool,
    /// We send, so that the far end is to ask for them.
    theirs: bool,
    /// We have asked for them.
    asked: bool,
    /// There is no answer to that yet.
    open: bool,
    /// They are used.
    agreed: bool,
    /// When we ask for them unless the far end does.
    due: Option<Instant>,
}

impl LegCall {
    /// Send or receive a fax on this call.
    pub(crate) async fn carry_fax(&mut self, order: FaxOrder) -> Result<Finished, VerbError> {
        self.membership = None;
        self.stop_music();
        let caller = self.standing()?;
        let place = caller.exchange.fax.take()?;
        caller.party.hold_to_codecs(&[Codec::Pcma, Codec::Pcmu].map(|codec| codec.name().to_owned()));
        let caller = self.answered().await?;
        let theirs = order.job.direction == Direction::Send;
        let mut packets = Packets { allowed: order.t38, theirs, asked: false, open: false, agreed: false, due: None };
        let Some(stream) = caller.party.stream() else { return Err(VerbError::Failed("the call has no sound".into())) };
        let mut line = Line::begin(stream, place, order).map_err(VerbError::Failed)?;
        if !packets.allowed || packets.theirs || !packets.ask(caller).await {
            packets.stay_with_sound(caller).await;
        }
        let finished = self.until_over(&mut line, &mut packets).await;
        if let Some(stream) = self.leg().party.stream() {
            stream.tap(None);
            stream.stop_playing();
            stream.pass_fax();
        }
        let report = &finished.report;
        info!(
            cause = ?report.cause, pages = report.pages, rate = report.bit_rate, t38 = report.t38, why = report.explanation,
            "a fax is over"
        );
        Ok(finished)
    }

    async fn until_over(&mut self, line: &mut Line, packets: &mut Packets) -> Finished {
        loop {
            let Ok(caller) = self.standing() else { return line.cut().await };
            let event = tokio::select! {
                biased;
                told = line.news() => match told {
                    Told::Finished(finished) => return finished,
                    Told::Tone(tone) => {
                        packets.hear(tone);
                        continue;
                    }
                },
                event = caller.party.next() => event,
                () = sleep_until(packets.due.unwrap_or_else(Instant::now)), if packets.due.is_some() => {
                    packets.due = None;
                    packets.ask(caller).await;
                    continue;
                }
                entrant = caller.desk.next() => {
                    // Nobody takes the place of a fax machine.
                    entrant.refuse();
                    continue;
                }
            };
            match event {
                PartyEvent::Reoffer { sdp: Some(offer) } if packets.allowed && image_of(&offer).is_some() => {
                    if line.pages() > 0 && !packets.agreed {
                        // Pages that went over as sound cannot be taken back.
                        caller.party.leg.command(LegCommand::RejectReoffer { status: 488 }).await;
                    } else if caller.party.accept_image(offer).await {
                        packets.agree(caller, line);
                    }
                }
                PartyEvent::Reoffer { sdp } => caller.party.accept_reoffer(sdp).await,
                PartyEvent::Reanswered { sdp: Some(sdp) } => {
                    caller.party.take_answer(sdp);
                    let answers = std::mem::take(&mut packets.open);
                    if caller.party.image().is_some() {
                        packets.agree(caller, line);
                    } else if answers && !packets.agreed {
                        // Without any stream in it, or with another than was offered.
                        packets.stay_with_sound(caller).await;
                    }
                }
                PartyEvent::ReofferFailed { status } if packets.open => {
                    packets.open = false;
                    info!(status, "the far end takes no fax by packets: it goes as sound");
                    if !packets.agreed {
                        packets.stay_with_sound(caller).await;
                    }
                }
                PartyEvent::Refer(_) => caller.party.leg.command(LegCommand::RejectRefer { status: 403 }).await,
                PartyEvent::RefreshDue => caller.party.renew().await,
                PartyEvent::Gone { .. } => {
                    self.gone = true;
                    return line.cut().await;
                }
                // Modems sound like keys at times.
                PartyEvent::Digit { .. } | PartyEvent::Played(_) => {}
                other => caller.note(other),
            }
        }
    }
}

impl Packets {
    /// A tone of the far end's was heard.
    fn hear(&mut self, tone: FaxTone) {
        if tone == FaxTone::Answering && self.allowed && self.theirs && !self.asked && !self.agreed {
            self.due = Some(Instant::now() + THEIR_TURN);
        }
    }

    /// Ask for them, once; false when they are not to be asked for.
    async fn ask(&mut self, caller: &mut Caller) -> bool {
        if !std::mem::replace(&mut self.asked, true) && !self.agreed {
            self.open = caller.party.ask_for_image().await;
        }
        self.open
    }

    /// They were agreed on, or once more.
    fn agree(&mut self, caller: &Caller, line: &Line) {
        self.due = None;
        if let (false, Some(image), Some(stream)) = (self.agreed, caller.party.image(), caller.party.stream()) {
            info!(recovery = image.recovery.name(), "a fax goes by packets");
            self.agreed = true;
            line.switch(stream, &image);
        }
    }

    /// What is heard must be heard by modems.
    async fn stay_with_sound(&self, caller: &mut Caller) {
        if !caller.party.speaks().is_some_and(|speaks| carries_modems(speaks.codec)) {
            caller.party.offer_anew().await;
        }
    }
}
