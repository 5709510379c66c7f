//! Documents of pages as a fax carries them. Needs the capability `documents`.
//!
//! A document is kept until it is erased. A page shows it with [`crate::web::Response::document`], a letter carries it with
//! [`crate::mail::Letter::attach_document`].

use crate::{Result, bindings::imports::jackfield::services::documents};

pub use documents::Document;

/// Make a document of a PDF, a TIFF of black and white, or a text in UTF-8.
///
/// # Errors
/// When it is none of these, or there is no room; the text says what would help.
pub fn keep(content: &[u8]) -> Result<Document> {
    Ok(documents::keep(content)?)
}

/// What is known of the document of this id.
///
/// # Errors
/// When there is none.
pub fn look(id: &str) -> Result<Document> {
    Ok(documents::look(id)?)
}

/// Another document with the same pages; each can be erased without the other.
///
/// # Errors
/// When there is none of that id, or no room for another.
pub fn copy(id: &str) -> Result<Document> {
    Ok(documents::copy(id)?)
}

/// Forget the document of this id; nothing happens when it is gone already.
///
/// # Errors
/// When it is not permitted, or the file cannot be removed.
pub fn erase(id: &str) -> Result<()> {
    Ok(documents::erase(id)?)
}
