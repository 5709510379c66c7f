//! What keeps a stream private: ICE finds the way and proves who is there, keys come by signalling (SDES, RFC 4568) or by
//! a handshake in the stream (DTLS-SRTP), SRTP protects each packet.
//!
//! [`Security`] is what signalling has agreed; the stream makes of it a guard that sees every datagram first.

mod dtls;
mod guard;
mod ice;
mod keys;
pub mod srtp;

pub use dtls::{DtlsError, Fingerprint, Identity, IdentityError};
pub(crate) use guard::{Guard, Incoming};
pub use ice::IceCredentials;
pub use keys::Suite;

use std::sync::Arc;

/// How a stream is protected.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Security {
    /// RTP and RTCP share a port (RFC 5761).
    pub rtcp_mux: bool,
    /// Our credentials and the peer's, where ICE was agreed.
    pub ice: Option<(IceCredentials, IceCredentials)>,
    /// How keys are come by.
    pub keying: Keying,
}

/// How far the keys of a stream are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum KeyState {
    /// It needs none.
    #[default]
    Clear,
    /// They came by signalling.
    Sdes,
    /// They are being agreed in the stream.
    Awaited,
    /// They were agreed in the stream.
    Agreed,
    /// They could not be agreed.
    Failed(DtlsError),
}

/// How keys are come by.
#[derive(Clone, Default)]
pub enum Keying {
    /// Not at all: the stream is in the clear.
    #[default]
    Clear,
    /// By signalling.
    Sdes {
        /// How packets are protected.
        suite: Suite,
        /// Our master key and salt.
        ours: Vec<u8>,
        /// The peer's.
        theirs: Vec<u8>,
    },
    /// By a handshake.
    Dtls {
        /// The host's certificate.
        identity: Arc<Identity>,
        /// Whether the host begins it.
        active: bool,
        /// The peer's certificate.
        fingerprint: Fingerprint,
    },
}

impl PartialEq for Keying {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Keying::Clear, Keying::Clear) => true,
            (
                Keying::Sdes { suite, ours, theirs },
                Keying::Sdes { suite: other_suite, ours: other_ours, theirs: other_theirs },
            ) => (suite, ours, theirs) == (other_suite, other_ours, other_theirs),
            (
                Keying::Dtls { active, fingerprint, .. },
                Keying::Dtls { active: other_active, fingerprint: other_fingerprint, .. },
            ) => (active, fingerprint) == (other_active, other_fingerprint),
            _ => false,
        }
    }
}

impl Eq for Keying {}

impl std::fmt::Debug for Keying {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // Keys stay out of logs.
        match self {
            Keying::Clear => f.write_str("Clear"),
            Keying::Sdes { suite, .. } => write!(f, "Sdes({})", suite.name()),
            Keying::Dtls { active, fingerprint, .. } => write!(f, "Dtls(active: {active}, {fingerprint})"),
        }
    }
}
