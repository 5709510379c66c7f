//! RFC 4180, in UTF-8 with a mark by which spreadsheets know it.

use crate::report::Report;
use jackfield_sdk::analytics::{Unit, Value};

/// The columns' names, the rows and, where there is one, the sum. Lengths are in seconds, times as shown.
pub(super) fn write(report: &Report) -> Vec<u8> {
    let mut text = String::from("\u{feff}");
    let heads = report.columns.iter().map(|column| match column.unit {
        Unit::Duration => format!("{} (s)", column.label),
        Unit::Percent => format!("{} (%)", column.label),
        _ => column.label.clone(),
    });
    line(&mut text, heads);
    for row in report.rows.iter().chain(&report.total) {
        let cells =
            report.columns.iter().zip(row.values.iter().zip(&row.texts)).map(|(column, (value, shown))| {
                match (column.unit, value) {
                    (Unit::Duration, Value::Integer(ms)) => format!("{:.3}", *ms as f64 / 1_000.0),
                    (Unit::Time | Unit::Date | Unit::YesNo, _) => shown.clone(),
                    (_, Value::Integer(_)) if matches!(column.name.as_str(), "weekday" | "hour") => shown.clone(),
                    (_, Value::Integer(number)) => number.to_string(),
                    (_, Value::Number(number)) => format!("{number:.3}"),
                    _ => disarmed(shown),
                }
            });
        line(&mut text, cells);
    }
    text.into_bytes()
}

fn line(text: &mut String, cells: impl Iterator<Item = String>) {
    for (at, cell) in cells.enumerate() {
        if at > 0 {
            text.push(',');
        }
        if cell.contains([',', '"', '\n', '\r']) {
            text.push('"');
            text.push_str(&cell.replace('"', "\"\""));
            text.push('"');
        } else {
            text.push_str(&cell);
        }
    }
    text.push_str("\r\n");
}

/// A text that a spreadsheet would take for a formula is marked as text: a caller chooses the name that is shown. Telephone
/// numbers begin with a plus, and stay.
fn disarmed(text: &str) -> String {
    let number = text.strip_prefix('+').is_some_and(|rest| rest.bytes().all(|byte| byte.is_ascii_digit()));
    if text.starts_with(['=', '+', '-', '@', '\t', '\r']) && !number { format!("'{text}") } else { text.to_owned() }
}
