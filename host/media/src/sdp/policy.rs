//! Holding a description to the codecs that one side may use.

use super::{Format, Sdp, SdpError};
use std::borrow::Cow;

/// What is no codec and always stays: digits and comfort noise.
const BESIDES: [&str; 2] = ["telephone-event", "CN"];

impl Sdp<'_> {
    /// Take every codec off the audio stream that is not named, compared without regard to case (RFC 4855 §3). Digits and
    /// comfort noise stay.
    ///
    /// # Errors
    /// When no codec is left.
    pub fn keep_codecs(&mut self, names: &[String]) -> Result<(), SdpError> {
        let is = |format: &Format, name: &str| format.encoding.eq_ignore_ascii_case(name);
        self.keep_formats(|format| is_besides(format) || names.iter().any(|name| is(format, name)))
    }

    /// Take every format off the audio stream of which this is not true, with all that is said of it.
    ///
    /// # Errors
    /// When no codec is left.
    pub(super) fn keep_formats(&mut self, keep: impl Fn(&Format) -> bool) -> Result<(), SdpError> {
        let index = self.audio_index()?;
        let media = &mut self.media[index];
        let formats = media.rtp_formats();
        let kept: Vec<&Format> = formats.iter().filter(|format| keep(format)).collect();
        if kept.iter().all(|format| is_besides(format)) {
            return Err(SdpError::Unusable("no codec is left that this side may use"));
        }
        if kept.len() == formats.len() {
            return Ok(());
        }
        let gone = |payload_type: u8| !kept.iter().any(|format| format.payload_type == payload_type);
        media.lines.retain(|line| {
            let about = [&b"rtpmap:"[..], b"fmtp:", b"rtcp-fb:"].iter().find_map(|name| line.value.strip_prefix(*name));
            let number = about.and_then(|value| value.split(|byte| *byte == b' ').next());
            let number = number.and_then(|digits| std::str::from_utf8(digits).ok()?.parse().ok());
            line.kind != b'a' || number.is_none_or(|number| !gone(number))
        });
        let numbers: Vec<String> = kept.iter().map(|format| format.payload_type.to_string()).collect();
        media.formats = Cow::Owned(numbers.join(" "));
        Ok(())
    }
}

/// Whether this is no codec.
pub(super) fn is_besides(format: &Format) -> bool {
    BESIDES.iter().any(|name| format.encoding.eq_ignore_ascii_case(name))
}

/// A description of ours with telephone events (RFC 4733) at 8 kHz in its audio stream, by this payload type.
pub fn with_events(description: &[u8], payload_type: u8) -> Vec<u8> {
    let mut out = Vec::with_capacity(description.len() + 64);
    let said = format!("a=rtpmap:{payload_type} telephone-event/8000\r\na=fmtp:{payload_type} 0-15\r\n");
    let mut inside = false;
    for line in description.split_inclusive(|byte| *byte == b'\n') {
        let text = line.trim_ascii_end();
        if text.starts_with(b"m=") {
            if std::mem::take(&mut inside) {
                out.extend_from_slice(said.as_bytes());
            }
            // Streams that are refused have port 0.
            inside = text.starts_with(b"m=audio ") && !text.starts_with(b"m=audio 0 ");
            out.extend_from_slice(text);
            if inside {
                out.extend_from_slice(format!(" {payload_type}").as_bytes());
            }
            out.extend_from_slice(b"\r\n");
        } else {
            out.extend_from_slice(line);
        }
    }
    if inside {
        out.extend_from_slice(said.as_bytes());
    }
    out
}

/// A description of ours without telephone events.
///
/// # Errors
/// When it cannot be read.
pub fn without_events(description: &[u8]) -> Result<Vec<u8>, SdpError> {
    let audio = Sdp::parse(description)?.audio()?;
    let gone = |digits: &str| {
        let number = digits.parse::<u8>();
        audio.formats.iter().any(|f| f.encoding.eq_ignore_ascii_case(BESIDES[0]) && number == Ok(f.payload_type))
    };
    let mut out = Vec::with_capacity(description.len());
    for line in description.split_inclusive(|byte| *byte == b'\n') {
        let text = std::str::from_utf8(line).unwrap_or_default();
        let about = text.strip_prefix("a=rtpmap:").or_else(|| text.strip_prefix("a=fmtp:"));
        if about.and_then(|about| about.split(' ').next()).is_some_and(gone) {
            continue;
        }
        match text.strip_prefix("m=audio ") {
            // The port and the protocol stand before the formats.
            Some(rest) => {
                let kept = rest.split_ascii_whitespace().enumerate().filter(|(at, part)| *at < 2 || !gone(part));
                let parts: Vec<&str> = kept.map(|(_, part)| part).collect();
                out.extend_from_slice(format!("m=audio {}\r\n", parts.join(" ")).as_bytes());
            }
            None => out.extend_from_slice(line),
        }
    }
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::super::{Anchor, Transport};
    use super::*;

    const OFFER: &[u8] = b"v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\ns=-\r\nc=IN IP4 192.0.2.1\r\nt=0 0\r\n\
        m=audio 4000 RTP/AVP 96 9 8 0 101\r\na=rtpmap:96 opus/48000/2\r\na=fmtp:96 useinbandfec=1\r\n\
        a=rtpmap:101 telephone-event/8000\r\na=fmtp:101 0-15\r\na=ptime:20\r\n";

    #[test]
    fn codecs_that_a_side_may_not_use_leave_with_all_that_is_said_of_them() {
        let mut sdp = Sdp::parse(OFFER).unwrap();
        sdp.keep_codecs(&["pcma".into(), "G722".into()]).unwrap();
        let anchor = Anchor { address: [192, 0, 2, 9].into(), port: 5000, session: 1, version: 1 };
        let text = String::from_utf8(sdp.anchored(&anchor, &Transport::clear(), &[]).unwrap()).unwrap();
        assert!(text.contains("m=audio 5000 RTP/AVP 9 8 101\r\n"), "{text}");
        assert!(!text.contains(":96 ") && text.contains("a=fmtp:101 0-15") && text.contains("a=ptime:20"), "{text}");
        assert!(Sdp::parse(OFFER).unwrap().keep_codecs(&["G729".into()]).is_err());
    }
}
