//! People and companies outside the house: callers are shown by these names, and everybody finds them.
//!
//! ```no_run
//! use jackfield_sdk::{contacts::{Contact, Number, NumberKind, Replacement}, prelude::*};
//! # fn example() -> Result<()> {
//! let all = Replacement::begin()?;
//! all.put(&[Contact {
//!     key: "7".into(),
//!     name: "Anna Dupont".into(),
//!     company: "Dupont SA".into(),
//!     numbers: vec![Number { kind: NumberKind::Work, number: "+33123456789".into() }],
//!     mail: String::new(),
//!     note: String::new(),
//! }])?;
//! // Nobody sees any of them before this.
//! all.finish()?;
//! # Ok(()) }
//! ```

use crate::{Result, bindings::imports::jackfield::services::contacts};
pub use contacts::{Contact, Number, NumberKind, Outcome};

/// All contacts of the plugin, put in the place of those that it had: at once, and only when all are there. Dropping it
/// unfinished leaves everything as it was.
pub struct Replacement(contacts::Replacement);

impl Replacement {
    /// Begin.
    ///
    /// # Errors
    /// When it is not permitted, or cannot be stored.
    pub fn begin() -> Result<Self> {
        Ok(Self(contacts::Replacement::begin()?))
    }

    /// These are among them: at most 1,000 at once. Of two with the same key the later one counts.
    ///
    /// # Errors
    /// When one of them makes no sense, there are too many, or they cannot be stored.
    pub fn put(&self, contacts: &[Contact]) -> Result<()> {
        Ok(self.0.put(contacts)?)
    }

    /// That is all: they count from now on.
    ///
    /// # Errors
    /// When they cannot be stored.
    pub fn finish(self) -> Result<Outcome> {
        Ok(self.0.finish()?)
    }
}

impl NumberKind {
    /// The kind as one word: `work`, `mobile`, `home` or `other`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Work => "work",
            Self::Mobile => "mobile",
            Self::Home => "home",
            Self::Other => "other",
        }
    }
}
