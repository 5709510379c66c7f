//! Certificates from an authority (ACME, RFC 8555): asked for, proven by HTTP (§8.3), and renewed in time.
//!
//! The certificate lies in two files that whoever speaks TLS reads again when they change. Until the authority has given one,
//! and when it gives none, a certificate that signs itself lies there, so that everything works but for a browser's warning.
//!
//! The only crate that knows ACME. It deliberately knows neither SIP nor the web server: that one asks
//! [`Challenges::answer`] when the authority comes to look.
//!
//! Read first: [`Keeper`] (when a certificate is asked for), `order.rs` (how), `files.rs` (where it lies).

mod files;
mod keeper;
mod order;

pub use files::{Files, FilesError};
pub use keeper::Keeper;
pub use order::{AcmeError, Authority, Challenges};

/// Let's Encrypt's directory, which most people want.
pub const LETS_ENCRYPT: &str = "https://acme-v02.api.letsencrypt.org/directory";
