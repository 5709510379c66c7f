//! Keys that a party presses, told to the other one in the way that it takes them: as events beside the sound (RFC 4733), by
//! SIP INFO, or as tones in the sound.
//!
//! Two who take events are told nothing here: those pass with the sound. Where one of them takes keys otherwise, the other is
//! offered events all the same, so that its keys come here as keys.

use crate::party::Party;
use bytes::Bytes;
use jackfield_media::{
    KeyManner, StreamConfig,
    codec::Codec,
    sdp::{PayloadTypes, Sdp, SdpError, with_events, without_events},
};
use jackfield_model::TrunkDtmf;
use jackfield_sip::LegCommand;
use std::time::{Duration, Instant};

/// The same key by two ways within this time is one key: there are phones that tell it twice.
const TWICE: Duration = Duration::from_millis(400);
/// The payload type of events that we offer, unless it means something else there.
const EVENTS: u8 = 101;
/// How long a key is pressed that is told by INFO, in milliseconds.
const PRESSED_MS: u32 = 160;

/// How a key is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Way {
    /// RFC 4733.
    Event,
    /// SIP INFO.
    Info,
    /// Sound.
    Tone,
}

/// How one party tells keys and takes them.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Keys {
    policy: TrunkDtmf,
    /// Whether whoever it talks with is to be offered events whatever it says itself.
    own_way: bool,
    /// The other party goes its own way.
    offer_events: bool,
    /// It has agreed on events.
    events: bool,
    /// Its sound is listened to for tones.
    by_tone: bool,
    last: Option<(char, bool, Instant)>,
}

impl Default for Keys {
    /// A phone: events, and INFO where it has agreed on none.
    fn default() -> Self {
        let policy = TrunkDtmf::Auto;
        Self { policy, own_way: false, offer_events: false, events: false, by_tone: false, last: None }
    }
}

impl Keys {
    /// Those of a trunk.
    pub(crate) fn of_trunk(policy: TrunkDtmf) -> Self {
        Self { policy, own_way: policy != TrunkDtmf::Rtp, ..Self::default() }
    }

    /// It has to do with this one.
    pub(crate) fn meet(&mut self, other: &Self) {
        self.offer_events |= other.own_way;
    }

    /// Whether a key has just been told by another way already.
    pub(crate) fn is_told_twice(&mut self, digit: char, info: bool) -> bool {
        let now = Instant::now();
        let twice = self.last.is_some_and(|(key, by_info, at)| {
            key == digit && by_info != info && now.saturating_duration_since(at) < TWICE
        });
        // What was told twice is over.
        self.last = (!twice).then_some((digit, info, now));
        twice
    }

    fn without_events(&self) -> bool {
        matches!(self.policy, TrunkDtmf::Info | TrunkDtmf::Inband)
    }

    /// Make a description for this party one that says how it takes keys. `theirs` is its own last description.
    ///
    /// # Errors
    /// When the description cannot be read.
    pub(crate) fn fit(&self, sdp: Vec<u8>, theirs: Option<&Bytes>) -> Result<Vec<u8>, SdpError> {
        if self.without_events() {
            return without_events(&sdp);
        }
        if !self.offer_events {
            return Ok(sdp);
        }
        let formats = Sdp::parse(&sdp)?.audio()?.formats;
        let is_free = |number: &u8| !formats.iter().any(|format| format.payload_type == *number);
        let number = match theirs {
            // In an answer there is nothing but what was offered.
            Some(theirs) => {
                let audio = Sdp::parse(theirs).and_then(|sdp| sdp.audio())?;
                PayloadTypes::of(&audio.formats).events_beside(Codec::Pcma).filter(is_free)
            }
            None => std::iter::once(EVENTS).chain(96..=127).find(is_free),
        };
        Ok(match number {
            Some(number) if !formats.iter().any(|format| format.is_telephone_event()) => with_events(&sdp, number),
            _ => sdp,
        })
    }

    /// Make the settings of its stream those of its way, and take note of what they are.
    pub(crate) fn settle(&mut self, config: &mut StreamConfig) {
        if self.without_events() {
            config.payload_types.drop_events();
            if let Some(speak) = &mut config.speak {
                speak.dtmf = None;
            }
        }
        self.events = config.speak.is_some_and(|speak| speak.dtmf.is_some());
        self.by_tone = match self.policy {
            TrunkDtmf::Info => false,
            TrunkDtmf::Inband => true,
            TrunkDtmf::Rtp | TrunkDtmf::Auto => config.speak.is_some() && !self.events,
        };
        config.keys_by_tone = self.by_tone;
    }

    fn tells(&self, info: bool) -> Way {
        match (info, self.by_tone) {
            (true, _) => Way::Info,
            (false, true) => Way::Tone,
            (false, false) => Way::Event,
        }
    }

    fn takes(&self) -> Way {
        match self.policy {
            TrunkDtmf::Info => Way::Info,
            TrunkDtmf::Inband => Way::Tone,
            TrunkDtmf::Rtp | TrunkDtmf::Auto if self.events => Way::Event,
            TrunkDtmf::Rtp => Way::Tone,
            TrunkDtmf::Auto => Way::Info,
        }
    }
}

