//! The house's own prompts in English, French and German, and speaking numbers, dates, times and durations from pieces.
//!
//! The sound is in the program (`sounds/`, µ-law, made by `speak.sh` from `texts.tsv`); nothing is read at run time. Knows
//! nothing of calls or plugins: a piece has a name, and a name has a sound.
//!
//! Read first: [`say`], [`Spoken`], [`octets`].
//!
//! ```
//! use jackfield_prompts::{Language, Spoken, octets, say};
//! let pieces = say(Language::En, &Spoken::Number(121));
//! assert_eq!(pieces, ["c-1", "and", "n-21"]);
//! assert!(octets(Language::En, &pieces[0]).is_some());
//! ```

mod dates;
mod numbers;

use rust_embed::RustEmbed;
use std::{
    borrow::Cow,
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
};

/// A language of the house's prompts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Language {
    /// English.
    En,
    /// French.
    Fr,
    /// German.
    De,
}

/// Something that is spoken from pieces.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Spoken {
    /// A whole number. Beyond a billion it is spoken digit by digit.
    Number(i64),
    /// Digits one by one, `*`, `#` and `+` among them; what is none of these is left out.
    Digits(String),
    /// A day of the Gregorian calendar: year, month from 1, day from 1. What is no day is not spoken.
    Date(i32, u8, u8),
    /// A time of day: hour from 0 to 23, minute from 0 to 59. What is none is not spoken.
    Time(u8, u8),
    /// So many seconds, in days, hours, minutes and seconds.
    Duration(u64),
}

#[derive(RustEmbed)]
#[folder = "$CARGO_MANIFEST_DIR/sounds"]
struct Sounds;

impl Language {
    /// Every one.
    pub const ALL: [Self; 3] = [Self::En, Self::Fr, Self::De];

    /// The language of a tag such as `de` or `de-CH`; none when the house does not speak it.
    pub fn of(tag: &str) -> Option<Self> {
        let primary = tag.split('-').next().unwrap_or_default();
        Self::ALL.into_iter().find(|language| language.code().eq_ignore_ascii_case(primary))
    }

    /// Its code.
    pub fn code(self) -> &'static str {
        match self {
            Self::En => "en",
            Self::Fr => "fr",
            Self::De => "de",
        }
    }
}

/// The names of the pieces in which something is spoken, in order.
pub fn say(language: Language, what: &Spoken) -> Vec<String> {
    match what {
        Spoken::Number(number) => numbers::number(language, *number),
        Spoken::Digits(digits) => numbers::digits(digits),
        Spoken::Date(year, month, day) => dates::date(language, *year, *month, *day),
        Spoken::Time(hour, minute) => dates::time(language, *hour, *minute),
        Spoken::Duration(seconds) => dates::duration(language, *seconds),
    }
}

/// A prompt of the house, µ-law, 8,000 octets a second; none when there is none of this name.
pub fn octets(language: Language, name: &str) -> Option<Cow<'static, [u8]>> {
    Sounds::get(&format!("{}/{name}.ul", language.code())).map(|file| file.data)
}

/// The names of all prompts of the house, pieces of what is spoken among them; each is there in every language.
pub fn names() -> impl Iterator<Item = String> {
    let of_english = |path: Cow<'static, str>| Some(path.strip_prefix("en/")?.strip_suffix(".ul")?.to_owned());
    Sounds::iter().filter_map(of_english)
}

type Decoded = BTreeMap<(Language, String), Arc<[i16]>>;

/// What was decoded so far.
static DECODED: Mutex<Decoded> = Mutex::new(BTreeMap::new());

/// A prompt of the house, 8,000 samples a second; the same memory for everybody who hears it.
pub fn samples(language: Language, name: &str) -> Option<Arc<[i16]>> {
    // Held for a look-up or an insert.
    let mut decoded = DECODED.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(known) = decoded.get(&(language, name.to_owned())) {
        return Some(Arc::clone(known));
    }
    let samples: Arc<[i16]> = octets(language, name)?.iter().map(|octet| linear(*octet)).collect();
    decoded.insert((language, name.to_owned()), Arc::clone(&samples));
    Some(samples)
}

