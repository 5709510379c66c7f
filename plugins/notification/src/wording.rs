//! What letters say, in the language of the person whose extension it is.

use crate::{
    news::{Kind, News},
    settings::Settings,
};
use jackfield_sdk::prelude::*;

/// What may stand in braces in a template.
pub const WORDS: [&str; 7] = ["who", "number", "name", "time", "length", "extension", "urgent"];
/// Longest subject, in characters.
const SUBJECT: usize = 200;

/// The words of one language.
struct Words {
    voicemail: (&'static str, &'static str),
    missed: (&'static str, &'static str),
    /// SMS about a message and about a missed call.
    sms: (&'static str, &'static str),
    digest: &'static str,
    message: &'static str,
    call: &'static str,
    urgent: &'static str,
    unknown: &'static str,
    file: &'static str,
}

const EN: Words = Words {
    voicemail: (
        "{urgent}Message from {who}",
        "{who} has left you a message of {length} at extension {extension}, on {time}.\n\nYou hear it on the page “Voicemail” or by telephone.\n",
    ),
    missed: (
        "Missed call from {who}",
        "{who} has called you at extension {extension}, on {time}. Nobody took the call.\n",
    ),
    sms: (
        "{urgent}Message of {length} from {who} at extension {extension}, {time}.",
        "Missed call from {who} at extension {extension}, {time}.",
    ),
    digest: "{count} missed at extension {extension}",
    message: "{time}  {urgent}message of {length} from {who}",
    call: "{time}  call from {who}",
    urgent: "Urgent: ",
    unknown: "somebody without a number",
    file: "message",
};
const FR: Words = Words {
    voicemail: (
        "{urgent}Message de {who}",
        "{who} vous a laissé un message de {length} au poste {extension}, le {time}.\n\nVous l’écoutez sur la page « Messagerie vocale » ou au téléphone.\n",
    ),
    missed: (
        "Appel manqué de {who}",
        "{who} vous a appelé au poste {extension}, le {time}. Personne n’a pris l’appel.\n",
    ),
    sms: (
        "{urgent}Message de {length} de {who} au poste {extension}, le {time}.",
        "Appel manqué de {who} au poste {extension}, le {time}.",
    ),
    digest: "{count} événements manqués au poste {extension}",
    message: "{time}  {urgent}message de {length} de {who}",
    call: "{time}  appel de {who}",
    urgent: "Urgent : ",
    unknown: "quelqu’un sans numéro",
    file: "message",
};
const DE: Words = Words {
    voicemail: (
        "{urgent}Nachricht von {who}",
        "{who} hat Ihnen am {time} an der Nebenstelle {extension} eine Nachricht von {length} hinterlassen.\n\nSie hören sie auf der Seite „Voicemail“ oder am Telefon.\n",
    ),
    missed: (
        "Verpasster Anruf von {who}",
        "{who} hat Sie am {time} an der Nebenstelle {extension} angerufen. Niemand hat den Anruf angenommen.\n",
    ),
    sms: (
        "{urgent}Nachricht von {length} von {who} an der Nebenstelle {extension}, am {time}.",
        "Verpasster Anruf von {who} an der Nebenstelle {extension}, am {time}.",
    ),
    digest: "{count} verpasst an der Nebenstelle {extension}",
    message: "{time}  {urgent}Nachricht von {length} von {who}",
    call: "{time}  Anruf von {who}",
    urgent: "Dringend: ",
    unknown: "jemand ohne Nummer",
    file: "Nachricht",
};

/// Subject and text of a letter about one piece of news.
pub fn letter(settings: &Settings, extension: &str, news: &News) -> Result<(String, String)> {
    let language = language_of(extension)?;
    let own = settings.templates.iter().find(|own| own.kind == news.kind && own.language == language);
    let (subject, text) = match (own, news.kind) {
        (Some(own), _) => (own.subject.as_str(), own.text.as_str()),
        (None, Kind::Voicemail) => words(&language).voicemail,
        (None, Kind::Missed) => words(&language).missed,
    };
    let filled = |text: &str| fill(settings, extension, &language, news, text);
    Ok((one_line(&filled(subject)?), filled(text)?))
}

/// The text of an SMS about one piece of news.
pub fn sms(settings: &Settings, extension: &str, news: &News) -> Result<String> {
    let language = language_of(extension)?;
    let (voicemail, missed) = words(&language).sms;
    let text = if news.kind == Kind::Voicemail { voicemail } else { missed };
    Ok(one_line(&fill(settings, extension, &language, news, text)?))
}

