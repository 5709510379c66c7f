//! What somebody has set up becomes a trunk, or they are told everything that is wrong with it. The configuration file and
//! the API both go by this.

use super::{Identity, NumberRange, Numbering, TrunkConfig};
use crate::encryption;
use ipnet::IpNet;
use jackfield_model::{Number, SessionTimer, TrunkNumbers, TrunkRegistration, TrunkSettings};
use jackfield_sip::{Account, Host, SessionPolicy, Uri};
use std::{fmt, ops::RangeInclusive, time::Duration};

/// Most servers, networks, codecs and ranges of numbers of one trunk.
const MOST: (usize, usize, usize, usize) = (16, 64, 32, 1_000);
/// Most characters of a user name or password.
const LONGEST: usize = 128;

/// What is wrong with one setting of a trunk.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WrongSetting {
    /// Which one: its key, or a path of keys and places such as `numbers/0/first`.
    pub field: String,
    /// A stable name, e.g. `out-of-range`.
    pub code: &'static str,
    /// What is wrong and how to mend it, beginning in lower case and without a full stop.
    pub message: String,
}

impl fmt::Display for WrongSetting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl TrunkConfig {
    /// The trunk that these settings describe.
    ///
    /// # Errors
    /// Everything that is wrong with them, at least one thing.
    pub fn of(settings: &TrunkSettings) -> Result<Self, Vec<WrongSetting>> {
        let mut check = Check::default();
        check.names(settings);
        check.sizes(settings);
        let domain = settings.domain.clone().or_else(|| host_of(settings.servers.first()?)).unwrap_or_default();
        let sources = check.sources(&settings.sources);
        let numbers = settings.numbers.iter().enumerate().filter_map(|(at, each)| check.numbers(at, each)).collect();
        let caller_id = settings.caller_id.as_ref().and_then(|number| check.number("caller_id", number));
        let account = check.account(settings);
        if !check.0.is_empty() {
            return Err(check.0);
        }
        let interval = Duration::from_secs(settings.session_interval.into());
        Ok(Self {
            name: settings.name.clone(),
            servers: settings.servers.clone(),
            outbound_proxy: settings.outbound_proxy.clone(),
            domain,
            user: settings.user.clone().unwrap_or_else(|| String::from("jackfield")),
            account,
            register: settings.register,
            expires: Duration::from_secs(settings.expires.into()),
            called_in: settings.called_in,
            sources,
            channels: settings.channels,
            numbering: Numbering {
                country: settings.country.clone(),
                area: settings.area.clone(),
                international: settings.international_prefix.clone(),
                national: settings.national_prefix.clone(),
                format: settings.number_format,
            },
            numbers,
            identity: Identity {
                field: settings.identity,
                default: caller_id.map(|number| number.as_str().to_owned()),
                foreign: settings.foreign_caller_id,
            },
            ping: Some(Duration::from_secs(settings.ping.into())).filter(|ping| *ping > Duration::ZERO),
            patience: Duration::from_secs(settings.try_next_after.into()),
            codecs: settings.codecs.clone(),
            encryption: encryption::said(settings.encryption),
            dtmf: settings.dtmf,
            session_timer: match settings.session_timer {
                SessionTimer::Off => SessionPolicy::Off,
                SessionTimer::Offered => SessionPolicy::Offered(interval),
                SessionTimer::Required => SessionPolicy::Required(interval),
            },
        })
    }
}

#[derive(Default)]
struct Check(Vec<WrongSetting>);

impl Check {
    fn wrong(&mut self, field: impl Into<String>, code: &'static str, message: impl Into<String>) {
        self.0.push(WrongSetting { field: field.into(), code, message: message.into() });
    }

