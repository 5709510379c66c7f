//! SDP (RFC 8866) for offer and answer (RFC 3264): a lossless reader, and writers for the three descriptions that a
//! host in the middle needs: passed on, answered, offered.

mod g729;
mod image;
mod layout;
mod negotiate;
mod parse;
mod payload_types;
mod policy;
mod transport;
mod video;

pub use image::{Image, image_offer};
pub use layout::Layout;
pub use negotiate::{Anchor, Negotiated, NegotiationError, Preference, offer};
pub use parse::{Direction, Format, Media, RtpMedia, Sdp, SdpError};
pub use payload_types::PayloadTypes;
pub use policy::{with_events, without_events};
pub use transport::{Encryption, Remote, Transport, TransportError};
pub use video::without_video;
