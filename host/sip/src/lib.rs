//! Sans-IO SIP (RFC 3261): bytes and time in, transmits and events out.
//!
//! This crate knows messages, transactions, dialogs and the offer/answer turn of a call. It deliberately knows no socket,
//! no clock, no thread and no randomness of its own; it does not know what a call is beyond one leg, who may call whom,
//! where a name resolves to, or what an SDP says.
//!
//! Read first: [`Endpoint`] (the door), [`LegCommand`] and [`LegEvent`] (what goes through it), [`Message`] (bytes and an
//! index). Below the door, `transaction/` holds the four state machines of RFC 3261 §17 and `leg/` one file per verb.
//!
//! # The loop around it
//!
//! Each call that takes input (`handle_*`, `command`, `respond`, `request`) may produce output: afterwards drain
//! [`poll_transmit`](Endpoint::poll_transmit) and [`poll_event`](Endpoint::poll_event) until both are empty, then sleep until
//! [`poll_timeout`](Endpoint::poll_timeout) or the next input. Time must never run backwards. Nothing that comes from the
//! network makes it panic; malformed messages are answered or counted in [`Counters`].
//!
//! ```
//! use bytes::Bytes;
//! use jackfield_sip::{Config, Endpoint, Event, Flow, Reply, Transport};
//! # #[expect(clippy::disallowed_methods, reason = "an example")]
//! # fn clock() -> std::time::Instant { std::time::Instant::now() }
//!
//! let mut endpoint = Endpoint::new(Config::default(), [7; 32]);
//! let flow = Flow {
//!     transport: Transport::Udp,
//!     local: "192.0.2.10:5060".parse()?,
//!     remote: "192.0.2.20:5060".parse()?,
//!     connection: None,
//! };
//! let datagram = "OPTIONS sip:192.0.2.10 SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.20;branch=z9hG4bK1\r\n\
//!     From: <sip:a@192.0.2.20>;tag=1\r\nTo: <sip:192.0.2.10>\r\nCall-ID: 1\r\nCSeq: 1 OPTIONS\r\n\r\n";
//! let now = clock();
//! endpoint.handle_datagram(now, flow, Bytes::from(datagram));
//! while let Some(event) = endpoint.poll_event() {
//!     if let Event::Request(id, _) = event {
//!         endpoint.respond(now, id, Reply { status: 200, ..Reply::default() });
//!     }
//! }
//! let answer = endpoint.poll_transmit().expect("an answer");
//! assert!(answer.bytes.starts_with(b"SIP/2.0 200 OK\r\n"));
//! # Ok::<(), std::net::AddrParseError>(())
//! ```

mod body;
mod build;
mod challenge;
mod check;
mod config;
mod dialog;
pub mod digest;
mod endpoint;
mod event;
pub mod framing;
pub mod headers;
mod ids;
mod leg;
pub mod message;
mod parse;
mod session;
mod stack;
mod subscription;
mod timer;
mod transaction;
mod transport;
mod uri;

pub use config::{Config, Limits, Timers};
pub use endpoint::Endpoint;
pub use event::{
    Account, ClientTransactionId, Counters, Event, IncomingInvite, IncomingRequest, LegCommand, LegEnd, LegEvent,
    LegId, NewInvite, OutOfDialog, Party, Reason, Refer, Reply, RequestFailure, ServerTransactionId, SessionPolicy,
    SubscriptionCommand, SubscriptionEvent, SubscriptionId,
};
pub use framing::{Frame, Framed, FramingError, StreamFramer};
pub use headers::{HeaderName, Method, NameAddr, Replaces, Via};
pub use message::{Framing, Message, ParseError};
pub use transport::{ConnectionId, Flow, Transmit, Transport};
pub use uri::{Host, Uri};
