//! A party that faxes by packets (UDPTL, T.38 annex D) in place of sound: whose datagrams are taken, and where they go.

use super::{Admission, Content, Port, Stream, StreamConfig};
use crate::{
    Source,
    fax::{FaxEnd, LONGEST},
    rtp::Header,
    sdp::{Image, PayloadTypes},
    secure::Security,
};
use std::{
    net::{IpAddr, SocketAddr},
    time::{Duration, Instant},
};

/// How long sound may still be under way once a fax has begun. Later a datagram of UDPTL whose number looks like the head of
/// one of RTP is what it says.
const UNDER_WAY: Duration = Duration::from_secs(2);

/// What a party was sent as sound, and until when some of it may come.
#[derive(Debug, Default)]
pub(super) struct Before {
    until: Option<Instant>,
    payload_types: PayloadTypes,
}

impl Before {
    pub(super) fn of(now: Instant, payload_types: PayloadTypes) -> Self {
        Self { until: now.checked_add(UNDER_WAY), payload_types }
    }

    fn is_sound(&self, now: Instant, datagram: &[u8]) -> bool {
        self.until.is_some_and(|until| now < until)
            && Header::parse(datagram).is_some_and(|header| self.payload_types.contains(header.payload_type))
    }
}

impl StreamConfig {
    /// Of a party that faxes by packets.
    pub fn of_image(image: &Image, signalling_host: Option<IpAddr>) -> Self {
        Self {
            rtp: image.address,
            rtcp: image.address,
            signalling_host,
            hears: false,
            sends: false,
            payload_types: PayloadTypes::default(),
            speak: None,
            security: Security::default(),
            keys_by_tone: false,
            content: Content::Image,
        }
    }
}

impl Stream {
    pub(super) fn receive_image(&mut self, now: Instant, port: Port, from: SocketAddr, datagram: &[u8]) -> Admission {
        if self.before.is_sound(now, datagram) {
            self.stats.foreign += 1;
            self.stats.refused += 1;
            return Admission::Consumed;
        }
        if port == Port::Rtcp || self.rtp.admit(now, from, 0) == Source::Stranger {
            self.stats.strangers += 1;
            self.stats.refused += 1;
            self.stranger = Some(from);
            return Admission::Consumed;
        }
        self.stats.received += 1;
        self.last = Some(now);
        match &mut self.fax {
            None => Admission::Image,
            Some(end) => {
                self.stats.refused += u64::from(!end.take(datagram));
                Admission::Consumed
            }
        }
    }

    /// Have its packets taken by a terminal of T.38 from now on, or passed on to the connected stream.
    pub fn end_fax(&mut self, end: Option<Box<FaxEnd>>) {
        self.fax = end;
    }

    /// The datagram for the next packet of its terminal's: how often it is to be sent, how long it is and where it goes.
    pub fn next_fax_datagram(&mut self, out: &mut [u8; LONGEST]) -> Option<(u8, usize, SocketAddr)> {
        let destination = self.image_destination()?;
        let (copies, length) = self.fax.as_mut()?.next_datagram(out)?;
        self.stats.sent += u64::from(copies);
        Some((copies, length, destination))
    }

    /// Where the datagram of a fax that another party sent goes; `None` when this one does not fax by packets, or to a terminal
    /// of the host's.
    pub fn pass_image(&mut self) -> Option<SocketAddr> {
        let destination = self.image_destination().filter(|_| self.fax.is_none())?;
        self.stats.sent += 1;
        Some(destination)
    }

    fn image_destination(&self) -> Option<SocketAddr> {
        self.rtp.destination().filter(|_| self.config.content == Content::Image)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        codec::Codec,
        fax::{Recovery, lane},
        sdp::{Format, Negotiated},
    };

    fn at(port: u16) -> SocketAddr {
        SocketAddr::from(([127, 0, 0, 1], port))
    }

