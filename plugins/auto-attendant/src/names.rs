//! Dialling by extension and by name: letters on the keys of a telephone.

use jackfield_sdk::{directory::Entry, prelude::*};

/// Most extensions that are looked through.
const MOST: usize = 2_000;
/// Most that the house gives at once.
const AT_ONCE: u32 = 100;
/// Longest number that callers may dial.
pub const LONGEST_NUMBER: u8 = 8;
/// Most people to choose between.
const MOST_FOUND: usize = 5;
/// How often callers may try.
const TRIES: u32 = 3;
const LETTERS_WITHIN: u64 = 8;

/// Whether an extension's number begins with these digits.
pub fn begins(digits: &str) -> Result<bool> {
    Ok(directory::search(digits, 1)?.first().is_some_and(|entry| entry.number.starts_with(digits)))
}

/// Let the caller spell a name and choose; the number that they want, if any.
pub fn choose(call: &Call) -> Result<Option<String>> {
    for tried in 1..=TRIES {
        let spelt = digits(12).within(secs(LETTERS_WITHIN)).between(secs(4)).ending_with("#");
        let spelt = call.ask("spell-name", spelt)?;
        let everybody = if spelt.is_empty() { Vec::new() } else { everybody()? };
        let found = find(&everybody, &spelt);
        match &found[..] {
            [] => {}
            [one] => {
                call.say(say("extension").digits(one.number.as_str()))?;
                return Ok(Some(one.number.clone()));
            }
            several if several.len() <= MOST_FOUND => {
                if let Some(number) = among(call, several)? {
                    return Ok(Some(number));
                }
                continue;
            }
            _ => {
                call.play("many-names")?;
                continue;
            }
        }
        if tried < TRIES {
            call.play("no-such-name")?;
        }
    }
    Ok(None)
}

/// “For extension 1 0 2 press 1 …”
fn among(call: &Call, several: &[&Entry]) -> Result<Option<String>> {
    let offer = (1_i64..).zip(several).fold(Speech::default(), |offer, (key, entry)| {
        let offer = offer.prompts("for-extension").digits(entry.number.as_str());
        offer.prompts("press").number(key).prompts(silence(millis(300)))
    });
    let pressed = match call.say_until_key(offer)? {
        Some(key) => Some(key),
        None => call.wait(secs(5))?,
    };
    let place = pressed.and_then(|key| key.to_digit(10)).and_then(|key| usize::try_from(key).ok());
    Ok(place.and_then(|place| several.get(place.checked_sub(1)?)).map(|entry| entry.number.clone()))
}

/// Those with a word in their name that begins with these keys, by number.
fn find<'a>(everybody: &'a [Entry], keys: &str) -> Vec<&'a Entry> {
    let fits = |word: &str| {
        let mut wanted = keys.chars();
        let mut spelt = word.chars().filter_map(key_of);
        wanted.all(|key| spelt.next() == Some(key))
    };
    everybody.iter().filter(|entry| entry.name.split([' ', '-', '\'', '’', '.']).any(fits)).collect()
}

/// All extensions, found by the beginnings of their numbers, since the house gives a hundred at once.
fn everybody() -> Result<Vec<Entry>> {
    let mut all: Vec<Entry> = directory::search("", AT_ONCE)?;
    if all.len() < AT_ONCE as usize {
        return Ok(all);
    }
    all.clear();
    let mut beginnings: Vec<String> = ('0'..='9').rev().map(String::from).collect();
    while let Some(beginning) = beginnings.pop() {
        let found = directory::search(&beginning, AT_ONCE)?;
        if found.len() == AT_ONCE as usize && beginning.len() < usize::from(LONGEST_NUMBER) {
            beginnings.extend(('0'..='9').rev().map(|digit| format!("{beginning}{digit}")));
            continue;
        }
        all.extend(found.into_iter().filter(|entry| entry.number.starts_with(&beginning)));
        if all.len() >= MOST {
            break;
        }
    }
    Ok(all)
}

/// The key that has a letter (ITU-T E.161); accents do not count.
fn key_of(letter: char) -> Option<char> {
    let plain = match letter.to_lowercase().next()? {
        'à' | 'á' | 'â' | 'ã' | 'ä' | 'å' | 'æ' => 'a',
        'ç' | 'č' => 'c',
        'è' | 'é' | 'ê' | 'ë' => 'e',
        'ì' | 'í' | 'î' | 'ï' => 'i',
        'ñ' => 'n',
        'ò' | 'ó' | 'ô' | 'õ' | 'ö' | 'ø' | 'œ' => 'o',
        'ß' | 'š' => 's',
        'ù' | 'ú' | 'û' | 'ü' => 'u',
        'ý' | 'ÿ' => 'y',
        'ž' => 'z',
        other => other,
    };
    Some(match plain {
        'a'..='c' => '2',
        'd'..='f' => '3',
        'g'..='i' => '4',
        'j'..='l' => '5',
        'm'..='o' => '6',
        'p'..='s' => '7',
        't'..='v' => '8',
        'w'..='z' => '9',
        digit if digit.is_ascii_digit() => digit,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(number: &str, name: &str) -> Entry {
        Entry { number: number.into(), name: name.into(), language: "en".into(), owner: None }
    }

    #[test]
    fn names_are_found_by_the_keys_of_any_of_their_words() {
        let house = [entry("101", "Bruno Weiß"), entry("102", "Chloé Müller"), entry("103", "Élise Dupont-Moreau")];
        for (keys, numbers) in [
            ("278", "101"),
            ("934", "101"),
            ("24563", "102"),
            ("685", "102"),
            ("35473", "103"),
            ("667", "103"),
            ("2", "101 102"),
            ("9999", ""),
        ] {
            let found: Vec<_> = find(&house, keys).iter().map(|entry| entry.number.as_str()).collect();
            assert_eq!(found.join(" "), numbers, "{keys}");
        }
    }
}
