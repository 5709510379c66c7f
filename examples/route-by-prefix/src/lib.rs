//! Sends callers to whom they will understand, by the country they call from.

use jackfield_sdk::prelude::*;
use serde::Deserialize;

#[derive(Deserialize)]
struct Settings {
    rules: Vec<Rule>,
}

#[derive(Deserialize)]
struct Rule {
    prefix: String,
    to: String,
    language: String,
}

#[router]
fn route(request: &Request) -> Decision {
    let settings: Settings = settings();
    let caller = &request.caller.number;
    let rules = settings.rules.iter().filter(|rule| caller.starts_with(&rule.prefix));
    let Some(rule) = rules.max_by_key(|rule| rule.prefix.len()) else { return Decision::pass() };
    let decision = Decision::ring(format!("ext:{}", rule.to)).for_at_most(secs(20));
    let decision = decision.because(format!("callers from {} go to {}", rule.prefix, rule.to));
    // Scripts that come later in this call speak the caller's language.
    if rule.language.is_empty() { decision } else { decision.set("language", &rule.language) }
}
