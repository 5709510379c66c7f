//! `GET /events`: what happens, as it happens, over a WebSocket.
//!
//! The first message is a snapshot with the number of the newest event that it contains; numbered events follow. After
//! a break the client asks with the run and the number that it knows, and gets what it missed, or a fresh snapshot when
//! that is forgotten. A client that is too slow loses the oldest events and gets a fresh snapshot in their place. Events
//! set state rather than change it, so one that is contained in the snapshot already does no harm.
//!
//! Users see what concerns their own numbers, and of everybody what the telephone list shows; the numbers of the events that
//! they see therefore have gaps.

use crate::{
    ApiState,
    auth::SignedIn,
    error::{Problem, ProblemKind},
    input::Query,
};
use axum::{
    extract::{
        State, WebSocketUpgrade,
        ws::{CloseFrame, Message, WebSocket},
    },
    response::Response,
};
use jackfield_model::{
    CallId, CallRecord, Conference, Event, EventKind, LiveCall, Number, Party, PluginStatus, Registration, Role,
    TimestampMs, User,
};
use serde::{Deserialize, Serialize};
use std::{collections::HashSet, sync::Arc, time::Duration};
use tokio::{
    sync::broadcast::error::RecvError,
    time::{MissedTickBehavior, interval, timeout},
};
use utoipa::{IntoParams, ToSchema};

/// How often the client is asked whether it is still there, and whether its session still holds.
const PING: Duration = Duration::from_secs(20);
/// How long a message may take to leave; a client that takes longer is cut off.
const PATIENCE: Duration = Duration::from_secs(15);
/// Close code for a session that has ended: the client must sign in again.
const SIGNED_OUT: u16 = 4401;

/// What the client knows already.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct Resume {
    /// Number of the last event that the client has seen.
    since: Option<u64>,
    /// `run` of the snapshot that it started from.
    run: Option<String>,
}

/// What the server sends besides numbered events.
#[derive(Serialize, ToSchema)]
#[serde(tag = "type", content = "data", rename_all = "kebab-case")]
pub(crate) enum ServerMessage {
    /// How everything is now; forget what was known before.
    Snapshot(Snapshot),
}

/// How everything is now.
#[derive(Serialize, ToSchema)]
pub(crate) struct Snapshot {
    /// Number of the newest event that is contained.
    seq: u64,
    /// Names this run of the server; numbers of another run mean nothing.
    run: String,
    /// What time it is on the server.
    now: TimestampMs,
    /// The phones registered.
    registrations: Vec<Registration>,
    /// The calls in progress, oldest first.
    calls: Vec<LiveCall>,
    /// The conferences in progress, oldest first; empty for users.
    conferences: Vec<Conference>,
    /// The plugins; empty for users.
    plugins: Vec<PluginStatus>,
}

/// Opens the event stream. Messages are `Snapshot` and `Event`.
#[utoipa::path(get, path = "/events", tag = "live", params(Resume),
    responses((status = 101, description = "A WebSocket follows.")))]
pub(crate) async fn events(
    State(state): State<ApiState>,
    who: SignedIn,
    Query(resume): Query<Resume>,
    upgrade: WebSocketUpgrade,
) -> Result<Response, Problem> {
    let scope = Scope::of(&state, &who.user).await?;
    let turn = Arc::clone(&state.streams).try_acquire_owned().map_err(|_| {
        Problem::new(ProblemKind::Busy, "Too many pages are open on this server. Close some.").retry_after(30)
    })?;
    Ok(upgrade.max_message_size(4 * 1024).on_upgrade(async move |socket| {
        let _turn = turn;
        let mut stream = Stream { state, who, scope, shown: HashSet::new(), socket };
        let code = stream.run(resume).await;
        let frame = CloseFrame { code, reason: "".into() };
        // The other side may be gone already.
        let _ = timeout(PATIENCE, stream.socket.send(Message::Close(Some(frame)))).await;
    }))
}

/// One client's stream.
struct Stream {
    state: ApiState,
    who: SignedIn,
    scope: Scope,
    /// Calls of which the client knows: only their ends are told to it.
    shown: HashSet<CallId>,
    socket: WebSocket,
}

/// The client is gone or too slow.
struct Gone;

