//! How a call sounded, and why somebody was not heard.

use crate::Party;
use serde::{Deserialize, Serialize};

/// Which end of a call a leg is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "kebab-case")]
pub enum LegSide {
    /// It called.
    Caller,
    /// It was called.
    Callee,
}

/// How a leg's sound was protected.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "kebab-case")]
pub enum SoundKeys {
    /// Not at all.
    #[default]
    Clear,
    /// By keys in the signalling (SDES, RFC 4568).
    Sdes,
    /// By keys agreed in the stream (DTLS-SRTP, RFC 5764).
    Dtls,
}

/// Why one party was not heard, or did not hear, with what is needed to tell the next step.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum SoundFault {
    /// No keys could be agreed with it in the stream (DTLS).
    NoKeys {
        /// What went wrong, in a few words.
        why: String,
    },
    /// It asked for ICE and no check of its came through.
    NoWay,
    /// Not one packet came from it.
    NothingCame {
        /// Where its packets were expected from.
        expected: String,
    },
    /// Packets came, but from an address that is not its own.
    WrongAddress {
        /// Where they came from.
        from: String,
        /// Where they were expected from.
        expected: String,
    },
    /// Packets came whose codec was not agreed.
    WrongCodec {
        /// Their RTP payload type.
        payload_type: u8,
    },
    /// The two parties have no codec in common that the host could turn.
    NoCommonCodec,
    /// Packets came that its keys do not open.
    CannotDecrypt,
    /// It had put the other on hold, or asked not to be sent anything.
    OnHold,
    /// Its packets stopped coming before the end.
    StoppedComing {
        /// How long before the end, in seconds.
        seconds: u32,
    },
    /// It reports that what is sent to it does not arrive.
    DoesNotReceive {
        /// Where it is sent to.
        to: String,
    },
    /// So much of what it sends is lost that it is hard to understand.
    Lossy {
        /// Per cent, rounded.
        percent: u8,
    },
}

/// What a party itself says of what it hears: its last reception report (RFC 3550 §6.4) and, where it sends them, its VoIP
/// metrics (RFC 3611 §4.7).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct HeardQuality {
    /// Packets that it misses.
    pub lost: u64,
    /// Hundredths of a per cent of what it was sent.
    pub loss: u16,
    /// Interarrival jitter in microseconds.
    pub jitter: u32,
    /// What the host makes of it, or the phone says: mean opinion score in hundredths, 100 to 450.
    pub mos: Option<u16>,
    /// Whether the score is the phone's own (RTCP-XR).
    pub own_score: bool,
    /// Per cent of packets that came too late for its jitter buffer (RTCP-XR).
    pub discarded: Option<u8>,
    /// Milliseconds that sound waits in it, jitter buffer included (RTCP-XR).
    pub delay: Option<u16>,
}

/// How one leg of a call sounds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct LegQuality {
    /// Which end.
    pub side: LegSide,
    /// Whose.
    pub party: Party,
    /// What it speaks, as SDP names it; what it was to be spoken to when it said nothing.
    pub codec: Option<String>,
    /// How it is protected.
    pub keys: SoundKeys,
    /// Whether it finds its way by ICE.
    pub ice: bool,
    /// Where its description says that it is.
    pub expected: String,
    /// Where its packets come from.
    pub from: Option<String>,
    /// How long its sound has been open, in milliseconds.
    pub open: u64,
    /// Packets that came from it and were taken.
    pub received: u64,
    /// Packets missing from its count (RFC 3550 §6.4.1).
    pub lost: u64,
    /// Packets that were not its own: from elsewhere, of a codec that was not agreed, or not to be decrypted.
    pub refused: u64,
    /// Packets that it was sent.
    pub sent: u64,
    /// Hundredths of a per cent of its packets that were lost.
    pub loss: u16,
    /// Interarrival jitter (RFC 3550 §6.4.1) in microseconds.
    pub jitter: u32,
    /// From the host to it and back, in microseconds; `None` when it sends no reports.
    pub round_trip: Option<u32>,
    /// How it sounds to whoever listens at the host: R by the E-model (G.107), 0 to 93. `None` when it said nothing.
    pub rating: Option<u8>,
    /// The same as a mean opinion score in hundredths, 100 to 450.
    pub mos: Option<u16>,
    /// What it says of what it hears.
    pub heard: Option<HeardQuality>,
    /// Why it was not heard, or did not hear.
    pub fault: Option<SoundFault>,
}

/// How a call sounded, in one line of the call history.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct CallQuality {
    /// The mean opinion score of its worst direction, in hundredths; `None` when nothing was said.
    pub mos: Option<u16>,
    /// Whether somebody was not heard.
    pub faulty: bool,
}

impl CallQuality {
    /// Of these legs.
    pub fn of(legs: &[LegQuality]) -> Self {
        let heard = legs.iter().filter_map(|leg| leg.heard.as_ref()?.mos);
        Self {
            mos: legs.iter().filter_map(|leg| leg.mos).chain(heard).min(),
            faulty: legs.iter().any(|leg| leg.fault.is_some()),
        }
    }
}
