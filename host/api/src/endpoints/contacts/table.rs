//! A file of contacts as people have it: CSV from one program or another, in one encoding or another.

use jackfield_model::{Contact, ContactNumber, DialPlan, LONGEST_TEXT, MOST_NUMBERS, NumberKind};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use utoipa::ToSchema;

/// Most lines of a file.
pub(super) const MOST_ROWS: usize = 100_000;
const MOST_COLUMNS: usize = 100;
/// Faults that are told one by one.
const MOST_FAULTS: usize = 100;
const LONGEST_QUOTE: usize = 60;

/// A file, taken apart.
pub(super) struct Table {
    /// Titles of the columns; empty texts when the file has none.
    pub columns: Vec<String>,
    /// The number of each line, and its cells.
    pub rows: Vec<(u64, Vec<String>)>,
}

/// What a column holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Field {
    /// Nothing that is wanted.
    None,
    /// The whole name.
    Name,
    /// The given name.
    FirstName,
    /// The family name.
    LastName,
    /// The company.
    Company,
    /// A number at work.
    Work,
    /// A mobile number.
    Mobile,
    /// A number at home.
    Home,
    /// Another number.
    Other,
    /// A mail address.
    Mail,
    /// Anything else.
    Note,
}

/// What is wrong with a line.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct LineFault {
    /// The number of the line, from 1.
    line: u64,
    /// What is wrong: the line is left out when there is neither a name nor a company (`no-name`) or neither a number nor a
    /// mail address (`no-number`); one number is left out when it is none (`not-a-number`) or there are too many
    /// (`too-many-numbers`); a text is cut when it is too long (`too-long`).
    code: &'static str,
    /// What stands there, cut short.
    text: String,
}

/// What comes of the lines of a table.
#[derive(Default)]
pub(super) struct Mapped {
    pub contacts: Vec<Contact>,
    /// The first of what is wrong.
    pub faults: Vec<LineFault>,
    /// How much is wrong.
    pub faulty: u64,
}

impl Table {
    /// Take a file apart. Its first line that is not empty is the one of titles when `titled`.
    ///
    /// # Errors
    /// In words for the admin.
    pub(super) fn read(file: &[u8], titled: bool) -> Result<Self, String> {
        let text = decode(file)?;
        let mut reader = csv::ReaderBuilder::new()
            .has_headers(false)
            .flexible(true)
            .delimiter(delimiter(&text))
            .from_reader(text.as_bytes());
        let mut rows = Vec::new();
        let (mut line, mut counted) = (1, 0);
        for record in reader.records() {
            let record = record.map_err(|error| format!("This is no table that can be read: {error}."))?;
            // The reader counts a line late where lines end as on Windows: a line feed is part of the record after it.
            let start = record.position().map_or(0, |position| position.byte() as usize);
            let begun = text[start..].bytes().take_while(|byte| matches!(byte, b'\r' | b'\n')).count() + start;
            line += text.as_bytes()[counted..begun].iter().filter(|byte| **byte == b'\n').count() as u64;
            counted = begun;
            if record.iter().all(|cell| cell.trim().is_empty()) {
                continue;
            }
            if rows.len() > MOST_ROWS {
                return Err(format!("There are more than {MOST_ROWS} lines: import them as several files."));
            }
            if record.len() > MOST_COLUMNS {
                return Err(format!("There are more than {MOST_COLUMNS} columns in a line: is this a table?"));
            }
            rows.push((line, record.iter().map(|cell| cell.trim().to_owned()).collect::<Vec<_>>()));
        }
        let width = rows.iter().map(|(_, cells)| cells.len()).max().unwrap_or(0);
        let mut columns = if titled && !rows.is_empty() { rows.remove(0).1 } else { Vec::new() };
        columns.resize(width, String::new());
        if rows.is_empty() {
            return Err("There is no line with a contact in it.".into());
        }
        Ok(Self { columns, rows })
    }

