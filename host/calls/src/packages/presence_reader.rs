//! Reading what a phone publishes (RFC 3863, RFC 4480). It is hostile: no document type, no entity of its own making, no
//! deep nesting, and not more of anything than a person could mean.

use crate::calendar::parse_rfc3339;
use jackfield_model::{Availability, AvailabilityState, TimestampMs};
use quick_xml::{
    Reader, XmlVersion,
    events::{BytesStart, Event},
};

/// Most bytes of a document.
pub(crate) const MAX_BYTES: usize = 16 * 1024;
/// Deepest nesting of elements.
const MAX_DEPTH: usize = 16;
/// Most tags, texts and the like in a document.
const MAX_EVENTS: usize = 2_000;

/// What a document says of the person.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Published {
    /// Where they are; `None` when it does not say, or in words that mean nothing here.
    pub state: Option<AvailabilityState>,
    /// Their note.
    pub note: String,
    /// Until when.
    pub until: Option<TimestampMs>,
}

/// Read a document; `None` when it is no presence document, or one that nobody should send.
pub(crate) fn read(bytes: &[u8]) -> Option<Published> {
    let text = std::str::from_utf8(bytes).ok().filter(|text| text.len() <= MAX_BYTES)?;
    let mut reader = Reader::from_str(text);
    let mut path: Vec<String> = Vec::new();
    let mut published = Published::default();
    let (mut is_presence, mut other) = (false, String::new());
    let mut person_note = false;
    for _ in 0..MAX_EVENTS {
        let event = reader.read_event().ok()?;
        match event {
            Event::Start(ref tag) | Event::Empty(ref tag) => {
                let name = local(tag.local_name().as_ref())?;
                if path.is_empty() && (is_presence || name != "presence") {
                    return None;
                }
                is_presence = true;
                match path.last().map(String::as_str) {
                    _ if name == "activities" => {
                        published.until = until(tag).or(published.until);
                    }
                    Some("activities") => {
                        if let Some(state) = activity(&name) {
                            published.state = Some(published.state.map_or(state, |first| stronger(first, state)));
                        }
                    }
                    // The note of the person goes before that of a device.
                    Some("person") if name == "note" && !person_note => {
                        person_note = true;
                        published.note.clear();
                    }
                    _ => {}
                }
                if matches!(event, Event::Start(_)) {
                    path.push(name);
                    if path.len() > MAX_DEPTH {
                        return None;
                    }
                }
            }
            Event::End(_) => {
                path.pop();
            }
            Event::Text(ref words) => {
                add(&path, &words.xml10_content(), person_note, &mut published.note, &mut other);
            }
            Event::CData(ref words) => {
                add(&path, &words.xml10_content(), person_note, &mut published.note, &mut other);
            }
            Event::GeneralRef(ref name) => {
                let character = match name.resolve_char_ref().ok()? {
                    Some(character) => character,
                    None => match name.xml10_content().as_ref() {
                        "amp" => '&',
                        "lt" => '<',
                        "gt" => '>',
                        "quot" => '"',
                        "apos" => '\'',
                        // Of its own making.
                        _ => return None,
                    },
                };
                add(&path, character.encode_utf8(&mut [0; 4]), person_note, &mut published.note, &mut other);
            }
            Event::DocType(_) => return None,
            Event::Decl(_) | Event::PI(_) | Event::Comment(_) => {}
            Event::Eof => {
                published.note = Availability::note_of(&published.note);
                // A word of ours is more exact than the activities beside it.
                published.state = other.trim().parse().ok().or(published.state);
                return (is_presence && path.is_empty()).then_some(published);
            }
        }
    }
    None
}

/// Where a text belongs, by the elements around it.
fn add(path: &[String], words: &str, person_note: bool, note: &mut String, other: &mut String) {
    match path {
        [.., parent, name] if name == "note" && (parent == "person") == person_note => note.push_str(words),
        [.., parent, name] if name == "other" && parent == "activities" => other.push_str(words),
        _ => {}
    }
}

fn local(name: &str) -> Option<String> {
    (name.len() <= 64).then(|| name.to_owned())
}

