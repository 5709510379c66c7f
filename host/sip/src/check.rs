//! What a request must be like before anything is done with it (RFC 3261 §8.2).

use crate::{
    Config, Message, Method, NameAddr, Uri, Via,
    body::{self, Content},
    headers::{HeaderName, MediaType},
    parse::{Fault, fault},
    stack::EXTENSIONS,
};

/// The header fields that every request needs are there once and can be read; 400 otherwise.
pub(crate) fn well_formed(request: &Message) -> Result<(), Fault> {
    if !request.values(HeaderName::Via).all(|via| Via::parse(via).is_some()) || request.via().is_none() {
        return Err(fault(400, "Malformed Via"));
    }
    for (name, reason) in [
        (HeaderName::From, "From Must Stand Once"),
        (HeaderName::To, "To Must Stand Once"),
        (HeaderName::CallId, "Call-ID Must Stand Once"),
        (HeaderName::Cseq, "CSeq Must Stand Once"),
    ] {
        if request.lines(name).count() != 1 {
            return Err(fault(400, reason));
        }
    }
    let is_party = |party: Option<NameAddr<'_>>| party.is_some_and(|party| party.uri().is_some());
    if !is_party(request.from()) {
        return Err(fault(400, "Malformed From"));
    }
    if !is_party(request.to()) {
        return Err(fault(400, "Malformed To"));
    }
    if request.call_id().is_none_or(|id| id.is_empty() || id.iter().any(|byte| byte.is_ascii_whitespace())) {
        return Err(fault(400, "Malformed Call-ID"));
    }
    let cseq = request.cseq().ok_or(fault(400, "Malformed CSeq"))?;
    if Some(cseq.method) != request.method() {
        return Err(fault(400, "CSeq Method Mismatch"));
    }
    match request.lines(HeaderName::MaxForwards).count() {
        0 => {}
        1 if request.max_forwards().is_some() => {}
        _ => return Err(fault(400, "Malformed Max-Forwards")),
    }
    let uri = request.request_uri().ok_or(fault(400, "Malformed Request-URI"))?;
    if !uri.headers().is_empty() {
        return Err(fault(400, "Header Fields in Request-URI"));
    }
    contacts_well_formed(request)
}

fn contacts_well_formed(request: &Message) -> Result<(), Fault> {
    let is_register = request.method() == Some(Method::Register);
    let is_good = |value: &[u8]| {
        value == b"*" && is_register || NameAddr::parse(value).is_some_and(|contact| contact.uri().is_some())
    };
    if request.values(HeaderName::Contact).all(is_good) { Ok(()) } else { Err(fault(400, "Malformed Contact")) }
}

/// Why a well-formed request is refused; which header fields go with the answer follows from the status.
pub(crate) fn acceptable(request: &Message, config: &Config) -> Result<(), Fault> {
    method_known(request, config)?;
    let uri = request.request_uri();
    if !uri.is_some_and(|uri| is_supported_scheme(&uri)) {
        return Err(fault(416, ""));
    }
    let method = request.method().unwrap_or(Method::Other(""));
    // Those two end here, whatever the count says (RFC 3261 §11, RFC 4475 §3.3.11).
    if request.max_forwards() == Some(0) && !matches!(method, Method::Options | Method::Register) {
        return Err(fault(483, ""));
    }
    extensions_known(request, config)?;
    if method == Method::Invite {
        invite_acceptable(request)?;
    }
    Ok(())
}

/// Options that the sender requires (RFC 3261 §8.2.2.3): 420 unless we have them all.
pub(crate) fn extensions_known(request: &Message, config: &Config) -> Result<(), Fault> {
    if unsupported(request, config).next().is_some() { Err(fault(420, "")) } else { Ok(()) }
}

/// The required options that we do not have.
pub(crate) fn unsupported<'a>(request: &'a Message, config: &'a Config) -> impl Iterator<Item = &'a [u8]> {
    let known = |tag: &[u8]| {
        let mut all = EXTENSIONS.into_iter().chain(config.extensions.iter().map(String::as_str));
        all.any(|known| known.as_bytes().eq_ignore_ascii_case(tag))
    };
    request.values(HeaderName::Require).filter(move |tag| !tag.is_empty() && !known(tag))
}

/// The body is one that we can read (RFC 3261 §8.2.3).
pub(crate) fn content_known(request: &Message) -> Result<(), Fault> {
    match body::content(request) {
        Content::Unsupported => Err(fault(415, "")),
        Content::None | Content::Sdp => Ok(()),
    }
}

fn method_known(request: &Message, config: &Config) -> Result<(), Fault> {
    match request.method().unwrap_or(Method::Other("")) {
        Method::Invite => Ok(()),
        method if config.methods.contains(&method) => Ok(()),
        Method::Other(_) => Err(fault(501, "")),
        // Those belong to a dialog, and this one bears no tag of ours.
        Method::Bye | Method::Info | Method::Update | Method::Prack => Err(fault(481, "")),
        _ => Err(fault(405, "")),
    }
}

fn invite_acceptable(request: &Message) -> Result<(), Fault> {
    content_known(request)?;
    // A party of RFC 2543 may leave it out (RFC 4475 §3.4.1): then its From is where it is.
    if request.values(HeaderName::Contact).nth(1).is_some() {
        return Err(fault(400, "Contact Must Stand Once"));
    }
    if takes_sdp(request) { Ok(()) } else { Err(fault(406, "")) }
}

/// Whether the caller takes the session descriptions that our answers hold (RFC 3261 §20.1: without Accept it does).
fn takes_sdp(request: &Message) -> bool {
    let ranges = || request.values(HeaderName::Accept).filter_map(MediaType::parse);
    request.header(HeaderName::Accept).is_none_or(<[u8]>::is_empty)
        || ranges().any(|range| ["application/sdp", "application/*", "*/*"].iter().any(|wanted| range.is(wanted)))
}

fn is_supported_scheme(uri: &Uri<'_>) -> bool {
    uri.is_sip() || uri.is_tel() || uri.scheme().eq_ignore_ascii_case("urn")
}
