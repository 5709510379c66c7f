//! What goes over the wire for each call, remembered for whoever wants a call explained: compact, without secrets, bounded.
//!
//! A dialog is known by its Call-ID and begins with an INVITE; what belongs to none is not looked at further. The copy is made
//! when a message passes, so that no password and no key is ever kept.

use jackfield_sip::Flow;
use std::{
    collections::{HashMap, VecDeque},
    hash::{BuildHasher, RandomState},
    net::SocketAddr,
    time::{SystemTime, UNIX_EPOCH},
};

/// Messages of one dialog from its beginning.
const FIRST: usize = 24;
/// And of its newest ones.
const LAST: usize = 16;
/// Octets kept of one message.
const LONGEST: usize = 1_400;
/// Octets of all dialogs together; the oldest make room.
const MOST_OCTETS: usize = 24 * 1024 * 1024;
/// Dialogs; the oldest make room.
const MOST_DIALOGS: usize = 50_000;
/// Memory that a message takes besides its text.
const OVERHEAD: usize = std::mem::size_of::<WireMessage>();

/// One message as it is remembered.
#[derive(Clone, Debug)]
pub struct WireMessage {
    /// Unix milliseconds.
    pub at: u64,
    /// Whether the host sent it.
    pub sent: bool,
    /// `UDP`, `TCP`, `TLS`, `WS` or `WSS`.
    pub transport: &'static str,
    /// The other end.
    pub remote: SocketAddr,
    /// What is kept of it.
    pub text: Box<str>,
}

/// What is remembered of one dialog.
#[derive(Clone, Debug, Default)]
pub struct WireDialog {
    /// Its messages, oldest first.
    pub messages: Vec<WireMessage>,
    /// Messages that found no room.
    pub left_out: u32,
}

/// The messages of all dialogs.
pub(super) struct WireLog {
    dialogs: HashMap<u64, WireDialog>,
    /// Oldest first; may name dialogs that are gone.
    order: VecDeque<u64>,
    octets: usize,
    hasher: RandomState,
    /// Where a message is made compact, used again and again.
    scratch: String,
}

impl WireLog {
    /// A log; `None` when nothing is to be remembered.
    pub(super) fn new(on: bool) -> Option<Self> {
        on.then(|| Self {
            dialogs: HashMap::new(),
            order: VecDeque::new(),
            octets: 0,
            hasher: RandomState::new(),
            scratch: String::with_capacity(LONGEST + 256),
        })
    }

    /// A message passes.
    pub(super) fn note(&mut self, sent: bool, flow: &Flow, bytes: &[u8]) {
        let opens = bytes.starts_with(b"INVITE ");
        if !opens && !may_belong_to_call(bytes) {
            return;
        }
        let Some(call_id) = call_id(bytes) else { return };
        let key = self.hasher.hash_one(call_id);
        let known = self.dialogs.contains_key(&key);
        if !known && !opens {
            return;
        }
        self.make_room();
        if !known {
            self.order.push_back(key);
            self.dialogs.insert(key, WireDialog::default());
        }
        self.scratch.clear();
        compact(bytes, &mut self.scratch);
        let at = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_millis() as u64;
        let text = Box::from(self.scratch.as_str());
        // It may be the one that had to make room.
        let Some(dialog) = self.dialogs.get_mut(&key) else { return };
        self.octets += self.scratch.len() + OVERHEAD;
        if dialog.messages.len() == FIRST + LAST {
            self.octets -= octets(&dialog.messages.remove(FIRST));
            dialog.left_out += 1;
        }
        let (transport, remote) = (flow.transport.as_str(), flow.remote);
        dialog.messages.push(WireMessage { at, sent, transport, remote, text });
    }

    /// What is remembered of this dialog; with `take` it is forgotten.
    pub(super) fn dialog(&mut self, call_id: &[u8], take: bool) -> WireDialog {
        let key = self.hasher.hash_one(call_id);
        if !take {
            return self.dialogs.get(&key).cloned().unwrap_or_default();
        }
        self.forget(key)
    }

    fn forget(&mut self, key: u64) -> WireDialog {
        let dialog = self.dialogs.remove(&key).unwrap_or_default();
        self.octets -= dialog.messages.iter().map(octets).sum::<usize>();
        dialog
    }

