//! Where plugins are published and found: a folder, or the same folder behind any web server that speaks HTTPS.
//!
//! A registry is an [`Index`] (`index.json`) and packages beside it. It needs no program of its own: a publisher runs
//! `jackfield-plugin publish`, copies the folder to wherever files can be had from, and hosts that name the place see it in their
//! [`Catalogue`]. A house without the Internet names a folder.
//!
//! What a registry says is not believed. Each package bears its publisher's signature, a plugin is bound to the key that has signed
//! it first, and both are checked where packages are installed, not here. Whoever could change a registry can therefore hide a
//! release, but neither make one up nor bring back an older one as if it were new.

mod catalogue;
mod download;
mod index;
mod place;
mod publish;
mod site;

pub use catalogue::{Catalogue, Listed, Offer, Source};
pub use index::{Index, IndexError, Listing, Release};
pub use place::{InvalidPlace, Place};
pub use publish::{PublishError, Published, publish};

/// Something cannot be had from a registry: why, and what to do.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// The place cannot be reached, or does not answer as a registry does.
    #[error("{place} cannot be read: {reason}")]
    Unreachable {
        /// The folder or address.
        place: String,
        /// In words.
        reason: String,
    },
    /// It answers, but not with a registry's index.
    #[error("{place} is no registry of plugins: {reason}")]
    Index {
        /// The folder or address.
        place: String,
        /// In words.
        reason: String,
    },
    /// There is no such release.
    #[error("{0}")]
    Unknown(String),
    /// What came is not what the index promises.
    #[error("{file} is not what the index of {place} says: {reason}. Its publisher has to publish it again")]
    Damaged {
        /// The folder or address.
        place: String,
        /// The package.
        file: String,
        /// In words.
        reason: String,
    },
    /// It cannot be kept here.
    #[error("the package cannot be stored: {0}")]
    Store(String),
}
