//! Pressing keys at a party: what is to be sent in each 20 ms, as RFC 4733 events or as tones.

use super::{KeyTone, dtmf_event};
use crate::FRAME;
use std::collections::VecDeque;

/// Keys that may wait; nobody presses more ahead, and what comes on top is dropped.
const WAITING: usize = 32;
/// Packets of an event, before those that end it: 160 ms.
const EVENT: u16 = 8;
/// Times that its end is said (RFC 4733 §2.5.1.4).
const ENDS: u16 = 3;
/// Packets with tones: 100 ms.
const TONE: u16 = 5;
/// Packets of silence after a key, so that the next one is another: 60 ms.
const PAUSE: u16 = 3;
/// Volume of events in −dBm0.
const VOLUME: u8 = 10;

/// How keys are told to a party.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyManner {
    /// As events beside the sound (RFC 4733).
    Events,
    /// As tones in the sound.
    Tones,
}

/// What is sent in one packet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Pressing {
    /// This payload of an event that began with the packet before which `first` was said; `units` of its clock have passed
    /// when it is `last`.
    Event {
        /// Event, flags and volume, duration.
        payload: [u8; 4],
        /// The event begins.
        first: bool,
        /// Nothing more is said of this event.
        last: bool,
    },
    /// The samples were written: of the key, or the silence after it.
    Tone,
    /// Nothing, as between two events.
    Pause,
}

/// The keys that are being pressed at a party, one after the other.
#[derive(Clone, Debug, Default)]
pub struct KeySender {
    waiting: VecDeque<(char, KeyManner)>,
    now: Option<Key>,
}

#[derive(Clone, Debug)]
struct Key {
    sent: u16,
    how: How,
}

#[derive(Clone, Debug)]
enum How {
    Event(u8),
    Tone(KeyTone),
}

impl KeySender {
    /// Units of the event clock that an event lasts, at 8 kHz.
    pub const EVENT_UNITS: u32 = EVENT as u32 * FRAME as u32;

    /// Press a key after those that wait; what is no key is passed over.
    pub fn press(&mut self, key: char, manner: KeyManner) {
        if self.waiting.len() < WAITING && dtmf_event(key).is_some() {
            self.waiting.push_back((key, manner));
        }
    }

    /// What the next packet of 20 ms is; `None` when all keys have been pressed.
    pub fn next(&mut self, samples: &mut [i16; FRAME]) -> Option<Pressing> {
        if self.now.is_none() {
            let (key, manner) = self.waiting.pop_front()?;
            let how = match manner {
                KeyManner::Events => How::Event(dtmf_event(key)?),
                KeyManner::Tones => How::Tone(KeyTone::new(key)?),
            };
            self.now = Some(Key { sent: 0, how });
        }
        let key = self.now.as_mut()?;
        let at = key.sent;
        key.sent += 1;
        let (length, pressing) = match &mut key.how {
            How::Event(event) if at < EVENT + ENDS => {
                let ends = at >= EVENT;
                let duration = (at + 1).min(EVENT) * FRAME as u16;
                let [high, low] = duration.to_be_bytes();
                let payload = [*event, if ends { 0x80 | VOLUME } else { VOLUME }, high, low];
                let last = at == EVENT + ENDS - 1;
                (EVENT + ENDS, Pressing::Event { payload, first: at == 0, last })
            }
            How::Event(_) => (EVENT + ENDS, Pressing::Pause),
            How::Tone(tone) if at < TONE => {
                tone.fill(samples);
                (TONE, Pressing::Tone)
            }
            How::Tone(_) => {
                samples.fill(0);
                (TONE, Pressing::Tone)
            }
        };
        if at + 1 == length + PAUSE {
            self.now = None;
        }
        Some(pressing)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ToneDetector;

    #[test]
    fn an_event_grows_and_its_end_is_said_three_times() {
        let mut sender = KeySender::default();
        sender.press('#', KeyManner::Events);
        sender.press('x', KeyManner::Events);
        let mut samples = [0; FRAME];
        let all: Vec<_> = std::iter::from_fn(|| sender.next(&mut samples)).collect();
        assert_eq!(all.len(), usize::from(EVENT + ENDS + PAUSE), "x is no key");
        let event = |at: usize| match &all[at] {
            Pressing::Event { payload, first, last } => (*payload, *first, *last),
            other => panic!("{other:?}"),
        };
        assert_eq!(event(0), ([11, 10, 0, 160], true, false));
        assert_eq!(event(7), ([11, 10, 5, 0], false, false));
        assert_eq!([event(8), event(9)], [([11, 0x8a, 5, 0], false, false); 2]);
        assert_eq!(event(10), ([11, 0x8a, 5, 0], false, true));
        assert_eq!(all[11..], [Pressing::Pause, Pressing::Pause, Pressing::Pause]);
    }

    #[test]
    fn tones_are_heard_by_our_own_detector_each_once() {
        let (mut sender, mut detector, mut keys) = (KeySender::default(), ToneDetector::default(), String::new());
        "11#A*0".chars().for_each(|key| sender.press(key, KeyManner::Tones));
        let mut samples = [0; FRAME];
        while sender.next(&mut samples).is_some() {
            detector.hear(&samples, |key| keys.push(key));
            samples.fill(0);
        }
        assert_eq!(keys, "11#A*0");
    }

    #[test]
    fn what_waits_is_bounded() {
        let mut sender = KeySender::default();
        (0..100).for_each(|_| sender.press('1', KeyManner::Tones));
        let mut samples = [0; FRAME];
        let packets = std::iter::from_fn(|| sender.next(&mut samples)).count();
        assert_eq!(packets, WAITING * usize::from(TONE + PAUSE));
    }
}