fn until(tag: &BytesStart<'_>) -> Option<TimestampMs> {
    let value = tag.try_get_attribute("until").ok()??;
    parse_rfc3339(&value.normalized_value(XmlVersion::Implicit1_0).ok()?)
}

/// An activity of RFC 4480 §3.2 as one of our states. `busy` alone is no wish for silence: phones say it during calls.
fn activity(name: &str) -> Option<AvailabilityState> {
    Some(match name {
        "working" => AvailabilityState::Office,
        "meeting" | "appointment" | "presentation" | "busy" => AvailabilityState::Meeting,
        "lunch" | "meal" | "breakfast" | "dinner" => AvailabilityState::Lunch,
        "vacation" | "holiday" => AvailabilityState::Vacation,
        "away" | "travel" | "in-transit" | "steering" | "shopping" => AvailabilityState::GoneOut,
        "sleeping" | "permanent-absence" => AvailabilityState::GoneHome,
        _ => return None,
    })
}

/// Of two activities the one that says more.
fn stronger(first: AvailabilityState, second: AvailabilityState) -> AvailabilityState {
    let vague = |state| matches!(state, AvailabilityState::Office | AvailabilityState::GoneOut);
    if vague(first) && second != AvailabilityState::Office { second } else { first }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn person(inner: &str) -> Option<Published> {
        let text = format!(
            "<?xml version=\"1.0\"?><p:presence xmlns:p=\"urn:ietf:params:xml:ns:pidf\" entity=\"sip:1@h\">\
             <p:tuple id=\"t\"><p:status><p:basic>open</p:basic></p:status><p:note>device</p:note></p:tuple>\
             <d:person xmlns:d=\"urn:x\">{inner}</d:person></p:presence>"
        );
        read(text.as_bytes())
    }

    #[test]
    fn activities_note_and_return_time_are_read_whatever_the_prefixes() {
        let read = person(
            "<r:activities xmlns:r=\"urn:y\" until=\"2010-11-13T13:49:29Z\"><r:meeting/><r:on-the-phone/></r:activities>\
             <d:note>Room &amp; board &#x2013; &lt;b&gt;</d:note>",
        );
        let wanted = Published {
            state: Some(AvailabilityState::Meeting),
            note: "Room & board – <b>".into(),
            until: Some(1_289_656_169_000),
        };
        assert_eq!(read, Some(wanted));
        assert_eq!(
            person("<a><activities/></a>").and_then(|p| p.state),
            None,
            "an open phone says nothing of a person"
        );
        assert_eq!(person("").map(|p| p.note).as_deref(), Some("device"));
        let state = |inner: &str| person(&format!("<activities>{inner}</activities>")).and_then(|p| p.state);
        assert_eq!(state("<busy/>"), Some(AvailabilityState::Meeting));
        assert_eq!(state("<busy/><other>do-not-disturb</other>"), Some(AvailabilityState::DoNotDisturb));
        assert_eq!(state("<away/><vacation/>"), Some(AvailabilityState::Vacation));
        assert_eq!(state("<other>juggling</other>"), None);
    }

    #[test]
    fn what_nobody_should_send_is_refused() {
        let laughs = "<!DOCTYPE p [<!ENTITY a \"ha\"><!ENTITY b \"&a;&a;\">]><presence><note>&b;</note></presence>";
        let deep = format!("<presence>{}{}</presence>", "<a>".repeat(50), "</a>".repeat(50));
        let many = format!("<presence>{}</presence>", "<a/>".repeat(3_000));
        let long = format!("<presence><note>{}</note></presence>", "x".repeat(MAX_BYTES));
        for wrong in [
            laughs,
            &deep,
            &many,
            &long,
            "",
            "<pidf/>",
            "<presence>",
            "<presence></tuple>",
            "<presence/><presence/>",
            "<presence><note>&unknown;</note></presence>",
            "<presence><note>&#0;</note></presence>",
        ] {
            assert_eq!(read(wrong.as_bytes()), None, "{}", wrong.chars().take(80).collect::<String>());
        }
        assert_eq!(read(b"\xff\xfe<presence/>"), None);
    }
}
