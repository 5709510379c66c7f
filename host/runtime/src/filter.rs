//! Which calls a routing plugin wants to be asked about, as its `plugin.toml` says: the others never reach it.

use jackfield_calls::router::RouteRequest;
use jackfield_model::Direction;
use serde::Deserialize;
use serde_json::Value;

/// `hooks.router.match` of `plugin.toml`. Everything that is given must hold; a list holds when one of it does.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct Match {
    /// The number that was dialled.
    pub callee: Option<Numbers>,
    /// The number that calls.
    pub caller: Option<Numbers>,
    /// Which way the call goes.
    pub direction: Option<Vec<Direction>>,
}

/// Patterns for numbers: given at once, or named as a setting that holds them.
#[derive(Clone, Debug, Deserialize)]
#[serde(untagged)]
pub enum Numbers {
    /// Several of them together.
    Listed(Vec<Pattern>),
    /// One of them.
    One(Pattern),
}

/// Where a pattern comes from.
#[derive(Clone, Debug, Deserialize)]
#[serde(untagged)]
pub enum Pattern {
    /// `"500"`, `"51x"`, `"00."`: an `x` is any digit, a `.` at the end is anything or nothing more.
    Given(String),
    /// `{ setting = "numbers" }`: the value of this setting, a list of such patterns or one; with `field = "number"` that
    /// field of it, or of each entry of a list.
    Setting {
        /// The name of a setting at the top level.
        setting: String,
        /// The name of a field of its entries.
        field: Option<String>,
    },
}

/// A [`Match`] with the settings of the moment put in, and whether calls that nobody took are wanted.
#[derive(Debug, Default)]
pub(crate) struct Filter {
    callee: Option<Vec<String>>,
    caller: Option<Vec<String>>,
    direction: Option<Vec<Direction>>,
    unreached: bool,
}

impl Filter {
    pub(crate) fn new(rule: &Match, unreached: bool, settings: &Value) -> Self {
        Self {
            unreached,
            callee: rule.callee.as_ref().map(|n| n.resolve(settings)),
            caller: rule.caller.as_ref().map(|n| n.resolve(settings)),
            direction: rule.direction.clone(),
        }
    }

    pub(crate) fn wants(&self, request: &RouteRequest) -> bool {
        if request.unreached.is_some() {
            return self.unreached;
        }
        let one_of = |patterns: &Option<Vec<String>>, number: &str| {
            patterns.as_ref().is_none_or(|patterns| patterns.iter().any(|pattern| matches(pattern, number)))
        };
        one_of(&self.callee, &request.callee.number)
            && one_of(&self.caller, &request.caller.number)
            && self.direction.as_ref().is_none_or(|directions| directions.contains(&request.direction))
    }
}

impl Numbers {
    fn resolve(&self, settings: &Value) -> Vec<String> {
        match self {
            Numbers::Listed(patterns) => patterns.iter().flat_map(|pattern| pattern.resolve(settings)).collect(),
            Numbers::One(pattern) => pattern.resolve(settings),
        }
    }
}

impl Pattern {
    /// The texts that it stands for under these settings.
    pub(crate) fn resolve(&self, settings: &Value) -> Vec<String> {
        let (setting, field) = match self {
            Pattern::Given(pattern) => return vec![pattern.clone()],
            Pattern::Setting { setting, field } => (setting, field),
        };
        let text = |entry: &Value| match field {
            Some(field) => entry.get(field).and_then(Value::as_str).map(str::to_owned),
            None => entry.as_str().map(str::to_owned),
        };
        match settings.get(setting) {
            // An empty one would be the number of nobody.
            Some(Value::Array(entries)) => entries.iter().filter_map(text).filter(|text| !text.is_empty()).collect(),
            Some(Value::String(pattern)) => vec![pattern.clone()],
            Some(whole @ Value::Object(_)) if field.is_some() => {
                text(whole).into_iter().filter(|text| !text.is_empty()).collect()
            }
            _ => Vec::new(),
        }
    }
}

fn matches(pattern: &str, number: &str) -> bool {
    let (fixed, open) = match pattern.strip_suffix('.') {
        Some(fixed) => (fixed, true),
        None => (pattern, false),
    };
    if fixed.len() > number.len() || (!open && fixed.len() != number.len()) {
        return false;
    }
    fixed.bytes().zip(number.bytes()).all(|(p, n)| p == n || (p == b'x' && n.is_ascii_digit()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_match_as_telephone_people_expect() {
        for (pattern, number, expected) in [
            ("500", "500", true),
            ("500", "5000", false),
            ("5xx", "512", true),
            ("5xx", "51*", false),
            ("00.", "0033123", true),
            ("00.", "00", true),
            ("00.", "0", false),
            ("*43", "*43", true),
            (".", "anything", true),
            ("", "", true),
        ] {
            assert_eq!(matches(pattern, number), expected, "{pattern} {number}");
        }
    }

    #[test]
    fn a_setting_that_is_missing_matches_nothing() {
        let setting: Numbers = serde_json::from_value(serde_json::json!({ "setting": "numbers" })).unwrap();
        assert_eq!(setting.resolve(&serde_json::json!({ "numbers": ["500"] })), ["500"]);
        assert!(setting.resolve(&serde_json::json!({})).is_empty());
    }

    #[test]
    fn patterns_come_from_several_places_and_from_fields_of_a_list() {
        let several = serde_json::json!(["500", { "setting": "rooms", "field": "number" }, { "setting": "codes" }]);
        let several: Numbers = serde_json::from_value(several).unwrap();
        let settings = serde_json::json!({ "rooms": [{ "number": "600" }, { "number": "" }, {}], "codes": ["*66x"] });
        assert_eq!(several.resolve(&settings), ["500", "600", "*66x"]);
    }
}
