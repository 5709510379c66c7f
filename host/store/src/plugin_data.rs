//! What plugins keep, and when they want to be woken.

use crate::{Store, StoreError};
use jackfield_model::TimestampMs;
use sqlx::Row;

/// A value that a plugin keeps.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PluginValue {
    /// Its key.
    pub key: String,
    /// What is kept.
    pub value: Vec<u8>,
    /// The commit that wrote it.
    pub version: u64,
}

/// When a plugin wants to be woken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PluginTimer {
    /// The plugin's id.
    pub plugin: String,
    /// Unique within the plugin.
    pub name: String,
    /// When.
    pub due: TimestampMs,
    /// What it wants to be told then.
    pub payload: Vec<u8>,
}

/// One change of what plugins keep.
#[derive(Clone, Copy, Debug)]
pub enum PluginWrite<'a> {
    /// Keep a value in place of what was under its key: plugin, key, value, version.
    Put(&'a str, &'a str, &'a [u8], u64),
    /// Keep nothing under a key: plugin, key.
    Delete(&'a str, &'a str),
    /// Set a timer in place of one of the same name: plugin, name, when, payload.
    SetTimer(&'a str, &'a str, TimestampMs, &'a [u8]),
    /// There is no such timer any more: plugin, name.
    CancelTimer(&'a str, &'a str),
}

impl Store {
    /// Everything that a plugin keeps, by key.
    pub async fn plugin_values(&self, plugin: &str) -> Result<Vec<PluginValue>, StoreError> {
        let select = "SELECT key, value, version FROM plugin_values WHERE plugin = ? ORDER BY key";
        let rows = sqlx::query(select).bind(plugin).fetch_all(&self.read).await?;
        let value = |row: &sqlx::sqlite::SqliteRow| {
            Ok(PluginValue {
                key: row.try_get("key")?,
                value: row.try_get("value")?,
                version: row.try_get::<i64, _>("version")?.unsigned_abs(),
            })
        };
        Ok(rows.iter().map(value).collect::<Result<_, sqlx::Error>>()?)
    }

    /// Every timer of every plugin.
    pub async fn plugin_timers(&self) -> Result<Vec<PluginTimer>, StoreError> {
        let select = "SELECT plugin, name, due, payload FROM plugin_timers ORDER BY due";
        let rows = sqlx::query(select).fetch_all(&self.read).await?;
        let timer = |row: &sqlx::sqlite::SqliteRow| {
            Ok(PluginTimer {
                plugin: row.try_get("plugin")?,
                name: row.try_get("name")?,
                due: row.try_get::<i64, _>("due")?.unsigned_abs(),
                payload: row.try_get("payload")?,
            })
        };
        Ok(rows.iter().map(timer).collect::<Result<_, sqlx::Error>>()?)
    }

    /// Makes all of these changes or none; they are on the disk when this returns.
    pub async fn write_plugin_data(&self, changes: &[PluginWrite<'_>]) -> Result<(), StoreError> {
        let mut tx = self.write.begin().await?;
        for change in changes {
            match *change {
                PluginWrite::Put(plugin, key, value, version) => sqlx::query(
                    "INSERT OR REPLACE INTO plugin_values (plugin, key, value, version) VALUES (?, ?, ?, ?)",
                )
                .bind(plugin)
                .bind(key)
                .bind(value)
                .bind(version as i64),
                PluginWrite::Delete(plugin, key) => {
                    sqlx::query("DELETE FROM plugin_values WHERE plugin = ? AND key = ?").bind(plugin).bind(key)
                }
                PluginWrite::SetTimer(plugin, name, due, payload) => {
                    sqlx::query("INSERT OR REPLACE INTO plugin_timers (plugin, name, due, payload) VALUES (?, ?, ?, ?)")
                        .bind(plugin)
                        .bind(name)
                        .bind(due as i64)
                        .bind(payload)
                }
                PluginWrite::CancelTimer(plugin, name) => {
                    sqlx::query("DELETE FROM plugin_timers WHERE plugin = ? AND name = ?").bind(plugin).bind(name)
                }
            }
            .execute(&mut *tx)
            .await?;
        }
        Ok(tx.commit().await?)
    }

    /// Forgets all that a plugin keeps, its timers included.
    pub async fn erase_plugin_data(&self, plugin: &str) -> Result<(), StoreError> {
        let mut tx = self.write.begin().await?;
        for delete in ["DELETE FROM plugin_values WHERE plugin = ?", "DELETE FROM plugin_timers WHERE plugin = ?"] {
            sqlx::query(delete).bind(plugin).execute(&mut *tx).await?;
        }
        Ok(tx.commit().await?)
    }
}
