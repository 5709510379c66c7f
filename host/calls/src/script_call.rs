//! The verbs of a script on a live SIP leg.
//!
//! A script borrows the caller and gives it back when it ends, so that the call task goes on where the script left it:
//! talking to whoever the script transferred to, or routed anew.

use crate::{
    bridge::{BridgeEnd, bridge, connect},
    call::{Caller, cause_of, note_answer},
    conference::{Change, ChangeError, EntryFailure, Happening, Invitation, Membership, RoomOptions, Seat},
    desk::Place,
    dial::{Dialled, Meanwhile, dial, dial_hearing},
    party::{Party, PartyEvent},
    router::{Decision, RingTarget},
    scripts::{
        CollectOptions, Collected, DialFailure, DialOptions, FaxOrder, HangUpCause, Prompt, RecordOptions, Recorded,
        ScriptCall, VerbError, Waited,
    },
    trace::clipped,
};
use async_trait::async_trait;
use jackfield_fax::Finished;
use jackfield_media::{FRAME_TIME, Item, SAMPLE_RATE, Tone};
use jackfield_model::{CallId, CallState, Conference, EndCause, LegSide, Party as Who, TraceEvent};
use jackfield_sip::LegCommand;
use std::{any::Any, sync::Arc, time::Duration};
use tokio::{
    sync::{Notify, mpsc, oneshot},
    time::{Instant, sleep_until},
};

/// Longest name and value of a call variable, in bytes.
const MAX_VAR: (usize, usize) = (64, 1_024);
/// The beep before a recording.
const BEEP: Duration = Duration::from_millis(250);
/// Longest recording.
const MAX_RECORDING: Duration = Duration::from_secs(3_600);

/// What is left to do when a script gives the caller back.
pub(crate) enum After {
    /// Whatever the script's end means.
    Nothing,
    /// It has transferred the caller: the two are connected.
    Talking(Box<Party>),
    /// It has transferred the caller to something that is not a phone.
    Decided(Decision),
    /// It has ended the call.
    HungUp(EndCause),
}

/// A party in a script's hands.
pub(crate) struct LegCall {
    /// There until it is given back.
    pub(crate) caller: Option<Box<Caller>>,
    script: String,
    /// The room that it is in.
    pub(crate) membership: Option<Membership>,
    after: After,
    pub(crate) gone: bool,
    /// It hears the house's music.
    pub(crate) music: bool,
    /// Where the caller goes back to; legs that a script has dialled itself go nowhere.
    give_back: Option<oneshot::Sender<(Box<Caller>, After)>>,
}

/// A key, a prompt's end or nothing, while a verb waits.
pub(crate) enum Heard {
    Digit(char),
    Played(u32),
    Recorded,
    TimedOut,
    /// The room that the caller is in has something for it, or another has taken the caller's place there.
    Told,
    /// A word for the script.
    Word(Vec<u8>),
}

impl LegCall {
    pub(crate) fn new(caller: Box<Caller>, script: String, give_back: oneshot::Sender<(Box<Caller>, After)>) -> Self {
        let (after, give_back) = (After::Nothing, Some(give_back));
        Self { caller: Some(caller), script, membership: None, after, gone: false, music: false, give_back }
    }

    /// The plugin whose script has the caller.
    pub(crate) fn owner(&self) -> &str {
        self.script.split('/').next().unwrap_or_default()
    }

    pub(crate) fn leg(&self) -> &Caller {
        // Taken only by drop.
        self.caller.as_ref().expect("the caller is there until this is dropped")
    }

    /// The caller, if the call still stands.
    pub(crate) fn standing(&mut self) -> Result<&mut Caller, VerbError> {
        let caller = self.caller.as_deref_mut().filter(|c| !self.gone && !c.party.leg.is_over());
        caller.filter(|_| matches!(self.after, After::Nothing)).ok_or(VerbError::Gone)
    }

