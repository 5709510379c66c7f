//! Typed views of header field values, made when asked for.
//!
//! A value is bytes: it may be folded over several lines (RFC 3261 §7.3.1) and its free text may be UTF-8 or Latin-1.
//! Views borrow from it and treat a fold as white space.

mod auth;
mod content;
mod cseq;
mod method;
mod name;
mod name_addr;
mod params;
mod replaces;
mod values;
mod via;

pub use auth::{AuthParams, Credentials};
pub use content::MediaType;
pub use cseq::Cseq;
pub use method::Method;
pub use name::HeaderName;
pub use name_addr::NameAddr;
pub use params::Params;
pub use replaces::Replaces;
pub use values::{Values, text};
pub use via::{Rport, Via};

pub(crate) use params::is_token;
pub(crate) use values::{find_outside_quotes, is_lws, number, trim};
