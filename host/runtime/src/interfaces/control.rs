//! `jackfield:call/control`: the verbs of a script, bound to a [`ScriptCall`].

use crate::{
    bindings::imports::jackfield::{
        call::control::{self, CollectOptions, Collected, DialFailure, DialOptions, HangUpCause, Prompt, Spoken},
        types::types::{Error, Party},
    },
    instance::{CpuLimit, State},
    interfaces::{
        arguments::{check_target, collect_options, dial_options, shortened, sound_length, wait_length},
        failure::Failure,
        recording,
    },
    prompts::{find_own_first, piece},
    reducers::Joined,
    registry::Body,
};
use jackfield_calls::{
    conference::{EntryFailure, Happening, RoomOptions, Seat},
    scripts::{self, ScriptCall, Waited},
};
use jackfield_model::Level;
use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
    time::Duration,
};
use tokio::{sync::Notify, time::Instant};
use wasmtime::component::{Resource, ResourceTable};

const MOST_PROMPTS: usize = 32;
/// Digits that are spoken one by one at once.
const MOST_DIGITS: usize = 64;
const MOST_TARGETS: usize = 16;
const LONGEST_NAME: usize = 64;
const LONGEST_VALUE: usize = 1_024;
/// Handles that one script may hold: the caller and its legs.
const MOST_HANDLES: usize = 32;
/// The call variable that names the language of prompts.
const LANGUAGE: &str = "language";
/// A verb that took so long has waited, so the guest's processor budget begins anew.
const WAITED: Duration = Duration::from_millis(1);

/// The call that an instance was started for, and the legs it has dialled.
pub(crate) struct OnCall {
    pub(crate) caller: Box<dyn ScriptCall>,
    table: ResourceTable,
    gone: bool,
    taken_up: Arc<TakenUp>,
    /// The state that the caller has joined.
    pub(crate) joined: Option<Joined>,
}

/// Set once the script has done something for its caller.
#[derive(Default)]
pub(crate) struct TakenUp {
    done: AtomicBool,
    rung: Notify,
}

/// What stands behind a guest's `call` handle.
pub enum Handle {
    /// The call that the script was given.
    Caller,
    /// A leg that it dialled.
    Leg(Box<dyn ScriptCall>),
}

impl OnCall {
    pub(crate) fn new(
        caller: Box<dyn ScriptCall>,
        taken_up: Arc<TakenUp>,
    ) -> wasmtime::Result<(Self, Resource<Handle>)> {
        let mut table = ResourceTable::new();
        table.set_max_capacity(MOST_HANDLES);
        let handle = table.push(Handle::Caller)?;
        Ok((Self { caller, table, gone: false, taken_up, joined: None }, handle))
    }

    /// Whether this is the call that the script was given.
    pub(crate) fn is_caller(&self, handle: &Resource<Handle>) -> wasmtime::Result<bool> {
        Ok(matches!(self.table.get(handle)?, Handle::Caller))
    }

    pub(crate) fn leg(&mut self, handle: &Resource<Handle>) -> wasmtime::Result<&mut dyn ScriptCall> {
        Ok(match self.table.get_mut(handle)? {
            Handle::Caller => self.caller.as_mut(),
            Handle::Leg(leg) => leg.as_mut(),
        })
    }
}

impl TakenUp {
    fn set(&self) {
        if !self.done.swap(true, Relaxed) {
            self.rung.notify_one();
        }
    }

    /// Wait until it is set.
    pub(crate) async fn wait(&self) {
        self.rung.notified().await;
    }
}

/// A verb under way.
struct Verb<'a> {
    leg: &'a mut dyn ScriptCall,
    /// Set when the verb is about the caller and finds it gone.
    gone: Option<&'a mut bool>,
    cpu: &'a mut CpuLimit,
    began: Instant,
}

impl Verb<'_> {
    fn end<T, E: Into<Failure>>(self, result: Result<T, E>) -> Result<T, Failure> {
        if self.began.elapsed() >= WAITED {
            self.cpu.refill();
        }
        let result = result.map_err(Into::into);
        if let (Err(Failure::Gone), Some(gone)) = (&result, self.gone) {
            *gone = true;
        }
        result
    }
}

