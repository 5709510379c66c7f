//! A telephone side without telephones: registrations and calls held in memory.

#[path = "sound.rs"]
pub mod sound;

use async_trait::async_trait;
use jackfield_api::{Ends, Pipe, Telephony};
use jackfield_calls::{
    CannotCall,
    conference::{Change, ChangeError, Whom},
    events::EventBus,
    recording::{CannotRecord, RecordingWish, Wisher},
};
use jackfield_model::*;
use jackfield_store::Store;
use std::{
    collections::{BTreeMap, HashMap},
    net::IpAddr,
    pin::Pin,
    sync::{
        Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
};

/// Registrations and calls that somebody made up.
pub struct House {
    bus: EventBus,
    state: Mutex<State>,
    reloads: AtomicU64,
}

#[derive(Default)]
struct State {
    calls: Vec<LiveCall>,
    conferences: Vec<Conference>,
    registrations: Vec<Registration>,
    bans: Vec<Ban>,
    trunks: Vec<TrunkStatus>,
    trunks_of_file: Vec<TrunkSettings>,
    store: Option<Store>,
    started: Vec<(Number, Number)>,
    availability: HashMap<Holder, Availability>,
    ended: u64,
}

impl House {
    /// An empty house that tells its events to `bus`.
    pub fn new(bus: EventBus) -> Self {
        Self { bus, state: Mutex::default(), reloads: AtomicU64::new(0) }
    }

    /// A phone registers under `number`.
    pub fn register(&self, now: TimestampMs, number: &str, user_agent: &str) {
        let extension: Number = number.parse().expect("a number of the demo");
        let last = extension.as_str().bytes().fold(0u8, |sum, digit| sum.wrapping_mul(10).wrapping_add(digit));
        let port = 5060 + self.state().registrations.iter().filter(|other| other.extension == extension).count();
        let registration = Registration {
            contact: format!("sip:{number}@192.0.2.{last}:{port}"),
            source: format!("192.0.2.{last}:{port}"),
            transport: if last.is_multiple_of(3) { "tcp".into() } else { "udp".into() },
            user_agent: user_agent.into(),
            since: now,
            expires: now + 3_600_000,
            extension,
        };
        self.state().registrations.push(registration.clone());
        self.bus.publish(now, EventKind::Registered(registration));
    }

    /// Every phone of `number` is unplugged.
    pub fn unregister(&self, now: TimestampMs, number: &str) {
        let mut gone = Vec::new();
        self.state().registrations.retain(|registration| {
            let stays = registration.extension.as_str() != number;
            if !stays {
                gone.push((registration.extension.clone(), registration.contact.clone()));
            }
            stays
        });
        for (extension, contact) in gone {
            self.bus.publish(now, EventKind::Unregistered { extension, contact });
        }
    }

    /// A conference begins or changes.
    pub fn set_conference(&self, now: TimestampMs, conference: Conference) {
        let mut state = self.state();
        state.conferences.retain(|other| other.id != conference.id);
        state.conferences.push(conference.clone());
        drop(state);
        self.bus.publish(now, EventKind::Conference(conference));
    }

    /// A source is kept out.
    pub fn set_ban(&self, ban: Ban) {
        self.state().bans.push(ban);
    }

    /// The ways to the outside of the configuration file; one that is switched off has no status.
    pub fn set_trunks(&self, trunks: Vec<(TrunkSettings, Option<TrunkStatus>)>) {
        let mut state = self.state();
        (state.trunks_of_file, state.trunks) = (Vec::new(), Vec::new());
        for (settings, status) in trunks {
            state.trunks_of_file.push(settings);
            state.trunks.extend(status);
        }
    }

    /// Where trunks are read that were set up on the web page.
    pub fn set_store(&self, store: Store) {
        self.state().store = Some(store);
    }

    /// A call begins or changes.
    pub fn set_call(&self, now: TimestampMs, call: LiveCall) {
        let mut state = self.state();
        state.calls.retain(|other| other.id != call.id);
        state.calls.push(call.clone());
        drop(state);
        self.bus.publish(now, EventKind::Call(call));
    }

    /// A call is over; `false` when there is none.
    pub fn end_call(&self, now: TimestampMs, id: &CallId) -> bool {
        let mut state = self.state();
        let before = state.calls.len();
        state.calls.retain(|call| call.id != *id);
        let found = state.calls.len() < before;
        state.ended += u64::from(found);
        drop(state);
        if found {
            self.bus.publish(now, EventKind::CallEnded { id: id.clone() });
        }
        found
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl Telephony for House {
    fn calls(&self) -> Vec<LiveCall> {
        self.state().calls.clone()
    }

    fn registrations(&self) -> Vec<Registration> {
        self.state().registrations.clone()
    }

    async fn quality(&self, id: &CallId) -> Option<Vec<LegQuality>> {
        let call = self.calls().into_iter().find(|call| call.id == *id)?;
        let talked = call.answered.map(|_| sound::legs(id, &call.caller, &call.callee, 42));
        Some(talked.unwrap_or_default())
    }

    async fn hang_up(&self, call: &CallId) -> bool {
        let at = self.state().calls.iter().find(|other| other.id == *call).map(|call| call.started);
        at.is_some_and(|at| self.end_call(at, call))
    }

    /// A house without telephones: the page hears nothing until it is no longer let in.
    async fn serve_browser(
        &self,
        _: Number,
        _: Ends,
        pipe: Box<dyn Pipe>,
        end: Pin<Box<dyn Future<Output = ()> + Send>>,
    ) -> bool {
        end.await;
        drop(pipe);
        true
    }

    async fn record(&self, id: &CallId, wish: RecordingWish, by: Wisher) -> Result<RecordingState, CannotRecord> {
        let found = self.state().calls.iter().find(|call| call.id == *id).cloned();
        let mut call = found.ok_or(CannotRecord::NoCall)?;
        call.recording = match (wish, call.recording) {
            _ if call.state != CallState::Talking => return Err(CannotRecord::NobodyTalks),
            (RecordingWish::Record, _) => RecordingState::On,
            (RecordingWish::Pause, RecordingState::Off) => return Err(CannotRecord::NotRecording),
            (RecordingWish::Pause, _) => RecordingState::Paused,
            (RecordingWish::Stop, _) if !by.may_stop => return Err(CannotRecord::Required),
            (RecordingWish::Stop, _) => RecordingState::Off,
        };
        self.set_call(call.started, call.clone());
        Ok(call.recording)
    }

    async fn reload_sounds(&self) {}

    async fn reload_contacts(&self) {}

    fn conferences(&self) -> Vec<Conference> {
        let mut conferences = self.state().conferences.clone();
        conferences.sort_by_key(|conference| conference.id);
        conferences
    }

    fn change_conference(&self, id: u64, change: Change) -> Result<(), ChangeError> {
        let mut changed = self.conferences().into_iter().find(|other| other.id == id).ok_or(ChangeError::NoRoom)?;
        let at = changed.since;
        let member = |conference: &Conference, id| conference.member(id).map(drop).ok_or(ChangeError::NoMember(id));
        match change {
            Change::End => {
                self.state().conferences.retain(|other| other.id != id);
                self.bus.publish(at, EventKind::ConferenceEnded { id });
                return Ok(());
            }
            Change::Lock(locked) => changed.locked = locked,
            Change::Mute(whom, muted) => {
                if let Whom::Member(id) = whom {
                    member(&changed, id)?;
                }
                let meant = |m: &ConferenceMember| match whom {
                    Whom::Member(id) => m.id == id,
                    Whom::All => !m.moderator,
                };
                changed.members.iter_mut().filter(|m| meant(m)).for_each(|m| m.muted = muted);
            }
            Change::Remove(id) => {
                member(&changed, id)?;
                changed.members.retain(|m| m.id != id);
            }
            Change::Moderator(id, moderator) => {
                member(&changed, id)?;
                changed.members.iter_mut().filter(|m| m.id == id).for_each(|m| m.moderator = moderator);
            }
            Change::Gain(id, gain) => {
                member(&changed, id)?;
                changed.members.iter_mut().filter(|m| m.id == id).for_each(|m| m.gain = gain);
            }
            Change::Extend(by) => changed.ends = changed.ends.map(|ends| ends + by.as_millis() as u64),
            Change::Play(_) => {}
        }
        self.set_conference(at, changed);
        Ok(())
    }

    async fn add_to_conference(&self, id: u64, to: &Number, _: Option<&Number>) -> Result<CallId, ChangeError> {
        let mut changed = self.conferences().into_iter().find(|other| other.id == id).ok_or(ChangeError::NoRoom)?;
        let member = changed.members.iter().map(|m| m.id).max().unwrap_or(0) + 1;
        let call = CallId::new(2, u64::from(member));
        changed.members.push(ConferenceMember {
            id: member,
            call: call.clone(),
            who: Party { number: to.as_str().into(), name: String::new(), extension: Some(to.clone()) },
            since: changed.since,
            moderator: false,
            muted: false,
            on_hold: false,
            gain: 100,
        });
        self.set_conference(changed.since, changed);
        Ok(call)
    }

    fn bans(&self) -> Vec<Ban> {
        self.state().bans.clone()
    }

    fn trunks(&self) -> Vec<TrunkStatus> {
        self.state().trunks.clone()
    }

    fn trunks_of_file(&self) -> Vec<TrunkSettings> {
        self.state().trunks_of_file.clone()
    }

    async fn check_trunk(&self, name: &str) -> Option<bool> {
        self.state().trunks.iter().any(|trunk| trunk.name == name).then_some(true)
    }

    /// Every trunk that is set up here is up at once.
    async fn reload_trunks(&self) {
        let store = self.state().store.clone();
        let stored = match store {
            Some(store) => store.trunks().await.expect("trunks"),
            None => Vec::new(),
        };
        let mut state = self.state();
        let of_file: Vec<_> = state.trunks_of_file.iter().map(|trunk| trunk.name.clone()).collect();
        state.trunks.retain(|trunk| of_file.contains(&trunk.name));
        let since = 1_764_000_000_000;
        state.trunks.extend(stored.into_iter().filter(|trunk| trunk.enabled).map(|trunk| TrunkStatus {
            name: trunk.name,
            state: TrunkState::Up,
            trouble: None,
            since,
            registered_until: None,
            servers: vec![TrunkServer {
                address: "UDP 192.0.2.30:5060".into(),
                host: "192.0.2.30".into(),
                answers: true,
            }],
            calls: 0,
            channels: trunk.channels,
        }));
        drop(state);
        self.bus.publish(since, EventKind::TrunksChanged);
    }

    fn lift_ban(&self, source: IpAddr) -> bool {
        let mut state = self.state();
        let before = state.bans.len();
        state.bans.retain(|ban| ban.source != source);
        state.bans.len() < before
    }

    fn phone(&self, number: &Number) -> PhoneState {
        let state = self.state();
        let uses = |party: &Party| party.extension.as_ref() == Some(number);
        match state.calls.iter().find(|call| uses(&call.caller) || uses(&call.callee)) {
            Some(call) if call.state == CallState::Ringing && uses(&call.callee) => PhoneState::Ringing,
            Some(_) => PhoneState::InCall,
            None if state.registrations.iter().any(|phone| phone.extension == *number) => PhoneState::Idle,
            None => PhoneState::Unregistered,
        }
    }

    fn availability(&self, holder: &Holder) -> Availability {
        self.state().availability.get(holder).cloned().unwrap_or_default()
    }

    fn set_availability(&self, holder: &Holder, availability: Availability) {
        self.state().availability.insert(holder.clone(), availability.clone());
        let (user, numbers) = match holder {
            Holder::User(user) => (Some(*user), Vec::new()),
            Holder::Extension(number) => (None, vec![number.clone()]),
        };
        self.bus.publish(availability.since, EventKind::Availability { user, numbers, availability });
    }

    async fn call(&self, from: &Number, to: &Number, _auto_answer: bool) -> Result<CallId, CannotCall> {
        let mut state = self.state();
        if !state.registrations.iter().any(|phone| phone.extension == *from) {
            return Err(CannotCall::NoPhone);
        }
        state.started.push((from.clone(), to.clone()));
        Ok(CallId::new(1, state.started.len() as u64))
    }

    async fn check_sync(&self, number: &Number, _reboot: bool) -> usize {
        self.state().registrations.iter().filter(|phone| phone.extension == *number).count()
    }

    async fn reload_directory(&self) {
        self.reloads.fetch_add(1, Ordering::SeqCst);
    }

    fn counters(&self) -> BTreeMap<String, u64> {
        let state = self.state();
        BTreeMap::from([
            ("calls_active".to_owned(), state.calls.len() as u64),
            ("calls_total".to_owned(), state.calls.len() as u64 + state.ended),
            ("directory_reloads".to_owned(), self.reloads.load(Ordering::SeqCst)),
            ("registrations".to_owned(), state.registrations.len() as u64),
        ])
    }
}

/// A party of the house.
pub fn party(number: &str, name: &str) -> Party {
    Party { number: number.into(), name: name.into(), extension: number.parse().ok().filter(|_| number.len() < 5) }
}

/// A call in progress.
pub fn call(n: u64, caller: Party, callee: Party, state: CallState, started: TimestampMs) -> LiveCall {
    let inbound = caller.extension.is_none();
    LiveCall {
        id: CallId::new(1, n),
        direction: if inbound { Direction::Inbound } else { Direction::Internal },
        caller,
        callee,
        state,
        trunk: None,
        script: (state == CallState::InScript).then(|| "org.jackfield.auto-attendant/main".into()),
        started,
        answered: matches!(state, CallState::Talking | CallState::Held | CallState::InScript)
            .then_some(started + 4_000),
        recording: RecordingState::Off,
    }
}

/// A conference in progress, of four.
pub fn conference(now: TimestampMs) -> Conference {
    let member = |id: u32, who: Party| ConferenceMember {
        id,
        call: CallId::new(3, id.into()),
        who,
        since: now - 60_000 * u64::from(10 - id),
        moderator: id == 1,
        muted: id == 4,
        on_hold: false,
        gain: 100,
    };
    let members = [party("100", "Anna"), party("101", "Bruno"), party("+33123456789", ""), party("106", "Greta")];
    Conference {
        id: 1,
        title: "Monday round".into(),
        plugin: "org.jackfield.conference".into(),
        name: "600".into(),
        since: now - 600_000,
        ends: Some(now + 1_500_000),
        max_members: 16,
        locked: false,
        waiting: false,
        ringing: 0,
        speaker: Some(1),
        members: (1..).zip(members).map(|(id, who)| member(id, who)).collect(),
    }
}
