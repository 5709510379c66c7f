//! Single values: the digest realm and whatever else the host must find again.

use crate::{Store, StoreError};

const REALM: &str = "realm";

impl Store {
    /// The value kept under `key`.
    pub async fn meta(&self, key: &str) -> Result<Option<String>, StoreError> {
        Ok(sqlx::query_scalar("SELECT value FROM meta WHERE key = ?").bind(key).fetch_optional(&self.read).await?)
    }

    /// Keeps `value` under `key`, in place of what was there.
    pub async fn set_meta(&self, key: &str, value: &str) -> Result<(), StoreError> {
        let upsert =
            "INSERT INTO meta (key, value) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value";
        sqlx::query(upsert).bind(key).bind(value).execute(&self.write).await?;
        Ok(())
    }

    /// The digest realm (RFC 8760 §2.2); `jackfield` until one is set.
    pub async fn realm(&self) -> Result<String, StoreError> {
        Ok(self.meta(REALM).await?.unwrap_or_else(|| "jackfield".to_owned()))
    }

    /// Sets the digest realm. Secrets are bound to it: those made under another realm no longer fit.
    pub async fn set_realm(&self, realm: &str) -> Result<(), StoreError> {
        self.set_meta(REALM, realm).await
    }
}
