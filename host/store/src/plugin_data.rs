//! What plugins keep, and when they want to be woken.

use crate::{
    Store, StoreError,
    plugin_events::{self, PluginEvent},
};
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

/// What a plugin's reducer holds under a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PluginStateRow {
    /// The key.
    pub key: String,
    /// How many inputs it has taken.
    pub seq: u64,
    /// The layout that the plugin gave it.
    pub layout: u32,
    /// The state.
    pub data: Vec<u8>,
}

/// An input of a plugin's reducer that is kept until it is taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PluginInput {
    /// The plugin's id.
    pub plugin: String,
    /// The key whose state takes it.
    pub key: String,
    /// What it is: `timer`, `told`, `call`, `dial` or `dead`.
    pub kind: String,
    /// Unique within these.
    pub name: String,
    /// When it is due.
    pub due: TimestampMs,
    /// What comes with it.
    pub payload: Vec<u8>,
    /// Why it was set aside; empty for one that was not.
    pub reason: String,
}

/// One change of what plugins keep.
#[derive(Clone, Debug)]
pub enum PluginWrite<'a> {
    /// Keep a value in place of what was under its key: plugin, key, value, version.
    Put(&'a str, &'a str, &'a [u8], u64),
    /// Keep nothing under a key: plugin, key.
    Delete(&'a str, &'a str),
    /// Set a timer in place of one of the same name: plugin, name, when, payload.
    SetTimer(&'a str, &'a str, TimestampMs, &'a [u8]),
    /// There is no such timer any more: plugin, name.
    CancelTimer(&'a str, &'a str),
    /// A reducer holds a state in place of what it held: plugin, key, count of inputs, layout, state.
    Hold(&'a str, &'a str, u64, u32, &'a [u8]),
    /// A reducer holds nothing under a key any more: plugin, key.
    Release(&'a str, &'a str),
    /// Keep an input in place of one of the same name: plugin, key, kind, name, when, payload, why it was set
    /// aside.
    KeepInput(&'a str, &'a str, &'a str, &'a str, TimestampMs, &'a [u8], &'a str),
    /// There is no such input any more: plugin, key, kind, name.
    DropInput(&'a str, &'a str, &'a str, &'a str),
    /// Keep an event in place of one of the same plugin and number.
    KeepEvent(PluginEvent),
    /// There is no such event any more: plugin, number.
    DropEvent(&'a str, u64),
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

    /// What a plugin's reducer holds.
    pub async fn plugin_states(&self, plugin: &str) -> Result<Vec<PluginStateRow>, StoreError> {
        let select = "SELECT key, seq, layout, data FROM plugin_states WHERE plugin = ? ORDER BY key";
        let rows = sqlx::query(select).bind(plugin).fetch_all(&self.read).await?;
        let state = |row: &sqlx::sqlite::SqliteRow| {
            Ok(PluginStateRow {
                key: row.try_get("key")?,
                seq: row.try_get::<i64, _>("seq")?.unsigned_abs(),
                layout: row.try_get("layout")?,
                data: row.try_get("data")?,
            })
        };
        Ok(rows.iter().map(state).collect::<Result<_, sqlx::Error>>()?)
    }

    /// Every kept input of every plugin's reducer.
    pub async fn plugin_inputs(&self) -> Result<Vec<PluginInput>, StoreError> {
        let select = "SELECT plugin, key, kind, name, due, payload, reason FROM plugin_inputs
                      ORDER BY plugin, key, kind, name";
        let rows = sqlx::query(select).fetch_all(&self.read).await?;
        let input = |row: &sqlx::sqlite::SqliteRow| {
            Ok(PluginInput {
                plugin: row.try_get("plugin")?,
                key: row.try_get("key")?,
                kind: row.try_get("kind")?,
                name: row.try_get("name")?,
                due: row.try_get::<i64, _>("due")?.unsigned_abs(),
                payload: row.try_get("payload")?,
                reason: row.try_get("reason")?,
            })
        };
        Ok(rows.iter().map(input).collect::<Result<_, sqlx::Error>>()?)
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
                PluginWrite::Hold(plugin, key, seq, layout, data) => sqlx::query(
                    "INSERT OR REPLACE INTO plugin_states (plugin, key, seq, layout, data) VALUES (?, ?, ?, ?, ?)",
                )
                .bind(plugin)
                .bind(key)
                .bind(seq as i64)
                .bind(layout)
                .bind(data),
                PluginWrite::Release(plugin, key) => {
                    sqlx::query("DELETE FROM plugin_states WHERE plugin = ? AND key = ?").bind(plugin).bind(key)
                }
                PluginWrite::KeepInput(plugin, key, kind, name, due, payload, reason) => sqlx::query(
                    "INSERT OR REPLACE INTO plugin_inputs (plugin, key, kind, name, due, payload, reason)
                     VALUES (?, ?, ?, ?, ?, ?, ?)",
                )
                .bind(plugin)
                .bind(key)
                .bind(kind)
                .bind(name)
                .bind(due as i64)
                .bind(payload)
                .bind(reason),
                PluginWrite::DropInput(plugin, key, kind, name) => {
                    sqlx::query("DELETE FROM plugin_inputs WHERE plugin = ? AND key = ? AND kind = ? AND name = ?")
                        .bind(plugin)
                        .bind(key)
                        .bind(kind)
                        .bind(name)
                }
                PluginWrite::KeepEvent(ref event) => {
                    plugin_events::keep(&mut tx, event).await?;
                    continue;
                }
                PluginWrite::DropEvent(plugin, seq) => {
                    sqlx::query("DELETE FROM plugin_events WHERE plugin = ? AND seq = ?").bind(plugin).bind(seq as i64)
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
        for delete in [
            "DELETE FROM plugin_values WHERE plugin = ?",
            "DELETE FROM plugin_timers WHERE plugin = ?",
            "DELETE FROM plugin_states WHERE plugin = ?",
            "DELETE FROM plugin_inputs WHERE plugin = ?",
            "DELETE FROM plugin_events WHERE plugin = ?",
        ] {
            sqlx::query(delete).bind(plugin).execute(&mut *tx).await?;
        }
        Ok(tx.commit().await?)
    }
}
