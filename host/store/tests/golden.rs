//! The reports of `plugins/reports`, each counted a second time: from the facts themselves, without SQL and without the tables that
//! the host makes of them. Every figure of every report must be the same both ways.

mod golden {
    pub mod measures;
    pub mod rows;
}

use golden::{measures::measure, rows::Rows};
use jackfield_model::analytics::{Comparison, Datum, Filter, Interval, Order, Query};
use jackfield_store::{Store, sample};
use serde_json::Value;
use std::{collections::BTreeMap, path::Path};

/// 2026-04-06, after clocks went forward in Europe.
const TODAY: u64 = 1_775_433_600_000;
const DAY: u64 = 86_400_000;
const ZONE: &str = "Europe/Paris";
/// Rows of one look.
const MOST: u32 = 5_000;

/// A row by the names of its fields.
pub type Row = BTreeMap<&'static str, Datum>;

#[tokio::test(flavor = "multi_thread")]
async fn every_figure_of_every_report_is_the_same_when_it_is_counted_a_second_time() {
    let office = sample::Office::new(TODAY, 14, 130);
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(&folder.path().join("jackfield.db")).await.unwrap();
    store.append_records(&office.calls).await.unwrap();
    for facts in office.facts.chunks(2_000) {
        store.record_facts(&facts.iter().map(|fact| (sample::SOURCE, fact)).collect::<Vec<_>>()).await.unwrap();
    }
    let rows = Rows::of(&office, TODAY - 14 * DAY, TODAY);
    let reports = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../plugins/reports/reports");
    let (mut reports_seen, mut figures, mut empty) = (0, 0, Vec::new());
    for file in std::fs::read_dir(reports).unwrap() {
        let file = file.unwrap().path();
        let name = file.file_stem().unwrap().to_string_lossy().into_owned();
        let template: Value = serde_json::from_str(&std::fs::read_to_string(&file).unwrap()).unwrap();
        let query = query(&template);
        let mut counted = Vec::new();
        loop {
            let page = Query { offset: counted.len() as u32, ..query.clone() };
            let page = store.ask(&page, TODAY).await.unwrap_or_else(|error| panic!("{name}: {error}"));
            counted.extend(page.rows);
            if !page.more {
                break;
            }
        }
        let again = count(rows.of_dataset(&query.dataset), &query, &name);
        if counted.is_empty() {
            empty.push(name.clone());
        }
        figures += compare(&name, &query, counted, again);
        reports_seen += 1;
    }
    assert!(reports_seen >= 100, "{reports_seen} reports");
    // Two weeks may have no call-back that is still open.
    assert!(empty.len() <= 2, "nothing is compared in {empty:?}");
    assert!(figures > 20_000, "{figures} figures");
}

fn words(value: &Value) -> Vec<String> {
    value.as_array().into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect()
}

/// What a report asks.
fn query(template: &Value) -> Query {
    let filter = |filter: &Value| Filter {
        field: filter["field"].as_str().unwrap_or_default().to_owned(),
        comparison: serde_json::from_value(filter["comparison"].clone()).expect("a comparison"),
        values: filter["values"].as_array().into_iter().flatten().map(datum).collect(),
    };
    let order = |order: &Value| Order {
        field: order["field"].as_str().unwrap_or_default().to_owned(),
        descending: order["descending"].as_bool().unwrap_or_default(),
    };
    Query {
        dataset: template["dataset"].as_str().expect("a dataset").to_owned(),
        begins: TODAY - 14 * DAY,
        ends: TODAY,
        zone: ZONE.into(),
        interval: serde_json::from_value(template["interval"].clone()).unwrap_or(Interval::Day),
        by_end: false,
        dimensions: words(&template["dimensions"]),
        measures: words(&template["measures"]),
        filters: template["filters"].as_array().into_iter().flatten().map(filter).collect(),
        order: template["order"].as_array().into_iter().flatten().map(order).collect(),
        limit: MOST,
        offset: 0,
    }
}

fn datum(value: &Value) -> Datum {
    match value {
        Value::String(text) => Datum::Text(text.clone()),
        Value::Number(number) => Datum::Integer(number.as_i64().expect("whole numbers")),
        _ => Datum::None,
    }
}

