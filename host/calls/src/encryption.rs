//! How a party's sound travels, and what is told whoever is refused for it.

use crate::exchange::Exchange;
use jackfield_media::sdp::Encryption;
use jackfield_model::{Number, SoundEncryption};

/// What is said of a trunk or an extension, if anything.
pub(crate) fn said(encryption: SoundEncryption) -> Option<Encryption> {
    match encryption {
        SoundEncryption::House => None,
        SoundEncryption::Off => Some(Encryption::Off),
        SoundEncryption::Offered => Some(Encryption::Offered),
        SoundEncryption::Required => Some(Encryption::Required),
        SoundEncryption::Dtls => Some(Encryption::Dtls),
    }
}

/// How the sound of this extension's phones travels, or that of somebody who has none.
pub(crate) fn of_party(exchange: &Exchange, extension: Option<&Number>) -> Encryption {
    let directory = exchange.directory();
    let extension = extension.and_then(|number| directory.extension(number.as_str()));
    extension.and_then(|extension| said(extension.encryption)).unwrap_or(exchange.config.encryption)
}

/// Why somebody is refused, for their phone to show (RFC 3261 §20.43).
pub(crate) fn warning(why: &str) -> (String, String) {
    let text: String = why.chars().filter(|c| !c.is_control() && !matches!(c, '"' | '\\')).take(200).collect();
    (String::from("Warning"), format!("399 jackfield \"{text}\""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_warning_stays_one_field() {
        let (name, value) = warning("must \"encrypt\"\r\nVia: x\\");
        assert_eq!((name.as_str(), value.as_str()), ("Warning", "399 jackfield \"must encryptVia: x\""));
    }
}