impl Stream {
    /// Sends until one side is gone; the close code.
    async fn run(&mut self, resume: Resume) -> u16 {
        let mut live = self.state.parts.bus.subscribe();
        let Ok(mut sent) = self.begin(resume).await else { return 1000 };
        let mut ping = interval(PING);
        ping.set_missed_tick_behavior(MissedTickBehavior::Delay);
        ping.reset();
        loop {
            let done = tokio::select! {
                event = live.recv() => match event {
                    Ok(event) if event.seq <= sent => Ok(()),
                    Ok(event) => { sent = event.seq; self.event(&event).await }
                    Err(RecvError::Lagged(_)) => self.snapshot().await.map(|seq| sent = seq),
                    Err(RecvError::Closed) => return 1001,
                },
                message = self.socket.recv() => match message {
                    // Nothing that a client says matters; answers to pings are made below us.
                    Some(Ok(Message::Close(_)) | Err(_)) | None => Err(Gone),
                    Some(Ok(_)) => Ok(()),
                },
                _ = ping.tick() => match self.state.store().session(&self.who.token, self.state.now()).await {
                    Ok(Some(_)) => self.send(Message::Ping(bytes::Bytes::new())).await,
                    Ok(None) => return SIGNED_OUT,
                    Err(error) => { tracing::warn!(%error, "a session could not be checked"); Ok(()) }
                },
            };
            if done.is_err() {
                return 1000;
            }
        }
    }

    /// The events that were missed if they are still known, a snapshot otherwise; the newest number sent.
    async fn begin(&mut self, resume: Resume) -> Result<u64, Gone> {
        let known = resume.since.filter(|_| resume.run.as_deref() == Some(&run(&self.state)));
        let Some(missed) = known.and_then(|since| Some((since, self.state.parts.bus.since(since)?))) else {
            return self.snapshot().await;
        };
        // What the client showed when it went away: at least the calls that go on are known to it.
        self.shown = self.scope.calls(&self.state).into_iter().map(|call| call.id).collect();
        let (mut sent, events) = missed;
        for event in events {
            if let EventKind::CallEnded { id } = &event.kind {
                self.shown.insert(id.clone());
            }
            sent = event.seq;
            self.event(&event).await?;
        }
        Ok(sent)
    }

    async fn snapshot(&mut self) -> Result<u64, Gone> {
        let seq = self.state.parts.bus.last();
        let calls = self.scope.calls(&self.state);
        self.shown = calls.iter().map(|call| call.id.clone()).collect();
        let admin = self.scope.numbers.is_none();
        let snapshot = Snapshot {
            seq,
            run: run(&self.state),
            now: self.state.now(),
            registrations: self.scope.registrations(&self.state),
            calls,
            conferences: if admin { self.state.parts.telephony.conferences() } else { Vec::new() },
            plugins: if admin { self.state.parts.plugins.list() } else { Vec::new() },
        };
        self.json(&ServerMessage::Snapshot(snapshot)).await?;
        Ok(seq)
    }

