//! Making a report: from what somebody wants to what the house answers.

use crate::{
    access::Viewer,
    calendar::{self, Days},
    derive,
    settings::Settings,
    show::Shower,
    template::{Chart, Every, Template},
    texts,
};
use jackfield_sdk::{
    analytics::{self, Comparison, Dataset, Filter, Order, Query, Unit, Value},
    prelude::*,
};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Rows of a file at most: 4 MiB are possible, and some cells are long.
pub const MOST_OF_A_FILE: u32 = 10_000;
/// Rows that one look at the house brings.
const AT_ONCE: u32 = 2_500;
/// Values of one filter.
const MOST_VALUES: usize = 100;
const DAY_MS: u64 = 86_400_000;

/// What somebody wants of a report.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Wanted {
    /// A period by its name; see [`calendar::PERIODS`].
    pub period: Option<String>,
    /// In its place the first day and the last, as `2026-03-09`.
    pub from: Option<String>,
    pub to: Option<String>,
    /// How long intervals are.
    pub interval: Option<Every>,
    /// Whether rows belong to the time at which they ended.
    pub by_end: bool,
    /// What rows must be: a value, several, or nothing for rows that have none.
    pub filters: BTreeMap<String, serde_json::Value>,
    /// The report whose number led here: its conditions hold too.
    pub via: Option<String>,
}

/// A report that has been made.
pub struct Report {
    pub id: String,
    pub title: String,
    pub group: String,
    pub columns: Vec<Column>,
    pub rows: Vec<Row>,
    /// All rows together; none for a list.
    pub total: Option<Row>,
    /// Whether there are rows after these.
    pub more: bool,
    pub chart: Option<Chart>,
    pub drill: Option<String>,
    /// The first day and the last, in words.
    pub period: String,
    /// The name of the period, when it has one.
    pub named: Option<String>,
    pub zone: String,
    pub interval: Every,
    pub by_end: bool,
    pub is_list: bool,
}

/// A column.
#[derive(Clone, Debug)]
pub struct Column {
    pub name: String,
    pub label: String,
    pub unit: Unit,
    pub measure: bool,
    /// How it is defined, in the house's words.
    pub definition: String,
}

/// A row: what it is, and how it is shown.
#[derive(Clone, Debug)]
pub struct Row {
    pub values: Vec<Value>,
    pub texts: Vec<String>,
}

/// Who wants it, how.
pub struct Asker<'a> {
    pub viewer: &'a Viewer,
    pub settings: &'a Settings,
    pub language: &'a str,
    /// The moment by which “last week” is reckoned.
    pub now: u64,
}

/// Which rows of it.
#[derive(Clone, Copy)]
pub struct Slice {
    pub offset: u32,
    pub limit: u32,
}

/// A question on its way.
pub struct Asking {
    pub query: Query,
    pub days: Days,
    /// The name of the period, when it has one.
    pub named: Option<String>,
}

/// Make a report.
///
/// # Errors
/// When it is not for whoever asks, what is wanted makes no sense, or the house cannot answer.
pub fn make(id: &str, wanted: &Wanted, asker: &Asker<'_>, slice: Slice) -> Result<Report> {
    let template = Template::find(id)?;
    let dataset = dataset(&template.dataset)?;
    let asking = ask_for(&template, wanted, asker, &dataset)?;
    let mut columns: Vec<Column> = asking
        .query
        .dimensions
        .iter()
        .chain(&asking.query.measures)
        .map(|name| column(&dataset, name, &asking.query, asker.language))
        .collect::<Result<_>>()?;
    let (mut rows, mut more) = read(&asking.query, slice)?;
    let mut total = match template.is_list() || template.dimensions.is_empty() || template.derive.is_some() {
        true => None,
        false => total(&asking.query)?,
    };
    if let Some(derived) = template.derive {
        // What is computed needs all rows of the question.
        let all = read(&asking.query, Slice { offset: 0, limit: AT_ONCE })?.0;
        let made = derive::apply(derived, &asking, columns, all, asker)?;
        (columns, rows) = (made.columns, made.rows);
        total = None;
        more = rows.len() > slice.offset.saturating_add(slice.limit) as usize;
        rows = rows.into_iter().skip(slice.offset as usize).take(slice.limit as usize).collect();
    }
    let shower = Shower::new(asker);
    let shown = |values: Vec<Value>| {
        let texts = columns.iter().zip(&values).map(|(column, value)| shower.text(column, value)).collect();
        Row { values, texts }
    };
    Ok(Report {
        id: id.to_owned(),
        title: template.title.in_language(asker.language).to_owned(),
        group: template.group,
        rows: rows.into_iter().map(shown).collect(),
        total: total.map(|values| {
            let mut row = shown(values);
            if let Some(first) = row.texts.first_mut() {
                texts::say("total", asker.language).clone_into(first);
            }
            row
        }),
        more,
        chart: template.chart,
        drill: template.drill,
        period: shower.period(asking.days),
        named: asking.named,
        zone: asker.settings.time_zone.clone(),
        interval: wanted.interval.unwrap_or(template.interval),
        by_end: wanted.by_end,
        is_list: template.measures.is_empty(),
        columns,
    })
}

