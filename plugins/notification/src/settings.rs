//! What an administrator sets.

use crate::{news::Kind, sms::Sms, wording};
use jackfield_sdk::prelude::*;
use serde::Deserialize;

/// The settings, as `settings.schema.json` describes them.
#[derive(Debug, Deserialize)]
pub struct Settings {
    /// Kinds about which those are written to who have not said what they wish.
    pub unasked: Vec<Kind>,
    /// Whether recordings may leave the house.
    pub attach: bool,
    /// Words in place of the usual ones.
    pub templates: Vec<Template>,
    /// How SMS are sent.
    pub sms: Sms,
    /// Time zone of the IANA database.
    pub time_zone: String,
}

/// Words in place of the usual ones.
#[derive(Debug, Deserialize)]
pub struct Template {
    /// What the letter is about.
    pub kind: Kind,
    /// `en`, `fr` or `de`.
    pub language: String,
    /// One line.
    pub subject: String,
    /// The text.
    pub text: String,
}

impl Settings {
    /// What is wrong with them.
    pub fn errors(&self) -> Vec<FieldError> {
        let mut errors = self.sms.errors();
        if let Err(why) = clock::local(&self.time_zone, 0) {
            errors.push(FieldError::new("/time_zone", format!("{why}; zones are named as in Europe/Paris")));
        }
        for (at, template) in self.templates.iter().enumerate() {
            for (field, text) in [("subject", &template.subject), ("text", &template.text)] {
                if let Some(odd) = wording::unknown_word(text) {
                    let known = wording::WORDS.join("}, {");
                    let message = format!("there is no {{{odd}}}: there are {{{known}}}");
                    errors.push(FieldError::new(format!("/templates/{at}/{field}"), message));
                }
            }
        }
        errors
    }
}
