//! Finished calls.

use crate::{Cursor, Page, Store, StoreError, users::parsed};
use jackfield_model::{CallId, CallQuality, CallRecord, Direction, Number, Party, TimestampMs};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::Value;
use sqlx::{QueryBuilder, Row, Sqlite, sqlite::SqliteRow};

/// Which finished calls to show; the default shows all.
#[derive(Clone, Debug, Default)]
pub struct HistoryFilter {
    /// Only calls that one of these numbers made, received or answered; `None` for everybody's.
    pub extensions: Option<Vec<Number>>,
    /// Only calls that went this way.
    pub direction: Option<Direction>,
    /// Only calls with this in a party's number or name, or in the number of who has sent it on.
    pub text: String,
    /// Only calls that began at or after this time.
    pub since: Option<TimestampMs>,
    /// Only calls that began before this time.
    pub until: Option<TimestampMs>,
    /// Only calls that ended so.
    pub outcome: Option<Outcome>,
}

/// Whether somebody answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// A person or a script did.
    Answered,
    /// Nobody did.
    Missed,
}

impl Store {
    /// Stores finished calls, all or none, and returns when they are on the disk. A record that is there already is left
    /// as it is, so that a batch whose fate is unknown can be sent again.
    pub async fn append_records(&self, records: &[CallRecord]) -> Result<(), StoreError> {
        let insert = "INSERT INTO call_records (id, direction, caller_number, caller_name, caller_extension,
                      callee_number, callee_name, callee_extension, answered_by, started, answered, ended, cause, detail, trunk,
                      diverted_by) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO NOTHING";
        let mut tx = self.write.begin().await?;
        for record in records {
            sqlx::query(insert)
                .bind(&record.id.0)
                .bind(word(record.direction))
                .bind(&record.caller.number)
                .bind(&record.caller.name)
                .bind(record.caller.extension.as_ref().map(Number::as_str))
                .bind(&record.callee.number)
                .bind(&record.callee.name)
                .bind(record.callee.extension.as_ref().map(Number::as_str))
                .bind(&record.answered_by)
                .bind(record.started as i64)
                .bind(record.answered.map(|at| at as i64))
                .bind(record.ended as i64)
                .bind(word(record.cause))
                .bind(&record.detail)
                .bind(&record.trunk)
                .bind(&record.diverted_by)
                .execute(&mut *tx)
                .await?;
        }
        Ok(tx.commit().await?)
    }

    /// Finished calls, newest first, from `after` on; at most `limit` of them.
    pub async fn history(
        &self,
        filter: &HistoryFilter,
        after: Option<&Cursor>,
        limit: u32,
    ) -> Result<Page<CallRecord>, StoreError> {
        let mut query = select(filter);
        if let Some(cursor) = after {
            query.push(" AND (started, id) < (").push_bind(cursor.at).push(", ").push_bind(cursor.id.clone()).push(")");
        }
        query.push(" ORDER BY started DESC, id DESC LIMIT ").push_bind(limit.saturating_add(1));
        let mut rows = query.build().fetch_all(&self.read).await?;
        let more = rows.len() > limit as usize;
        rows.truncate(limit as usize);
        let items = rows.iter().map(record).collect::<Result<Vec<_>, _>>()?;
        let next = items.last().filter(|_| more).map(|last| Cursor { at: last.started as i64, id: last.id.0.clone() });
        Ok(Page { items, next })
    }
}

/// Every finished call, for conditions to follow.
pub(crate) fn select_all() -> QueryBuilder<Sqlite> {
    QueryBuilder::new(
        "SELECT call_records.*, mos, faulty,
         (SELECT COUNT(*) FROM recordings WHERE call = call_records.id AND duration IS NOT NULL) AS recordings
         FROM call_records LEFT JOIN call_quality ON call_quality.call = call_records.id WHERE 1 = 1",
    )
}

