//! From a question to SQL. Names come from the tables of fields alone, values are bound.

use super::{
    QueryError,
    dataset::{Dataset, Field},
    zone::{self, Clocks},
};
use jackfield_model::{
    TimestampMs,
    analytics::{Comparison, Datum, Filter, Interval, Query, Unit},
};
use std::fmt::Write as _;

const MOST_DIMENSIONS: usize = 24;
const MOST_MEASURES: usize = 40;
const MOST_FILTERS: usize = 20;
const MOST_VALUES: usize = 100;
const LONGEST_TEXT: usize = 500;
/// Rows of one answer.
pub(super) const MOST_ROWS: u32 = 5_000;
/// Rows that may be passed over: whoever wants to read further asks for a shorter period.
const FARTHEST: u32 = 10_000_000;
const TEN_YEARS_MS: u64 = 3_660 * 24 * 3_600_000;
/// 9999-01-01: what can be a date.
const LATEST: u64 = 253_370_764_800_000;

/// SQL with what is bound to it, and what its columns are.
pub(super) struct Compiled {
    pub(super) sql: String,
    pub(super) values: Vec<Datum>,
    pub(super) columns: Vec<Column>,
    pub(super) limit: u32,
}

/// How a column of the answer is read.
#[derive(Clone, Copy)]
pub(super) struct Column {
    pub(super) unit: Unit,
    pub(super) measure: bool,
    /// Given as year and month in one number.
    pub(super) month: bool,
}

/// Write a question as SQL.
pub(super) fn compile(query: &Query, dataset: &Dataset, now: TimestampMs) -> Result<Compiled, QueryError> {
    check(query)?;
    let Query { begins, ends, interval, .. } = *query;
    let clocks = Clocks::of(&query.zone, begins, ends)
        .ok_or_else(|| invalid(format!("there is no time zone “{}”: Europe/Paris is one", short(&query.zone))))?;
    let time = if query.by_end { dataset.ends } else { dataset.begins };
    let sql = Sql { clocks, time, query, now };

    let mut columns = Vec::new();
    let mut select = Vec::new();
    let names = query.dimensions.iter().map(|name| (name, false)).chain(query.measures.iter().map(|name| (name, true)));
    for (name, measure) in names {
        let field = field(dataset, name)?;
        if field.measure != measure {
            let text = if measure { "tells rows apart: ask for it as a dimension" } else { "is a measure" };
            return Err(invalid(format!("“{name}” {text}")));
        }
        let by_date = name == "interval" && zone::length_ms(interval) >= zone::length_ms(Interval::Day);
        columns.push(Column {
            unit: if by_date { Unit::Date } else { field.unit },
            measure,
            month: by_date && interval == Interval::Month,
        });
        select.push(sql.of(field));
    }

    let mut values = Vec::new();
    let mut text = format!(
        "SELECT {} FROM {} WHERE {time} >= {begins} AND {time} < {ends}",
        select.join(", "),
        sql.fill(dataset.from)
    );
    if let Some(belongs) = dataset.belongs {
        let _ = write!(text, " AND ({belongs})");
    }
    for filter in &query.filters {
        text.push_str(" AND ");
        sql.filter(dataset, filter, &mut text, &mut values)?;
    }
    let dimensions = query.dimensions.len();
    if !query.measures.is_empty() && dimensions > 0 {
        let _ = write!(text, " GROUP BY {}", places(1..=dimensions));
    }
    text.push_str(&sql.order(dataset)?);
    let limit = query.limit.clamp(1, MOST_ROWS);
    // One more tells whether there are more.
    let _ = write!(text, " LIMIT {} OFFSET {}", limit + 1, query.offset);
    Ok(Compiled { sql: text, values, columns, limit })
}

fn check(query: &Query) -> Result<(), QueryError> {
    let Query { begins, ends, dimensions, measures, filters, order, offset, .. } = query;
    if ends <= begins || ends - begins > TEN_YEARS_MS || *ends > LATEST {
        return Err(invalid("a period ends after it begins, at most ten years later".into()));
    }
    if dimensions.is_empty() && measures.is_empty() {
        return Err(invalid("nothing is asked for: name dimensions or measures".into()));
    }
    let bounds = [
        ("dimensions", dimensions.len(), MOST_DIMENSIONS),
        ("measures", measures.len(), MOST_MEASURES),
        ("filters", filters.len(), MOST_FILTERS),
        ("fields to order by", order.len(), MOST_DIMENSIONS),
    ];
    for (what, there, most) in bounds {
        if there > most {
            return Err(invalid(format!("{there} {what}: at most {most} are possible")));
        }
    }
    if *offset > FARTHEST {
        return Err(invalid(format!("at most {FARTHEST} rows can be passed over: ask for a shorter period")));
    }
    Ok(())
}

fn field<'a>(dataset: &'a Dataset, name: &str) -> Result<&'a Field, QueryError> {
    dataset.field(name).ok_or_else(|| invalid(format!("the dataset “{}” has no field “{}”", dataset.name, short(name))))
}

struct Sql<'a> {
    clocks: Clocks,
    /// The column of the time to which a row belongs.
    time: &'static str,
    query: &'a Query,
    now: TimestampMs,
}

