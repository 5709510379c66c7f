//! Holding a description to the codecs that one side may use.

use super::{Format, Media, Sdp, SdpError};
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
        let index = self.audio_index()?;
        let media = &mut self.media[index];
        let is = |format: &Format, name: &str| format.encoding.eq_ignore_ascii_case(name);
        let besides = |format: &Format| BESIDES.iter().any(|name| is(format, name));
        let formats = media.rtp_formats();
        let kept: Vec<&Format> =
            formats.iter().filter(|format| besides(format) || names.iter().any(|name| is(format, name))).collect();
        if !kept.iter().any(|format| !besides(format)) {
            return Err(SdpError::Unusable("no codec is left that this side may use"));
        }
        media.keep(&kept);
        Ok(())
    }

    /// Take telephone events (RFC 4733) off the audio stream.
    ///
    /// # Errors
    /// When there is no audio stream.
    pub fn drop_events(&mut self) -> Result<(), SdpError> {
        let index = self.audio_index()?;
        let media = &mut self.media[index];
        let formats = media.rtp_formats();
        media.keep(
            &formats.iter().filter(|format| !format.encoding.eq_ignore_ascii_case(BESIDES[0])).collect::<Vec<_>>(),
        );
        Ok(())
    }
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

impl Media<'_> {
    /// Keep these formats, and what is said of them.
    fn keep(&mut self, kept: &[&Format]) {
        let gone = |payload_type: u8| !kept.iter().any(|format| format.payload_type == payload_type);
        self.lines.retain(|line| {
            let about = [&b"rtpmap:"[..], b"fmtp:", b"rtcp-fb:"].iter().find_map(|name| line.value.strip_prefix(*name));
            let number = about.and_then(|value| value.split(|byte| *byte == b' ').next());
            let number = number.and_then(|digits| std::str::from_utf8(digits).ok()?.parse().ok());
            line.kind != b'a' || number.is_none_or(|number| !gone(number))
        });
        let numbers: Vec<String> = kept.iter().map(|format| format.payload_type.to_string()).collect();
        self.formats = Cow::Owned(numbers.join(" "));
    }
}

#[cfg(test)]
mod tests {
    use super::super::Anchor;
    use super::*;

    const OFFER: &[u8] = b"v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\ns=-\r\nc=IN IP4 192.0.2.1\r\nt=0 0\r\n\
        m=audio 4000 RTP/AVP 96 9 8 0 101\r\na=rtpmap:96 opus/48000/2\r\na=fmtp:96 useinbandfec=1\r\n\
        a=rtpmap:101 telephone-event/8000\r\na=fmtp:101 0-15\r\na=ptime:20\r\n";

    #[test]
    fn codecs_that_a_side_may_not_use_leave_with_all_that_is_said_of_them() {
        let mut sdp = Sdp::parse(OFFER).unwrap();
        sdp.keep_codecs(&["pcma".into(), "G722".into()]).unwrap();
        let anchor = Anchor { address: [192, 0, 2, 9].into(), port: 5000, session: 1, version: 1 };
        let text = String::from_utf8(sdp.anchored(&anchor).unwrap()).unwrap();
        assert!(text.contains("m=audio 5000 RTP/AVP 9 8 101\r\n"), "{text}");
        assert!(!text.contains(":96 ") && text.contains("a=fmtp:101 0-15") && text.contains("a=ptime:20"), "{text}");
        assert!(Sdp::parse(OFFER).unwrap().keep_codecs(&["G729".into()]).is_err());
    }
}
