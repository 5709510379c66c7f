//! `GET /metrics`: the house's figures and those of its plugins, for Prometheus and whatever else reads OpenMetrics.
//!
//! For whoever has the token of `http.metrics_token`, and for admins who are signed in. Being on the same machine is not enough: behind
//! a proxy there, everybody would seem to be.

mod exposition;

use crate::{ApiState, auth::Admin, error::Problem};
use axum::{
    extract::{FromRequestParts, Request, State},
    http::header::{AUTHORIZATION, CONTENT_TYPE},
    response::{IntoResponse, Response},
};
use exposition::{Exposition, Type};
use jackfield_model::{PluginMetric, PluginState, PluginStatus};
use sha2::{Digest, Sha256};

/// OpenMetrics 1.0 §2.
const TEXT: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// Answers with all figures.
///
/// Not in the OpenAPI document: the answer is no JSON.
pub(crate) async fn metrics(State(state): State<ApiState>, request: Request) -> Result<Response, Problem> {
    let (mut parts, _) = request.into_parts();
    let said = parts.headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok()?.strip_prefix("Bearer "));
    let known = match (said, &state.parts.metrics_token) {
        (Some(said), Some(token)) => is_same(said, token.reveal()),
        _ => false,
    };
    if !known {
        Admin::from_request_parts(&mut parts, &state).await?;
    }
    let plugins = state.parts.plugins.list();
    let mut text = Exposition::default();
    house(&mut text, &state, &plugins);
    for plugin in &plugins {
        of_plugin(&mut text, &plugin.id, &state.parts.plugins.metrics(&plugin.id));
    }
    Ok(([(CONTENT_TYPE, TEXT)], text.end()).into_response())
}

/// Compared by digests, so that how long it takes says nothing.
fn is_same(said: &str, token: &str) -> bool {
    Sha256::digest(said) == Sha256::digest(token)
}

fn house(text: &mut Exposition, state: &ApiState, plugins: &[PluginStatus]) {
    text.family("jackfield_build", Type::Info, "", "The version that runs.");
    text.sample("jackfield_build_info", &[("version", &state.parts.version)], 1);
    text.family("jackfield_start_time_seconds", Type::Gauge, "seconds", "When it was started, in Unix seconds.");
    text.sample("jackfield_start_time_seconds", &[], state.started / 1_000);
    for (name, value) in state.parts.telephony.counters() {
        // Some of them are counted, others are how many there are now.
        let name = format!("jackfield_{name}");
        text.family(&name, Type::Unknown, "", "Counted by the exchange since its start, or how many there are now.");
        text.sample(&name, &[], value);
    }
    type Of = fn(&PluginStatus) -> f64;
    let figures: [(&str, Type, &str, &str, Of); 6] = [
        ("up", Type::Gauge, "", "Whether a plugin runs.", |p| f64::from(matches!(p.state, PluginState::Running))),
        ("live_scripts", Type::Gauge, "", "Scripts of a plugin that run now.", |p| f64::from(p.cost.live)),
        ("runs", Type::Counter, "", "Decisions, scripts and requests of a plugin.", |p| p.cost.calls as f64),
        ("failures", Type::Counter, "", "Those that have failed.", |p| p.cost.failures as f64),
        ("skipped", Type::Counter, "", "Those that were not asked for.", |p| p.cost.skipped as f64),
        ("cpu_seconds", Type::Counter, "seconds", "Processor time of a plugin.", |p| p.cost.cpu_ms as f64 / 1_000.0),
    ];
    for (name, kind, unit, help, of) in figures {
        let family = format!("jackfield_plugin_{name}");
        let total = if kind == Type::Counter { "_total" } else { "" };
        text.family(&family, kind, unit, help);
        for plugin in plugins {
            text.sample(&format!("{family}{total}"), &[("plugin", &plugin.id)], of(plugin));
        }
    }
}

fn of_plugin(text: &mut Exposition, plugin: &str, metrics: &[PluginMetric]) {
    for metric in metrics.iter().filter(|metric| !metric.series.is_empty()) {
        let name = format!("jackfield_{}_{}", plugin.replace(['.', '-'], "_"), metric.name);
        let family = name.strip_suffix("_total").unwrap_or(&name);
        // Ids that differ in dots and hyphens alone would share a name, which the format does not allow.
        if !text.family(family, metric.kind.into(), &metric.unit, &metric.help) {
            continue;
        }
        for series in &metric.series {
            text.series(&name, plugin, series);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jackfield_model::{MetricBucket, MetricKind, MetricLabel, MetricSeries};
    use std::collections::BTreeMap;

    fn metric(name: &str, kind: MetricKind, unit: &str, help: &str, series: MetricSeries) -> PluginMetric {
        let (name, unit, help) = (name.into(), unit.into(), help.into());
        PluginMetric { name, kind, unit, help, helps: BTreeMap::new(), series: vec![series], left_out: 0 }
    }

    #[test]
    fn figures_of_plugins_stand_under_their_ids_with_every_label_escaped() {
        let labels = vec![MetricLabel { name: "by".into(), value: "a\"b\\c\nd".into() }];
        let series = MetricSeries { labels, value: 2.5, count: None, buckets: vec![], hour: vec![] };
        let counter = metric("sent_total", MetricKind::Counter, "", "Sent\n\"so\" far.", series);
        let buckets = vec![MetricBucket { le: 0.5, count: 1 }, MetricBucket { le: 5.0, count: 3 }];
        let series = MetricSeries { labels: vec![], value: 12.0, count: Some(4), buckets, hour: vec![] };
        let histogram = metric("took_seconds", MetricKind::Histogram, "seconds", "Took.", series);
        let other = PluginMetric { help: "Another.".into(), ..counter.clone() };
        let mut text = Exposition::default();
        of_plugin(&mut text, "org.ex-a", &[counter, histogram]);
        of_plugin(&mut text, "org.ex.a", &[other]);
        assert_eq!(
            text.end(),
            "# TYPE jackfield_org_ex_a_sent counter\n\
             # HELP jackfield_org_ex_a_sent Sent\\n\\\"so\\\" far.\n\
             jackfield_org_ex_a_sent_total{plugin=\"org.ex-a\",by=\"a\\\"b\\\\c\\nd\"} 2.5\n\
             # TYPE jackfield_org_ex_a_took_seconds histogram\n\
             # UNIT jackfield_org_ex_a_took_seconds seconds\n\
             # HELP jackfield_org_ex_a_took_seconds Took.\n\
             jackfield_org_ex_a_took_seconds_bucket{plugin=\"org.ex-a\",le=\"0.5\"} 1\n\
             jackfield_org_ex_a_took_seconds_bucket{plugin=\"org.ex-a\",le=\"5.0\"} 3\n\
             jackfield_org_ex_a_took_seconds_bucket{plugin=\"org.ex-a\",le=\"+Inf\"} 4\n\
             jackfield_org_ex_a_took_seconds_sum{plugin=\"org.ex-a\"} 12\n\
             jackfield_org_ex_a_took_seconds_count{plugin=\"org.ex-a\"} 4\n\
             # EOF\n"
        );
    }
}
