//! What the tests need to treat the host as a black box: the real binary, real phones, a load generator, a web client.
//!
//! Nothing here knows the host's code. Everything listens on a loopback address of its own ([`Loopback`]), so that tests
//! run side by side with the ports that people know, and every process ends with the value that stands for it.
//!
//! Read first: [`Host`] (starts the binary), [`Baresip`] (a phone that sends and records tones), [`tone`] (what was heard),
//! [`Line`] (a peer that measures), [`Choir`] (many telephones with a tone each), [`Kamailio`] (a carrier, or a proxy before
//! one), [`Names`] (a name server), [`MailServer`], [`WebService`], [`Authority`] (of certificates), [`Api`] (the web page's side).

mod agent;
mod api;
mod authority;
mod baresip;
mod binary;
mod capture;
pub mod certificate;
mod choir;
mod events;
mod host;
mod kamailio;
mod lamp;
mod line;
mod loopback;
mod mail_server;
mod names;
mod process;
mod relay;
mod sipp;
pub mod slapd;
mod softphone;
pub mod tone;
mod wait;
mod web_service;

pub use agent::{Agent, Request};
pub use api::{Api, Response};
pub use authority::Authority;
pub use baresip::{Baresip, Packets, Phone, Transport};
pub use binary::{example, hostile, jackfield, needs, package, plugin_tool, repository};
pub use capture::{Capture, Captured};
pub use choir::Choir;
pub use events::Events;
pub use host::{Host, HostConfig};
pub use kamailio::{Account, CarrierConfig, Kamailio, Mood};
pub use lamp::Lamp;
pub use line::{Line, LineCall};
pub use loopback::{Loopback, loopback_v6};
pub use mail_server::{MailServer, attached};
pub use names::{Manner, Names, Record};
pub use process::Process;
pub use relay::Relay;
pub use sipp::sipp;
pub use softphone::Softphone;
pub use wait::{eventually, within};
pub use web_service::{WebQuestion, WebService};