    fn names(&mut self, settings: &TrunkSettings) {
        let plain = |c: char| c.is_ascii_alphanumeric() || "-_".contains(c);
        let TrunkSettings { name, servers, outbound_proxy, domain, codecs, .. } = settings;
        if name.is_empty() || name.len() > 32 || !name.chars().all(plain) {
            self.wrong("name", "not-a-name", "use 1 to 32 letters, digits, “-” or “_” for its name");
        }
        let uris = servers.iter().enumerate().map(|(at, uri)| (format!("servers/{at}"), uri));
        let proxy = outbound_proxy.iter().map(|uri| (String::from("outbound_proxy"), uri));
        for (field, uri) in uris.chain(proxy) {
            if host_of(uri).is_none() {
                self.wrong(field, "not-a-server", format!("“{uri}” is no SIP URI like sip:sip.carrier.example"));
            }
        }
        if let Some(domain) = domain
            && host_of(&format!("sip:{domain}")).is_none()
        {
            self.wrong("domain", "not-a-domain", format!("“{domain}” is no domain"));
        }
        for (field, digits) in [
            ("country", &settings.country),
            ("area", &settings.area),
            ("international_prefix", &settings.international_prefix),
            ("national_prefix", &settings.national_prefix),
        ] {
            if digits.len() > 8 || !digits.chars().all(|c| c.is_ascii_digit()) {
                self.wrong(field, "not-digits", format!("{field} “{digits}”: use at most 8 digits"));
            }
        }
        let is_codec = |name: &String| {
            (1..=32).contains(&name.len()) && name.chars().all(|c| c.is_ascii_alphanumeric() || "-_.".contains(c))
        };
        if let Some(wrong) = codecs.iter().find(|name| !is_codec(name)) {
            self.wrong("codecs", "not-a-codec", format!("“{wrong}” is no name of a codec like PCMA, G722 or opus"));
        }
    }

    fn sizes(&mut self, settings: &TrunkSettings) {
        let TrunkSettings { servers, sources, codecs, numbers, .. } = settings;
        if servers.is_empty() || servers.len() > MOST.0 || numbers.len() > MOST.3 {
            let message = format!("give it 1 to {} servers and at most {} ranges of numbers", MOST.0, MOST.3);
            self.wrong(if numbers.len() > MOST.3 { "numbers" } else { "servers" }, "wrong-count", message);
        }
        if sources.len() > MOST.1 || codecs.len() > MOST.2 {
            let message = format!("give it at most {} networks and {} codecs", MOST.1, MOST.2);
            self.wrong(if sources.len() > MOST.1 { "sources" } else { "codecs" }, "wrong-count", message);
        }
        let mut within = |field: &str, value: u32, range: RangeInclusive<u32>| {
            if !range.contains(&value) {
                let message = format!("{field}: {value} is out of range: use {} to {}", range.start(), range.end());
                self.wrong(field, "out-of-range", message);
            }
        };
        within("expires", settings.expires, 60..=86_400);
        within("ping", settings.ping, 0..=3_600);
        within("try_next_after", settings.try_next_after, 1..=32);
        within("session_interval", settings.session_interval, 90..=86_400);
        if let Some(channels) = settings.channels {
            within("channels", channels, 1..=100_000);
        }
    }

    fn account(&mut self, settings: &TrunkSettings) -> Option<Account> {
        let TrunkSettings { user, auth_user, password, register, .. } = settings;
        let plain = |text: &str| !text.contains(|c: char| c == '"' || c == '\\' || c.is_control());
        for (field, text) in [("user", user), ("auth_user", auth_user)] {
            let wrong = |text: &&String| text.trim().is_empty() || text.len() > LONGEST || !plain(text);
            if text.as_ref().filter(wrong).is_some() {
                let message = "use 1 to 128 characters without quotes, backslashes and control characters";
                self.wrong(field, "not-plain", format!("{field}: {message}"));
            }
        }
        if *register != TrunkRegistration::No && user.is_none() {
            self.wrong("user", "user-to-register", "it shall register and has no user");
        }
        let password = password.as_ref().filter(|password| !password.is_empty())?;
        if password.reveal().len() > LONGEST || password.reveal().contains(char::is_control) {
            self.wrong("password", "not-plain", "password: use 1 to 128 characters without control characters");
        }
        let Some(user) = auth_user.as_ref().or(user.as_ref()) else {
            self.wrong("user", "user-for-password", "it has a password and no user");
            return None;
        };
        Some(Account { user: user.clone(), password: password.reveal().to_owned(), ha1: None })
    }

