//! Figures that plugins keep of themselves.

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What a metric is (OpenMetrics 1.0 §4.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "lowercase")]
pub enum MetricKind {
    /// Only grows.
    Counter,
    /// Goes up and down.
    Gauge,
    /// How values are spread.
    Histogram,
}

/// A metric with its series.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PluginMetric {
    /// Its name in the plugin.
    pub name: String,
    /// What it is.
    pub kind: MetricKind,
    /// What it is measured in, such as `seconds`; empty for what is merely counted.
    pub unit: String,
    /// What it says, in English.
    pub help: String,
    /// The same in other languages, by their codes.
    pub helps: BTreeMap<String, String>,
    /// One for each combination of labels that was told, by their values.
    pub series: Vec<MetricSeries>,
    /// How often a figure was left out because its labels would have made one series too many.
    pub left_out: u64,
}

/// One combination of labels.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct MetricSeries {
    /// In the order in which the plugin declares them.
    pub labels: Vec<MetricLabel>,
    /// The count, or the last value; of a histogram the sum.
    pub value: f64,
    /// Of a histogram: how many values there were.
    pub count: Option<u64>,
    /// Of a histogram: by rising bounds.
    pub buckets: Vec<MetricBucket>,
    /// One value for each of the last 60 minutes at most, oldest first, the minute that goes on last: how much came together in it, of
    /// a histogram how many values, of a gauge what it was at the end.
    pub hour: Vec<f64>,
}

/// A label.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct MetricLabel {
    /// Its name.
    pub name: String,
    /// Its value.
    pub value: String,
}

/// How many values were not above a bound.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct MetricBucket {
    /// The bound.
    pub le: f64,
    /// So many, those of smaller bounds included.
    pub count: u64,
}
