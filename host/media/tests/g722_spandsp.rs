//! G.722 bit by bit against SpanDSP, which `tests/setup.sh test` installs.

use jackfield_media::codec::g722::{Decoder, Encoder};
use std::{
    io::Write,
    process::{Command, Stdio},
};

/// Takes samples, gives octets and then the samples that these decode to.
const SPANDSP: &str = r#"
import ctypes, sys
lib = ctypes.CDLL("libspandsp.so.2")
for init in (lib.g722_encode_init, lib.g722_decode_init):
    init.restype, init.argtypes = ctypes.c_void_p, [ctypes.c_void_p, ctypes.c_int, ctypes.c_int]
for run in (lib.g722_encode, lib.g722_decode):
    run.restype, run.argtypes = ctypes.c_int, [ctypes.c_void_p, ctypes.c_char_p, ctypes.c_char_p, ctypes.c_int]
samples = sys.stdin.buffer.read()
octets = ctypes.create_string_buffer(len(samples) // 4 + 16)
count = lib.g722_encode(lib.g722_encode_init(None, 64000, 0), octets, samples, len(samples) // 2)
back = ctypes.create_string_buffer(len(samples) + 64)
decoded = lib.g722_decode(lib.g722_decode_init(None, 64000, 0), back, octets.raw[:count], count)
sys.stdout.buffer.write(octets.raw[:count] + back.raw[:2 * decoded])
"#;

#[test]
fn both_code_the_same_sound_in_the_same_octets_and_hear_the_same_in_them() {
    let mut dice = 1_u32;
    let sound: Vec<i16> = (0..64_000)
        .map(|at| {
            dice = dice.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            let noise = f64::from((dice >> 16) as i16) / 32_768.0;
            let time = f64::from(at) / 16_000.0;
            let wave = (time * 2_800.0).sin() + 0.5 * (time * 9_000.0 * (1.0 + time)).sin() + 0.3 * noise;
            // From silence to beyond full scale, and silence again.
            (wave * 24_000.0 * (time * 1.7).sin().max(0.0).powi(3)) as i16
        })
        .collect();
    let bytes: Vec<u8> = sound.iter().flat_map(|s| s.to_le_bytes()).collect();
    let mut python = Command::new("python3")
        .args(["-c", SPANDSP])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("python3: run tests/setup.sh test");
    python.stdin.take().expect("piped").write_all(&bytes).expect("python3 reads it");
    let output = python.wait_with_output().expect("python3 ends");
    assert!(output.status.success(), "SpanDSP is missing: run tests/setup.sh test");
    let (theirs, heard) = output.stdout.split_at(32_000);

    let mut ours = vec![0; 32_000];
    Encoder::default().encode(&sound, &mut ours);
    let differ = ours.iter().zip(theirs).filter(|(a, b)| a != b).count();
    assert_eq!(differ, 0, "octets that differ");
    let mut back = vec![0; 64_000];
    Decoder::default().decode(&ours, &mut back);
    let heard = heard.chunks_exact(2).map(|pair| i16::from_le_bytes([pair[0], pair[1]]));
    // At full scale SpanDSP 0.0.6 wraps where this one stops.
    let stopped = |sample: i16| matches!(sample, i16::MIN | i16::MAX);
    let differ = back.iter().zip(heard).filter(|(a, b)| **a != *b && !stopped(**a)).count();
    assert_eq!(differ, 0, "samples that differ");
}
