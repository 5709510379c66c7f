//! What is computed of an answer: how many agents and channels it takes, and how it was before.

use crate::{
    calendar::{self, Day},
    erlang,
    report::{Asker, Asking, Column, Slice, read},
    template::Derived,
    texts,
};
use jackfield_sdk::{
    analytics::{Query, Unit, Value},
    prelude::*,
};

/// An hour, in milliseconds.
const HOUR: f64 = 3_600_000.0;
/// Hours of a working day, for figures of a whole day.
const WORKING_HOURS: f64 = 10.0;
/// How far “what if” goes to either side.
const MORE_OR_LESS: u32 = 3;
/// The share of calls that trunks may block.
const BLOCKED: f64 = 0.01;
/// Rows that are compared.
const MOST: u32 = 2_500;

/// An answer with what was computed.
pub struct Made {
    pub columns: Vec<Column>,
    pub rows: Vec<Vec<Value>>,
}

/// Compute.
pub fn apply(
    derived: Derived,
    asking: &Asking,
    mut columns: Vec<Column>,
    rows: Vec<Vec<Value>>,
    asker: &Asker<'_>,
) -> Result<Made> {
    let label = |name: &str| texts::field(name, asker.language).to_owned();
    let add = |name: &str, unit, definition: &str| Column {
        name: name.to_owned(),
        label: label(name),
        unit,
        measure: true,
        definition: definition.to_owned(),
    };
    let at = |columns: &[Column], name: &str| columns.iter().position(|column| column.name == name);
    let working = working_days(asking.days.from, asking.days.until) as f64;
    match derived {
        Derived::ErlangC | Derived::WhatIf => {
            let place = |name: &str| {
                at(&columns, name).ok_or_else(|| Error::Failed(format!("this report needs the column “{name}”")))
            };
            let (visits, aht, goal, target) = (place("visits")?, place("aht")?, place("goal")?, place("target")?);
            columns.extend([
                add("intensity", Unit::Number, "λ · AHT: visits of an hour × handle time / hour"),
                add(
                    "staff",
                    Unit::Count,
                    "Erlang C: the fewest agents at which the goal is reached and nobody is busier than 85 %",
                ),
                add("staff_level", Unit::Percent, "1 − Pw · e^(−(N − A) · T / AHT)"),
                add("staff_asa", Unit::Duration, "Pw · AHT / (N − A)"),
                add("staff_occupancy", Unit::Percent, "A / N"),
            ]);
            let hours = if derived == Derived::ErlangC { working } else { working * WORKING_HOURS };
            let mut computed = Vec::new();
            for row in rows {
                let (Some(visits), Some(aht)) = (number(&row[visits]), number(&row[aht])) else { continue };
                let (goal, target) = (number(&row[goal]).unwrap_or(80.0), number(&row[target]).unwrap_or(20_000.0));
                let traffic = visits / hours * aht / HOUR;
                let needed = erlang::agents(traffic, aht, target, goal);
                let tried = match derived {
                    Derived::WhatIf => needed.saturating_sub(MORE_OR_LESS).max(1)..=needed + MORE_OR_LESS,
                    _ => needed..=needed,
                };
                for agents in tried {
                    let queue = erlang::c(traffic, agents, aht, target);
                    let mut row = row.clone();
                    row.push(Value::Number(traffic));
                    row.push(Value::Integer(agents.into()));
                    row.extend(match queue {
                        Some(queue) => [
                            Value::Number(queue.level),
                            Value::Integer(queue.asa.round() as i64),
                            Value::Number(queue.occupancy),
                        ],
                        // They cannot keep up: the queue grows without end.
                        None => [Value::Number(0.0), Value::None, Value::Number(100.0)],
                    });
                    computed.push(row);
                }
            }
            Ok(Made { columns, rows: computed })
        }
        Derived::ErlangB => {
            let erlang = at(&columns, "erlang").ok_or_else(|| Error::Failed("this report needs “erlang”".into()))?;
            columns.push(add(
                "channels",
                Unit::Count,
                "Erlang B: the fewest channels at which at most 1 % of calls are blocked",
            ));
            let with = |mut row: Vec<Value>| {
                let traffic = number(&row[erlang]).unwrap_or(0.0);
                row.push(Value::Integer(erlang::channels(traffic, BLOCKED).into()));
                row
            };
            Ok(Made { columns, rows: rows.into_iter().map(with).collect() })
        }
        Derived::Compare => compare(asking, columns, rows, asker),
    }
}

/// Each measure beside what it was in the same number of days, whole weeks before.
fn compare(asking: &Asking, columns: Vec<Column>, rows: Vec<Vec<Value>>, asker: &Asker<'_>) -> Result<Made> {
    let zone = &asker.settings.time_zone;
    let days = asking.days.before();
    let (begins, ends) = (calendar::moment(zone, days.from, 0)?, calendar::moment(zone, days.until, 0)?);
    let query = Query { begins, ends, ..asking.query.clone() };
    let before = read(&query, Slice { offset: 0, limit: MOST })?.0;
    let dimensions = columns.iter().take_while(|column| !column.measure).count();
    let mut beside = columns[..dimensions].to_vec();
    for column in &columns[dimensions..] {
        beside.push(column.clone());
        let named = |suffix: &str, label: String, unit, definition: String| Column {
            name: format!("{}_{suffix}", column.name),
            label,
            unit,
            measure: true,
            definition,
        };
        beside.push(named(
            "before",
            format!("{} ({})", column.label, texts::field("before", asker.language)),
            column.unit,
            column.definition.clone(),
        ));
        beside.push(named(
            "change",
            format!("{} ({} %)", column.label, texts::field("change", asker.language)),
            Unit::Percent,
            "(now − before) / before".into(),
        ));
    }
    let same = |a: &[Value], b: &[Value]| a.iter().zip(b).take(dimensions).all(|(a, b)| key(a) == key(b));
    let rows = rows.into_iter().map(|row| {
        let earlier = before.iter().find(|earlier| same(earlier, &row));
        let mut joined = row[..dimensions].to_vec();
        for at in dimensions..row.len() {
            let was = earlier.map_or(Value::None, |earlier| earlier[at].clone());
            let change = match (number(&row[at]), number(&was)) {
                (Some(now), Some(was)) if was != 0.0 => Value::Number(100.0 * (now - was) / was),
                _ => Value::None,
            };
            joined.extend([row[at].clone(), was, change]);
        }
        joined
    });
    Ok(Made { columns: beside, rows: rows.collect() })
}

fn key(value: &Value) -> String {
    format!("{value:?}")
}

fn number(value: &Value) -> Option<f64> {
    match value {
        Value::Integer(number) => Some(*number as f64),
        Value::Number(number) => Some(*number),
        Value::None | Value::Text(_) => None,
    }
}

/// Mondays to Fridays; one at least.
fn working_days(from: Day, until: Day) -> i64 {
    (from..until).filter(|day| calendar::weekday(*day) < 5).count().max(1) as i64
}
