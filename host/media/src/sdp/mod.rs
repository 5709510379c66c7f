//! SDP (RFC 8866) for offer and answer (RFC 3264): a lossless reader, and writers for the three descriptions that a
//! host in the middle needs: passed on, answered, offered.

mod negotiate;
mod parse;
mod policy;

pub use negotiate::{Anchor, Negotiated, NegotiationError, Preference, offer};
pub use parse::{Audio, Direction, Format, Media, Sdp, SdpError};
pub use policy::with_events;
