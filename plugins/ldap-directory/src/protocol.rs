//! Messages of LDAP v3 (RFC 4511): those that a directory needs, and the control for results in pages (RFC 2696).

use crate::ber::{BOOLEAN, ENUMERATED, INTEGER, Malformed, OCTET_STRING, Reader, SEQUENCE, SET, Writer};
use std::collections::BTreeMap;

const BIND: u8 = 0x60;
const BIND_RESPONSE: u8 = 0x61;
const UNBIND: u8 = 0x42;
const SEARCH: u8 = 0x63;
const ENTRY: u8 = 0x64;
const DONE: u8 = 0x65;
const REFERENCE: u8 = 0x73;
const EXTENDED: u8 = 0x77;
const EXTENDED_RESPONSE: u8 = 0x78;
const CONTROLS: u8 = 0xa0;

const START_TLS: &str = "1.3.6.1.4.1.1466.20037";
const PAGED: &str = "1.2.840.113556.1.4.319";

/// Most values of one attribute that are kept, and the longest value.
const MOST_VALUES: usize = 16;
const LONGEST_VALUE: usize = 1_024;

/// What is searched.
pub struct Search<'a> {
    pub base: &'a str,
    /// An encoded filter.
    pub filter: &'a [u8],
    pub attributes: &'a [&'a str],
    /// Entries at most, 0 for as many as the server gives.
    pub size_limit: i32,
    /// Entries in a page, and where the page begins; none for all at once.
    pub page: Option<(i32, &'a [u8])>,
}

/// An entry: its name and its attributes, by their names in lower case.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Entry {
    pub dn: String,
    pub attributes: BTreeMap<String, Vec<String>>,
}

/// How an operation ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// RFC 4511 §4.1.9.
    pub code: i32,
    /// What the server says to it.
    pub message: String,
    /// Where the next page begins; empty at the end.
    pub cookie: Vec<u8>,
}

/// A message of a server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Response {
    Bound(Outcome),
    Entry(Entry),
    /// Look elsewhere; not followed.
    Reference,
    Done(Outcome),
    Extended(Outcome),
}

pub fn bind(id: i32, dn: &str, password: &str) -> Vec<u8> {
    message(id, |out| {
        out.nested(BIND, |out| {
            out.number(INTEGER, 3);
            out.text(OCTET_STRING, dn);
            out.text(0x80, password);
        });
    })
}

pub fn unbind(id: i32) -> Vec<u8> {
    message(id, |out| out.put(UNBIND, &[]))
}

pub fn start_tls(id: i32) -> Vec<u8> {
    message(id, |out| out.nested(EXTENDED, |out| out.text(0x80, START_TLS)))
}

pub fn search(id: i32, search: &Search<'_>) -> Vec<u8> {
    /// Seconds that the server may search.
    const TIME_LIMIT: i32 = 20;
    message(id, |out| {
        out.nested(SEARCH, |out| {
            out.text(OCTET_STRING, search.base);
            // The whole subtree; aliases are followed nowhere.
            out.number(ENUMERATED, 2);
            out.number(ENUMERATED, 0);
            out.number(INTEGER, search.size_limit);
            out.number(INTEGER, TIME_LIMIT);
            out.boolean(BOOLEAN, false);
            out.raw(search.filter);
            out.nested(SEQUENCE, |out| search.attributes.iter().for_each(|name| out.text(OCTET_STRING, name)));
        });
        if let Some((size, cookie)) = search.page {
            let mut value = Writer::default();
            value.nested(SEQUENCE, |out| {
                out.number(INTEGER, size);
                out.put(OCTET_STRING, cookie);
            });
            let value = value.into_bytes();
            out.nested(CONTROLS, |out| {
                out.nested(SEQUENCE, |out| {
                    out.text(OCTET_STRING, PAGED);
                    // A server that knows no pages gives all that it has.
                    out.put(OCTET_STRING, &value);
                });
            });
        }
    })
}

fn message(id: i32, operation: impl FnOnce(&mut Writer)) -> Vec<u8> {
    let mut out = Writer::default();
    out.nested(SEQUENCE, |out| {
        out.number(INTEGER, id);
        operation(out);
    });
    out.into_bytes()
}

