//! A fax on a call: the verb, and the thread that carries sound between the call's stream and the engine.
//!
//! The engine is a process apart ([`jackfield_fax`]), and so is the thread that speaks to it: neither signalling nor media
//! waits for either. Its clock is that of the far end: what came in 20 ms goes in, what is to be said in them comes out.

use crate::{
    party::PartyEvent,
    script_call::LegCall,
    scripts::{FaxOrder, VerbError},
};
use jackfield_fax::{Cause, Finished, Program, Report, Session};
use jackfield_media::{FRAME, Heard, ModemBuffer, codec::Codec, taps};
use jackfield_net::MediaStream;
use jackfield_sip::LegCommand;
use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
        mpsc::{Receiver, SyncSender, sync_channel},
    },
    thread,
    time::{Duration, Instant},
};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, oneshot};
use tracing::{info, warn};

/// How long a packet is waited for: what the modems hear must be whole, and T.30 has time.
const PATIENCE: Duration = Duration::from_millis(160);
/// Packets that wait for the thread: more than a second.
const PIECES: usize = 64;
/// Frames that wait to be heard, and those that are there from the beginning: more than [`PATIENCE`], since nothing is said
/// while a packet is waited for.
const FRAMES: usize = 64;
const AHEAD: usize = 10;
/// How often the thread looks.
const TURN: Duration = Duration::from_millis(10);

/// How faxes are sent and received.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FaxConfig {
    /// What runs the modems.
    pub program: Program,
    /// Most faxes at once.
    pub most: usize,
}

/// What all faxes share.
pub(crate) struct FaxLines {
    program: Option<Program>,
    places: Arc<Semaphore>,
}

/// A fax in progress. It goes on to its end unless [`Line::cut`].
struct Line {
    cut: Arc<AtomicBool>,
    finished: oneshot::Receiver<Finished>,
}

impl FaxLines {
    pub(crate) fn new(config: Option<&FaxConfig>) -> Self {
        let most = config.map_or(0, |config| config.most);
        Self { program: config.map(|config| config.program.clone()), places: Arc::new(Semaphore::new(most)) }
    }

    /// What runs the modems, and a place.
    fn take(&self) -> Result<(Program, OwnedSemaphorePermit), VerbError> {
        let none = || VerbError::Failed("this house neither sends nor receives faxes".into());
        let program = self.program.clone().ok_or_else(none)?;
        let full = |_| VerbError::Failed("as many faxes as can be carried at once are under way".into());
        Ok((program, Arc::clone(&self.places).try_acquire_owned().map_err(full)?))
    }
}

impl LegCall {
    /// Send or receive a fax on this call.
    pub(crate) async fn carry_fax(&mut self, order: FaxOrder) -> Result<Finished, VerbError> {
        self.membership = None;
        self.stop_music();
        let caller = self.standing()?;
        let (program, place) = caller.exchange.fax.take()?;
        // No other codec leaves the modems' tones as they are.
        caller.party.hold_to_codecs(&[Codec::Pcma, Codec::Pcmu].map(|codec| codec.name().to_owned()));
        let caller = self.answered().await?;
        if !caller.party.speaks().is_some_and(|speaks| matches!(speaks.codec, Codec::Pcma | Codec::Pcmu)) {
            caller.party.offer_anew().await;
        }
        let Some(stream) = caller.party.stream() else { return Err(VerbError::Failed("the call has no sound".into())) };
        let mut line = Line::begin(stream, program, order, place).map_err(VerbError::Failed)?;
        let finished = self.until_over(&mut line).await;
        if let Some(stream) = self.leg().party.stream() {
            stream.tap(None);
            stream.stop_playing();
        }
        let report = &finished.report;
        info!(cause = ?report.cause, pages = report.pages, rate = report.bit_rate, why = report.explanation, "a fax is over");
        Ok(finished)
    }

    async fn until_over(&mut self, line: &mut Line) -> Finished {
        loop {
            let Ok(caller) = self.standing() else { return line.cut().await };
            let event = tokio::select! {
                biased;
                finished = &mut line.finished => return finished.unwrap_or_else(|_| lost()),
                event = caller.party.next() => event,
                entrant = caller.desk.next() => {
                    // Nobody takes the place of a fax machine.
                    entrant.refuse();
                    continue;
                }
            };
            match event {
                PartyEvent::Reoffer { sdp } => caller.party.accept_reoffer(sdp).await,
                PartyEvent::Reanswered { sdp: Some(sdp) } => caller.party.take_answer(sdp),
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

impl Line {
    /// Start the thread, which starts the engine.
    fn begin(
        stream: &MediaStream,
        program: Program,
        order: FaxOrder,
        place: OwnedSemaphorePermit,
    ) -> Result<Self, String> {
        let (taps, heard) = taps(PIECES);
        let (frames, made) = sync_channel(FRAMES);
        for _ in 0..AHEAD {
            // There is room for them.
            let _ = frames.try_send([0; FRAME]);
        }
        let cut = Arc::new(AtomicBool::new(false));
        let (done, finished) = oneshot::channel();
        let asked = Arc::clone(&cut);
        let begun = thread::Builder::new().name("fax".into()).spawn(move || {
            let finished = match Session::start(&program, &order.job, order.document.as_deref()) {
                Ok(session) => carry(session, &heard, &frames, &asked),
                Err(error) => {
                    warn!(%error, "a fax cannot be carried");
                    Finished { report: Report::failed(Cause::Engine, error.to_string()), document: None }
                }
            };
            // The place is free before anybody learns that the fax is over.
            drop(place);
            // Whoever waited may have gone with the call.
            let _ = done.send(finished);
        });
        begun.map_err(|error| format!("no thread for a fax: {error}"))?;
        stream.tap(Some(taps.tap(0)));
        stream.play_live(made);
        Ok(Self { cut, finished })
    }

    /// The line is gone: what has come so far.
    async fn cut(&mut self) -> Finished {
        self.cut.store(true, Ordering::Release);
        (&mut self.finished).await.unwrap_or_else(|_| lost())
    }
}

impl Drop for Line {
    fn drop(&mut self) {
        self.cut.store(true, Ordering::Release);
    }
}

/// Carry sound to the engine and back until one of the two is over.
fn carry(
    mut session: Session,
    heard: &Receiver<Heard>,
    frames: &SyncSender<[i16; FRAME]>,
    cut: &AtomicBool,
) -> Finished {
    let mut ear = ModemBuffer::new(Instant::now(), PATIENCE);
    let mut samples: Vec<i16> = Vec::with_capacity(FRAMES * FRAME);
    while !cut.load(Ordering::Acquire) {
        for piece in heard.try_iter() {
            ear.push(&piece);
        }
        ear.poll(Instant::now(), &mut samples);
        let mut whole = samples.chunks_exact(FRAME);
        for frame in &mut whole {
            let tick = session.tick(frame);
            if let Ok(sound) = <[i16; FRAME]>::try_from(tick.sound) {
                // A stream that is not listened to is not waited for.
                let _ = frames.try_send(sound);
            }
            if tick.over {
                return session.finish();
            }
        }
        let rest = whole.remainder().len();
        samples.drain(..samples.len() - rest);
        thread::sleep(TURN);
    }
    session.finish()
}

fn lost() -> Finished {
    Finished { report: Report::failed(Cause::Engine, "the fax’s thread has ended"), document: None }
}
