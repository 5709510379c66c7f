//! What letters say, in the language of the extension's prompts.

use jackfield_sdk::prelude::*;

/// A text in English, French and German.
type Text = [&'static str; 3];

/// One language.
#[derive(Clone, Copy)]
pub struct Words(usize);

impl Words {
    pub fn of(extension: &str) -> Self {
        let entry = directory::extension(extension).ok().flatten();
        Self(match entry.as_ref().map(|entry| entry.language.as_str()) {
            Some("fr") => 1,
            Some("de") => 2,
            _ => 0,
        })
    }

    fn say(self, text: Text) -> &'static str {
        text[self.0]
    }

    pub fn pages(self, count: u32) -> String {
        let word = if count == 1 { ["page", "page", "Seite"] } else { ["pages", "pages", "Seiten"] };
        format!("{count} {}", self.say(word))
    }

    pub fn calls(self, count: u32) -> String {
        let word = if count == 1 { ["call", "appel", "Anruf"] } else { ["calls", "appels", "Anrufe"] };
        format!("{count} {}", self.say(word))
    }

    pub fn fax_from(self, who: Option<&str>) -> String {
        let who = who.unwrap_or(self.say(["an unknown number", "numéro inconnu", "unbekannter Nummer"]));
        format!("{} {who}", self.say(["Fax from", "Fax de", "Fax von"]))
    }

    pub fn received_on(self) -> &'static str {
        self.say(["Received on", "Reçu le", "Empfangen am"])
    }

    pub fn station(self) -> &'static str {
        self.say(["Name of the machine", "Identifiant de l’appareil", "Kennung des Geräts"])
    }

    pub fn broken_off(self, outcome: &str) -> String {
        let [broken, missing]: [Text; 2] = [
            ["The transmission broke off", "La transmission s’est interrompue", "Die Übertragung ist abgebrochen"],
            [": pages may be missing.", " : il peut manquer des pages.", ": Es können Seiten fehlen."],
        ];
        format!("{} ({}){}", self.say(broken), self.reason(outcome), self.say(missing))
    }

    pub fn fax_sent(self) -> &'static str {
        self.say(["Fax sent", "Fax envoyé", "Fax gesendet"])
    }

    pub fn sent(self) -> &'static str {
        self.say(["sent", "envoyé", "gesendet"])
    }

    pub fn not_sent(self) -> &'static str {
        self.say(["not sent", "non envoyé", "nicht gesendet"])
    }

    /// Why a fax did not go over: the page says the same.
    pub fn reason(self, outcome: &str) -> &'static str {
        self.say(match outcome {
            "no_fax" => ["no fax machine there", "pas de télécopieur à ce numéro", "dort ist kein Faxgerät"],
            "line_dropped" => ["the line was cut", "la ligne a été coupée", "die Leitung wurde getrennt"],
            "not_trained" => ["the line is too bad", "la ligne est trop mauvaise", "die Leitung ist zu schlecht"],
            "incompatible" => [
                "the machine cannot take this document",
                "l’appareil ne peut pas recevoir ce document",
                "das Gerät kann dieses Dokument nicht empfangen",
            ],
            "refused" => {
                ["the machine broke off", "l’appareil a interrompu la transmission", "das Gerät hat abgebrochen"]
            }
            "document" => ["the document cannot be read", "le document est illisible", "das Dokument ist nicht lesbar"],
            "protocol" => [
                "the machine did not follow the rules",
                "l’appareil n’a pas suivi les règles",
                "das Gerät hielt sich nicht an die Regeln",
            ],
            "busy" => ["busy", "occupé", "besetzt"],
            "no_answer" => ["nobody answered", "pas de réponse", "niemand hat abgenommen"],
            "rejected" => ["call refused", "appel refusé", "Anruf abgelehnt"],
            "unavailable" => ["cannot be reached", "injoignable", "nicht erreichbar"],
            "stopped" => ["stopped", "arrêté", "angehalten"],
            _ => ["this house could not", "la maison n’a pas pu", "das Haus konnte nicht"],
        })
    }
}
