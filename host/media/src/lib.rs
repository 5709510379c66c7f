//! Sans-IO media: SDP, RTP, RTCP, DTMF, G.711, G.722, playing, recording and mixing.
//!
//! Nothing here opens a socket, starts a thread or reads a clock: packets and time go in, packets and events come
//! out. The crate knows nothing of SIP or of what a call is; it could be published alone.
//!
//! Read first: [`Stream`] (one party's sound: where it comes from, who may send it, what it hears),
//! [`room::Room`] (several parties mixed), [`sdp::Sdp`] (what the party asked for) and [`sdp::Negotiated`] (what was agreed).
//!
//! ```
//! use jackfield_media::sdp::{Anchor, Sdp, Transport};
//! let offer = b"v=0\r\no=a 1 1 IN IP4 192.0.2.1\r\ns=-\r\nc=IN IP4 192.0.2.1\r\nt=0 0\r\nm=audio 4000 RTP/AVP 8\r\n";
//! let offer = Sdp::parse(offer).unwrap();
//! let ours = Anchor { address: "198.51.100.1".parse().unwrap(), port: 10_000, session: 1, version: 1 };
//! let passed_on = offer.anchored(&ours, &Transport::clear(), &[]).unwrap();
//! assert!(String::from_utf8(passed_on).unwrap().contains("m=audio 10000 RTP/AVP 8"));
//! ```

pub mod codec;
mod continuity;
mod dtmf;
pub mod emodel;
pub mod fax;
#[cfg(test)]
mod goertzel;
mod jitter;
mod latch;
mod modem_buffer;
mod music;
mod ogg;
mod play;
mod plc;
mod reception;
mod record;
pub mod resample;
pub mod room;
pub mod rtcp;
pub mod rtp;
pub mod sdp;
pub mod secure;
mod stream;
pub mod stun;
mod take;
mod tap;
mod tone;
mod wav;

pub use dtmf::{DtmfDetector, KeyManner, KeyTone, ToneDetector, dtmf_char, dtmf_event, dtmf_from_info};
pub use jitter::{JitterBuffer, JitterStats, Pulled};
pub use latch::{Latch, Source};
pub use modem_buffer::ModemBuffer;
pub use music::hold_music;
pub use ogg::{OggOpus, whole_ogg};
pub use play::{Item, Player};
pub use plc::Concealer;
pub use record::{RecordEnd, Recorder};
pub use stream::{
    Admission, Content, Heard as HeardReport, PACKET, Port, REPORT, Stream, StreamConfig, StreamEvent, StreamReport,
    StreamStats,
};
pub use take::{Take, TakeFormat};
pub use tap::{Heard, Tap, Taps, taps};
pub use tone::{Tone, ToneGenerator};
pub use wav::{WAV_HEADER, WavError, read_wav, repaired_wav_header, wav_header, write_wav};

/// Sample rate of everything that is played, recorded or mixed here, in Hz.
pub const SAMPLE_RATE: u32 = 8_000;
/// Samples in one packet of 20 ms.
pub const FRAME: usize = 160;
/// Length of one packet.
pub const FRAME_TIME: std::time::Duration = std::time::Duration::from_millis(20);