/// Subject and text of a digest.
pub fn digest(settings: &Settings, extension: &str, news: &[&News]) -> Result<(String, String)> {
    let language = language_of(extension)?;
    let words = words(&language);
    let subject = words.digest.replace("{count}", &news.len().to_string()).replace("{extension}", extension);
    let mut text = String::new();
    for news in news {
        let line = if news.kind == Kind::Voicemail { words.message } else { words.call };
        text += &one_line(&fill(settings, extension, &language, news, line)?);
        text.push('\n');
    }
    Ok((one_line(&subject), text))
}

/// What the attached sound is called.
pub fn file_name(settings: &Settings, news: &News) -> Result<String> {
    let local = clock::local(&settings.time_zone, news.at).map_err(Error::Failed)?;
    let (year, month, day) = (local.year, local.month, local.day);
    Ok(format!("{} {year}-{month:02}-{day:02} {:02}-{:02}.wav", EN.file, local.hour, local.minute))
}

/// The first word in braces that is none of [`WORDS`].
pub fn unknown_word(text: &str) -> Option<&str> {
    let mut rest = text;
    while let Some((_, after)) = rest.split_once('{') {
        let (word, behind) = after.split_once('}')?;
        if !WORDS.contains(&word) {
            return Some(word);
        }
        rest = behind;
    }
    None
}

/// A text with news in place of what stands in braces. Each is looked at once: what a caller is called is never a template.
fn fill(settings: &Settings, extension: &str, language: &str, news: &News, text: &str) -> Result<String> {
    let mut filled = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('{') {
        filled += before;
        let Some((word, behind)) = after.split_once('}') else {
            rest = after;
            continue;
        };
        filled += &match word {
            "who" => who(news, language)?,
            "number" => news.number.clone(),
            "name" => name(news)?,
            "time" => time(settings, language, news.at)?,
            "length" => length(news.length_ms),
            "extension" => extension.to_owned(),
            "urgent" if news.urgent => words(language).urgent.to_owned(),
            _ => String::new(),
        };
        rest = behind;
    }
    filled += rest;
    Ok(filled)
}

/// The caller by name and number.
fn who(news: &News, language: &str) -> Result<String> {
    let name = name(news)?;
    Ok(match (name.is_empty(), news.number.is_empty()) {
        (false, false) => format!("{name} ({})", news.number),
        (false, true) => name,
        (true, false) => news.number.clone(),
        (true, true) => words(language).unknown.to_owned(),
    })
}

/// Colleagues by the name that they have in the house, others by the name that came with the call.
fn name(news: &News) -> Result<String> {
    let colleague = directory::extension(&news.number)?.map(|entry| entry.name).filter(|name| !name.is_empty());
    Ok(colleague.unwrap_or_else(|| news.name.clone()))
}

fn time(settings: &Settings, language: &str, at: u64) -> Result<String> {
    let local = clock::local(&settings.time_zone, at).map_err(Error::Failed)?;
    let (year, month, day, hour, minute) = (local.year, local.month, local.day, local.hour, local.minute);
    Ok(match language {
        "de" => format!("{day}.{month}.{year} um {hour}:{minute:02}"),
        "fr" => format!("{day:02}/{month:02}/{year} à {hour} h {minute:02}"),
        _ => format!("{year}-{month:02}-{day:02} at {hour}:{minute:02}"),
    })
}

/// Minutes and seconds.
fn length(ms: u32) -> String {
    let seconds = (ms / 1_000).max(1);
    format!("{}:{:02}", seconds / 60, seconds % 60)
}

/// Without what would end the line: callers choose their names.
fn one_line(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).take(SUBJECT).collect()
}

fn language_of(extension: &str) -> Result<String> {
    Ok(directory::extension(extension)?.map_or_else(|| "en".to_owned(), |entry| entry.language))
}

fn words(language: &str) -> &'static Words {
    match language {
        "de" => &DE,
        "fr" => &FR,
        _ => &EN,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_that_there_are_not_are_named() {
        assert_eq!(unknown_word("{who} at {time}"), None);
        assert_eq!(unknown_word("{who} at {tme}, {x}"), Some("tme"));
        assert_eq!(unknown_word("an open { brace"), None);
        for words in [EN, FR, DE] {
            let texts =
                [words.voicemail.0, words.voicemail.1, words.missed.0, words.missed.1, words.message, words.call];
            assert!(texts.iter().chain([&words.sms.0, &words.sms.1]).all(|text| unknown_word(text).is_none()));
        }
    }
}
