//! Trunks that come from the configuration file. What a trunk may say and what is wrong with it is the same here and on the
//! web page: [`TrunkSettings`] and [`TrunkConfig::of`].

use jackfield_calls::TrunkConfig;
use jackfield_model::TrunkSettings;
use std::collections::HashSet;

/// The trunks of a file.
///
/// # Errors
/// The first thing that is wrong with one of them.
pub(super) fn expand(entries: &[TrunkSettings]) -> Result<Vec<TrunkConfig>, String> {
    if entries.len() > TrunkConfig::MOST {
        return Err(format!("{} trunks: at most {} are taken", entries.len(), TrunkConfig::MOST));
    }
    let mut names = HashSet::new();
    let trunk = |settings: &TrunkSettings| {
        let wrong = |wrong: jackfield_calls::WrongSetting| format!("trunk “{}”: {wrong}", settings.name);
        TrunkConfig::of(settings).map_err(|all| all.into_iter().next().map(wrong).unwrap_or_default())
    };
    let mut trunks = Vec::new();
    for settings in entries {
        let config = trunk(settings)?;
        if !names.insert(settings.name.as_str()) {
            return Err(format!("two trunks are called “{}”", settings.name));
        }
        if settings.enabled {
            trunks.push(config);
        }
    }
    Ok(trunks)
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
        assert!(wrong("servers = [\"sip:c\"]\nexpires = 10").contains("use 60 to 86400"));
        assert!(wrong("servers = [\"sip:c\"]\nregister = \"perhaps\"").starts_with("line 4: "));
        let again = "servers = [\"sip:c\"]\n[[trunks]]\nname = \"a\"\nservers = [\"sip:d\"]";
        assert!(wrong(again).contains("two trunks"));
    }

    #[test]
    fn a_trunk_that_is_switched_off_is_checked_and_not_used() {
        assert_eq!(parse("servers = [\"sip:c\"]\nenabled = false").unwrap().trunks().unwrap(), []);
        assert!(parse("servers = [\"c\"]\nenabled = false").is_err());
    }

    #[test]
    fn a_password_does_not_show_in_debug_output() {
        let config = parse("servers = [\"sip:c\"]\nuser = \"u\"\npassword = \"open sesame\"").unwrap();
        assert!(!format!("{config:?} {:?}", config.trunks()).contains("sesame"));
    }
}
