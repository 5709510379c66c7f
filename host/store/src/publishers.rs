//! Whose plugins are trusted.

use crate::{Store, StoreError};
use jackfield_model::TimestampMs;
use sqlx::Row;

const CACHE_SECRET: &str = "plugin-cache-secret";

/// A publisher's key about which an administrator has decided.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublisherKeyRow {
    /// 64 hexadecimal digits.
    pub key: String,
    /// Whose it is.
    pub name: String,
    /// Since when it is known.
    pub added: TimestampMs,
    /// Since when nothing that it signs is taken.
    pub revoked: Option<TimestampMs>,
}

impl Store {
    /// Every publisher's key that is known.
    pub async fn publisher_keys(&self) -> Result<Vec<PublisherKeyRow>, StoreError> {
        let rows = sqlx::query("SELECT * FROM publisher_keys ORDER BY added, key").fetch_all(&self.read).await?;
        let key = |row: &sqlx::sqlite::SqliteRow| {
            Ok(PublisherKeyRow {
                key: row.try_get("key")?,
                name: row.try_get("name")?,
                added: row.try_get::<i64, _>("added")?.unsigned_abs(),
                revoked: row.try_get::<Option<i64>, _>("revoked")?.map(i64::unsigned_abs),
            })
        };
        Ok(rows.iter().map(key).collect::<Result<_, sqlx::Error>>()?)
    }

    /// Keeps a publisher's key, in place of what was known of it.
    pub async fn save_publisher_key(&self, key: &PublisherKeyRow) -> Result<(), StoreError> {
        let upsert = "INSERT INTO publisher_keys (key, name, added, revoked) VALUES (?, ?, ?, ?)
                      ON CONFLICT (key) DO UPDATE SET name = excluded.name, revoked = excluded.revoked";
        sqlx::query(upsert)
            .bind(&key.key)
            .bind(&key.name)
            .bind(key.added as i64)
            .bind(key.revoked.map(|at| at as i64))
            .execute(&self.write)
            .await?;
        Ok(())
    }

    /// Forgets a publisher's key.
    pub async fn forget_publisher_key(&self, key: &str) -> Result<(), StoreError> {
        sqlx::query("DELETE FROM publisher_keys WHERE key = ?").bind(key).execute(&self.write).await?;
        Ok(())
    }

    /// The key that each plugin is bound to, by the plugin's id.
    pub async fn plugin_pins(&self) -> Result<Vec<(String, String)>, StoreError> {
        Ok(sqlx::query_as("SELECT plugin, key FROM plugin_pins").fetch_all(&self.read).await?)
    }

    /// Binds a plugin to a key, or to none.
    pub async fn pin_plugin(&self, plugin: &str, key: Option<&str>) -> Result<(), StoreError> {
        match key {
            Some(key) => {
                let upsert = "INSERT INTO plugin_pins (plugin, key) VALUES (?, ?)
                              ON CONFLICT (plugin) DO UPDATE SET key = excluded.key";
                sqlx::query(upsert).bind(plugin).bind(key).execute(&self.write).await?
            }
            None => sqlx::query("DELETE FROM plugin_pins WHERE plugin = ?").bind(plugin).execute(&self.write).await?,
        };
        Ok(())
    }

    /// A secret by which the host knows code that it has compiled itself: 32 bytes, made when first asked for.
    pub async fn cache_secret(&self) -> Result<[u8; 32], StoreError> {
        let mut secret = [0; 32];
        if let Some(kept) = self.meta(CACHE_SECRET).await?
            && hex::decode_to_slice(&kept, &mut secret).is_ok()
        {
            return Ok(secret);
        }
        // One that cannot be read is as good as none: whatever was compiled is compiled again.
        secret = rand::random();
        self.set_meta(CACHE_SECRET, &hex::encode(secret)).await?;
        Ok(secret)
    }
}