    fn make_room(&mut self) {
        while self.dialogs.len() >= MOST_DIALOGS || self.octets >= MOST_OCTETS {
            let Some(oldest) = self.order.pop_front() else { return };
            self.forget(oldest);
        }
        // What was taken is still in the order; it goes when it has come to the front, or when there is too much of it.
        if self.order.len() >= 2 * MOST_DIALOGS {
            self.order.retain(|key| self.dialogs.contains_key(key));
        }
    }
}

fn octets(message: &WireMessage) -> usize {
    message.text.len() + OVERHEAD
}

fn may_belong_to_call(bytes: &[u8]) -> bool {
    const METHODS: [&[u8]; 9] =
        [b"SIP/2.0 ", b"ACK ", b"BYE ", b"CANCEL ", b"PRACK ", b"UPDATE ", b"INFO ", b"REFER ", b"NOTIFY "];
    METHODS.iter().any(|method| bytes.starts_with(method))
}

/// Lines up to the empty one.
fn lines(bytes: &[u8]) -> impl Iterator<Item = &[u8]> {
    bytes.split(|octet| *octet == b'\n').map(|line| line.strip_suffix(b"\r").unwrap_or(line))
}

fn call_id(bytes: &[u8]) -> Option<&[u8]> {
    let is_name = |name: &[u8]| name.eq_ignore_ascii_case(b"call-id") || name.eq_ignore_ascii_case(b"i");
    lines(bytes).take_while(|line| !line.is_empty()).find_map(|line| {
        let (name, value) = field(line)?;
        is_name(name).then_some(value)
    })
}

fn field(line: &[u8]) -> Option<(&[u8], &[u8])> {
    let colon = line.iter().position(|octet| *octet == b':')?;
    Some((line[..colon].trim_ascii(), line[colon + 1..].trim_ascii()))
}

/// How much of a header field is kept.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Keep {
    Whole,
    /// Its name and its first word: what follows is a password's.
    FirstWord,
    No,
}

fn keep(name: &[u8]) -> Keep {
    const WHOLE: [&[u8]; 32] = [
        b"from",
        b"f",
        b"to",
        b"t",
        b"contact",
        b"m",
        b"cseq",
        b"via",
        b"v",
        b"user-agent",
        b"server",
        b"reason",
        b"retry-after",
        b"warning",
        b"diversion",
        b"history-info",
        b"referred-by",
        b"b",
        b"refer-to",
        b"r",
        b"replaces",
        b"join",
        b"require",
        b"unsupported",
        b"session-expires",
        b"x",
        b"min-se",
        b"privacy",
        b"alert-info",
        b"p-asserted-identity",
        b"p-preferred-identity",
        b"content-type",
    ];
    const SECRET: [&[u8]; 4] = [b"authorization", b"proxy-authorization", b"www-authenticate", b"proxy-authenticate"];
    let is = |known: &&[u8]| name.eq_ignore_ascii_case(known);
    if WHOLE.iter().any(is) {
        Keep::Whole
    } else if SECRET.iter().any(is) {
        Keep::FirstWord
    } else {
        Keep::No
    }
}

/// Start line, telling header fields and telling lines of SDP.
fn compact(bytes: &[u8], out: &mut String) {
    let (mut in_body, mut is_sdp, mut first) = (false, false, true);
    for line in lines(bytes) {
        if out.len() >= LONGEST {
            return out.push('…');
        }
        if first {
            first = false;
            push(out, line);
        } else if line.is_empty() && !in_body {
            // Other bodies hold keys that were pressed, messages and more that is nobody's business.
            in_body = true;
            if !is_sdp {
                return;
            }
        } else if in_body {
            push_sdp(out, line);
        } else if let Some((name, value)) = field(line) {
            match keep(name) {
                Keep::Whole => {
                    is_sdp |= name.eq_ignore_ascii_case(b"content-type") && is_sdp_type(value);
                    out.push('\n');
                    push(out, line);
                }
                Keep::FirstWord => {
                    out.push('\n');
                    push(out, name);
                    out.push_str(": ");
                    push(out, value.split(|octet| *octet == b' ').next().unwrap_or_default());
                    out.push_str(" …");
                }
                Keep::No => {
                    is_sdp |= name.eq_ignore_ascii_case(b"c") && is_sdp_type(value);
                }
            }
        }
    }
}

