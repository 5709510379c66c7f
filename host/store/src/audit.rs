//! What admins did.

use crate::{Cursor, Page, Store, StoreError};
use jackfield_model::TimestampMs;
use serde_json::Value;
use sqlx::Row;

/// An act to be remembered.
#[derive(Clone, Debug, PartialEq)]
pub struct NewAuditEntry {
    /// When.
    pub at: TimestampMs,
    /// Login of who did it; `console` for the command line.
    pub actor: String,
    /// Address the request came from.
    pub source: String,
    /// `<resource>.<verb>`, e.g. `extension.create`.
    pub action: String,
    /// What it was done to, e.g. a number.
    pub target: String,
    /// What changed, an object; never a secret.
    pub detail: Value,
}

/// An act that is remembered.
#[derive(Clone, Debug, PartialEq)]
pub struct AuditEntry {
    /// Rises by at least one with each entry.
    pub id: i64,
    /// What was done.
    pub entry: NewAuditEntry,
}

impl Store {
    /// Adds an entry.
    pub async fn append_audit(&self, entry: &NewAuditEntry) -> Result<(), StoreError> {
        let insert = "INSERT INTO audit_log (at, actor, source, action, target, detail) VALUES (?, ?, ?, ?, ?, ?)";
        sqlx::query(insert)
            .bind(entry.at as i64)
            .bind(&entry.actor)
            .bind(&entry.source)
            .bind(&entry.action)
            .bind(&entry.target)
            .bind(entry.detail.to_string())
            .execute(&self.write)
            .await?;
        Ok(())
    }

    /// Entries, newest first, from `after` on.
    pub async fn audit(&self, after: Option<&Cursor>, limit: u32) -> Result<Page<AuditEntry>, StoreError> {
        let before = after.map_or(i64::MAX, |cursor| cursor.at);
        let select = "SELECT * FROM audit_log WHERE id < ? ORDER BY id DESC LIMIT ?";
        let mut rows = sqlx::query(select).bind(before).bind(limit + 1).fetch_all(&self.read).await?;
        let more = rows.len() > limit as usize;
        rows.truncate(limit as usize);
        let items = rows
            .iter()
            .map(|row| {
                let detail: String = row.try_get("detail")?;
                Ok(AuditEntry {
                    id: row.try_get("id")?,
                    entry: NewAuditEntry {
                        at: row.try_get::<i64, _>("at")?.unsigned_abs(),
                        actor: row.try_get("actor")?,
                        source: row.try_get("source")?,
                        action: row.try_get("action")?,
                        target: row.try_get("target")?,
                        detail: serde_json::from_str(&detail).unwrap_or(Value::Null),
                    },
                })
            })
            .collect::<Result<Vec<_>, sqlx::Error>>()?;
        let next = items.last().filter(|_| more).map(|last| Cursor { at: last.id, id: "audit".to_owned() });
        Ok(Page { items, next })
    }
}