    fn image(port: u16) -> StreamConfig {
        let image = Image { address: at(port), recovery: Recovery::Redundancy(2), longest: 400, fastest: 14_400 };
        StreamConfig::of_image(&image, None)
    }

    fn sound(port: u16) -> StreamConfig {
        let format = Format { payload_type: 8, encoding: "PCMA".into(), clock_rate: 8_000 };
        let speak = Negotiated { codec: Codec::Pcma, payload_type: 8, dtmf: None };
        StreamConfig {
            hears: true,
            payload_types: PayloadTypes::of(&[format]),
            speak: Some(speak),
            content: Content::Sound,
            ..image(port)
        }
    }

    fn take(stream: &mut Stream, now: Instant, from: SocketAddr, datagram: &[u8]) -> Admission {
        stream.receive(now, Port::Rtp, from, &mut datagram.to_vec(), |_| ())
    }

    #[test]
    fn datagrams_go_on_to_who_faxes_too_and_sound_and_strangers_are_left_out() {
        let now = Instant::now();
        let mut stream = Stream::new(now, sound(4_000), 1);
        let mut rtp = vec![0x80, 8, 0x80, 1, 0, 0, 0, 0, 0, 0, 0, 9];
        rtp.extend([0xd5; 160]);
        assert!(matches!(take(&mut stream, now, at(4_000), &rtp), Admission::Forward(..)));
        assert_eq!(stream.pass_image(), None, "it speaks");
        stream.reconfigure(now, image(4_000));
        assert_eq!(take(&mut stream, now, at(4_000), &rtp), Admission::Consumed, "sound that was under way");
        assert_eq!(take(&mut stream, now, at(4_000), &[0, 0, 1, 2, 0, 0]), Admission::Image);
        assert_eq!(take(&mut stream, now, at(9), &[0, 1, 1, 2, 0, 0]), Admission::Consumed, "a stranger");
        let later = now + Duration::from_secs(1_000);
        assert_eq!(take(&mut stream, later, at(4_000), &rtp), Admission::Image, "a number can look like RTP");
        assert_eq!(stream.pass_image(), Some(at(4_000)));
        let stats = stream.stats();
        assert_eq!((stats.received, stats.refused, stats.strangers, stats.foreign), (3, 2, 1, 1));
        stream.reconfigure(later, sound(4_000));
        assert!(matches!(take(&mut stream, later, at(4_000), &rtp), Admission::Forward(..)), "it speaks again");
    }

    #[test]
    fn a_terminal_takes_packets_and_is_asked_for_its_own_without_allocating() {
        let now = Instant::now();
        let mut stream = Stream::new(now, image(4_000), 1);
        let (end, lane) = lane(Recovery::Redundancy(2), 400);
        stream.end_fax(Some(Box::new(end)));
        assert_eq!(stream.pass_image(), None, "nobody else sends to it");
        let mut datagram = [0, 0, 1, 2, 0, 0];
        let mut out = [0; LONGEST];
        let mut came = 0;
        // Whatever a channel makes ready when it is first used.
        assert!(lane.send(1, &[2]) && stream.next_fax_datagram(&mut out).is_some());
        let allocations = allocation_counter::measure(|| {
            for number in 0..50_u16 {
                datagram[..2].copy_from_slice(&number.to_be_bytes());
                assert_eq!(stream.receive(now, Port::Rtp, at(4_000), &mut datagram, |_| ()), Admission::Consumed);
                came += u32::from(lane.take().is_some());
                assert!(lane.send(2, &[4, number as u8]));
                let (copies, length, to) = stream.next_fax_datagram(&mut out).unwrap();
                assert_eq!((copies, to), (2, at(4_000)));
                assert!(length > 5);
            }
        });
        assert_eq!((came, allocations.count_total), (50, 0));
        assert_eq!(take(&mut stream, now, at(4_000), &[1]), Admission::Consumed, "no UDPTL");
        stream.end_fax(None);
        assert!(!lane.send(1, &[2]) && stream.next_fax_datagram(&mut out).is_none());
    }
}
