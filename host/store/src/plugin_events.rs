//! What has happened, for each plugin that is to learn of it.

use crate::{Store, StoreError};
use jackfield_model::TimestampMs;
use sqlx::{Row, SqliteConnection, sqlite::SqliteRow};

/// Something that has happened, kept until a plugin has learnt of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PluginEvent {
    /// The id of the plugin that is to learn of it.
    pub plugin: String,
    /// Its number, unique for the plugin.
    pub seq: u64,
    /// What it is about.
    pub topic: String,
    /// The plugin that has published it; empty for the house.
    pub publisher: String,
    /// When it happened.
    pub at: TimestampMs,
    /// JSON.
    pub payload: String,
    /// Recordings of the publisher that go with it.
    pub recordings: Vec<String>,
    /// When it was given up.
    pub failed: Option<TimestampMs>,
    /// Why.
    pub reason: Option<String>,
}

impl Store {
    /// Every event of every plugin, those that were given up too.
    pub async fn plugin_events(&self) -> Result<Vec<PluginEvent>, StoreError> {
        let rows = sqlx::query("SELECT * FROM plugin_events ORDER BY plugin, seq").fetch_all(&self.read).await?;
        Ok(rows.iter().map(event).collect::<Result<_, _>>()?)
    }
}

/// Keep an event in place of one of the same number.
pub(crate) async fn keep(tx: &mut SqliteConnection, event: &PluginEvent) -> Result<(), sqlx::Error> {
    let recordings = serde_json::to_string(&event.recordings).map_err(|error| sqlx::Error::Encode(error.into()))?;
    let insert = "INSERT OR REPLACE INTO plugin_events
                      (plugin, seq, topic, publisher, at, payload, recordings, failed, reason)
                  VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)";
    sqlx::query(insert)
        .bind(&event.plugin)
        .bind(event.seq as i64)
        .bind(&event.topic)
        .bind(&event.publisher)
        .bind(event.at as i64)
        .bind(&event.payload)
        .bind(recordings)
        .bind(event.failed.map(|at| at as i64))
        .bind(&event.reason)
        .execute(tx)
        .await?;
    Ok(())
}

fn event(row: &SqliteRow) -> Result<PluginEvent, sqlx::Error> {
    let recordings: String = row.try_get("recordings")?;
    Ok(PluginEvent {
        plugin: row.try_get("plugin")?,
        seq: row.try_get::<i64, _>("seq")?.unsigned_abs(),
        topic: row.try_get("topic")?,
        publisher: row.try_get("publisher")?,
        at: row.try_get::<i64, _>("at")?.unsigned_abs(),
        payload: row.try_get("payload")?,
        recordings: serde_json::from_str(&recordings)
            .map_err(|error| sqlx::Error::ColumnDecode { index: "recordings".to_owned(), source: error.into() })?,
        failed: row.try_get::<Option<i64>, _>("failed")?.map(i64::unsigned_abs),
        reason: row.try_get("reason")?,
    })
}
