//! State that outlives calls, and the function that changes it.
//!
//! A reducer is one function: it is given the state under a key and one thing that has happened, changes the state, and says
//! what it wants done. The host keeps the state on its disk; nothing that has been acknowledged is lost and nothing is done
//! twice, whatever ends the host in between.
//!
//! ```
//! use jackfield_sdk::{prelude::*, reducer::{Effects, Event, Input}};
//!
//! /// Who waits at a counter, in their order.
//! #[derive(Default, serde::Serialize, serde::Deserialize)]
//! struct Counter { waiting: Vec<String> }
//!
//! #[reducer]
//! fn counter(counter: &mut Counter, input: &Input, effects: &mut Effects) {
//!     match &input.event {
//!         Event::Asked { call: Some(call), .. } => {
//!             counter.waiting.push((*call).to_owned());
//!             effects.reply(&counter.waiting.len());
//!         }
//!         Event::Asked { call: None, .. } if !counter.waiting.is_empty() => {
//!             let call = counter.waiting.remove(0);
//!             effects.send(&call, &"your turn");
//!         }
//!         Event::CallOver(call) => counter.waiting.retain(|waiting| waiting != call),
//!         _ => {}
//!     }
//! }
//!
//! #[script]
//! fn queue(call: Call) -> Result<()> {
//!     call.answer()?;
//!     let place: usize = call.join("counter", &())?;
//!     call.say(say(silence(millis(200))).number(place as i64))?;
//!     while let Some(word) = call.wait_for_word().with_music().within(secs(600)).word::<String>()? {
//!         log::info!("{word}");
//!         break;
//!     }
//!     call.hang_up()
//! }
//! ```
//!
//! With `#[reducer(layout = 2, migrate = bring_over)]` a state that an older version has written is brought over first:
//! `fn(u32, serde_json::Value) -> Result<serde_json::Value, String>` is given its layout and what it was.

use crate::{
    Call, Error, Party, Result,
    bindings::{
        imports::jackfield::reducer::{
            state,
            waiting::{self, Word},
        },
        reducing::exports::jackfield::reducer::reduce::{self, Command, Dial},
    },
    to_ms,
};
pub use reduce::Dialled;
use serde::{Serialize, de::DeserializeOwned};
use std::time::Duration;

/// Brings a state that was written in another layout over to the own one: that layout, and the state as JSON.
pub type Migrate = fn(u32, serde_json::Value) -> std::result::Result<serde_json::Value, String>;

/// Something that has happened.
#[derive(Debug)]
pub struct Input<'a> {
    /// The key whose state it is for.
    pub key: &'a str,
    /// Its number: inputs are counted from 1, anew when nothing was held.
    pub seq: u64,
    /// When it came, in milliseconds since 1970-01-01T00:00:00Z.
    pub at: u64,
    /// What it is.
    pub event: Event<'a>,
}

/// What has happened.
#[derive(Debug)]
#[non_exhaustive]
pub enum Event<'a> {
    /// Somebody asks, and waits for [`Effects::reply`].
    Asked {
        /// The call whose script has joined with this.
        call: Option<&'a str>,
        /// What is asked.
        what: Payload<'a>,
    },
    /// Somebody tells.
    Told(Payload<'a>),
    /// A timer is due.
    Timer {
        /// Its name.
        name: &'a str,
        /// What it was set with.
        what: Payload<'a>,
    },
    /// The script of a call that had joined has ended.
    CallOver(&'a str),
    /// A call that was to be made is over.
    Dialled {
        /// Its name.
        name: &'a str,
        /// How it came out.
        how: Dialled,
    },
    /// The host has started, or the plugin begins to be used again.
    Started,
    /// Something that this version does not know.
    Other,
}

/// JSON that came with an input.
#[derive(Clone, Copy, Debug)]
pub struct Payload<'a>(&'a [u8]);

impl Payload<'_> {
    /// What it says.
    ///
    /// # Errors
    /// When it is not a `T`.
    pub fn read<T: DeserializeOwned>(&self) -> Result<T> {
        read(self.0)
    }
}

