//! JSON: columns with units and definitions, rows of values as the house counted them.

use crate::report::{Report, Row};
use jackfield_sdk::analytics::{Unit, Value};
use serde_json::json;

pub(super) fn write(report: &Report) -> Vec<u8> {
    let columns: Vec<_> = report
        .columns
        .iter()
        .map(|column| {
            json!({ "name": column.name, "label": column.label, "unit": unit(column.unit), "definition": column.definition })
        })
        .collect();
    let whole = json!({
        "report": report.id,
        "title": report.title,
        "period": report.period,
        "zone": report.zone,
        "interval": report.interval,
        "by_end": report.by_end,
        "columns": columns,
        "rows": report.rows.iter().map(values).collect::<Vec<_>>(),
        "total": report.total.as_ref().map(values),
        "more": report.more,
    });
    let mut bytes = serde_json::to_vec_pretty(&whole).unwrap_or_default();
    bytes.push(b'\n');
    bytes
}

/// The word of a unit.
pub fn unit(unit: Unit) -> &'static str {
    match unit {
        Unit::Text => "text",
        Unit::Count => "count",
        Unit::Number => "number",
        Unit::Percent => "percent",
        Unit::Duration => "duration",
        Unit::Time => "time",
        Unit::Date => "date",
        Unit::YesNo => "yes-no",
    }
}

/// A row's values.
pub fn values(row: &Row) -> Vec<serde_json::Value> {
    row.values.iter().map(value).collect()
}

/// A value.
fn value(value: &Value) -> serde_json::Value {
    match value {
        Value::None => serde_json::Value::Null,
        Value::Text(text) => text.as_str().into(),
        Value::Integer(number) => (*number).into(),
        Value::Number(number) => (*number).into(),
    }
}
