//! Who is who outside the house: the name that belongs to a number, from a picture in memory that is swapped whole whenever
//! contacts change. A call reads it in a fraction of a microsecond and never waits for more.

use arc_swap::ArcSwap;
use jackfield_model::Party;
use std::{collections::HashMap, sync::Arc};

/// The names of numbers outside the house.
#[derive(Default)]
pub struct OutsideNames {
    names: ArcSwap<NameIndex>,
}

/// Names by number: two arrays, since there may be a hundred thousand.
#[derive(Debug, Default)]
pub struct NameIndex {
    /// Numbers in order, and where their names are.
    numbers: Box<[(u64, u32)]>,
    names: Box<[Box<str>]>,
}

impl NameIndex {
    /// Numbers in E.164 with `+`, and their names. Of several names of a number the first counts; what is no such number
    /// is left out.
    pub fn new(entries: impl IntoIterator<Item = (String, String)>) -> Self {
        let (mut numbers, mut names, mut known) = (Vec::new(), Vec::new(), HashMap::new());
        for (number, name) in entries {
            let Some(number) = compact(&number).filter(|_| !name.is_empty()) else { continue };
            // Many numbers belong to one company.
            let place = *known.entry(name).or_insert_with_key(|name| {
                names.push(name.clone().into_boxed_str());
                names.len() as u32 - 1
            });
            numbers.push((number, place));
        }
        // A stable sort: the first stays the first.
        numbers.sort_by_key(|(number, _)| *number);
        numbers.dedup_by_key(|(number, _)| *number);
        Self { numbers: numbers.into(), names: names.into() }
    }

    /// The name of a number in E.164 with `+`.
    pub fn name(&self, number: &str) -> Option<&str> {
        let number = compact(number)?;
        let at = self.numbers.binary_search_by_key(&number, |(known, _)| *known).ok()?;
        self.names.get(self.numbers[at].1 as usize).map(|name| &**name)
    }

    /// How many numbers have a name.
    pub fn len(&self) -> usize {
        self.numbers.len()
    }

    /// Whether none has.
    pub fn is_empty(&self) -> bool {
        self.numbers.is_empty()
    }
}

impl OutsideNames {
    /// Swap the names. Calls in progress keep what they have read.
    pub fn set(&self, names: NameIndex) {
        self.names.store(Arc::new(names));
    }

    /// How many numbers have a name.
    pub fn len(&self) -> usize {
        self.names.load().len()
    }

    /// Whether none has.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The same party with the name that its number has among contacts, if it is nobody of the house. `e164` is its number
    /// in E.164, where that differs from how it is shown.
    pub(crate) fn named(&self, party: Party, e164: &str) -> Party {
        if party.extension.is_some() {
            return party;
        }
        match self.names.load().name(e164) {
            Some(name) => Party { name: name.to_owned(), ..party },
            None => party,
        }
    }
}

/// An E.164 number as a number: 15 digits at most (ITU-T E.164 §6), so they fit.
fn compact(number: &str) -> Option<u64> {
    let digits = number.strip_prefix('+')?;
    let sound = (1..=15).contains(&digits.len()) && digits.bytes().all(|digit| digit.is_ascii_digit());
    sound.then(|| digits.parse().ok())?
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(number: &str, name: &str) -> (String, String) {
        (number.to_owned(), name.to_owned())
    }

    #[test]
    fn a_number_has_the_first_name_that_is_known_of_it() {
        let index = NameIndex::new([
            entry("+33123456789", "Anna Dupont"),
            entry("+4930123456", "Dupont SA"),
            entry("+33123456789", "Somebody else"),
            entry("105", "No number of the outside"),
            entry("+1234567890123456", "Too long"),
            entry("+33600000000", ""),
        ]);
        assert_eq!(index.name("+33123456789"), Some("Anna Dupont"));
        assert_eq!(index.name("+4930123456"), Some("Dupont SA"));
        for unknown in ["33123456789", "+33123456788", "105", "anonymous", "+1234567890123456", "+33600000000", "+"] {
            assert_eq!(index.name(unknown), None, "{unknown}");
        }
        assert_eq!(index.len(), 2);
    }

    #[test]
    fn colleagues_keep_their_names() {
        let names = OutsideNames::default();
        names.set(NameIndex::new([entry("+33123456789", "Anna Dupont")]));
        let colleague = Party { number: "100".into(), name: "Bea".into(), extension: "100".parse().ok() };
        assert_eq!(names.named(colleague.clone(), "+33123456789"), colleague);
        let stranger = Party { number: "0123456789".into(), ..Party::default() };
        assert_eq!(names.named(stranger, "+33123456789").name, "Anna Dupont");
    }
}
