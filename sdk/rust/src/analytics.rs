//! Counting what happened: questions about calls and facts, answered by the house.
//!
//! ```no_run
//! use jackfield_sdk::{analytics::{self, Interval, Query}, prelude::*};
//! # fn example(monday: u64, sunday: u64) -> Result<()> {
//! let table = analytics::ask(
//!     &Query::about("visits", monday, sunday)
//!         .in_zone("Europe/Paris")
//!         .by(["queue"])
//!         .counting(["offered", "answered", "service_level"]),
//! )?;
//! for row in &table.rows {
//!     log::info!("{row:?}");
//! }
//! # Ok(()) }
//! ```
//!
//! Without measures the answer is the rows themselves. [`catalogue`] tells which datasets and fields there are, and how each is
//! defined.

use crate::{Result, bindings::imports::jackfield::services::analytics};
pub use analytics::{Comparison, Dataset, Field, Filter, Interval, Order, Query, Table, Unit, Value};

/// Rows of an answer unless said otherwise.
const LIMIT: u32 = 1_000;

/// Which datasets there are, and what can be asked of each.
///
/// # Errors
/// When it is not permitted.
pub fn catalogue() -> Result<Vec<Dataset>> {
    Ok(analytics::catalogue()?)
}

/// Ask.
///
/// # Errors
/// When it is not permitted, makes no sense, takes too long, or too much is asked at once.
pub fn ask(query: &Query) -> Result<Table> {
    Ok(analytics::ask(query)?)
}

impl Query {
    /// A question about a dataset in a period, from `begins` until before `ends`, in milliseconds since 1970-01-01T00:00:00Z.
    /// By days, in UTC, and at most 1,000 rows unless said otherwise.
    pub fn about(dataset: impl Into<String>, begins: u64, ends: u64) -> Self {
        Self {
            dataset: dataset.into(),
            begins,
            ends,
            zone: "UTC".into(),
            interval: Interval::Day,
            by_end: false,
            dimensions: Vec::new(),
            measures: Vec::new(),
            filters: Vec::new(),
            order: Vec::new(),
            limit: LIMIT,
            offset: 0,
        }
    }

    /// By the clocks of this zone: `Europe/Paris`.
    #[must_use]
    pub fn in_zone(mut self, zone: impl Into<String>) -> Self {
        self.zone = zone.into();
        self
    }

    /// What tells rows apart.
    #[must_use]
    pub fn by<T: Into<String>>(mut self, dimensions: impl IntoIterator<Item = T>) -> Self {
        self.dimensions.extend(dimensions.into_iter().map(Into::into));
        self
    }

    /// What is counted of them.
    #[must_use]
    pub fn counting<T: Into<String>>(mut self, measures: impl IntoIterator<Item = T>) -> Self {
        self.measures.extend(measures.into_iter().map(Into::into));
        self
    }

    /// Only rows whose field compares so.
    #[must_use]
    pub fn only(
        mut self,
        field: impl Into<String>,
        comparison: Comparison,
        values: impl IntoIterator<Item = Value>,
    ) -> Self {
        self.filters.push(Filter { field: field.into(), comparison, values: values.into_iter().collect() });
        self
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<i64> for Value {
    fn from(number: i64) -> Self {
        Self::Integer(number)
    }
}