/// The answer, by filtering and grouping rows in memory.
fn count(rows: &[Row], query: &Query, name: &str) -> Vec<Vec<Datum>> {
    let field = |row: &Row, field: &str| {
        let field = if field == "interval" { interval(query.interval) } else { field };
        row.get(field).unwrap_or_else(|| panic!("{name}: no field {field} is counted a second time")).clone()
    };
    let fits = |row: &&Row| {
        query.filters.iter().all(|filter| {
            let value = field(row, &filter.field);
            let among = filter.values.contains(&value);
            match filter.comparison {
                Comparison::Is => among,
                Comparison::IsNot => !among,
                Comparison::Known => value != Datum::None,
                Comparison::Unknown => value == Datum::None,
                Comparison::AtLeast => whole(&value) >= whole(&filter.values[0]) && value != Datum::None,
                other => panic!("{name}: {other:?} is not counted a second time"),
            }
        })
    };
    let fitting: Vec<&Row> = rows.iter().filter(fits).collect();
    let key = |row: &&Row| query.dimensions.iter().map(|dimension| field(row, dimension)).collect::<Vec<_>>();
    if query.measures.is_empty() {
        return fitting.iter().map(key).collect();
    }
    let mut groups: Vec<(Vec<Datum>, Vec<&Row>)> = Vec::new();
    let mut places = BTreeMap::new();
    for row in &fitting {
        let key = key(row);
        let place = *places.entry(format!("{key:?}")).or_insert_with(|| {
            groups.push((key, Vec::new()));
            groups.len() - 1
        });
        groups[place].1.push(row);
    }
    if query.dimensions.is_empty() && groups.is_empty() {
        groups.push((Vec::new(), Vec::new()));
    }
    let span = span(query);
    let answer = groups.into_iter().map(|(mut key, group)| {
        key.extend(query.measures.iter().map(|asked| measure(&query.dataset, asked, &group, &fitting, span)));
        key
    });
    answer.collect()
}

/// How much time goes into a row, for mean numbers.
fn span(query: &Query) -> f64 {
    let whole = (query.ends - query.begins) as f64;
    let has = |name: &str| query.dimensions.iter().any(|dimension| dimension == name);
    // Reports ask for mean numbers by the hour, by the hour of the day, or of the whole period.
    if has("interval") {
        3_600_000.0
    } else if has("hour") {
        whole / 24.0
    } else {
        whole
    }
}

fn interval(interval: Interval) -> &'static str {
    match interval {
        Interval::QuarterHour => "quarter-hour",
        Interval::HalfHour => "half-hour",
        Interval::Hour => "hour-begin",
        Interval::Day => "day",
        Interval::Week => "week",
        Interval::Month => "month",
    }
}

fn whole(datum: &Datum) -> i64 {
    match datum {
        Datum::Integer(number) => *number,
        _ => 0,
    }
}

/// Every row of one in the other, whatever their order; gives how many values were compared.
fn compare(name: &str, query: &Query, counted: Vec<Vec<Datum>>, again: Vec<Vec<Datum>>) -> usize {
    let written = |rows: Vec<Vec<Datum>>| {
        let mut rows: Vec<_> =
            rows.into_iter().map(|row| row.iter().map(shown).collect::<Vec<_>>().join(" | ")).collect();
        rows.sort();
        rows
    };
    let (counted, again) = (written(counted), written(again));
    let columns = query.dimensions.len() + query.measures.len();
    for (one, other) in counted.iter().zip(&again) {
        assert_eq!(one, other, "{name} by {:?} of {:?}", query.dimensions, query.measures);
    }
    assert_eq!(counted.len(), again.len(), "{name} has other rows");
    counted.len() * columns
}

/// A number with three places: means are divided in another order.
fn shown(datum: &Datum) -> String {
    match datum {
        Datum::None => "–".into(),
        Datum::Text(text) => text.clone(),
        Datum::Integer(number) => number.to_string(),
        Datum::Number(number) => format!("{:.3}", number + 0.0),
    }
}
