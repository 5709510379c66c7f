//! `[[metrics]]` of `plugin.toml`: the figures that a plugin keeps of itself, declared so that nothing else can flood.

use jackfield_model::MetricKind;
use serde::Deserialize;

/// Metrics of one plugin.
const MOST_METRICS: usize = 32;
/// Labels of one metric.
const MOST_LABELS: usize = 4;
/// Bounds of one histogram.
const MOST_BUCKETS: usize = 20;
/// Series of one metric, and of all metrics of a plugin.
const MOST_SERIES: usize = 200;
const MOST_SERIES_IN_ALL: usize = 500;
/// Series of a metric with labels of which nothing is said.
const USUAL_SERIES: usize = 20;
/// Bounds of a histogram of which nothing is said, in seconds.
const USUAL_BUCKETS: [f64; 11] = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0];
/// What the format of the metrics page, or the host, says itself.
const TAKEN_LABELS: [&str; 3] = ["le", "quantile", "plugin"];
/// Ends that the format gives to the parts of a metric.
const TAKEN_ENDS: [&str; 5] = ["_bucket", "_sum", "_count", "_created", "_info"];

/// One `[[metrics]]` table: a figure that the plugin keeps of itself.
#[derive(Clone, Debug, Deserialize)]
pub struct Metric {
    /// Lower-case letters, digits and underscores, beginning with a letter, at most 64; of a counter it ends in `_total`.
    pub name: String,
    /// What it is.
    pub kind: MetricKind,
    /// What it is measured in, such as `seconds` or `bytes`, which its name then ends in (before `_total`); nothing for what is merely
    /// counted.
    #[serde(default)]
    pub unit: String,
    /// What it says, in English, at most 200 characters; `locales/` translates it.
    pub help: String,
    /// The names of its labels, at most four.
    #[serde(default)]
    pub labels: Vec<String>,
    /// How many combinations of values its labels may have, 1 to 200; 20 when nothing is said.
    pub series: Option<usize>,
    /// Of a histogram: rising bounds, at most 20; from 5 ms to 10 s when nothing is said.
    #[serde(default)]
    pub buckets: Vec<f64>,
}

impl Metric {
    /// The bounds of its buckets.
    pub(crate) fn bounds(&self) -> &[f64] {
        if self.buckets.is_empty() { &USUAL_BUCKETS } else { &self.buckets }
    }

    /// How many series it may have.
    pub(crate) fn bound(&self) -> usize {
        if self.labels.is_empty() { 1 } else { self.series.unwrap_or(USUAL_SERIES) }
    }

    pub(crate) fn kind_name(&self) -> &'static str {
        match self.kind {
            MetricKind::Counter => "counter",
            MetricKind::Gauge => "gauge",
            MetricKind::Histogram => "histogram",
        }
    }

    /// What is wrong with all of a plugin's.
    pub(crate) fn check_all(metrics: &[Self]) -> Result<(), String> {
        if metrics.len() > MOST_METRICS {
            return Err(format!("there are {} metrics, at most {MOST_METRICS} are taken", metrics.len()));
        }
        for (at, metric) in metrics.iter().enumerate() {
            if metrics[..at].iter().any(|other| other.name == metric.name) {
                return Err(format!("two metrics have the name “{}”", metric.name));
            }
            metric.check().map_err(|why| format!("the metric “{}” {why}", metric.name))?;
        }
        let series: usize = metrics.iter().map(Self::bound).sum();
        if series > MOST_SERIES_IN_ALL {
            return Err(format!(
                "the metrics may have {series} series together, at most {MOST_SERIES_IN_ALL} are taken: lower “series” of some"
            ));
        }
        Ok(())
    }

    fn check(&self) -> Result<(), String> {
        if !is_metric_name(&self.name) {
            return Err("must have lower-case letters, digits and _ only, and begin with a letter".into());
        }
        let stem = self.name.strip_suffix("_total");
        if (self.kind == MetricKind::Counter) != stem.is_some() {
            return Err("ends in _total when it is a counter, and only then".into());
        }
        let stem = stem.unwrap_or(&self.name);
        if TAKEN_ENDS.iter().any(|end| stem.ends_with(end)) {
            return Err(format!("must not end as parts of metrics do: {}", TAKEN_ENDS.join(", ")));
        }
        let measured = self.unit.is_empty() || stem.strip_suffix(&self.unit).is_some_and(|rest| rest.ends_with('_'));
        if !measured || !(self.unit.is_empty() || is_metric_name(&self.unit)) {
            return Err("has a unit in which its name must end, such as took_seconds with the unit seconds".into());
        }
        if self.help.trim().is_empty() || self.help.chars().count() > 200 {
            return Err("needs a help of 1 to 200 characters".into());
        }
        let sound = |label: &String| is_metric_name(label) && !TAKEN_LABELS.contains(&label.as_str());
        let twice = self.labels.iter().enumerate().any(|(at, label)| self.labels[..at].contains(label));
        if self.labels.len() > MOST_LABELS || twice || !self.labels.iter().all(sound) {
            let taken = TAKEN_LABELS.join(", ");
            return Err(format!("has at most {MOST_LABELS} labels, each named once and none of them {taken}"));
        }
        let bounded = self.series.is_none_or(|series| !self.labels.is_empty() && (1..=MOST_SERIES).contains(&series));
        if !bounded {
            return Err(format!("has from 1 to {MOST_SERIES} series, and only with labels"));
        }
        let rising = self.buckets.is_sorted_by(|a, b| a < b) && self.buckets.iter().all(|bound| bound.is_finite());
        let fits = self.kind == MetricKind::Histogram || self.buckets.is_empty();
        if self.buckets.len() > MOST_BUCKETS || !rising || !fits {
            return Err(format!("has at most {MOST_BUCKETS} buckets, which rise, and only as a histogram"));
        }
        Ok(())
    }
}

