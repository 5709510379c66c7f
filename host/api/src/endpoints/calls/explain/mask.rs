//! Hides who took part in a call before its explanation is handed on. What matters to find a fault stays: addresses, codecs,
//! times, statuses, plugins.

use super::Explanation;
use jackfield_model::{Party, TraceEvent};

/// Digits of a number that stay, so that two of them can be told apart.
const LEFT: usize = 2;
/// Shorter runs of digits are counts, statuses and times.
const SHORTEST: usize = 3;

/// Hide numbers and names.
pub(super) fn hide(explanation: &mut Explanation) {
    let Explanation { live, record, legs, trace } = explanation;
    for call in live.iter_mut() {
        [&mut call.caller, &mut call.callee].into_iter().for_each(party);
    }
    for call in record.iter_mut() {
        [&mut call.caller, &mut call.callee].into_iter().for_each(party);
        [&mut call.diverted_by, &mut call.answered_by].into_iter().flatten().for_each(text);
        text(&mut call.detail);
    }
    legs.iter_mut().for_each(|leg| party(&mut leg.party));
    for trace in trace.iter_mut() {
        trace.entries.iter_mut().for_each(|entry| event(&mut entry.event));
        trace.dialogs.iter_mut().for_each(|dialog| text(&mut dialog.with));
        trace.messages.iter_mut().for_each(|message| message.text = sip(&message.text));
    }
}

fn party(party: &mut Party) {
    party.number = number(&party.number);
    party.extension = None;
    if !party.name.is_empty() {
        party.name = String::from("…");
    }
}

fn event(event: &mut TraceEvent) {
    match event {
        TraceEvent::Decided { to, why, .. } => {
            text(to);
            why.iter_mut().for_each(text);
        }
        TraceEvent::Rule { number, .. } => text(number),
        TraceEvent::Rings { target, .. } | TraceEvent::Refused { target, .. } => text(target),
        TraceEvent::NotReached { why, .. } => text(why),
        TraceEvent::Answered { by } => text(by),
        TraceEvent::SentOn { to } => text(to),
        TraceEvent::Verb { detail, .. } | TraceEvent::Ended { detail, .. } => text(detail),
        TraceEvent::ScriptBegan { .. } | TraceEvent::ScriptEnded { .. } => {}
    }
}

/// All but the last digits of a number; of what is none, all but the last letters.
fn number(number: &str) -> String {
    let hidden = number.chars().count().saturating_sub(LEFT);
    number.chars().enumerate().map(|(at, c)| if at < hidden && c != '+' { 'x' } else { c }).collect()
}

/// Numbers within a text, and users of URIs; addresses stay.
fn text(text: &mut String) {
    let uris = uri_users(text);
    let mut out = String::with_capacity(uris.len());
    for word in uris.split_inclusive(|c: char| c.is_whitespace() || "(),;/=+@".contains(c)) {
        if looks_like_address(word) { out.push_str(word) } else { out.push_str(&digits(word)) }
    }
    *text = out;
}

/// `192.0.2.1:5060`, `[2001:db8::1]:5060` or a part of either.
fn looks_like_address(word: &str) -> bool {
    let bare = word.trim_matches(|c: char| !c.is_ascii_hexdigit() && c != ':' && c != ']' && c != '[');
    bare.parse::<std::net::IpAddr>().is_ok() || bare.parse::<std::net::SocketAddr>().is_ok()
}

fn digits(word: &str) -> String {
    let mut out = String::with_capacity(word.len());
    let mut run = String::new();
    for c in word.chars().chain([' ']) {
        if c.is_ascii_digit() {
            run.push(c);
            continue;
        }
        if run.len() >= SHORTEST {
            out.push_str(&number(&run))
        } else {
            out.push_str(&run)
        }
        run.clear();
        out.push(c);
    }
    out.pop();
    out
}