/// Read one message of a server: the number of what it answers, and the answer. `None` for what is not for us.
pub fn read(bytes: &[u8]) -> Result<Option<(i32, Response)>, Malformed> {
    let mut message = Reader::new(bytes).nested(SEQUENCE, "no message")?;
    let id = message.number(INTEGER, "a message without a number")?;
    let (tag, content) = message.any()?;
    let response = match tag {
        ENTRY => Response::Entry(entry(content)?),
        REFERENCE => Response::Reference,
        BIND_RESPONSE => Response::Bound(outcome(content, message)?),
        DONE => Response::Done(outcome(content, message)?),
        EXTENDED_RESPONSE => Response::Extended(outcome(content, message)?),
        _ => return Ok(None),
    };
    Ok(Some((id, response)))
}

fn entry(content: &[u8]) -> Result<Entry, Malformed> {
    let mut reader = Reader::new(content);
    let dn = reader.text("an entry without a name")?;
    let mut list = reader.nested(SEQUENCE, "an entry without attributes")?;
    let mut attributes = BTreeMap::<String, Vec<String>>::new();
    while !list.is_empty() {
        let mut attribute = list.nested(SEQUENCE, "no attribute")?;
        let name = attribute.text("an attribute without a name")?;
        // “cn;lang-fr” is a name too.
        let name = name.split(';').next().unwrap_or_default().to_ascii_lowercase();
        let mut values = attribute.nested(SET, "an attribute without values")?;
        let kept = attributes.entry(name).or_default();
        while !values.is_empty() {
            let value = values.text("no value")?;
            if kept.len() < MOST_VALUES && value.len() <= LONGEST_VALUE {
                kept.push(value);
            }
        }
    }
    Ok(Entry { dn, attributes })
}

fn outcome(content: &[u8], mut controls: Reader<'_>) -> Result<Outcome, Malformed> {
    let mut reader = Reader::new(content);
    let code = reader.number(ENUMERATED, "a result without a code")?;
    let _matched = reader.text("a result without a name")?;
    let message = reader.text("a result without a message")?;
    let mut cookie = Vec::new();
    if controls.peek() == Some(CONTROLS) {
        let mut list = controls.nested(CONTROLS, "no controls")?;
        while !list.is_empty() {
            let mut control = list.nested(SEQUENCE, "no control")?;
            let kind = control.text("a control without a name")?;
            if control.peek() == Some(BOOLEAN) {
                control.any()?;
            }
            if kind == PAGED && !control.is_empty() {
                let value = control.expect(OCTET_STRING, "a control without a value")?;
                let mut paged = Reader::new(value).nested(SEQUENCE, "no page")?;
                let _estimate = paged.number(INTEGER, "a page without a size")?;
                cookie = paged.expect(OCTET_STRING, "a page without an end")?.to_vec();
            }
        }
    }
    Ok(Outcome { code, message, cookie })
}

impl Outcome {
    pub const SUCCESS: i32 = 0;
    pub const TIME_LIMIT: i32 = 3;
    pub const SIZE_LIMIT: i32 = 4;

