//! The directory snapshot: who can be called and who may register, immutable and swapped whole.

use jackfield_model::{Extension, Number, Party, UserId};
use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
};

/// Every extension of the house as of one moment. Reading it costs a hash look-up and no lock.
#[derive(Debug, Default)]
pub struct Directory {
    extensions: HashMap<String, Arc<Extension>>,
    admins: HashSet<UserId>,
}

impl Directory {
    /// A snapshot of these extensions; of two with the same number the later one counts.
    pub fn new(extensions: impl IntoIterator<Item = Extension>) -> Self {
        let extensions = extensions.into_iter().map(|e| (e.number.as_str().to_owned(), Arc::new(e))).collect();
        Self { extensions, admins: HashSet::new() }
    }

    /// The same, with these people as admins.
    pub fn with_admins(self, admins: impl IntoIterator<Item = UserId>) -> Self {
        Self { admins: admins.into_iter().collect(), ..self }
    }

    /// Whether somebody is an admin.
    pub fn is_admin(&self, user: UserId) -> bool {
        self.admins.contains(&user)
    }

    /// Every extension, in no order.
    pub fn extensions(&self) -> impl Iterator<Item = &Arc<Extension>> {
        self.extensions.values()
    }

    /// The numbers of a person, by length and digits.
    pub fn numbers_of(&self, user: UserId) -> Vec<Number> {
        let own = self.extensions.values().filter(|extension| extension.owner == Some(user));
        let mut numbers: Vec<_> = own.map(|extension| extension.number.clone()).collect();
        numbers.sort_by(|a, b| (a.as_str().len(), a).cmp(&(b.as_str().len(), b)));
        numbers
    }

    /// The extension of that number.
    pub fn extension(&self, number: &str) -> Option<&Arc<Extension>> {
        self.extensions.get(number)
    }

    /// A number as a party: with name and extension when it is one of ours.
    pub fn party(&self, number: &str, name: &str) -> Party {
        match self.extension(number) {
            Some(extension) => Party {
                number: number.to_owned(),
                name: extension.name.clone(),
                extension: Some(extension.number.clone()),
            },
            None => Party { number: number.to_owned(), name: name.to_owned(), extension: None },
        }
    }

    /// How many extensions there are.
    pub fn len(&self) -> usize {
        self.extensions.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.extensions.is_empty()
    }
}
