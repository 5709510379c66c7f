//! A party's picture: packets and feedback pass between two parties as they are. Sources keep their names and counts, because
//! feedback names them (RFC 4585 §6.1); only keys are each side's own.

use super::{Content, Stream, StreamConfig};
use crate::{
    sdp::{Format, PayloadTypes, RtpMedia},
    secure::Security,
};
use std::net::{IpAddr, SocketAddr};

impl StreamConfig {
    /// Of a party's picture, as it has described it itself. `told`: the formats of the other end, whose numbers it may send by.
    pub fn of_video(video: &RtpMedia, told: &[Format], signalling_host: Option<IpAddr>, security: Security) -> Self {
        let formats: Vec<_> = video.formats.iter().chain(told).cloned().collect();
        Self {
            payload_types: PayloadTypes::of(&formats),
            security,
            keys_by_tone: false,
            content: Content::Video,
            ..Self::new(video, signalling_host, None)
        }
    }
}

impl Stream {
    /// Make a packet of another party's picture fit for this one: how long it is and where it goes. Nowhere when this party
    /// does not want to see. The packet is the first `len` octets of the buffer, which has room for
    /// [`crate::secure::srtp::OVERHEAD`] more.
    pub fn pass_video(&mut self, buffer: &mut [u8], len: usize) -> Option<(usize, SocketAddr)> {
        if self.config.content != Content::Video || !self.config.hears {
            return None;
        }
        let destination = self.destination()?;
        let len = match &mut self.guard {
            Some(guard) => guard.protect(buffer, len)?,
            None => len,
        };
        self.stats.sent += 1;
        Some((len, destination))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        Admission, Port,
        rtp::{HEADER_LEN, Header},
        secure::{
            Keying, Suite,
            srtp::{OVERHEAD, Receiver, Sender},
        },
    };
    use std::time::Instant;

    fn format(payload_type: u8, encoding: &str) -> Format {
        Format { payload_type, encoding: encoding.into(), clock_rate: 90_000 }
    }

    fn video(port: u16, payload_type: u8) -> RtpMedia {
        let sdp = format!(
            "v=0\no=a 1 1 IN IP4 127.0.0.1\ns=-\nc=IN IP4 127.0.0.1\nt=0 0\nm=video {port} RTP/AVPF {payload_type}\n\
             a=rtpmap:{payload_type} H264/90000\n"
        );
        crate::sdp::Sdp::parse(sdp.as_bytes()).unwrap().video().unwrap()
    }

    fn stream(now: Instant, port: u16, security: Security) -> Stream {
        let config = StreamConfig::of_video(&video(port, 97), &[format(101, "telephone-event")], None, security);
        Stream::new(now, config, 1)
    }

    fn at(port: u16) -> SocketAddr {
        SocketAddr::from(([127, 0, 0, 1], port))
    }

    fn sdes(suite: Suite) -> Security {
        let keying = Keying::Sdes { suite, ours: vec![1; suite.material()], theirs: vec![2; suite.material()] };
        Security { keying, ..Security::default() }
    }

    #[test]
    fn a_picture_passes_with_its_source_and_count_and_is_encrypted_anew_without_allocating() {
        let (now, suite) = (Instant::now(), Suite::Aes128Sha80);
        let (mut one, mut other) = (stream(now, 4_000, sdes(suite)), stream(now, 5_000, sdes(suite)));
        let mut phone = Sender::new(suite, &vec![2; suite.material()]).unwrap();
        let mut screen = Receiver::new(suite, &vec![1; suite.material()]).unwrap();
        let mut run = |sequences: std::ops::Range<u16>| {
            for sequence in sequences {
                let mut buffer = [0x5a; HEADER_LEN + 1_200 + 2 * OVERHEAD];
                let header = Header {
                    marker: true,
                    payload_type: 97,
                    sequence,
                    timestamp: 3_000,
                    ssrc: u32::from(sequence % 2),
                    payload_start: 0,
                    payload_end: 0,
                };
                header.write(buffer.first_chunk_mut().unwrap());
                let len = phone.protect(&mut buffer, HEADER_LEN + 1_200).unwrap();
                let admitted = one.receive(now, Port::Rtp, at(4_000), &mut buffer[..len], |_| ());
                let Admission::Video(len) = admitted else { panic!("{admitted:?}") };
                let (len, to) = other.pass_video(&mut buffer, len).unwrap();
                let len = screen.unprotect(&mut buffer[..len]).unwrap();
                let seen = Header::parse(&buffer[..len]).unwrap();
                assert_eq!((to, len), (at(5_000), HEADER_LEN + 1_200));
                assert_eq!((seen.ssrc, seen.sequence, seen.timestamp), (header.ssrc, sequence, 3_000));
            }
        };
        run(0..4);
        assert_eq!(allocation_counter::measure(|| run(4..200)).count_total, 0);
    }

    #[test]
    fn feedback_goes_back_whoever_is_shown_and_strangers_and_other_formats_do_not() {
        let now = Instant::now();
        let (mut one, mut other) = (stream(now, 4_000, Security::default()), stream(now, 5_000, Security::default()));
        // A picture loss indication (RFC 4585 §6.3.1) of the second party.
        let mut pli = [0x81, 206, 0, 2, 0, 0, 0, 9, 0, 0, 0, 1];
        let admitted = other.receive(now, Port::Rtcp, at(5_001), &mut pli, |_| ());
        assert_eq!(admitted, Admission::Report(12));
        assert_eq!(one.pass_report(now, &mut pli, 12), Some((12, at(4_001), Port::Rtcp)));
        let mut packet = [0x80, 98, 0, 1, 0, 0, 0, 0, 0, 0, 0, 9, 1];
        assert_eq!(one.receive(now, Port::Rtp, at(4_000), &mut packet, |_| ()), Admission::Consumed, "not agreed");
        packet[1] = 101;
        assert_eq!(one.receive(now, Port::Rtp, at(4_000), &mut packet, |_| ()), Admission::Video(13), "no key press");
        assert_eq!(
            one.receive(now, Port::Rtp, SocketAddr::from(([192, 0, 2, 1], 4_000)), &mut packet, |_| ()),
            Admission::Consumed
        );
        let away =
            StreamConfig { hears: false, ..StreamConfig::of_video(&video(5_000, 97), &[], None, Security::default()) };
        other.reconfigure(now, away);
        assert_eq!(other.pass_video(&mut packet, 13), None, "it does not want to see");
    }
}
