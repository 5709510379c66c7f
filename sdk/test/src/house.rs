//! The house around the plugin under test: who has which extension, where they are, and their lamps.

use jackfield_calls::{
    KeyLamp, Messages,
    house::{CallOrder, Entry, House, OrderEnd},
};
use jackfield_model::{Availability, AvailabilityState, Language, TimestampMs};
use std::{
    collections::BTreeMap,
    future::Future,
    pin::Pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

/// An extension of the house around the plugin.
#[derive(Clone, Debug)]
pub struct TestExtension {
    pub(crate) entry: Entry,
    pub(crate) availability: Availability,
}

/// An extension with a number and a name; English, in the office.
///
/// # Panics
/// When it is no number.
pub fn extension(number: &str, name: &str) -> TestExtension {
    let number = number.parse().unwrap_or_else(|error| panic!("{number}: {error}"));
    let entry = Entry { number, name: name.into(), language: Language::En, owner: None };
    TestExtension { entry, availability: Availability::default() }
}

impl TestExtension {
    /// Whose prompts are in this language: `en`, `fr` or `de`.
    ///
    /// # Panics
    /// When it is another.
    #[must_use]
    pub fn speaking(mut self, language: &str) -> Self {
        self.entry.language = language.parse().unwrap_or_else(|error| panic!("{error}"));
        self
    }

    /// Whose person is there, perhaps until a time in milliseconds since 1970.
    #[must_use]
    pub fn in_state(mut self, state: AvailabilityState, until: Option<TimestampMs>) -> Self {
        (self.availability.state, self.availability.until) = (state, until);
        self
    }
}

/// What the plugin under test sees of a house.
#[derive(Default)]
pub(crate) struct TestHouse {
    extensions: Mutex<BTreeMap<String, TestExtension>>,
    waiting: Mutex<BTreeMap<String, Messages>>,
    /// By code and extension.
    lamps: Mutex<BTreeMap<(String, Option<String>), KeyLamp>>,
    /// Calls that the plugin wanted made.
    orders: Mutex<Vec<CallOrder>>,
    /// How calls to an extension come out.
    ends: Mutex<BTreeMap<String, CallEnd>>,
}

/// What comes of a call to an extension.
#[derive(Clone)]
pub(crate) enum CallEnd {
    Is(OrderEnd),
    /// Somebody picks up, and the script runs.
    PicksUp(Answer),
}

/// Runs the script of an order on a call.
pub(crate) type Answer = Arc<dyn Fn(CallOrder) -> Pin<Box<dyn Future<Output = ()> + Send>> + Send + Sync>;

impl TestHouse {
    pub(crate) fn add(&self, extension: TestExtension) {
        held(&self.extensions).insert(extension.entry.number.as_str().to_owned(), extension);
    }

    pub(crate) fn orders(&self) -> Vec<CallOrder> {
        held(&self.orders).clone()
    }

    pub(crate) fn set_end(&self, number: &str, end: CallEnd) {
        held(&self.ends).insert(number.to_owned(), end);
    }

    /// Nobody picks up any more.
    pub(crate) fn forget_answers(&self) {
        held(&self.ends).clear();
    }

    pub(crate) fn lamp(&self, code: &str, extension: Option<&str>) -> KeyLamp {
        let lamps = held(&self.lamps);
        let of = |extension: Option<&str>| lamps.get(&(code.to_owned(), extension.map(str::to_owned))).copied();
        of(extension).or_else(|| of(None)).unwrap_or_default()
    }

    pub(crate) fn waiting(&self, number: &str) -> Messages {
        held(&self.waiting).get(number).copied().unwrap_or_default()
    }
}

impl House for TestHouse {
    fn extension(&self, number: &str) -> Option<Entry> {
        held(&self.extensions).get(number).map(|extension| extension.entry.clone())
    }

    fn search(&self, query: &str, limit: usize) -> Vec<Entry> {
        let query = query.to_lowercase();
        let extensions = held(&self.extensions);
        let entries = extensions.values().map(|extension| &extension.entry);
        let wanted = |entry: &&Entry| {
            entry.number.as_str().starts_with(&query)
                || query.split_whitespace().all(|word| entry.name.to_lowercase().contains(word))
        };
        entries.filter(wanted).take(limit).cloned().collect()
    }

    fn availability(&self, number: &str) -> Option<Availability> {
        held(&self.extensions).get(number).map(|extension| extension.availability.clone())
    }

    fn set_waiting(&self, number: &str, messages: Messages) -> bool {
        let known = held(&self.extensions).contains_key(number);
        if known {
            held(&self.waiting).insert(number.to_owned(), messages);
        }
        known
    }

    fn set_lamp(&self, _plugin: &str, code: &str, extension: Option<&str>, lamp: KeyLamp) -> bool {
        held(&self.lamps).insert((code.to_owned(), extension.map(str::to_owned)), lamp);
        true
    }

    fn keep_lamps(&self, _plugin: &str, codes: &[String]) {
        held(&self.lamps).retain(|(code, _), _| codes.contains(code));
    }

    fn call(&self, order: CallOrder) -> Pin<Box<dyn Future<Output = OrderEnd> + Send + '_>> {
        let known = held(&self.extensions).contains_key(&order.extension);
        let end = held(&self.ends).get(&order.extension).cloned();
        held(&self.orders).push(order.clone());
        Box::pin(async move {
            match end {
                Some(CallEnd::Is(end)) => end,
                Some(CallEnd::PicksUp(answer)) => {
                    answer(order).await;
                    OrderEnd::Done
                }
                None if known => OrderEnd::Done,
                None => OrderEnd::Unavailable,
            }
        })
    }
}

fn held<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