    /// The caller, answered if it was not.
    pub(crate) async fn answered(&mut self) -> Result<&mut Caller, VerbError> {
        let script = self.script.clone();
        let caller = self.standing()?;
        if !caller.party.answered {
            match caller.party.accept().await {
                Ok(()) => caller.facts.answered(&script, None),
                Err(refused) => {
                    caller.refuse(refused.status).await;
                    caller.facts.ends(cause_of(refused.status), refused.why.clone());
                    self.after = After::HungUp(EndCause::Failed);
                    return Err(VerbError::Failed(refused.why));
                }
            }
        } else if caller.party.image().is_some() {
            // A fax by packets is over: sound comes back for whatever is to be heard now.
            caller.party.offer_anew().await;
        }
        self.standing()
    }

    /// A verb is done: what it did, without what was typed or said.
    fn did(&self, began: Instant, verb: &str, detail: impl FnOnce() -> String) {
        let Some(caller) = &self.caller else { return };
        caller.facts.trace().note(|| TraceEvent::Verb {
            verb: verb.to_owned(),
            detail: clipped(&detail()),
            millis: u32::try_from(began.elapsed().as_millis()).unwrap_or(u32::MAX),
        });
    }

    /// Wait for the next thing that a verb cares about.
    pub(crate) async fn hear(&mut self, until: Option<Instant>) -> Result<Heard, VerbError> {
        self.hear_or(until, None).await
    }

    /// The same, or for a word.
    pub(crate) async fn hear_or(
        &mut self,
        until: Option<Instant>,
        mut words: Option<&mut mpsc::Receiver<Vec<u8>>>,
    ) -> Result<Heard, VerbError> {
        let told = self.membership.as_ref().map(Membership::told);
        loop {
            let caller = self.standing()?;
            let event = tokio::select! {
                biased;
                event = caller.party.next() => event,
                Some(word) = next_word(words.as_deref_mut()) => return Ok(Heard::Word(word)),
                entrant = caller.desk.next() => {
                    match entrant.place {
                        Place::Of(leg) if leg == caller.party.leg.id() => caller.change_party(entrant).await,
                        _ => entrant.refuse(),
                    }
                    if told.is_some() {
                        return Ok(Heard::Told);
                    }
                    continue;
                }
                () = told_by(told.as_deref()) => return Ok(Heard::Told),
                () = sleep_until(until.unwrap_or_else(Instant::now)), if until.is_some() => return Ok(Heard::TimedOut),
            };
            match event {
                PartyEvent::Digit { digit, .. } => return Ok(Heard::Digit(digit)),
                PartyEvent::Played(id) => return Ok(Heard::Played(id)),
                PartyEvent::Recorded => return Ok(Heard::Recorded),
                PartyEvent::Reoffer { sdp } => {
                    caller.party.accept_reoffer(sdp).await;
                    if told.is_some() {
                        return Ok(Heard::Told);
                    }
                }
                PartyEvent::Refer(_) => caller.party.leg.command(LegCommand::RejectRefer { status: 403 }).await,
                PartyEvent::RefreshDue => caller.party.renew().await,
                PartyEvent::Gone { .. } => {
                    self.gone = true;
                    return Err(VerbError::Gone);
                }
                other => caller.note(other),
            }
        }
    }

    /// Play to the end, or to the first key when that may interrupt; gives that key.
    async fn play_until(&mut self, prompts: &[Prompt], barge_in: bool) -> Result<Option<char>, VerbError> {
        let items = items(prompts);
        let caller = self.answered().await?;
        if items.is_empty() {
            return Ok(None);
        }
        if barge_in && let Some(digit) = caller.typed.pop_front() {
            return Ok(Some(digit));
        }
        let Some(stream) = caller.party.stream() else { return Err(VerbError::Failed("the call has no sound".into())) };
        let playing = stream.play(items, false);
        self.music = false;
        loop {
            match self.hear(None).await? {
                Heard::Played(id) if id == playing => return Ok(None),
                Heard::Digit(digit) if barge_in => {
                    if let Some(stream) = self.leg().party.stream() {
                        stream.stop_playing();
                    }
                    return Ok(Some(digit));
                }
                Heard::Digit(digit) => self.standing()?.note(PartyEvent::Digit { digit, info: false }),
                Heard::Played(_) | Heard::Recorded | Heard::TimedOut | Heard::Told | Heard::Word(_) => {}
            }
        }
    }

