//! Who calls, as a trunk is told and as it tells (RFC 3323, RFC 3325).

use super::TrunkConfig;
use crate::{dial::user_part, diversion::Diversions};
use jackfield_model::{CalledIn, IdentityField, Number, Party};
use jackfield_sip::{HeaderName, Message, NameAddr, Party as SipParty, Uri};

/// How an INVITE to a trunk names its sender.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Presentation {
    pub from: SipParty,
    pub headers: Vec<(String, String)>,
}

/// The number of somebody who does not show theirs.
pub(crate) const ANONYMOUS: &str = "anonymous";

impl TrunkConfig {
    /// How somebody is shown who calls by this trunk. Nobody is ever asserted to be at a number that is not ours; a name
    /// of the house stays in the house.
    pub(crate) fn present(&self, shown: &Party, extension: Option<&Number>, hidden: bool) -> Presentation {
        let of_extension = extension.and_then(|own| self.numbers.iter().find_map(|range| range.outside(own.as_str())));
        let shown_number = self.numbering.normalised(&shown.number);
        let ours = |number: &String| self.numbers.iter().any(|range| range.contains(number));
        let line = Some(shown_number.clone())
            .filter(ours)
            .or(of_extension)
            .or_else(|| self.identity.default.clone())
            .map_or_else(|| self.user.clone(), |number| self.numbering.written(&number));
        let foreign = self.identity.foreign && shown.extension.is_none() && shown_number.starts_with('+');
        let visible =
            if foreign && !ours(&shown_number) { self.numbering.written(&shown_number) } else { line.clone() };
        let address = |user: &str| format!("sip:{}@{}", user_part(user), self.domain);
        let mut headers = Vec::new();
        let mut add = |name: &str, value: String| headers.push((name.to_owned(), value));
        match self.identity.field {
            IdentityField::From => {}
            IdentityField::PAssertedIdentity => add("P-Asserted-Identity", format!("<{}>", address(&line))),
            IdentityField::PPreferredIdentity => add("P-Preferred-Identity", format!("<{}>", address(&line))),
            IdentityField::RemotePartyId => {
                let privacy = if hidden { "full" } else { "off" };
                add("Remote-Party-ID", format!("<{}>;party=calling;privacy={privacy};screen=yes", address(&line)));
            }
        }
        if hidden {
            add("Privacy", String::from("id"));
            let from = SipParty { display: Some("Anonymous".into()), uri: "sip:anonymous@anonymous.invalid".into() };
            return Presentation { from, headers };
        }
        Presentation { from: SipParty { display: None, uri: address(&visible) }, headers }
    }

    /// The address at which an extension whose calls are sent on is known outside, if it has a number there.
    pub(crate) fn address_of(&self, extension: &str) -> Option<String> {
        let number = self.numbers.iter().find_map(|range| range.outside(extension))?;
        Some(format!("sip:{}@{}", user_part(&self.numbering.written(&number)), self.domain))
    }

    /// Who has sent a call on before the trunk brought it: in E.164, or by the extension if it was one of us.
    pub(crate) fn diversions(&self, request: &Message) -> Diversions {
        Diversions::read(request, |user| {
            let number = self.numbering.normalised(subscriber(user));
            self.numbers.iter().find_map(|range| range.inside(&number)).unwrap_or(number)
        })
    }

    /// Who calls, as the trunk tells. Never one of our extensions, whatever number it names.
    pub(crate) fn caller(&self, request: &Message) -> Party {
        let nobody = || Party { number: ANONYMOUS.to_owned(), ..Party::default() };
        let private = request.values(HeaderName::Privacy).any(|value| {
            let wants = |token: &[u8]| {
                [&b"id"[..], b"user", b"header"].iter().any(|kind| token.trim_ascii().eq_ignore_ascii_case(kind))
            };
            value.split(|byte| *byte == b';').any(wants)
        });
        if private {
            return nobody();
        }
        let asserted = request.values(HeaderName::PAssertedIdentity).filter_map(NameAddr::parse);
        let mut named =
            asserted.chain(request.header_named("Remote-Party-ID").and_then(NameAddr::parse)).chain(request.from());
        let user = |named: &NameAddr<'_>| named.uri().and_then(|uri| uri.user().map(|user| user.into_owned()));
        let Some((number, display)) = named.find_map(|named| Some((user(&named)?, named.display()))) else {
            return nobody();
        };
        if number.eq_ignore_ascii_case(ANONYMOUS) {
            return nobody();
        }
        let name = display.map(|name| name.trim().to_owned()).filter(|name| *name != number);
        let name = name.or_else(|| request.from().and_then(|from| from.display().map(|name| name.trim().to_owned())));
        let number = self.numbering.normalised(subscriber(&number));
        let name = name.filter(|name| !name.is_empty() && self.numbering.normalised(name) != number);
        Party { number, name: name.unwrap_or_default(), extension: None }
    }

    /// Which number was called, in E.164 where that can be told.
    pub(crate) fn called(&self, request: &Message) -> Option<String> {
        let user = |uri: Option<Uri<'_>>| uri.and_then(|uri| uri.user().map(|user| user.into_owned()));
        let of = |named: Option<NameAddr<'_>>| user(named.and_then(|named| named.uri()));
        let in_uri = || user(request.request_uri());
        let called = match self.called_in {
            CalledIn::RequestUri => in_uri(),
            CalledIn::To => of(request.to()).or_else(in_uri),
            CalledIn::PCalledPartyId => {
                of(request.header_named("P-Called-Party-ID").and_then(NameAddr::parse)).or_else(in_uri)
            }
        };
        called.map(|called| self.numbering.normalised(subscriber(&called)))
    }
}

