//! Asking the server directly, about what is not known yet: who a number is, and whom somebody types.

use crate::{client::Client, filter, protocol::Search, settings::Settings};
use jackfield_sdk::contacts::Contact;

/// Digits at the end of a number by which it is searched: what is before them is written in many ways.
const DIGITS: usize = 8;
/// Entries that are looked at for one number.
const MOST: i32 = 20;

/// Whoever has this number, which is in E.164.
pub fn by_number(settings: &Settings, number: &str) -> Result<Option<Contact>, String> {
    if !settings.ask_directly || !settings.is_set() {
        return Ok(None);
    }
    let digits: String = number.chars().filter(char::is_ascii_digit).collect();
    let end = digits.get(digits.len().saturating_sub(DIGITS)..).unwrap_or_default();
    if end.len() < DIGITS {
        return Ok(None);
    }
    let mapping = settings.mapping().map_err(|(_, why)| why)?;
    // Servers pass over spaces and hyphens between the digits of telephone numbers (RFC 4517 §4.2.28), and where they do
    // not, the wildcards do.
    let spread: Vec<String> = end.chars().map(String::from).collect();
    let spread = spread.join("*");
    let conditions: String = mapping
        .number_attributes()
        .iter()
        .map(|attribute| format!("({attribute}=*{end})({attribute}=*{spread})"))
        .collect();
    let found = search(settings, &format!("(|{conditions})"), MOST)?;
    Ok(found.into_iter().find(|contact| contact.numbers.iter().any(|known| known.number == number)))
}

/// People and companies whose name has all these words.
pub fn by_text(settings: &Settings, text: &str, limit: u32) -> Result<Vec<Contact>, String> {
    if !settings.ask_directly || !settings.is_set() {
        return Ok(Vec::new());
    }
    let mapping = settings.mapping().map_err(|(_, why)| why)?;
    let names = mapping.name_attributes();
    let words = text.split_whitespace().take(4).map(|word| {
        let word = filter::escape(word);
        let one: String = names.iter().map(|attribute| format!("({attribute}=*{word}*)")).collect();
        format!("(|{one})")
    });
    let conditions: String = words.collect();
    if conditions.is_empty() {
        return Ok(Vec::new());
    }
    search(settings, &format!("(&{conditions})"), i32::try_from(limit.clamp(1, 50)).unwrap_or(50))
}

fn search(settings: &Settings, condition: &str, most: i32) -> Result<Vec<Contact>, String> {
    let mapping = settings.mapping().map_err(|(_, why)| why)?;
    let filter = filter::encode(&format!("(&{}{condition})", settings.filter.trim()))?;
    let attributes = mapping.attributes();
    let mut client = Client::open(settings)?;
    let search =
        Search { base: &settings.base, filter: &filter, attributes: &attributes, size_limit: most, page: None };
    let found = client.search(&search, most as usize)?;
    client.close();
    Ok(found.entries.iter().filter_map(|entry| mapping.contact(entry).ok()).collect())
}
