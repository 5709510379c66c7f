//! From an entry's attributes to a contact: templates such as `{givenName} {sn|upper}`, and numbers in E.164.

use crate::{filter::check_attribute, protocol::Entry};
use jackfield_sdk::contacts::{Contact, Number, NumberKind};

/// Most numbers that a contact may have.
const MOST_NUMBERS: usize = 8;
const LONGEST: usize = 256;

/// What becomes of an entry.
pub struct Mapping {
    pub name: Template,
    pub company: Template,
    pub work: Template,
    pub mobile: Template,
    pub home: Template,
    pub mail: Template,
    pub note: Template,
    pub country: String,
    pub national: String,
}

/// A text with attributes in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Template(Vec<Piece>);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Piece {
    Text(String),
    /// The first of these that an entry has, changed.
    Value(Vec<String>, Vec<Change>),
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Change {
    Upper,
    Lower,
    Title,
    Replace(String, String),
}

impl Template {
    /// Read a template.
    ///
    /// # Errors
    /// What is wrong with it, for the administrator.
    pub fn read(text: &str) -> Result<Self, String> {
        let mut pieces = Vec::new();
        let mut rest = text;
        while let Some(start) = rest.find('{') {
            if start > 0 {
                pieces.push(Piece::Text(rest[..start].to_owned()));
            }
            let end = rest[start..].find('}').ok_or("a “{” without its “}”")? + start;
            pieces.push(value(&rest[start + 1..end])?);
            rest = &rest[end + 1..];
        }
        if rest.contains('}') {
            return Err("a “}” without its “{”".into());
        }
        if !rest.is_empty() {
            pieces.push(Piece::Text(rest.to_owned()));
        }
        Ok(Self(pieces))
    }

    /// The attributes that it needs.
    fn attributes(&self) -> impl Iterator<Item = &str> {
        let names = self.0.iter().flat_map(|piece| match piece {
            Piece::Value(names, _) => names.as_slice(),
            Piece::Text(_) => &[],
        });
        names.map(String::as_str)
    }

    /// With the values of an entry put in; an empty text when none of its attributes is there.
    fn fill(&self, entry: &Entry) -> String {
        self.fill_with(entry, 0).unwrap_or_default()
    }

    /// One text for each value of the attributes: people have several numbers.
    fn fill_each(&self, entry: &Entry) -> impl Iterator<Item = String> {
        (0..MOST_NUMBERS).map_while(|at| self.fill_with(entry, at))
    }

    /// With the values at this place; `None` when there is none at any attribute.
    fn fill_with(&self, entry: &Entry, at: usize) -> Option<String> {
        let mut found = false;
        let mut text = String::new();
        for piece in &self.0 {
            match piece {
                Piece::Text(fixed) => text.push_str(fixed),
                Piece::Value(names, changes) => {
                    let values = names.iter().find_map(|name| entry.attributes.get(name).filter(|v| !v.is_empty()));
                    let Some(value) = values.and_then(|values| values.get(at)) else { continue };
                    found = true;
                    text.push_str(&changes.iter().fold(value.trim().to_owned(), |text, change| change.made(&text)));
                }
            }
        }
        // A fixed text alone is a value too, once.
        let fixed = at == 0 && self.attributes().next().is_none();
        let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
        (found || fixed).then(|| cut(&text).to_owned())
    }
}

fn value(text: &str) -> Result<Piece, String> {
    let mut parts = text.split('|');
    let names: Vec<String> =
        parts.next().unwrap_or_default().split(',').map(|name| name.trim().to_ascii_lowercase()).collect();
    names.iter().try_for_each(|name| check_attribute(name))?;
    let change = |part: &str| {
        let mut words = part.trim_start().splitn(3, ':');
        match (words.next().unwrap_or_default().trim(), words.next(), words.next()) {
            ("upper", None, _) => Ok(Change::Upper),
            ("lower", None, _) => Ok(Change::Lower),
            ("title", None, _) => Ok(Change::Title),
            ("replace", Some(what), by) if !what.is_empty() => {
                Ok(Change::Replace(what.to_owned(), by.unwrap_or_default().to_owned()))
            }
            _ => Err(format!("“{}” is none of upper, lower, title and replace:a:b", part.trim())),
        }
    };
    Ok(Piece::Value(names, parts.map(change).collect::<Result<_, _>>()?))
}

