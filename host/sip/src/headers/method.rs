//! Request methods, open to those we do not know.

use std::fmt;

/// A request method (RFC 3261 §7.1 and its extensions). Methods are compared with regard to case.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
#[expect(missing_docs, reason = "the names are the documentation")]
pub enum Method<'a> {
    Ack,
    Bye,
    Cancel,
    Info,
    Invite,
    Message,
    Notify,
    Options,
    Prack,
    Publish,
    Refer,
    Register,
    Subscribe,
    Update,
    /// Any other token.
    Other(&'a str),
}

impl<'a> Method<'a> {
    /// The method with this name.
    pub fn from_token(token: &'a str) -> Self {
        KNOWN.into_iter().find(|known| known.as_str() == token).unwrap_or(Self::Other(token))
    }

    /// The name.
    pub fn as_str(&self) -> &'a str {
        match *self {
            Self::Ack => "ACK",
            Self::Bye => "BYE",
            Self::Cancel => "CANCEL",
            Self::Info => "INFO",
            Self::Invite => "INVITE",
            Self::Message => "MESSAGE",
            Self::Notify => "NOTIFY",
            Self::Options => "OPTIONS",
            Self::Prack => "PRACK",
            Self::Publish => "PUBLISH",
            Self::Refer => "REFER",
            Self::Register => "REGISTER",
            Self::Subscribe => "SUBSCRIBE",
            Self::Update => "UPDATE",
            Self::Other(token) => token,
        }
    }
}

impl fmt::Display for Method<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The frequent ones first.
const KNOWN: [Method<'static>; 14] = [
    Method::Invite,
    Method::Ack,
    Method::Bye,
    Method::Register,
    Method::Cancel,
    Method::Options,
    Method::Info,
    Method::Update,
    Method::Subscribe,
    Method::Notify,
    Method::Message,
    Method::Refer,
    Method::Publish,
    Method::Prack,
];
