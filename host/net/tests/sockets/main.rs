//! Signalling over real sockets of the loopback interface.

#![expect(clippy::unwrap_used, reason = "a test that finds nothing there fails")]

mod bench;
mod egress;
mod flow;
mod hostile;
mod stun;
mod tls;
mod websocket;
