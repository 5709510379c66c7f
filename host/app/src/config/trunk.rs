//! Trunks that come from the configuration file.

use super::{Bounded, Text};
use ipnet::IpNet;
use jackfield_calls::trunks::{Identity, NumberRange, Numbering, TrunkConfig};
use jackfield_model::{CalledIn, IdentityField, Number, NumberFormat, TrunkRegistration};
use jackfield_sip::{Account, Host, Uri};
use serde::Deserialize;
use std::{collections::HashSet, time::Duration};

/// Most trunks, servers of one, and number ranges of one.
const MOST: (usize, usize, usize) = (64, 16, 1_000);

/// `[[trunks]]`: a way to the outside.
#[derive(Clone, Deserialize)]
#[cfg_attr(test, derive(serde::Serialize))]
#[serde(deny_unknown_fields)]
pub struct Trunk {
    /// Its name: 1 to 32 letters, digits, `-` or `_`.
    pub name: String,
    /// SIP URIs of its servers, best first.
    pub servers: Vec<String>,
    /// A SIP URI that everything is sent to instead.
    pub outbound_proxy: Option<String>,
    /// The host of our addresses there; that of the first server when it says nothing.
    pub domain: Option<String>,
    /// The user part of our address there.
    pub user: Option<Text>,
    /// The user name for challenges; `user` when it says nothing.
    pub auth_user: Option<Text>,
    /// The password for challenges.
    pub password: Option<String>,
    /// Whether we register there.
    #[serde(default)]
    pub register: TrunkRegistration,
    /// Seconds of a registration.
    #[serde(default = "ten_minutes")]
    pub expires: Bounded<60, 86_400>,
    /// Where an INVITE says which number was called.
    #[serde(default)]
    pub called_in: CalledIn,
    /// From where its calls come, besides the addresses of its servers.
    #[serde(default)]
    pub sources: Vec<IpNet>,
    /// Most calls at once.
    pub channels: Option<Bounded<1, 100_000>>,
    /// Country code.
    #[serde(default)]
    pub country: String,
    /// Area code.
    #[serde(default)]
    pub area: String,
    /// What people dial before a country code.
    #[serde(default = "double_zero")]
    pub international_prefix: String,
    /// What people dial before an area code.
    #[serde(default = "zero")]
    pub national_prefix: String,
    /// How the carrier writes numbers.
    #[serde(default)]
    pub number_format: NumberFormat,
    /// The header field that names the line that calls.
    #[serde(default)]
    pub identity: IdentityField,
    /// The number of those who have none of their own.
    pub caller_id: Option<Number>,
    /// Whether numbers that are not ours may be shown.
    #[serde(default)]
    pub foreign_caller_id: bool,
    /// Seconds between two OPTIONS; 0 for never.
    #[serde(default = "minute")]
    pub ping: Bounded<0, 3_600>,
    /// Seconds that a server may be silent before the next one is tried.
    #[serde(default = "four")]
    pub try_next_after: Bounded<1, 32>,
    /// Codecs that it is offered; all that the caller has when empty.
    #[serde(default)]
    pub codecs: Vec<String>,
    /// Its numbers.
    #[serde(default)]
    pub numbers: Vec<Numbers>,
}

/// `[[trunks.numbers]]`: consecutive numbers of a trunk.
#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(test, derive(serde::Serialize))]
#[serde(deny_unknown_fields)]
pub struct Numbers {
    /// The first number, in E.164.
    pub first: Number,
    /// The last number; the first one when it says nothing.
    pub last: Option<Number>,
    /// The extension that calls go to.
    pub to: Option<Number>,
    /// Whether each further number leads to the next extension.
    #[serde(default)]
    pub count_on: bool,
}

impl Trunk {
    pub(super) fn expand(entries: &[Self]) -> Result<Vec<TrunkConfig>, String> {
        if entries.len() > MOST.0 {
            return Err(format!("{} trunks: at most {} are taken", entries.len(), MOST.0));
        }
        let mut names = HashSet::new();
        entries
            .iter()
            .map(|trunk| {
                if !names.insert(trunk.name.as_str()) {
                    return Err(format!("two trunks are called “{}”", trunk.name));
                }
                trunk.config().map_err(|wrong| format!("trunk “{}”: {wrong}", trunk.name))
            })
            .collect()
    }

