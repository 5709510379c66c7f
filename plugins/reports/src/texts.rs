//! Words in three languages: of fields, of values, of groups.

use serde::Deserialize;
use std::{collections::HashMap, sync::OnceLock};

/// A text in each language.
#[derive(Debug, Deserialize)]
pub struct Text {
    en: String,
    fr: String,
    de: String,
}

impl Text {
    /// In one of them: `en`, `fr`, `de`.
    pub fn in_language(&self, language: &str) -> &str {
        match language {
            "fr" => &self.fr,
            "de" => &self.de,
            _ => &self.en,
        }
    }
}

type Words = HashMap<String, Text>;

/// What a column is called; its own name when it has no other.
pub fn field<'a>(name: &'a str, language: &str) -> &'a str {
    static FIELDS: OnceLock<Words> = OnceLock::new();
    word(&FIELDS, include_str!("../texts/fields.json"), name, language)
}

/// What a value is called that is a word of the house.
pub fn value<'a>(value: &'a str, language: &str) -> &'a str {
    static VALUES: OnceLock<Words> = OnceLock::new();
    word(&VALUES, include_str!("../texts/words.json"), value, language)
}

/// What a group of reports is called.
pub fn group<'a>(group: &'a str, language: &str) -> &'a str {
    static GROUPS: OnceLock<Words> = OnceLock::new();
    word(&GROUPS, include_str!("../texts/groups.json"), group, language)
}

fn word<'a>(words: &'static OnceLock<Words>, source: &str, name: &'a str, language: &str) -> &'a str {
    let words = words.get_or_init(|| serde_json::from_str(source).expect("the files of words are checked by tests"));
    words.get(name).map_or(name, |text| text.in_language(language))
}

/// A sentence of this plugin.
pub fn say(key: &str, language: &str) -> &'static str {
    let [en, fr, de] = match key {
        "total" => ["Total", "Total", "Gesamt"],
        "more" => ["There are more rows than these.", "Il y a d’autres lignes.", "Es gibt weitere Zeilen."],
        "period" => ["Period", "Période", "Zeitraum"],
        "zone" => ["Time zone", "Fuseau horaire", "Zeitzone"],
        "counted" => [
            "Counted in the interval in which each began.",
            "Compté dans l’intervalle du début.",
            "Gezählt im Intervall des Beginns.",
        ],
        "counted_by_end" => [
            "Counted in the interval in which each ended.",
            "Compté dans l’intervalle de la fin.",
            "Gezählt im Intervall des Endes.",
        ],
        "definitions" => ["Definitions", "Définitions", "Definitionen"],
        "yes" => ["yes", "oui", "ja"],
        "no" => ["no", "non", "nein"],
        "nothing" => ["Nothing in this period.", "Rien sur cette période.", "Nichts in diesem Zeitraum."],
        _ => ["", "", ""],
    };
    match language {
        "fr" => fr,
        "de" => de,
        _ => en,
    }
}
