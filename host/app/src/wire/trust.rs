//! Whose plugins are trusted, kept in the database.

use super::plugins::failure;
use async_trait::async_trait;
use jackfield_runtime::{PublisherKey, StoreFailure, TrustStore, signature::PublicKey};
use jackfield_store::{PublisherKeyRow, Store};

/// The database as the runtime's store of keys.
pub struct StoredTrust(pub Store);

#[async_trait]
impl TrustStore for StoredTrust {
    async fn keys(&self) -> Result<Vec<PublisherKey>, StoreFailure> {
        let key = |PublisherKeyRow { key, name, added, revoked }| {
            Ok(PublisherKey { key: parse(&key)?, name, added, revoked })
        };
        self.0.publisher_keys().await.map_err(failure)?.into_iter().map(key).collect()
    }

    async fn save_key(&self, key: &PublisherKey) -> Result<(), StoreFailure> {
        let PublisherKey { key, name, added, revoked } = key.clone();
        let row = PublisherKeyRow { key: key.to_string(), name, added, revoked };
        self.0.save_publisher_key(&row).await.map_err(failure)
    }

    async fn forget_key(&self, key: &PublicKey) -> Result<(), StoreFailure> {
        self.0.forget_publisher_key(&key.to_string()).await.map_err(failure)
    }

    async fn pins(&self) -> Result<Vec<(String, PublicKey)>, StoreFailure> {
        let pins = self.0.plugin_pins().await.map_err(failure)?;
        pins.into_iter().map(|(plugin, key)| Ok((plugin, parse(&key)?))).collect()
    }

    async fn pin(&self, plugin: &str, key: Option<&PublicKey>) -> Result<(), StoreFailure> {
        self.0.pin_plugin(plugin, key.map(PublicKey::to_string).as_deref()).await.map_err(failure)
    }

    async fn cache_secret(&self) -> Result<[u8; 32], StoreFailure> {
        self.0.cache_secret().await.map_err(failure)
    }
}

fn parse(key: &str) -> Result<PublicKey, StoreFailure> {
    key.parse().map_err(|error| StoreFailure(format!("“{key}” is kept as a publisher's key: {error}")))
}
