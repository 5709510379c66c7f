//! Figures that a plugin keeps of itself: declared in its manifest, bounded, in memory.

use crate::{manifest::Metric, package::Package};
use jackfield_model::{MetricBucket, MetricKind, MetricLabel, MetricSeries, PluginMetric, TimestampMs};
use std::{
    collections::{BTreeMap, VecDeque},
    sync::{Mutex, MutexGuard, PoisonError},
};

/// Longest value of a label, in characters.
const LONGEST_VALUE: usize = 64;
/// So many minutes are remembered.
const HOUR: usize = 60;

/// The figures of one plugin.
#[derive(Default)]
pub(crate) struct Metrics(Mutex<BTreeMap<String, Kept>>);

/// What was told of one metric.
#[derive(Default)]
struct Kept {
    /// By the values of the labels, in their order.
    series: BTreeMap<Vec<String>, Figure>,
    left_out: u64,
}

struct Figure {
    total: Total,
    hour: Hour,
}

enum Total {
    Counter(f64),
    Gauge(f64),
    /// How many values lay in each bucket, the last one without a bound; and their sum.
    Histogram(Vec<u64>, f64),
}

/// One value for each of the last minutes, up to this one.
struct Hour {
    minute: u64,
    values: VecDeque<f64>,
}

/// Why a figure was not taken.
#[derive(Debug)]
pub(crate) enum MetricFault {
    /// It is none of those that are declared, or not told as they are.
    Invalid(String),
    /// There are too many series; the first time that this happens to a metric, somebody should hear of it.
    Full { text: String, first: bool },
}

impl Metrics {
    /// Take a figure: one more, a new value, one of many.
    pub(crate) fn tell(
        &self,
        declared: &[Metric],
        now: TimestampMs,
        kind: MetricKind,
        name: &str,
        labels: &[(String, String)],
        value: f64,
    ) -> Result<(), MetricFault> {
        let invalid = |text: String| Err(MetricFault::Invalid(text));
        let Some(metric) = declared.iter().find(|metric| metric.name == name) else {
            let name: String = name.chars().take(LONGEST_VALUE).collect();
            return invalid(format!("there is no metric “{name}”: plugin.toml declares them in [[metrics]]"));
        };
        if metric.kind != kind {
            return invalid(format!("“{name}” is declared as another kind, a {}", metric.kind_name()));
        }
        // What adds up to a sum must not fall, or whoever collects it would take that for a new start.
        if !value.is_finite() || (kind != MetricKind::Gauge && value < 0.0) {
            return invalid(format!("{value} is nothing to tell of “{name}”"));
        }
        let of = |wanted: &String| labels.iter().find(|(name, _)| name == wanted).map(|(_, value)| value);
        let values: Option<Vec<&String>> = metric.labels.iter().map(of).collect();
        let Some(values) = values.filter(|values| values.len() == labels.len()) else {
            return invalid(format!("“{name}” has these labels, each once: {}", metric.labels.join(", ")));
        };
        let short = |value: &&String| value.chars().filter(|c| !c.is_control()).take(LONGEST_VALUE).collect();
        let values: Vec<String> = values.iter().map(short).collect();

        let mut kept = self.kept();
        let kept = kept.entry(metric.name.clone()).or_default();
        // A version that is tried may declare it in another way: what was told otherwise makes room.
        kept.series.retain(|values, figure| figure.fits(metric, values));
        if !kept.series.contains_key(&values) && kept.series.len() >= metric.bound() {
            kept.left_out += 1;
            let text = format!(
                "“{name}” has {} series already, which is all that it declares: labels are for what has few values",
                kept.series.len()
            );
            return Err(MetricFault::Full { text, first: kept.left_out == 1 });
        }
        kept.series.entry(values).or_insert_with(|| Figure::new(metric, now)).take(metric, now, value);
        Ok(())
    }

    /// All that a package declares, as they are now.
    pub(crate) fn read(&self, package: &Package, now: TimestampMs) -> Vec<PluginMetric> {
        let mut kept = self.kept();
        let metric = |metric: &Metric| {
            let mut kept = kept.get_mut(&metric.name);
            PluginMetric {
                name: metric.name.clone(),
                kind: metric.kind,
                unit: metric.unit.clone(),
                help: metric.help.clone(),
                helps: package.in_other_languages(&metric.help),
                left_out: kept.as_ref().map_or(0, |kept| kept.left_out),
                series: kept.iter_mut().flat_map(|kept| kept.shown(metric, now)).collect(),
            }
        };
        package.manifest.metrics.iter().map(metric).collect()
    }