    /// What the columns may hold, by their titles.
    pub(super) fn guess(&self) -> Vec<Field> {
        let mut fields: Vec<Field> = self.columns.iter().map(|title| guess(title)).collect();
        // “Nom” beside “Prénom” is the family name.
        if fields.contains(&Field::FirstName) {
            fields.iter_mut().filter(|field| **field == Field::Name).for_each(|field| *field = Field::LastName);
        }
        fields
    }

    /// Make contacts of the lines.
    pub(super) fn map(&self, fields: &[Field], plan: &DialPlan) -> Mapped {
        let mut mapped = Mapped::default();
        for (line, cells) in &self.rows {
            if let Some(contact) = mapped.contact(*line, cells, fields, plan) {
                mapped.contacts.push(contact);
            }
        }
        mapped
    }
}

impl Mapped {
    fn contact(&mut self, line: u64, cells: &[String], fields: &[Field], plan: &DialPlan) -> Option<Contact> {
        let mut contact = Contact::default();
        let (mut first, mut last) = (String::new(), String::new());
        for (cell, field) in cells.iter().zip(fields).filter(|(cell, _)| !cell.is_empty()) {
            let kind = match field {
                Field::None => continue,
                Field::Name => {
                    self.put(line, &mut contact.name, cell);
                    continue;
                }
                Field::FirstName => {
                    self.put(line, &mut first, cell);
                    continue;
                }
                Field::LastName => {
                    self.put(line, &mut last, cell);
                    continue;
                }
                Field::Company => {
                    self.put(line, &mut contact.company, cell);
                    continue;
                }
                Field::Mail => {
                    self.put(line, &mut contact.mail, cell);
                    continue;
                }
                Field::Note => {
                    self.put(line, &mut contact.note, cell);
                    continue;
                }
                Field::Work => NumberKind::Work,
                Field::Mobile => NumberKind::Mobile,
                Field::Home => NumberKind::Home,
                Field::Other => NumberKind::Other,
            };
            for written in cell.split([',', '\n']).filter(|written| !written.trim().is_empty()) {
                match plan.normalised(unquoted(written)) {
                    Some(_) if contact.numbers.len() == MOST_NUMBERS => self.fault(line, "too-many-numbers", written),
                    Some(number) => contact.numbers.push(ContactNumber { kind, number }),
                    None => self.fault(line, "not-a-number", written),
                }
            }
        }
        if contact.name.is_empty() {
            contact.name = cut(format!("{first} {last}").trim()).to_owned();
        }
        if contact.display().is_empty() {
            self.fault(line, "no-name", cells.iter().find(|cell| !cell.is_empty()).map_or("", |cell| cell));
            return None;
        }
        if contact.numbers.is_empty() && contact.mail.is_empty() {
            self.fault(line, "no-number", contact.display());
            return None;
        }
        contact.key = key(&contact);
        Some(contact)
    }

    fn put(&mut self, line: u64, to: &mut String, cell: &str) {
        let text = cut(cell);
        if text.len() < cell.len() {
            self.fault(line, "too-long", cell);
        }
        if to.is_empty() {
            // One line each: names are shown on telephones and in lists.
            to.extend(text.chars().map(|c| if c.is_control() { ' ' } else { c }));
        }
    }

    fn fault(&mut self, line: u64, code: &'static str, text: &str) {
        self.faulty += 1;
        if self.faults.len() < MOST_FAULTS {
            self.faults.push(LineFault { line, code, text: text.chars().take(LONGEST_QUOTE).collect() });
        }
    }
}

/// A spreadsheet that was told to keep a number as it is has an apostrophe in front of it; so has our own export.
fn unquoted(cell: &str) -> &str {
    cell.strip_prefix('\'').unwrap_or(cell)
}

/// As much of a text as is kept.
fn cut(text: &str) -> &str {
    let mut end = text.len().min(LONGEST_TEXT);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    &text[..end]
}