/// Which prompt of the house these samples are, if they are what [`samples`] gave.
pub fn name_of(samples: &Arc<[i16]>) -> Option<(Language, String)> {
    let decoded = DECODED.lock().unwrap_or_else(PoisonError::into_inner);
    decoded.iter().find(|(_, known)| Arc::ptr_eq(known, samples)).map(|(key, _)| key.clone())
}

/// ITU-T G.711 µ-law.
fn linear(octet: u8) -> i16 {
    let octet = !octet;
    let (exponent, mantissa) = (octet >> 4 & 7, i16::from(octet & 15));
    let size = (((mantissa << 3) + 132) << exponent) - 132;
    if octet & 0x80 == 0 { size } else { -size }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXTS: &str = include_str!("../texts.tsv");

    fn names() -> Vec<&'static str> {
        TEXTS.lines().filter(|line| !line.starts_with('#')).filter_map(|line| line.split('\t').next()).collect()
    }

    #[test]
    fn every_text_is_spoken_in_every_language_and_nothing_else_is() {
        let names = names();
        assert!(names.len() > 200);
        for language in Language::ALL {
            for name in &names {
                let sound = octets(language, name).unwrap_or_else(|| panic!("{} lacks {name}", language.code()));
                assert!((800..60_000).contains(&sound.len()), "{} {name}: {} octets", language.code(), sound.len());
            }
        }
        assert_eq!(Sounds::iter().count(), names.len() * Language::ALL.len());
        assert!(super::names().all(|name| names.contains(&name.as_str())));
    }

    #[test]
    fn whatever_is_said_there_is_a_piece_for_it() {
        let names = names();
        let mut all = Vec::new();
        for number in (0..2_000).chain([99_999, 100_000, 1_000_000, 2_345_678, 999_999_999, -7, i64::MIN, i64::MAX]) {
            all.push(Spoken::Number(number));
        }
        for day in 1..=31 {
            all.push(Spoken::Date(2026, day % 12 + 1, day));
        }
        all.extend((1_900..2_100).map(|year| Spoken::Date(year, 5, 1)));
        all.extend((0..24).flat_map(|hour| [0, 5, 30].map(|minute| Spoken::Time(hour, minute))));
        all.extend([0, 1, 60, 61, 3_600, 3_661, 86_400, 90_061, u64::MAX].map(Spoken::Duration));
        all.push(Spoken::Digits("+49*0#12 34".into()));
        for language in Language::ALL {
            for what in &all {
                for piece in say(language, what) {
                    assert!(names.contains(&piece.as_str()), "{language:?} {what:?}: {piece}");
                }
            }
        }
    }

    #[test]
    fn a_sound_is_decoded_once_and_known_by_its_name() {
        let one = samples(Language::De, "n-7").unwrap();
        assert!(Arc::ptr_eq(&one, &samples(Language::De, "n-7").unwrap()));
        assert_eq!(name_of(&one), Some((Language::De, "n-7".into())));
        assert_eq!(name_of(&Arc::from([1])), None);
        let loudest = one.iter().map(|sample| sample.unsigned_abs()).max();
        assert!(loudest.is_some_and(|level| level > 5_000), "{loudest:?}");
        assert_eq!([0xff, 0x7f, 0x80, 0x00].map(linear), [0, 0, 32_124, -32_124]);
    }

    #[test]
    fn a_language_is_found_by_its_tag() {
        assert_eq!(Language::of("de-CH"), Some(Language::De));
        assert_eq!(Language::of("FR"), Some(Language::Fr));
        assert_eq!(Language::of("it"), None);
        assert_eq!(octets(Language::En, "../../Cargo"), None);
    }
}
