//! Search filters as people write them (RFC 4515), and as they are sent.

use crate::ber::{OCTET_STRING, SEQUENCE, Writer};

const AND: u8 = 0xa0;
const OR: u8 = 0xa1;
const NOT: u8 = 0xa2;
const EQUAL: u8 = 0xa3;
const SUBSTRINGS: u8 = 0xa4;
const GREATER: u8 = 0xa5;
const LESS: u8 = 0xa6;
const PRESENT: u8 = 0x87;
const APPROXIMATE: u8 = 0xa8;
const EXTENSIBLE: u8 = 0xa9;

const DEEPEST: usize = 16;

/// Encode a filter.
///
/// # Errors
/// What is wrong with it, for the administrator.
pub fn encode(text: &str) -> Result<Vec<u8>, String> {
    let mut parser = Parser { rest: text.trim() };
    let mut writer = Writer::default();
    parser.filter(&mut writer, 0)?;
    if !parser.rest.is_empty() {
        return Err(format!("something follows its end: “{}”", shortened(parser.rest)));
    }
    Ok(writer.into_bytes())
}

/// A text as a value in a filter: what has a meaning there is escaped.
pub fn escape(value: &str) -> String {
    let mut escaped = String::with_capacity(value.len());
    for c in value.chars() {
        match c {
            '*' | '(' | ')' | '\\' | '\0' => escaped.push_str(&format!("\\{:02x}", u32::from(c))),
            _ => escaped.push(c),
        }
    }
    escaped
}

struct Parser<'a> {
    rest: &'a str,
}

impl Parser<'_> {
    fn filter(&mut self, out: &mut Writer, depth: usize) -> Result<(), String> {
        if depth > DEEPEST {
            return Err(format!("it is nested more than {DEEPEST} deep"));
        }
        self.take('(')?;
        let mut list = |tag, this: &mut Self| {
            this.rest = this.rest[1..].trim_start();
            let mut inner = Writer::default();
            while this.rest.starts_with('(') {
                this.filter(&mut inner, depth + 1)?;
            }
            out.put(tag, &inner.into_bytes());
            Ok::<_, String>(())
        };
        match self.rest.chars().next() {
            Some('&') => list(AND, self)?,
            Some('|') => list(OR, self)?,
            Some('!') => {
                self.rest = &self.rest[1..];
                let mut inner = Writer::default();
                self.filter(&mut inner, depth + 1)?;
                out.put(NOT, &inner.into_bytes());
            }
            _ => {
                let end = self.rest.find([')', '(']).unwrap_or(self.rest.len());
                let (item, rest) = self.rest.split_at(end);
                self.rest = rest;
                condition(item, out)?;
            }
        }
        self.take(')')
    }

    fn take(&mut self, expected: char) -> Result<(), String> {
        self.rest = self.rest.trim_start();
        match self.rest.strip_prefix(expected) {
            Some(rest) => {
                self.rest = rest.trim_start();
                Ok(())
            }
            None if self.rest.is_empty() => Err(format!("“{expected}” is missing at its end")),
            None => Err(format!("“{expected}” is missing before “{}”", shortened(self.rest))),
        }
    }
}

/// One condition, as in `sn=Dup*`.
fn condition(item: &str, out: &mut Writer) -> Result<(), String> {
    let (left, value) = item.split_once('=').ok_or_else(|| format!("“{}” has no “=”", shortened(item)))?;
    let left = left.trim();
    let (attribute, kind) = match left.chars().last() {
        Some('>') => (&left[..left.len() - 1], GREATER),
        Some('<') => (&left[..left.len() - 1], LESS),
        Some('~') => (&left[..left.len() - 1], APPROXIMATE),
        Some(':') => return extensible(&left[..left.len() - 1], value, out),
        _ => (left, EQUAL),
    };
    check_attribute(attribute)?;
    match (kind, value) {
        (EQUAL, "*") => out.text(PRESENT, attribute),
        (EQUAL, value) if value.contains('*') => {
            let parts: Vec<Vec<u8>> = value.split('*').map(unescape).collect::<Result<_, _>>()?;
            out.nested(SUBSTRINGS, |out| {
                out.text(OCTET_STRING, attribute);
                out.nested(SEQUENCE, |out| {
                    for (at, part) in parts.iter().enumerate().filter(|(_, part)| !part.is_empty()) {
                        let place = if at == 0 {
                            0x80
                        } else if at == parts.len() - 1 {
                            0x82
                        } else {
                            0x81
                        };
                        out.put(place, part);
                    }
                });
            });
        }
        (kind, value) => {
            let value = unescape(value)?;
            out.nested(kind, |out| {
                out.text(OCTET_STRING, attribute);
                out.put(OCTET_STRING, &value);
            });
        }
    }
    Ok(())
}

