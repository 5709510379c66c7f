//! `jackfield:services/metrics`.

use crate::{
    bindings::imports::jackfield::{services::metrics, types::types::Error},
    instance::{Running, State},
    metrics::MetricFault,
};
use jackfield_model::{Level, MetricKind};

impl metrics::Host for State {
    fn add(&mut self, name: String, labels: Vec<metrics::Label>, by: f64) -> Result<(), Error> {
        self.figure(MetricKind::Counter, &name, &labels, by)
    }

    fn set(&mut self, name: String, labels: Vec<metrics::Label>, value: f64) -> Result<(), Error> {
        self.figure(MetricKind::Gauge, &name, &labels, value)
    }

    fn observe(&mut self, name: String, labels: Vec<metrics::Label>, value: f64) -> Result<(), Error> {
        self.figure(MetricKind::Histogram, &name, &labels, value)
    }
}

impl State {
    fn figure(&self, kind: MetricKind, name: &str, labels: &[metrics::Label], value: f64) -> Result<(), Error> {
        // What nobody does is not counted.
        if self.supposed.is_some() || self.running == Running::Settings {
            return Ok(());
        }
        let life = &self.plugin.life;
        let declared = self.plugin.body.as_ref().map_or(&[][..], |body| &body.package.manifest.metrics);
        let told = life.metrics.tell(declared, self.host.clock.now_ms(), kind, name, labels, value);
        told.map_err(|fault| match fault {
            MetricFault::Invalid(text) => Error::Invalid(text),
            MetricFault::Full { text, first } => {
                if first {
                    self.host.find(life, Level::Warn, &text, self.call.as_ref());
                }
                Error::Failed(text)
            }
        })
    }
}
