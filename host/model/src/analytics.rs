//! Questions about what happened, and their answers. The words are those of `wit/services/analytics.wit`.

use crate::TimestampMs;
use serde::{Deserialize, Serialize};

/// What a figure is counted in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Unit {
    /// A word or a name.
    Text,
    /// A whole number of things.
    Count,
    /// Any number.
    Number,
    /// A share of a hundred.
    Percent,
    /// Milliseconds.
    Duration,
    /// Unix milliseconds.
    Time,
    /// A day, a week by its Monday, a month.
    Date,
    /// 1 or 0.
    YesNo,
}

/// How long the stretches of time are that the dimension `interval` tells apart.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[expect(missing_docs, reason = "their names say it")]
pub enum Interval {
    QuarterHour,
    HalfHour,
    Hour,
    #[default]
    Day,
    Week,
    Month,
}

/// How a field is compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Comparison {
    /// Is one of the values.
    Is,
    /// Is none of them, or not there.
    IsNot,
    /// Is the value or more.
    AtLeast,
    /// Is the value or less.
    AtMost,
    /// Has the value in it, whatever the case of its ASCII letters.
    Contains,
    /// Begins with the value.
    Begins,
    /// Is there.
    Known,
    /// Is not there.
    Unknown,
}

/// Something in a row.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Datum {
    /// Nothing.
    None,
    /// A whole number.
    Integer(i64),
    /// Any number.
    Number(f64),
    /// A word.
    Text(String),
}

/// What rows must be to be counted.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Filter {
    /// A field that is no measure.
    pub field: String,
    /// How it is compared.
    pub comparison: Comparison,
    /// With what.
    pub values: Vec<Datum>,
}

/// By what rows are put in order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Order {
    /// A field that is asked for.
    pub field: String,
    /// Largest first.
    pub descending: bool,
}

/// A question.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Query {
    /// The dataset's name.
    pub dataset: String,
    /// From when on.
    pub begins: TimestampMs,
    /// Until when, itself not counted.
    pub ends: TimestampMs,
    /// A time zone of the IANA database.
    pub zone: String,
    /// What the dimension `interval` tells apart.
    pub interval: Interval,
    /// Whether rows belong to the time at which they ended.
    pub by_end: bool,
    /// What tells rows apart.
    pub dimensions: Vec<String>,
    /// What is counted of them; nothing for the rows themselves.
    pub measures: Vec<String>,
    /// What rows must be.
    pub filters: Vec<Filter>,
    /// The order.
    pub order: Vec<Order>,
    /// How many rows at most.
    pub limit: u32,
    /// How many rows are passed over.
    pub offset: u32,
}

/// An answer: a value for each dimension and then for each measure.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Table {
    /// The rows.
    pub rows: Vec<Vec<Datum>>,
    /// Whether there are rows after these.
    pub more: bool,
}

/// Rows of one kind, and what can be asked of them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Dataset {
    /// Its name.
    pub name: &'static str,
    /// What one row is.
    pub definition: &'static str,
    /// What can be asked.
    pub fields: Vec<Field>,
}

/// Something that can be asked of a dataset.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Field {
    /// Its name.
    pub name: &'static str,
    /// What it is counted in.
    pub unit: Unit,
    /// Whether it is counted of rows, or tells them apart.
    pub measure: bool,
    /// How it is defined.
    pub definition: &'static str,
}