/// The user parts of `sip:`, `sips:` and `tel:` URIs.
fn uri_users(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    let lower = text.to_ascii_lowercase();
    while let Some((start, scheme)) = next_scheme(&lower[text.len() - rest.len()..]) {
        out.push_str(&rest[..start + scheme.len()]);
        rest = &rest[start + scheme.len()..];
        let end = rest.find(|c: char| "@<>;,\" \n".contains(c)).unwrap_or(rest.len());
        if scheme == "tel:" || rest[end..].starts_with('@') {
            out.push_str(&number(&rest[..end]));
            rest = &rest[end..];
        }
    }
    out.push_str(rest);
    out
}

fn next_scheme(lower: &str) -> Option<(usize, &'static str)> {
    ["sips:", "sip:", "tel:"].into_iter().filter_map(|scheme| Some((lower.find(scheme)?, scheme))).min()
}

/// A SIP message: display names, users of URIs.
fn sip(message: &str) -> String {
    const NAMED: [&str; 13] = [
        "from:",
        "f:",
        "to:",
        "t:",
        "contact:",
        "m:",
        "p-asserted-identity:",
        "p-preferred-identity:",
        "diversion:",
        "history-info:",
        "referred-by:",
        "b:",
        "refer-to:",
    ];
    let line = |line: &str| {
        let lower = line.to_ascii_lowercase();
        let named = NAMED.iter().find(|name| lower.starts_with(**name));
        let nameless = match (named, line.find('<')) {
            (Some(name), Some(uri)) if line[name.len()..uri].chars().any(|c| !c.is_whitespace()) => {
                format!("{} \"…\" {}", &line[..name.len()], &line[uri..])
            }
            _ => line.to_owned(),
        };
        uri_users(&nameless)
    };
    message.lines().map(line).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hidden(shown: &str) -> String {
        let mut masked = shown.to_owned();
        text(&mut masked);
        masked
    }

    #[test]
    fn numbers_are_hidden_and_what_finds_faults_is_not() {
        assert_eq!(number("+33123456789"), "+xxxxxxxxx89");
        assert_eq!(number("100"), "x00");
        assert_eq!(number("anonymous"), "xxxxxxxus");
        assert_eq!(hidden("ext:100 + ext:101 (20 s)"), "ext:x00 + ext:x01 (20 s)");
        assert_eq!(
            hidden("sip:anna.long@192.0.2.7:5060 at 192.0.2.7:5060"),
            "sip:xxxxxxxng@192.0.2.7:5060 at 192.0.2.7:5060"
        );
        assert_eq!(hidden("the caller hung up (BYE)"), "the caller hung up (BYE)");
        assert_eq!(hidden("calls from +4930123456 go to 200"), "calls from +xxxxxxxx56 go to x00");
        assert_eq!(hidden("trunk:carrier/0123456"), "trunk:carrier/xxxxx56");
    }

    #[test]
    fn a_message_shows_neither_names_nor_users() {
        let message = "INVITE sip:101@192.0.2.1 SIP/2.0\nVia: SIP/2.0/UDP 192.0.2.9:5062;branch=z9hG4bK123\n\
                       From: \"Anna Müller\" <sip:+33123456789@example.org>;tag=12345\nTo: Bruno <sip:101@192.0.2.1>\n\
                       m=audio 40000 RTP/AVP 8";
        let masked = sip(message);
        for secret in ["Anna", "Müller", "Bruno", "123456789", "sip:101@"] {
            assert!(!masked.contains(secret), "{secret} in {masked}");
        }
        for kept in [
            "INVITE sip:x01@192.0.2.1 SIP/2.0",
            "192.0.2.9:5062",
            "tag=12345",
            "m=audio 40000 RTP/AVP 8",
            "To: \"…\" <sip:x01@",
        ] {
            assert!(masked.contains(kept), "{kept} not in {masked}");
        }
        assert_eq!(sip("OPTIONS sip:192.0.2.1:5060 SIP/2.0"), "OPTIONS sip:192.0.2.1:5060 SIP/2.0", "no user");
    }
}
