//! Messages of IPP as they are written on the wire (RFC 8010): groups of attributes, and a document behind them.

/// Most octets of attributes.
const LARGEST: usize = 64 * 1024;
/// Most values of one message.
const MOST_VALUES: usize = 2_000;

/// Delimiters of groups.
pub(super) const OPERATION: u8 = 1;
pub(super) const JOB: u8 = 2;
const END: u8 = 3;
pub(super) const PRINTER: u8 = 4;
pub(super) const UNSUPPORTED: u8 = 5;

/// Tags of values.
const INTEGER: u8 = 0x21;
const BOOLEAN: u8 = 0x22;
const ENUM: u8 = 0x23;
const RESOLUTION: u8 = 0x32;
const RANGE: u8 = 0x33;
const MEMBER: u8 = 0x4a;
pub(super) const TEXT: u8 = 0x41;
pub(super) const NAME: u8 = 0x42;
pub(super) const KEYWORD: u8 = 0x44;
pub(super) const URI: u8 = 0x45;
const URI_SCHEME: u8 = 0x46;
const CHARSET: u8 = 0x47;
const LANGUAGE: u8 = 0x48;
const MIME_TYPE: u8 = 0x49;

/// A request or a response.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Message {
    pub version: (u8, u8),
    /// The operation of a request, the status of a response.
    pub code: u16,
    pub request: u32,
    pub groups: Vec<Group>,
}

/// Attributes that belong together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Group {
    pub tag: u8,
    pub attributes: Vec<Attribute>,
}

/// An attribute. A collection's members stand among the values, each name before its value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Attribute {
    pub name: String,
    pub values: Vec<Value>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Value {
    pub tag: u8,
    pub octets: Vec<u8>,
}

impl Value {
    fn of(tag: u8, text: &str) -> Self {
        Self { tag, octets: text.as_bytes().to_vec() }
    }

    pub fn text(&self) -> &str {
        std::str::from_utf8(&self.octets).unwrap_or_default()
    }

    pub fn number(&self) -> Option<i32> {
        matches!(self.tag, INTEGER | ENUM).then(|| Some(i32::from_be_bytes(self.octets.as_slice().try_into().ok()?)))?
    }
}

impl Attribute {
    fn new(name: &str, values: Vec<Value>) -> Self {
        Self { name: name.into(), values }
    }

    pub fn texts(tag: u8, name: &str, texts: &[&str]) -> Self {
        Self::new(name, texts.iter().map(|text| Value::of(tag, text)).collect())
    }

    pub fn keywords(name: &str, words: &[&str]) -> Self {
        Self::texts(KEYWORD, name, words)
    }

    pub fn text(name: &str, text: &str) -> Self {
        Self::texts(TEXT, name, &[text])
    }

    pub fn name(name: &str, text: &str) -> Self {
        Self::texts(NAME, name, &[text])
    }

    pub fn uri(name: &str, text: &str) -> Self {
        Self::texts(URI, name, &[text])
    }

    pub fn uri_scheme(name: &str, text: &str) -> Self {
        Self::texts(URI_SCHEME, name, &[text])
    }

    pub fn charset(name: &str) -> Self {
        Self::texts(CHARSET, name, &["utf-8"])
    }

    pub fn language(name: &str) -> Self {
        Self::texts(LANGUAGE, name, &["en"])
    }

    pub fn mime_types(name: &str, types: &[&str]) -> Self {
        Self::texts(MIME_TYPE, name, types)
    }

    pub fn integer(name: &str, number: i32) -> Self {
        Self::new(name, vec![Value { tag: INTEGER, octets: number.to_be_bytes().into() }])
    }

    pub fn enums(name: &str, numbers: &[i32]) -> Self {
        let value = |number: &i32| Value { tag: ENUM, octets: number.to_be_bytes().into() };
        Self::new(name, numbers.iter().map(value).collect())
    }

    pub fn boolean(name: &str, yes: bool) -> Self {
        Self::new(name, vec![Value { tag: BOOLEAN, octets: vec![u8::from(yes)] }])
    }

    pub fn range(name: &str, from: i32, to: i32) -> Self {
        let octets = [from.to_be_bytes(), to.to_be_bytes()].concat();
        Self::new(name, vec![Value { tag: RANGE, octets }])
    }

    /// Dots an inch.
    pub fn resolution(name: &str, across: i32, down: i32) -> Self {
        let octets = [&across.to_be_bytes()[..], &down.to_be_bytes(), &[3]].concat();
        Self::new(name, vec![Value { tag: RESOLUTION, octets }])
    }

    /// Whether the first value is a yes.
    pub fn is_true(&self) -> bool {
        self.values.first().is_some_and(|value| value.tag == BOOLEAN && value.octets == [1])
    }

    /// The first value as text.
    pub fn first(&self) -> &str {
        self.values.first().map(Value::text).unwrap_or_default()
    }