    fn config(&self) -> Result<TrunkConfig, String> {
        let plain = |c: char| c.is_ascii_alphanumeric() || "-_".contains(c);
        if self.name.is_empty() || self.name.len() > 32 || !self.name.chars().all(plain) {
            return Err("use 1 to 32 letters, digits, “-” or “_” for its name".into());
        }
        if self.servers.is_empty() || self.servers.len() > MOST.1 || self.numbers.len() > MOST.2 {
            return Err(format!("give it 1 to {} servers and at most {} ranges of numbers", MOST.1, MOST.2));
        }
        for uri in self.servers.iter().chain(&self.outbound_proxy) {
            host_of(uri).ok_or_else(|| format!("“{uri}” is no SIP URI like sip:sip.carrier.example"))?;
        }
        let domain = self.domain.clone().or_else(|| host_of(&self.servers[0])).unwrap_or_default();
        if host_of(&format!("sip:{domain}")).is_none() {
            return Err(format!("“{domain}” is no domain"));
        }
        let digits = |what: &str, text: &str| {
            let fits = text.len() <= 8 && text.chars().all(|c| c.is_ascii_digit());
            fits.then_some(()).ok_or_else(|| format!("{what} “{text}”: use at most 8 digits"))
        };
        digits("country", &self.country)?;
        digits("area", &self.area)?;
        digits("international_prefix", &self.international_prefix)?;
        digits("national_prefix", &self.national_prefix)?;
        let user = self.user.as_ref().map(|user| user.as_str().to_owned());
        let login = self.auth_user.as_ref().map(|user| user.as_str().to_owned()).or_else(|| user.clone());
        let account = match (&self.password, login) {
            (Some(password), Some(user)) => Some(Account { user, password: password.clone(), ha1: None }),
            (Some(_), None) => return Err("it has a password and no user".into()),
            (None, _) => None,
        };
        if self.register != TrunkRegistration::No && user.is_none() {
            return Err("it shall register and has no user".into());
        }
        let is_name = |name: &String| {
            (1..=32).contains(&name.len()) && name.chars().all(|c| c.is_ascii_alphanumeric() || "-_.".contains(c))
        };
        if let Some(wrong) = self.codecs.iter().find(|name| !is_name(name)) {
            return Err(format!("“{wrong}” is no name of a codec like PCMA, G722 or opus"));
        }
        let range = |numbers: &Numbers| {
            let Numbers { first, last, to, count_on } = numbers;
            NumberRange::new(first, last.as_ref(), to.as_ref(), *count_on)
        };
        Ok(TrunkConfig {
            name: self.name.clone(),
            servers: self.servers.clone(),
            outbound_proxy: self.outbound_proxy.clone(),
            domain,
            user: user.unwrap_or_else(|| String::from("jackfield")),
            account,
            register: self.register,
            expires: self.expires.seconds(),
            called_in: self.called_in,
            sources: self.sources.clone(),
            channels: self.channels.map(|channels| u32::try_from(channels.0).unwrap_or(u32::MAX)),
            numbering: Numbering {
                country: self.country.clone(),
                area: self.area.clone(),
                international: self.international_prefix.clone(),
                national: self.national_prefix.clone(),
                format: self.number_format,
            },
            numbers: self.numbers.iter().map(range).collect::<Result<_, _>>()?,
            identity: Identity {
                field: self.identity,
                default: self.caller_id.as_ref().map(|number| number.as_str().to_owned()),
                foreign: self.foreign_caller_id,
            },
            ping: Some(self.ping.seconds()).filter(|ping| *ping > Duration::ZERO),
            patience: self.try_next_after.seconds(),
            codecs: self.codecs.clone(),
        })
    }
}

impl std::fmt::Debug for Trunk {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // Not the password.
        f.debug_struct("Trunk").field("name", &self.name).field("servers", &self.servers).finish_non_exhaustive()
    }
}

fn host_of(uri: &str) -> Option<String> {
    let parsed = Uri::parse(uri.as_bytes()).filter(|uri| uri.is_sip() && uri.headers().is_empty())?;
    let host = parsed.host()?;
    match host {
        Host::Name("") => None,
        host => Some(host.to_string()),
    }
}

fn ten_minutes() -> Bounded<60, 86_400> {
    Bounded(600)
}

fn minute() -> Bounded<0, 3_600> {
    Bounded(60)
}

fn four() -> Bounded<1, 32> {
    Bounded(4)
}

fn zero() -> String {
    String::from("0")
}

fn double_zero() -> String {
    String::from("00")
}

#[cfg(test)]
mod tests {
    use crate::config::Config;

    fn parse(text: &str) -> Result<Config, String> {
        Config::parse(&format!("[[trunks]]\nname = \"a\"\n{text}")).map_err(|error| error.to_string())
    }

    #[test]
    fn a_trunk_needs_little_and_says_what_it_lacks() {
        let config = parse("servers = [\"sip:sip.carrier.example;transport=tcp\"]").unwrap();
        let trunk = &config.trunks().unwrap()[0];
        assert_eq!((trunk.domain.as_str(), trunk.account.is_none()), ("sip.carrier.example", true));
        let wrong = |text: &str| parse(text).unwrap_err();
        assert!(wrong("servers = []").contains("1 to 16 servers"));
        assert!(wrong("servers = [\"carrier.example\"]").contains("no SIP URI"));
        assert!(wrong("servers = [\"sip:c\"]\npassword = \"x\"").ends_with("it has a password and no user"));
        assert!(wrong("servers = [\"sip:c\"]\nregister = \"single\"").contains("no user"));
        assert!(wrong("servers = [\"sip:c\"]\ncountry = \"+49\"").contains("at most 8 digits"));
        let again = "servers = [\"sip:c\"]\n[[trunks]]\nname = \"a\"\nservers = [\"sip:d\"]";
        assert!(wrong(again).contains("two trunks"));
    }

    #[test]
    fn a_password_does_not_show_in_debug_output() {
        let config = parse("servers = [\"sip:c\"]\nuser = \"u\"\npassword = \"open sesame\"").unwrap();
        assert!(!format!("{config:?} {:?}", config.trunks()).contains("sesame"));
    }
}
