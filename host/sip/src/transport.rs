//! Where messages come from and where they go.

use bytes::Bytes;
use std::net::SocketAddr;

/// A transport protocol for SIP messages (RFC 3261 §18).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Transport {
    /// One message per datagram; transactions retransmit.
    Udp,
    /// A stream of messages framed by Content-Length.
    Tcp,
    /// The same inside TLS (RFC 3261 §26.2.1).
    Tls,
    /// One message per WebSocket message (RFC 7118).
    Ws,
    /// The same inside TLS.
    Wss,
}

impl Transport {
    const ALL: [Self; 5] = [Self::Udp, Self::Tcp, Self::Tls, Self::Ws, Self::Wss];

    /// The name as it stands in a Via header field: `UDP`, `TCP`, `TLS`, `WS`, `WSS`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Udp => "UDP",
            Self::Tcp => "TCP",
            Self::Tls => "TLS",
            Self::Ws => "WS",
            Self::Wss => "WSS",
        }
    }

    /// The transport parameter of a URI; empty where it is the default. Both WebSocket transports are `ws`
    /// (RFC 7118 §5.2.3).
    pub(crate) fn uri_param(self) -> &'static str {
        match self {
            Self::Udp => "",
            Self::Tcp => ";transport=tcp",
            Self::Tls => ";transport=tls",
            Self::Ws | Self::Wss => ";transport=ws",
        }
    }

    /// The transport with this name, in any case of letters.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|transport| transport.as_str().eq_ignore_ascii_case(name))
    }

    /// Whether the transport itself repeats what is lost, so that transactions need not.
    pub fn is_reliable(self) -> bool {
        self != Self::Udp
    }

    /// Whether nobody on the way can read or change messages.
    pub fn is_secure(self) -> bool {
        matches!(self, Self::Tls | Self::Wss)
    }
}

/// One connection of a stream transport, numbered by whoever owns the sockets.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ConnectionId(pub u64);

/// Where a message came from or goes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Flow {
    /// The transport protocol.
    pub transport: Transport,
    /// Our own concrete address and listening port, never a wildcard: it is written into Via and Contact.
    pub local: SocketAddr,
    /// The peer's address and port.
    pub remote: SocketAddr,
    /// The connection to use; with `None` on a stream transport the driver reuses or opens one to `remote`.
    pub connection: Option<ConnectionId>,
}

impl Flow {
    /// The same peer without naming a connection.
    pub(crate) fn unconnected(self) -> Self {
        Self { connection: None, ..self }
    }
}

/// Bytes to send.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Transmit {
    /// Which way.
    pub flow: Flow,
    /// One whole SIP message.
    pub bytes: Bytes,
}