    /// The values of a member of collections.
    pub fn members<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        let pairs = self.values.iter().zip(self.values.iter().skip(1));
        pairs.filter(move |(key, _)| key.tag == MEMBER && key.text() == name).map(|(_, value)| value.text())
    }
}

impl Message {
    /// Read one, and where its document begins. `None`: it is no such message.
    pub fn read(bytes: &[u8]) -> Option<(Self, usize)> {
        let mut reader = Reader { bytes: &bytes[..bytes.len().min(LARGEST)], at: 0 };
        let version = (reader.octet()?, reader.octet()?);
        let code = reader.short()?;
        let request = u32::from(reader.short()?) << 16 | u32::from(reader.short()?);
        let mut message = Self { version, code, request, groups: Vec::new() };
        let mut values = 0;
        loop {
            let tag = reader.octet()?;
            if tag == END {
                return Some((message, reader.at));
            }
            if tag < 0x10 {
                message.groups.push(Group { tag, attributes: Vec::new() });
                continue;
            }
            values += 1;
            if values > MOST_VALUES {
                return None;
            }
            let name = reader.sized()?.to_vec();
            let value = Value { tag, octets: reader.sized()?.to_vec() };
            let attributes = &mut message.groups.last_mut()?.attributes;
            if name.is_empty() {
                attributes.last_mut()?.values.push(value);
            } else {
                attributes.push(Attribute { name: String::from_utf8(name).ok()?, values: vec![value] });
            }
        }
    }

    /// As octets, with no document.
    pub fn write(&self) -> Vec<u8> {
        let mut out = vec![self.version.0, self.version.1];
        out.extend(self.code.to_be_bytes());
        out.extend(self.request.to_be_bytes());
        for group in &self.groups {
            out.push(group.tag);
            for attribute in &group.attributes {
                for (index, value) in attribute.values.iter().enumerate() {
                    out.push(value.tag);
                    sized(&mut out, if index == 0 { attribute.name.as_bytes() } else { &[] });
                    sized(&mut out, &value.octets);
                }
            }
        }
        out.push(END);
        out
    }

    /// An attribute of a group.
    pub fn find(&self, group: u8, name: &str) -> Option<&Attribute> {
        let groups = self.groups.iter().filter(|one| one.tag == group);
        groups.flat_map(|group| &group.attributes).find(|attribute| attribute.name == name)
    }
}

fn sized(out: &mut Vec<u8>, octets: &[u8]) {
    // What is written here is short; a status message is cut before.
    let octets = &octets[..octets.len().min(1_023)];
    out.extend((octets.len() as u16).to_be_bytes());
    out.extend_from_slice(octets);
}

struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Reader<'a> {
    fn octet(&mut self) -> Option<u8> {
        let octet = *self.bytes.get(self.at)?;
        self.at += 1;
        Some(octet)
    }

    fn short(&mut self) -> Option<u16> {
        Some(u16::from(self.octet()?) << 8 | u16::from(self.octet()?))
    }

    fn sized(&mut self) -> Option<&'a [u8]> {
        let length = usize::from(self.short()?);
        let octets = self.bytes.get(self.at..self.at + length)?;
        self.at += length;
        Some(octets)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message() -> Message {
        let mut to = Attribute::new("destination-uris", Vec::new());
        for number in ["tel:+4930", "tel:100"] {
            to.values.push(Value { tag: 0x34, octets: Vec::new() });
            to.values.push(Value::of(MEMBER, "destination-uri"));
            to.values.push(Value::of(URI, number));
            to.values.push(Value { tag: 0x37, octets: Vec::new() });
        }
        let operation = vec![Attribute::charset("attributes-charset"), Attribute::integer("copies", -2), to];
        let groups = vec![
            Group { tag: OPERATION, attributes: operation },
            Group { tag: JOB, attributes: vec![Attribute::keywords("sides", &["one-sided", "other"])] },
        ];
        Message { version: (2, 0), code: 2, request: 70_000, groups }
    }

    #[test]
    fn what_is_written_is_read_and_the_document_begins_behind_it() {
        let mut bytes = message().write();
        let length = bytes.len();
        bytes.extend(b"%PDF-1.7");
        let (read, at) = Message::read(&bytes).unwrap();
        assert_eq!((&read, at), (&message(), length));
        let to = read.find(OPERATION, "destination-uris").unwrap();
        assert_eq!(to.members("destination-uri").collect::<Vec<_>>(), ["tel:+4930", "tel:100"]);
        assert_eq!(read.find(OPERATION, "copies").unwrap().values[0].number(), Some(-2));
    }

    #[test]
    fn nothing_that_comes_makes_it_panic() {
        let whole = message().write();
        for end in 0..whole.len() {
            assert_eq!(Message::read(&whole[..end]), None, "{end}");
        }
        let mut dice = 3_u32;
        for _ in 0..20_000 {
            let mut broken = whole.clone();
            for _ in 0..3 {
                dice = dice.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                let at = (dice >> 8) as usize % broken.len();
                broken[at] = dice as u8;
            }
            let _ = Message::read(&broken);
        }
    }
}
