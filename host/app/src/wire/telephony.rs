//! The telephone side as the web page sees it.

use super::{directory::Sources, sounds::SoundSources, trunks::TrunkSources};
use async_trait::async_trait;
use jackfield_api::{Ends, Pipe, Telephony};
use jackfield_calls::{
    BrowserWay, CannotCall, Exchange, NameIndex, Trunks,
    conference::{Change, ChangeError},
    recording::{CannotRecord, RecordingWish, Wisher},
};
use jackfield_model::{
    Availability, Ban, CallId, Conference, Holder, LegQuality, LiveCall, Number, PhoneState, RecordingState,
    Registration, TrunkSettings, TrunkStatus,
};
use jackfield_net::{SipCounters, SocketCounters, source_address};
use std::{
    collections::BTreeMap,
    net::{IpAddr, SocketAddr},
    pin::Pin,
    sync::Arc,
    time::Duration,
};
use tokio::sync::Mutex;

/// How long somebody waits who wants to know how a trunk stands: longer than a server may take, shorter than a browser waits.
const CHECK: Duration = Duration::from_secs(8);

/// The exchange, with the directory's sources beside it.
pub struct Switchboard {
    /// The exchange.
    pub exchange: Arc<Exchange>,
    /// The thread of signalling.
    pub signalling: tokio::runtime::Handle,
    /// Where its directory comes from.
    pub sources: Sources,
    /// Where its trunks come from.
    pub trunks: TrunkSources,
    /// Whether browsers come by HTTPS.
    pub https: bool,
    /// Where its prompts and music come from.
    pub sounds: SoundSources,
    /// Held while trunks or sounds are read and put to use, so that the newest settings come last.
    pub turn: Mutex<()>,
}

#[async_trait]
impl Telephony for Switchboard {
    fn calls(&self) -> Vec<LiveCall> {
        self.exchange.live.list()
    }

    fn registrations(&self) -> Vec<Registration> {
        self.exchange.registrar.list()
    }

    async fn call(&self, from: &Number, to: &Number, auto_answer: bool) -> Result<CallId, CannotCall> {
        // A call's task belongs to the thread of signalling.
        let (exchange, from, to) = (Arc::clone(&self.exchange), from.clone(), to.clone());
        let call = async move { exchange.originate(from.as_str(), to.as_str(), auto_answer) };
        self.signalling.spawn(call).await.unwrap_or(Err(CannotCall::NoPhone))
    }

    async fn quality(&self, call: &CallId) -> Option<Vec<LegQuality>> {
        self.exchange.live.quality(call).await
    }

    async fn hang_up(&self, call: &CallId) -> bool {
        self.exchange.live.hang_up(call)
    }

    async fn serve_browser(
        &self,
        number: Number,
        ends: Ends,
        pipe: Box<dyn Pipe>,
        end: Pin<Box<dyn Future<Output = ()> + Send>>,
    ) -> bool {
        // A proxy of this machine reaches us where the browser behind it cannot.
        let here = ends.behind.and_then(|browser| source_address(browser).ok());
        let local = here.map_or(ends.local, |address| SocketAddr::new(address, ends.local.port()));
        let way = BrowserWay { local, remote: ends.remote, secure: self.https || ends.secured };
        self.exchange.serve_browser(number, way, pipe, end).await.is_ok()
    }

    async fn record(&self, call: &CallId, wish: RecordingWish, by: Wisher) -> Result<RecordingState, CannotRecord> {
        self.exchange.live.record(call, wish, by).await
    }

    fn conferences(&self) -> Vec<Conference> {
        self.exchange.conferences.list()
    }

    fn change_conference(&self, id: u64, change: Change) -> Result<(), ChangeError> {
        self.exchange.conferences.change(id, change)
    }

    async fn add_to_conference(&self, id: u64, to: &Number, sponsor: Option<&Number>) -> Result<CallId, ChangeError> {
        let (exchange, to, sponsor) = (Arc::clone(&self.exchange), to.clone(), sponsor.cloned());
        let add = async move { exchange.add_to_conference(id, to.as_str(), sponsor.as_ref().map(|own| own.as_str())) };
        self.signalling.spawn(add).await.unwrap_or(Err(ChangeError::NoRoom))
    }

