//! Whose packages are taken: the keys that an administrator trusts, those that were revoked, and the key that each plugin
//! is bound to since a package of it was installed.
//!
//! Nothing here asks the Internet. A key is trusted because an administrator has compared its fingerprint and said so, or
//! has named the folder of packages in which it came. Whoever holds another key cannot update a plugin, even one who is
//! trusted for other plugins.

use crate::{
    signature::{PublicKey, grouped},
    store::StoreFailure,
};
use async_trait::async_trait;
use jackfield_model::TimestampMs;
use serde::Serialize;
use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

/// A publisher's key about which an administrator has decided.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublisherKey {
    /// The key.
    pub key: PublicKey,
    /// Whose it is.
    pub name: String,
    /// Since when it is known.
    pub added: TimestampMs,
    /// Since when nothing that it signs is taken; `None` while it is trusted.
    pub revoked: Option<TimestampMs>,
}

/// Keeps whom the house trusts, and the secret by which it knows its own compiled code.
#[async_trait]
pub trait TrustStore: Send + Sync + 'static {
    /// Every key that is known, in no order.
    async fn keys(&self) -> Result<Vec<PublisherKey>, StoreFailure>;
    /// Keep this key, in place of what was known of it.
    async fn save_key(&self, key: &PublisherKey) -> Result<(), StoreFailure>;
    /// Forget a key; nothing happens when it is not known.
    async fn forget_key(&self, key: &PublicKey) -> Result<(), StoreFailure>;
    /// The key that each plugin is bound to, by the plugin's id.
    async fn pins(&self) -> Result<Vec<(String, PublicKey)>, StoreFailure>;
    /// Bind a plugin to a key, or to none.
    async fn pin(&self, plugin: &str, key: Option<&PublicKey>) -> Result<(), StoreFailure>;
    /// A secret that stays the same from start to start, made at the first.
    async fn cache_secret(&self) -> Result<[u8; 32], StoreFailure>;
}

/// How a package stands with whoever has signed it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Trust {
    /// By a key that is trusted.
    Trusted,
    /// By a key that nobody has decided about.
    Unknown,
    /// By a key that was revoked.
    Revoked,
    /// By another key than the one that the plugin is bound to, or not signed although the plugin is bound to a key.
    OtherKey,
    /// Not signed.
    Unsigned,
}

/// Who has signed a package.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Signer {
    /// The key.
    pub key: Option<PublicKey>,
    /// Whose it is, when it is known.
    pub name: Option<String>,
    /// How it stands.
    pub trust: Trust,
    /// Why the package is not installed whatever an administrator says.
    pub refusal: Option<String>,
}

/// Whose package may be installed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum SignedBy {
    /// By a key that is trusted.
    #[default]
    Trusted,
    /// By this key too, which is trusted from now on: the fingerprint that an administrator has seen.
    Fingerprint(String),
    /// By anybody, or nobody: it comes from where an administrator has said that packages are fine. Only a revoked key is
    /// refused. The plugin is bound to whoever has signed it, in place of a key that it was bound to.
    Anybody,
}

/// What is known of publishers, in memory and on the disk.
pub(crate) struct Trusted {
    store: Arc<dyn TrustStore>,
    allow_unsigned: bool,
    known: Mutex<Known>,
}

#[derive(Default)]
struct Known {
    keys: BTreeMap<PublicKey, PublisherKey>,
    pins: BTreeMap<String, PublicKey>,
}

impl Trusted {
    pub(crate) async fn load(store: Arc<dyn TrustStore>, allow_unsigned: bool) -> Result<Self, StoreFailure> {
        let keys = store.keys().await?.into_iter().map(|known| (known.key, known)).collect();
        let pins = store.pins().await?.into_iter().collect();
        Ok(Self { store, allow_unsigned, known: Mutex::new(Known { keys, pins }) })
    }

    /// How a package of this plugin stands, and what would be said to who wants to install it.
    pub(crate) fn judge(&self, plugin: &str, key: Option<PublicKey>) -> Signer {
        let known = self.known();
        let pinned = known.pins.get(plugin);
        let publisher = key.and_then(|key| known.keys.get(&key));
        let name = publisher.map(|publisher| publisher.name.clone());
        let said = |key: &PublicKey| {
            let name = known.keys.get(key).map_or_else(String::new, |publisher| format!(" of “{}”", publisher.name));
            format!("the key {}{name}", grouped(&key.fingerprint()))
        };
        let (trust, refusal) = match (key, pinned) {
            (Some(key), _) if publisher.is_some_and(|publisher| publisher.revoked.is_some()) => {
                let text = format!(
                    "it is signed with {}, which was revoked: ask its publisher for a package that is signed with another key",
                    said(&key)
                );
                (Trust::Revoked, Some(text))
            }
            (key, Some(pinned)) if key != Some(*pinned) => {
                let this =
                    key.map_or_else(|| "is not signed".to_owned(), |key| format!("is signed with {}", said(&key)));
                let text = format!(
                    "what is installed of “{plugin}” is bound to {}, and this package {this}: take it for a forgery until \
                     the publisher tells you otherwise; then release the plugin from its key and install it again",
                    said(pinned)
                );
                (Trust::OtherKey, Some(text))
            }
            (Some(_), _) if publisher.is_some() => (Trust::Trusted, None),
            (Some(_), _) => (Trust::Unknown, None),
            (None, _) if self.allow_unsigned => (Trust::Unsigned, None),
            (None, _) => {
                let text = "it is not signed, so nobody can tell who has made it: ask for a signed package. To try one of \
                            your own, sign it with “jackfield-plugin sign”, or set plugins.allow_unsigned in the configuration";
                (Trust::Unsigned, Some(text.to_owned()))
            }
        };
        Signer { key, name, trust, refusal }
    }

