//! The only SIP and RTP sockets: UDP, TCP, TLS and WebSocket for signalling, port pairs and a thread with epoll for media.
//!
//! This crate drives `jackfield-sip` and `jackfield-media`, which know neither sockets nor clocks, and knows itself
//! nothing of what a call is. Signalling runs as one tokio task that owns the SIP endpoint; media runs on threads of
//! its own that own the streams. Between the two there are bounded channels and no lock.
//!
//! Read first: [`Sip`] and [`Incoming`] (signalling as the call logic sees it), [`Media`] and [`MediaStream`].

pub mod bans;
mod connections;
pub mod egress;
mod media;
mod resolve;
mod rtp_ports;
mod sip;
mod source_address;
mod stream;
mod tls;
mod udp;
mod web_socket;
mod websocket;

pub use media::{
    Container, FaxPackets, Media, MediaConfig, MediaRoom, MediaStream, PlayId, Probe, Recorded, RoomError, Tape,
    TapeEnd, TapeFormat, Tapes, TapesBusy, repair as repair_tape,
};
pub use resolve::{LocateError, Located, Resolver, ResolverError};
pub use rtp_ports::{PortLease, PortPair, RtpPorts};
pub use sip::{Incoming, Leg, Sip, SipConfig, SipCounters, SocketCounters, StartError, WireDialog, WireMessage};
pub use source_address::source_address;
pub use tls::{CertificateFiles, Tls, TlsConfig, TlsError, self_made_certificate};
pub use web_socket::WebSocket;
