//! Speech in µ-law as the packets of Opus that the host makes of it, for loads that are to carry some: from standard input to
//! standard output, each packet after its length in one octet.

use jackfield_media::{
    FRAME,
    codec::{Codec, Decoder, Encoder},
};
use std::io::{Read, Write};

fn main() -> std::io::Result<()> {
    let mut speech = Vec::new();
    std::io::stdin().read_to_end(&mut speech)?;
    let (mut decoder, mut encoder) = (Decoder::new(Codec::Pcmu), Encoder::new(Codec::Opus));
    let mut out = std::io::stdout().lock();
    for octets in speech.chunks_exact(FRAME) {
        let mut samples = [0; FRAME];
        decoder.decode_narrow(octets, &mut samples);
        // No packet of 20 ms is longer at the host's bit rate.
        let mut packet = [0; u8::MAX as usize];
        let len = encoder.encode(&samples, &mut packet);
        out.write_all(&[len as u8])?;
        out.write_all(&packet[..len])?;
    }
    Ok(())
}
