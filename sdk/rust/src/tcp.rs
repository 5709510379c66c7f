//! Connections to computers of the network, in clear and by TLS. The manifest says to which:
//! `tcp = { reason = "…", hosts = [{ setting = "server" }] }`.

use crate::{Error, bindings::imports::jackfield::services::tcp, to_ms};
use std::{fmt, time::Duration};

/// A connection that is up. Dropping it closes it.
pub struct Connection(tcp::Connection);

/// How a connection is secured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Security<'a> {
    /// Not at all.
    None,
    /// By TLS: the certificate must be made out to the host, and signed by an authority that the machine believes or by one of
    /// these, certificates in PEM form, perhaps none.
    Tls(&'a str),
}

/// Why something was not done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// What to do about it.
    pub kind: Kind,
    /// A sentence for the administrator.
    pub text: String,
}

/// What to do about a failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Kind {
    /// There is no such host.
    UnknownHost,
    /// Nobody takes connections there.
    Refused,
    /// It took too long. After a read that timed out the connection is as it was before.
    TimedOut,
    /// The server's certificate is not believed.
    Untrusted,
    /// The connection is over.
    Closed,
    /// The arguments make no sense.
    Invalid,
    /// Not permitted to this plugin, or not in this place.
    Denied,
    /// The host could not.
    Failed,
}

impl Connection {
    /// Connect to a host by its name or address.
    ///
    /// # Errors
    /// When it is not permitted, there is no such host, it does not answer within 8 s, or its certificate is not believed.
    pub fn connect(host: &str, port: u16, security: Security<'_>) -> Result<Self, Failure> {
        let security = match security {
            Security::None => tcp::Security::None,
            Security::Tls(authorities) => tcp::Security::Tls(authorities.to_owned()),
        };
        Ok(Self(tcp::Connection::connect(host, port, &security)?))
    }

    /// What comes next, as soon as something comes: up to `max` bytes, 256 KiB at most; nothing when the server has closed the
    /// connection.
    ///
    /// # Errors
    /// When nothing comes in time, or the connection has broken.
    pub fn read(&self, max: u32, timeout: Duration) -> Result<Vec<u8>, Failure> {
        Ok(self.0.read(max, to_ms(timeout))?)
    }

    /// Send all of this, 1 MiB at most.
    ///
    /// # Errors
    /// When the connection has broken.
    pub fn write(&self, bytes: &[u8]) -> Result<(), Failure> {
        Ok(self.0.write(bytes)?)
    }

    /// Secure a connection that was in clear so far; `authorities` as in [`Security::Tls`].
    ///
    /// # Errors
    /// When the certificate is not believed, or the other side speaks no TLS. The connection is over then.
    pub fn start_tls(&self, authorities: &str) -> Result<(), Failure> {
        Ok(self.0.start_tls(authorities)?)
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl std::error::Error for Failure {}

impl From<tcp::Failure> for Failure {
    fn from(failure: tcp::Failure) -> Self {
        let (kind, text) = match failure {
            tcp::Failure::UnknownHost(text) => (Kind::UnknownHost, text),
            tcp::Failure::Refused(text) => (Kind::Refused, text),
            tcp::Failure::TimedOut(text) => (Kind::TimedOut, text),
            tcp::Failure::Untrusted(text) => (Kind::Untrusted, text),
            tcp::Failure::Closed(text) => (Kind::Closed, text),
            tcp::Failure::Invalid(text) => (Kind::Invalid, text),
            tcp::Failure::Denied(text) => (Kind::Denied, text),
            tcp::Failure::Failed(text) => (Kind::Failed, text),
            tcp::Failure::Other((code, text)) => (Kind::Failed, format!("{code}: {text}")),
        };
        Self { kind, text }
    }
}

impl From<Failure> for Error {
    fn from(failure: Failure) -> Self {
        match failure.kind {
            Kind::Invalid => Self::Invalid(failure.text),
            Kind::Denied => Self::Denied(failure.text),
            _ => Self::Failed(failure.text),
        }
    }
}
