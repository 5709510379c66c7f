//! Contacts between plugins, the database and calls.

use crate::wire::telephony::Switchboard;
use async_trait::async_trait;
use jackfield_api::Telephony;
use jackfield_calls::{FoundName, NameLookup, events::EventBus, now_ms};
use jackfield_model::{Contact, EventKind, SourceKind};
use jackfield_runtime::{ContactBook, LookedUp, Plugins, ReplacedContacts, Replacement};
use jackfield_store::{Draft, SourceName, Store, StoreError};
use std::{
    pin::Pin,
    sync::{Arc, OnceLock, Weak},
};
use tokio::runtime::Handle;

/// Keeps the contacts that plugins bring, and has calls see them.
#[derive(Clone)]
pub struct PluginContacts(Arc<Inner>);

struct Inner {
    store: Store,
    bus: EventBus,
    /// Set once there are calls.
    telephony: OnceLock<Weak<Switchboard>>,
}

impl PluginContacts {
    /// In this database.
    pub fn new(store: Store, bus: EventBus) -> Self {
        Self(Arc::new(Inner { store, bus, telephony: OnceLock::new() }))
    }

    /// From now on calls are told.
    pub fn tell(&self, telephony: &Arc<Switchboard>) {
        let _ = self.0.telephony.set(Arc::downgrade(telephony));
    }
}

impl Inner {
    async fn changed(&self) {
        if let Some(telephony) = self.telephony.get().and_then(Weak::upgrade) {
            telephony.reload_contacts().await;
        }
        self.bus.publish(now_ms(), EventKind::DirectoryChanged);
    }
}

fn of(plugin: &str) -> SourceName {
    SourceName { kind: SourceKind::Plugin, name: plugin.to_owned() }
}

fn failed(error: StoreError) -> String {
    format!("contacts cannot be kept: {error}")
}

const OVERTAKEN: &str = "it was begun anew meanwhile";

#[async_trait]
impl ContactBook for PluginContacts {
    async fn replace(&self, plugin: &str) -> Result<Box<dyn Replacement>, String> {
        let draft = self.0.store.draft_contacts(&of(plugin), now_ms()).await.map_err(failed)?;
        Ok(Box::new(Drafted { book: Arc::clone(&self.0), draft }))
    }

    async fn forget(&self, plugin: &str) {
        match self.0.store.forget_contacts(&of(plugin)).await {
            Ok(()) => self.0.changed().await,
            Err(error) => tracing::error!(%error, plugin, "its contacts could not be erased"),
        }
    }
}

struct Drafted {
    book: Arc<Inner>,
    draft: Draft,
}

#[async_trait]
impl Replacement for Drafted {
    async fn put(&mut self, contacts: Vec<Contact>) -> Result<(), String> {
        match self.book.store.write_contacts(self.draft, &contacts).await.map_err(failed)? {
            true => Ok(()),
            false => Err(OVERTAKEN.into()),
        }
    }

    async fn finish(&mut self) -> Result<ReplacedContacts, String> {
        let done = self.book.store.finish_contacts(self.draft, now_ms()).await.map_err(failed)?;
        let done = done.ok_or(OVERTAKEN)?;
        self.book.changed().await;
        let count = |number: u64| u32::try_from(number).unwrap_or(u32::MAX);
        Ok(ReplacedContacts { contacts: count(done.contacts), added: count(done.added), removed: count(done.removed) })
    }
}

/// Asks plugins who has a number, away from the thread of calls.
pub struct AskPlugins {
    /// The plugins.
    pub plugins: Plugins,
    /// Where they work.
    pub house: Handle,
}

impl NameLookup for AskPlugins {
    fn is_there(&self) -> bool {
        self.plugins.can_look_up()
    }

    fn look_up(&self, number: String) -> Pin<Box<dyn Future<Output = FoundName> + Send>> {
        let plugins = self.plugins.clone();
        let asked = self.house.spawn(async move { plugins.look_up(&number).await });
        Box::pin(async move {
            match asked.await {
                Ok(LookedUp::Somebody(contact)) => FoundName::Name(contact.display().to_owned()),
                Ok(LookedUp::Nobody) => FoundName::Nobody,
                Ok(LookedUp::Failed) | Err(_) => FoundName::Failed,
            }
        })
    }
}
