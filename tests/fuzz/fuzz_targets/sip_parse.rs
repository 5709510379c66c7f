//! Any bytes as a message: never a panic, every byte kept, and what is answered can be read.
#![no_main]

use bytes::Bytes;
use jackfield_sip::{Framing, HeaderName, Limits, Message, ParseError};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    for framing in [Framing::Datagram, Framing::Stream] {
        let message = match Message::parse(Bytes::copy_from_slice(data), framing, &Limits::default()) {
            Ok(message) => message,
            Err(ParseError::Answer { message, status, .. }) => {
                assert!((400..600).contains(&status));
                *message
            }
            Err(ParseError::Drop(_)) => continue,
        };
        assert_eq!(&message.bytes()[..], data);
        assert!(message.is_request() != message.status().is_some());
        let _ = (message.via(), message.from(), message.to(), message.cseq(), message.call_id(), message.sdp());
        let _ = (message.request_uri(), message.reason(), message.content_type(), message.body_bytes());
        let _ = (message.max_forwards(), message.expires(), message.contacts().count());
        for header in message.headers() {
            assert!(!header.raw_name.is_empty());
        }
        for auth in message.auth(HeaderName::Authorization) {
            let _ = (auth.is_digest(), auth.value("username"), auth.iter().count());
        }
    }
});
