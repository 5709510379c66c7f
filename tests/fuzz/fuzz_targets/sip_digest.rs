//! Any Authorization is judged without a panic, and none that was made up is believed.
#![no_main]

use bytes::Bytes;
use jackfield_sip::{
    Framing, Limits, Message,
    digest::{Authenticator, Ha1, Login, Verdict, answer},
    headers::AuthParams,
};
use libfuzzer_sys::fuzz_target;
use std::time::Instant;

fuzz_target!(|data: &[u8]| {
    let now = Instant::now();
    let server = Authenticator::new("realm".to_owned(), [9; 32], now);
    let mut bytes = b"REGISTER sip:h SIP/2.0\r\nVia: SIP/2.0/UDP h;branch=z9hG4bK1\r\nAuthorization: ".to_vec();
    bytes.extend(data.iter().filter(|byte| !matches!(byte, b'\r' | b'\n')));
    bytes.extend_from_slice(b"\r\n\r\n");
    if let Ok(message) = Message::parse(Bytes::from(bytes), Framing::Datagram, &Limits::default()) {
        let verdict = server.verify(now, &message, |user| Some(Ha1::new(user, "realm", "a password nobody guesses")));
        assert!(!matches!(verdict, Verdict::Ok { .. }));
    }
    if let Some(challenge) = AuthParams::parse(data) {
        let _ = answer(&challenge, "REGISTER", "sip:h", &Login { user: "u", password: "p", ha1: None, cnonce: "c", count: 1 });
    }
});
