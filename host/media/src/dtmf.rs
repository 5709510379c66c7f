//! DTMF by RFC 4733 events, by SIP INFO bodies, and as tones in the sound.

mod detect;
mod press;
mod tones;

pub use detect::ToneDetector;
pub use press::{KeyManner, KeySender, Pressing};
pub use tones::KeyTone;

use crate::rtp::Header;

/// The character of an event code: 0 to 9, `*`, `#`, A to D (RFC 4733 table 3).
pub fn dtmf_char(event: u8) -> Option<char> {
    match event {
        0..=9 => Some(char::from(b'0' + event)),
        10 => Some('*'),
        11 => Some('#'),
        12..=15 => Some(char::from(b'A' + event - 12)),
        _ => None,
    }
}

/// The event code of a key, the other way round.
pub fn dtmf_event(key: char) -> Option<u8> {
    (0..16).find(|event| dtmf_char(*event) == Some(key.to_ascii_uppercase()))
}

/// The digit of a SIP INFO body of type `application/dtmf-relay` (`Signal=5`) or `application/dtmf` (`5`).
///
/// Event numbers 10 and 11 in place of `*` and `#` are taken too, as some phones send them.
pub fn dtmf_from_info(content_type: &str, body: &[u8]) -> Option<char> {
    let text = std::str::from_utf8(body).ok()?;
    let kind = content_type.split(';').next().unwrap_or_default().trim();
    let value = if kind.eq_ignore_ascii_case("application/dtmf-relay") {
        text.lines().find_map(|line| {
            let (name, value) = line.split_once('=')?;
            name.trim().eq_ignore_ascii_case("signal").then(|| value.trim())
        })?
    } else if kind.eq_ignore_ascii_case("application/dtmf") {
        text.trim()
    } else {
        return None;
    };
    let mut chars = value.chars();
    match (chars.next()?.to_ascii_uppercase(), chars.next()) {
        (digit @ ('0'..='9' | '*' | '#' | 'A'..='D'), None) => Some(digit),
        _ => value.parse().ok().and_then(dtmf_char),
    }
}

/// Turns RFC 4733 packets into key presses: each event once, at its first packet.
///
/// The packets of one event share an RTP timestamp (§2.3); the end packet comes three times. Lost packets do no harm
/// as long as one of the event arrives; packets that arrive late for an event already reported are ignored.
#[derive(Clone, Debug, Default)]
pub struct DtmfDetector {
    last: Option<(u32, u32)>,
}

impl DtmfDetector {
    /// Take one packet of the negotiated telephone-event payload type.
    pub fn handle(&mut self, header: &Header, payload: &[u8]) -> Option<char> {
        let [event, _flags, _, _] = *payload.first_chunk::<4>()?;
        let digit = dtmf_char(event)?;
        if let Some((ssrc, timestamp)) = self.last
            && ssrc == header.ssrc
            && header.timestamp.wrapping_sub(timestamp) as i32 <= 0
        {
            return None;
        }
        self.last = Some((header.ssrc, header.timestamp));
        Some(digit)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn packet(timestamp: u32, ssrc: u32) -> Header {
        Header { marker: false, payload_type: 101, sequence: 0, timestamp, ssrc, payload_start: 12, payload_end: 16 }
    }

    #[test]
    fn each_event_counts_once_however_its_packets_are_lost_repeated_or_late() {
        let mut detector = DtmfDetector::default();
        assert_eq!(detector.handle(&packet(1_000, 1), &[5, 10, 0, 160]), Some('5'));
        assert_eq!(detector.handle(&packet(1_000, 1), &[5, 10, 1, 64]), None);
        assert_eq!(detector.handle(&packet(1_000, 1), &[5, 0x8a, 1, 224]), None);
        // Only the end packet of the next event arrives.
        assert_eq!(detector.handle(&packet(3_000, 1), &[11, 0x8a, 1, 224]), Some('#'));
        assert_eq!(detector.handle(&packet(1_000, 1), &[5, 0x8a, 1, 224]), None, "a late repeat");
        assert_eq!(detector.handle(&packet(900, 2), &[10, 10, 0, 160]), Some('*'), "a new source");
        assert_eq!(detector.handle(&packet(5_000, 2), &[16, 10, 0, 160]), None, "flash is no digit");
        assert_eq!(detector.handle(&packet(6_000, 2), &[1]), None, "cut short");
    }

    #[test]
    fn info_bodies_of_both_types_are_read() {
        assert_eq!(dtmf_from_info("application/dtmf-relay", b"Signal=5\r\nDuration=160\r\n"), Some('5'));
        assert_eq!(dtmf_from_info("application/dtmf-relay", b"Signal= #\nDuration=160"), Some('#'));
        assert_eq!(dtmf_from_info("Application/DTMF; x=y", b"*"), Some('*'));
        assert_eq!(dtmf_from_info("application/dtmf", b"11"), Some('#'));
        assert_eq!(dtmf_from_info("application/dtmf", b"flash"), None);
        assert_eq!(dtmf_from_info("text/plain", b"5"), None);
        assert_eq!(dtmf_from_info("application/dtmf", &[0xff]), None);
    }
}