    /// Why it failed and what to do, for the administrator.
    pub fn explained(&self) -> String {
        let advice = match self.code {
            1 => "the server wants a user first (operations error)",
            2 => "the server does not understand the request (protocol error)",
            3 => "the server took too long (time limit): narrow the base or the filter",
            4 => "the server gives no more entries (size limit): narrow the filter, or raise the limit there",
            7 | 48 => "the server does not take a user with a password",
            8 | 13 => "the server wants an encrypted connection: set LDAPS or StartTLS",
            11 => "the server gives no more (administrative limit)",
            32 => "there is no such base: is it spelt as in dc=example,dc=org?",
            34 => "the base or the user is no distinguished name, as in cn=reader,dc=example,dc=org",
            49 => "the user or the password is wrong",
            50 => "the user may not read there",
            51 => "the server is busy",
            52 => "the server is not available",
            53 => "the server does not want to do that",
            _ => "the server refuses",
        };
        match self.message.trim() {
            "" => format!("{advice} (code {})", self.code),
            said => format!("{advice} (code {}: {})", self.code, said.chars().take(200).collect::<String>()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_are_those_of_the_rfc() {
        assert_eq!(
            bind(1, "cn=a", "pw"),
            [0x30, 18, 2, 1, 1, 0x60, 13, 2, 1, 3, 4, 4, b'c', b'n', b'=', b'a', 0x80, 2, b'p', b'w']
        );
        assert_eq!(unbind(5), [0x30, 5, 2, 1, 5, 0x42, 0]);
        let start = start_tls(2);
        assert_eq!(&start[..9], [0x30, 29, 2, 1, 2, 0x77, 24, 0x80, 22]);
        let search = search(
            3,
            &Search {
                base: "",
                filter: &[0x87, 2, b'c', b'n'],
                attributes: &["cn"],
                size_limit: 1,
                page: Some((10, b"x")),
            },
        );
        let mut reader = Reader::new(&search).nested(SEQUENCE, "").unwrap();
        assert_eq!(reader.number(INTEGER, ""), Ok(3));
        assert!(reader.expect(SEARCH, "").is_ok() && reader.expect(CONTROLS, "").is_ok() && reader.is_empty());
    }

    #[test]
    fn answers_are_read() {
        let entry = [
            0x30, 27, 2, 1, 3, 0x64, 22, 4, 4, b'c', b'n', b'=', b'a', 0x30, 14, 0x30, 12, 4, 2, b'C', b'N', 0x31, 6,
            4, 1, b'a', 4, 1, 0xff,
        ];
        let Some((3, Response::Entry(entry))) = read(&entry).unwrap() else { panic!("no entry") };
        assert_eq!(
            (entry.dn.as_str(), entry.attributes["cn"].as_slice()),
            ("cn=a", &["a".into(), "\u{fffd}".into()][..])
        );
        let mut done = Writer::default();
        done.nested(SEQUENCE, |out| {
            out.number(INTEGER, 3);
            out.nested(DONE, |out| {
                out.number(ENUMERATED, 0);
                out.text(OCTET_STRING, "");
                out.text(OCTET_STRING, "");
            });
            out.nested(CONTROLS, |out| {
                out.nested(SEQUENCE, |out| {
                    out.text(OCTET_STRING, PAGED);
                    out.put(OCTET_STRING, &[0x30, 6, 2, 1, 0, 4, 1, b'c']);
                });
            });
        });
        let Some((3, Response::Done(outcome))) = read(&done.into_bytes()).unwrap() else { panic!("not done") };
        assert_eq!((outcome.code, outcome.cookie.as_slice()), (0, &b"c"[..]));
    }

    /// Whatever a server sends: an answer or a refusal, never a panic.
    #[test]
    fn hostile_bytes_are_refused() {
        let good = {
            let mut out = Writer::default();
            out.nested(SEQUENCE, |out| {
                out.number(INTEGER, 3);
                out.nested(ENTRY, |out| {
                    out.text(OCTET_STRING, "cn=a");
                    out.nested(SEQUENCE, |out| {
                        out.nested(SEQUENCE, |out| {
                            out.text(OCTET_STRING, "cn");
                            out.nested(SET, |out| out.text(OCTET_STRING, "value"));
                        });
                    });
                });
            });
            out.into_bytes()
        };
        assert!(read(&good).is_ok());
        for cut in 0..good.len() {
            assert!(read(&good[..cut]).is_err(), "cut at {cut}");
        }
        // Every byte with every value, so also every length and tag.
        let mut seen = 0;
        for at in 0..good.len() {
            for value in 0..=255 {
                let mut bytes = good.clone();
                bytes[at] = value;
                seen += usize::from(read(&bytes).is_err());
                let _ = crate::ber::message_length(&bytes);
            }
        }
        assert!(seen > 1_000, "{seen}");
        // A generator of our own, so that it is the same each time.
        let mut state = 0x2545_f491_4f6c_dd1d_u64;
        for _ in 0..20_000 {
            let bytes: Vec<u8> = (0..40)
                .map(|_| {
                    state ^= state << 13;
                    state ^= state >> 7;
                    state ^= state << 17;
                    state as u8
                })
                .collect();
            let _ = read(&bytes);
            let _ = crate::ber::message_length(&bytes);
        }
    }
}
