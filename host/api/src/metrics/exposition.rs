//! The text format of OpenMetrics 1.0 (§4.1 of its specification).

use jackfield_model::{MetricKind, MetricSeries};
use std::{
    collections::BTreeSet,
    fmt::{Display, Write},
};

/// What is written, and the names of the families that it has.
#[derive(Default)]
pub(super) struct Exposition {
    text: String,
    families: BTreeSet<String>,
}

/// The types of OpenMetrics that are told here.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Type {
    Counter,
    Gauge,
    Histogram,
    Info,
    Unknown,
}

impl From<MetricKind> for Type {
    fn from(kind: MetricKind) -> Self {
        match kind {
            MetricKind::Counter => Self::Counter,
            MetricKind::Gauge => Self::Gauge,
            MetricKind::Histogram => Self::Histogram,
        }
    }
}

impl Exposition {
    /// Begin a family: its samples follow. `false`, and nothing is written, when there is one of this name.
    pub(super) fn family(&mut self, name: &str, kind: Type, unit: &str, help: &str) -> bool {
        if !self.families.insert(name.to_owned()) {
            return false;
        }
        let kind = match kind {
            Type::Counter => "counter",
            Type::Gauge => "gauge",
            Type::Histogram => "histogram",
            Type::Info => "info",
            Type::Unknown => "unknown",
        };
        let _ = writeln!(self.text, "# TYPE {name} {kind}");
        if !unit.is_empty() {
            let _ = writeln!(self.text, "# UNIT {name} {unit}");
        }
        let _ = writeln!(self.text, "# HELP {name} {}", escaped(help));
        true
    }

    /// One series of a plugin, with what belongs to its kind.
    pub(super) fn series(&mut self, name: &str, plugin: &str, series: &MetricSeries) {
        let mut labels = vec![("plugin", plugin)];
        labels.extend(series.labels.iter().map(|label| (label.name.as_str(), label.value.as_str())));
        let Some(count) = series.count else { return self.sample(name, &labels, series.value) };
        // Written as 5.0 and not as 5, so that everybody's bounds are the same text.
        let buckets = series.buckets.iter().map(|bucket| (format!("{:?}", bucket.le), bucket.count));
        for (le, below) in buckets.chain([("+Inf".to_owned(), count)]) {
            let labels: Vec<_> = labels.iter().copied().chain([("le", le.as_str())]).collect();
            self.sample(&format!("{name}_bucket"), &labels, below);
        }
        self.sample(&format!("{name}_sum"), &labels, series.value);
        self.sample(&format!("{name}_count"), &labels, count);
    }

    /// One line.
    pub(super) fn sample(&mut self, name: &str, labels: &[(&str, &str)], value: impl Display) {
        self.text.push_str(name);
        for (at, (label, text)) in labels.iter().enumerate() {
            let _ = write!(self.text, "{}{label}=\"{}\"", if at == 0 { '{' } else { ',' }, escaped(text));
        }
        let end = if labels.is_empty() { "" } else { "}" };
        let _ = writeln!(self.text, "{end} {value}");
    }

    /// The whole.
    pub(super) fn end(self) -> String {
        self.text + "# EOF\n"
    }
}

fn escaped(text: &str) -> String {
    text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n")
}