/// The name of a metric, a label or a unit.
fn is_metric_name(name: &str) -> bool {
    let inner = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
    name.len() <= 64 && name.starts_with(|c: char| c.is_ascii_lowercase()) && name.chars().all(inner)
}

#[cfg(test)]
mod tests {
    use crate::manifest::Manifest;

    const WHOLE: &str = "id = 'org.example.x'\nname = 'X'\nversion = '1.0.0'\npublisher = 'Example'\n\
        description = 'A test.'\nlicense = 'MIT'\napi = '^0.1'\n";
    const METRIC: &str = "[[metrics]]\nname = 'took_seconds'\nkind = 'histogram'\nunit = 'seconds'\nhelp = 'Took.'\n\
        labels = ['queue']\nseries = 50\nbuckets = [1, 2.5]\n";

    #[test]
    fn metrics_are_checked_one_by_one() {
        let with = |metrics: &str| Manifest::parse(&format!("{WHOLE}{metrics}"));
        let metrics = with(METRIC).unwrap().metrics;
        assert_eq!((metrics[0].bounds(), metrics[0].bound()), (&[1.0, 2.5][..], 50));
        for (from, to, said) in [
            ("took_seconds", "Took_seconds", "lower-case letters, digits and _ only"),
            ("took_seconds", "took_seconds_total", "when it is a counter, and only then"),
            ("took_seconds", "took_bucket", "parts of metrics"),
            ("took_seconds", "seconds", "must end"),
            ("took_seconds", "took_bytes", "must end"),
            ("'Took.'", "''", "1 to 200 characters"),
            ("'queue'", "'le'", "none of them le"),
            ("'queue'", "'a', 'a'", "each named once"),
            ("50", "0", "from 1 to 200 series"),
            ("50", "201", "from 1 to 200 series"),
            ("labels = ['queue']\n", "", "only with labels"),
            ("[1, 2.5]", "[2, 1]", "which rise"),
            ("[1, 2.5]", "[1, inf]", "which rise"),
            ("'histogram'", "'gauge'", "only as a histogram"),
            ("'histogram'", "'summary'", "summary"),
            ("buckets", "bounds", "unknown key “metrics.bounds”"),
        ] {
            let error = with(&METRIC.replacen(from, to, 1)).unwrap_err().to_string();
            assert!(error.contains(said), "{error}");
        }
        assert!(with(&format!("{METRIC}{METRIC}")).unwrap_err().to_string().contains("two metrics"));
        let many: String = (0..11).map(|n| METRIC.replace("took", &format!("took{n}"))).collect();
        assert!(with(&many).unwrap_err().to_string().contains("550 series together"));
        let too_many: String = (0..33).map(|n| METRIC.replace("took", &format!("took{n}"))).collect();
        assert!(with(&too_many).unwrap_err().to_string().contains("at most 32"));
    }
}
