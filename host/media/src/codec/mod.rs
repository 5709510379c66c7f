//! Codecs by their names in SDP.

pub mod g711;

/// A codec that the host itself can encode and decode.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Codec {
    /// G.711 µ-law, static payload type 0 (RFC 3551 §6).
    Pcmu,
    /// G.711 A-law, static payload type 8.
    Pcma,
}

impl Codec {
    /// The encoding name in SDP.
    pub fn name(self) -> &'static str {
        match self {
            Codec::Pcmu => "PCMU",
            Codec::Pcma => "PCMA",
        }
    }

    /// The static payload type.
    pub fn payload_type(self) -> u8 {
        match self {
            Codec::Pcmu => 0,
            Codec::Pcma => 8,
        }
    }

    /// The codec of that name and clock rate, compared without regard to case (RFC 4855 §3).
    pub fn from_name(name: &str, clock_rate: u32) -> Option<Self> {
        [Codec::Pcmu, Codec::Pcma].into_iter().find(|c| c.name().eq_ignore_ascii_case(name) && clock_rate == 8_000)
    }

    /// Encode samples into as many octets; the shorter of the two lengths is done.
    pub fn encode(self, samples: &[i16], out: &mut [u8]) {
        let encode = match self {
            Codec::Pcmu => g711::encode_ulaw,
            Codec::Pcma => g711::encode_alaw,
        };
        for (octet, sample) in out.iter_mut().zip(samples) {
            *octet = encode(*sample);
        }
    }

    /// Decode one octet.
    pub fn decode(self, octet: u8) -> i16 {
        match self {
            Codec::Pcmu => g711::decode_ulaw(octet),
            Codec::Pcma => g711::decode_alaw(octet),
        }
    }

    /// Turn a payload of this codec into the other one, in place.
    pub fn transcode(self, to: Codec, payload: &mut [u8]) {
        let table = match (self, to) {
            (Codec::Pcmu, Codec::Pcma) => &g711::ULAW_TO_ALAW,
            (Codec::Pcma, Codec::Pcmu) => &g711::ALAW_TO_ULAW,
            (Codec::Pcmu, Codec::Pcmu) | (Codec::Pcma, Codec::Pcma) => return,
        };
        for octet in payload {
            *octet = table[usize::from(*octet)];
        }
    }
}
