//! What an administrator sets.

use jackfield_sdk::prelude::*;
use serde::Deserialize;

/// The settings, as `settings.schema.json` describes them.
#[derive(Debug, Deserialize)]
pub struct Settings {
    /// Numbers by which owners come to their mailbox.
    pub access: Vec<String>,
    /// Numbers by which callers come to a mailbox, with `x` for each digit of the extension.
    pub direct: Vec<String>,
    /// Extensions without a mailbox.
    pub without: Vec<String>,
    /// Whether the PIN is asked for at the owner's telephone too.
    pub pin_at_own_telephone: bool,
    /// Longest message.
    pub longest_seconds: u64,
    /// Messages in one mailbox at most.
    pub most_messages: usize,
    /// Heard messages go after so many days; 0: never.
    pub keep_days: u64,
    /// Deleted messages are gone after so many days.
    pub trash_days: u64,
    /// Time zone of the IANA database.
    pub time_zone: String,
}

impl Settings {
    /// Whether an extension has a mailbox.
    pub fn has_mailbox(&self, extension: &str) -> bool {
        !self.without.iter().any(|without| without == extension)
    }

    /// The extension that one of the direct numbers leads to.
    pub fn direct_to(&self, number: &str) -> Option<String> {
        self.direct.iter().find_map(|pattern| {
            let fixed = pattern.trim_end_matches('x');
            let digits = number.strip_prefix(fixed)?;
            let fits = digits.len() == pattern.len() - fixed.len() && digits.bytes().all(|b| b.is_ascii_digit());
            (fits && self.has_mailbox(digits)).then(|| digits.to_owned())
        })
    }

    /// What is wrong with them.
    pub fn errors(&self) -> Vec<FieldError> {
        match clock::local(&self.time_zone, 0) {
            Ok(_) => Vec::new(),
            Err(why) => vec![FieldError::new("/time_zone", format!("{why}; zones are named as in Europe/Paris"))],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings() -> Settings {
        Settings {
            access: vec!["*98".into()],
            direct: vec!["*97xx".into(), "*97xxx".into()],
            without: vec!["199".into()],
            pin_at_own_telephone: false,
            longest_seconds: 180,
            most_messages: 100,
            keep_days: 0,
            trash_days: 7,
            time_zone: "Europe/Paris".into(),
        }
    }

    #[test]
    fn direct_numbers_end_in_the_extension() {
        let settings = settings();
        assert_eq!(settings.direct_to("*97100").as_deref(), Some("100"));
        assert_eq!(settings.direct_to("*9710").as_deref(), Some("10"));
        for number in ["*97", "*971", "*971000", "*97199", "*9710x", "97100"] {
            assert_eq!(settings.direct_to(number), None, "{number}");
        }
    }
}
