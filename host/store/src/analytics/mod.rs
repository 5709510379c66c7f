//! Answering questions about calls and facts.
//!
//! A question becomes SQL ([`compile`]) out of tables that say what each field is ([`dataset`] and the files of the datasets).
//! It is read by connections of its own, two at a time and for a few seconds at most: whatever is asked, nobody else waits.

mod agents;
mod calls;
mod compile;
mod dataset;
mod happenings;
mod visits;
mod zone;

use crate::{Store, StoreError};
use compile::{Column, Compiled, compile};
use dataset::Dataset;
use jackfield_model::{
    TimestampMs,
    analytics::{self as model, Datum, Query, Table, Unit},
};
use sqlx::{
    Row, SqlitePool, TypeInfo, ValueRef,
    sqlite::{SqliteConnectOptions, SqlitePoolOptions, SqliteRow},
};
use std::time::{Duration, Instant};

/// Questions that are answered at a time.
const AT_ONCE: u32 = 2;
/// How long a question may wait for its turn.
const PATIENCE: Duration = Duration::from_secs(10);
/// How long an answer may take.
const LONGEST: Duration = Duration::from_secs(5);
/// After how many steps of SQLite's machine the time is looked at: a few times in a millisecond.
const STEPS: i32 = 20_000;

/// Every dataset.
const DATASETS: [&Dataset; 18] = [
    &visits::VISITS,
    &calls::CALLS,
    &calls::USER_CALLS,
    &agents::STATES,
    &agents::SESSIONS,
    &agents::SHIFTS,
    &agents::OFFERS,
    &happenings::EVENTS,
    &happenings::CODES,
    &happenings::TRANSFERS,
    &happenings::HELP,
    &happenings::MONITORS,
    &happenings::SURVEYS,
    &happenings::MENUS,
    &happenings::CALLBACKS,
    &happenings::ALARMS,
    &happenings::RECORDINGS,
    &happenings::CHANGES,
];

/// A question was not answered.
#[derive(Debug, thiserror::Error)]
pub enum QueryError {
    /// It makes no sense; the text says why.
    #[error("{0}")]
    Invalid(String),
    /// Too many others are asked.
    #[error("too many questions are asked at once: try again in a moment")]
    Busy,
    /// It takes too long.
    #[error("the answer takes longer than {} s: ask for a shorter period or fewer columns", LONGEST.as_secs())]
    TooLong,
    /// The database failed.
    #[error(transparent)]
    Failed(#[from] StoreError),
}

/// Which datasets there are, and what can be asked of each.
pub fn catalogue() -> Vec<model::Dataset> {
    DATASETS.iter().map(|dataset| dataset.described()).collect()
}

/// The connections by which questions are answered. They are made when the first is asked.
pub(crate) fn connect(options: SqliteConnectOptions) -> SqlitePool {
    let options = options.pragma("query_only", "ON").pragma("temp_store", "MEMORY").pragma("cache_size", "-16000");
    SqlitePoolOptions::new()
        .max_connections(AT_ONCE)
        .acquire_timeout(PATIENCE)
        .idle_timeout(Duration::from_secs(60))
        .connect_lazy_with(options)
}

impl Store {
    /// Answers a question about calls and facts. `now` ends what is still under way.
    ///
    /// # Errors
    /// When the question makes no sense, takes too long, or too many are asked.
    pub async fn ask(&self, query: &Query, now: TimestampMs) -> Result<Table, QueryError> {
        let dataset = DATASETS.iter().find(|dataset| dataset.name == query.dataset);
        let dataset = dataset.ok_or_else(|| {
            let names: Vec<_> = DATASETS.iter().map(|dataset| dataset.name).collect();
            QueryError::Invalid(format!("there is no dataset of that name; there are {}", names.join(", ")))
        })?;
        let Compiled { sql, values, columns, limit } = compile(query, dataset, now)?;
        let mut connection = self.analytics.acquire().await.map_err(failure)?;
        let until = Instant::now() + LONGEST;
        connection.lock_handle().await.map_err(failure)?.set_progress_handler(STEPS, move || Instant::now() < until);
        let mut query = sqlx::query(sqlx::AssertSqlSafe(sql));
        for value in values {
            query = match value {
                Datum::None => query.bind(None::<i64>),
                Datum::Integer(value) => query.bind(value),
                Datum::Number(value) => query.bind(value),
                Datum::Text(value) => query.bind(value),
            };
        }
        // Not kept prepared: questions differ in their text.
        let rows = query.persistent(false).fetch_all(&mut *connection).await;
        connection.lock_handle().await.map_err(failure)?.remove_progress_handler();
        let mut rows = rows.map_err(failure)?;
        let more = rows.len() > limit as usize;
        rows.truncate(limit as usize);
        let rows = rows.iter().map(|row| read(row, &columns)).collect::<Result<_, _>>().map_err(failure)?;
        Ok(Table { rows, more })
    }
}

fn failure(error: sqlx::Error) -> QueryError {
    /// SQLite's code for a statement that was stopped.
    const INTERRUPTED: &str = "9";
    match &error {
        sqlx::Error::PoolTimedOut => QueryError::Busy,
        sqlx::Error::Database(fault) if fault.code().as_deref() == Some(INTERRUPTED) => QueryError::TooLong,
        _ => QueryError::Failed(error.into()),
    }
}

fn read(row: &SqliteRow, columns: &[Column]) -> Result<Vec<Datum>, sqlx::Error> {
    columns.iter().enumerate().map(|(at, column)| Ok(shown(datum(row, at)?, *column))).collect()
}

fn datum(row: &SqliteRow, at: usize) -> Result<Datum, sqlx::Error> {
    let raw = row.try_get_raw(at)?;
    if raw.is_null() {
        return Ok(Datum::None);
    }
    Ok(match raw.type_info().name() {
        "INTEGER" => Datum::Integer(row.try_get(at)?),
        "REAL" => Datum::Number(row.try_get(at)?),
        _ => Datum::Text(row.try_get_unchecked(at)?),
    })
}

/// As the unit has it.
fn shown(datum: Datum, column: Column) -> Datum {
    match (datum, column.unit) {
        (Datum::None, Unit::Count) if column.measure => Datum::Integer(0),
        // Lengths are whole milliseconds, also where a mean is none.
        (Datum::Number(value), Unit::Duration | Unit::Time) => Datum::Integer(value.round() as i64),
        (Datum::Integer(month), Unit::Date) if column.month => {
            Datum::Text(format!("{:04}-{:02}", month / 100, month % 100))
        }
        (Datum::Integer(day), Unit::Date) => zone::date(day).map_or(Datum::None, Datum::Text),
        (datum, _) => datum,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn names_are_unique_and_every_field_says_what_it_is() {
        for dataset in catalogue() {
            let names: BTreeSet<_> = dataset.fields.iter().map(|field| field.name).collect();
            assert_eq!(names.len(), dataset.fields.len(), "{} has a name twice", dataset.name);
            for field in dataset.fields {
                assert!(!field.definition.is_empty(), "{}.{}", dataset.name, field.name);
            }
        }
    }
}
