//! Numbers in words.

use crate::Language;

/// Beyond this a number is spoken digit by digit.
const MOST: u64 = 999_999_999;

/// A whole number.
pub(crate) fn number(language: Language, number: i64) -> Vec<String> {
    let mut pieces = Vec::new();
    if number < 0 {
        pieces.push(String::from("minus"));
    }
    let size = number.unsigned_abs();
    if size > MOST {
        pieces.extend(digits(&size.to_string()));
        return pieces;
    }
    let (millions, thousands, rest) = (size / 1_000_000, size / 1_000 % 1_000, size % 1_000);
    match millions {
        0 => {}
        1 => pieces.push(String::from("million-1")),
        many => {
            below_thousand(language, many, &mut pieces);
            pieces.push(String::from("millions"));
        }
    }
    match thousands {
        0 => {}
        1 => pieces.push(String::from("thousand-1")),
        many => {
            below_thousand(language, many, &mut pieces);
            // “Hunderteintausend”, not “hunderteinstausend”.
            if language == Language::De && many % 100 == 1 {
                pieces.pop();
                pieces.push(String::from("before-1"));
            }
            pieces.push(String::from("thousand"));
        }
    }
    if rest > 0 || size == 0 {
        // “One thousand and five”.
        if language == Language::En && size > 1_000 && rest < 100 {
            pieces.push(String::from("and"));
        }
        below_thousand(language, rest, &mut pieces);
    }
    pieces
}

/// From 0 to 999.
fn below_thousand(language: Language, number: u64, pieces: &mut Vec<String>) {
    let (hundreds, rest) = (number / 100, number % 100);
    if hundreds > 0 {
        pieces.push(format!("c-{hundreds}"));
        if rest == 0 {
            return;
        }
        if language == Language::En {
            pieces.push(String::from("and"));
        }
    }
    pieces.push(format!("n-{rest}"));
}

/// Digits one by one.
pub(crate) fn digits(digits: &str) -> Vec<String> {
    let piece = |digit: char| match digit {
        '0'..='9' => Some(format!("n-{digit}")),
        '*' => Some(String::from("star")),
        '#' => Some(String::from("hash")),
        '+' => Some(String::from("plus")),
        _ => None,
    };
    digits.chars().filter_map(piece).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(language: Language, value: i64) -> String {
        number(language, value).join(" ")
    }

    #[test]
    fn numbers_are_put_together_as_each_language_has_them() {
        assert_eq!(said(Language::En, 0), "n-0");
        assert_eq!(said(Language::De, 71), "n-71");
        assert_eq!(said(Language::En, 342), "c-3 and n-42");
        assert_eq!(said(Language::Fr, 342), "c-3 n-42");
        assert_eq!(said(Language::En, 1_005), "thousand-1 and n-5");
        assert_eq!(said(Language::De, 21_100), "n-21 thousand c-1");
        assert_eq!(said(Language::De, 101_001), "c-1 before-1 thousand n-1");
        assert_eq!(said(Language::Fr, -2_000_001), "minus n-2 millions n-1");
        assert_eq!(said(Language::En, 1_000_000), "million-1");
        assert_eq!(said(Language::En, 1_234_567_890).split(' ').count(), 10);
        assert_eq!(digits("+4 9a*#").join(" "), "plus n-4 n-9 star hash");
    }
}