impl State {
    /// The call in hand. Its absence is a trap: only a script is ever given a handle.
    pub(crate) fn on_call(&mut self) -> wasmtime::Result<&mut OnCall> {
        self.on_call.as_deref_mut().ok_or_else(|| wasmtime::format_err!("no call is in hand here"))
    }

    /// Begin a verb; `Err` inside when the caller is gone already.
    fn verb(&mut self, handle: &Resource<Handle>, takes_up: bool) -> wasmtime::Result<Result<Verb<'_>, Failure>> {
        let cpu = &mut self.cpu;
        let Some(on_call) = self.on_call.as_deref_mut() else {
            return Err(wasmtime::format_err!("no call is in hand here"));
        };
        if takes_up {
            on_call.taken_up.set();
        }
        let (leg, gone) = match on_call.table.get_mut(handle)? {
            Handle::Caller if on_call.gone => return Ok(Err(Failure::Gone)),
            Handle::Caller => (on_call.caller.as_mut(), Some(&mut on_call.gone)),
            Handle::Leg(leg) => (leg.as_mut(), None),
        };
        Ok(Ok(Verb { leg, gone, cpu, began: Instant::now() }))
    }

    /// A prompt by its name. One that is missing in the caller's language is heard in another, and that is said in the log.
    fn prompt(&self, body: &Body, name: &str, languages: &[&str; 3]) -> Result<scripts::Prompt, Failure> {
        let own = self.host.own_prompts.load();
        let found = find_own_first(&own, &body.package.prompts, name, languages);
        let name = shortened(name);
        let Some((samples, language)) = found else {
            return Err(Failure::Invalid(format!("there is no prompt “{name}”")));
        };
        if language != languages[0] {
            let text = format!("the prompt “{name}” is missing in {}, and is heard in {language}", languages[0]);
            self.host.find(&self.plugin.life, Level::Info, &text, self.call.as_ref());
        }
        Ok(scripts::Prompt::Audio(samples))
    }

    /// Find what the guest wants to be heard.
    async fn sounds(&mut self, prompts: Vec<Prompt>) -> wasmtime::Result<Result<Vec<scripts::Prompt>, Failure>> {
        if prompts.len() > MOST_PROMPTS {
            return Ok(Err(Failure::Invalid(format!("{} prompts at once, at most {MOST_PROMPTS}", prompts.len()))));
        }
        let language = self.on_call()?.caller.var(LANGUAGE);
        let Some(body) = self.plugin.body.clone() else {
            return Err(wasmtime::format_err!("a running plugin has a package"));
        };
        let languages = [
            language.as_deref().unwrap_or(self.host.language),
            self.host.language,
            body.package.manifest.language.as_str(),
        ];
        let mut sounds = Vec::with_capacity(prompts.len());
        for prompt in prompts {
            let sound = match prompt {
                Prompt::File(name) => self.prompt(&body, &name, &languages),
                Prompt::Tone((tone, length)) => {
                    sound_length(length).map(|length| scripts::Prompt::Tone(tone.into(), length))
                }
                Prompt::Silence(length) => sound_length(length).map(scripts::Prompt::Silence),
                Prompt::Recording(id) => recording::load(&self.host, &self.plugin.record.id, &id)
                    .await
                    .map(scripts::Prompt::Audio)
                    .map_err(Failure::Failed),
                Prompt::Other((kind, _)) => {
                    Err(Failure::Invalid(format!("this host has no prompts of kind “{}”", shortened(&kind))))
                }
            };
            match sound {
                Ok(sound) => sounds.push(sound),
                Err(failure) => return Ok(Err(failure)),
            }
        }
        Ok(Ok(sounds))
    }

    /// Find what the guest wants to be spoken.
    async fn spoken(&mut self, what: Vec<Spoken>) -> wasmtime::Result<Result<Vec<scripts::Prompt>, Failure>> {
        if what.len() > MOST_PROMPTS {
            return Ok(Err(Failure::Invalid(format!("{} things at once, at most {MOST_PROMPTS}", what.len()))));
        }
        let wanted = self.on_call()?.caller.var(LANGUAGE);
        let languages = [wanted.as_deref().unwrap_or(self.host.language), self.host.language, "en"];
        // The last one is spoken by every house.
        let language = languages.iter().find_map(|tag| jackfield_prompts::Language::of(tag));
        let language = language.unwrap_or(jackfield_prompts::Language::En);
        let mut sounds = Vec::new();
        for one in what {
            let spoken = match one {
                Spoken::Number(number) => jackfield_prompts::Spoken::Number(number),
                Spoken::Digits(digits) if digits.len() > MOST_DIGITS => {
                    return Ok(Err(Failure::Invalid(format!("at most {MOST_DIGITS} digits are spoken at once"))));
                }
                Spoken::Digits(digits) => jackfield_prompts::Spoken::Digits(digits),
                Spoken::Date((year, month, day)) => jackfield_prompts::Spoken::Date(year, month, day),
                Spoken::Time((hour, minute)) => jackfield_prompts::Spoken::Time(hour, minute),
                Spoken::Duration(length) => jackfield_prompts::Spoken::Duration(u64::from(length) / 1_000),
                Spoken::Prompt(prompt) => match self.sounds(vec![prompt]).await? {
                    Ok(found) => {
                        sounds.extend(found);
                        continue;
                    }
                    Err(failure) => return Ok(Err(failure)),
                },
                Spoken::Other((kind, _)) => {
                    let text = format!("this host speaks nothing of kind “{}”", shortened(&kind));
                    return Ok(Err(Failure::Invalid(text)));
                }
            };
            let pieces = jackfield_prompts::say(language, &spoken);
            if pieces.is_empty() && !matches!(spoken, jackfield_prompts::Spoken::Digits(_)) {
                return Ok(Err(Failure::Invalid(format!("there is no such day or time: {spoken:?}"))));
            }
            let own = self.host.own_prompts.load();
            sounds.extend(pieces.iter().filter_map(|name| piece(&own, name, &languages)).map(scripts::Prompt::Audio));
        }
        Ok(Ok(sounds))
    }

    /// Record, for `jackfield:call/recording`.
    pub(crate) async fn record(
        &mut self,
        handle: &Resource<Handle>,
        options: &scripts::RecordOptions,
    ) -> wasmtime::Result<Result<scripts::Recorded, Error>> {
        let verb = match self.verb(handle, true)? {
            Ok(verb) => verb,
            Err(failure) => return Ok(Err(failure.into())),
        };
        let recorded = verb.leg.record(options).await;
        Ok(verb.end(recorded).map_err(Into::into))
    }

    /// Send or receive a fax, for `jackfield:call/fax`.
    pub(crate) async fn carry_fax(
        &mut self,
        handle: &Resource<Handle>,
        order: scripts::FaxOrder,
    ) -> wasmtime::Result<Result<jackfield_fax::Finished, Error>> {
        let verb = match self.verb(handle, true)? {
            Ok(verb) => verb,
            Err(failure) => return Ok(Err(failure.into())),
        };
        let finished = verb.leg.fax(order).await;
        Ok(verb.end(finished).map_err(Into::into))
    }

    /// Wait for word from the state that the caller has joined, for `jackfield:reducer/waiting`.
    pub(crate) async fn wait_for_word(
        &mut self,
        handle: &Resource<Handle>,
        music: bool,
        keys: &str,
        max: Duration,
    ) -> wasmtime::Result<Result<Waited, Error>> {
        let joined = self.on_call()?.joined.take();
        let Some(mut joined) = joined else {
            return Err(wasmtime::format_err!("the caller has joined no state"));
        };
        let waited = match self.verb(handle, true)? {
            Ok(verb) => {
                let waited = verb.leg.wait_for_word(music, keys, max, &mut joined.words).await;
                verb.end(waited)
            }
            Err(failure) => Err(failure),
        };
        self.on_call()?.joined = Some(joined);
        Ok(waited.map_err(Into::into))
    }

    /// Enter a room, for `jackfield:conference/rooms`.
    pub(crate) async fn enter_room(
        &mut self,
        handle: &Resource<Handle>,
        name: &str,
        options: &RoomOptions,
        seat: Seat,
    ) -> wasmtime::Result<Result<u32, EntryFailure>> {
        let verb = match self.verb(handle, true)? {
            Ok(verb) => verb,
            Err(_) => return Ok(Err(EntryFailure::Gone)),
        };
        let entered = verb.leg.enter(name, options, seat).await;
        // The rooms' own words for what stands against it; that the caller is gone is noted here.
        let _ = verb.end(entered.as_ref().map(drop).map_err(|refused| match refused {
            EntryFailure::Gone => Failure::Gone,
            other => Failure::Failed(other.to_string()),
        }));
        Ok(entered)
    }

    /// Stay in it.
    pub(crate) async fn stay_in_room(
        &mut self,
        handle: &Resource<Handle>,
        keys: &str,
        max: u32,
    ) -> wasmtime::Result<Result<Happening, Error>> {
        let max = match wait_length(max) {
            Ok(max) => max,
            Err(failure) => return Ok(Err(failure.into())),
        };
        let verb = match self.verb(handle, false)? {
            Ok(verb) => verb,
            Err(failure) => return Ok(Err(failure.into())),
        };
        let happened = verb.leg.stay(keys, max).await;
        Ok(verb.end(happened).map_err(Into::into))
    }

    /// Leave it.
    pub(crate) async fn leave_room(&mut self, handle: &Resource<Handle>) -> wasmtime::Result<Result<(), Error>> {
        let verb = match self.verb(handle, false)? {
            Ok(verb) => verb,
            Err(failure) => return Ok(Err(failure.into())),
        };
        let left = verb.leg.leave().await;
        Ok(verb.end(left).map_err(Into::into))
    }

    /// Prompts as they are played, or what is wrong with them.
    pub(crate) async fn room_sounds(
        &mut self,
        prompts: Vec<Prompt>,
    ) -> wasmtime::Result<Result<Vec<scripts::Prompt>, String>> {
        Ok(self.sounds(prompts).await?.map_err(|failure| match Error::from(failure) {
            Error::Invalid(text) | Error::Denied(text) | Error::Failed(text) => text,
            Error::Gone => String::from("the caller has hung up"),
            Error::Other((code, text)) => format!("{code}: {text}"),
        }))
    }
}