impl Change {
    fn made(&self, text: &str) -> String {
        match self {
            Change::Upper => text.to_uppercase(),
            Change::Lower => text.to_lowercase(),
            Change::Title => {
                let mut begins = true;
                let titled = text.chars().flat_map(|c| {
                    let changed: Vec<char> =
                        if begins { c.to_uppercase().collect() } else { c.to_lowercase().collect() };
                    begins = !c.is_alphanumeric();
                    changed
                });
                titled.collect()
            }
            Change::Replace(what, by) => text.replace(what, by),
        }
    }
}

impl Mapping {
    /// The attributes to ask for, each once.
    pub fn attributes(&self) -> Vec<&str> {
        let Self { name, company, work, mobile, home, mail, note, .. } = self;
        let mut all: Vec<&str> =
            [name, company, work, mobile, home, mail, note].into_iter().flat_map(Template::attributes).collect();
        all.sort_unstable();
        all.dedup();
        all
    }

    /// The attributes in which numbers are.
    pub fn number_attributes(&self) -> Vec<&str> {
        [&self.work, &self.mobile, &self.home].into_iter().flat_map(Template::attributes).collect()
    }

    /// The attributes in which names are.
    pub fn name_attributes(&self) -> Vec<&str> {
        [&self.name, &self.company].into_iter().flat_map(Template::attributes).collect()
    }

    /// The contact of an entry.
    ///
    /// # Errors
    /// Why there is none.
    pub fn contact(&self, entry: &Entry) -> Result<Contact, &'static str> {
        let (name, company) = (self.name.fill(entry), self.company.fill(entry));
        if name.is_empty() && company.is_empty() {
            return Err("no name");
        }
        let mut numbers: Vec<Number> = Vec::new();
        for (kind, template) in
            [(NumberKind::Work, &self.work), (NumberKind::Mobile, &self.mobile), (NumberKind::Home, &self.home)]
        {
            for number in template.fill_each(entry).filter_map(|written| self.normalised(&written)) {
                if numbers.len() < MOST_NUMBERS && !numbers.iter().any(|known| known.number == number) {
                    numbers.push(Number { kind, number });
                }
            }
        }
        let mail = self.mail.fill(entry);
        if numbers.is_empty() && mail.is_empty() {
            return Err("no number");
        }
        let key = if entry.dn.len() <= LONGEST { entry.dn.clone() } else { short_key(&entry.dn) };
        Ok(Contact { key, name, company, numbers, mail, note: self.note.fill(entry) })
    }

    /// A number as it stands in the directory, in E.164 where that can be told.
    pub fn normalised(&self, written: &str) -> Option<String> {
        let written = written.trim();
        // What follows is an extension behind the number, or a remark.
        let written = written.split([';', ',', 'x']).next().unwrap_or(written);
        let plus = written.starts_with('+');
        let written = if plus { written.replace("(0)", "") } else { written.to_owned() };
        let digits: String = written.chars().filter(|c| c.is_ascii_digit() || matches!(c, '*' | '#')).collect();
        let strange = written.chars().any(|c| c.is_alphabetic());
        if digits.is_empty() || digits.len() > 32 || strange {
            return None;
        }
        let e164 = |digits: &str| {
            let sound = (7..=15).contains(&digits.len()) && !digits.starts_with('0') && !digits.contains(['*', '#']);
            sound.then(|| format!("+{digits}"))
        };
        if plus {
            return e164(&digits);
        }
        if digits.len() <= 6 || digits.contains(['*', '#']) {
            return Some(digits);
        }
        if let Some(abroad) = digits.strip_prefix("00") {
            return Some(e164(abroad).unwrap_or(digits));
        }
        if self.country.is_empty() {
            return Some(digits);
        }
        let far = match digits.strip_prefix(&*self.national) {
            Some(far) => Some(far),
            None if self.national.is_empty() => Some(&*digits),
            None => None,
        };
        Some(far.and_then(|far| e164(&format!("{}{far}", self.country))).unwrap_or(digits))
    }
}

