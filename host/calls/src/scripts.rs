//! Running a script on a live call: the trait that the plugin runtime implements, and the verbs it may use.
//!
//! [`ScriptCall`] is the one list of verbs. The host's own call task implements it on a SIP leg; the plugin test kit
//! implements it with a scripted caller in virtual time; the runtime binds it to `jackfield:call/control`.
//!
//! One verb does one telephone thing, its races included. Once the far end has hung up, every pending and later verb
//! returns [`VerbError::Gone`].

use crate::{
    conference::{Change, ChangeError, EntryFailure, Happening, Invitation, RoomOptions, Seat},
    router::ScriptRef,
};
use async_trait::async_trait;
use jackfield_fax::{Finished, Job};
pub use jackfield_media::Tone;
use jackfield_model::{CallId, Conference, Party};
use std::{future::Future, pin::Pin, time::Duration};
use tokio::sync::mpsc;

/// Runs scripts. Implemented by the plugin runtime; [`NoScripts`] stands in when there is none.
pub trait Scripts: Send + Sync + 'static {
    /// Run one script entry until it returns, fails or the call is gone.
    ///
    /// Resolves at once with [`ScriptEnd::Unavailable`] when the plugin is not there or is resting; the call then
    /// takes its failover destination.
    fn run(&self, script: ScriptRef, call: Box<dyn ScriptCall>)
    -> Pin<Box<dyn Future<Output = ScriptEnd> + Send + '_>>;
}

/// How a script ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ScriptEnd {
    /// It returned; the call is hung up if it still stands.
    Returned,
    /// It trapped, ran out of budget or returned an error: the reason for the admin.
    Failed(String),
    /// It was never started: the reason for the admin.
    Unavailable(String),
}

/// No scripts: a house without plugins.
pub struct NoScripts;

impl Scripts for NoScripts {
    fn run(
        &self,
        script: ScriptRef,
        _call: Box<dyn ScriptCall>,
    ) -> Pin<Box<dyn Future<Output = ScriptEnd> + Send + '_>> {
        Box::pin(std::future::ready(ScriptEnd::Unavailable(format!("no plugin “{}” is installed", script.plugin))))
    }
}

/// What a call says of itself that cannot enter rooms.
const NO_ROOMS: &str = "this call enters no rooms";

/// What a script can do with one call.
#[async_trait]
pub trait ScriptCall: Send {
    /// The call's id.
    fn id(&self) -> CallId;
    /// Who called.
    fn caller(&self) -> Party;
    /// What was called.
    fn callee(&self) -> Party;
    /// A call variable.
    fn var(&self, name: &str) -> Option<String>;
    /// Set a call variable: at most 64 of them, names up to 64 and values up to 1,024 bytes.
    fn set_var(&mut self, name: &str, value: &str) -> Result<(), VerbError>;

    /// Answer the call; nothing happens when it is answered already.
    async fn answer(&mut self) -> Result<(), VerbError>;
    /// Let the caller hear ringing (180); nothing happens once answered.
    async fn ring(&mut self) -> Result<(), VerbError>;
    /// Play prompts one after the other to their end.
    async fn play(&mut self, prompts: &[Prompt]) -> Result<(), VerbError>;
    /// Play prompts one after the other; with `barge_in` a key ends that, and is given back.
    async fn say(&mut self, prompts: &[Prompt], barge_in: bool) -> Result<Option<char>, VerbError>;
    /// Play prompts and collect digits; see [`CollectOptions`].
    async fn collect(&mut self, prompts: &[Prompt], options: &CollectOptions) -> Result<Collected, VerbError>;
    /// Record the caller; the runtime keeps what is returned among the plugin's files.
    async fn record(&mut self, options: &RecordOptions) -> Result<Recorded, VerbError>;
    /// Send the caller's own sound back until `max` is over or a digit is pressed.
    async fn echo(&mut self, max: Duration) -> Result<(), VerbError>;
    /// Wait for the next digit, at most so long.
    async fn wait(&mut self, max: Duration) -> Result<Option<char>, VerbError>;
    /// Ring targets in parallel while the caller hears ringing; the first that answers is the new leg.
    async fn dial(&mut self, targets: &[String], options: &DialOptions) -> Result<Box<dyn ScriptCall>, DialFailure>;
    /// Connect the caller with a leg that `dial` gave, until one side hangs up.
    async fn bridge(&mut self, other: Box<dyn ScriptCall>) -> Result<(), VerbError>;
    /// Leave the script for good: route the caller to a number or URI as if dialled.
    ///
    /// On success the far end has answered and the two are connected; the script should return.
    async fn transfer(&mut self, to: &str) -> Result<(), DialFailure>;
    /// End the call.
    async fn hang_up(&mut self, cause: HangUpCause) -> Result<(), VerbError>;
    /// Enter a room of the script's plugin, which begins with its first member; the member's number there. The call is
    /// answered first, and leaves a room that it was in before.
    async fn enter(&mut self, _room: &str, _options: &RoomOptions, _seat: Seat) -> Result<u32, EntryFailure> {
        Err(EntryFailure::Failed(NO_ROOMS.into()))
    }
    /// Stay in the room until one of these keys is pressed, the time is over, or it cannot stay.
    async fn stay(&mut self, _keys: &str, _max: Duration) -> Result<Happening, VerbError> {
        Err(VerbError::Invalid(NO_ROOMS.into()))
    }
    /// Leave the room; nothing happens when it is in none.
    async fn leave(&mut self) -> Result<(), VerbError> {
        Ok(())
    }
    /// Whether the caller may try a PIN for a room of the script's plugin.
    fn may_try(&self, _room: &str) -> bool {
        true
    }
    /// It has typed a wrong one.
    fn wrong_pin(&mut self, _room: &str) {}
    /// A room of the script's plugin.
    fn look(&self, _room: &str) -> Option<Conference> {
        None
    }
    /// Change a room of the script's plugin.
    fn change_room(&mut self, _room: &str, _change: Change) -> Result<(), ChangeError> {
        Err(ChangeError::NoRoom)
    }
    /// Ring somebody for a room of the script's plugin; does not wait for them.
    fn invite(&mut self, _room: &str, _invitation: Invitation) -> Result<(), ChangeError> {
        Err(ChangeError::NoRoom)
    }
    /// Send or receive a fax. The call is answered first; when the far end hangs up meanwhile, the fax ends with what has come
    /// so far, and the next verb says so.
    async fn fax(&mut self, _order: FaxOrder) -> Result<Finished, VerbError> {
        Err(VerbError::Failed("this call carries no fax".into()))
    }
    /// Wait for a word that comes by `words`, a key of these, or the end of the time; the caller hears the house's music
    /// meanwhile when `music` says so.
    async fn wait_for_word(
        &mut self,
        music: bool,
        keys: &str,
        max: Duration,
        words: &mut mpsc::Receiver<Vec<u8>>,
    ) -> Result<Waited, VerbError>;
    /// The implementation itself, so that `bridge` can take a leg that its own `dial` gave.
    fn into_any(self: Box<Self>) -> Box<dyn std::any::Any + Send>;
}