    fn bans(&self) -> Vec<Ban> {
        self.exchange.guard.list()
    }

    fn lift_ban(&self, source: IpAddr) -> bool {
        self.exchange.guard.lift(source)
    }

    fn trunks(&self) -> Vec<TrunkStatus> {
        self.exchange.trunks.list()
    }

    fn trunks_of_file(&self) -> Vec<TrunkSettings> {
        self.trunks.of_file().to_vec()
    }

    async fn check_trunk(&self, name: &str) -> Option<bool> {
        self.exchange.trunks.check(name, CHECK).await
    }

    async fn reload_trunks(&self) {
        let _turn = self.turn.lock().await;
        let configs = match self.trunks.read().await {
            Ok(configs) => configs,
            Err(error) => {
                tracing::error!(%error, "calls go on with the trunks as they were: they could not be read again");
                return;
            }
        };
        // The task of a trunk belongs to the thread of signalling.
        let exchange = Arc::clone(&self.exchange);
        let set = self.signalling.spawn(async move { Trunks::set(&exchange, configs) });
        if set.await.is_err() {
            tracing::error!("signalling has ended: the trunks stay as they were");
        }
    }

    async fn reload_sounds(&self) {
        let _turn = self.turn.lock().await;
        if let Err(error) = self.sounds.load(&self.exchange).await {
            tracing::error!(%error, "prompts and music stay as they were: they could not be read again");
        }
    }

    async fn reload_contacts(&self) {
        let _turn = self.turn.lock().await;
        match self.sounds.store.contact_names().await {
            Ok(names) => self.exchange.names.set(NameIndex::new(names)),
            Err(error) => tracing::error!(%error, "callers have the names they had: contacts could not be read again"),
        }
    }

    fn phone(&self, number: &Number) -> PhoneState {
        self.exchange.lines.phone(number.as_str())
    }

    fn availability(&self, holder: &Holder) -> Availability {
        self.exchange.availability.of(holder)
    }

    fn set_availability(&self, holder: &Holder, availability: Availability) {
        self.exchange.availability.set(holder, availability);
    }

    async fn check_sync(&self, number: &Number, reboot: bool) -> usize {
        self.exchange.check_sync(number, reboot)
    }

    async fn reload_directory(&self) {
        let directory = match self.sources.read().await {
            Ok(directory) => directory,
            Err(error) => {
                tracing::error!(%error, "calls go on with the directory as it was: it could not be read again");
                return;
            }
        };
        // A phone of an extension that is gone must not stay reachable.
        for registration in self.exchange.registrar.list() {
            let number = registration.extension.as_str();
            if directory.extension(number).is_none() {
                self.exchange.registrar.forget(number);
            }
        }
        self.exchange.set_directory(directory);
    }

    fn counters(&self) -> BTreeMap<String, u64> {
        let SipCounters {
            received,
            malformed_answered,
            malformed_dropped,
            refused,
            stray,
            retransmissions_received,
            retransmissions_sent,
            timeouts,
            commands_ignored,
            transactions,
            legs,
            subscriptions,
        } = self.exchange.sip.counters();
        let SocketCounters { connections, connections_refused, handshakes_failed, stun_answered, stun_dropped } =
            self.exchange.sip.socket_counters();
        let counted = [
            ("calls", self.exchange.live.count() as u64),
            ("media_ports", self.exchange.media.ports().in_use() as u64),
            ("registrations", self.exchange.registrar.count() as u64),
            ("sip_commands_ignored", commands_ignored),
            ("sip_connections", connections as u64),
            ("sip_connections_refused", connections_refused),
            ("sip_handshakes_failed", handshakes_failed),
            ("sip_legs", legs as u64),
            ("sip_malformed_answered", malformed_answered),
            ("sip_malformed_dropped", malformed_dropped),
            ("sip_received", received),
            ("sip_refused", refused),
            ("sip_retransmissions_received", retransmissions_received),
            ("sip_retransmissions_sent", retransmissions_sent),
            ("sip_stray", stray),
            ("sip_stun_answered", stun_answered),
            ("sip_stun_dropped", stun_dropped),
            ("sip_subscriptions", subscriptions as u64),
            ("sip_timeouts", timeouts),
            ("sip_transactions", transactions as u64),
        ];
        counted.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
    }
}