/// As much of a text as a contact takes.
fn cut(text: &str) -> &str {
    let mut end = text.len().min(LONGEST);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    &text[..end]
}

/// A long name by its beginning and a sum over all of it.
fn short_key(dn: &str) -> String {
    let sum =
        dn.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3));
    format!("{sum:016x} {}", dn.chars().take(50).collect::<String>())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(attributes: &[(&str, &[&str])]) -> Entry {
        let attributes = attributes
            .iter()
            .map(|(name, values)| ((*name).to_owned(), values.iter().map(|value| (*value).to_owned()).collect()));
        Entry { dn: "cn=x".into(), attributes: attributes.collect() }
    }

    fn mapping(name: &str) -> Mapping {
        let template = |text: &str| Template::read(text).unwrap();
        Mapping {
            name: template(name),
            company: template("{o}"),
            work: template("{telephoneNumber}"),
            mobile: template("{mobile}"),
            home: template("{homePhone}"),
            mail: template("{mail}"),
            note: template(""),
            country: "33".into(),
            national: "0".into(),
        }
    }

    #[test]
    fn templates_put_attributes_together_and_change_them() {
        let zoe = entry(&[("givenname", &["Zoé"]), ("sn", &["DUPONT-MARTIN"]), ("telephonenumber", &["(0)1 23"])]);
        for (template, expected) in [
            ("{givenName} {sn}", "Zoé DUPONT-MARTIN"),
            ("{displayName,cn,sn|title}", "Dupont-Martin"),
            ("{sn|lower}, {givenName|upper}", "dupont-martin, ZOÉ"),
            ("{telephoneNumber|replace:(0):}", "1 23"),
            ("{nothing}", ""),
            ("{givenName} {nothing} {sn}", "Zoé DUPONT-MARTIN"),
            ("Fixed", "Fixed"),
        ] {
            assert_eq!(Template::read(template).unwrap().fill(&zoe), expected, "{template}");
        }
        for (template, expected) in [
            ("{sn", "without its “}”"),
            ("sn}", "without its “{”"),
            ("{s n}", "no name of an attribute"),
            ("{}", "no name of an attribute"),
            ("{sn|shout}", "none of upper"),
            ("{sn|replace}", "none of upper"),
        ] {
            assert!(Template::read(template).unwrap_err().contains(expected), "{template}");
        }
    }

    #[test]
    fn an_entry_becomes_a_contact_with_all_its_numbers_in_e164() {
        let zoe = entry(&[
            ("cn", &["Zoé Dupont"]),
            ("o", &["Dupont SA"]),
            ("telephonenumber", &["+33 (0)1 23 45 67 89", "01.23.45.67.80", "see mobile", "01 23 45 67 89"]),
            ("mobile", &["06 12 34 56 78"]),
        ]);
        let contact = mapping("{cn}").contact(&zoe).unwrap();
        let numbers: Vec<_> = contact.numbers.iter().map(|number| number.number.as_str()).collect();
        assert_eq!(numbers, ["+33123456789", "+33123456780", "+33612345678"]);
        assert_eq!(
            (contact.name.as_str(), contact.company.as_str(), contact.key.as_str()),
            ("Zoé Dupont", "Dupont SA", "cn=x")
        );
        assert_eq!(mapping("{cn}").contact(&entry(&[("cn", &["Nobody"])])).err(), Some("no number"));
        assert_eq!(mapping("{cn}").contact(&entry(&[("mobile", &["0612345678"])])).err(), Some("no name"));
        let asked = mapping("{displayName,cn}");
        assert_eq!(asked.attributes(), ["cn", "displayname", "homephone", "mail", "mobile", "o", "telephonenumber"]);
    }
}
