//! Figures add up, and nothing grows without bound.

use super::*;
use crate::manifest::Manifest;

const NOON: TimestampMs = 1_764_000_000_000;
const MINUTE: TimestampMs = 60_000;

fn declared() -> Vec<Metric> {
    let text = "id = 'org.example.x'\nname = 'X'\nversion = '1.0.0'\npublisher = 'Example'\ndescription = 'A test.'\n\
        license = 'MIT'\napi = '^0.1'\n\
        [[metrics]]\nname = 'sent_total'\nkind = 'counter'\nhelp = 'Sent.'\nlabels = ['by', 'outcome']\nseries = 3\n\
        [[metrics]]\nname = 'waiting'\nkind = 'gauge'\nhelp = 'Waiting.'\n\
        [[metrics]]\nname = 'took_seconds'\nkind = 'histogram'\nhelp = 'Took.'\nunit = 'seconds'\nbuckets = [1, 5]\n";
    Manifest::parse(text).unwrap().metrics
}

fn labels(by: &str, outcome: &str) -> Vec<(String, String)> {
    // In another order than they are declared in.
    vec![("outcome".into(), outcome.into()), ("by".into(), by.into())]
}

fn series(metrics: &Metrics, declared: &[Metric], at: usize, now: TimestampMs) -> Vec<MetricSeries> {
    metrics.kept().get_mut(&declared[at].name).map_or_else(Vec::new, |kept| kept.shown(&declared[at], now))
}

#[test]
fn figures_add_up_by_their_labels() {
    let (declared, metrics) = (declared(), Metrics::default());
    let tell = |kind, name, labels: &[(String, String)], value| {
        metrics.tell(&declared, NOON, kind, name, labels, value).unwrap();
    };
    for (by, value) in [("mail", 1.0), ("sms", 2.0), ("mail", 1.5)] {
        tell(MetricKind::Counter, "sent_total", &labels(by, "done"), value);
    }
    tell(MetricKind::Gauge, "waiting", &[], 7.0);
    tell(MetricKind::Gauge, "waiting", &[], 3.0);
    for value in [0.5, 1.0, 2.0, 9.0] {
        tell(MetricKind::Histogram, "took_seconds", &[], value);
    }
    let of = |at| series(&metrics, &declared, at, NOON);
    let values = |at| -> Vec<f64> { of(at).iter().map(|series| series.value).collect() };
    assert_eq!((values(0), values(1), values(2)), (vec![2.5, 2.0], vec![3.0], vec![12.5]));
    assert_eq!(of(0)[0].labels[0], MetricLabel { name: "by".into(), value: "mail".into() });
    let took = &of(2)[0];
    assert_eq!((took.count, took.buckets.iter().map(|b| b.count).collect::<Vec<_>>()), (Some(4), vec![2, 3]));
}

#[test]
fn the_last_hour_is_remembered_by_minutes_and_nothing_before_it() {
    let (declared, metrics) = (declared(), Metrics::default());
    let tell = |at, kind, name, labels: &[(String, String)], value| {
        metrics.tell(&declared, at, kind, name, labels, value).unwrap();
    };
    for (after, value) in [(0, 2.0), (1, 3.0), (2 * MINUTE, 4.0)] {
        tell(NOON + after, MetricKind::Counter, "sent_total", &labels("mail", "done"), value);
        tell(NOON + after, MetricKind::Gauge, "waiting", &[], value);
        tell(NOON + after, MetricKind::Histogram, "took_seconds", &[], value);
    }
    let hour = |at, now| series(&metrics, &declared, at, now).remove(0).hour;
    let soon = NOON + 3 * MINUTE;
    assert_eq!(hour(0, soon), [5.0, 0.0, 4.0, 0.0]);
    assert_eq!(hour(1, soon), [3.0, 3.0, 4.0, 4.0]);
    assert_eq!(hour(2, soon), [2.0, 0.0, 1.0, 0.0]);
    // Turned back, as clocks are: nothing is lost and nothing invented.
    assert_eq!(hour(0, NOON), [5.0, 0.0, 4.0, 0.0]);
    let much_later = hour(0, NOON + 400 * 24 * 60 * MINUTE);
    assert_eq!((much_later.len(), much_later.iter().sum::<f64>()), (HOUR, 0.0));
    assert_eq!(series(&metrics, &declared, 0, NOON).remove(0).value, 9.0);
}

#[test]
fn what_is_not_declared_so_is_refused() {
    let (declared, metrics) = (declared(), Metrics::default());
    let refused = |kind, name: &str, labels: &[(String, String)], value| {
        matches!(metrics.tell(&declared, NOON, kind, name, labels, value), Err(MetricFault::Invalid(_)))
    };
    let twice = [labels("a", "b"), labels("a", "b")].concat();
    assert!(refused(MetricKind::Counter, "other_total", &[], 1.0));
    assert!(refused(MetricKind::Gauge, "sent_total", &labels("a", "b"), 1.0));
    assert!(refused(MetricKind::Counter, "sent_total", &labels("a", "b"), -1.0));
    assert!(refused(MetricKind::Counter, "sent_total", &labels("a", "b"), f64::NAN));
    assert!(refused(MetricKind::Counter, "sent_total", &labels("a", "b"), f64::INFINITY));
    assert!(refused(MetricKind::Counter, "sent_total", &labels("a", "b")[..1], 1.0));
    assert!(refused(MetricKind::Counter, "sent_total", &twice, 1.0));
    assert!(refused(MetricKind::Histogram, "took_seconds", &[], -0.1));
    assert!(refused(MetricKind::Gauge, "waiting", &labels("a", "b"), 1.0));
    assert!(metrics.kept().is_empty());
}

#[test]
fn series_without_end_are_bounded_and_the_known_ones_go_on() {
    let (declared, metrics) = (declared(), Metrics::default());
    let tell = |by: &str| metrics.tell(&declared, NOON, MetricKind::Counter, "sent_total", &labels(by, "x"), 1.0);
    assert!(["a", "b", "c"].iter().all(|by| tell(by).is_ok()));
    assert!(matches!(tell("d"), Err(MetricFault::Full { first: true, .. })));
    assert!(matches!(tell("e"), Err(MetricFault::Full { first: false, .. })));
    assert!(tell("a").is_ok());
    assert_eq!(metrics.kept()["sent_total"].left_out, 2);
    let long = "x".repeat(100_000);
    assert!(matches!(tell(&long), Err(MetricFault::Full { .. })));
    metrics.fit(&declared[1..]);
    assert!(metrics.kept().is_empty(), "another version does not have it");
}

#[test]
fn a_version_that_declares_it_otherwise_begins_anew() {
    let (declared, metrics) = (declared(), Metrics::default());
    let mut other = declared.clone();
    other[2].buckets = vec![1.0, 2.0, 3.0, 4.0];
    for _ in 0..2 {
        metrics.tell(&declared, NOON, MetricKind::Histogram, "took_seconds", &[], 9.0).unwrap();
        metrics.tell(&other, NOON, MetricKind::Histogram, "took_seconds", &[], 3.5).unwrap();
    }
    assert!(series(&metrics, &declared, 2, NOON).is_empty());
    let shown = series(&metrics, &other, 2, NOON);
    assert_eq!((shown[0].count, shown[0].buckets[3].count), (Some(1), 1));
}