    async fn collect_digits(&mut self, prompts: &[Prompt], options: &CollectOptions) -> Result<Collected, VerbError> {
        let mut collected = Collected::default();
        let mut pressed = self.play_until(prompts, options.barge_in).await?;
        if !options.barge_in {
            // What was pressed while the prompts could not be interrupted was not meant for this question.
            self.standing()?.typed.clear();
        }
        let mut until = Instant::now() + options.first_timeout;
        loop {
            let digit = match pressed.take() {
                Some(digit) => Some(digit),
                None => self.next_digit(until).await?,
            };
            match digit {
                None => {
                    collected.timed_out = true;
                    return Ok(collected);
                }
                Some(digit) if options.terminators.contains(digit) => {
                    collected.terminator = Some(digit);
                    return Ok(collected);
                }
                Some(digit) => collected.digits.push(digit),
            }
            if collected.digits.len() >= usize::from(options.max) {
                return Ok(collected);
            }
            until = Instant::now() + options.inter_timeout;
        }
    }

    async fn next_digit(&mut self, until: Instant) -> Result<Option<char>, VerbError> {
        if let Some(digit) = self.standing()?.typed.pop_front() {
            return Ok(Some(digit));
        }
        loop {
            match self.hear(Some(until)).await? {
                Heard::Digit(digit) => return Ok(Some(digit)),
                Heard::TimedOut => return Ok(None),
                Heard::Played(_) | Heard::Recorded | Heard::Told | Heard::Word(_) => {}
            }
        }
    }
}

#[async_trait]
impl ScriptCall for LegCall {
    fn id(&self) -> CallId {
        self.leg().id.clone()
    }

    fn caller(&self) -> Who {
        self.leg().facts.call().caller
    }

    fn callee(&self) -> Who {
        self.leg().facts.call().callee
    }

    fn var(&self, name: &str) -> Option<String> {
        self.leg().facts.var(name)
    }

    fn set_var(&mut self, name: &str, value: &str) -> Result<(), VerbError> {
        if name.is_empty() || name.len() > MAX_VAR.0 || value.len() > MAX_VAR.1 {
            return Err(VerbError::Invalid(format!(
                "a variable has 1 to {} bytes of name and at most {} of value",
                MAX_VAR.0, MAX_VAR.1
            )));
        }
        if !self.leg().facts.set_var(name, value) {
            return Err(VerbError::Invalid("too many variables on this call".into()));
        }
        Ok(())
    }

    async fn answer(&mut self) -> Result<(), VerbError> {
        let began = Instant::now();
        let answered = self.answered().await.map(drop);
        self.did(began, "answer", || outcome(&answered, |()| String::new()));
        answered
    }

    async fn ring(&mut self) -> Result<(), VerbError> {
        let caller = self.standing()?;
        if !caller.party.answered {
            caller.party.leg.command(LegCommand::Progress { status: 180, sdp: None, headers: Vec::new() }).await;
        }
        Ok(())
    }

    async fn play(&mut self, prompts: &[Prompt]) -> Result<(), VerbError> {
        let began = Instant::now();
        let played = self.play_until(prompts, false).await.map(drop);
        self.did(began, "play", || outcome(&played, |()| format!("prompts: {}", prompts.len())));
        played
    }

    async fn say(&mut self, prompts: &[Prompt], barge_in: bool) -> Result<Option<char>, VerbError> {
        let began = Instant::now();
        let said = self.play_until(prompts, barge_in).await;
        self.did(began, "say", || outcome(&said, |_| format!("prompts: {}", prompts.len())));
        said
    }

    async fn collect(&mut self, prompts: &[Prompt], options: &CollectOptions) -> Result<Collected, VerbError> {
        let began = Instant::now();
        let collected = self.collect_digits(prompts, options).await;
        self.did(began, "collect", || {
            outcome(&collected, |collected| {
                let end = if collected.timed_out { ", then nothing more" } else { "" };
                format!("digits: {}{end}", collected.digits.len())
            })
        });
        collected
    }

