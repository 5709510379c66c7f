//! `[[keys]]` of `plugin.toml`: what people can put on a key of their telephone.

use crate::{filter::Pattern, manifest::is_name};
use jackfield_model::Number;
use serde::Deserialize;
use serde_json::Value;

/// Keys of one plugin.
const MOST_KEYS: usize = 32;
/// Codes of one key: a setting may hold several.
const MOST_CODES: usize = 10;
const LONGEST_CODE: usize = 32;

/// One `[[keys]]` table.
#[derive(Clone, Debug, Deserialize)]
pub struct Key {
    /// Its name in the plugin: lower-case letters, digits and hyphens, unique.
    pub id: String,
    /// What it says, in English, at most 40 characters; `locales/` translates it.
    pub label: String,
    /// What it dials: `"*37"`, or `{ setting = "code" }` for the setting that holds it, one or a list.
    pub code: Pattern,
    /// The digit in the place of each `x` of the code.
    pub digit: Option<char>,
}

/// A key with the settings of the moment put in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct KeyCodes {
    pub(crate) id: String,
    /// What dials it; none when no setting says.
    pub(crate) codes: Vec<String>,
}

impl Key {
    /// Its codes as settings have them. What is no number is left out.
    pub(crate) fn codes(&self, settings: &Value) -> KeyCodes {
        let given = self.code.resolve(settings).into_iter();
        let filled = given.map(|code| match self.digit {
            Some(digit) => code.replace('x', &digit.to_string()),
            None => code,
        });
        // Letters and dots are of patterns, and written numbers of people.
        let is_plain = |code: &String| code.chars().all(|c| c.is_ascii_digit() || "*#+".contains(c));
        let sound = |code: &String| code.len() <= LONGEST_CODE && is_plain(code) && code.parse::<Number>().is_ok();
        KeyCodes { id: self.id.clone(), codes: filled.filter(sound).take(MOST_CODES).collect() }
    }

    /// What is wrong with all of a plugin's.
    pub(crate) fn check_all(keys: &[Self]) -> Result<(), String> {
        if keys.len() > MOST_KEYS {
            return Err(format!("there are {} keys, at most {MOST_KEYS} are taken", keys.len()));
        }
        for (at, key) in keys.iter().enumerate() {
            let id = &key.id;
            if !is_name(id) {
                return Err(format!("keys.id “{id}” must have lower-case letters, digits and - only"));
            }
            if keys[..at].iter().any(|other| other.id == *id) {
                return Err(format!("two keys have the id “{id}”"));
            }
            if key.label.trim().is_empty() || key.label.chars().count() > 40 {
                return Err(format!("the label of the key “{id}” must have 1 to 40 characters"));
            }
            if key.digit.is_some_and(|digit| !digit.is_ascii_digit()) {
                return Err(format!("the digit of the key “{id}” must be one of 0 to 9"));
            }
            if matches!(&key.code, Pattern::Given(_)) && key.codes(&Value::Null).codes.is_empty() {
                return Err(format!("the code of the key “{id}” is no number such as *37; an x in it needs a digit"));
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use crate::manifest::Manifest;
    use serde_json::json;

    const WHOLE: &str = "id = 'org.example.x'\nname = 'X'\nversion = '1.0.0'\npublisher = 'Example'\n\
        description = 'A test.'\nlicense = 'MIT'\napi = '^0.1'\n";
    const KEY: &str = "[[keys]]\nid = 'night'\nlabel = 'Night'\ncode = '*28x'\ndigit = '2'\n";

    #[test]
    fn keys_are_checked_one_by_one() {
        let with = |keys: &str| Manifest::parse(&format!("{WHOLE}{keys}"));
        assert_eq!(with(KEY).unwrap().keys[0].codes(&json!({})).codes, ["*282"]);
        for (from, to, said) in [
            ("'night'", "'Night!'", "lower-case letters, digits and - only"),
            ("'Night'", "' '", "1 to 40 characters"),
            ("digit = '2'", "digit = 'a'", "one of 0 to 9"),
            ("digit = '2'\n", "", "an x in it needs a digit"),
            ("'*28x'", "''", "no number"),
            ("'*28x'", "'+33.'", "no number"),
            ("digit", "digits", "unknown key “keys.digits”: did you mean “digit”?"),
        ] {
            let error = with(&KEY.replacen(from, to, 1)).unwrap_err().to_string();
            assert!(error.contains(said), "{error}");
        }
        assert!(with(&format!("{KEY}{KEY}")).unwrap_err().to_string().contains("two keys"));
        let many: String = (0..33).map(|n| KEY.replace("'night'", &format!("'n{n}'"))).collect();
        assert!(with(&many).unwrap_err().to_string().contains("at most 32"));
    }

    #[test]
    fn a_setting_may_hold_several_codes_and_what_is_no_number_is_none() {
        let key = KEY.replace("'*28x'", "{ setting = 'codes' }");
        let key = &Manifest::parse(&format!("{WHOLE}{key}")).unwrap().keys[0];
        let codes = |codes| key.codes(&json!({ "codes": codes })).codes;
        assert_eq!(codes(json!(["*28x", "*77", "", "a", "1.", 7, "0".repeat(33)])), ["*282", "*77"]);
        assert!(codes(json!(null)).is_empty() && codes(json!("")).is_empty());
        assert_eq!(codes(json!(vec!["*1x"; 50])).len(), 10);
    }
}
