//! `presence` (RFC 3856): a document of RFC 3863 with the activities of RFC 4480.
//!
//! The tuple is what the phones do: open while one is registered and may ring. The person is what they say of themselves.

use super::Document;
use crate::{calendar::rfc3339, xml::escaped};
use jackfield_model::{Availability, AvailabilityState, PhoneState};

/// The media type of a presence document.
pub(crate) const PIDF: &str = "application/pidf+xml";

/// The document about somebody.
pub(crate) fn document(entity: &str, phone: PhoneState, availability: &Availability) -> Document {
    let entity = escaped(entity);
    let reachable = phone != PhoneState::Unregistered;
    let quiet = availability.state == AvailabilityState::DoNotDisturb;
    let basic = if reachable && !quiet { "open" } else { "closed" };
    let in_use = matches!(phone, PhoneState::InCall | PhoneState::Ringing);
    let note = escaped(&note(phone, availability));
    let mut activities = String::new();
    if in_use {
        activities.push_str("<rpid:on-the-phone/>");
    }
    activities.push_str(activity(availability.state));
    let until = availability.until.map(|until| format!(" until=\"{}\"", rfc3339(until))).unwrap_or_default();
    let activities = if activities.is_empty() {
        String::new()
    } else {
        format!("<rpid:activities{until}>{activities}</rpid:activities>")
    };
    let text = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\r\n<presence xmlns=\"urn:ietf:params:xml:ns:pidf\" \
         xmlns:dm=\"urn:ietf:params:xml:ns:pidf:data-model\" xmlns:rpid=\"urn:ietf:params:xml:ns:pidf:rpid\" \
         entity=\"{entity}\">\r\n<tuple id=\"phone\"><status><basic>{basic}</basic></status><contact>{entity}</contact>\
         <note>{note}</note></tuple>\r\n<dm:person id=\"person\">{activities}<dm:note>{note}</dm:note></dm:person>\r\n\
         </presence>\r\n"
    );
    Document::new(PIDF, text)
}

/// A state in the words of RFC 4480 §3.2. Where those are wider than the state, its own word stands beside them.
fn activity(state: AvailabilityState) -> &'static str {
    match state {
        AvailabilityState::Office => "",
        AvailabilityState::Meeting => "<rpid:meeting/>",
        AvailabilityState::Lunch => "<rpid:lunch/>",
        AvailabilityState::Vacation => "<rpid:vacation/>",
        AvailabilityState::Sick => "<rpid:away/><rpid:other>sick</rpid:other>",
        AvailabilityState::Break => "<rpid:away/><rpid:other>break</rpid:other>",
        AvailabilityState::GoneOut => "<rpid:away/><rpid:other>gone-out</rpid:other>",
        AvailabilityState::GoneHome => "<rpid:away/><rpid:other>gone-home</rpid:other>",
        AvailabilityState::DoNotDisturb => "<rpid:busy/><rpid:other>do-not-disturb</rpid:other>",
        AvailabilityState::CallMe => "<rpid:working/><rpid:other>call-me</rpid:other>",
    }
}

/// What phones show that know no activities.
fn note(phone: PhoneState, availability: &Availability) -> String {
    let state = match availability.state {
        AvailabilityState::Office => "",
        AvailabilityState::Meeting => "Meeting",
        AvailabilityState::Sick => "Sick",
        AvailabilityState::Break => "Break",
        AvailabilityState::GoneOut => "Gone out",
        AvailabilityState::Vacation => "Vacation",
        AvailabilityState::Lunch => "Lunch",
        AvailabilityState::GoneHome => "Gone home",
        AvailabilityState::DoNotDisturb => "Do not disturb",
        AvailabilityState::CallMe => "Call me",
    };
    let phone = match phone {
        PhoneState::InCall | PhoneState::Ringing => "On the phone",
        PhoneState::Idle if state.is_empty() => "Available",
        PhoneState::Unregistered if state.is_empty() => "Not reachable",
        PhoneState::Idle | PhoneState::Unregistered => "",
    };
    let parts = [phone, state, &availability.note];
    parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" – ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(phone: PhoneState, state: AvailabilityState) -> String {
        let availability = Availability {
            state,
            note: "back <soon>".into(),
            until: Some(1_289_656_169_000),
            ..Availability::default()
        };
        document("sip:1@h", phone, &availability).text
    }

    #[test]
    fn a_document_tells_phone_and_person_apart() {
        let office = document("sip:1@h", PhoneState::Idle, &Availability::default()).text;
        assert!(office.contains("<basic>open</basic>") && office.contains("<note>Available</note>"), "{office}");
        assert!(!office.contains("activities"));
        let meeting = text(PhoneState::InCall, AvailabilityState::Meeting);
        let activities =
            "<rpid:activities until=\"2010-11-13T13:49:29Z\"><rpid:on-the-phone/><rpid:meeting/></rpid:activities>";
        assert!(meeting.contains(activities), "{meeting}");
        assert!(meeting.contains("<dm:note>On the phone – Meeting – back &lt;soon&gt;</dm:note>"), "{meeting}");
        assert!(text(PhoneState::Idle, AvailabilityState::DoNotDisturb).contains("<basic>closed</basic>"));
        assert!(text(PhoneState::Unregistered, AvailabilityState::Lunch).contains("<basic>closed</basic>"));
    }

    #[test]
    fn every_state_is_read_back_as_it_was_written() {
        for state in AvailabilityState::ALL.into_iter().skip(1) {
            let written = text(PhoneState::Idle, state);
            let read = super::super::presence_reader::read(written.as_bytes()).expect("our own document");
            assert_eq!((read.state, read.until), (Some(state), Some(1_289_656_169_000)), "{written}");
        }
    }
}