fn is_sdp_type(value: &[u8]) -> bool {
    const SDP: &[u8] = b"application/sdp";
    value.get(..SDP.len()).is_some_and(|start| start.eq_ignore_ascii_case(SDP))
}

/// A line of SDP, when it tells something and without the keys in it (RFC 4568 §4, RFC 8839 §5.4).
fn push_sdp(out: &mut String, line: &[u8]) {
    const TELLING: [&[u8]; 4] = [b"c=", b"m=", b"a=", b"b="];
    if !TELLING.iter().any(|start| line.starts_with(start)) {
        return;
    }
    out.push('\n');
    if line.starts_with(b"a=crypto:") {
        let mut words = line.split(|octet| *octet == b' ');
        for word in [words.next(), words.next()].into_iter().flatten() {
            push(out, word);
            out.push(' ');
        }
        out.push('…');
    } else if let Some(name) =
        [&b"a=ice-pwd:"[..], b"a=ice-ufrag:", b"a=key-mgmt:"].iter().find(|n| line.starts_with(n))
    {
        push(out, name);
        out.push('…');
    } else {
        push(out, line);
    }
}

/// What is no text is replaced, what is too long cut off, and a password in a URI left out.
fn push(out: &mut String, text: &[u8]) {
    let room = LONGEST.saturating_sub(out.len());
    let text = &text[..text.len().min(room)];
    let mut start = 0;
    for (scheme, at) in schemes(text) {
        let (from, rest) = (at + scheme, &text[at + scheme..]);
        let end = rest.iter().position(|octet| b"@<> ;\"".contains(octet)).filter(|end| rest[*end] == b'@');
        let colon = end.and_then(|end| rest[..end].iter().position(|octet| *octet == b':'));
        if let (Some(end), Some(colon)) = (end, colon) {
            push_text(out, &text[start..=from + colon]);
            out.push('…');
            start = from + end;
        }
    }
    push_text(out, &text[start..]);
}

/// Where URIs begin: how long the scheme is, and where.
fn schemes(text: &[u8]) -> impl Iterator<Item = (usize, usize)> {
    let starts = |at: usize, scheme: &[u8]| {
        text.get(at..at + scheme.len()).is_some_and(|found| found.eq_ignore_ascii_case(scheme))
    };
    (0..text.len()).filter_map(move |at| match text[at] {
        b's' | b'S' if starts(at, b"sip:") => Some((4, at)),
        b's' | b'S' if starts(at, b"sips:") => Some((5, at)),
        _ => None,
    })
}

