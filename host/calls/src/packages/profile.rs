//! `ua-profile` (RFC 6080): where a phone finds its settings.

use super::Document;

/// The document that points there (RFC 6080 §5.7, RFC 4483).
pub(crate) fn document(url: &str) -> Document {
    // Quotes and line breaks would end the parameter.
    let url: String = url.chars().filter(|c| c.is_ascii_graphic() && *c != '"' && *c != '\\').collect();
    let text = String::from("Content-Type: application/octet-stream\r\nContent-ID: <profile@jackfield>\r\n\r\n");
    Document::new(&format!("message/external-body; access-type=\"URL\"; URL=\"{url}\""), text)
}
