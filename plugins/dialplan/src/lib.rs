//! Extensions, prefixes and feature codes: what a house dials.
//!
//! In this order: a feature code; an extension of the house; the longest prefix; an unknown number.

use jackfield_sdk::prelude::*;
use serde::Deserialize;
use std::borrow::Cow;

/// How long an echo test lasts at most.
const ECHO: std::time::Duration = secs(300);

/// `settings.schema.json`.
#[derive(Deserialize)]
struct Settings {
    ring_seconds: u64,
    feature_codes: Vec<FeatureCode>,
    prefixes: Vec<Prefix>,
    supervisors: Vec<String>,
    unknown_numbers: Unknown,
    unknown_to: String,
}

#[derive(Deserialize)]
struct FeatureCode {
    code: String,
    does: Feature,
    number: String,
}

#[derive(Deserialize, PartialEq)]
#[serde(rename_all = "lowercase")]
enum Feature {
    Echo,
    Dial,
    Pickup,
    Park,
    Intercom,
    Callback,
    Listen,
    Whisper,
    Barge,
}

#[derive(Deserialize)]
struct Prefix {
    prefix: String,
    strip: usize,
    prepend: String,
    target: String,
}

#[derive(Deserialize, PartialEq)]
#[serde(rename_all = "lowercase")]
enum Unknown {
    Outside,
    Reject,
    Send,
}


/// The echo test: a beep, then the caller hears itself.
#[script]
fn echo(call: Call) -> Result<()> {
    call.answer()?.play([silence(millis(300)), tone(Tone::Beep, millis(200))])?.echo(ECHO)?.hang_up()
}

#[check_settings]
fn check(settings: &Settings) -> Vec<FieldError> {
    let mut errors = Vec::new();
    for (place, feature) in settings.feature_codes.iter().enumerate() {
        if feature.does == Feature::Dial && feature.number.is_empty() {
            errors.push(FieldError::new(
                format!("/feature_codes/{place}/number"),
                "Enter the number that the code dials.",
            ));
        }
        if settings.feature_codes[..place].iter().any(|other| other.code == feature.code) {
            errors.push(FieldError::new(format!("/feature_codes/{place}/code"), "This code is in the list already."));
        }
    }
    for (place, rule) in settings.prefixes.iter().enumerate() {
        if !rule.target.contains("{number}") && !rule.target.starts_with("ext:") {
            let message = "Put {number} where the rewritten number belongs, or name an extension such as ext:100.";
            errors.push(FieldError::new(format!("/prefixes/{place}/target"), message));
        }
    }
    if settings.unknown_numbers == Unknown::Send && settings.unknown_to.is_empty() {
        errors.push(FieldError::new("/unknown_to", "Enter the number that gets calls to unknown numbers."));
    }
    errors
}

#[router]
fn route(request: &Request, settings: &Settings) -> Decision {
    let dialled = request.callee.number.as_str();
    // The longest code counts: *80 is not *8 followed by 0.
    let codes = settings
        .feature_codes
        .iter()
        .filter_map(|feature| Some((feature.code.len(), feature.decide(request, settings)?)));
    if let Some((_, decision)) = codes.max_by_key(|(length, _)| *length) {
        return decision;
    }
    if let Some(extension) = &request.callee.extension {
        return Decision::ring(format!("ext:{extension}")).for_at_most(secs(settings.ring_seconds));
    }
    // Only who is signed in may use prefixes: they may lead outside, and that costs money.
    if request.caller.extension.is_some()
        && let Some(rule) = longest_prefix(&settings.prefixes, dialled)
    {
        return rule.apply(dialled, settings.ring_seconds);
    }
    // The host calls the outside by its trunks, for whoever of the house pays for it.
    if settings.unknown_numbers == Unknown::Outside && may_be_outside(dialled) {
        return Decision::pass();
    }
    // A call that was sent on already is not sent on again, so that it cannot go in circles.
    if settings.unknown_numbers == Unknown::Send && request.hop == 0 {
        return Decision::redirect(&settings.unknown_to).because(format!("{dialled} is nobody's number"));
    }
    Decision::reject(404).because(format!("{dialled} is nobody's number"))
}