    fn sources(&mut self, sources: &[String]) -> Vec<IpNet> {
        let mut networks = Vec::new();
        for (at, text) in sources.iter().enumerate() {
            // A single address is the network of itself.
            match text.parse().or_else(|_| text.parse().map(|address: std::net::IpAddr| address.into())) {
                Ok(network) => networks.push(network),
                Err(_) => {
                    let message = format!("“{text}” is no network like 203.0.113.0/28");
                    self.wrong(format!("sources/{at}"), "not-a-network", message);
                }
            }
        }
        networks
    }

    fn number(&mut self, field: impl Into<String>, text: &str) -> Option<Number> {
        match text.parse() {
            Ok(number) => Some(number),
            Err(error) => {
                self.wrong(field, "not-a-number", format!("“{text}”: {error}"));
                None
            }
        }
    }

    fn numbers(&mut self, at: usize, numbers: &TrunkNumbers) -> Option<NumberRange> {
        let field = |name: &str| format!("numbers/{at}/{name}");
        let mut all = |name: &str, text: &Option<String>| match text {
            Some(text) => self.number(field(name), text).map(Some),
            None => Some(None),
        };
        let first = all("first", &Some(numbers.first.clone()))??;
        let (last, to) = (all("last", &numbers.last)?, all("to", &numbers.to)?);
        if let Err(message) = NumberRange::new(&first, last.as_ref(), None, false) {
            let outside = |number: &Number| number.as_str().starts_with('+');
            let in_e164 = outside(&first) && last.as_ref().is_none_or(outside);
            let (name, code) = if in_e164 { ("last", "not-a-range") } else { ("first", "not-e164") };
            self.wrong(field(name), code, message);
            return None;
        }
        let range = NumberRange::new(&first, last.as_ref(), to.as_ref(), numbers.count_on);
        range.map_err(|message| self.wrong(field("to"), "cannot-count-on", message)).ok()
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

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(more: &str) -> TrunkSettings {
        serde_json::from_str(&format!("{{\"name\": \"a\", \"servers\": [\"sip:c.example\"]{more}}}")).unwrap()
    }

    fn wrong(more: &str) -> Vec<String> {
        let wrong = TrunkConfig::of(&settings(more)).unwrap_err();
        wrong.into_iter().map(|wrong| format!("{} {}", wrong.field, wrong.code)).collect()
    }

    #[test]
    fn a_name_and_a_server_are_enough() {
        let trunk = TrunkConfig::of(&settings("")).unwrap();
        assert_eq!((trunk.domain.as_str(), trunk.user.as_str()), ("c.example", "jackfield"));
        assert_eq!(trunk.session_timer, SessionPolicy::Offered(Duration::from_secs(1_800)));
        assert_eq!((trunk.account, trunk.ping), (None, Some(Duration::from_secs(60))));
    }

    #[test]
    fn everything_that_is_wrong_is_told_at_once_with_its_place() {
        let many =
            ", \"domain\": \"a b\", \"expires\": 5, \"country\": \"+49\", \"channels\": 0, \"register\": \"single\"";
        let told = ["domain not-a-domain", "country not-digits", "expires out-of-range", "channels out-of-range"];
        assert_eq!(wrong(many), [&told[..], &["user user-to-register"]].concat());
        assert_eq!(wrong(", \"sources\": [\"192.0.2.1\", \"carrier\"]"), ["sources/1 not-a-network"]);
        assert_eq!(wrong(", \"password\": \"x\""), ["user user-for-password"]);
        assert_eq!(wrong(", \"user\": \"a\\\"b\""), ["user not-plain"]);
        assert_eq!(wrong(", \"codecs\": [\"G 722\"]"), ["codecs not-a-codec"]);
    }

    #[test]
    fn ranges_of_numbers_are_checked_one_by_one() {
        let numbers = |text: &str| wrong(&format!(", \"numbers\": [{{\"first\": \"+4930100\"}}, {{{text}}}]"));
        assert_eq!(numbers("\"first\": \"x\""), ["numbers/1/first not-a-number"]);
        assert_eq!(numbers("\"first\": \"030100\""), ["numbers/1/first not-e164"]);
        assert_eq!(numbers("\"first\": \"+4930100\", \"last\": \"+4930099\""), ["numbers/1/last not-a-range"]);
        let too_far = "\"first\": \"+493010\", \"last\": \"+493019\", \"to\": \"5\", \"count_on\": true";
        assert_eq!(numbers(too_far), ["numbers/1/to cannot-count-on"]);
    }
}
