//! A directory server in small: it lets one user in and gives its entries page by page.

use std::sync::{
    Arc, Mutex,
    atomic::{AtomicBool, Ordering::Relaxed},
};

/// An entry: its name, and its attributes with their values.
pub type Entry = (String, Vec<(&'static str, Vec<String>)>);

/// What the server has, and what it was asked.
#[derive(Clone, Default)]
pub struct Directory {
    pub entries: Arc<Mutex<Vec<Entry>>>,
    /// Says nothing when set.
    pub silent: Arc<AtomicBool>,
    /// What it sends in place of answers.
    pub nonsense: Arc<Mutex<Option<Vec<u8>>>>,
    /// Sizes of the pages that were asked for.
    pub pages: Arc<Mutex<Vec<i64>>>,
}

pub const USER: &str = "cn=reader,dc=example,dc=org";
pub const PASSWORD: &str = "open sesame";

impl Directory {
    /// One connection.
    pub fn talk(&self) -> impl FnMut(&[u8]) -> Vec<u8> + Send + use<> {
        let this = self.clone();
        let (mut unread, mut bound) = (Vec::new(), false);
        move |bytes| {
            unread.extend_from_slice(bytes);
            let mut answer = Vec::new();
            while let Some((_, content, whole)) = value(&unread) {
                let message = content.to_vec();
                unread.drain(..whole);
                if !this.silent.load(Relaxed) {
                    answer.extend(this.answer(&message, &mut bound));
                }
            }
            answer
        }
    }

    fn answer(&self, message: &[u8], bound: &mut bool) -> Vec<u8> {
        if let Some(nonsense) = &*self.nonsense.lock().unwrap() {
            return nonsense.clone();
        }
        let (id, rest) = next(message);
        let (operation, controls) = next(rest);
        let (tag, id) = (rest[0], id.to_vec());
        let message = |content: Vec<u8>| tlv(0x30, &[tlv(2, &id), content].concat());
        let result = |tag, code: u8| tlv(tag, &[tlv(10, &[code]), tlv(4, b""), tlv(4, b"")].concat());
        match tag {
            0x60 => {
                let (_, rest) = next(operation);
                let (user, rest) = next(rest);
                let (password, _) = next(rest);
                *bound = user == USER.as_bytes() && password == PASSWORD.as_bytes();
                message(result(0x61, if *bound { 0 } else { 49 }))
            }
            0x77 => message(result(0x78, 0)),
            0x63 if !*bound => message(result(0x65, 1)),
            0x63 => {
                let (size, from) = page(controls);
                if let Some(size) = size {
                    self.pages.lock().unwrap().push(size);
                }
                let entries = self.entries.lock().unwrap();
                let end = size.map_or(entries.len(), |size| entries.len().min(from + size as usize));
                let mut answer: Vec<u8> = entries[from..end].iter().flat_map(|entry| message(encoded(entry))).collect();
                let cookie = if end < entries.len() { end.to_string() } else { String::new() };
                let value = tlv(0x30, &[tlv(2, &[0]), tlv(4, cookie.as_bytes())].concat());
                let control = tlv(0x30, &[tlv(4, b"1.2.840.113556.1.4.319"), tlv(4, &value)].concat());
                let done = [tlv(2, &id), result(0x65, 0), tlv(0xa0, &control)].concat();
                answer.extend(tlv(0x30, &done));
                answer
            }
            _ => Vec::new(),
        }
    }
}

/// The size of the page that is asked for, and where it begins.
fn page(controls: &[u8]) -> (Option<i64>, usize) {
    if controls.is_empty() {
        return (None, 0);
    }
    let (list, _) = next(controls);
    let (control, _) = next(list);
    let (_, rest) = next(control);
    let (value, _) = next(rest);
    let (paged, _) = next(value);
    let (size, rest) = next(paged);
    let (cookie, _) = next(rest);
    let size = size.iter().fold(0, |size, byte| size << 8 | i64::from(*byte));
    (Some(size), String::from_utf8_lossy(cookie).parse().unwrap_or(0))
}

fn encoded((dn, attributes): &Entry) -> Vec<u8> {
    let attribute = |(name, values): &(&str, Vec<String>)| {
        let values: Vec<u8> = values.iter().flat_map(|value| tlv(4, value.as_bytes())).collect();
        tlv(0x30, &[tlv(4, name.as_bytes()), tlv(0x31, &values)].concat())
    };
    let attributes: Vec<u8> = attributes.iter().flat_map(attribute).collect();
    tlv(0x64, &[tlv(4, dn.as_bytes()), tlv(0x30, &attributes)].concat())
}

fn tlv(tag: u8, content: &[u8]) -> Vec<u8> {
    let mut encoded = vec![tag, 0x83];
    encoded.extend_from_slice(&(content.len() as u32).to_be_bytes()[1..]);
    encoded.extend_from_slice(content);
    encoded
}

/// The content of the first value, and what is behind it.
fn next(bytes: &[u8]) -> (&[u8], &[u8]) {
    let (_, content, whole) = value(bytes).expect("a request is whole");
    (content, &bytes[whole..])
}

/// Tag, content and length of the first value, when it is there.
fn value(bytes: &[u8]) -> Option<(u8, &[u8], usize)> {
    let (tag, first) = (*bytes.first()?, *bytes.get(1)?);
    let (length, header) = if first < 0x80 {
        (usize::from(first), 2)
    } else {
        let count = usize::from(first & 0x7f);
        (bytes.get(2..2 + count)?.iter().fold(0, |length, byte| length << 8 | usize::from(*byte)), 2 + count)
    };
    Some((tag, bytes.get(header..header + length)?, header + length))
}
