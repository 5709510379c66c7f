//! Codecs by their names in SDP, and their encoders and decoders with what they remember.

mod convert;
pub mod g711;
pub mod g722;
mod opus;
mod transcode;

pub use convert::{Decoder, Encoder};
pub(crate) use opus::MOST as MOST_SAMPLES;
pub(crate) use transcode::MOST_OCTETS;
pub use transcode::Transcoder;

/// A codec that the host itself can encode and decode.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Codec {
    /// G.711 µ-law, static payload type 0 (RFC 3551 §6).
    Pcmu,
    /// G.711 A-law, static payload type 8.
    Pcma,
    /// G.722 at 64 kbit/s, static payload type 9: speech up to 7 kHz.
    G722,
    /// Opus (RFC 7587), speech up to 8 kHz as the host speaks it.
    Opus,
}

impl Codec {
    /// Every one.
    pub const ALL: [Self; 4] = [Self::Pcmu, Self::Pcma, Self::G722, Self::Opus];

    /// The encoding name in SDP.
    pub fn name(self) -> &'static str {
        match self {
            Codec::Pcmu => "PCMU",
            Codec::Pcma => "PCMA",
            Codec::G722 => "G722",
            Codec::Opus => "opus",
        }
    }

    /// What stands after the name and the clock rate in an `rtpmap`: Opus always says two channels (RFC 7587 §7).
    pub(crate) fn channels(self) -> &'static str {
        if self == Codec::Opus { "/2" } else { "" }
    }

    /// What is said of it in an `fmtp` line, if anything.
    pub(crate) fn parameters(self) -> Option<&'static str> {
        (self == Codec::Opus).then_some("useinbandfec=1")
    }

    /// The payload type in our own offers: the static one, or a usual one.
    pub fn payload_type(self) -> u8 {
        match self {
            Codec::Pcmu => 0,
            Codec::Pcma => 8,
            Codec::G722 => 9,
            Codec::Opus => 107,
        }
    }

    /// Samples per second that it carries, or that the host has it carry.
    pub fn sample_rate(self) -> u32 {
        match self {
            Codec::Pcmu | Codec::Pcma => 8_000,
            Codec::G722 | Codec::Opus => 16_000,
        }
    }

    /// The clock of its RTP timestamps, in Hz. That of G.722 is 8,000 (RFC 3551 §4.5.2).
    pub fn clock_rate(self) -> u32 {
        if self == Codec::Opus { 48_000 } else { 8_000 }
    }

    /// Whether each unit of its clock is one octet, in the order in which they are heard.
    pub fn is_octets(self) -> bool {
        self != Codec::Opus
    }

    /// The codec of a static payload type.
    pub fn from_payload_type(payload_type: u8) -> Option<Self> {
        match payload_type {
            0 => Some(Codec::Pcmu),
            8 => Some(Codec::Pcma),
            9 => Some(Codec::G722),
            _ => None,
        }
    }

    /// The codec of that name and clock rate, compared without regard to case (RFC 4855 §3).
    pub fn from_name(name: &str, clock_rate: u32) -> Option<Self> {
        Self::ALL.into_iter().find(|c| c.name().eq_ignore_ascii_case(name) && clock_rate == c.clock_rate())
    }
}
