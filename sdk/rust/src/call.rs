//! A live call, and what a script can do with it.

use crate::{
    Collected, Error, HangUpCause, Party, Prompts, Recorded, Result, Speech,
    bindings::imports::jackfield::call::{
        control::{self, CollectOptions, DialOptions},
        recording::{self, RecordOptions},
    },
    to_ms,
};
use std::time::Duration;

/// How long targets ring when nothing else is said.
const RING: Duration = Duration::from_secs(30);
/// The call variable that names the language of prompts.
const LANGUAGE: &str = "language";

/// The call that a script was given.
///
/// A verb waits until it is done. Once the caller has hung up, every verb gives [`Error::Gone`]; `?` then ends the
/// script, which is all there is to do.
#[derive(Debug)]
pub struct Call {
    pub(crate) raw: control::Call,
    args: Vec<(String, String)>,
}

/// A leg that was dialled and has answered. Dropped, it is hung up.
#[derive(Debug)]
pub struct Answered<'a> {
    caller: &'a Call,
    leg: control::Call,
}

/// How digits are asked for; made by [`digits`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Digits {
    max: u8,
    terminators: String,
    first: Duration,
    further: Duration,
    barge_in: bool,
}

/// At most so many digits, 1 to 64. The caller has 5 s for the first and 3 s for each further one, and may press keys
/// while prompts play.
pub fn digits(max: u8) -> Digits {
    Digits {
        max,
        terminators: String::new(),
        first: Duration::from_secs(5),
        further: Duration::from_secs(3),
        barge_in: true,
    }
}

/// Whom to dial and how; made by [`Dialling::to`].
#[derive(Clone, Debug)]
pub struct Dialling {
    targets: Vec<String>,
    timeout: Duration,
    caller_id: Option<Party>,
    music: bool,
}

/// How a caller is recorded; made by [`Recording::up_to`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recording {
    max: Duration,
    silence: Duration,
    beep: bool,
    terminators: String,
}

impl Call {
    /// The call's id, stable for its life.
    pub fn id(&self) -> String {
        self.raw.id()
    }

    /// Who called.
    pub fn caller(&self) -> Party {
        self.raw.caller()
    }

    /// What was called.
    pub fn callee(&self) -> Party {
        self.raw.callee()
    }

    /// What the decision that gave the caller to this script wanted it to know.
    pub fn arg(&self, name: &str) -> Option<&str> {
        self.args.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// A call variable.
    pub fn var(&self, name: &str) -> Option<String> {
        self.raw.get_var(name)
    }

    /// Set a call variable, which later decisions and scripts of the call read: at most 64 of them.
    pub fn set_var(&self, name: &str, value: &str) -> Result<&Self> {
        self.raw.set_var(name, value)?;
        Ok(self)
    }

    /// Play prompts in this language from now on: `en`, `fr`, `de-CH`. It stays with the call.
    pub fn speak(&self, language: &str) -> Result<&Self> {
        self.set_var(LANGUAGE, language)
    }

    /// Answer; nothing happens when it is answered already.
    pub fn answer(&self) -> Result<&Self> {
        self.raw.answer()?;
        Ok(self)
    }

    /// Let the caller hear ringing; nothing happens once answered.
    pub fn ring(&self) -> Result<&Self> {
        self.raw.ring()?;
        Ok(self)
    }

    /// Play to the end.
    pub fn play(&self, prompts: impl Into<Prompts>) -> Result<&Self> {
        self.raw.play(&prompts.into().lower())?;
        Ok(self)
    }

    /// Speak to the end: numbers, dates and times in the caller's language, and prompts among them.
    pub fn say(&self, speech: impl Into<Speech>) -> Result<&Self> {
        self.raw.say(&speech.into().lower(), false)?;
        Ok(self)
    }

    /// Like [`Call::say`], until a key is pressed; gives that key.
    pub fn say_until_key(&self, speech: impl Into<Speech>) -> Result<Option<char>> {
        Ok(self.raw.say(&speech.into().lower(), true)?)
    }

    /// Play, and give the digits that the caller presses; empty when none came in time.
    pub fn ask(&self, prompts: impl Into<Prompts>, digits: Digits) -> Result<String> {
        Ok(self.collect(prompts, digits)?.digits)
    }

    /// Like [`Call::ask`], with the key that ended it and whether time ran out.
    pub fn collect(&self, prompts: impl Into<Prompts>, digits: Digits) -> Result<Collected> {
        let options = CollectOptions {
            max: digits.max,
            terminators: digits.terminators,
            first_timeout: to_ms(digits.first),
            inter_timeout: to_ms(digits.further),
            barge_in: digits.barge_in,
        };
        Ok(self.raw.collect(&prompts.into().lower(), &options)?)
    }

    /// Send the caller's own sound back for so long, or until a key is pressed.
    pub fn echo(&self, max: Duration) -> Result<&Self> {
        self.raw.echo(to_ms(max))?;
        Ok(self)
    }

    /// Wait for a key, at most so long.
    pub fn wait(&self, max: Duration) -> Result<Option<char>> {
        Ok(self.raw.wait(to_ms(max))?)
    }

    /// Record the caller. Needs the capability `call.recording`.
    pub fn record(&self, recording: Recording) -> Result<Recorded> {
        let options = RecordOptions {
            max: to_ms(recording.max),
            silence: to_ms(recording.silence),
            beep: recording.beep,
            terminators: recording.terminators,
        };
        Ok(recording::record_caller(&self.raw, &options)?)
    }

    /// Ring a target while the caller hears ringing: `ext:100`, a number, a SIP URI, or a [`Dialling`].
    ///
    /// # Errors
    /// [`Error::Busy`], [`Error::NoAnswer`], [`Error::Rejected`] or [`Error::Unavailable`] when nobody was reached:
    /// the caller is still here.
    pub fn dial(&self, whom: impl Into<Dialling>) -> Result<Answered<'_>> {
        let Dialling { targets, timeout, caller_id, music } = whom.into();
        let leg = self.raw.dial(&targets, &DialOptions { timeout: to_ms(timeout), caller_id, music })?;
        Ok(Answered { caller: self, leg })
    }

