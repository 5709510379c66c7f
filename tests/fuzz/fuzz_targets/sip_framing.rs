//! A stream yields the same messages whether it comes at once or in pieces.
#![no_main]

use jackfield_sip::{Frame, Limits, StreamFramer};
use libfuzzer_sys::fuzz_target;

fn frames(data: &[u8], size: usize) -> Vec<String> {
    let mut framer = StreamFramer::new(Limits::default());
    let mut found = Vec::new();
    for piece in data.chunks(size) {
        framer.push(piece);
        loop {
            match framer.next() {
                Ok(Some(Frame::Message(message))) => found.push(format!("{message:?}")),
                Ok(Some(Frame::Ping)) => found.push("ping".to_owned()),
                Ok(None) => break,
                Err(error) => {
                    found.push(format!("{error:?}"));
                    return found;
                }
            }
        }
    }
    found
}

fuzz_target!(|data: &[u8]| {
    let Some((size, data)) = data.split_first() else { return };
    assert_eq!(frames(data, usize::from(*size).max(1)), frames(data, data.len().max(1)));
});
