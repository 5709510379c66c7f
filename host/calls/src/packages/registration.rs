//! `reg` (RFC 3680): which phones an extension has registered.

use super::Document;
use crate::xml::escaped;
use jackfield_model::{Registration, TimestampMs};
use std::{
    fmt::Write,
    hash::{DefaultHasher, Hash, Hasher},
};

/// The document with every contact of `entity`.
pub(crate) fn document(entity: &str, version: u32, contacts: &[Registration], now: TimestampMs) -> Document {
    let aor = escaped(entity);
    let state = if contacts.is_empty() { "init" } else { "active" };
    let mut text = format!(
        "<?xml version=\"1.0\"?>\r\n<reginfo xmlns=\"urn:ietf:params:xml:ns:reginfo\" version=\"{version}\" \
         state=\"full\">\r\n<registration aor=\"{aor}\" id=\"{:x}\" state=\"{state}\">\r\n",
        number_of(entity)
    );
    for contact in contacts {
        let (id, uri) = (number_of(&contact.contact), escaped(&contact.contact));
        let left = contact.expires.saturating_sub(now) / 1_000;
        // Writing into a String cannot fail.
        let _ = write!(
            text,
            "<contact id=\"{id:x}\" state=\"active\" event=\"registered\" expires=\"{left}\"><uri>{uri}</uri></contact>\r\n"
        );
    }
    text.push_str("</registration>\r\n</reginfo>\r\n");
    Document::new("application/reginfo+xml", text)
}

/// An identifier that stays the same for the same text.
fn number_of(text: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    text.hash(&mut hasher);
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_contact_is_named_with_the_time_that_it_has_left() {
        let phone = Registration {
            extension: "100".parse().expect("a number"),
            contact: "sip:100@192.0.2.1:5060;a=\"&\"".into(),
            source: String::new(),
            transport: "udp".into(),
            user_agent: String::new(),
            since: 0,
            expires: 61_000,
        };
        let text = document("sip:100@h", 4, &[phone], 1_000).text;
        for part in ["version=\"4\"", "state=\"active\"", "expires=\"60\"", "<uri>sip:100@192.0.2.1:5060;a=&quot;&amp;"]
        {
            assert!(text.contains(part), "{part}\n{text}");
        }
        assert!(document("sip:100@h", 0, &[], 0).text.contains("state=\"init\">\r\n</registration>"));
    }
}