    async fn record(&mut self, options: &RecordOptions) -> Result<Recorded, VerbError> {
        if options.max.is_zero() || options.max > MAX_RECORDING {
            return Err(VerbError::Invalid("a recording lasts more than nothing and at most an hour".into()));
        }
        let began = Instant::now();
        self.answered().await?;
        self.stop_music();
        if options.beep {
            self.play_until(&[Prompt::Tone(Tone::Beep, BEEP)], false).await?;
        }
        let caller = self.standing()?;
        let Some(stream) = caller.party.stream() else { return Err(VerbError::Failed("the call has no sound".into())) };
        stream.record(options.max, options.silence);
        // The recorder counts what arrives; a caller who sends nothing at all is stopped by the clock.
        let until = Instant::now() + options.max + 10 * FRAME_TIME;
        let terminator = loop {
            match self.hear(Some(until)).await {
                Ok(Heard::Digit(digit)) if options.terminators.contains(digit) => break Some(digit),
                // What was said before hanging up is kept; the next verb says that the caller is gone.
                Ok(Heard::Recorded | Heard::TimedOut) | Err(_) => break None,
                Ok(Heard::Digit(_) | Heard::Played(_) | Heard::Told | Heard::Word(_)) => {}
            }
        };
        let samples = match self.leg().party.stream() {
            Some(stream) => stream.take_recording().await,
            None => Vec::new(),
        };
        let length = Duration::from_millis(samples.len() as u64 * 1_000 / u64::from(SAMPLE_RATE));
        self.did(began, "record", || format!("{} ms", length.as_millis()));
        Ok(Recorded { samples, length, terminator })
    }

    async fn fax(&mut self, order: FaxOrder) -> Result<Finished, VerbError> {
        self.carry_fax(order).await
    }

    async fn echo(&mut self, max: Duration) -> Result<(), VerbError> {
        self.membership = None;
        self.stop_music();
        let caller = self.answered().await?;
        if let Some(stream) = caller.party.stream() {
            stream.connect(stream);
        }
        let heard = self.next_digit(Instant::now() + max).await;
        if let Some(stream) = self.leg().party.stream() {
            stream.disconnect();
        }
        heard.map(drop)
    }

    async fn wait(&mut self, max: Duration) -> Result<Option<char>, VerbError> {
        self.next_digit(Instant::now() + max).await
    }

    async fn dial(&mut self, targets: &[String], options: &DialOptions) -> Result<Box<dyn ScriptCall>, DialFailure> {
        self.did(Instant::now(), "dial", || targets.join(" + "));
        let caller = self.caller.as_deref_mut().filter(|c| !self.gone && !c.party.leg.is_over());
        let Some(caller) = caller.filter(|_| matches!(self.after, After::Nothing)) else {
            return Err(DialFailure::Gone);
        };
        let ring = |to: &String| RingTarget {
            caller_id: options.caller_id.clone(),
            ..RingTarget::new(to.clone(), options.timeout)
        };
        let group: Vec<_> = targets.iter().map(ring).collect();
        let meanwhile = if options.music && caller.party.answered {
            if !std::mem::replace(&mut self.music, true) {
                caller.party.play_hold_music();
            }
            Meanwhile::TheSame
        } else {
            self.music = false;
            Meanwhile::Ringing
        };
        let dialled = dial_hearing(caller, &[group], meanwhile).await;
        caller.facts.state(CallState::InScript);
        match dialled {
            Dialled::Answered(party, _) => {
                let exchange = Arc::clone(&caller.exchange);
                // A desk of its own, by which parties of other calls cannot enter before it is bridged; that of the caller's stays.
                let (_, own) = exchange.next_call();
                let leg = Box::new(Caller {
                    count: caller.count,
                    max_forwards: caller.max_forwards,
                    hop: caller.hop,
                    hidden: caller.hidden,
                    ..Caller::new(caller.id.clone(), own, exchange, *party, caller.facts.clone())
                });
                // Until it is bridged the script may speak to it.
                leg_opened(leg, self.script.clone())
            }
            Dialled::Failed(status, why) => Err(failure(status, why)),
            Dialled::CallerGone { .. } => {
                self.gone = true;
                Err(DialFailure::Gone)
            }
        }
    }