/// What the house is asked.
fn ask_for(template: &Template, wanted: &Wanted, asker: &Asker<'_>, dataset: &Dataset) -> Result<Asking> {
    let zone = &asker.settings.time_zone;
    let days = days(template, wanted, zone, asker.now)?;
    let (begins, ends) = (calendar::moment(zone, days.from, 0)?, calendar::moment(zone, days.until, 0)?);
    let mut query = Query::about(&template.dataset, begins, ends).in_zone(zone);
    query.interval = wanted.interval.unwrap_or(template.interval).interval();
    query.by_end = wanted.by_end;
    query.dimensions.clone_from(&template.dimensions);
    query.measures.clone_from(&template.measures);
    let order = |order: &crate::template::Order| Order { field: order.field.clone(), descending: order.descending };
    query.order = template.order.iter().map(order).collect();
    add_filters(&mut query, template, dataset)?;
    let mut every = template.interval;
    if let Some(via) = &wanted.via {
        let via = Template::find(via)?;
        if via.dataset == template.dataset {
            add_filters(&mut query, &via, dataset)?;
        }
        every = via.interval;
    }
    for (field, value) in &wanted.filters {
        if field == "interval" {
            narrow(&mut query, wanted.interval.unwrap_or(every), value, zone)?;
        } else if has(dataset, field) {
            query.filters.push(given(dataset, field, value)?);
        }
    }
    if let Some((field, extension)) = asker.viewer.only(template)? {
        query.filters.push(Filter { field: field.into(), comparison: Comparison::Is, values: vec![extension.into()] });
    }
    let named = wanted.from.is_none().then(|| period_name(template, wanted).to_owned());
    Ok(Asking { query, days, named })
}

/// The period: what is wanted, or what the report has.
fn days(template: &Template, wanted: &Wanted, zone: &str, now: u64) -> Result<Days> {
    if let (Some(from), Some(to)) = (&wanted.from, &wanted.to) {
        let day = |text: &str| {
            calendar::parsed(text).ok_or_else(|| Error::Invalid(format!("“{text}” is no day such as 2026-03-09")))
        };
        let (from, to) = (day(from)?, day(to)?);
        if to < from {
            return Err(Error::Invalid("the last day is before the first".into()));
        }
        return Ok(Days { from, until: to + 1 });
    }
    let name = period_name(template, wanted);
    let today = calendar::day_of(zone, now)?;
    Days::named(name, today).ok_or_else(|| {
        Error::Invalid(format!("there is no period “{name}”; there are {}", calendar::PERIODS.join(", ")))
    })
}

/// The period that is meant, where no days are given.
fn period_name<'a>(template: &'a Template, wanted: &'a Wanted) -> &'a str {
    wanted.period.as_deref().or(template.period.as_deref()).unwrap_or("last-7-days")
}

fn add_filters(query: &mut Query, template: &Template, dataset: &Dataset) -> Result<()> {
    for filter in &template.filters {
        let values = filter.values.iter().map(|value| datum(dataset, &filter.field, value)).collect::<Result<_>>()?;
        query.filters.push(Filter { field: filter.field.clone(), comparison: filter.comparison, values });
    }
    Ok(())
}

/// A condition that somebody has set: one value, several, or none for rows without.
fn given(dataset: &Dataset, field: &str, value: &serde_json::Value) -> Result<Filter> {
    let filter = |comparison, values| Filter { field: field.to_owned(), comparison, values };
    match value {
        serde_json::Value::Null => Ok(filter(Comparison::Unknown, Vec::new())),
        serde_json::Value::Array(values) if (1..=MOST_VALUES).contains(&values.len()) => {
            let values = values.iter().map(|value| datum(dataset, field, value)).collect::<Result<_>>()?;
            Ok(filter(Comparison::Is, values))
        }
        value => Ok(filter(Comparison::Is, vec![datum(dataset, field, value)?])),
    }
}