    /// Route the caller to a number or URI as if dialled, and leave the script for good.
    ///
    /// # Errors
    /// As [`Call::dial`]; the caller is still here then.
    pub fn transfer(&self, to: &str) -> Result<()> {
        Ok(self.raw.transfer(to)?)
    }

    /// End the call.
    pub fn hang_up(&self) -> Result<()> {
        self.hang_up_because(HangUpCause::Normal)
    }

    /// End the call and say why.
    pub fn hang_up_because(&self, cause: HangUpCause) -> Result<()> {
        Ok(self.raw.hang_up(cause)?)
    }

    pub(crate) fn new(raw: control::Call, args: Vec<(String, String)>) -> Self {
        Self { raw, args }
    }
}

impl Recorded {
    /// Another recording with the same sound as the one of this id; each can be erased without the other.
    ///
    /// # Errors
    /// When there is none of that id, or no room for another.
    pub fn copy_of(id: &str) -> Result<Self> {
        Ok(recording::copy(id)?)
    }

    /// Forget the recording of this id; nothing happens when it is gone already.
    ///
    /// # Errors
    /// When it is not permitted, or the file cannot be removed.
    pub fn erase_id(id: &str) -> Result<()> {
        Ok(recording::erase(id)?)
    }

    /// Forget the recording; nothing happens when it is gone already.
    pub fn erase(&self) -> Result<()> {
        Ok(recording::erase(&self.id)?)
    }
}

impl Answered<'_> {
    /// Who answered.
    pub fn party(&self) -> Party {
        self.leg.callee()
    }

    /// Play something to the one who answered, before the caller is connected.
    pub fn play(&self, prompts: impl Into<Prompts>) -> Result<&Self> {
        self.leg.play(&prompts.into().lower())?;
        Ok(self)
    }

    /// Ask the one who answered for digits, before the caller is connected.
    pub fn ask(&self, prompts: impl Into<Prompts>, digits: Digits) -> Result<String> {
        let options = CollectOptions {
            max: digits.max,
            terminators: digits.terminators,
            first_timeout: to_ms(digits.first),
            inter_timeout: to_ms(digits.further),
            barge_in: digits.barge_in,
        };
        Ok(self.leg.collect(&prompts.into().lower(), &options)?.digits)
    }

    /// Connect the two, until one side hangs up.
    pub fn bridge(self) -> Result<()> {
        Ok(self.caller.raw.bridge(self.leg)?)
    }

    /// End this leg; the caller is still there.
    pub fn hang_up(self) -> Result<()> {
        match self.leg.hang_up(HangUpCause::Normal) {
            Err(error) if Error::from(error.clone()) != Error::Gone => Err(error.into()),
            _ => Ok(()),
        }
    }
}

impl Digits {
    /// Wait so long for the first digit once the prompts have ended.
    #[must_use]
    pub fn within(self, first: Duration) -> Self {
        Self { first, ..self }
    }

    /// Wait so long for each further digit.
    #[must_use]
    pub fn between(self, further: Duration) -> Self {
        Self { further, ..self }
    }

    /// Keys that end the input and are not part of it, e.g. `#`.
    #[must_use]
    pub fn ending_with(self, terminators: impl Into<String>) -> Self {
        Self { terminators: terminators.into(), ..self }
    }

    /// Play prompts to their end whatever is pressed.
    #[must_use]
    pub fn after_prompts(self) -> Self {
        Self { barge_in: false, ..self }
    }
}

impl Dialling {
    /// Ring these in parallel for 30 s; the first that answers is connected.
    pub fn to<T: Into<String>>(targets: impl IntoIterator<Item = T>) -> Self {
        Self { targets: targets.into_iter().map(Into::into).collect(), timeout: RING, caller_id: None, music: false }
    }

    /// Give up after so long, 1 s to 10 min.
    #[must_use]
    pub fn for_at_most(self, timeout: Duration) -> Self {
        Self { timeout, ..self }
    }

    /// Show this caller to the targets, in place of the real one.
    #[must_use]
    pub fn showing(self, caller: Party) -> Self {
        Self { caller_id: Some(caller), ..self }
    }

    /// A caller who is answered hears the house's music meanwhile, in place of ringing.
    #[must_use]
    pub fn with_music(self) -> Self {
        Self { music: true, ..self }
    }
}

impl Recording {
    /// Stop after so long, 1 s to 10 min, or when `#` is pressed; beep first.
    pub fn up_to(max: Duration) -> Self {
        Self { max, silence: Duration::ZERO, beep: true, terminators: "#".into() }
    }

    /// Stop after so much silence too.
    #[must_use]
    pub fn until_silent_for(self, silence: Duration) -> Self {
        Self { silence, ..self }
    }

    /// Begin without a beep.
    #[must_use]
    pub fn without_beep(self) -> Self {
        Self { beep: false, ..self }
    }

    /// Keys that stop it, in place of `#`.
    #[must_use]
    pub fn ending_with(self, terminators: impl Into<String>) -> Self {
        Self { terminators: terminators.into(), ..self }
    }
}

impl From<&str> for Dialling {
    fn from(target: &str) -> Self {
        Self::to([target])
    }
}

impl From<String> for Dialling {
    fn from(target: String) -> Self {
        Self::to([target])
    }
}

impl From<&String> for Dialling {
    fn from(target: &String) -> Self {
        Self::to([target])
    }
}
