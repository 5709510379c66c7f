//! Questions about what happened: each field can be asked, days are those of the clocks, nothing gets past the names.

use jackfield_model::analytics::{Comparison, Datum, Field, Filter, Interval, Order, Query, Table};
use jackfield_store::{QueryError, Store, catalogue, sample};
use tempfile::TempDir;
use tokio::sync::OnceCell;

/// 2026-03-30, the Monday after clocks went forward in Europe.
const TODAY: u64 = 1_774_828_800_000;
const DAY: u64 = 86_400_000;

/// Two weeks of the office, made once.
async fn office() -> &'static Store {
    static OFFICE: OnceCell<(Store, TempDir)> = OnceCell::const_new();
    let office = OFFICE.get_or_init(|| async {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let store = Store::open(&folder.path().join("jackfield.db")).await.expect("the database works");
        let office = sample::Office::new(TODAY, 14, 120);
        store.append_records(&office.calls).await.expect("the database works");
        for facts in office.facts.chunks(2_000) {
            let facts: Vec<_> = facts.iter().map(|fact| (sample::SOURCE, fact)).collect();
            store.record_facts(&facts).await.expect("the database works");
        }
        (store, folder)
    });
    &office.await.0
}

fn about(dataset: &str, dimensions: &[&str], measures: &[&str]) -> Query {
    let names = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
    Query {
        dataset: dataset.into(),
        begins: TODAY - 14 * DAY,
        ends: TODAY,
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

async fn ask(query: &Query) -> Table {
    office().await.ask(query, TODAY).await.unwrap_or_else(|error| panic!("{}: {error}", query.dataset))
}

async fn refused(query: &Query) -> String {
    match office().await.ask(query, TODAY).await {
        Err(QueryError::Invalid(text)) => text,
        other => panic!("{other:?}"),
    }
}

fn whole(datum: &Datum) -> i64 {
    match datum {
        Datum::Integer(number) => *number,
        other => panic!("{other:?}"),
    }
}

fn only(field: &str, comparison: Comparison, values: &[Datum]) -> Filter {
    Filter { field: field.into(), comparison, values: values.into() }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_field_of_every_dataset_can_be_asked() {
    // What administrators did and what was recorded is not in the made-up office.
    let empty = ["recordings", "changes"];
    for dataset in catalogue() {
        let (measures, dimensions): (Vec<Field>, Vec<Field>) =
            dataset.fields.into_iter().partition(|field| field.measure);
        for some in dimensions.chunks(20) {
            let names: Vec<_> = some.iter().map(|field| field.name).collect();
            let rows = ask(&Query { limit: 50, ..about(dataset.name, &names, &[]) }).await.rows;
            assert_eq!(rows.is_empty(), empty.contains(&dataset.name), "{} {names:?}", dataset.name);
        }
        for some in measures.chunks(30) {
            let names: Vec<_> = some.iter().map(|field| field.name).collect();
            let rows = ask(&about(dataset.name, &["day"], &names)).await.rows;
            assert_eq!(rows.is_empty(), empty.contains(&dataset.name), "{} {names:?}", dataset.name);
            let whole = ask(&about(dataset.name, &[], &names)).await.rows;
            assert_eq!(whole.len(), 1);
            for (name, value) in names.iter().zip(&whole[0]) {
                let known = empty.contains(&dataset.name) || *value != Datum::None;
                assert!(known, "{}.{name} has no value in a busy office", dataset.name);
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_day_on_which_clocks_go_forward_has_23_hours_and_the_other_25() {
    let sunday = |begins: u64, hours: u64| Query {
        begins,
        ends: begins + hours * 3_600_000,
        interval: Interval::Hour,
        ..about("visits", &["interval", "hour"], &["visits"])
    };
    // 2026-03-29 in Paris begins at 23:00 UTC. Somebody comes in each hour that there is.
    let begins = TODAY - DAY - 3_600_000;
    let store = office().await;
    for (begins, hours) in [(begins, 23_u64), (1_792_879_200_000, 25)] {
        let facts: Vec<_> = (0..hours).map(|hour| enter(begins + hour * 3_600_000 + 60_000)).collect();
        let facts: Vec<_> = facts.iter().map(|fact| ("org.example.clock", fact)).collect();
        store.record_facts(&facts).await.unwrap();
        let mut query = sunday(begins, hours);
        query.filters.push(only("queue", Comparison::Is, &[Datum::Text("clock".into())]));
        let rows = ask(&query).await.rows;
        assert_eq!(rows.len() as u64, hours);
        let hours_shown: Vec<_> = rows.iter().map(|row| whole(&row[1])).collect();
        assert_eq!(
            hours_shown.iter().filter(|hour| **hour == 2).count() as u64,
            (hours - 23).min(2),
            "{hours_shown:?}"
        );
        query.interval = Interval::Day;
        query.dimensions = vec!["interval".into()];
        let days = ask(&query).await.rows;
        assert_eq!(days.len(), 1, "{days:?}");
        assert_eq!(whole(&days[0][1]) as u64, hours);
    }
    for facts in [Interval::Week, Interval::Month] {
        let rows = ask(&Query { interval: facts, ..about("visits", &["interval"], &["visits"]) }).await.rows;
        let expected: &[&str] = if facts == Interval::Week { &["2026-03-16", "2026-03-23"] } else { &["2026-03"] };
        let shown: Vec<_> = rows.iter().map(|row| row[0].clone()).collect();
        assert_eq!(shown, expected.iter().map(|date| Datum::Text((*date).into())).collect::<Vec<_>>());
    }
}

fn enter(at: u64) -> jackfield_model::Fact {
    let what = jackfield_model::Happening::QueueEnter {
        queue: "clock".into(),
        media: jackfield_model::Media::Voice,
        contact: String::new(),
        name: String::new(),
        priority: 0,
        vip: false,
        position: 1,
        skills: Vec::new(),
        preferred: None,
        goal: jackfield_model::ServiceGoal::default(),
    };
    jackfield_model::Fact { key: format!("clock-{at}"), at, call: None, visit: Some(format!("clock-{at}")), what }
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_follow_each_other_and_make_up_the_whole() {
    let sales = only("queue", Comparison::Is, &[Datum::Text("sales".into())]);
    let whole_list = Query { filters: vec![sales], ..about("visits", &["visit", "entered", "queue"], &[]) };
    let all = ask(&whole_list).await;
    assert!(all.rows.len() > 150 && !all.more);
    let mut pages = Vec::new();
    loop {
        let page = Query { limit: 40, offset: pages.len() as u32, ..whole_list.clone() };
        let page = ask(&page).await;
        pages.extend(page.rows);
        if !page.more {
            break;
        }
    }
    assert_eq!(pages, all.rows);
    let times: Vec<_> = pages.iter().map(|row| whole(&row[1])).collect();
    assert!(times.is_sorted_by(|a, b| a >= b), "newest first");
}

#[tokio::test(flavor = "multi_thread")]
async fn filters_and_orders_do_what_they_say() {
    let late = Query {
        filters: vec![
            only("reason", Comparison::Is, &[Datum::Text("answered".into())]),
            only("wait", Comparison::AtLeast, &[Datum::Integer(20_000)]),
            only("name", Comparison::Contains, &[Datum::Text("MART".into())]),
            only("agent", Comparison::Known, &[]),
            only("queue", Comparison::IsNot, &[Datum::Text("mail".into()), Datum::Text("fax".into())]),
            only("day", Comparison::AtLeast, &[Datum::Text("2026-03-17".into())]),
        ],
        order: vec![Order { field: "wait".into(), descending: true }],
        ..about("visits", &["wait", "name", "queue", "day"], &[])
    };
    let rows = ask(&late).await.rows;
    assert!(!rows.is_empty());
    assert!(rows.is_sorted_by(|a, b| whole(&a[0]) >= whole(&b[0])));
    for row in rows {
        assert!(whole(&row[0]) >= 20_000 && matches!(&row[1], Datum::Text(name) if name.contains("Mart")), "{row:?}");
        assert!(matches!(&row[3], Datum::Text(day) if day.as_str() >= "2026-03-17"), "{row:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_makes_no_sense_is_refused_with_the_reason() {
    let visits = || about("visits", &["queue"], &["offered"]);
    let injected = "queue; DROP TABLE visits; --";
    for (query, said) in [
        (about("users", &["login"], &[]), "there is no dataset"),
        (about("visits", &[injected], &[]), "has no field"),
        (about("visits", &["queue"], &["COUNT(*)"]), "has no field"),
        (about("visits", &["offered"], &[]), "is a measure"),
        (about("visits", &["queue"], &["wait"]), "tells rows apart"),
        (about("visits", &[], &[]), "nothing is asked"),
        (Query { zone: "Moon/Crater".into(), ..visits() }, "no time zone"),
        (Query { ends: TODAY - 15 * DAY, ..visits() }, "ends after it begins"),
        (Query { ends: u64::MAX, ..visits() }, "ends after it begins"),
        (Query { order: vec![Order { field: injected.into(), descending: false }], ..visits() }, "not asked for"),
        (Query { filters: vec![only(injected, Comparison::Is, &[Datum::Integer(1)])], ..visits() }, "has no field"),
        (
            Query { filters: vec![only("offered", Comparison::Is, &[Datum::Integer(1)])], ..visits() },
            "cannot be a filter",
        ),
        (Query { filters: vec![only("queue", Comparison::Is, &[])], ..visits() }, "0 values"),
        (
            Query { filters: vec![only("queue", Comparison::AtMost, &[Datum::Integer(1)])], ..visits() },
            "compared with a text",
        ),
        (
            Query { filters: vec![only("wait", Comparison::AtMost, &[Datum::Text("1".into())])], ..visits() },
            "compared with",
        ),
        (Query { dimensions: vec!["queue".into(); 25], ..visits() }, "25 dimensions"),
    ] {
        let text = refused(&query).await;
        assert!(text.contains(said), "{text}");
    }
    let mut harmless = visits();
    harmless.filters.push(only("queue", Comparison::Is, &[Datum::Text("' OR 1=1 --".into())]));
    assert!(ask(&harmless).await.rows.is_empty(), "values are bound");
    assert!(!ask(&visits()).await.rows.is_empty(), "the table is still there");
}

#[test]
fn the_office_is_the_same_every_time_and_a_longer_time_changes_no_day() {
    let office = sample::Office::new(TODAY, 3, 60);
    let again = sample::Office::new(TODAY, 3, 60);
    assert_eq!(office.facts, again.facts);
    assert_eq!(office.calls, again.calls);
    let longer = sample::Office::new(TODAY, 4, 60);
    assert!(longer.calls.ends_with(&office.calls) && longer.calls.len() > office.calls.len());
}