impl<'a> Input<'a> {
    #[doc(hidden)]
    pub fn new(key: &'a str, raw: &'a reduce::Input) -> Self {
        let event = match &raw.event {
            reduce::Event::Asked((call, what)) => Event::Asked { call: call.as_deref(), what: Payload(what) },
            reduce::Event::Told(what) => Event::Told(Payload(what)),
            reduce::Event::Timer((name, what)) => Event::Timer { name, what: Payload(what) },
            reduce::Event::CallOver(call) => Event::CallOver(call),
            reduce::Event::Dialled((name, how)) => Event::Dialled { name, how: *how },
            reduce::Event::Started => Event::Started,
            reduce::Event::Other(_) => Event::Other,
        };
        Self { key, seq: raw.seq, at: raw.at, event }
    }
}

/// What a reducer wants done once the state is kept.
#[derive(Debug, Default)]
pub struct Effects {
    pub(crate) reply: Vec<u8>,
    pub(crate) commands: Vec<Command>,
    pub(crate) erased: bool,
}

impl Effects {
    /// Answer whoever asked; the last one counts.
    pub fn reply(&mut self, reply: &impl Serialize) {
        self.reply = write(reply);
    }

    /// Send a word to a call that has joined; nothing happens when it is over.
    pub fn send(&mut self, call: &str, word: &impl Serialize) {
        self.commands.push(Command::Send((call.to_owned(), write(word))));
    }

    /// Tell this key at a time, in milliseconds since 1970-01-01T00:00:00Z; in place of a timer of the same name.
    pub fn set_timer(&mut self, name: &str, at: u64, what: &impl Serialize) {
        self.commands.push(Command::SetTimer((name.to_owned(), at, write(what))));
    }

    /// Do not.
    pub fn cancel_timer(&mut self, name: &str) {
        self.commands.push(Command::CancelTimer(name.to_owned()));
    }

    /// Tell another key of this plugin.
    pub fn tell(&mut self, key: &str, what: &impl Serialize) {
        self.commands.push(Command::Tell((key.to_owned(), write(what))));
    }

    /// Make a call.
    pub fn dial(&mut self, order: Order) {
        self.commands.push(Command::Dial(order.0));
    }

    /// Hold nothing under this key any more, whatever the state says.
    pub fn erase(&mut self) {
        self.erased = true;
    }
}

/// A call to be made; needs `call.originate`.
#[derive(Clone, Debug)]
pub struct Order(Dial);

impl Order {
    /// Call an extension for up to 30 s and give whoever answers to a script of this plugin. How that comes out is told under
    /// the name.
    pub fn new(name: &str, extension: &str, entry: &str) -> Self {
        let caller = Party { number: name.to_owned(), name: String::new(), extension: None };
        Self(Dial {
            name: name.to_owned(),
            to: format!("ext:{extension}"),
            timeout: 30_000,
            caller,
            entry: entry.to_owned(),
            args: Vec::new(),
        })
    }

    /// Call any number as an extension would dial it, which answers for the call; needs `call.outside` besides.
    pub fn to_number(name: &str, number: &str, extension: &str, entry: &str) -> Self {
        let mut order = Self::new(name, extension, entry);
        order.0.to = format!("as:{extension}/{number}");
        order
    }

    /// For so long.
    #[must_use]
    pub fn within(mut self, timeout: Duration) -> Self {
        self.0.timeout = to_ms(timeout);
        self
    }

    /// What its telephone shows.
    #[must_use]
    pub fn showing(mut self, number: &str, name: &str) -> Self {
        self.0.caller = Party { number: number.to_owned(), name: name.to_owned(), extension: None };
        self
    }

    /// What the script shall know.
    #[must_use]
    pub fn arg(mut self, name: &str, value: &str) -> Self {
        self.0.args.push((name.to_owned(), value.to_owned()));
        self
    }
}