    async fn bridge(&mut self, other: Box<dyn ScriptCall>) -> Result<(), VerbError> {
        self.did(Instant::now(), "bridge", String::new);
        let not_ours = || VerbError::Invalid("only a leg that this call has dialled can be bridged".into());
        let mut other = *other.into_any().downcast::<LegCall>().map_err(|_| not_ours())?;
        (self.membership, other.membership) = (None, None);
        self.music = false;
        let mut callee = other.caller.take().ok_or_else(not_ours)?.party;
        let caller = self.standing()?;
        if let Err(refused) = connect(&mut caller.party, &mut callee).await {
            callee.hang_up(None).await;
            return Err(VerbError::Failed(refused.why));
        }
        caller.facts.state(CallState::Talking);
        let facts = caller.facts.clone();
        loop {
            match bridge(caller, &mut callee).await {
                BridgeEnd::HungUp { by_first: true, .. } => {
                    callee.hang_up(None).await;
                    self.gone = true;
                    return Err(VerbError::Gone);
                }
                BridgeEnd::HungUp { by_first: false, .. } => break,
                // Not listened for in a script.
                BridgeEnd::FaxCalls(_) => {}
                // The script has the call: only it may send it elsewhere.
                BridgeEnd::Referred { by_first, .. } => {
                    let party = if by_first { &mut caller.party } else { &mut callee };
                    party.leg.command(LegCommand::RejectRefer { status: 403 }).await;
                }
            }
        }
        if let Some(stream) = caller.party.stream() {
            stream.disconnect();
        }
        facts.state(CallState::InScript);
        Ok(())
    }

    async fn transfer(&mut self, to: &str) -> Result<(), DialFailure> {
        self.did(Instant::now(), "transfer", || to.to_owned());
        self.membership = None;
        self.stop_music();
        let caller = self.standing().map_err(|_| DialFailure::Gone)?;
        let number = to.strip_prefix("ext:").unwrap_or(to);
        let before = caller.facts.call().callee;
        caller.facts.redirected(caller.exchange.directory().party(number, ""));
        let groups = match caller.route().await {
            (Decision::Ring(groups), _) => groups,
            (Decision::Reject(status), by) => {
                caller.facts.redirected(before);
                let by = by.unwrap_or_else(|| String::from("the built-in rule"));
                return Err(failure(status, format!("{by} refused {number} with {status}")));
            }
            (decision, _) => {
                self.after = After::Decided(decision);
                return Ok(());
            }
        };
        match dial(caller, &groups).await {
            Dialled::Answered(mut party, contact) => {
                if let Err(refused) = connect(&mut caller.party, &mut party).await {
                    party.hang_up(None).await;
                    return Err(DialFailure::Failed(refused.why));
                }
                note_answer(caller, &contact);
                self.after = After::Talking(party);
                Ok(())
            }
            Dialled::Failed(status, why) => {
                caller.facts.redirected(before);
                caller.facts.state(CallState::InScript);
                Err(failure(status, why))
            }
            Dialled::CallerGone { .. } => {
                self.gone = true;
                Err(DialFailure::Gone)
            }
        }
    }

    async fn wait_for_word(
        &mut self,
        music: bool,
        keys: &str,
        max: Duration,
        words: &mut mpsc::Receiver<Vec<u8>>,
    ) -> Result<Waited, VerbError> {
        let began = Instant::now();
        let waited = self.wait_for(music, keys, max, words).await;
        self.did(began, "wait", || outcome(&waited, |_| String::new()));
        waited
    }

    async fn hang_up(&mut self, cause: HangUpCause) -> Result<(), VerbError> {
        self.did(Instant::now(), "hang-up", || format!("{cause:?}").to_lowercase());
        self.membership = None;
        let caller = self.standing()?;
        let status = match cause {
            HangUpCause::Normal | HangUpCause::NoAnswer => 480,
            HangUpCause::Busy => 486,
            HangUpCause::Rejected => 603,
            HangUpCause::NotFound => 404,
            HangUpCause::Error => 500,
        };
        caller.refuse(status).await;
        let end = if caller.facts.was_answered() { EndCause::Answered } else { cause_of(status) };
        self.after = After::HungUp(end);
        Ok(())
    }

