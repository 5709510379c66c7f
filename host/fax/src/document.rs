//! Documents: what a fax carries is kept as TIFF of class F (RFC 2306), shown as PDF, and made of PDF and text.

pub mod pdf;
pub mod raster;
pub mod text;
pub mod tiff;

/// What somebody has handed in, by its first octets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// TIFF.
    Tiff,
    /// PDF.
    Pdf,
    /// Text in UTF-8.
    Text,
}

/// A document cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DocumentError {
    /// It is none that a fax can carry: a sentence that says what would be.
    #[error("{0}")]
    Unusable(String),
    /// The program that turns documents into pages is missing, or has failed.
    #[error("{0}")]
    Raster(String),
}

/// What it is.
///
/// # Errors
/// When it is nothing that can be sent.
pub fn kind(bytes: &[u8]) -> Result<Kind, DocumentError> {
    if bytes.starts_with(b"II*\0") || bytes.starts_with(b"MM\0*") {
        return Ok(Kind::Tiff);
    }
    if bytes.get(..bytes.len().min(1_024)).is_some_and(|head| head.windows(5).any(|word| word == b"%PDF-")) {
        return Ok(Kind::Pdf);
    }
    let printable =
        |text: &str| !text.trim().is_empty() && !text.chars().any(|c| c.is_control() && !"\r\n\t\u{c}".contains(c));
    match std::str::from_utf8(bytes) {
        Ok(text) if printable(text) => Ok(Kind::Text),
        _ => Err(DocumentError::Unusable("this is neither PDF nor TIFF nor text: save it as PDF and try again".into())),
    }
}

/// Make pages of what somebody has handed in: TIFF as a fax carries it.
///
/// Takes up to [`raster::LONGEST`] on another processor; call it where nothing waits.
///
/// # Errors
/// When it is nothing that can be sent, or cannot be turned into pages here.
pub fn pages_of(bytes: &[u8]) -> Result<Vec<u8>, DocumentError> {
    match kind(bytes)? {
        Kind::Tiff => {
            tiff::fit_for_fax(bytes)?;
            Ok(bytes.to_vec())
        }
        Kind::Pdf => raster::pages(bytes),
        // Valid UTF-8, by `kind`.
        Kind::Text => raster::pages(&text::to_pdf(&String::from_utf8_lossy(bytes))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn documents_are_known_by_what_is_in_them() {
        assert_eq!(kind(b"II*\0...."), Ok(Kind::Tiff));
        assert_eq!(kind(b"\n%PDF-1.7\n\xff"), Ok(Kind::Pdf));
        assert_eq!(kind("Grüße\n".as_bytes()), Ok(Kind::Text));
        for none in [&b""[..], b"  \n", b"\x89PNG\r\n\x1a\n", b"PK\x03\x04", b"a\0b"] {
            assert!(matches!(kind(none), Err(DocumentError::Unusable(_))), "{none:?}");
        }
    }
}
