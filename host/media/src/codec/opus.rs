//! Opus (RFC 6716) as telephones use it: one channel, at 16 kHz inside, 20 ms at a time, with in-band error
//! correction. On the wire its clock is 48 kHz whatever is inside (RFC 7587 §4.1).

use opusic_c::{Application, Bitrate, Channels, InbandFec, SampleRate, Signal};

/// Bits per second of what the host sends.
const BIT_RATE: u32 = 32_000;
/// How hard the encoder tries, 0 to 10: beyond this one hears no difference in speech.
const COMPLEXITY: u8 = 4;
/// Per cent of packets whose loss the encoder provides for.
const PROVIDED_LOSS: u8 = 5;
/// Most samples of one packet: 120 ms at 16 kHz.
pub(crate) const MOST: usize = 1_920;

/// Samples of 20 ms at 16 kHz.
const WIDE: usize = 320;

/// Encodes 20 ms at a time, of samples at 16 kHz: at 8 kHz inside, high tones come out softer and hoarse.
pub(super) struct Encoder {
    inner: Option<opusic_c::Encoder>,
    /// The last 40 ms that it has heard, for one that takes after it.
    recent: [[i16; WIDE]; 2],
}

/// Decodes whatever a peer sends, two channels included.
pub(super) struct Decoder {
    inner: Option<opusic_c::Decoder>,
    rate: u32,
}

impl std::fmt::Debug for Encoder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("opus::Encoder")
    }
}

impl std::fmt::Debug for Decoder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "opus::Decoder({} Hz)", self.rate)
    }
}

impl Encoder {
    /// Without memory for it, it stays silent.
    pub(super) fn new() -> Self {
        let inner = opusic_c::Encoder::new(Channels::Mono, SampleRate::Hz16000, Application::Voip).ok();
        let mut encoder = Self { inner, recent: [[0; WIDE]; 2] };
        encoder.set_up();
        encoder
    }

    /// Forget what was heard.
    pub(super) fn reset(&mut self) {
        if let Some(inner) = &mut self.inner {
            // It fails for no encoder that exists.
            let _ = inner.reset();
        }
    }

    /// Go on from where another one is, so that its decoder hears no seam: this one hears the last 40 ms of the other's
    /// again, which is all that a decoder remembers of note.
    pub(super) fn take_after(&mut self, other: &Self) {
        self.reset();
        let mut nowhere = [0; 160];
        for samples in other.recent {
            self.encode(&samples, &mut nowhere);
        }
    }

    fn set_up(&mut self) {
        let Some(inner) = &mut self.inner else { return };
        // Each of these is refused only for a value out of its range.
        let _ = inner.set_bitrate(Bitrate::Value(BIT_RATE));
        let _ = inner.set_complexity(COMPLEXITY);
        let _ = inner.set_signal(Signal::Voice);
        let _ = inner.set_inband_fec(InbandFec::Mode1);
        let _ = inner.set_packet_loss(PROVIDED_LOSS);
    }

    /// Encode 20 ms; says how many octets that are, 0 when nothing is to be sent.
    pub(super) fn encode(&mut self, samples: &[i16], out: &mut [u8]) -> usize {
        let Some(inner) = &mut self.inner else { return 0 };
        let mut place = [0_u16; WIDE];
        self.recent[0] = self.recent[1];
        for ((to, kept), from) in place.iter_mut().zip(&mut self.recent[1]).zip(samples) {
            (*to, *kept) = (from.cast_unsigned(), *from);
        }
        inner.encode_to_slice(&place, out).unwrap_or(0)
    }
}

impl Decoder {
    /// Gives samples at 8,000 or 16,000 Hz.
    pub(super) fn new(rate: u32) -> Self {
        let inside = if rate == 8_000 { SampleRate::Hz8000 } else { SampleRate::Hz16000 };
        Self { inner: opusic_c::Decoder::new(Channels::Mono, inside).ok(), rate }
    }

    /// Forget what was heard.
    pub(super) fn reset(&mut self) {
        if let Some(inner) = &mut self.inner {
            // It fails for no decoder that exists.
            let _ = inner.reset();
        }
    }

    pub(super) fn rate(&self) -> u32 {
        self.rate
    }

    /// Decode a packet into at most [`MOST`] samples; says how many. What is no Opus gives none.
    pub(super) fn decode(&mut self, octets: &[u8], out: &mut [i16]) -> usize {
        self.run(octets, out, false)
    }

    /// Make up `out.len()` samples that were lost: from what the packet after them says of them, or without it.
    pub(super) fn conceal(&mut self, next: Option<&[u8]>, out: &mut [i16]) -> usize {
        self.run(next.unwrap_or_default(), out, next.is_some())
    }

    fn run(&mut self, octets: &[u8], out: &mut [i16], fec: bool) -> usize {
        let Some(inner) = &mut self.inner else { return 0 };
        let mut place = [0_u16; MOST];
        let len = out.len().min(MOST);
        let count = inner.decode_to_slice(octets, &mut place[..len], fec).unwrap_or(0);
        for (to, from) in out.iter_mut().zip(&place[..count]) {
            *to = from.cast_signed();
        }
        count
    }
}