/// Something to be heard.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Prompt {
    /// Decoded audio, 8 kHz 16 bit mono: a file of the plugin's package or data, read by the runtime and shared.
    Audio(std::sync::Arc<[i16]>),
    /// A call progress tone, for so long.
    Tone(Tone, Duration),
    /// Nothing, for so long.
    Silence(Duration),
}

/// How digits are collected.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CollectOptions {
    /// Stop after so many digits, 1 to 64.
    pub max: u8,
    /// Digits that end the collection and are not part of it, e.g. `#`.
    pub terminators: String,
    /// How long to wait for the first digit after the prompts have ended.
    pub first_timeout: Duration,
    /// How long to wait for each further digit.
    pub inter_timeout: Duration,
    /// Whether a digit stops the prompts.
    pub barge_in: bool,
}

/// What was collected.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Collected {
    /// The digits, without the terminator.
    pub digits: String,
    /// The digit that ended it.
    pub terminator: Option<char>,
    /// Whether time ran out.
    pub timed_out: bool,
}

/// How the caller is recorded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordOptions {
    /// Stop after so long.
    pub max: Duration,
    /// Stop after so much silence; zero: never.
    pub silence: Duration,
    /// Beep first.
    pub beep: bool,
    /// Digits that stop it.
    pub terminators: String,
}

/// A finished recording.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recorded {
    /// What was heard, 8 kHz 16 bit mono.
    pub samples: Vec<i16>,
    /// How long it is.
    pub length: Duration,
    /// The digit that stopped it.
    pub terminator: Option<char>,
}

/// A fax on a call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FaxOrder {
    /// What is to be done.
    pub job: Job,
    /// What is sent, as TIFF.
    pub document: Option<std::sync::Arc<[u8]>>,
    /// Whether it may go as packets (T.38) where the far end can.
    pub t38: bool,
}

/// How targets are dialled.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DialOptions {
    /// Give up after so long.
    pub timeout: Duration,
    /// What the targets see as caller.
    pub caller_id: Option<Party>,
    /// Whether a caller who is answered hears the house's music meanwhile, in place of ringing.
    pub music: bool,
}

/// What has ended a wait for word.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Waited {
    /// A word.
    Word(Vec<u8>),
    /// A key that was listened for.
    Pressed(char),
    /// The time.
    TimedOut,
}

/// Why a call ends, as the far end is told (RFC 3261 §21, RFC 3326).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HangUpCause {
    /// Clear: BYE, or 480 before an answer.
    Normal,
    /// 486.
    Busy,
    /// 480.
    NoAnswer,
    /// 603.
    Rejected,
    /// 404.
    NotFound,
    /// 500.
    Error,
}

/// A verb did not do what it says.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum VerbError {
    /// The far end has hung up; every later verb says so too.
    #[error("the caller has hung up")]
    Gone,
    /// The arguments make no sense; the text says which.
    #[error("{0}")]
    Invalid(String),
    /// Not allowed for this plugin.
    #[error("not permitted: {0}")]
    Denied(String),
    /// The host could not.
    #[error("{0}")]
    Failed(String),
}

/// Dialling brought no answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DialFailure {
    /// All targets were busy.
    #[error("busy")]
    Busy,
    /// Nobody answered in time.
    #[error("no answer")]
    NoAnswer,
    /// Refused.
    #[error("rejected")]
    Rejected,
    /// No target exists or is registered.
    #[error("unavailable")]
    Unavailable,
    /// The caller hung up meanwhile.
    #[error("the caller has hung up")]
    Gone,
    /// The host could not; the text says why.
    #[error("{0}")]
    Failed(String),
}
