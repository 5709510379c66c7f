//! `dialog` (RFC 4235): the calls of a line, for lamps and for picking up.

use super::Document;
use crate::{
    lines::{LineState, LineUse, Role},
    xml::escaped,
};
use std::fmt::Write;

/// What the Call-ID in a dialog-info document begins with.
const LINE: &str = "line-";
/// With more dialogs than this, only those that have changed are told: all of them would not fit a datagram.
const PARTIAL_ABOVE: usize = 3;

/// The leg that such a Call-ID names.
pub(crate) fn leg_of_line(call_id: &[u8]) -> Option<jackfield_sip::LegId> {
    let id = std::str::from_utf8(call_id).ok()?.strip_prefix(LINE)?;
    u64::from_str_radix(id, 16).ok().map(jackfield_sip::LegId)
}

/// The document that tells `uses` to somebody who knows `known`; nothing when they are the same. With `None` they know
/// nothing or want to hear all. Without `names` it does not say whom the line has to do with.
///
/// A dialog bears names of our own making, by which a phone can pick the call up with Replaces and which tell it nothing
/// about the other side.
pub(crate) fn document(
    entity: &str,
    version: u32,
    uses: &[LineUse],
    known: Option<&[LineUse]>,
    names: bool,
) -> Option<Document> {
    if known.is_some_and(|known| known == uses) {
        return None;
    }
    let known = known.filter(|known| known.len().max(uses.len()) > PARTIAL_ABOVE);
    let state = if known.is_some() { "partial" } else { "full" };
    let known = known.unwrap_or_default();
    let host = entity.split_once('@').map_or("", |(_, host)| host);
    let entity = escaped(entity);
    let mut text = format!(
        "<?xml version=\"1.0\"?>\r\n<dialog-info xmlns=\"urn:ietf:params:xml:ns:dialog-info\" version=\"{version}\" \
         state=\"{state}\" entity=\"{entity}\">\r\n"
    );
    for used in uses.iter().filter(|used| !known.contains(used)) {
        let state = match used.state {
            LineState::Trying => "trying",
            LineState::Early => "early",
            LineState::Confirmed => "confirmed",
        };
        write_dialog(&mut text, &entity, host, used, state, names);
    }
    for gone in known.iter().filter(|gone| uses.iter().all(|used| used.leg != gone.leg)) {
        write_dialog(&mut text, &entity, host, gone, "terminated", names);
    }
    text.push_str("</dialog-info>\r\n");
    Some(Document::new("application/dialog-info+xml", text))
}

fn write_dialog(text: &mut String, entity: &str, host: &str, used: &LineUse, state: &str, names: bool) {
    let id = used.leg.0;
    let direction = match used.role {
        Role::Initiator => "initiator",
        Role::Recipient => "recipient",
    };
    // Writing into a String cannot fail.
    let _ = write!(
        text,
        "<dialog id=\"{id:x}\" call-id=\"{LINE}{id:x}\" local-tag=\"{id:x}\" remote-tag=\"jackfield\" \
         direction=\"{direction}\"><state>{state}</state><local><identity>{entity}</identity><target \
         uri=\"{entity}\"/></local>"
    );
    if names {
        let (number, name) = (escaped(&used.remote.number), escaped(&used.remote.name));
        let _ = write!(
            text,
            "<remote><identity display=\"{name}\">sip:{number}@{host}</identity><target \
             uri=\"sip:{number}@{host}\"/></remote>"
        );
    }
    text.push_str("</dialog>\r\n");
}

#[cfg(test)]
mod tests {
    use super::*;
    use jackfield_model::Party;
    use jackfield_sip::LegId;

    fn used(leg: u64, state: LineState) -> LineUse {
        let remote = Party { number: "100".into(), name: "Ana \"A&B\" <x>".into(), extension: None };
        LineUse { leg: LegId(leg), role: Role::Recipient, state, remote }
    }

    fn text(version: u32, uses: &[LineUse], known: Option<&[LineUse]>, names: bool) -> String {
        document("sip:101@pbx.example", version, uses, known, names).map(|document| document.text).unwrap_or_default()
    }

    #[test]
    fn a_document_names_each_dialog_and_whom_it_is_with() {
        let ringing = [used(0x2a, LineState::Early)];
        let full = text(3, &ringing, None, true);
        for part in [
            "version=\"3\" state=\"full\" entity=\"sip:101@pbx.example\"",
            "call-id=\"line-2a\"",
            "direction=\"recipient\"><state>early</state>",
            "display=\"Ana &quot;A&amp;B&quot; &lt;x&gt;\">sip:100@pbx.example<",
        ] {
            assert!(full.contains(part), "{part}\n{full}");
        }
        assert_eq!(leg_of_line(b"line-2a"), Some(LegId(0x2a)));
        assert_eq!(leg_of_line(b"2a@phone"), None);
        assert!(!text(0, &[], None, true).contains("<dialog "));
        let discreet = text(3, &ringing, None, false);
        assert!(discreet.contains("line-2a") && !discreet.contains("remote>") && !discreet.contains("Ana"));
    }

    #[test]
    fn what_is_known_is_not_told_again_and_of_many_dialogs_only_the_changed_ones_are() {
        let few = [used(1, LineState::Early)];
        assert_eq!(document("sip:1@h", 1, &few, Some(&few), true), None);
        assert!(text(1, &few, Some(&[]), true).contains("state=\"full\""), "a lamp of one call is always told all");
        let before: Vec<_> = (1..=4).map(|leg| used(leg, LineState::Early)).collect();
        let mut after = before.clone();
        after.remove(0);
        after[0].state = LineState::Confirmed;
        after.push(used(5, LineState::Trying));
        let partial = text(2, &after, Some(&before), true);
        assert!(partial.contains("state=\"partial\""), "{partial}");
        let told: Vec<_> = ["line-1\"", "line-2\"", "line-3\"", "line-4\"", "line-5\""]
            .into_iter()
            .filter(|call| partial.contains(call))
            .collect();
        assert_eq!(told, ["line-1\"", "line-2\"", "line-5\""]);
        assert_eq!(partial.matches("<state>terminated</state>").count(), 1);
    }
}
