//! What plugins may know of the house and tell it: the trait that the plugin runtime asks, beside the calls themselves.

use crate::{Directory, Exchange, KeyLamp, mailboxes::Messages};
use jackfield_model::{Availability, Extension, Holder, Language, Number, Party, UserId};
use std::{future::Future, pin::Pin, sync::Weak, time::Duration};

/// What plugins may know of the house and tell it. Implemented by the [`Exchange`]; the plugin test kit has one in memory.
///
/// Nothing here waits but [`House::call`]: it reads snapshots.
pub trait House: Send + Sync + 'static {
    /// The extension of that number.
    fn extension(&self, number: &str) -> Option<Entry>;
    /// Extensions whose number begins with `query` or whose name holds all its words, by number; at most `limit`.
    fn search(&self, query: &str, limit: usize) -> Vec<Entry>;
    /// Where the person of that extension is; `None` when there is no such extension.
    fn availability(&self, number: &str) -> Option<Availability>;
    /// So many messages wait at an extension from now on; `false` when there is no such extension.
    fn set_waiting(&self, number: &str, messages: Messages) -> bool;
    /// A plugin sets the lamp of keys that dial a code: for everybody, or as the telephones of one extension see it; `false` when it has set
    /// too many.
    fn set_lamp(&self, plugin: &str, code: &str, extension: Option<&str>, lamp: KeyLamp) -> bool;
    /// A plugin has these codes from now on: its lamps at others are dark.
    fn keep_lamps(&self, plugin: &str, codes: &[String]);
    /// Call an extension and give whoever answers to a script; resolves when that is over.
    fn call(&self, order: CallOrder) -> Pin<Box<dyn Future<Output = OrderEnd> + Send + '_>>;
}

/// A call that a plugin wants made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CallOrder {
    /// The extension to call; or, with a sponsor, any number as that one would dial it.
    pub extension: String,
    /// The extension in whose name it is made, and which answers for it outside.
    pub sponsor: Option<String>,
    /// What its telephone shows as caller.
    pub shown: Party,
    /// How long it may ring.
    pub patience: Duration,
    /// The plugin whose script takes up whoever answers.
    pub plugin: String,
    /// The script's entry.
    pub entry: String,
    /// What the script shall know.
    pub args: Vec<(String, String)>,
}

/// How a call came out that a plugin wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum OrderEnd {
    /// Somebody has answered, and the script has ended.
    Done = 1,
    /// Busy.
    Busy = 2,
    /// Nobody has answered in time.
    NoAnswer = 3,
    /// Refused.
    Rejected = 4,
    /// No such extension, or no telephone of it can be reached.
    Unavailable = 5,
    /// The host could not, or was ended in between.
    Failed = 6,
}

impl OrderEnd {
    /// The end of this number, as it is kept.
    pub fn from_code(code: u8) -> Option<Self> {
        let all = [Self::Done, Self::Busy, Self::NoAnswer, Self::Rejected, Self::Unavailable, Self::Failed];
        all.into_iter().find(|end| *end as u8 == code)
    }
}

/// An extension as plugins see it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Its number.
    pub number: Number,
    /// Its name.
    pub name: String,
    /// The language of its prompts.
    pub language: Language,
    /// Whose it is.
    pub owner: Option<UserId>,
}

impl From<&Extension> for Entry {
    fn from(extension: &Extension) -> Self {
        Self {
            number: extension.number.clone(),
            name: extension.name.clone(),
            language: extension.language,
            owner: extension.owner,
        }
    }
}

/// Weak, since the exchange holds the plugins that ask. Once it is gone, the house is empty.
impl House for Weak<Exchange> {
    fn extension(&self, number: &str) -> Option<Entry> {
        self.upgrade()?.directory().extension(number).map(|extension| extension.as_ref().into())
    }

    fn search(&self, query: &str, limit: usize) -> Vec<Entry> {
        self.upgrade().map_or_else(Vec::new, |exchange| search(&exchange.directory(), query, limit))
    }

    fn availability(&self, number: &str) -> Option<Availability> {
        let exchange = self.upgrade()?;
        let directory = exchange.directory();
        let extension = directory.extension(number)?;
        let holder = match extension.owner {
            Some(owner) => Holder::User(owner),
            None => Holder::Extension(extension.number.clone()),
        };
        Some(exchange.availability.of(&holder))
    }

    fn set_waiting(&self, number: &str, messages: Messages) -> bool {
        let Some(exchange) = self.upgrade() else { return false };
        let known = exchange.directory().extension(number).is_some();
        if known {
            exchange.mailboxes.set(number, messages);
        }
        known
    }

    fn set_lamp(&self, plugin: &str, code: &str, extension: Option<&str>, lamp: KeyLamp) -> bool {
        // Whose house is ending sees no lamps.
        self.upgrade().is_none_or(|exchange| exchange.key_lamps.set_for(plugin, code, extension, lamp))
    }

    fn keep_lamps(&self, plugin: &str, codes: &[String]) {
        if let Some(exchange) = self.upgrade() {
            exchange.key_lamps.keep(plugin, codes);
        }
    }

    fn call(&self, order: CallOrder) -> Pin<Box<dyn Future<Output = OrderEnd> + Send + '_>> {
        let exchange = self.upgrade();
        Box::pin(async move {
            match exchange {
                Some(exchange) => exchange.call_for_script(order).await,
                None => OrderEnd::Failed,
            }
        })
    }
}

/// See [`House::search`].
pub fn search(directory: &Directory, query: &str, limit: usize) -> Vec<Entry> {
    let query = query.trim().to_lowercase();
    let words: Vec<&str> = query.split_whitespace().collect();
    let wanted = |extension: &Extension| {
        let name = extension.name.to_lowercase();
        extension.number.as_str().starts_with(&query) || words.iter().all(|word| name.contains(word))
    };
    let mut found: Vec<_> = directory.extensions().filter(|extension| wanted(extension)).collect();
    found.sort_by(|a, b| (a.number.as_str().len(), &a.number).cmp(&(b.number.as_str().len(), &b.number)));
    found.into_iter().take(limit).map(|extension| extension.as_ref().into()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn extension(number: &str, name: &str) -> Extension {
        Extension {
            number: number.parse().unwrap(),
            name: name.into(),
            owner: None,
            static_contact: None,
            language: Language::En,
            call_waiting: true,
            encryption: jackfield_model::SoundEncryption::default(),
            ha1: None,
        }
    }

    #[test]
    fn people_are_found_by_the_beginning_of_a_number_and_by_any_words_of_a_name() {
        let directory = Directory::new([
            extension("1001", "Workshop"),
            extension("101", "Ada Lovelace"),
            extension("100", "Adele Goldberg"),
        ]);
        let numbers = |query: &str, limit| -> Vec<String> {
            search(&directory, query, limit).into_iter().map(|entry| entry.number.as_str().to_owned()).collect()
        };
        assert_eq!(numbers("10", 10), ["100", "101", "1001"], "short numbers first");
        assert_eq!(numbers("lace ADA", 10), ["101"]);
        assert_eq!(numbers("ad", 1), ["100"]);
        assert!(numbers("nobody", 10).is_empty());
    }
}