    async fn event(&mut self, event: &Event) -> Result<(), Gone> {
        match &event.kind {
            EventKind::DirectoryChanged => {
                // A number may have come or gone, or the role may have changed: see it with new eyes.
                let user = self.state.store().user(self.who.user.id).await.ok().flatten();
                match user {
                    Some(user) => self.who.user = user,
                    None => return Err(Gone),
                }
                let fresh = Scope::of(&self.state, &self.who.user).await.map_err(|_| Gone)?;
                if fresh != self.scope {
                    self.scope = fresh;
                    self.snapshot().await?;
                }
            }
            EventKind::Call(call) if self.scope.sees_call(call) => {
                self.shown.insert(call.id.clone());
            }
            EventKind::Call(call) => {
                // It was theirs and went to somebody else: over, as far as they are concerned.
                if self.shown.remove(&call.id) {
                    let kind = EventKind::CallEnded { id: call.id.clone() };
                    return self.json(&Event { seq: event.seq, at: event.at, kind }).await;
                }
                return Ok(());
            }
            EventKind::CallEnded { id } => {
                if !self.shown.remove(id) {
                    return Ok(());
                }
            }
            EventKind::CallRecorded(record) if !self.scope.sees_record(record) => return Ok(()),
            EventKind::Registered(registration) if !self.scope.sees(&registration.extension) => return Ok(()),
            EventKind::Unregistered { extension, .. } if !self.scope.sees(extension) => return Ok(()),
            EventKind::PluginChanged { .. }
            | EventKind::BansChanged
            | EventKind::Conference(_)
            | EventKind::ConferenceSpeaker { .. }
            | EventKind::ConferenceEnded { .. }
            | EventKind::Trunk(_)
            | EventKind::TrunksChanged
            | EventKind::SchedulesChanged
                if self.scope.numbers.is_some() =>
            {
                return Ok(());
            }
            // Everybody sees where people are; the rest of it only who may.
            EventKind::Availability { user, numbers, availability } => {
                let availability = self.who.viewer_of(*user).sees(availability);
                let kind = EventKind::Availability { user: *user, numbers: numbers.clone(), availability };
                return self.json(&Event { seq: event.seq, at: event.at, kind }).await;
            }
            EventKind::Phone { .. }
            | EventKind::CallRecorded(_)
            | EventKind::Registered(_)
            | EventKind::Unregistered { .. }
            | EventKind::PagesChanged
            | EventKind::PluginChanged { .. }
            | EventKind::BansChanged
            | EventKind::Conference(_)
            | EventKind::ConferenceSpeaker { .. }
            | EventKind::ConferenceEnded { .. }
            | EventKind::Trunk(_)
            | EventKind::TrunksChanged
            | EventKind::SchedulesChanged => {}
        }
        self.json(event).await
    }

    async fn json(&mut self, message: &impl Serialize) -> Result<(), Gone> {
        let text = serde_json::to_string(message).map_err(|error| {
            tracing::error!(%error, "an event could not be written as JSON");
            Gone
        })?;
        self.send(Message::Text(text.into())).await
    }

    async fn send(&mut self, message: Message) -> Result<(), Gone> {
        match timeout(PATIENCE, self.socket.send(message)).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(_)) | Err(_) => Err(Gone),
        }
    }
}

/// What one person may see.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Scope {
    /// Their own numbers, or `None` for everything.
    numbers: Option<HashSet<Number>>,
}

impl Scope {
    pub(crate) async fn of(state: &ApiState, user: &User) -> Result<Self, Problem> {
        Ok(match user.role {
            Role::Admin => Self { numbers: None },
            Role::User => Self { numbers: Some(state.store().numbers_of(user.id).await?.into_iter().collect()) },
        })
    }

    /// The calls in progress that they may see, oldest first.
    pub(crate) fn calls(&self, state: &ApiState) -> Vec<LiveCall> {
        let mut calls = state.parts.telephony.calls();
        calls.retain(|call| self.sees_call(call));
        calls.sort_by(|a, b| (a.started, &a.id).cmp(&(b.started, &b.id)));
        calls
    }

    /// The registrations that they may see, by extension.
    pub(crate) fn registrations(&self, state: &ApiState) -> Vec<Registration> {
        let mut registrations = state.parts.telephony.registrations();
        registrations.retain(|registration| self.sees(&registration.extension));
        let key = |r: &Registration| (r.extension.as_str().len(), r.extension.clone(), r.since);
        registrations.sort_by_key(key);
        registrations
    }

    fn sees(&self, number: &Number) -> bool {
        self.numbers.as_ref().is_none_or(|own| own.contains(number))
    }

    fn sees_party(&self, party: &Party) -> bool {
        self.numbers.as_ref().is_none_or(|own| party.extension.as_ref().is_some_and(|number| own.contains(number)))
    }

    pub(crate) fn sees_call(&self, call: &LiveCall) -> bool {
        self.sees_party(&call.caller) || self.sees_party(&call.callee)
    }

    pub(crate) fn sees_record(&self, record: &CallRecord) -> bool {
        let answered = record.answered_by.as_ref().and_then(|by| by.parse::<Number>().ok());
        self.sees_party(&record.caller)
            || self.sees_party(&record.callee)
            || answered.is_some_and(|number| self.sees(&number))
    }
}

fn run(state: &ApiState) -> String {
    format!("{:x}", state.started)
}
