//! Extensions that come from the configuration file: for gateways, load tests, and houses that keep their numbers in
//! version control.

use jackfield_model::{Extension, Language, Number};
use jackfield_store::SipPassword;
use serde::Deserialize;
use std::collections::BTreeMap;

/// Most extensions that one file may make.
const MAX: usize = 200_000;

/// `[[extensions]]`: one extension, or `count` of them with rising numbers.
#[derive(Clone, Deserialize)]
#[cfg_attr(test, derive(serde::Serialize))]
#[serde(deny_unknown_fields)]
pub struct Provisioned {
    /// The number, which is also the SIP user name; the first one when there is a `count`.
    pub number: Number,
    /// How many, each with the next number; 1 when it says nothing.
    #[serde(default = "one")]
    pub count: super::Bounded<1, 100_000>,
    /// The name shown to the other party; `%u` is the number. The number itself when it says nothing.
    pub name: Option<String>,
    /// The SIP password; `%u` is the number. Without one no phone can register here.
    pub password: Option<String>,
    /// A SIP URI that is rung in place of registered phones; `%u` is the number.
    pub contact: Option<String>,
    /// Language of prompts.
    #[serde(default)]
    pub language: Language,
}

/// The extensions of a configuration file, one by one.
pub struct Provisions(Vec<Extension>);

impl Provisions {
    pub(super) fn expand(entries: &[Provisioned], realm: &str) -> Result<Self, String> {
        let mut all = BTreeMap::new();
        for entry in entries {
            if entry.password.is_none() && entry.contact.is_none() {
                return Err(format!(
                    "extension {} has neither password nor contact: nothing could be reached there",
                    entry.number
                ));
            }
            for index in 0..entry.count.0 {
                let number = step(&entry.number, index)?;
                if all.len() == MAX {
                    return Err(format!("more than {MAX} extensions"));
                }
                if let Some(twice) = all.insert(number.as_str().to_owned(), entry.extension(number, realm)) {
                    return Err(format!("extension {} is there twice", twice.number));
                }
            }
        }
        Ok(Self(all.into_values().collect()))
    }

    /// Each of them.
    pub fn into_extensions(self) -> Vec<Extension> {
        self.0
    }
}

impl Provisioned {
    fn extension(&self, number: Number, realm: &str) -> Extension {
        let of = |text: &String| text.replace("%u", number.as_str());
        let password = self.password.as_ref().map(|text| SipPassword::chosen(of(text)));
        Extension {
            name: self.name.as_ref().map_or_else(|| number.as_str().to_owned(), of),
            owner: None,
            static_contact: self.contact.as_ref().map(of),
            language: self.language,
            call_waiting: true,
            encryption: jackfield_model::SoundEncryption::default(),
            ha1: password.map(|password| password.ha1(number.as_str(), realm)),
            number,
        }
    }
}

impl std::fmt::Debug for Provisioned {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // Not the password.
        f.debug_struct("Provisioned").field("number", &self.number).field("count", &self.count).finish_non_exhaustive()
    }
}

/// The number `index` places further on, as wide as the first: 0099 is followed by 0100.
fn step(first: &Number, index: u64) -> Result<Number, String> {
    if index == 0 {
        return Ok(first.clone());
    }
    let no_successor =
        || format!("extension {first} with count cannot be counted on: use digits, and as many as the last one needs");
    let value: u64 = first.as_str().parse().map_err(|_| no_successor())?;
    let width = first.as_str().len();
    let text = format!("{:0width$}", value.checked_add(index).ok_or_else(no_successor)?);
    if text.len() > width {
        return Err(no_successor());
    }
    text.parse().map_err(|_| no_successor())
}

fn one() -> super::Bounded<1, 100_000> {
    super::Bounded(1)
}

#[cfg(test)]
mod tests {
    use crate::config::Config;

    #[test]
    fn a_count_makes_as_many_extensions_with_their_own_passwords() {
        let text = "[[extensions]]\nnumber = \"0099\"\ncount = 2\npassword = \"pw%u\"\nname = \"Desk %u\"\n
                    [[extensions]]\nnumber = \"2000\"\ncontact = \"sip:%u@127.0.0.1:5070\"\n";
        let all = Config::parse(text).unwrap().provisions().unwrap().into_extensions();
        let numbers: Vec<_> = all.iter().map(|e| (e.number.as_str(), e.name.as_str())).collect();
        assert_eq!(numbers, [("0099", "Desk 0099"), ("0100", "Desk 0100"), ("2000", "2000")]);
        let secrets = [&all[0], &all[1]].map(|e| e.ha1.clone().unwrap().md5);
        assert_ne!(secrets[0], secrets[1]);
        assert!(all[2].ha1.is_none());
        assert_eq!(all[2].static_contact.as_deref(), Some("sip:2000@127.0.0.1:5070"));
    }

    #[test]
    fn what_cannot_be_reached_or_counted_is_refused() {
        let wrong = |text: &str| Config::parse(&format!("[[extensions]]\n{text}")).unwrap_err().to_string();
        assert!(wrong("number = \"1\"").contains("neither password nor contact"));
        assert!(wrong("number = \"99\"\ncount = 2\npassword = \"x\"").contains("counted on"));
        assert!(wrong("number = \"*9\"\ncount = 2\npassword = \"x\"").contains("counted on"));
        let twice = "number = \"1\"\npassword = \"x\"\n[[extensions]]\nnumber = \"1\"\npassword = \"y\"";
        assert!(wrong(twice).contains("is there twice"));
    }

    #[test]
    fn a_password_does_not_show_in_debug_output() {
        let config = Config::parse("[[extensions]]\nnumber = \"1\"\npassword = \"open sesame\"").unwrap();
        assert!(!format!("{config:?}").contains("sesame"));
    }
}
