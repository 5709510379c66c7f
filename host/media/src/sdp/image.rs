//! `m=image … udptl t38` (T.38 annex D.2.3): how a fax by packets is described.

use super::{
    negotiate::{Anchor, NegotiationError, end_to_end_only, push, push_line},
    parse::{Media, Sdp, SdpError, parse_connection},
    transport::Transport,
};
use crate::fax::{LONGEST, Recovery};
use std::net::SocketAddr;

/// What is offered and answered where the host is an end point.
const VERSION: u32 = 0;
/// Fastest rate of the modems that the host knows, in bit/s.
const FASTEST: u32 = 14_400;
/// Longest datagram that it says to take: what others make of one packet and three before it.
const MAX_DATAGRAM: usize = 1_200;
/// The shortest limit on datagrams that is believed: less than this holds no packet with octets in it.
const LEAST_DATAGRAM: usize = 32;

const NONE: SdpError = SdpError::Unusable("no fax by packets (m=image, udptl, t38) is described");

/// A fax by packets, as somebody describes it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Image {
    /// Where datagrams are wanted.
    pub address: SocketAddr,
    /// How lost ones are made up for.
    pub recovery: Recovery,
    /// Longest datagram that is wanted, in octets.
    pub longest: usize,
    /// Fastest rate of its modems in bit/s.
    pub fastest: u32,
}

impl Sdp<'_> {
    /// The fax stream of a description that has no sound; `None` where there is none, or a refused one.
    pub fn image(&self) -> Option<Image> {
        let sounds = self.media.iter().any(|media| media.kind == "audio" && media.port != 0);
        let media = &self.media[self.image_index().filter(|_| !sounds)?];
        let connection = media.lines.iter().chain(&self.session).find(|line| line.kind == b'c')?;
        let address = SocketAddr::new(parse_connection(connection.value).ok()?, media.port);
        let number = |name| media.attribute(name).and_then(|value| value.parse::<u32>().ok());
        Some(Image {
            address,
            recovery: media.attribute("T38FaxUdpEC").and_then(Recovery::of_name).unwrap_or(Recovery::Redundancy(3)),
            longest: number("T38FaxMaxDatagram")
                .map_or(LONGEST, |octets| octets as usize)
                .clamp(LEAST_DATAGRAM, LONGEST),
            fastest: number("T38MaxBitRate").filter(|rate| *rate > 0).unwrap_or(FASTEST),
        })
    }

    fn image_index(&self) -> Option<usize> {
        self.media.iter().position(|media| {
            media.kind == "image"
                && media.port != 0
                && media.protocol.eq_ignore_ascii_case("udptl")
                && media.formats.split_ascii_whitespace().any(|format| format.eq_ignore_ascii_case("t38"))
        })
    }

    /// This fax stream with the host as the place to send to, what else is said of it unchanged; as the answer to `offer`,
    /// with a refusal for each of that one's other streams.
    ///
    /// # Errors
    /// When one of the two has no such stream.
    pub fn image_anchored(&self, offer: Option<&Sdp<'_>>, anchor: &Anchor) -> Result<Vec<u8>, NegotiationError> {
        let own = &self.media[self.image_index().ok_or(NONE)?];
        let answered = match offer {
            Some(offer) => Some((offer, offer.image_index().ok_or(NONE)?)),
            None => None,
        };
        let mut out = anchor.session_lines(&Transport::clear());
        let refuse = |out: &mut Vec<u8>, media: &Media<'_>| {
            push(out, b'm', &format!("{} 0 {} {}", media.kind, media.protocol, media.formats));
        };
        for media in answered.iter().flat_map(|(offer, index)| &offer.media[..*index]) {
            refuse(&mut out, media);
        }
        push(&mut out, b'm', &format!("image {} {} {}", anchor.port, own.protocol, own.formats));
        for line in own.lines.iter().filter(|line| line.kind == b'a' && !end_to_end_only(line.value)) {
            push_line(&mut out, line);
        }
        for media in answered.iter().flat_map(|(offer, index)| &offer.media[index + 1..]) {
            refuse(&mut out, media);
        }
        Ok(out)
    }

    /// Answer this offer of a fax by packets as an end point.
    ///
    /// # Errors
    /// When it is none.
    pub fn image_answer(&self, anchor: &Anchor) -> Result<Vec<u8>, NegotiationError> {
        let own = image_offer(anchor, self.image().ok_or(NONE)?.recovery);
        Sdp::parse(&own)?.image_anchored(Some(self), anchor)
    }
}

/// Offer a fax by packets as an end point: training goes over the network, as UDPTL asks for (T.38 §8.2).
pub fn image_offer(anchor: &Anchor, recovery: Recovery) -> Vec<u8> {
    let mut out = anchor.session_lines(&Transport::clear());
    push(&mut out, b'm', &format!("image {} udptl t38", anchor.port));
    let lines = [
        format!("T38FaxVersion:{VERSION}"),
        format!("T38MaxBitRate:{FASTEST}"),
        "T38FaxRateManagement:transferredTCF".to_owned(),
        "T38FaxMaxBuffer:1800".to_owned(),
        format!("T38FaxMaxDatagram:{MAX_DATAGRAM}"),
        format!("T38FaxUdpEC:{}", recovery.name()),
        "sendrecv".to_owned(),
    ];
    for line in &lines {
        push(&mut out, b'a', line);
    }
    out
}

