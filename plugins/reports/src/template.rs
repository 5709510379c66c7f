//! A report as its file has it.

use crate::texts::Text;
use jackfield_sdk::{
    analytics::{Comparison, Interval},
    prelude::*,
};
use serde::{Deserialize, Deserializer, Serialize, de::Error as _};

include!(concat!(env!("OUT_DIR"), "/files.rs"));

/// A report: what is asked, and how it is shown.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Template {
    /// Its number in the catalogue.
    pub number: Option<u32>,
    /// The group in which it is listed.
    pub group: String,
    /// Its title.
    pub title: Text,
    /// The dataset that it asks.
    pub dataset: String,
    /// What tells its rows apart.
    pub dimensions: Vec<String>,
    /// What is counted of them; nothing for a list.
    pub measures: Vec<String>,
    /// What rows must be.
    #[serde(default)]
    pub filters: Vec<Filter>,
    /// The order, where it is not that of the dimensions.
    #[serde(default)]
    pub order: Vec<Order>,
    /// How long its intervals are unless somebody says otherwise.
    #[serde(default = "by_day")]
    pub interval: Every,
    /// The period unless somebody says otherwise.
    pub period: Option<String>,
    /// What is drawn.
    pub chart: Option<Chart>,
    /// The report to which its numbers lead.
    pub drill: Option<String>,
    /// The field by which somebody's own rows are known; without it, it is for supervisors.
    pub own: Option<String>,
    /// What is computed of the answer.
    pub derive: Option<Derived>,
}

/// A condition of a report.
#[derive(Clone, Debug, Deserialize)]
pub struct Filter {
    /// The field.
    pub field: String,
    /// How it is compared.
    #[serde(deserialize_with = "comparison")]
    pub comparison: Comparison,
    /// With what.
    pub values: Vec<serde_json::Value>,
}

/// By what its rows are put in order.
#[derive(Debug, Deserialize)]
pub struct Order {
    /// The field.
    pub field: String,
    /// Largest first.
    pub descending: bool,
}

/// How long intervals are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Every {
    QuarterHour,
    HalfHour,
    Hour,
    Day,
    Week,
    Month,
}

/// What is drawn.
#[derive(Debug, Serialize, Deserialize)]
pub struct Chart {
    /// How.
    pub kind: Drawing,
    /// Which measures.
    pub of: Vec<String>,
}

/// How something is drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Drawing {
    Bar,
    Line,
    Heat,
}

/// What is computed of an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Derived {
    /// The agents that are needed, by Erlang C.
    ErlangC,
    /// The service level with agents more or less.
    WhatIf,
    /// The channels that are needed, by Erlang B.
    ErlangB,
    /// The same in the period before.
    Compare,
}

fn by_day() -> Every {
    Every::Day
}

impl Every {
    /// As the house has it.
    pub fn interval(self) -> Interval {
        match self {
            Every::QuarterHour => Interval::QuarterHour,
            Every::HalfHour => Interval::HalfHour,
            Every::Hour => Interval::Hour,
            Every::Day => Interval::Day,
            Every::Week => Interval::Week,
            Every::Month => Interval::Month,
        }
    }
}

impl Template {
    /// The report of that id.
    ///
    /// # Errors
    /// When there is none.
    pub fn find(id: &str) -> Result<Self> {
        let known = FILES.iter().find(|(known, _)| *known == id);
        let (_, text) = known.ok_or_else(|| Error::Invalid(format!("there is no report “{id}”")))?;
        serde_json::from_str(text).map_err(|error| Error::Failed(format!("the report “{id}” cannot be read: {error}")))
    }

    /// Every report with its id.
    ///
    /// # Errors
    /// When one cannot be read.
    pub fn all() -> Result<Vec<(&'static str, Self)>> {
        FILES.iter().map(|(id, _)| Ok((*id, Self::find(id)?))).collect()
    }

    /// Whether it is a list of rows and not figures.
    pub fn is_list(&self) -> bool {
        self.measures.is_empty()
    }
}

fn comparison<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Comparison, D::Error> {
    let word = String::deserialize(deserializer)?;
    Ok(match word.as_str() {
        "is" => Comparison::Is,
        "is-not" => Comparison::IsNot,
        "at-least" => Comparison::AtLeast,
        "at-most" => Comparison::AtMost,
        "contains" => Comparison::Contains,
        "begins" => Comparison::Begins,
        "known" => Comparison::Known,
        "unknown" => Comparison::Unknown,
        other => return Err(D::Error::custom(format!("“{other}” is no comparison"))),
    })
}