/// `memberOf:1.2.840.113556.1.4.1941:=cn=…`
fn extensible(left: &str, value: &str, out: &mut Writer) -> Result<(), String> {
    let mut parts = left.split(':');
    let attribute = parts.next().unwrap_or_default();
    let (mut rule, mut of_dn) = (None, false);
    for part in parts {
        match part {
            "dn" => of_dn = true,
            name => rule = Some(name),
        }
    }
    if attribute.is_empty() && rule.is_none() {
        return Err("“:=” needs an attribute or a rule in front of it".into());
    }
    if !attribute.is_empty() {
        check_attribute(attribute)?;
    }
    let value = unescape(value)?;
    out.nested(EXTENSIBLE, |out| {
        if let Some(rule) = rule {
            out.text(0x81, rule);
        }
        if !attribute.is_empty() {
            out.text(0x82, attribute);
        }
        out.put(0x83, &value);
        if of_dn {
            out.boolean(0x84, true);
        }
    });
    Ok(())
}

/// An attribute description (RFC 4512 §2.5): a name or an OID, perhaps with options.
pub fn check_attribute(name: &str) -> Result<(), String> {
    let sound = !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || "-.;_".contains(c));
    if sound { Ok(()) } else { Err(format!("“{}” is no name of an attribute", shortened(name))) }
}

fn unescape(value: &str) -> Result<Vec<u8>, String> {
    let mut bytes = Vec::with_capacity(value.len());
    let mut rest = value.bytes();
    while let Some(byte) = rest.next() {
        if byte != b'\\' {
            bytes.push(byte);
            continue;
        }
        let digit = |byte: Option<u8>| byte.and_then(|byte| char::from(byte).to_digit(16));
        match (digit(rest.next()), digit(rest.next())) {
            (Some(high), Some(low)) => bytes.push((high * 16 + low) as u8),
            _ => return Err(format!("“\\” needs two hexadecimal digits after it: “{}”", shortened(value))),
        }
    }
    Ok(bytes)
}

fn shortened(text: &str) -> String {
    text.chars().take(30).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn filters_are_encoded_as_the_rfc_has_them() {
        assert_eq!(encode("(cn=*)").unwrap(), [0x87, 2, b'c', b'n']);
        assert_eq!(encode("(cn=A)").unwrap(), [0xa3, 7, 4, 2, b'c', b'n', 4, 1, b'A']);
        assert_eq!(encode(r"(cn=\2a)").unwrap(), [0xa3, 7, 4, 2, b'c', b'n', 4, 1, b'*']);
        assert_eq!(encode("(!(cn=*))").unwrap(), [0xa2, 4, 0x87, 2, b'c', b'n']);
        assert_eq!(encode(" (& (cn=*) (sn=*) ) ").unwrap(), [0xa0, 8, 0x87, 2, b'c', b'n', 0x87, 2, b's', b'n']);
        assert_eq!(
            encode("(sn=a*b*c)").unwrap(),
            [0xa4, 15, 4, 2, b's', b'n', 0x30, 9, 0x80, 1, b'a', 0x81, 1, b'b', 0x82, 1, b'c']
        );
        assert_eq!(encode("(n>=5)").unwrap(), [0xa5, 6, 4, 1, b'n', 4, 1, b'5']);
        assert_eq!(encode("(m:1.2:=x)").unwrap(), [0xa9, 11, 0x81, 3, b'1', b'.', b'2', 0x82, 1, b'm', 0x83, 1, b'x']);
    }

    #[test]
    fn what_is_no_filter_is_refused_with_the_place() {
        for (text, expected) in [
            ("", "missing"),
            ("cn=*", "“(” is missing before “cn=*”"),
            ("(cn=*", "“)” is missing at its end"),
            ("(cn)", "“cn” has no “=”"),
            ("(cn=*))", "follows its end"),
            (r"(cn=\zz)", "hexadecimal"),
            ("(=x)", "no name of an attribute"),
            ("(c n=x)", "no name of an attribute"),
            ("(!)", "“(” is missing before “)”"),
            ("(:=x)", "needs an attribute"),
        ] {
            let refused = encode(text).unwrap_err();
            assert!(refused.contains(expected), "{text}: {refused}");
        }
        let deep = "(!".repeat(40) + "(cn=*)" + &")".repeat(40);
        assert!(encode(&deep).unwrap_err().contains("deep"));
    }

    #[test]
    fn what_somebody_types_is_a_value_and_no_filter() {
        assert_eq!(escape("a*)(uid=*"), r"a\2a\29\28uid=\2a");
        let filter = encode(&format!("(cn={})", escape("*)(uid=*"))).unwrap();
        assert_eq!(filter[0], 0xa3);
    }
}
