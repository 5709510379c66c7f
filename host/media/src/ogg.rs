//! Recordings as Ogg Opus (RFC 3533, RFC 7845): a tenth of a WAV file, and whole up to its last page whatever ends the writer.

use crate::TakeFormat;
use opusic_c::{Application, Bitrate, Channels, Encoder, SampleRate, Signal};
use std::time::Duration;

/// Packets of 20 ms in a page: what is lost at most when the writer is killed is half a second.
const PACKETS: usize = 25;
/// The clock of positions, in Hz, whatever is inside (RFC 7845 §4).
const CLOCK: u64 = 48_000;
/// Octets of a page before its table of segments (RFC 3533 §6).
const HEAD: usize = 27;
/// Most octets of one packet here.
const MOST_OCTETS: usize = 1_275;
/// Bits per second of one track; two cost less than twice as much.
const BIT_RATE: [u32; 2] = [24_000, 36_000];

const CONTINUED: u8 = 1;
const FIRST: u8 = 2;
const LAST: u8 = 4;

/// Writes one file, page after page, into what is to be appended to it.
pub struct OggOpus {
    encoder: Encoder,
    format: TakeFormat,
    serial: u32,
    sequence: u32,
    /// Samples of the clock that a player leaves out: the encoder's delay.
    skip: u16,
    /// Samples, the tracks' by turns, that do not fill a packet yet.
    rest: Vec<u16>,
    /// Samples per track that were given.
    given: u64,
    /// Packets that were encoded.
    encoded: u64,
    page: Vec<u8>,
    lengths: Vec<usize>,
}

impl std::fmt::Debug for OggOpus {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "OggOpus({:?}, {} packets)", self.format, self.encoded)
    }
}

impl OggOpus {
    /// A file of this format; `serial` tells its stream from others (RFC 3533 §4). `None` without memory for an encoder.
    pub fn new(format: TakeFormat, serial: u32) -> Option<Self> {
        let channels = if format.stereo { Channels::Stereo } else { Channels::Mono };
        let rate = if format.wide { SampleRate::Hz16000 } else { SampleRate::Hz8000 };
        let mut encoder = Encoder::new(channels, rate, Application::Voip).ok()?;
        // Each of these is refused only for a value out of its range.
        let _ = encoder.set_bitrate(Bitrate::Value(BIT_RATE[usize::from(format.stereo)]));
        let _ = encoder.set_signal(Signal::Voice);
        let delay = u64::from(encoder.get_look_ahead().unwrap_or(0)) * CLOCK / u64::from(format.rate());
        Some(Self {
            encoder,
            format,
            serial,
            sequence: 0,
            skip: u16::try_from(delay).unwrap_or(0),
            rest: Vec::new(),
            given: 0,
            encoded: 0,
            page: Vec::with_capacity(PACKETS * 128),
            lengths: Vec::with_capacity(PACKETS),
        })
    }

    /// The two pages that a file begins with (RFC 7845 §5).
    pub fn begin(&mut self, out: &mut Vec<u8>) {
        let mut head = Vec::with_capacity(19);
        head.extend(b"OpusHead\x01");
        head.push(self.format.channels() as u8);
        head.extend(self.skip.to_le_bytes());
        head.extend(self.format.rate().to_le_bytes());
        // No gain, and tracks as everybody has them.
        head.extend([0; 3]);
        self.add(&head);
        self.close_page(FIRST, 0, out);
        let mut tags = Vec::with_capacity(32);
        tags.extend(b"OpusTags\x09\0\0\0Jackfield\0\0\0\0");
        self.add(&tags);
        self.close_page(0, 0, out);
    }

    /// Take samples, the tracks' by turns; pages that are full are appended to `out`.
    pub fn push(&mut self, samples: &[i16], out: &mut Vec<u8>) {
        self.given += samples.len() as u64 / u64::from(self.format.channels());
        self.rest.extend(samples.iter().map(|sample| sample.cast_unsigned()));
        let frame = self.frame();
        let mut done = 0;
        while self.rest.len() - done >= frame {
            self.encode(done, frame);
            done += frame;
            if self.lengths.len() == PACKETS {
                self.close_page(0, self.position(), out);
            }
        }
        self.rest.drain(..done);
    }

