//! The numbers that one party has given to its formats (RFC 3551 §3).

use super::Format;
use crate::codec::Codec;

/// Payload types of one stream: which it takes, which are codecs that the host speaks, which are key presses.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PayloadTypes {
    taken: u128,
    codecs: [Option<u8>; Codec::ALL.len()],
    /// Events on a clock of 8 kHz and of 48 kHz.
    events: [Option<u8>; 2],
}

impl PayloadTypes {
    /// As these formats say; of several for the same codec the first counts.
    pub fn of(formats: &[Format]) -> Self {
        let mut types = Self::default();
        for format in formats {
            types.taken |= 1 << (format.payload_type & 0x7f);
            let place = match Codec::from_name(&format.encoding, format.clock_rate) {
                Some(codec) => &mut types.codecs[codec as usize],
                None if format.is_telephone_event() => &mut types.events[usize::from(format.clock_rate == 48_000)],
                None => continue,
            };
            place.get_or_insert(format.payload_type);
        }
        types
    }

    /// Whether this one is taken.
    pub fn contains(&self, payload_type: u8) -> bool {
        self.taken >> (payload_type & 0x7f) & 1 == 1
    }

    /// Whether nothing was said.
    pub fn is_empty(&self) -> bool {
        self.taken == 0
    }

    /// The codec behind a number.
    pub fn codec(&self, payload_type: u8) -> Option<Codec> {
        Codec::ALL.into_iter().find(|codec| self.codecs[*codec as usize] == Some(payload_type))
    }

    /// The number of a codec.
    pub fn of_codec(&self, codec: Codec) -> Option<u8> {
        self.codecs[codec as usize]
    }

    /// The clock of RFC 4733 events that have this number, in Hz.
    pub fn event_clock(&self, payload_type: u8) -> Option<u32> {
        match self.events {
            [Some(narrow), _] if narrow == payload_type => Some(8_000),
            [_, Some(wide)] if wide == payload_type => Some(48_000),
            _ => None,
        }
    }

    /// Take events for what nobody sends.
    pub fn drop_events(&mut self) {
        for number in std::mem::take(&mut self.events).into_iter().flatten() {
            self.taken &= !(1 << (number & 0x7f));
        }
    }

    /// The number of RFC 4733 events beside a codec: on its own clock, else on any (RFC 4733 §2.1).
    pub fn events_beside(&self, codec: Codec) -> Option<u8> {
        let [narrow, wide] = self.events;
        if codec.clock_rate() == 48_000 { wide.or(narrow) } else { narrow.or(wide) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_mean_what_the_description_says() {
        let format =
            |payload_type, encoding: &str, clock_rate| Format { payload_type, encoding: encoding.into(), clock_rate };
        let types = PayloadTypes::of(&[
            format(111, "OPUS", 48_000),
            format(0, "PCMU", 8_000),
            format(96, "opus", 48_000),
            format(110, "telephone-event", 48_000),
            format(126, "telephone-event", 8_000),
            format(18, "G729", 8_000),
        ]);
        assert_eq!(types.codec(111), Some(Codec::Opus));
        assert_eq!((types.codec(18), types.contains(18), types.contains(8)), (None, true, false));
        assert_eq!(types.of_codec(Codec::Opus), Some(111));
        assert_eq!(
            (types.event_clock(110), types.event_clock(126), types.event_clock(0)),
            (Some(48_000), Some(8_000), None)
        );
        assert_eq!((types.events_beside(Codec::Opus), types.events_beside(Codec::Pcmu)), (Some(110), Some(126)));
    }
}