/// `let $verb = begin!(self, call)`: begin a verb or return what stands against it.
macro_rules! begin {
    ($state:expr, $handle:expr) => {
        begin!($state, $handle, true)
    };
    ($state:expr, $handle:expr, $takes_up:expr) => {
        match $state.verb(&$handle, $takes_up)? {
            Ok(verb) => verb,
            Err(failure) => return Ok(Err(failure.into())),
        }
    };
}

/// The value, or return the failure to the guest.
macro_rules! given {
    ($result:expr) => {
        match $result {
            Ok(value) => value,
            Err(failure) => return Ok(Err(Failure::from(failure).into())),
        }
    };
}

impl control::Host for State {}

impl control::HostCall for State {
    fn id(&mut self, call: Resource<Handle>) -> wasmtime::Result<String> {
        Ok(self.on_call()?.leg(&call)?.id().0)
    }

    fn caller(&mut self, call: Resource<Handle>) -> wasmtime::Result<Party> {
        Ok(self.on_call()?.leg(&call)?.caller().into())
    }

    fn callee(&mut self, call: Resource<Handle>) -> wasmtime::Result<Party> {
        Ok(self.on_call()?.leg(&call)?.callee().into())
    }

    fn get_var(&mut self, call: Resource<Handle>, name: String) -> wasmtime::Result<Option<String>> {
        Ok(self.on_call()?.leg(&call)?.var(&name))
    }