impl Media<'_> {
    /// The value of an attribute, whatever the case of its name: not all write T.38's as it does.
    fn attribute(&self, name: &str) -> Option<&str> {
        self.lines.iter().filter(|line| line.kind == b'a').find_map(|line| {
            let (known, value) = std::str::from_utf8(line.value).ok()?.split_once(':')?;
            known.trim().eq_ignore_ascii_case(name).then(|| value.trim())
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const OFFER: &[u8] = b"v=0\r\no=x 1 1 IN IP4 192.0.2.1\r\ns=-\r\nc=IN IP4 192.0.2.1\r\nt=0 0\r\n\
        m=audio 0 RTP/AVP 0\r\nm=image 4000 udptl t38\r\na=T38FaxVersion:3\r\na=t38faxudpec:t38UDPFEC\r\n\
        a=T38FaxMaxDatagram:238\r\na=T38MaxBitRate:9600\r\na=T38FaxFillBitRemoval\r\na=ice-ufrag:abcd\r\n\
        m=video 0 RTP/AVP 31\r\n";

    fn anchor() -> Anchor {
        Anchor { address: [198, 51, 100, 7].into(), port: 9_000, session: 1, version: 2 }
    }

    #[test]
    fn a_fax_by_packets_is_known_and_answered_stream_by_stream() {
        let offer = Sdp::parse(OFFER).unwrap();
        let image = offer.image().unwrap();
        assert_eq!((image.address, image.recovery), ("192.0.2.1:4000".parse().unwrap(), Recovery::Fec));
        assert_eq!((image.longest, image.fastest), (238, 9_600));
        let answer = String::from_utf8(offer.image_answer(&anchor()).unwrap()).unwrap();
        let streams: Vec<_> = answer.lines().filter(|line| line.starts_with("m=")).collect();
        assert_eq!(streams, ["m=audio 0 RTP/AVP 0", "m=image 9000 udptl t38", "m=video 0 RTP/AVP 31"]);
        assert!(answer.contains("a=T38FaxUdpEC:t38UDPFEC") && answer.contains("c=IN IP4 198.51.100.7"));
        assert!(answer.contains("a=T38FaxVersion:0") && !answer.contains("FillBit"), "{answer}");
        let passed = String::from_utf8(offer.image_anchored(None, &anchor()).unwrap()).unwrap();
        assert!(passed.contains("a=T38FaxVersion:3") && passed.contains("m=image 9000"), "{passed}");
        assert!(
            passed.contains("FillBit") && !passed.contains("ice-ufrag") && !passed.contains("192.0.2.1"),
            "{passed}"
        );
    }

    #[test]
    fn sound_is_no_fax_and_a_refused_fax_is_none() {
        let own = image_offer(&anchor(), Recovery::Redundancy(3));
        assert_eq!(Sdp::parse(&own).unwrap().image().unwrap().recovery, Recovery::Redundancy(3));
        let refused = String::from_utf8(own.clone()).unwrap().replace("image 9000", "image 0");
        let refused = Sdp::parse(refused.as_bytes()).unwrap();
        assert_eq!(refused.image(), None);
        assert!(refused.image_anchored(None, &anchor()).is_err() && refused.image_answer(&anchor()).is_err());
        let both = [own.as_slice(), b"m=audio 4002 RTP/AVP 8\r\n"].concat();
        assert_eq!(Sdp::parse(&both).unwrap().image(), None, "it has sound");
        let tcp = String::from_utf8(own).unwrap().replace("udptl", "TCP");
        assert_eq!(Sdp::parse(tcp.as_bytes()).unwrap().image(), None);
    }

    #[test]
    fn figures_that_make_no_sense_are_held_to_what_does() {
        let said = |lines: &str| {
            let text =
                format!("v=0\r\no=x 1 1 IN IP4 1.1.1.1\r\nc=IN IP4 192.0.2.1\r\nm=image 4000 UDPTL T38\r\n{lines}");
            Sdp::parse(text.as_bytes()).unwrap().image().map(|image| (image.recovery, image.longest, image.fastest))
        };
        assert_eq!(said(""), Some((Recovery::Redundancy(3), LONGEST, FASTEST)));
        let huge = "a=T38FaxMaxDatagram:4294967295\r\na=T38MaxBitRate:0\r\na=T38FaxUdpEC:x\r\n";
        assert_eq!(said(huge), Some((Recovery::Redundancy(3), LONGEST, FASTEST)));
        let odd =
            "a=T38FaxMaxDatagram:-1\r\na=T38MaxBitRate:99999999999\r\na=T38FaxUdpEC\r\na=T38FaxUdpEC: t38UDPNoEC \r\n";
        assert_eq!(said(odd), Some((Recovery::None, LONGEST, FASTEST)));
        assert_eq!(said("a=T38FaxMaxDatagram:1\r\n"), Some((Recovery::Redundancy(3), LEAST_DATAGRAM, FASTEST)));
        assert_eq!(said("c=IN IP4 fax.example\r\n"), None, "no look-up on the call path");
    }

    proptest::proptest! {
        #[test]
        fn whatever_a_description_says_nothing_panics_and_no_line_is_smuggled_in(
            lines in proptest::collection::vec("[acmt]=(image|audio|T38FaxUdpEC:|IN IP4 )?[ -~]{0,24}", 0..12),
        ) {
            let text = format!("v=0\r\no=x 1 1 IN IP4 1.1.1.1\r\n{}\r\n", lines.join("\r\n"));
            let Ok(sdp) = Sdp::parse(text.as_bytes()) else { return Ok(()) };
            if let Ok(answer) = sdp.image_answer(&anchor()) {
                let answer = Sdp::parse(&answer).unwrap();
                assert_eq!(answer.media().len(), sdp.media().len());
                assert_eq!(answer.image().map(|image| image.address.port()), sdp.image().map(|_| 9_000));
            }
        }
    }
}
