//! Whether it is a fax machine that has called somebody: its tone (CNG, T.30 §4.3.3.1) comes again and again until somebody answers in
//! its language.

use super::{FaxTone, FaxTones};
use crate::{
    FRAME,
    codec::{Codec, Decoder, MOST_SAMPLES},
};
use std::time::{Duration, Instant};

/// How long is listened: a machine that calls gives up after some forty seconds.
const PATIENCE: Duration = Duration::from_secs(60);
/// From one tone to the next: half a second of it and three seconds without, each within 15 %. Who whistles does not do it twice so.
const PERIOD: (Duration, Duration) = (Duration::from_millis(2_500), Duration::from_millis(4_500));

/// What is known of a caller.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Caller {
    /// Nothing yet.
    Unknown,
    /// It is a machine.
    Fax,
    /// It has been listened to for long enough.
    Somebody,
}

/// Listens to one who has called.
#[derive(Debug)]
pub(crate) struct CallingEar {
    decoder: Decoder,
    tones: FaxTones,
    first: Option<Instant>,
    until: Option<Instant>,
}

impl Default for CallingEar {
    fn default() -> Self {
        Self { decoder: Decoder::new(Codec::Pcma), tones: FaxTones::default(), first: None, until: None }
    }
}

impl CallingEar {
    /// Hear what the party says in a packet.
    pub(crate) fn hear(&mut self, now: Instant, codec: Codec, payload: &[u8]) -> Caller {
        let until = *self.until.get_or_insert_with(|| now + PATIENCE);
        if now > until {
            return Caller::Somebody;
        }
        // No other codec leaves a tone as it is, nor carries the fax after it.
        if !matches!(codec, Codec::Pcma | Codec::Pcmu) {
            return Caller::Unknown;
        }
        if self.decoder.codec() != codec {
            self.decoder = Decoder::new(codec);
        }
        let mut samples = [0; MOST_SAMPLES];
        let count = self.decoder.decode_narrow(payload, &mut samples);
        let heard = samples[..count].chunks(FRAME).find_map(|samples| self.tones.hear(samples));
        if heard != Some(FaxTone::Calling) {
            return Caller::Unknown;
        }
        // Each tone is told once.
        self.tones = FaxTones::default();
        let since = self.first.replace(now).map(|first| now.saturating_duration_since(first));
        match since {
            Some(since) if (PERIOD.0..=PERIOD.1).contains(&since) => Caller::Fax,
            _ => Caller::Unknown,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{FRAME_TIME, codec::g711};

    /// What is made of a caller who says this in each packet of 20 ms: a tone of so many Hz, or nothing.
    fn listens(packets: u32, says: impl Fn(u32) -> Option<f64>) -> Option<u32> {
        let (start, mut ear) = (Instant::now(), CallingEar::default());
        (0..packets).find(|packet| {
            let hertz = says(*packet);
            let octets: [u8; FRAME] = std::array::from_fn(|at| {
                let time = f64::from(packet * FRAME as u32 + at as u32) / 8_000.0;
                let level = hertz.map_or(0.0, |hertz| (time * hertz * std::f64::consts::TAU).sin() * 5_000.0);
                g711::encode_alaw(level as i16)
            });
            ear.hear(start + FRAME_TIME * *packet, Codec::Pcma, &octets) == Caller::Fax
        })
    }

    #[test]
    fn a_machine_is_known_by_its_second_tone_and_nobody_else_by_any() {
        let machine = |packet: u32| (packet % 175 < 25).then_some(1_100.0);
        let known = listens(400, machine).unwrap();
        assert!((175..205).contains(&known), "packet {known}");
        assert_eq!(listens(400, |packet| (packet % 175 < 25).then_some(440.0)), None, "another tone");
        assert_eq!(listens(400, |packet| (packet < 25).then_some(1_100.0)), None, "a whistle");
        assert_eq!(listens(400, |packet| (packet % 60 < 25).then_some(1_100.0)), None, "whistles");
        assert_eq!(listens(400, |_| Some(1_100.0)), None, "a tone without an end");
        assert_eq!(listens(4_000, |packet| machine(packet).filter(|_| packet > 3_050)), None, "an hour later");
    }
}