    fn set_var(&mut self, call: Resource<Handle>, name: String, value: String) -> wasmtime::Result<Result<(), Error>> {
        if name.is_empty() || name.len() > LONGEST_NAME || value.len() > LONGEST_VALUE {
            let text = format!("a variable's name has 1 to {LONGEST_NAME} bytes and its value at most {LONGEST_VALUE}");
            return Ok(Err(Error::Invalid(text)));
        }
        Ok(self.on_call()?.leg(&call)?.set_var(&name, &value).map_err(|e| Failure::from(e).into()))
    }

    async fn answer(&mut self, call: Resource<Handle>) -> wasmtime::Result<Result<(), Error>> {
        let verb = begin!(self, call);
        let done = verb.leg.answer().await;
        Ok(verb.end(done).map_err(Into::into))
    }

    async fn ring(&mut self, call: Resource<Handle>) -> wasmtime::Result<Result<(), Error>> {
        let verb = begin!(self, call);
        let done = verb.leg.ring().await;
        Ok(verb.end(done).map_err(Into::into))
    }

    async fn play(&mut self, call: Resource<Handle>, prompts: Vec<Prompt>) -> wasmtime::Result<Result<(), Error>> {
        let sounds = given!(self.sounds(prompts).await?);
        let verb = begin!(self, call);
        let done = verb.leg.play(&sounds).await;
        Ok(verb.end(done).map_err(Into::into))
    }

