//! The directory snapshot: who can be called and who may register, immutable and swapped whole.

use jackfield_model::{Extension, Party};
use std::{collections::HashMap, sync::Arc};

/// Every extension of the house as of one moment. Reading it costs a hash look-up and no lock.
#[derive(Debug, Default)]
pub struct Directory {
    extensions: HashMap<String, Arc<Extension>>,
}

impl Directory {
    /// A snapshot of these extensions; of two with the same number the later one counts.
    pub fn new(extensions: impl IntoIterator<Item = Extension>) -> Self {
        let extensions = extensions.into_iter().map(|e| (e.number.as_str().to_owned(), Arc::new(e))).collect();
        Self { extensions }
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