/// One party has pressed a key, which came by INFO or with its sound: the other one is told, if that has not heard it already.
pub(crate) async fn pass_key(from: &Party, to: &mut Party, digit: char, info: bool) {
    let (told, takes) = (from.keys.tells(info), to.keys.takes());
    match (takes, to.stream()) {
        (Way::Event | Way::Tone, _) if told == takes => {}
        (Way::Event, Some(stream)) => stream.press(digit, KeyManner::Events),
        (Way::Tone, Some(stream)) => stream.press(digit, KeyManner::Tones),
        _ => {
            let body = Bytes::from(format!("Signal={digit}\r\nDuration={PRESSED_MS}\r\n"));
            to.leg.command(LegCommand::Info { content_type: "application/dtmf-relay".into(), body }).await;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jackfield_media::sdp::Negotiated;

    const PLAIN: &[u8] = b"v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\ns=-\r\nc=IN IP4 192.0.2.1\r\nt=0 0\r\n\
        m=audio 4000 RTP/AVP 8\r\na=sendrecv\r\n";
    const WITH_EVENTS: &[u8] = b"v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\ns=-\r\nc=IN IP4 192.0.2.1\r\nt=0 0\r\n\
        m=audio 4000 RTP/AVP 8 97\r\na=rtpmap:97 telephone-event/8000\r\na=fmtp:97 0-15\r\n";

    fn config(dtmf: Option<u8>) -> StreamConfig {
        let audio = Sdp::parse(WITH_EVENTS).unwrap().audio().unwrap();
        StreamConfig::new(&audio, None, Some(Negotiated { codec: Codec::Pcma, payload_type: 8, dtmf }))
    }

    fn settled(mut keys: Keys, dtmf: Option<u8>) -> Keys {
        keys.settle(&mut config(dtmf));
        keys
    }

    #[test]
    fn each_takes_keys_in_its_own_way() {
        let takes = |policy, dtmf| settled(Keys::of_trunk(policy), dtmf).takes();
        assert_eq!([takes(TrunkDtmf::Rtp, Some(97)), takes(TrunkDtmf::Rtp, None)], [Way::Event, Way::Tone]);
        assert_eq!([takes(TrunkDtmf::Auto, Some(97)), takes(TrunkDtmf::Auto, None)], [Way::Event, Way::Info]);
        assert_eq!([takes(TrunkDtmf::Info, Some(97)), takes(TrunkDtmf::Inband, Some(97))], [Way::Info, Way::Tone]);
        let tells = |policy, dtmf| settled(Keys::of_trunk(policy), dtmf).tells(false);
        assert_eq!([tells(TrunkDtmf::Rtp, Some(97)), tells(TrunkDtmf::Rtp, None)], [Way::Event, Way::Tone]);
        assert_eq!(tells(TrunkDtmf::Inband, Some(97)), Way::Tone);
    }

    #[test]
    fn a_trunk_that_takes_no_events_is_offered_none_and_sends_none() {
        for policy in [TrunkDtmf::Info, TrunkDtmf::Inband] {
            let mut keys = Keys::of_trunk(policy);
            let fitted = String::from_utf8(keys.fit(WITH_EVENTS.to_vec(), None).unwrap()).unwrap();
            assert!(fitted.contains("m=audio 4000 RTP/AVP 8\r\n") && !fitted.contains("telephone-event"), "{fitted}");
            let mut config = config(Some(97));
            keys.settle(&mut config);
            let types = config.payload_types;
            assert!(types.contains(8) && !types.contains(97), "an event from there is not passed on");
            assert_eq!(config.keys_by_tone, policy == TrunkDtmf::Inband);
        }
    }

    #[test]
    fn whoever_talks_with_such_a_trunk_has_events_all_the_same() {
        let mut phone = Keys::default();
        let fit = |keys: &Keys, theirs: Option<&'static [u8]>| {
            let theirs = theirs.map(Bytes::from_static);
            String::from_utf8(keys.fit(PLAIN.to_vec(), theirs.as_ref()).unwrap()).unwrap()
        };
        assert_eq!(fit(&phone, None).as_bytes(), PLAIN, "two phones are left alone");
        phone.meet(&Keys::of_trunk(TrunkDtmf::Info));
        let offered = fit(&phone, None);
        assert!(offered.contains("m=audio 4000 RTP/AVP 8 101\r\n"), "{offered}");
        assert!(offered.contains("a=rtpmap:101 telephone-event/8000\r\na=fmtp:101 0-15\r\n"), "{offered}");
        assert!(fit(&phone, Some(WITH_EVENTS)).contains("RTP/AVP 8 97\r\n"), "an answer has the number of the offer");
        assert_eq!(fit(&phone, Some(PLAIN)).as_bytes(), PLAIN, "an answer has nothing that was not offered");
    }

    #[test]
    fn a_key_that_is_told_by_two_ways_counts_once() {
        let mut keys = Keys::default();
        let told = [('5', false), ('5', true), ('5', true), ('6', true), ('6', true), ('7', false)];
        let twice = told.map(|(digit, info)| keys.is_told_twice(digit, info));
        assert_eq!(twice, [false, true, false, false, false, false]);
    }
}
