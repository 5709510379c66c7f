//! What a call is: legs, dialling, bridging, scripts; who is registered; what happened.
//!
//! This crate deliberately knows neither plugins nor SQL nor HTTP. It declares the traits [`Router`] (decide) and
//! [`Scripts`] (run), which the plugin runtime implements, and reads an in-memory [`Directory`] snapshot that the store
//! fills. No database query and no network look-up happens on the call path.
//!
//! One tokio task per call reads top to bottom: authenticate, route, ring or run a script, bridge, keep a record.
//!
//! Read first: [`Exchange`] (what all calls share), [`serve`] (where calls come in), [`scripts::ScriptCall`] (the verbs).

mod alert;
pub mod availability;
mod bridge;
mod browsers;
mod by_dialog;
mod calendar;
mod call;
mod completion;
pub mod conference;
mod desk;
mod dial;
mod directory;
mod diversion;
mod encryption;
pub mod events;
mod exchange;
mod facts;
mod fax;
mod foresight;
mod guard;
mod guests;
pub mod house;
mod inbound;
mod key_lamps;
mod keys;
mod lamps;
pub mod lines;
mod listeners;
mod live;
mod mailboxes;
mod message;
mod music;
mod names;
mod notices;
mod originate;
mod packages;
mod park;
mod party;
mod phones;
mod publications;
mod quality;
mod reach;
pub mod recording;
mod registrar;
mod reporter;
pub mod router;
mod script_call;
pub mod scripts;
mod tolls;
mod trace;
mod transfer;
pub mod trunks;
mod waiting;
mod ways;
mod xml;

pub use browsers::{BrowserWay, NoRoom};
pub use conference::Conferences;
pub use directory::Directory;
pub use exchange::{CallsConfig, EXTENSIONS, Exchange, Parts, now_ms};
pub use fax::FaxConfig;
pub use foresight::Supposed;
pub use guard::{Guard, GuardConfig};
pub use guests::Monitoring;
pub use house::House;
pub use inbound::serve;
pub use key_lamps::{KeyLamp, KeyLamps};
pub use live::{LiveCalls, LiveEntry};
pub use mailboxes::{Mailboxes, Messages};
pub use music::HoldMusic;
pub use names::{FoundName, NameIndex, NameLookup, OutsideNames};
pub use originate::CannotCall;
pub use packages::list::List;
pub use registrar::Registrar;
pub use reporter::CallReport;
pub use router::Router;
pub use scripts::Scripts;
pub use tolls::TollConfig;
pub use trunks::{TrunkConfig, Trunks, WrongSetting};
