//! `m=video`: a picture goes from one party to the other as it is, whatever its codec; the host is only the place to send to.

use super::{
    negotiate::{Anchor, end_to_end_only, push, push_kept},
    parse::{Direction, RtpMedia, Sdp},
    transport::{PROTOCOLS, Transport, is_old_hold},
};

impl Sdp<'_> {
    /// The first picture that is not refused; `None` where there is none that the host can carry.
    pub fn video(&self) -> Option<RtpMedia> {
        self.rtp_media(&self.media[self.video_index()?]).ok()
    }

    fn video_index(&self) -> Option<usize> {
        let usable = |protocol: &str| PROTOCOLS.contains(&protocol);
        self.media.iter().position(|media| media.kind == "video" && media.port != 0 && usable(media.protocol))
    }

    /// The section of this picture with the host as the place to send to, and with what `transport` says of our side. Formats
    /// with their parameters, bandwidth and the feedback that it takes (RFC 4585, RFC 5104) stay, because packets and feedback
    /// pass unchanged.
    pub fn video_section(&self, anchor: &Anchor, transport: &Transport) -> Option<Vec<u8>> {
        let media = &self.media[self.video_index()?];
        let video = self.rtp_media(media).ok()?;
        let old_hold = is_old_hold(video.rtp, &video.transport);
        let mut out = Vec::with_capacity(512);
        push(&mut out, b'm', &format!("video {} {} {}", anchor.port, transport.protocol(), media.formats));
        let ends_here = |attribute: &[u8]| end_to_end_only(attribute) && !attribute.starts_with(b"rtcp-fb:");
        push_kept(&mut out, media, old_hold, ends_here);
        for line in transport.media_lines(anchor.address, anchor.port) {
            push(&mut out, b'a', &line);
        }
        if old_hold {
            push(&mut out, b'a', Direction::SendOnly.as_str());
        }
        Some(out)
    }
}

/// The same description with its pictures refused: what of it holds when the other end has, or may have, none.
pub fn without_video(description: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(description.len());
    let mut inside = false;
    for line in description.split_inclusive(|byte| *byte == b'\n') {
        if line.starts_with(b"m=") {
            inside = line.starts_with(b"m=video ");
            if inside {
                let mut parts = line.splitn(3, |byte| *byte == b' ');
                let rest = parts.nth(2).unwrap_or(b"RTP/AVP 0\r\n");
                out.extend_from_slice(b"m=video 0 ");
                out.extend_from_slice(rest);
                continue;
            }
        }
        if !inside {
            out.extend_from_slice(line);
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sdp::{Encryption, Layout};

    const OFFER: &[u8] = b"v=0\r\no=a 1 1 IN IP4 10.0.0.1\r\ns=-\r\nc=IN IP4 10.0.0.1\r\nt=0 0\r\n\
        m=video 4002 RTP/AVPF 97 96\r\nb=AS:768\r\na=rtpmap:97 H264/90000\r\n\
        a=fmtp:97 profile-level-id=42e01f;packetization-mode=1\r\na=rtpmap:96 VP8/90000\r\na=rtcp-fb:* nack pli\r\n\
        a=rtcp-fb:97 ccm fir\r\na=crypto:1 AES k\r\na=ssrc:1 cname:x\r\na=rtcp:4009\r\na=sendonly\r\n\
        m=audio 4000 RTP/AVP 8\r\na=sendrecv\r\n";

    fn anchor(port: u16) -> Anchor {
        Anchor { address: "198.51.100.1".parse().unwrap(), port, session: 7, version: 2 }
    }

    #[test]
    fn a_picture_is_passed_on_with_feedback_and_bandwidth_and_the_host_as_the_place_to_send_to() {
        let offer = Sdp::parse(OFFER).unwrap();
        let video = offer.video().unwrap();
        assert_eq!((video.rtp.port(), video.rtcp.port(), video.direction), (4_002, 4_009, Direction::SendOnly));
        let mut transport = Transport::clear();
        transport.offer_as(&video.transport.protocol);
        let section = offer.video_section(&anchor(20_000), &transport).unwrap();
        assert_eq!(
            String::from_utf8_lossy(&section),
            "m=video 20000 RTP/AVPF 97 96\r\nb=AS:768\r\na=rtpmap:97 H264/90000\r\n\
             a=fmtp:97 profile-level-id=42e01f;packetization-mode=1\r\na=rtpmap:96 VP8/90000\r\n\
             a=rtcp-fb:* nack pli\r\na=rtcp-fb:97 ccm fir\r\na=sendonly\r\n"
        );
        let sound = offer.anchored(&anchor(10_000), &Transport::clear(), &[]).unwrap();
        let whole = Layout::default().offer(&sound, Some(&section)).unwrap();
        let whole = Sdp::parse(&whole).unwrap();
        let ports: Vec<_> = whole.media().iter().map(|media| (media.kind, media.port)).collect();
        assert_eq!(ports, [("video", 20_000), ("audio", 10_000)], "in the order that it was offered in");
        assert!(whole.video().is_some() && whole.audio().is_ok());
    }

    #[test]
    fn each_side_has_keys_of_its_own_for_its_picture() {
        let mut next = 0;
        let mut transport = Transport::new(Encryption::Offered, true, None, |bytes| {
            for byte in bytes {
                next += 1;
                *byte = next as u8;
            }
        });
        let offer = Sdp::parse(OFFER).unwrap();
        transport.offer_as("RTP/AVP");
        let section = String::from_utf8(offer.video_section(&anchor(20_000), &transport).unwrap()).unwrap();
        assert!(section.starts_with("m=video 20000 RTP/AVP 97 96\r\n"), "{section}");
        assert!(section.contains("a=crypto:1 AEAD_AES_256_GCM inline:") && !section.contains("AES k"), "{section}");
    }

    #[test]
    fn a_description_without_its_picture_keeps_its_sound_and_its_order() {
        let without = without_video(OFFER);
        let text = String::from_utf8(without.clone()).unwrap();
        assert!(text.contains("m=video 0 RTP/AVPF 97 96\r\nm=audio 4000 RTP/AVP 8\r\na=sendrecv\r\n"), "{text}");
        let sdp = Sdp::parse(&without).unwrap();
        assert!(sdp.video().is_none() && sdp.audio().is_ok());
        for cut in 0..OFFER.len() {
            let _ = Sdp::parse(&without_video(&OFFER[..cut])).map(|sdp| sdp.video());
        }
    }
}