/// The same contact has the same key in the next file.
fn key(contact: &Contact) -> String {
    let number = contact.numbers.first().map_or("", |number| &number.number);
    let mut digest = Sha256::new();
    for part in [&*contact.name, &contact.company, &contact.mail, number] {
        digest.update(part);
        digest.update([0]);
    }
    hex::encode(&digest.finalize()[..16])
}

/// UTF-8, UTF-16 with a mark in front, else what spreadsheets in western Europe write.
fn decode(file: &[u8]) -> Result<String, String> {
    let text = if let Some(rest) = file.strip_prefix(b"\xef\xbb\xbf") {
        String::from_utf8_lossy(rest).into_owned()
    } else if let Some(rest) = file.strip_prefix(b"\xff\xfe") {
        utf16(rest, u16::from_le_bytes)
    } else if let Some(rest) = file.strip_prefix(b"\xfe\xff") {
        utf16(rest, u16::from_be_bytes)
    } else {
        match std::str::from_utf8(file) {
            Ok(text) => text.to_owned(),
            Err(_) => file.iter().map(|byte| windows_1252(*byte)).collect(),
        }
    };
    if text.contains('\0') {
        return Err("This is no table in CSV: save it from your spreadsheet as CSV (UTF-8).".into());
    }
    Ok(text)
}

fn utf16(bytes: &[u8], unit: fn([u8; 2]) -> u16) -> String {
    let units = bytes.chunks_exact(2).map(|pair| unit([pair[0], pair[1]]));
    char::decode_utf16(units).map(|c| c.unwrap_or(char::REPLACEMENT_CHARACTER)).collect()
}

fn windows_1252(byte: u8) -> char {
    const HIGH: [char; 32] = [
        '€', '\u{fffd}', '‚', 'ƒ', '„', '…', '†', '‡', 'ˆ', '‰', 'Š', '‹', 'Œ', '\u{fffd}', 'Ž', '\u{fffd}',
        '\u{fffd}', '‘', '’', '“', '”', '•', '–', '—', '˜', '™', 'š', '›', 'œ', '\u{fffd}', 'ž', 'Ÿ',
    ];
    match byte {
        0x80..=0x9f => HIGH[usize::from(byte - 0x80)],
        _ => char::from(byte),
    }
}

/// The character that parts the cells of the first line most often, quoted ones left out.
fn delimiter(text: &str) -> u8 {
    let mut counts = [(b',', 0), (b';', 0), (b'\t', 0)];
    let mut quoted = false;
    for byte in text.trim_start().bytes() {
        match byte {
            b'"' => quoted = !quoted,
            b'\n' | b'\r' if !quoted => break,
            _ if !quoted => counts.iter_mut().filter(|(c, _)| *c == byte).for_each(|(_, count)| *count += 1),
            _ => {}
        }
    }
    // The last of equals is what max_by_key takes: a comma where nothing is found.
    counts.iter().rev().max_by_key(|(_, count)| *count).map_or(b',', |(delimiter, _)| *delimiter)
}

