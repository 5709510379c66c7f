//! The event stream of the web page: a WebSocket (RFC 6455) that only listens.

use anyhow::{Context, Result, ensure};
use serde_json::Value;
use std::{
    io::{Read, Write},
    net::{SocketAddr, TcpStream},
    time::{Duration, Instant},
};

const OPENING: Duration = Duration::from_secs(20);
/// Nobody looks at the key: it only has to be 16 bytes in base64.
const KEY: &str = "amFja2ZpZWxkLXRlc3Q9PQ==";

/// Events as they come, the snapshot first.
pub struct Events {
    stream: TcpStream,
    pending: Vec<u8>,
}

impl Events {
    pub(crate) fn open(server: SocketAddr, cookie: &str) -> Result<Self> {
        let mut stream = TcpStream::connect_timeout(&server, OPENING)?;
        stream.set_read_timeout(Some(OPENING))?;
        write!(
            stream,
            "GET /api/v1/events HTTP/1.1\r\nHost: {server}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
             Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {KEY}\r\nCookie: {cookie}\r\n\r\n"
        )?;
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            let mut byte = [0];
            stream.read_exact(&mut byte).context("no answer to the WebSocket's opening")?;
            head.push(byte[0]);
        }
        ensure!(head.starts_with(b"HTTP/1.1 101"), "no event stream: {}", String::from_utf8_lossy(&head));
        Ok(Self { stream, pending: Vec::new() })
    }

    /// The next event; `None` when none comes in time or the stream has ended, even in the middle of one.
    pub fn next(&mut self, limit: Duration) -> Option<Value> {
        let end = Instant::now() + limit;
        loop {
            if let Some((opcode, payload, used)) = frame(&self.pending) {
                let text = (opcode == 1).then(|| serde_json::from_slice(payload).ok()).flatten();
                self.pending.drain(..used);
                match text {
                    Some(event) => return Some(event),
                    // Pings need no answer: the host notices a dead peer by the connection.
                    None => continue,
                }
            }
            let left = end.checked_duration_since(Instant::now())?;
            self.stream.set_read_timeout(Some(left.max(Duration::from_millis(1)))).ok()?;
            let mut chunk = [0; 16_384];
            match self.stream.read(&mut chunk) {
                Ok(read @ 1..) => self.pending.extend_from_slice(&chunk[..read]),
                Ok(_) | Err(_) => return None,
            }
        }
    }
}

/// The first whole frame: what it is, what is in it, how many bytes it takes. A server masks nothing and this one
/// sends no fragments.
fn frame(bytes: &[u8]) -> Option<(u8, &[u8], usize)> {
    let length = usize::from(*bytes.get(1)? & 0x7f);
    let (begin, length) = match length {
        126 => (4, usize::from(u16::from_be_bytes(bytes.get(2..4)?.try_into().ok()?))),
        127 => (10, usize::try_from(u64::from_be_bytes(bytes.get(2..10)?.try_into().ok()?)).ok()?),
        short => (2, short),
    };
    Some((bytes[0] & 0x0f, bytes.get(begin..begin + length)?, begin + length))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_frame_is_read_when_it_is_whole() {
        assert_eq!(frame(b"\x81\x02{}rest"), Some((1, &b"{}"[..], 4)));
        assert_eq!(frame(b"\x81\x02{"), None);
        let long = [&[0x81, 126, 0x01, 0x00][..], &[b'x'; 256]].concat();
        assert_eq!(frame(&long).map(|(_, payload, used)| (payload.len(), used)), Some((256, 260)));
    }
}