    /// Forget what these do not declare, or in another way: another version is in place.
    pub(crate) fn fit(&self, declared: &[Metric]) {
        self.kept().retain(|name, kept| {
            let Some(metric) = declared.iter().find(|metric| metric.name == *name) else { return false };
            kept.series.retain(|values, figure| figure.fits(metric, values));
            true
        });
    }

    fn kept(&self) -> MutexGuard<'_, BTreeMap<String, Kept>> {
        // A figure is whole after every change.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Kept {
    fn shown(&mut self, metric: &Metric, now: TimestampMs) -> Vec<MetricSeries> {
        let fitting = self.series.iter_mut().filter(|(values, figure)| figure.fits(metric, values));
        fitting.map(|(values, figure)| figure.shown(metric, values, now)).collect()
    }
}

impl Figure {
    fn new(metric: &Metric, now: TimestampMs) -> Self {
        let total = match metric.kind {
            MetricKind::Counter => Total::Counter(0.0),
            MetricKind::Gauge => Total::Gauge(0.0),
            MetricKind::Histogram => Total::Histogram(vec![0; metric.bounds().len() + 1], 0.0),
        };
        Self { total, hour: Hour { minute: minute(now), values: VecDeque::from([0.0]) } }
    }

    /// Whether it is what this metric declares.
    fn fits(&self, metric: &Metric, values: &[String]) -> bool {
        let kind = match &self.total {
            Total::Counter(_) => metric.kind == MetricKind::Counter,
            Total::Gauge(_) => metric.kind == MetricKind::Gauge,
            Total::Histogram(counts, _) => {
                metric.kind == MetricKind::Histogram && counts.len() == metric.bounds().len() + 1
            }
        };
        kind && values.len() == metric.labels.len()
    }

    fn take(&mut self, metric: &Metric, now: TimestampMs, value: f64) {
        self.turn_to(now);
        let minute = self.hour.values.back_mut();
        match &mut self.total {
            Total::Counter(sum) => {
                *sum += value;
                minute.into_iter().for_each(|minute| *minute += value);
            }
            Total::Gauge(last) => {
                *last = value;
                minute.into_iter().for_each(|minute| *minute = value);
            }
            Total::Histogram(counts, sum) => {
                let bucket = metric.bounds().partition_point(|bound| *bound < value);
                // As many as there are bounds and one: it fits.
                counts.get_mut(bucket).into_iter().for_each(|count| *count += 1);
                *sum += value;
                minute.into_iter().for_each(|minute| *minute += 1.0);
            }
        }
    }

    /// Begin the minutes that have begun since: a gauge stays as it was, nothing has come together of the others.
    fn turn_to(&mut self, now: TimestampMs) {
        let begins = match &self.total {
            Total::Gauge(last) => *last,
            Total::Counter(_) | Total::Histogram(..) => 0.0,
        };
        let passed = minute(now).saturating_sub(self.hour.minute).min(HOUR as u64);
        for _ in 0..passed {
            if self.hour.values.len() == HOUR {
                self.hour.values.pop_front();
            }
            self.hour.values.push_back(begins);
        }
        self.hour.minute = self.hour.minute.max(minute(now));
    }

    fn shown(&mut self, metric: &Metric, values: &[String], now: TimestampMs) -> MetricSeries {
        self.turn_to(now);
        let label = |(name, value): (&String, &String)| MetricLabel { name: name.clone(), value: value.clone() };
        let labels = metric.labels.iter().zip(values).map(label).collect();
        let hour = self.hour.values.iter().copied().collect();
        match &self.total {
            Total::Counter(value) | Total::Gauge(value) => {
                MetricSeries { labels, value: *value, count: None, buckets: Vec::new(), hour }
            }
            Total::Histogram(counts, sum) => {
                let mut below = 0;
                let bucket = |(bound, count): (&f64, &u64)| {
                    below += count;
                    MetricBucket { le: *bound, count: below }
                };
                let buckets = metric.bounds().iter().zip(counts).map(bucket).collect();
                MetricSeries { labels, value: *sum, count: Some(counts.iter().sum()), buckets, hour }
            }
        }
    }
}

fn minute(now: TimestampMs) -> u64 {
    now / 60_000
}

#[cfg(test)]
mod tests;