/// Shorter numbers that are nobody's are slips.
fn may_be_outside(dialled: &str) -> bool {
    let digits = dialled.strip_prefix('+').unwrap_or(dialled);
    digits.len() >= 5 && digits.bytes().all(|digit| digit.is_ascii_digit())
}

fn longest_prefix<'a>(prefixes: &'a [Prefix], dialled: &str) -> Option<&'a Prefix> {
    // A rule that would dial the very same number again leads nowhere.
    let changes = |rule: &Prefix| rule.target != "{number}" || rule.rewrite(dialled) != dialled;
    let fits = |rule: &&Prefix| dialled.starts_with(&rule.prefix) && changes(rule);
    prefixes.iter().filter(fits).max_by_key(|rule| rule.prefix.len())
}

impl FeatureCode {
    fn decide(&self, request: &Request, settings: &Settings) -> Option<Decision> {
        let dialled = request.callee.number.as_str();
        let rest = dialled.strip_prefix(self.code.as_str())?;
        // Only who is signed in may take the calls of others.
        let inside = request.caller.extension.is_some();
        match self.does {
            Feature::Echo if rest.is_empty() => Some(Decision::run("echo").because("echo test")),
            Feature::Dial if rest.is_empty() => {
                Some(Decision::redirect(&self.number).because(format!("{dialled} dials {}", self.number)))
            }
            Feature::Pickup if !rest.is_empty() && inside => {
                Some(Decision::pick_up(rest).because(format!("picks up the call at {rest}")))
            }
            // One more digit: ten places. A call that was sent on to one is parked, whoever it is from.
            Feature::Park if rest.len() == 1 && (inside || request.hop > 0) => {
                Some(Decision::park(dialled).because(format!("parking place {dialled}")))
            }
            // Only among colleagues: whoever is called so is heard at once.
            Feature::Intercom if !rest.is_empty() && inside => {
                let decision = Decision::ring(format!("ext:{rest}")).ringing(RingStyle::AutoAnswer);
                Some(decision.because(format!("intercom to {rest}")))
            }
            Feature::Callback if inside => Some(Decision::call_back(rest).because("wants to be called back")),
            Feature::Listen | Feature::Whisper | Feature::Barge if !rest.is_empty() => {
                let caller = request.caller.extension.as_ref()?;
                if !settings.supervisors.contains(caller) {
                    return Some(Decision::reject(403).because(format!("{caller} is not one of the supervisors")));
                }
                let decision = match self.does {
                    Feature::Listen => Decision::listen(rest),
                    Feature::Whisper => Decision::whisper(rest),
                    _ => Decision::barge(rest),
                };
                Some(decision.because(format!("supervises {rest}")))
            }
            _ => None,
        }
    }
}

impl Prefix {
    fn rewrite<'a>(&self, dialled: &'a str) -> Cow<'a, str> {
        let rest = dialled.get(self.strip..).unwrap_or_default();
        if self.prepend.is_empty() { rest.into() } else { format!("{}{rest}", self.prepend).into() }
    }

    fn apply(&self, dialled: &str, ring_seconds: u64) -> Decision {
        let number = self.rewrite(dialled);
        let target = self.target.replace("{number}", &number);
        let inside = target == number;
        let decision =
            if inside { Decision::redirect(target) } else { Decision::ring(target).for_at_most(secs(ring_seconds)) };
        decision.because(format!("prefix {}", self.prefix))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rule(prefix: &str, strip: usize, prepend: &str, target: &str) -> Prefix {
        Prefix { prefix: prefix.into(), strip, prepend: prepend.into(), target: target.into() }
    }

    #[test]
    fn the_longest_prefix_counts_and_rules_that_change_nothing_do_not() {
        let rules = [rule("0", 1, "", "{number}"), rule("00", 2, "+", "{number}"), rule("000", 0, "", "{number}")];
        let rewritten = |dialled| longest_prefix(&rules, dialled).map(|rule| rule.rewrite(dialled).into_owned());
        assert_eq!(rewritten("0123").as_deref(), Some("123"));
        assert_eq!(rewritten("0033123").as_deref(), Some("+33123"));
        assert_eq!(rewritten("0001").as_deref(), Some("+01"));
        assert_eq!(rewritten("123"), None);
    }

    #[test]
    fn stripping_more_than_there_is_leaves_nothing() {
        assert_eq!(rule("1", 16, "9", "{number}").rewrite("12"), "9");
    }
}