/// The number in a user part that has parameters of its own (`+49301234;npdi`, RFC 3261 §19.1.6).
fn subscriber(user: &str) -> &str {
    user.split(';').next().unwrap_or(user)
}

#[cfg(test)]
mod tests {
    use super::super::tests::config;
    use super::*;
    use jackfield_sip::{Framing, Limits};

    fn invite(uri: &str, more: &str) -> Message {
        let text = format!(
            "INVITE {uri} SIP/2.0\r\nVia: SIP/2.0/UDP h;branch=z9hG4bK1\r\nMax-Forwards: 70\r\nTo: <sip:030123456@h>\r\n\
             Call-ID: 1\r\nCSeq: 1 INVITE\r\nContact: <sip:h>\r\n{more}\r\n"
        );
        Message::parse(text.into_bytes().into(), Framing::Datagram, &Limits::default()).unwrap()
    }

    fn party(number: &str, extension: Option<&str>) -> Party {
        let extension = extension.map(|number| number.parse().unwrap());
        Party { number: number.into(), name: "Anna Blum".into(), extension }
    }

    #[test]
    fn only_our_own_numbers_are_asserted() {
        let mut trunk = config("a");
        let anna = party("105", Some("105"));
        let shown = |trunk: &TrunkConfig, who: &Party, hidden| {
            let Presentation { from, headers } = trunk.present(who, who.extension.as_ref(), hidden);
            (from.uri, headers.into_iter().map(|(name, value)| format!("{name}: {value}")).collect::<Vec<_>>())
        };
        let own = "P-Asserted-Identity: <sip:+493012305@carrier.example>";
        assert_eq!(shown(&trunk, &anna, false), ("sip:+493012305@carrier.example".into(), vec![own.into()]));
        let (from, headers) = shown(&trunk, &anna, true);
        assert_eq!(from, "sip:anonymous@anonymous.invalid");
        assert_eq!(headers, [own, "Privacy: id"]);
        // Somebody without a number of their own, and somebody else's call passed on.
        let main = "P-Asserted-Identity: <sip:+493012300@carrier.example>";
        assert_eq!(shown(&trunk, &party("205", Some("205")), false).1, [main]);
        let foreign = party("+4366012345", None);
        assert_eq!(shown(&trunk, &foreign, false), ("sip:+493012300@carrier.example".into(), vec![main.into()]));
        trunk.identity.foreign = true;
        assert_eq!(shown(&trunk, &foreign, false), ("sip:+4366012345@carrier.example".into(), vec![main.into()]));
        trunk.identity.field = IdentityField::RemotePartyId;
        let (_, headers) = shown(&trunk, &anna, true);
        assert!(headers[0].ends_with(";party=calling;privacy=full;screen=yes"), "{headers:?}");
        trunk.identity = super::super::Identity { field: IdentityField::From, ..Default::default() };
        assert_eq!(shown(&trunk, &party("205", Some("205")), false), ("sip:acme@carrier.example".into(), Vec::new()));
    }

    #[test]
    fn who_has_sent_a_call_on_is_known_by_the_number_that_we_know() {
        let trunk = config("a");
        assert_eq!(trunk.address_of("105").as_deref(), Some("sip:+493012305@carrier.example"));
        assert_eq!(trunk.address_of("205"), None);
        let told =
            "From: <sip:a@h>;tag=1\r\nDiversion: <sip:089 1234567@h>, <sip:08912345678;npdi@h>, <sip:+493012305@h>\r\n";
        let diversions = trunk.diversions(&invite("sip:x@h", told));
        assert_eq!(diversions.last(), Some("+498912345678"));
        assert!(diversions.name("105"));
    }

    #[test]
    fn a_caller_is_who_the_trunk_asserts_and_never_one_of_us() {
        let trunk = config("a");
        let from = "From: \"Bob\" <sip:089999@h>;tag=1\r\n";
        let caller = |more: &str| trunk.caller(&invite("sip:x@h", &format!("{from}{more}")));
        assert_eq!(caller("").number, "089999", "six digits are not guessed at");
        let asserted = caller("P-Asserted-Identity: <tel:+49891234567>, <sip:x@h>\r\n");
        assert_eq!((asserted.number.as_str(), asserted.name.as_str()), ("+49891234567", "Bob"));
        assert_eq!(caller("P-Asserted-Identity: <sip:100@h>\r\n").extension, None);
        assert_eq!(caller("Remote-Party-ID: <sip:08912345678;npdi@h>;party=calling\r\n").number, "+498912345678");
        for private in ["Privacy: id\r\n", "Privacy: critical; User\r\n"] {
            assert_eq!(caller(private), Party { number: ANONYMOUS.into(), ..Party::default() });
        }
        let hidden = trunk.caller(&invite("sip:x@h", "From: <sip:Anonymous@anonymous.invalid>;tag=1\r\n"));
        assert_eq!(hidden.number, ANONYMOUS);
    }

    #[test]
    fn the_called_number_stands_where_the_carrier_puts_it() {
        let mut trunk = config("a");
        let request = invite("sip:+493012307@h", "From: <sip:a@h>;tag=1\r\nP-Called-Party-ID: <sip:030123409@h>\r\n");
        let bare = invite("sip:acme@h", "From: <sip:a@h>;tag=1\r\n");
        for (place, called, otherwise) in [
            (CalledIn::RequestUri, "+493012307", "acme"),
            (CalledIn::To, "+4930123456", "+4930123456"),
            (CalledIn::PCalledPartyId, "+4930123409", "acme"),
        ] {
            trunk.called_in = place;
            assert_eq!(trunk.called(&request).as_deref(), Some(called));
            assert_eq!(trunk.called(&bare).as_deref(), Some(otherwise));
        }
    }
}