    /// The key that a plugin is bound to, with what is known of it.
    pub(crate) fn pinned(&self, plugin: &str) -> Option<(PublicKey, Option<PublisherKey>)> {
        let known = self.known();
        let pinned = known.pins.get(plugin)?;
        Some((*pinned, known.keys.get(pinned).cloned()))
    }

    /// Every key that is known.
    pub(crate) fn keys(&self) -> Vec<PublisherKey> {
        self.known().keys.values().cloned().collect()
    }

    /// The known key of this fingerprint.
    pub(crate) fn by_fingerprint(&self, fingerprint: &str) -> Option<PublisherKey> {
        self.known().keys.values().find(|known| known.key.fingerprint() == fingerprint).cloned()
    }

    pub(crate) async fn save_key(&self, key: PublisherKey) -> Result<(), StoreFailure> {
        self.store.save_key(&key).await?;
        self.known().keys.insert(key.key, key);
        Ok(())
    }

    pub(crate) async fn forget_key(&self, key: &PublicKey) -> Result<(), StoreFailure> {
        self.store.forget_key(key).await?;
        self.known().keys.remove(key);
        Ok(())
    }

    /// Bind a plugin to a key, or to none.
    pub(crate) async fn pin(&self, plugin: &str, key: Option<PublicKey>) -> Result<(), StoreFailure> {
        if self.known().pins.get(plugin).copied() == key {
            return Ok(());
        }
        self.store.pin(plugin, key.as_ref()).await?;
        let mut known = self.known();
        match key {
            Some(key) => known.pins.insert(plugin.to_owned(), key),
            None => known.pins.remove(plugin),
        };
        Ok(())
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        // Entries are put in and taken out whole.
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Trusts nobody at the beginning, and forgets everything at the end: for tests and tools.
#[derive(Default)]
pub struct MemoryTrust(Mutex<Known>);

impl MemoryTrust {
    fn known(&self) -> MutexGuard<'_, Known> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl TrustStore for MemoryTrust {
    async fn keys(&self) -> Result<Vec<PublisherKey>, StoreFailure> {
        Ok(self.known().keys.values().cloned().collect())
    }

    async fn save_key(&self, key: &PublisherKey) -> Result<(), StoreFailure> {
        self.known().keys.insert(key.key, key.clone());
        Ok(())
    }

    async fn forget_key(&self, key: &PublicKey) -> Result<(), StoreFailure> {
        self.known().keys.remove(key);
        Ok(())
    }

    async fn pins(&self) -> Result<Vec<(String, PublicKey)>, StoreFailure> {
        Ok(self.known().pins.iter().map(|(plugin, key)| (plugin.clone(), *key)).collect())
    }

    async fn pin(&self, plugin: &str, key: Option<&PublicKey>) -> Result<(), StoreFailure> {
        match key {
            Some(key) => self.known().pins.insert(plugin.to_owned(), *key),
            None => self.known().pins.remove(plugin),
        };
        Ok(())
    }

    async fn cache_secret(&self) -> Result<[u8; 32], StoreFailure> {
        Ok(rand::random())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::signature::SigningKey;

    fn key() -> PublicKey {
        SigningKey::generate().unwrap().0.public()
    }

    fn known(key: PublicKey, revoked: Option<TimestampMs>) -> PublisherKey {
        PublisherKey { key, name: "Example".into(), added: 1, revoked }
    }

    #[tokio::test]
    async fn who_has_signed_decides_what_is_said() {
        let trusted = Trusted::load(Arc::new(MemoryTrust::default()), false).await.unwrap();
        let (good, bad, new) = (key(), key(), key());
        trusted.save_key(known(good, None)).await.unwrap();
        trusted.save_key(known(bad, Some(2))).await.unwrap();
        let stands = |key| {
            let signer = trusted.judge("org.example.x", key);
            (signer.trust, signer.refusal.is_some())
        };
        assert_eq!(stands(Some(good)), (Trust::Trusted, false));
        assert_eq!(stands(Some(new)), (Trust::Unknown, false));
        assert_eq!(stands(Some(bad)), (Trust::Revoked, true));
        assert_eq!(stands(None), (Trust::Unsigned, true));

        trusted.pin("org.example.x", Some(good)).await.unwrap();
        assert_eq!(stands(Some(good)), (Trust::Trusted, false));
        assert_eq!(stands(Some(new)), (Trust::OtherKey, true));
        assert_eq!(stands(None), (Trust::OtherKey, true));
        let said = trusted.judge("org.example.x", Some(new)).refusal.unwrap();
        assert!(said.contains(&format!("bound to the key {} of “Example”", grouped(&good.fingerprint()))), "{said}");
        assert_eq!(trusted.judge("org.example.y", Some(new)).trust, Trust::Unknown, "another plugin");
    }

    #[tokio::test]
    async fn the_developers_switch_lets_unsigned_packages_in_but_not_over_signed_ones() {
        let store = Arc::new(MemoryTrust::default());
        let trusted = Trusted::load(store.clone(), true).await.unwrap();
        assert_eq!(trusted.judge("org.example.x", None).refusal, None);
        let good = key();
        trusted.pin("org.example.x", Some(good)).await.unwrap();
        assert!(trusted.judge("org.example.x", None).refusal.is_some());
        // It is still so after a start.
        let again = Trusted::load(store, true).await.unwrap();
        assert_eq!(again.pinned("org.example.x").map(|(key, _)| key), Some(good));
        again.pin("org.example.x", None).await.unwrap();
        assert_eq!(again.judge("org.example.x", None).refusal, None);
    }
}
