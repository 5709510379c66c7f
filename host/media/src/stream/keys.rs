//! Keys of a stream: heard as tones where the party has no other way to tell them, and pressed at it.

use super::{PACKET, Stream, StreamEvent};
use crate::{
    FRAME, KeyManner, ToneDetector,
    codec::{Codec, Decoder, MOST_SAMPLES},
    dtmf::{KeySender, Pressing},
    rtp::{HEADER_LEN, Header},
};
use std::{net::SocketAddr, time::Instant};

/// Hears the keys in a party's sound.
#[derive(Debug)]
pub(super) struct Ear {
    decoder: Decoder,
    detector: ToneDetector,
}

/// Keys that are being pressed at a party.
#[derive(Debug, Default)]
pub(super) struct Pressed {
    sender: KeySender,
    /// The timestamp of the event that is being sent.
    began: u32,
}

impl Ear {
    fn new(codec: Codec) -> Self {
        Self { decoder: Decoder::new(codec), detector: ToneDetector::default() }
    }

    fn hear(&mut self, payload: &[u8], mut tell: impl FnMut(StreamEvent)) {
        let mut samples = [0; MOST_SAMPLES];
        let count = self.decoder.decode_narrow(payload, &mut samples);
        for samples in samples[..count].chunks(FRAME) {
            self.detector.hear(samples, |key| tell(StreamEvent::Digit(key)));
        }
    }
}

impl Stream {
    /// Press a key at this party. Nothing else is sent to it meanwhile. A key that it cannot be told this way is passed over.
    pub fn press(&mut self, key: char, manner: KeyManner) {
        let able = match manner {
            KeyManner::Events => self.config.dtmf().is_some(),
            KeyManner::Tones => self.config.speak.is_some(),
        };
        if able && self.config.hears {
            self.pressed.get_or_insert_default().sender.press(key, manner);
        }
    }

    /// Press no more keys.
    pub fn release_keys(&mut self) {
        self.pressed = None;
    }

    /// Listen for keys in a packet that was admitted, where the party tells them by tones.
    pub(super) fn listen_for_keys(&mut self, header: &Header, payload: &[u8], tell: impl FnMut(StreamEvent)) {
        let Some(codec) = self.codec_of(header).filter(|_| self.config.keys_by_tone) else { return };
        let ear = self.ear.get_or_insert_with(|| Box::new(Ear::new(codec)));
        if ear.decoder.codec() != codec {
            **ear = Ear::new(codec);
        }
        ear.hear(payload, tell);
    }

    /// What is due of the keys that are being pressed: `Some(None)` when nothing is sent. Tones are written into `samples`,
    /// for the caller to send as it sends what is played: then, and when no key is pressed, it says `None`, and whether there
    /// are tones.
    pub(super) fn poll_key(
        &mut self,
        now: Instant,
        samples: &mut [i16; FRAME],
        packet: &mut [u8; PACKET],
    ) -> Result<Option<(usize, SocketAddr)>, bool> {
        let destination = self.destination();
        let Some(pressed) = &mut self.pressed else { return Err(false) };
        let Some(next) = pressed.sender.next(samples) else {
            self.pressed = None;
            self.source_changed();
            return Err(false);
        };
        let (payload, first, last) = match next {
            Pressing::Tone => return Err(true),
            Pressing::Pause => return Ok(None),
            Pressing::Event { payload, first, last } => (payload, first, last),
        };
        let (Some(payload_type), Some(destination)) = (self.config.dtmf(), destination) else {
            return Ok(None);
        };
        if !self.config.hears {
            return Ok(None);
        }
        let units = self.config.clock_rate() / 50;
        let mut header = self.speaker.next_header(now, payload_type, units, payload.len());
        if first {
            pressed.began = header.timestamp;
        }
        // All packets of an event have the timestamp of its beginning, and the first one the marker (RFC 4733 §2.2.1).
        (header.timestamp, header.marker) = (pressed.began, first);
        let length = HEADER_LEN + payload.len();
        let Some(head) = packet.first_chunk_mut() else { return Ok(None) };
        header.write(head);
        packet[HEADER_LEN..length].copy_from_slice(&payload);
        let Some(length) = self.finish(now, packet, length) else { return Ok(None) };
        if last {
            self.continuity.goes_on(KeySender::EVENT_UNITS);
        }
        Ok(Some((length, destination)))
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Admission, Port, StreamConfig};
    use super::*;
    use crate::{
        FRAME_TIME, KeyTone,
        codec::Encoder,
        sdp::{Format, Negotiated, PayloadTypes},
        secure::Security,
    };

    fn config(dtmf: Option<u8>, keys_by_tone: bool) -> StreamConfig {
        let address = SocketAddr::from(([127, 0, 0, 1], 4_000));
        let format =
            |payload_type, encoding: &str| Format { payload_type, encoding: encoding.into(), clock_rate: 8_000 };
        let events = dtmf.map(|dtmf| format(dtmf, "telephone-event"));
        let formats: Vec<_> = std::iter::once(format(8, "PCMA")).chain(events).collect();
        let payload_types = PayloadTypes::of(&formats);
        let speak = Some(Negotiated { codec: Codec::Pcma, payload_type: 8, dtmf });
        StreamConfig {
            rtp: address,
            rtcp: address,
            signalling_host: None,
            hears: true,
            sends: true,
            payload_types,
            speak,
            security: Security::default(),
            keys_by_tone,
            content: crate::Content::Sound,
        }
    }