    async fn enter(&mut self, room: &str, options: &RoomOptions, seat: Seat) -> Result<u32, EntryFailure> {
        self.did(Instant::now(), "enter", || room.to_owned());
        self.stop_music();
        self.enter_room(room, options, seat).await
    }

    async fn stay(&mut self, keys: &str, max: Duration) -> Result<Happening, VerbError> {
        self.stay_in_room(keys, max).await
    }

    async fn leave(&mut self) -> Result<(), VerbError> {
        self.standing()?;
        if self.membership.take().is_some()
            && let Some(stream) = self.leg().party.stream()
        {
            stream.stop_playing();
        }
        Ok(())
    }

    fn may_try(&self, room: &str) -> bool {
        let caller = self.leg();
        caller.exchange.conferences.tries().may(std::time::Instant::now(), self.owner(), room, caller.party.who())
    }

    fn wrong_pin(&mut self, room: &str) {
        let caller = self.leg();
        caller.exchange.conferences.tries().failed(std::time::Instant::now(), self.owner(), room, caller.party.who());
    }

    fn look(&self, room: &str) -> Option<Conference> {
        self.room(room)
    }

    fn change_room(&mut self, room: &str, change: Change) -> Result<(), ChangeError> {
        self.change(room, change)
    }

    fn invite(&mut self, room: &str, invitation: Invitation) -> Result<(), ChangeError> {
        self.invite_to_room(room, invitation)
    }

    fn into_any(self: Box<Self>) -> Box<dyn Any + Send> {
        self
    }
}

/// What came of a verb, in a few words.
fn outcome<T>(result: &Result<T, VerbError>, done: impl FnOnce(&T) -> String) -> String {
    result.as_ref().map_or_else(ToString::to_string, done)
}

/// The next word, when there are any to wait for.
async fn next_word(words: Option<&mut mpsc::Receiver<Vec<u8>>>) -> Option<Vec<u8>> {
    match words {
        Some(words) => words.recv().await,
        None => std::future::pending().await,
    }
}

/// Resolves when the room that the caller is in has something for it; never without one.
async fn told_by(told: Option<&Notify>) {
    match told {
        Some(told) => told.notified().await,
        None => std::future::pending().await,
    }
}

impl Drop for LegCall {
    fn drop(&mut self) {
        self.membership = None;
        let after = std::mem::replace(&mut self.after, After::Nothing);
        if let (Some(caller), Some(give_back)) = (self.caller.take(), self.give_back.take()) {
            if let Some(stream) = caller.party.stream().filter(|_| matches!(after, After::Nothing)) {
                stream.stop_playing();
            }
            // Nobody takes it back when the call was ended from outside; dropping it hangs up.
            let _ = give_back.send((caller, after));
        }
    }
}

fn leg_opened(mut leg: Box<Caller>, script: String) -> Result<Box<dyn ScriptCall>, DialFailure> {
    leg.party.belongs_to(&leg.facts, LegSide::Callee);
    leg.party.open().map_err(|refused| DialFailure::Failed(refused.why))?;
    let (after, give_back) = (After::Nothing, None);
    Ok(Box::new(LegCall { caller: Some(leg), script, membership: None, after, gone: false, music: false, give_back }))
}

fn failure(status: u16, why: String) -> DialFailure {
    match status {
        486 | 600 => DialFailure::Busy,
        408 => DialFailure::NoAnswer,
        480 if why.contains("nobody answered") => DialFailure::NoAnswer,
        404 | 410 | 480 | 484 | 604 => DialFailure::Unavailable,
        403 | 603 => DialFailure::Rejected,
        _ => DialFailure::Failed(why),
    }
}

pub(crate) fn items(prompts: &[Prompt]) -> Vec<Item> {
    let item = |prompt: &Prompt| match prompt {
        Prompt::Audio(samples) => Item::Audio(Arc::clone(samples)),
        Prompt::Tone(tone, length) => Item::Tone(*tone, *length),
        Prompt::Silence(length) => Item::Silence(*length),
    };
    prompts.iter().map(item).collect()
}