/// The state under a key as it is now.
///
/// # Errors
/// When it is not permitted, or what is held is not an `S`.
pub fn look<S: DeserializeOwned>(key: &str) -> Result<Option<S>> {
    state::look(key)?.map(|now| read(&now.data)).transpose()
}

/// Keys that begin with `prefix`.
///
/// # Errors
/// When it is not permitted.
pub fn keys(prefix: &str) -> Result<Vec<String>> {
    Ok(state::keys(prefix)?)
}

/// Ask the reducer and wait for its reply.
///
/// # Errors
/// When it is not permitted, the reducer fails, or its reply is not an `R`.
pub fn ask<R: DeserializeOwned>(key: &str, what: &impl Serialize) -> Result<R> {
    read(&state::ask(key, &write(what))?)
}

/// Tell the reducer, without waiting for it; it is told also when the host is ended meanwhile.
///
/// # Errors
/// When it is not permitted, or too much is told.
pub fn tell(key: &str, what: &impl Serialize) -> Result<()> {
    Ok(state::tell(key, &write(what))?)
}

/// How a caller waits for word; made by [`Call::wait_for_word`].
#[derive(Debug)]
#[must_use]
pub struct Wait<'a> {
    call: &'a Call,
    music: bool,
    keys: String,
    max: Duration,
}

/// What has ended a wait.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Heard<T> {
    /// A word.
    Word(T),
    /// A key that was listened for.
    Pressed(char),
    /// The time.
    TimedOut,
}

impl Call {
    /// Give an input in this caller's name, and get the reply. From then on the reducer can send words to the call, and is
    /// told when the script has ended.
    ///
    /// # Errors
    /// When it is not permitted, the reducer fails, or its reply is not an `R`.
    pub fn join<R: DeserializeOwned>(&self, key: &str, what: &impl Serialize) -> Result<R> {
        read(&waiting::join(&self.raw, key, &write(what))?)
    }

    /// Wait for word from the state that the caller has joined: up to an hour, without music, for no keys.
    pub fn wait_for_word(&self) -> Wait<'_> {
        Wait { call: self, music: false, keys: String::new(), max: Duration::from_secs(3_600) }
    }
}

impl Wait<'_> {
    /// The caller hears the house's music meanwhile.
    pub fn with_music(mut self) -> Self {
        self.music = true;
        self
    }

    /// One of these keys ends it.
    pub fn or_keys(mut self, keys: &str) -> Self {
        keys.clone_into(&mut self.keys);
        self
    }

    /// At most so long.
    pub fn within(mut self, max: Duration) -> Self {
        self.max = max;
        self
    }

    /// Wait.
    ///
    /// # Errors
    /// When the caller hangs up, or the word is not a `T`.
    pub fn hear<T: DeserializeOwned>(self) -> Result<Heard<T>> {
        Ok(match waiting::wait(&self.call.raw, self.music, &self.keys, to_ms(self.max))? {
            Word::Message(word) => Heard::Word(read(&word)?),
            Word::Pressed(key) => Heard::Pressed(key),
            Word::TimedOut => Heard::TimedOut,
            Word::Other((code, text)) => return Err(Error::Failed(format!("{code}: {text}"))),
        })
    }

    /// Wait for a word; none when the time is over.
    ///
    /// # Errors
    /// As for [`Wait::hear`].
    pub fn word<T: DeserializeOwned>(self) -> Result<Option<T>> {
        Ok(match self.hear()? {
            Heard::Word(word) => Some(word),
            Heard::Pressed(_) | Heard::TimedOut => None,
        })
    }
}

/// Nothing is `null`.
fn read<T: DeserializeOwned>(json: &[u8]) -> Result<T> {
    let json = if json.is_empty() { b"null" } else { json };
    serde_json::from_slice(json).map_err(|error| Error::Invalid(format!("it is not what was expected: {error}")))
}

/// What cannot be written as JSON is a mistake in the plugin.
fn write(value: &impl Serialize) -> Vec<u8> {
    serde_json::to_vec(value).unwrap_or_else(|error| panic!("this cannot be written as JSON: {error}"))
}