    /// The last page, which says where the sound ends.
    pub fn end(&mut self, out: &mut Vec<u8>) {
        let frame = self.frame();
        let end = u64::from(self.skip) + self.given * CLOCK / u64::from(self.format.rate());
        // What the encoder still holds back comes out behind silence.
        while self.position() < end {
            self.rest.resize(frame, 0);
            self.encode(0, frame);
            self.rest.clear();
            if self.lengths.len() == PACKETS && self.position() < end {
                self.close_page(0, self.position(), out);
            }
        }
        self.close_page(LAST, end, out);
    }

    /// How long what was given lasts.
    pub fn length(&self) -> Duration {
        Duration::from_millis(self.given * 1_000 / u64::from(self.format.rate()))
    }

    /// Samples of a packet, of all tracks.
    fn frame(&self) -> usize {
        self.format.rate() as usize / 50 * usize::from(self.format.channels())
    }

    /// Where what was encoded ends.
    fn position(&self) -> u64 {
        self.encoded * CLOCK / 50
    }

    fn encode(&mut self, at: usize, frame: usize) {
        let mut packet = [0; MOST_OCTETS];
        // It fails for no frame of a right length; then there is silence in its place.
        let length = self.encoder.encode_to_slice(&self.rest[at..at + frame], &mut packet).unwrap_or(0);
        self.encoded += 1;
        self.add(&packet[..length]);
    }

    fn add(&mut self, packet: &[u8]) {
        self.page.extend_from_slice(packet);
        self.lengths.push(packet.len());
    }

    fn close_page(&mut self, kind: u8, position: u64, out: &mut Vec<u8>) {
        let start = out.len();
        out.extend(b"OggS\0");
        out.push(kind);
        out.extend(position.to_le_bytes());
        out.extend(self.serial.to_le_bytes());
        out.extend(self.sequence.to_le_bytes());
        out.extend([0; 4]);
        let table = out.len();
        out.push(0);
        for length in &self.lengths {
            // A packet is pieces of 255 octets and a shorter one (§5).
            out.extend(std::iter::repeat_n(255, length / 255));
            out.push((length % 255) as u8);
        }
        out[table] = u8::try_from(out.len() - table - 1).unwrap_or(u8::MAX);
        out.append(&mut self.page);
        self.lengths.clear();
        self.sequence += 1;
        let sum = checksum(&out[start..]);
        out[start + 22..start + 26].copy_from_slice(&sum.to_le_bytes());
    }
}

/// What is whole of a file that nobody ended: so many octets, which last so long. `None` when it is no file of [`OggOpus`]'s or
/// holds no sound. `file` is all of it.
pub fn whole_ogg(file: &[u8]) -> Option<(usize, Duration)> {
    let (head, mut at) = page(file, 0)?;
    let skip = head.get(10..12).filter(|_| head.starts_with(b"OpusHead"))?;
    let skip = u64::from(u16::from_le_bytes([skip[0], skip[1]]));
    let mut end = 0;
    while let Some((_, next)) = page(file, at) {
        let position = file.get(at + 6..at + 14)?.try_into().map(u64::from_le_bytes).ok()?;
        (end, at) = (position, next);
    }
    let length = Duration::from_millis(end.saturating_sub(skip) * 1_000 / CLOCK);
    (!length.is_zero()).then_some((at, length))
}