    fn sound(samples: &[i16], sequence: u16) -> Vec<u8> {
        let mut packet = vec![0; HEADER_LEN + samples.len()];
        let timestamp = u32::from(sequence) * 160;
        let header =
            Header { marker: false, payload_type: 8, sequence, timestamp, ssrc: 9, payload_start: 0, payload_end: 0 };
        header.write(packet.first_chunk_mut().unwrap());
        Encoder::new(Codec::Pcma).encode(samples, &mut packet[HEADER_LEN..]);
        packet
    }

    #[test]
    fn keys_are_heard_as_tones_where_that_is_how_they_come() {
        for (by_tone, told) in [(true, vec![StreamEvent::Digit('7')]), (false, vec![])] {
            let mut stream = Stream::new(Instant::now(), config(None, by_tone), 1);
            let (mut tone, mut events, from) = (KeyTone::new('7').unwrap(), vec![], stream.config.rtp);
            for sequence in 0..6 {
                let mut samples = [0; FRAME];
                tone.fill(&mut samples);
                let mut packet = sound(&samples, sequence);
                let admitted = stream.receive(Instant::now(), Port::Rtp, from, &mut packet, |event| events.push(event));
                assert!(matches!(admitted, Admission::Forward(..)));
            }
            assert_eq!(events, told);
        }
    }

    /// Everything that is sent while these keys are pressed.
    fn sent(stream: &mut Stream, start: Instant) -> Vec<Vec<u8>> {
        let (mut packets, mut ticks, mut out) = (vec![], 0, [0; PACKET]);
        while stream.is_playing() {
            if let Some((length, _)) = stream.poll_packet(start + FRAME_TIME * ticks, &mut out, |_| ()) {
                packets.push(out[..length].to_vec());
            }
            ticks += 1;
            assert!(ticks < 100);
        }
        packets
    }

    #[test]
    fn an_event_is_one_source_with_the_sound_around_it() {
        let mut from = Stream::new(Instant::now(), config(Some(101), false), 1);
        let mut to = Stream::new(Instant::now(), config(Some(96), false), 2);
        let (start, source) = (Instant::now(), from.config.rtp);
        let mut pass = |to: &mut Stream, sequence, now| {
            let mut packet = sound(&[0; FRAME], sequence);
            let admitted = from.receive(now, Port::Rtp, source, &mut packet, |_| ());
            let Admission::Forward(header, len) = admitted else { panic!("refused") };
            let mut passed = None;
            to.pass_on(now, &from, &header, &mut packet, len, |packet, _| passed = Header::parse(packet));
            passed
        };
        let before = pass(&mut to, 10, start).unwrap();
        to.press('5', KeyManner::Events);
        assert!(to.is_playing() && pass(&mut to, 11, start).is_none(), "no sound beside the key");
        let packets = sent(&mut to, start + FRAME_TIME);
        assert_eq!(packets.len(), 11);
        let headers: Vec<_> = packets.iter().map(|packet| Header::parse(packet).unwrap()).collect();
        assert!(headers.iter().all(|header| header.payload_type == 96 && header.ssrc == before.ssrc));
        assert!(headers.iter().all(|header| header.timestamp == headers[0].timestamp), "of one event");
        assert!(headers[0].marker && headers[1..].iter().all(|header| !header.marker));
        assert_eq!(packets[10][HEADER_LEN..], [5, 0x8a, 5, 0]);
        let after = pass(&mut to, 25, start + FRAME_TIME * 15).unwrap();
        assert_eq!(after.sequence.wrapping_sub(before.sequence), 12);
        let moved = after.timestamp.wrapping_sub(headers[0].timestamp);
        assert!((1_280..=2_560).contains(&moved), "the clock has gone on past the event: {moved}");
    }

    #[test]
    fn tones_are_pressed_and_what_cannot_be_told_is_passed_over() {
        let mut stream = Stream::new(Instant::now(), config(None, true), 1);
        stream.press('1', KeyManner::Events);
        assert!(!stream.is_playing(), "it has agreed on no events");
        stream.press('1', KeyManner::Tones);
        stream.press('2', KeyManner::Tones);
        let (mut ear, mut keys) = (Ear::new(Codec::Pcma), vec![]);
        // The silence between two keys is sent, so that nobody makes up for packets that seem to be lost.
        for packet in sent(&mut stream, Instant::now()) {
            ear.hear(&packet[HEADER_LEN..], |event| keys.push(event));
        }
        assert_eq!(keys, [StreamEvent::Digit('1'), StreamEvent::Digit('2')]);
        stream.press('3', KeyManner::Tones);
        stream.release_keys();
        assert!(!stream.is_playing());
    }
}
