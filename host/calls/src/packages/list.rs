//! Lists (RFC 4662): one subscription for many, told as an RLMI document with the changed members' documents behind it.

use super::Document;
use crate::xml::escaped;
use std::{
    fmt::Write,
    hash::{DefaultHasher, Hash, Hasher},
};

/// A list that phones can subscribe to by its name, as a phone that watches many lines does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct List {
    /// The user part of its URI.
    pub name: String,
    /// The numbers in it.
    pub members: Vec<String>,
}

/// One member and, if it has changed, its document.
pub(crate) struct Member {
    pub entity: String,
    pub document: Option<Document>,
}

/// The body that tells of these members; only those that have something to tell, unless `full`.
pub(crate) fn document(uri: &str, version: u32, full: bool, members: &[Member]) -> Document {
    let told = || members.iter().enumerate().filter(|(_, member)| full || member.document.is_some());
    let list = escaped(uri);
    let mut rlmi = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\r\n<list xmlns=\"urn:ietf:params:xml:ns:rlmi\" uri=\"{list}\" \
         version=\"{version}\" fullState=\"{full}\">\r\n"
    );
    for (place, member) in told() {
        let entity = escaped(&member.entity);
        let cid = member.document.as_ref().map(|_| format!(" cid=\"m{place}@jackfield\"")).unwrap_or_default();
        // Writing into a String cannot fail.
        let _ =
            write!(rlmi, "<resource uri=\"{entity}\"><instance id=\"{place}\" state=\"active\"{cid}/></resource>\r\n");
    }
    rlmi.push_str("</list>\r\n");
    let boundary = boundary(&rlmi, members);
    let mut text = String::new();
    part(&mut text, &boundary, "list", "application/rlmi+xml;charset=\"UTF-8\"", &rlmi);
    for (place, member) in told() {
        if let Some(Document { kind, text: inner }) = &member.document {
            part(&mut text, &boundary, &format!("m{place}"), kind, inner);
        }
    }
    let _ = write!(text, "--{boundary}--\r\n");
    let kind =
        format!("multipart/related;type=\"application/rlmi+xml\";start=\"<list@jackfield>\";boundary=\"{boundary}\"");
    Document::new(&kind, text)
}

fn part(text: &mut String, boundary: &str, id: &str, kind: &str, inner: &str) {
    let _ = write!(
        text,
        "--{boundary}\r\nContent-Transfer-Encoding: binary\r\nContent-ID: <{id}@jackfield>\r\nContent-Type: {kind}\r\n\r\n\
         {inner}\r\n"
    );
}

/// A line that stands in none of the parts: it depends on all of them.
fn boundary(rlmi: &str, members: &[Member]) -> String {
    let mut hasher = DefaultHasher::new();
    rlmi.hash(&mut hasher);
    for document in members.iter().filter_map(|member| member.document.as_ref()) {
        document.text.hash(&mut hasher);
    }
    format!("jackfield-{:016x}", hasher.finish())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn member(number: u32, says: Option<&str>) -> Member {
        let document = says.map(|text| Document::new("text/plain", text.to_owned()));
        Member { entity: format!("sip:{number}@h"), document }
    }

    #[test]
    fn each_changed_member_has_a_part_that_the_list_points_to() {
        let members = [member(100, Some("hundred")), member(101, None), member(102, Some("and two"))];
        let changed = document("sip:desk@h", 7, false, &members);
        assert!(changed.kind.starts_with("multipart/related;type=\"application/rlmi+xml\""), "{}", changed.kind);
        for part in
            ["version=\"7\" fullState=\"false\"", "cid=\"m0@jackfield\"", "Content-ID: <m2@jackfield>", "and two"]
        {
            assert!(changed.text.contains(part), "{part}\n{}", changed.text);
        }
        assert!(!changed.text.contains("sip:101@h"));
        let boundary = changed.kind.rsplit_once("boundary=\"").expect("a boundary").1.trim_end_matches('"');
        assert_eq!(changed.text.matches(&format!("--{boundary}\r\n")).count(), 3);
        assert!(changed.text.ends_with(&format!("--{boundary}--\r\n")));
        assert!(document("sip:desk@h", 0, true, &members).text.contains("sip:101@h"));
    }
}
