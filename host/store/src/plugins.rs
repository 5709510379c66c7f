//! What the admin decided about each plugin.

use crate::{Store, StoreError};
use jackfield_model::TimestampMs;
use serde_json::Value;
use sqlx::{Row, sqlite::SqliteRow};

/// An installed plugin. Its files lie in the plugin folder; this is what the admin decided about it.
#[derive(Clone, Debug, PartialEq)]
pub struct PluginRow {
    /// Reverse-DNS id.
    pub id: String,
    /// The installed version.
    pub version: String,
    /// Whether it is switched on.
    pub enabled: bool,
    /// Place among the routing plugins, from 0.
    pub order: u32,
    /// The capabilities approved.
    pub grants: Vec<String>,
    /// Its settings, an object.
    pub settings: Value,
    /// When this version was installed.
    pub installed: TimestampMs,
    /// What is to be known of a version that is tried beside it, as JSON; null when there is none.
    pub trial: Value,
}

impl Store {
    /// Every installed plugin, in order.
    pub async fn plugins(&self) -> Result<Vec<PluginRow>, StoreError> {
        let rows = sqlx::query("SELECT * FROM plugins ORDER BY position, id").fetch_all(&self.read).await?;
        Ok(rows.iter().map(plugin).collect::<Result<_, _>>()?)
    }

    /// Adds a plugin's row or replaces it.
    pub async fn save_plugin(&self, plugin: &PluginRow) -> Result<(), StoreError> {
        let upsert = "INSERT INTO plugins (id, version, enabled, position, grants, settings, installed, trial)
                      VALUES (?, ?, ?, ?, ?, ?, ?, ?)
                      ON CONFLICT (id) DO UPDATE SET version = excluded.version, enabled = excluded.enabled,
                      position = excluded.position, grants = excluded.grants, settings = excluded.settings,
                      installed = excluded.installed, trial = excluded.trial";
        sqlx::query(upsert)
            .bind(&plugin.id)
            .bind(&plugin.version)
            .bind(plugin.enabled)
            .bind(plugin.order)
            .bind(Value::from(plugin.grants.clone()).to_string())
            .bind(plugin.settings.to_string())
            .bind(plugin.installed as i64)
            .bind(plugin.trial.to_string())
            .execute(&self.write)
            .await?;
        Ok(())
    }

    /// Forgets a plugin.
    pub async fn remove_plugin(&self, id: &str) -> Result<(), StoreError> {
        sqlx::query("DELETE FROM plugins WHERE id = ?").bind(id).execute(&self.write).await?;
        Ok(())
    }
}

fn plugin(row: &SqliteRow) -> Result<PluginRow, sqlx::Error> {
    Ok(PluginRow {
        id: row.try_get("id")?,
        version: row.try_get("version")?,
        enabled: row.try_get("enabled")?,
        order: row.try_get("position")?,
        grants: json(row, "grants")?,
        settings: json(row, "settings")?,
        installed: row.try_get::<i64, _>("installed")?.unsigned_abs(),
        trial: json(row, "trial")?,
    })
}

fn json<T: serde::de::DeserializeOwned>(row: &SqliteRow, column: &'static str) -> Result<T, sqlx::Error> {
    let text: String = row.try_get(column)?;
    serde_json::from_str(&text)
        .map_err(|error| sqlx::Error::ColumnDecode { index: column.to_owned(), source: error.into() })
}