/// What a column of this title holds, in English, French and German.
fn guess(title: &str) -> Field {
    let title: String = title.to_lowercase().chars().filter(|c| c.is_alphanumeric()).collect();
    const TITLES: [(Field, &[&str]); 10] = [
        (Field::FirstName, &["firstname", "givenname", "prénom", "prenom", "vorname"]),
        (Field::LastName, &["lastname", "surname", "familyname", "nomdefamille", "nachname", "familienname", "sn"]),
        (Field::Company, &["company", "organi", "société", "societe", "entreprise", "firma", "unternehmen"]),
        (Field::Mobile, &["mobile", "mobil", "cell", "portable", "handy", "gsm"]),
        (Field::Home, &["home", "privé", "prive", "domicile", "privat"]),
        (Field::Mail, &["mail", "courriel"]),
        (
            Field::Work,
            &["work", "business", "phone", "tél", "tel", "bureau", "büro", "geschäftlich", "number", "numéro"],
        ),
        (Field::Note, &["note", "comment", "remar", "bemerkung", "notiz"]),
        (Field::Other, &["other", "autre", "weitere"]),
        (Field::Name, &["name", "nom", "contact", "displayname", "cn"]),
    ];
    let known = TITLES.iter().find(|(_, words)| words.iter().any(|word| title.contains(word)));
    known.map_or(Field::None, |(field, _)| *field)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn france() -> DialPlan {
        DialPlan { country: "33".into(), ..DialPlan::default() }
    }

    #[test]
    fn a_file_of_a_french_spreadsheet_is_understood() {
        let file = "Prénom;Nom;Société;Téléphone;Portable;Courriel\r\n\
                    Zoé;Dupont;\"Dupont; Fils\";01 23 45 67 89;06.12.34.56.78;zoe@example.org\r\n\
                    ;;;;;\r\n\
                    ;;Mairie;chercher;;\r\n\
                    ;;;0123456789;;\r\n";
        // As Windows writes it.
        let bytes: Vec<u8> = file.chars().map(|c| u8::try_from(u32::from(c)).unwrap()).collect();
        let table = Table::read(&bytes, true).unwrap();
        let fields = table.guess();
        use Field::{Company, FirstName, LastName, Mail, Mobile, Work};
        assert_eq!(fields, [FirstName, LastName, Company, Work, Mobile, Mail]);
        let mapped = table.map(&fields, &france());
        let zoe = &mapped.contacts[0];
        assert_eq!((zoe.name.as_str(), zoe.company.as_str(), mapped.contacts.len()), ("Zoé Dupont", "Dupont; Fils", 1));
        let numbers: Vec<_> = zoe.numbers.iter().map(|number| number.number.as_str()).collect();
        assert_eq!(numbers, ["+33123456789", "+33612345678"]);
        let faults: Vec<_> = mapped.faults.iter().map(|fault| (fault.line, fault.code, fault.text.as_str())).collect();
        assert_eq!(faults, [(4, "not-a-number", "chercher"), (4, "no-number", "Mairie"), (5, "no-name", "0123456789")]);
    }

    #[test]
    fn encodings_and_delimiters_are_told_apart() {
        for (file, expected) in [
            (b"\xef\xbb\xbfName,Phone\nZo\xc3\xab,1".to_vec(), "Zoë"),
            (b"Name\tPhone\nZo\xc3\xab\t1".to_vec(), "Zoë"),
            (b"Name;Phone\nZo\xeb;1".to_vec(), "Zoë"),
            (b"\xff\xfeN\0;\0P\0\n\0Z\0o\0\xeb\0;\x001\x00".to_vec(), "Zoë"),
        ] {
            let table = Table::read(&file, true).unwrap();
            assert_eq!((table.columns.len(), table.rows[0].1[0].as_str()), (2, expected));
        }
    }

    #[test]
    fn what_is_no_table_is_said_to_be_none() {
        for file in [&b""[..], b"Name;Phone\n", b"\n\n", b"PK\x03\x04\0\0\0"] {
            assert!(Table::read(file, true).is_err(), "{file:?}");
        }
        let wide = [b','; 200];
        assert!(Table::read(&[&wide[..], b"x"].concat(), false).is_err());
        let lines = Table::read(b"Name,Phone\n\"Anna\r\nVia: evil\",0123456789", true).unwrap();
        assert_eq!(lines.map(&lines.guess(), &france()).contacts[0].name, "Anna  Via: evil");
        let long = format!("Name,Phone\n{},0123456789", "é".repeat(500));
        let table = Table::read(long.as_bytes(), true).unwrap();
        let mapped = table.map(&table.guess(), &france());
        assert_eq!((mapped.contacts[0].name.len(), mapped.faults[0].code), (256, "too-long"));
    }
}