/// A value as the field has it.
fn datum(dataset: &Dataset, field: &str, value: &serde_json::Value) -> Result<Value> {
    let wrong = || Error::Invalid(format!("“{value}” is nothing that “{field}” can be"));
    let unit = dataset.fields.iter().find(|known| known.name == field).map(|known| known.unit).ok_or_else(wrong)?;
    match (unit, value) {
        (Unit::Text | Unit::Date, serde_json::Value::String(text)) => Ok(text.as_str().into()),
        (Unit::Text | Unit::Date, _) => Err(wrong()),
        (_, serde_json::Value::Bool(yes)) => Ok(i64::from(*yes).into()),
        (_, serde_json::Value::Number(number)) => match number.as_i64() {
            Some(whole) => Ok(whole.into()),
            None => number.as_f64().map(Value::Number).ok_or_else(wrong),
        },
        _ => Err(wrong()),
    }
}

/// Only one interval of the period.
fn narrow(query: &mut Query, every: Every, value: &serde_json::Value, zone: &str) -> Result<()> {
    let wrong = || Error::Invalid(format!("“{value}” is no interval"));
    let (begins, ends) = match (every, value) {
        (Every::QuarterHour | Every::HalfHour | Every::Hour, value) => {
            let begins = value.as_u64().filter(|at| *at < 4_000 * 366 * DAY_MS).ok_or_else(wrong)?;
            let minutes = match every {
                Every::QuarterHour => 15,
                Every::HalfHour => 30,
                _ => 60,
            };
            (begins, begins + minutes * 60_000)
        }
        (Every::Month, value) => {
            let text = value.as_str().ok_or_else(wrong)?;
            let from = calendar::parsed(&format!("{text}-01")).ok_or_else(wrong)?;
            let (year, month, _) = calendar::date(from);
            (calendar::moment(zone, from, 0)?, calendar::moment(zone, calendar::month_after(year, month), 0)?)
        }
        (every, value) => {
            let from = value.as_str().and_then(calendar::parsed).ok_or_else(wrong)?;
            let days = if every == Every::Week { 7 } else { 1 };
            (calendar::moment(zone, from, 0)?, calendar::moment(zone, from + days, 0)?)
        }
    };
    (query.begins, query.ends) = (query.begins.max(begins), query.ends.min(ends));
    if query.ends <= query.begins {
        return Err(Error::Invalid("this interval is not in the period".into()));
    }
    Ok(())
}

fn has(dataset: &Dataset, field: &str) -> bool {
    dataset.fields.iter().any(|known| known.name == field && !known.measure)
}

/// A dataset of the house.
fn dataset(name: &str) -> Result<Dataset> {
    let known = analytics::catalogue()?.into_iter().find(|dataset| dataset.name == name);
    known.ok_or_else(|| Error::Failed(format!("the house has no dataset “{name}”: it is older than this plugin")))
}

fn column(dataset: &Dataset, name: &str, query: &Query, language: &str) -> Result<Column> {
    let field = dataset.fields.iter().find(|field| field.name == name);
    let field = field.ok_or_else(|| {
        Error::Failed(format!(
            "the dataset “{}” has no field “{name}”: the house is older than this plugin",
            dataset.name
        ))
    })?;
    let dated = name == "interval"
        && matches!(query.interval, analytics::Interval::Day | analytics::Interval::Week | analytics::Interval::Month);
    Ok(Column {
        name: name.to_owned(),
        label: texts::field(name, language).to_owned(),
        unit: if dated { Unit::Date } else { field.unit },
        measure: field.measure,
        definition: field.definition.clone(),
    })
}

/// Rows of an answer, by as many looks as it takes, and whether there are more.
pub fn read(query: &Query, slice: Slice) -> Result<(Vec<Vec<Value>>, bool)> {
    let mut rows = Vec::new();
    loop {
        let missing = slice.limit - rows.len() as u32;
        let offset = slice.offset.saturating_add(rows.len() as u32);
        let table = analytics::ask(&Query { limit: missing.min(AT_ONCE), offset, ..query.clone() })?;
        let (got, more) = (table.rows.len(), table.more);
        rows.extend(table.rows);
        if !more || got == 0 || rows.len() as u32 >= slice.limit {
            return Ok((rows, more));
        }
    }
}

/// All rows of an answer together, with nothing in place of what tells them apart.
fn total(query: &Query) -> Result<Option<Vec<Value>>> {
    let nothing = vec![Value::None; query.dimensions.len()];
    let whole = Query { dimensions: Vec::new(), order: Vec::new(), limit: 1, offset: 0, ..query.clone() };
    let row = analytics::ask(&whole)?.rows.into_iter().next();
    Ok(row.map(|row| nothing.into_iter().chain(row).collect()))
}