fn select(filter: &HistoryFilter) -> QueryBuilder<Sqlite> {
    let mut query = select_all();
    if let Some(numbers) = &filter.extensions {
        // An empty list is nobody's calls: `IN ()` is false in SQLite.
        for (i, column) in ["caller_extension", "callee_extension", "answered_by"].iter().enumerate() {
            query.push(if i == 0 { " AND (" } else { " OR " }).push(column).push(" IN (");
            let mut list = query.separated(", ");
            for number in numbers {
                list.push_bind(number.as_str().to_owned());
            }
            query.push(")");
        }
        query.push(")");
    }
    if let Some(direction) = filter.direction {
        query.push(" AND direction = ").push_bind(word(direction));
    }
    if !filter.text.trim().is_empty() {
        let pattern = like(filter.text.trim());
        let columns = ["caller_number", "caller_name", "callee_number", "callee_name", "diverted_by"];
        for (i, column) in columns.iter().enumerate() {
            query.push(if i == 0 { " AND (" } else { " OR " }).push(column).push(" LIKE ");
            query.push_bind(pattern.clone()).push(" ESCAPE '\\'");
        }
        query.push(")");
    }
    if let Some(since) = filter.since {
        query.push(" AND started >= ").push_bind(since as i64);
    }
    if let Some(until) = filter.until {
        query.push(" AND started < ").push_bind(until as i64);
    }
    match filter.outcome {
        Some(Outcome::Answered) => query.push(" AND answered IS NOT NULL"),
        Some(Outcome::Missed) => query.push(" AND answered IS NULL"),
        None => &mut query,
    };
    query
}

pub(crate) fn record(row: &SqliteRow) -> Result<CallRecord, sqlx::Error> {
    let faulty: Option<bool> = row.try_get("faulty")?;
    let mos = row.try_get("mos")?;
    let time = |column| Ok::<_, sqlx::Error>(row.try_get::<i64, _>(column)?.unsigned_abs());
    Ok(CallRecord {
        id: CallId(row.try_get("id")?),
        direction: of_word(row, "direction")?,
        caller: Party {
            number: row.try_get("caller_number")?,
            name: row.try_get("caller_name")?,
            extension: extension(row, "caller_extension")?,
        },
        callee: Party {
            number: row.try_get("callee_number")?,
            name: row.try_get("callee_name")?,
            extension: extension(row, "callee_extension")?,
        },
        answered_by: row.try_get("answered_by")?,
        started: time("started")?,
        answered: row.try_get::<Option<i64>, _>("answered")?.map(i64::unsigned_abs),
        ended: time("ended")?,
        cause: of_word(row, "cause")?,
        detail: row.try_get("detail")?,
        trunk: row.try_get("trunk")?,
        diverted_by: row.try_get("diverted_by")?,
        recordings: row.try_get("recordings")?,
        quality: faulty.map(|faulty| CallQuality { mos, faulty }),
    })
}

pub(crate) fn extension(row: &SqliteRow, column: &'static str) -> Result<Option<Number>, sqlx::Error> {
    match row.try_get::<Option<String>, _>(column)? {
        Some(_) => parsed(row, column).map(Some),
        None => Ok(None),
    }
}

/// The word that serde uses for a unit variant, so that the table and the API speak alike.
fn word(value: impl Serialize) -> String {
    match serde_json::to_value(value) {
        Ok(Value::String(word)) => word,
        other => unreachable!("a unit variant serialises as a string, not {other:?}"),
    }
}

fn of_word<T: DeserializeOwned>(row: &SqliteRow, column: &'static str) -> Result<T, sqlx::Error> {
    let word: String = row.try_get(column)?;
    serde_json::from_value(Value::String(word))
        .map_err(|error| sqlx::Error::ColumnDecode { index: column.to_owned(), source: error.into() })
}

/// A LIKE pattern for a column that is not folded; SQLite ignores the case of ASCII letters by itself.
fn like(text: &str) -> String {
    format!("%{}%", text.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_"))
}
