//! G.729 on its way between two parties: whether they may use its silence suppression, Annex B. Where nothing is said it is used
//! (RFC 4856 §2.1.9), and one side that says no is enough (RFC 7261 §3).

use super::Sdp;

const NAME: &str = "G729";

impl Sdp<'_> {
    /// The payload type of G.729 in the audio stream, and whether Annex B may be used with it.
    fn annex_b(&self) -> Option<(u8, bool)> {
        let media = &self.media[self.audio_index().ok()?];
        let format = media.rtp_formats().into_iter().find(|format| format.encoding.eq_ignore_ascii_case(NAME))?;
        let about = format!("fmtp:{} ", format.payload_type);
        let parameters = media.lines.iter().find_map(|line| line.value.strip_prefix(about.as_bytes()));
        let says_no = |parameters: &[u8]| {
            let text = String::from_utf8_lossy(parameters).to_ascii_lowercase();
            text.split(';').any(|parameter| parameter.replace(' ', "") == "annexb=no")
        };
        Some((format.payload_type, !parameters.is_some_and(says_no)))
    }

    /// The payload type of G.729 in this answer, when it must say no to Annex B because the offer has: an answer that says
    /// nothing would mean yes.
    pub(super) fn must_refuse_annex_b(&self, offer: &Sdp<'_>) -> Option<u8> {
        let (payload_type, answered) = self.annex_b()?;
        let offered = offer.annex_b().is_none_or(|(_, offered)| offered);
        (answered && !offered).then_some(payload_type)
    }
}

/// A description of ours that says no to Annex B for this payload type.
pub(super) fn without_annex_b(description: &[u8], payload_type: u8) -> Vec<u8> {
    let about = format!("a=fmtp:{payload_type} ");
    let said = format!("a=fmtp:{payload_type} annexb=no\r\n");
    let mut out = Vec::with_capacity(description.len() + said.len());
    let mut inside = false;
    for line in description.split_inclusive(|byte| *byte == b'\n') {
        if line.starts_with(b"m=") {
            if std::mem::take(&mut inside) {
                out.extend_from_slice(said.as_bytes());
            }
            inside = line.starts_with(b"m=audio ") && !line.starts_with(b"m=audio 0 ");
        } else if inside && line.starts_with(about.as_bytes()) {
            continue;
        }
        out.extend_from_slice(line);
    }
    if inside {
        out.extend_from_slice(said.as_bytes());
    }
    out
}

#[cfg(test)]
mod tests {
    use super::super::{Anchor, Preference, Transport};
    use super::*;
    use crate::codec::Codec;

    /// What the first party is answered when the two say this of G.729.
    fn answered(offer: &str, answer: &str) -> String {
        let described = |lines: &str| {
            format!(
                "v=0\r\no=a 1 1 IN IP4 10.0.0.1\r\ns=-\r\nc=IN IP4 10.0.0.1\r\nt=0 0\r\nm=audio 4000 RTP/AVP 18\r\n\
                 a=rtpmap:18 G729/8000\r\n{lines}"
            )
        };
        let (offer, answer) = (described(offer), described(answer));
        let anchor = Anchor { address: [198, 51, 100, 1].into(), port: 10_000, session: 1, version: 1 };
        let (offer, answer) = (Sdp::parse(offer.as_bytes()).unwrap(), Sdp::parse(answer.as_bytes()).unwrap());
        let said = answer.answer_for(&offer, &anchor, &Transport::clear(), Preference(&Codec::ALL)).unwrap();
        String::from_utf8(said).unwrap()
    }

    #[test]
    fn one_side_that_says_no_is_enough() {
        let (yes, no, spaced) = ("a=fmtp:18 annexb=yes\r\n", "a=fmtp:18 annexb=no\r\n", "a=fmtp:18 annexb = NO\r\n");
        for (offer, answer, refused) in [
            ("", "", false),
            (yes, "", false),
            (no, "", true),
            (no, yes, true),
            (spaced, "", true),
            ("", no, true),
            (yes, no, true),
            (no, no, true),
        ] {
            let said = answered(offer, answer);
            assert_eq!(said.contains("annexb=no"), refused, "{offer} and {answer}: {said}");
            assert_eq!(said.matches("annexb").count(), usize::from(refused || answer == yes), "{said}");
        }
    }
}
