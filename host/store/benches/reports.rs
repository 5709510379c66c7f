//! Reports over a million calls: an interval report, and the first page of the calls behind a figure.

use criterion::{Criterion, criterion_group, criterion_main};
use jackfield_model::analytics::{Comparison, Datum, Filter, Interval, Query};
use jackfield_store::Store;
use sqlx::{
    AssertSqlSafe,
    sqlite::{SqliteConnectOptions, SqlitePool},
};
use std::{hint::black_box, time::Duration};
use tokio::runtime::Runtime;

/// 2025-01-01.
const BEGINS: u64 = 1_735_689_600_000;
const DAY: u64 = 86_400_000;
/// A million calls in a year: one in 31.5 s, round the clock.
const CALLS: u64 = 1_000_000;
const EVERY: u64 = 365 * DAY / CALLS;

/// A million calls, each with a visit to one of eight queues, straight into the tables.
async fn fill(sql: &SqlitePool) {
    let numbers = format!("WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i + 1 < {CALLS})");
    // Chance enough for a table: multiples of primes.
    let calls = format!(
        "INSERT INTO call_records (id, direction, caller_number, caller_name, callee_number, callee_name, answered_by,
         started, answered, ended, cause, detail, trunk)
         {numbers} SELECT printf('c-%x-%06x', i, i), CASE i % 10 WHEN 0 THEN 'internal' WHEN 1 THEN 'outbound' ELSE 'inbound' END,
         '+33' || (100000000 + i * 7919 % 50000), 'Caller', '+3315550010' || (i % 8), '', CASE WHEN i % 9 THEN '1' || (i % 20 + 10) END,
         {BEGINS} + i * {EVERY}, CASE WHEN i % 9 THEN {BEGINS} + i * {EVERY} + 4000 END,
         {BEGINS} + i * {EVERY} + 4000 + i * 104729 % 400000, CASE WHEN i % 9 THEN 'answered' ELSE 'no-answer' END, 'bench',
         CASE WHEN i % 10 THEN 'carrier' END FROM n"
    );
    let visits = format!(
        "INSERT INTO visits (source, visit, call, queue, media, contact, name, priority, vip, position, skills, level, percent,
         target, short, entered, exited, reason, exit_to, wait, in_target, short_ab, offers, rona, agent, device, ring, answered,
         ended, talk, hold, holds, acw, code, transfers, callback_attempts)
         {numbers}, v AS (SELECT i, {BEGINS} + i * {EVERY} AS at, i * 15485863 % 90000 AS wait,
         CASE i % 9 WHEN 0 THEN 'abandoned' WHEN 1 THEN CASE WHEN i % 5 THEN 'answered' ELSE 'overflow' END ELSE 'answered' END AS reason FROM n)
         SELECT 'bench', 'v' || i, printf('c-%x-%06x', i, i), 'queue-' || (i % 8), 'voice', '+33' || (100000000 + i * 7919 % 50000), 'Caller',
         0, i % 13 = 0, i % 5 + 1, 'fr', i % 7 = 0, 80, 20000, 5000, at, at + wait, reason, '', wait,
         reason = 'answered' AND wait <= 20000, reason = 'abandoned' AND wait <= 5000, 1, i % 17 = 0,
         CASE WHEN reason = 'answered' THEN '1' || (i % 20 + 10) END, 'desk', 3000, CASE WHEN reason = 'answered' THEN at + wait END,
         CASE WHEN reason = 'answered' THEN at + wait + i * 104729 % 400000 END,
         CASE WHEN reason = 'answered' THEN i * 104729 % 400000 END, i % 6 * 1000, i % 6 > 0,
         CASE WHEN reason = 'answered' THEN i * 1299709 % 60000 END, 'code-' || (i % 6), i % 14 = 0, 0 FROM v"
    );
    for statement in [calls, visits, "ANALYZE".to_owned()] {
        sqlx::query(AssertSqlSafe(statement)).execute(sql).await.expect("the tables take it");
    }
}

fn about(dataset: &str, dimensions: &[&str], measures: &[&str]) -> Query {
    let names = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
    Query {
        dataset: dataset.into(),
        begins: BEGINS,
        ends: BEGINS + 365 * DAY,
        zone: "Europe/Paris".into(),
        interval: Interval::Day,
        by_end: false,
        dimensions: names(dimensions),
        measures: names(measures),
        filters: Vec::new(),
        order: Vec::new(),
        limit: 5_000,
        offset: 0,
    }
}

fn reports(bench: &mut Criterion) {
    let runtime = Runtime::new().expect("a runtime");
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("jackfield.db");
    let store = runtime.block_on(async {
        let store = Store::open(&path).await.expect("a database");
        let sql = SqlitePool::connect_with(SqliteConnectOptions::new().filename(&path)).await.expect("the same file");
        fill(&sql).await;
        sql.close().await;
        store
    });
    let mut measure = |name: &str, query: Query| {
        let rows = runtime.block_on(store.ask(&query, BEGINS)).expect("an answer").rows.len();
        bench.bench_function(&format!("{name} ({rows} rows)"), |bench| {
            bench.iter(|| black_box(runtime.block_on(store.ask(&query, BEGINS)).expect("an answer")));
        });
    };
    let figures = ["offered", "answered", "abandoned", "service_level", "asa", "wait_max", "talk_avg", "aht"];
    measure("all calls by day", about("visits", &["interval"], &figures));
    measure("all calls by queue", about("visits", &["queue"], &figures));
    let half_hours = Query {
        interval: Interval::HalfHour,
        begins: BEGINS + 150 * DAY,
        ends: BEGINS + 157 * DAY,
        ..about("visits", &["interval", "queue"], &figures)
    };
    measure("a week of half-hours and queues", half_hours);
    measure("all calls by day, from the call records", about("calls", &["interval"], &["calls", "answered", "time"]));
    let list = ["entered", "queue", "agent", "contact", "name", "wait", "reason", "talk", "call"];
    let page = |filters| Query { limit: 100, filters, ..about("visits", &list, &[]) };
    measure("first page of the calls", page(Vec::new()));
    let filter = |field: &str, value: &str| Filter {
        field: field.into(),
        comparison: Comparison::Is,
        values: vec![Datum::Text(value.into())],
    };
    measure("first page of one agent’s", page(vec![filter("agent", "115")]));
    measure(
        "first page of one queue’s abandoned",
        page(vec![filter("queue", "queue-3"), filter("reason", "abandoned")]),
    );
    let records = ["started", "direction", "from", "to", "trunk", "duration", "cause", "queue", "agent", "call"];
    measure("first page of the call records", Query { limit: 100, ..about("calls", &records, &[]) });
    runtime.block_on(store.close());
}

criterion_group! {
    name = benches;
    config = Criterion::default().sample_size(10).measurement_time(Duration::from_secs(3)).warm_up_time(Duration::from_secs(1));
    targets = reports
}
criterion_main!(benches);
