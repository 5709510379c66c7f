//! Signalling over real sockets of the loopback interface.

mod bench;
mod flow;
mod hostile;
mod stun;
mod tls;
mod websocket;