/// What is in the page that begins there, and where the next one begins; `None` when it is not whole.
fn page(file: &[u8], at: usize) -> Option<(&[u8], usize)> {
    let rest = file.get(at..)?;
    let table = rest.get(HEAD..HEAD + usize::from(*rest.get(HEAD - 1)?))?;
    let begin = HEAD + table.len();
    let end = begin + table.iter().map(|length| usize::from(*length)).sum::<usize>();
    let page = rest.get(..end).filter(|page| page.starts_with(b"OggS\0") && page[5] & CONTINUED == 0)?;
    let mut unsigned = page.to_vec();
    unsigned[22..26].fill(0);
    (checksum(&unsigned).to_le_bytes() == page[22..26]).then_some((&rest[begin..end], at + end))
}

/// CRC-32 as Ogg has it (RFC 3533 §6): the polynomial 0x04c11db7, most significant bit first, beginning with 0.
fn checksum(octets: &[u8]) -> u32 {
    const TABLE: [u32; 256] = {
        let mut table = [0; 256];
        let mut index = 0;
        while index < 256 {
            let mut sum = (index as u32) << 24;
            let mut bit = 0;
            while bit < 8 {
                sum = if sum >> 31 == 1 { sum << 1 ^ 0x04c1_1db7 } else { sum << 1 };
                bit += 1;
            }
            table[index] = sum;
            index += 1;
        }
        table
    };
    octets.iter().fold(0, |sum, octet| sum << 8 ^ TABLE[usize::from((sum >> 24) as u8 ^ octet)])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tone(format: TakeFormat, seconds: f64) -> Vec<i16> {
        let count = (f64::from(format.rate()) * seconds) as usize;
        let sample =
            |at: usize| ((at as f64 * 440.0 * std::f64::consts::TAU / f64::from(format.rate())).sin() * 9_000.0) as i16;
        (0..count).flat_map(|at| vec![sample(at); usize::from(format.channels())]).collect()
    }

    fn written(format: TakeFormat, seconds: f64, ends: bool) -> Vec<u8> {
        let (mut ogg, mut file) = (OggOpus::new(format, 7).unwrap(), Vec::new());
        ogg.begin(&mut file);
        // As a recording comes: a twentieth of a second at a time.
        for piece in tone(format, seconds).chunks(format.rate() as usize / 20 * usize::from(format.channels())) {
            ogg.push(piece, &mut file);
        }
        assert_eq!(ogg.length(), Duration::from_secs_f64(seconds));
        if ends {
            ogg.end(&mut file);
        }
        file
    }

    #[test]
    fn the_checksum_is_that_of_ogg() {
        // The check value of this polynomial without inversion.
        assert_eq!(checksum(b"123456789"), 0x89a1_897f);
    }

    #[test]
    fn a_file_is_as_long_as_what_was_given_and_much_smaller() {
        for (wide, stereo) in [(false, false), (true, true)] {
            let format = TakeFormat { wide, stereo };
            let file = written(format, 3.21, true);
            let (octets, length) = whole_ogg(&file).unwrap();
            assert_eq!((octets, length.as_millis()), (file.len(), 3_210));
            let wav = 2 * tone(format, 3.21).len();
            assert!(file.len() * 4 < wav, "{} of {wav} octets", file.len());
        }
    }

    #[test]
    fn what_a_killed_writer_leaves_is_whole_up_to_its_last_page() {
        let format = TakeFormat { wide: false, stereo: true };
        let file = written(format, 4.0, false);
        let (octets, length) = whole_ogg(&file).unwrap();
        assert_eq!(octets, file.len());
        assert!((3_400..=4_000).contains(&length.as_millis()), "{length:?}");
        // Wherever it was cut, and whatever is changed in it.
        for cut in (0..file.len()).step_by(7) {
            if let Some((octets, length)) = whole_ogg(&file[..cut]) {
                assert!(octets <= cut && length.as_millis() <= 4_000);
            }
            let mut changed = file.clone();
            changed[cut] ^= 0x40;
            let _ = whole_ogg(&changed);
        }
        assert_eq!(whole_ogg(&[0; 100]), None);
        assert_eq!(whole_ogg(&written(format, 0.0, true)), None, "no sound");
    }
}