    async fn say(
        &mut self,
        call: Resource<Handle>,
        what: Vec<Spoken>,
        barge_in: bool,
    ) -> wasmtime::Result<Result<Option<char>, Error>> {
        let sounds = given!(self.spoken(what).await?);
        let verb = begin!(self, call);
        let pressed = verb.leg.say(&sounds, barge_in).await;
        Ok(verb.end(pressed).map_err(Into::into))
    }

    async fn collect(
        &mut self,
        call: Resource<Handle>,
        prompts: Vec<Prompt>,
        options: CollectOptions,
    ) -> wasmtime::Result<Result<Collected, Error>> {
        let options = given!(collect_options(options));
        let sounds = given!(self.sounds(prompts).await?);
        let verb = begin!(self, call);
        let done = verb.leg.collect(&sounds, &options).await;
        let collected = verb.end(done).map_err(Error::from);
        Ok(collected.map(|c| Collected { digits: c.digits, terminator: c.terminator, timed_out: c.timed_out }))
    }

    async fn echo(&mut self, call: Resource<Handle>, max: u32) -> wasmtime::Result<Result<(), Error>> {
        let max = given!(wait_length(max));
        let verb = begin!(self, call);
        let done = verb.leg.echo(max).await;
        Ok(verb.end(done).map_err(Into::into))
    }

    async fn wait(&mut self, call: Resource<Handle>, max: u32) -> wasmtime::Result<Result<Option<char>, Error>> {
        let max = given!(wait_length(max));
        let verb = begin!(self, call, false);
        let done = verb.leg.wait(max).await;
        Ok(verb.end(done).map_err(Into::into))
    }

    async fn dial(
        &mut self,
        call: Resource<Handle>,
        targets: Vec<String>,
        options: DialOptions,
    ) -> wasmtime::Result<Result<Resource<Handle>, DialFailure>> {
        if targets.is_empty() || targets.len() > MOST_TARGETS {
            return Ok(Err(
                Failure::Invalid(format!("{} targets, 1 to {MOST_TARGETS} are taken", targets.len())).into()
            ));
        }
        for target in &targets {
            given!(check_target(target));
        }
        let options = given!(dial_options(options));
        let verb = begin!(self, call);
        let done = verb.leg.dial(&targets, &options).await;
        Ok(match verb.end(done) {
            Ok(leg) => Ok(self.on_call()?.table.push(Handle::Leg(leg))?),
            Err(failure) => Err(failure.into()),
        })
    }

    async fn bridge(&mut self, call: Resource<Handle>, leg: Resource<Handle>) -> wasmtime::Result<Result<(), Error>> {
        let Handle::Leg(leg) = self.on_call()?.table.delete(leg)? else {
            return Ok(Err(Error::Invalid("the caller cannot be bridged to itself: give a leg that dial gave".into())));
        };
        let verb = begin!(self, call);
        let done = verb.leg.bridge(leg).await;
        Ok(verb.end(done).map_err(Into::into))
    }

    async fn transfer(&mut self, call: Resource<Handle>, to: String) -> wasmtime::Result<Result<(), DialFailure>> {
        given!(check_target(&to));
        let verb = begin!(self, call);
        let done = verb.leg.transfer(&to).await;
        Ok(verb.end(done).map_err(Into::into))
    }

    async fn hang_up(&mut self, call: Resource<Handle>, cause: HangUpCause) -> wasmtime::Result<Result<(), Error>> {
        let verb = begin!(self, call);
        let done = verb.leg.hang_up(cause.into()).await;
        Ok(verb.end(done).map_err(Into::into))
    }

    async fn drop(&mut self, call: Resource<Handle>) -> wasmtime::Result<()> {
        self.on_call()?.table.delete(call)?;
        Ok(())
    }
}
