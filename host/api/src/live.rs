//! What the API needs of the telephone side.

use async_trait::async_trait;
use jackfield_calls::{
    CannotCall,
    conference::{Change, ChangeError},
    recording::{CannotRecord, RecordingWish, Wisher},
};
use jackfield_model::{
    Availability, Ban, CallId, Conference, Holder, LegQuality, LiveCall, Number, PhoneState, RecordingState,
    Registration, TrunkSettings, TrunkStatus,
};
use std::{
    collections::BTreeMap,
    net::{IpAddr, SocketAddr},
    pin::Pin,
};
use tokio::io::{AsyncRead, AsyncWrite};

/// What is left of a request once it has become a WebSocket: bytes both ways.
pub trait Pipe: AsyncRead + AsyncWrite + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin> Pipe for T {}

/// Between which addresses a browser is connected.
#[derive(Clone, Copy, Debug)]
pub struct Ends {
    /// Ours.
    pub local: SocketAddr,
    /// The browser's, or that of the proxy in between.
    pub remote: SocketAddr,
    /// The browser's, where a proxy of this machine tells it.
    pub behind: Option<IpAddr>,
    /// Whether the browser's connection ends here inside TLS.
    pub secured: bool,
}

/// The telephone side as the web page sees it. Implemented by the binary on top of the call switch.
#[async_trait]
pub trait Telephony: Send + Sync + 'static {
    /// The calls in progress, in any order.
    fn calls(&self) -> Vec<LiveCall>;
    /// The contacts registered now, in any order.
    fn registrations(&self) -> Vec<Registration>;
    /// Calls the telephones of an extension and connects whoever picks up with a number.
    async fn call(&self, from: &Number, to: &Number, auto_answer: bool) -> Result<CallId, CannotCall>;
    /// How the legs of a call in progress sound; `None` when there is no such call.
    async fn quality(&self, call: &CallId) -> Option<Vec<LegQuality>>;
    /// Ends a call; `false` when there is none of this id.
    async fn hang_up(&self, call: &CallId) -> bool;
    /// Lets the page of somebody who is signed in be a telephone of this extension, by a WebSocket whose handshake is done,
    /// until it ends or `end` resolves. `false` when there are too many.
    async fn serve_browser(
        &self,
        number: Number,
        ends: Ends,
        pipe: Box<dyn Pipe>,
        end: Pin<Box<dyn Future<Output = ()> + Send>>,
    ) -> bool;
    /// Has a call recorded, or no longer; how it stands then.
    async fn record(&self, call: &CallId, wish: RecordingWish, by: Wisher) -> Result<RecordingState, CannotRecord>;
    /// The conferences in progress, oldest first.
    fn conferences(&self) -> Vec<Conference>;
    /// Changes a conference.
    fn change_conference(&self, id: u64, change: Change) -> Result<(), ChangeError>;
    /// Rings somebody and brings them into a conference; `sponsor` answers for a call to the outside.
    async fn add_to_conference(&self, id: u64, to: &Number, sponsor: Option<&Number>) -> Result<CallId, ChangeError>;
    /// The sources that are kept out, newest ban first.
    fn bans(&self) -> Vec<Ban>;
    /// Lets a source in again; `false` when it is not kept out.
    fn lift_ban(&self, source: IpAddr) -> bool;
    /// The trunks that are switched on, in the order in which they are tried.
    fn trunks(&self) -> Vec<TrunkStatus>;
    /// The trunks of the configuration file, those that are switched off included.
    fn trunks_of_file(&self) -> Vec<TrunkSettings>;
    /// Finds out how a trunk stands now; whether that is known, or `None` when there is none of this name.
    async fn check_trunk(&self, name: &str) -> Option<bool>;
    /// Takes over what an admin changed of trunks; returns when new calls go by it.
    async fn reload_trunks(&self);
    /// What the telephones of an extension do.
    fn phone(&self, number: &Number) -> PhoneState;
    /// Where somebody is.
    fn availability(&self, holder: &Holder) -> Availability;
    /// Somebody is elsewhere from now on; the store has it already.
    fn set_availability(&self, holder: &Holder, availability: Availability);
    /// Asks every telephone of an extension to read its settings again, and to restart if `reboot`; how many were asked.
    async fn check_sync(&self, number: &Number, reboot: bool) -> usize;
    /// Takes over what an admin changed of prompts and music; returns when new calls hear it.
    async fn reload_sounds(&self);
    /// Read contacts again: the next call sees them.
    async fn reload_contacts(&self);
    /// Takes over what an admin changed of users and extensions; returns when new calls see it.
    async fn reload_directory(&self);
    /// What has been counted since the start, by name, e.g. `sip_requests`. Names are stable and in snake case.
    fn counters(&self) -> BTreeMap<String, u64>;
}
