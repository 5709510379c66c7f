//! Codecs by their names in SDP, and their encoders and decoders with what they remember.

mod convert;
pub mod g711;
pub mod g722;

pub use convert::{Decoder, Encoder, Transcoder};

/// A codec that the host itself can encode and decode.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Codec {
    /// G.711 µ-law, static payload type 0 (RFC 3551 §6).
    Pcmu,
    /// G.711 A-law, static payload type 8.
    Pcma,
    /// G.722 at 64 kbit/s, static payload type 9: speech up to 7 kHz.
    G722,
}

impl Codec {
    /// Every one.
    pub const ALL: [Self; 3] = [Self::Pcmu, Self::Pcma, Self::G722];

    /// The encoding name in SDP.
    pub fn name(self) -> &'static str {
        match self {
            Codec::Pcmu => "PCMU",
            Codec::Pcma => "PCMA",
            Codec::G722 => "G722",
        }
    }

    /// The static payload type.
    pub fn payload_type(self) -> u8 {
        match self {
            Codec::Pcmu => 0,
            Codec::Pcma => 8,
            Codec::G722 => 9,
        }
    }

    /// Samples per second that it carries. The clock of its RTP timestamps is 8,000 Hz all the same, and all of them send
    /// 160 octets in 20 ms.
    pub fn sample_rate(self) -> u32 {
        match self {
            Codec::Pcmu | Codec::Pcma => 8_000,
            Codec::G722 => 16_000,
        }
    }

    /// The codec of a static payload type. Dynamic types are never one of these in practice, and taking them for something
    /// else would be noise.
    pub fn from_payload_type(payload_type: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|codec| codec.payload_type() == payload_type)
    }

    /// The codec of that name and clock rate, compared without regard to case (RFC 4855 §3).
    pub fn from_name(name: &str, clock_rate: u32) -> Option<Self> {
        Self::ALL.into_iter().find(|c| c.name().eq_ignore_ascii_case(name) && clock_rate == 8_000)
    }
}