fn push_text(out: &mut String, text: &[u8]) {
    for part in text.utf8_chunks() {
        out.extend(part.valid().chars().map(|c| if c.is_control() { ' ' } else { c }));
        if !part.invalid().is_empty() {
            out.push('\u{fffd}');
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jackfield_sip::Transport;

    fn flow() -> Flow {
        let at = |text: &str| text.parse().unwrap();
        Flow { transport: Transport::Udp, local: at("192.0.2.1:5060"), remote: at("192.0.2.9:5062"), connection: None }
    }

    fn invite(call_id: &str) -> Vec<u8> {
        let sdp = "v=0\r\no=- 1 1 IN IP4 192.0.2.9\r\ns=-\r\nc=IN IP4 192.0.2.9\r\nt=0 0\r\nm=audio 4000 RTP/SAVP 8\r\n\
                   a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:c2VjcmV0a2V5c2VjcmV0a2V5c2VjcmV0a2V5MTIz\r\n\
                   a=ice-pwd:verysecretpassword12345\r\na=sendrecv\r\n";
        format!(
            "INVITE sip:101@jackfield SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.9:5062;branch=z9hG4bK1\r\n\
             From: \"Anna\" <sip:100:pass1word@jackfield>;tag=1\r\nTo: <sip:101@jackfield>\r\nCall-ID: {call_id}\r\n\
             CSeq: 1 INVITE\r\nX-Token: hidden\r\n\
             Authorization: Digest username=\"100\", nonce=\"n0nce\", response=\"0123456789abcdef\"\r\n\
             Content-Type: application/sdp\r\nContent-Length: {}\r\n\r\n{sdp}",
            sdp.len()
        )
        .into_bytes()
    }

    #[test]
    fn no_password_and_no_key_is_ever_kept() {
        let mut log = WireLog::new(true).unwrap();
        log.note(false, &flow(), &invite("a1"));
        let text = log.dialog(b"a1", false).messages.remove(0).text;
        for secret in ["pass1word", "n0nce", "0123456789abcdef", "inline", "c2VjcmV0", "verysecret", "hidden"] {
            assert!(!text.contains(secret), "{secret} in {text}");
        }
        for kept in [
            "INVITE sip:101@jackfield SIP/2.0\n",
            "From: \"Anna\" <sip:100:…@jackfield>;tag=1\n",
            "Authorization: Digest …\n",
            "m=audio 4000 RTP/SAVP 8\n",
            "a=crypto:1 AES_CM_128_HMAC_SHA1_80 …\n",
            "a=sendrecv",
        ] {
            assert!(text.contains(kept), "{kept:?} not in {text}");
        }
    }

    #[test]
    fn only_dialogs_that_an_invite_has_begun_are_remembered_and_bodies_of_others_are_not() {
        let mut log = WireLog::new(true).unwrap();
        let message = |start: &str, body: &str| {
            format!("{start}\r\ni: a1\r\nCSeq: 2 INFO\r\nContent-Type: application/dtmf-relay\r\n\r\n{body}")
                .into_bytes()
        };
        log.note(false, &flow(), &message("BYE sip:1@h SIP/2.0", ""));
        log.note(false, &flow(), b"REGISTER sip:h SIP/2.0\r\nCall-ID: a1\r\n\r\n");
        assert!(log.dialog(b"a1", false).messages.is_empty());
        log.note(false, &flow(), &invite("a1"));
        log.note(false, &flow(), &message("INFO sip:1@h SIP/2.0", "Signal=7"));
        log.note(true, &flow(), &message("SIP/2.0 200 OK", ""));
        let dialog = log.dialog(b"a1", true);
        let starts: Vec<_> = dialog.messages.iter().map(|m| (m.sent, m.text.lines().next().unwrap())).collect();
        let expected =
            [(false, "INVITE sip:101@jackfield SIP/2.0"), (false, "INFO sip:1@h SIP/2.0"), (true, "SIP/2.0 200 OK")];
        assert_eq!(starts, expected);
        assert!(!dialog.messages[1].text.contains("Signal"));
        assert!(log.dialog(b"a1", false).messages.is_empty() && log.octets == 0, "taken");
    }

    #[test]
    fn a_message_costs_one_allocation_and_what_is_no_part_of_a_call_none() {
        let mut log = WireLog::new(true).unwrap();
        let message = invite("a1");
        (0..FIRST + LAST).for_each(|_| log.note(false, &flow(), &message));
        let noted = allocation_counter::measure(|| log.note(false, &flow(), &message));
        assert_eq!(noted.count_total, 1);
        let register = b"REGISTER sip:h SIP/2.0\r\nCall-ID: a1\r\n\r\n";
        assert_eq!(allocation_counter::measure(|| log.note(false, &flow(), register)).count_total, 0);
    }

    #[test]
    fn however_much_passes_the_log_stays_within_its_bounds() {
        let mut log = WireLog::new(true).unwrap();
        for _ in 0..200 {
            log.note(false, &flow(), &invite("loops"));
        }
        let dialog = log.dialog(b"loops", false);
        assert_eq!((dialog.messages.len(), dialog.left_out), (FIRST + LAST, 200 - (FIRST + LAST) as u32));
        let mut long = invite("long");
        long.extend(std::iter::repeat_n(b"a=x:yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy\r\n", 500).flatten());
        for n in 0..30_000_u32 {
            let mut message = long.clone();
            let at = message.windows(4).position(|w| w == b"long").unwrap();
            message[at..at + 4].copy_from_slice(&n.to_be_bytes().map(|b| b'a' + b % 26));
            log.note(n % 2 == 0, &flow(), &message);
            assert!(log.octets <= MOST_OCTETS + LONGEST + OVERHEAD + 64);
        }
        // Whatever is cut off, nothing breaks.
        (0..long.len().min(1_500)).for_each(|cut| log.note(false, &flow(), &long[..cut]));
        assert!(WireLog::new(false).is_none());
    }
}