impl Sql<'_> {
    /// A field as SQL.
    fn of(&self, field: &Field) -> String {
        self.fill(field.sql)
    }

    /// Put in what depends on the question.
    fn fill(&self, sql: &str) -> String {
        if !sql.contains('{') {
            return sql.to_owned();
        }
        let Query { begins, ends, interval, .. } = *self.query;
        sql.replace("{interval}", &self.clocks.interval(self.time, interval))
            .replace("{local}", &self.clocks.local(self.time))
            .replace("{span}", &self.span().to_string())
            .replace("{begins}", &begins.to_string())
            .replace("{ends}", &ends.to_string())
            .replace("{now}", &self.now.to_string())
    }

    /// How much time goes into one row of the answer, in milliseconds.
    fn span(&self) -> i64 {
        let whole = (self.query.ends - self.query.begins).max(1) as i64;
        let asked = |name: &str| self.query.dimensions.iter().any(|dimension| dimension == name);
        if asked("interval") {
            zone::length_ms(self.query.interval)
        } else if asked("day") {
            whole.min(zone::length_ms(Interval::Day))
        } else if asked("hour") {
            // The same hour of each day.
            (whole / 24).max(1)
        } else {
            whole
        }
    }

    fn filter(
        &self,
        dataset: &Dataset,
        filter: &Filter,
        text: &mut String,
        values: &mut Vec<Datum>,
    ) -> Result<(), QueryError> {
        let Filter { field: name, comparison, values: given } = filter;
        let field = field(dataset, name)?;
        if field.measure || name == "interval" {
            return Err(invalid(format!("“{name}” cannot be a filter")));
        }
        let sql = self.of(field);
        let wanted = match comparison {
            Comparison::Known | Comparison::Unknown => 0..=0,
            Comparison::Is | Comparison::IsNot => 1..=MOST_VALUES,
            _ => 1..=1,
        };
        let given = if *wanted.end() == 0 { &[] } else { given.as_slice() };
        if !wanted.contains(&given.len()) {
            let text = format!(
                "the filter of “{name}” has {} values: {} to {} are possible",
                given.len(),
                wanted.start(),
                wanted.end()
            );
            return Err(invalid(text));
        }
        let marks = vec!["?"; given.len()].join(", ");
        let _ = match comparison {
            Comparison::Is => write!(text, "({sql}) IN ({marks})"),
            Comparison::IsNot => write!(text, "COALESCE(({sql}) NOT IN ({marks}), 1)"),
            Comparison::AtLeast => write!(text, "({sql}) >= ?"),
            Comparison::AtMost => write!(text, "({sql}) <= ?"),
            Comparison::Contains => write!(text, "instr(lower({sql}), lower(?)) > 0"),
            Comparison::Begins => write!(text, "instr({sql}, ?) = 1"),
            Comparison::Known => write!(text, "({sql}) IS NOT NULL"),
            Comparison::Unknown => write!(text, "({sql}) IS NULL"),
        };
        for value in given {
            values.push(bound(field, value)?);
        }
        Ok(())
    }

    /// As asked for; then by the dimensions, so that pages follow each other. Rows themselves come newest first.
    fn order(&self, dataset: &Dataset) -> Result<String, QueryError> {
        let Query { dimensions, measures, order, .. } = self.query;
        let place = |name: &str| dimensions.iter().chain(measures).position(|asked| asked == name).map(|at| at + 1);
        let mut by = Vec::new();
        for order in order {
            let name = &order.field;
            let at = place(name).ok_or_else(|| {
                invalid(format!("the answer cannot be ordered by “{}”, which is not asked for", short(name)))
            })?;
            let _ = field(dataset, name)?;
            by.push(format!("{at} {}", if order.descending { "DESC" } else { "ASC" }));
        }
        if measures.is_empty() && by.is_empty() {
            by.push(format!("{} DESC", self.time));
        }
        by.extend((1..=dimensions.len()).map(|at| at.to_string()));
        Ok(if by.is_empty() { String::new() } else { format!(" ORDER BY {}", by.join(", ")) })
    }
}

/// A value as it is compared with a field.
fn bound(field: &Field, value: &Datum) -> Result<Datum, QueryError> {
    let wrong = || {
        let unit = format!("{:?}", field.unit).to_lowercase();
        invalid(format!("“{}” is compared with a {unit}: {value:?} is none", field.name))
    };
    match (field.unit, value) {
        (_, Datum::Text(text)) if text.len() > LONGEST_TEXT => Err(wrong()),
        (Unit::Date, Datum::Text(text)) => Ok(Datum::Integer(zone::day(text).ok_or_else(wrong)?)),
        (Unit::Text, Datum::Text(_)) => Ok(value.clone()),
        (Unit::Text | Unit::Date, _) | (_, Datum::Text(_) | Datum::None) => Err(wrong()),
        (_, Datum::Number(number)) if !number.is_finite() => Err(wrong()),
        (_, Datum::Integer(_) | Datum::Number(_)) => Ok(value.clone()),
    }
}

fn places(places: std::ops::RangeInclusive<usize>) -> String {
    places.map(|place| place.to_string()).collect::<Vec<_>>().join(", ")
}

fn invalid(text: String) -> QueryError {
    QueryError::Invalid(text)
}

fn short(text: &str) -> String {
    text.chars().take(60).collect()
}
