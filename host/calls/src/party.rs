//! One party of a call: its SIP leg and its sound, kept in step.

mod image;
mod picture;

use crate::{
    desk::LegEntry,
    encryption,
    exchange::Exchange,
    facts::Facts,
    keys::Keys,
    lines::{Line, LineState, Role},
    quality::Place,
    trunks::Channel,
};
use bytes::Bytes;
pub(crate) use image::image_of;
use jackfield_media::{
    StreamConfig, StreamEvent,
    codec::Codec,
    dtmf_from_info,
    room::HeardBy,
    sdp::{
        self, Anchor, Direction, Encryption, Layout, Negotiated, PayloadTypes, Preference, RtpMedia, Sdp, Transport,
        TransportError,
    },
};
use jackfield_model::{LegSide, Party as Who};
use jackfield_net::{Leg, MediaRoom, MediaStream, PlayId, RoomError};
use jackfield_sip::{Flow, LegCommand, LegEnd, LegEvent, NewInvite, Reason, Refer};
use picture::Picture;
pub(crate) use picture::share_pictures;
use std::{net::IpAddr, pin::Pin, sync::Arc, task::Poll, time::Duration};
use tokio::sync::mpsc;
use tracing::{info, warn};

/// Key presses and ends of prompts that may wait for a call task.
const STREAM_EVENTS: usize = 32;

/// One party: a leg, the port its sound comes to, and what was agreed about it.
pub(crate) struct Party {
    pub(crate) leg: Leg,
    pub(crate) answered: bool,
    /// Its line, if it is one of ours: the lamps of others show it.
    pub(crate) line: Option<Line>,
    /// How it tells keys and takes them.
    pub(crate) keys: Keys,
    /// The channel of the trunk that it is reached by.
    pub(crate) channel: Option<Channel>,
    exchange: Arc<Exchange>,
    who: Who,
    flow: Flow,
    call: u64,
    sound: Option<Sound>,
    /// Its own last description.
    theirs: Option<Bytes>,
    /// Which way sound flows by what it was told last.
    told: Direction,
    /// The formats that it was told last.
    formats: PayloadTypes,
    /// Places of the streams in its dialog, by what it was told.
    layout: Layout,
    /// Its picture, once there may be one.
    picture: Option<Picture>,
    /// Whether what it was told last was an offer, so that its description is the answer.
    asked: bool,
    /// Whether an offer of the host's own waits for its answer.
    asking: bool,
    transport: Transport,
    version: u32,
    entry: LegEntry,
    /// Names of the codecs that it may be offered; all when empty.
    codecs: Vec<String>,
    /// Where its call writes down how it sounds.
    place: Option<Place>,
    /// The Call-ID of its dialog, where calls remember their course.
    dialog: Option<Box<str>>,
}

struct Sound {
    stream: MediaStream,
    events: mpsc::Receiver<StreamEvent>,
    place: Option<Place>,
}

/// What a party does.
#[derive(Debug)]
pub(crate) enum PartyEvent {
    /// Rings, or says something before the answer.
    Progress { status: u16, sdp: Option<Bytes> },
    /// Has answered.
    Answered { sdp: Option<Bytes> },
    /// Has refused, or could not be reached: then the status is made here.
    Rejected { status: u16, made_here: bool, retry_after: Option<Duration> },
    /// Its ACK has come, with an answer if we made the offer.
    Confirmed { sdp: Option<Bytes> },
    /// Wants to change the session.
    Reoffer { sdp: Option<Bytes> },
    /// Has accepted a change.
    Reanswered { sdp: Option<Bytes> },
    /// Has refused a change.
    ReofferFailed { status: u16 },
    /// Has pressed a key; `info` when it was told by SIP INFO and not in its sound.
    Digit { digit: char, info: bool },
    /// Asks to be connected elsewhere.
    Refer(Box<Refer>),
    /// It is a fax machine that has called.
    FaxCalls,
    /// Its session must be renewed.
    RefreshDue,
    /// Has heard all of a prompt.
    Played(PlayId),
    /// Has said all that is recorded.
    Recorded,
    /// Is gone.
    Gone { cancelled: bool, why: String },
}

/// What a [`Party`] is made of.
pub(crate) struct NewParty {
    /// Who it is.
    pub who: Who,
    /// Whom it has to do with.
    pub remote: Who,
    /// Whether it called.
    pub role: Role,
    /// The way to it.
    pub flow: Flow,
    /// The call it belongs to.
    pub call: u64,
    /// Its description, if it has made one.
    pub theirs: Option<Bytes>,
}

/// The sound of a call cannot be set up: the SIP status to give, and why.
#[derive(Debug)]
pub(crate) struct NoSound {
    pub status: u16,
    pub why: String,
}

impl Party {
    /// A party heard over `flow`, in the call counted `call`, which has to do with `remote`.
    pub(crate) fn new(exchange: Arc<Exchange>, leg: Leg, of: NewParty) -> Self {
        let NewParty { who, remote, role, flow, call, theirs } = of;
        let state = if role == Role::Recipient { LineState::Early } else { LineState::Trying };
        let line = who.extension.as_ref().map(|number| exchange.lines.take(number, leg.id(), role, state, remote));
        let entry = exchange.desk.enter_leg(leg.id(), call, flow.connection);
        let transport = transport(&exchange, &flow, encryption::of_party(&exchange, who.extension.as_ref()));
        Self {
            leg,
            answered: false,
            line,
            keys: Keys::default(),
            channel: None,
            exchange,
            who,
            flow,
            call,
            sound: None,
            theirs,
            told: Direction::SendRecv,
            formats: PayloadTypes::default(),
            layout: Layout::default(),
            picture: None,
            asked: false,
            asking: false,
            transport,
            version: 0,
            entry,
            codecs: Vec::new(),
            place: None,
            dialog: None,
        }
    }

    /// A party that an INVITE is about to go to: the ports exist before the offer leaves.
    pub(crate) fn to_invite(exchange: Arc<Exchange>, flow: Flow, call: u64, who: Who, remote: Who) -> Self {
        let leg = exchange.sip.new_leg();
        Self::new(exchange, leg, NewParty { who, remote, role: Role::Recipient, flow, call, theirs: None })
    }

    /// Offer it these codecs alone, by name.
    pub(crate) fn hold_to_codecs(&mut self, names: &[String]) {
        self.codecs = names.to_vec();
    }

    /// Have its sound travel like this; before it is told anything.
    pub(crate) fn encrypt(&mut self, encryption: Encryption) {
        self.transport = transport(&self.exchange, &self.flow, encryption);
    }

    /// How its sound is to travel.
    pub(crate) fn encryption(&self) -> Encryption {
        self.transport.encryption()
    }

    /// Whether its offer can be taken at all, before anybody is rung for it.
    pub(crate) fn review(&mut self) -> Result<(), NoSound> {
        let Some(theirs) = self.theirs.clone() else { return Ok(()) };
        let audio = Sdp::parse(&theirs).and_then(|sdp| sdp.audio()).map_err(NoSound::unusable)?;
        self.transport.accept(&audio.transport).map_err(|error| self.no_sound(error))
    }

    /// Why its sound cannot travel, with its number for whoever reads it.
    fn no_sound(&self, error: TransportError) -> NoSound {
        NoSound::unusable(format_args!("{}: {error}", self.who.number))
    }

    /// Who it is.
    pub(crate) fn who(&self) -> &Who {
        &self.who
    }

    /// The way to it.
    pub(crate) fn flow(&self) -> Flow {
        self.flow
    }

    /// It has come by a dialog of this Call-ID.
    pub(crate) fn came_by(&mut self, call_id: Option<&[u8]>) {
        if self.exchange.config.explain {
            self.dialog = call_id.map(|id| String::from_utf8_lossy(id).into());
        }
    }

    /// Call it, by a dialog that is remembered.
    pub(crate) async fn invite(&mut self, invite: NewInvite) {
        let call_id = self.exchange.config.explain.then(|| format!("{:032x}", rand::random::<u128>()));
        self.dialog = call_id.as_deref().map(Box::from);
        self.leg.command(LegCommand::Invite(Box::new(NewInvite { call_id, ..invite }))).await;
    }

    /// The call remembers its dialog.
    pub(crate) fn is_traced(&self, facts: &Facts) {
        if let Some(dialog) = &self.dialog {
            facts.trace().dialog(dialog, &self.who.number);
        }
    }

    /// What happens to it is written down with this call from now on.
    pub(crate) fn belongs_to(&mut self, facts: &Facts, side: LegSide) {
        self.is_traced(facts);
        let book = facts.sound();
        let place = Place { book: book.clone(), leg: self.leg.id(), side, who: self.who.clone() };
        if let Some(before) = self.place.replace(place.clone())
            && !before.book.is(book)
        {
            before.leave();
        }
        if let Some(sound) = &mut self.sound {
            sound.place = Some(place);
            sound.note();
        }
    }

    /// It belongs to another call from now on.
    pub(crate) fn enter(&mut self, call: u64) {
        self.call = call;
        self.entry.move_to(call);
    }

    /// It talks, with this party.
    pub(crate) fn talks_with(&self, remote: &Who) {
        if let Some(line) = &self.line {
            line.set_remote(remote);
            line.set(LineState::Confirmed);
        }
    }

    /// What it does next. Never resolves twice to [`PartyEvent::Gone`]: stop asking then.
    pub(crate) async fn next(&mut self) -> PartyEvent {
        loop {
            let event = self.happens().await;
            if matches!(event, PartyEvent::Reanswered { .. } | PartyEvent::ReofferFailed { .. }) {
                self.asking = false;
            }
            if let PartyEvent::Digit { digit, info } = event
                && self.keys.is_told_twice(digit, info)
            {
                continue;
            }
            return event;
        }
    }

    async fn happens(&mut self) -> PartyEvent {
        loop {
            let Some(sound) = &mut self.sound else {
                if let Some(event) = told_by_leg(self.leg.event().await) {
                    return event;
                }
                continue;
            };
            tokio::select! {
                biased;
                event = self.leg.event() => if let Some(event) = told_by_leg(event) {
                    return event;
                },
                Some(event) = sound.events.recv() => return match event {
                    StreamEvent::Digit(digit) => PartyEvent::Digit { digit, info: false },
                    StreamEvent::Played(id) => PartyEvent::Played(id),
                    StreamEvent::FaxCalls => PartyEvent::FaxCalls,
                    StreamEvent::RecordEnded(_) => PartyEvent::Recorded,
                    StreamEvent::NotSecured(error) => {
                        PartyEvent::Gone { cancelled: false, why: format!("no keys for its sound: {error}") }
                    }
                },
            }
        }
    }

    /// Its last description.
    pub(crate) fn theirs(&self) -> Option<&Bytes> {
        self.theirs.as_ref()
    }

    /// Take note of its description.
    pub(crate) fn set_theirs(&mut self, sdp: Bytes) {
        self.theirs = Some(sdp);
    }

    /// The stream of its sound, once there is one.
    pub(crate) fn stream(&self) -> Option<&MediaStream> {
        self.sound.as_ref().map(|s| &s.stream)
    }

    /// Offer the other party's sound to this one, with ourselves as the place to send to, and with what we could turn it
    /// into; and its picture, where the other `sees`.
    pub(crate) fn describe(&mut self, other: &[u8], sees: bool) -> Result<Bytes, NoSound> {
        let mut sdp = Sdp::parse(other).map_err(NoSound::unusable)?;
        if sdp.image().is_some() {
            return self.describe_image(&sdp);
        }
        let picture = if sees { self.describe_picture(&sdp) } else { None };
        let anchor = self.anchor()?;
        let ours = self.own_codecs();
        // What is taken off may leave only what we turn the rest into.
        let turned = sdp.audio().is_ok_and(|audio| audio.agreed(Preference(&self.exchange.config.codecs)).is_ok());
        if !self.codecs.is_empty()
            && let Err(error) = sdp.keep_codecs(&self.codecs)
        {
            return if turned { self.offer(None) } else { Err(NoSound::unusable(error)) };
        }
        self.transport.offer();
        let described = sdp.anchored(&anchor, &self.transport, &ours).map_err(NoSound::unusable)?;
        let described = self.keys.fit(described, None).map_err(NoSound::unusable)?;
        self.lay_out(&described, picture.as_deref())
    }

    /// The other party's answer as the answer to this one's offer.
    pub(crate) fn describe_answer(&mut self, other: &[u8]) -> Result<Bytes, NoSound> {
        // Without an offer of its own it is asked.
        let Some(theirs) = self.theirs.clone() else { return self.describe(other, true) };
        let offer = Sdp::parse(&theirs).map_err(NoSound::unusable)?;
        if offer.image().is_some() {
            return self.describe_image_answer(&offer, other);
        }
        let anchor = self.anchor()?;
        let audio = offer.audio().map_err(NoSound::unusable)?;
        self.transport.accept(&audio.transport).map_err(|error| self.no_sound(error))?;
        let answer = Sdp::parse(other).map_err(NoSound::unusable)?;
        let picture = self.answer_picture(&offer, &answer);
        let described = answer
            .answer_for(&offer, &anchor, &self.transport, Preference(&self.exchange.config.codecs))
            .map_err(NoSound::unusable)?;
        let described = self.keys.fit(described, Some(&theirs)).map_err(NoSound::unusable)?;
        let described = Layout::answer(&offer, &described, picture.as_deref()).map_err(NoSound::unusable)?;
        self.note(&described, false);
        if picture.is_none() {
            self.has_no_picture();
        }
        Ok(described.into())
    }

    /// An offer of ours with its streams in their places.
    fn lay_out(&mut self, described: &[u8], picture: Option<&[u8]>) -> Result<Bytes, NoSound> {
        let mut layout = self.layout.clone();
        if let Some(theirs) = self.theirs.as_ref().and_then(|theirs| Sdp::parse(theirs).ok()) {
            layout.note(&theirs);
        }
        let offer = layout.offer(described, picture).map_err(NoSound::unusable)?;
        self.note(&offer, true);
        Ok(offer.into())
    }

    /// Remember what it is told.
    fn note(&mut self, described: &[u8], asked: bool) {
        let sdp = Sdp::parse(described);
        if let Ok(sdp) = &sdp {
            self.layout.note(sdp);
        }
        let video = sdp.as_ref().ok().and_then(Sdp::video);
        if let Some(picture) = &mut self.picture {
            picture.told = video.map(|video| video.formats);
        }
        let audio = sdp.and_then(|sdp| sdp.audio());
        self.told = audio.as_ref().map_or(Direction::SendRecv, |audio| audio.direction);
        self.formats = audio.map(|audio| PayloadTypes::of(&audio.formats)).unwrap_or_default();
        self.asked = asked;
    }

    /// The codecs that we may offer it of our own.
    fn own_codecs(&self) -> Vec<Codec> {
        let mut codecs = self.exchange.config.codecs.clone();
        let named = |codec: &Codec| self.codecs.iter().any(|name| name.eq_ignore_ascii_case(codec.name()));
        if !self.codecs.is_empty() && codecs.iter().any(named) {
            codecs.retain(named);
        }
        codecs
    }

    /// Offer our own sound to this party, with this codec first.
    pub(crate) fn offer(&mut self, first: Option<Negotiated>) -> Result<Bytes, NoSound> {
        let anchor = self.anchor()?;
        let mut codecs = self.own_codecs();
        if let Some(first) = first {
            codecs.sort_by_key(|codec| *codec != first.codec);
        }
        self.transport.offer();
        let offer = sdp::offer(&anchor, &self.transport, Preference(&codecs), Direction::SendRecv);
        let offer = self.keys.fit(offer, None).map_err(NoSound::unusable)?;
        self.lay_out(&offer, None)
    }

    /// Answer this party's offer ourselves and let its sound flow.
    pub(crate) fn answer_offer(&mut self) -> Result<Bytes, NoSound> {
        let Some(theirs) = self.theirs.clone() else { return self.offer(None) };
        let anchor = self.anchor()?;
        let codecs = self.own_codecs();
        let offer = Sdp::parse(&theirs).map_err(NoSound::unusable)?;
        let audio = offer.audio().map_err(NoSound::unusable)?;
        self.transport.accept(&audio.transport).map_err(|error| self.no_sound(error))?;
        let (answer, agreed) =
            offer.answer(&anchor, &self.transport, Preference(&codecs)).map_err(NoSound::unusable)?;
        let answer = self.keys.fit(answer, Some(&theirs)).map_err(NoSound::unusable)?;
        self.note(&answer, false);
        self.configure(&audio, Some(agreed))?;
        // Who answers here has no picture to show.
        self.has_no_picture();
        self.picture = None;
        Ok(answer.into())
    }

    /// Answer its INVITE ourselves, whoever it will talk to.
    pub(crate) async fn accept(&mut self) -> Result<(), NoSound> {
        let sdp = self.answer_offer()?;
        self.leg.command(LegCommand::Answer { sdp: Some(sdp), headers: Vec::new() }).await;
        self.answered = true;
        Ok(())
    }

    /// Make it an offer of the host's own; ends in one [`PartyEvent::Reanswered`] or [`PartyEvent::ReofferFailed`].
    pub(crate) async fn ask(&mut self, sdp: Bytes) {
        self.asking = true;
        self.leg.command(LegCommand::Reoffer { sdp }).await;
    }

    /// Whether such an offer waits for its answer, so that one of somebody else's has to wait, too.
    pub(crate) fn is_asked(&self) -> bool {
        self.asking
    }

    /// Let sound flow both ways again after somebody who is gone has put it on hold, or has faxed with it.
    pub(crate) async fn resume(&mut self) {
        let flows = self.told == Direction::SendRecv && self.direction() == Direction::SendRecv;
        if !self.answered || (flows && self.image().is_none()) {
            return;
        }
        match self.offer(self.speaks()) {
            Ok(sdp) => self.ask(sdp).await,
            Err(refused) => info!(why = refused.why, "a party stays on hold"),
        }
    }

    /// The description that holds, once more.
    fn again(&mut self) -> Result<Bytes, NoSound> {
        if self.image().is_some() { self.image_offer() } else { self.offer(self.speaks()) }
    }

    /// The same, so that the session goes on (RFC 4028).
    pub(crate) async fn renew(&mut self) {
        if let Ok(sdp) = self.again() {
            self.ask(sdp).await;
        }
    }

    /// Offer it our own sound anew, in the codecs that it is held to.
    pub(crate) async fn offer_anew(&mut self) {
        match self.offer(None) {
            Ok(sdp) => self.ask(sdp).await,
            Err(refused) => info!(why = refused.why, "a party keeps its codec"),
        }
    }

    /// Offer it our codecs alone, if it may speak in one that the host does not understand.
    pub(crate) async fn keep_to_ours(&mut self) {
        let theirs = self.theirs.as_ref().and_then(|sdp| Sdp::parse(sdp).ok()?.audio().ok());
        let first = theirs.and_then(|audio| audio.formats.into_iter().next());
        let ours = |name: &str| self.exchange.config.codecs.iter().any(|codec| codec.name().eq_ignore_ascii_case(name));
        if first.is_some_and(|format| !ours(&format.encoding))
            && let Ok(sdp) = self.offer(self.speaks())
        {
            self.ask(sdp).await;
        }
    }

    /// Have its sound in a room, where it is heard by these.
    pub(crate) async fn enter_room(&mut self, room: &MediaRoom, heard_by: HeardBy) {
        if let Err(error) = self.join_room(room, heard_by).await {
            warn!(%error, "a party cannot be mixed with others");
        }
    }

    /// The same, for who has to know whether it went well.
    pub(crate) async fn join_room(&mut self, room: &MediaRoom, heard_by: HeardBy) -> Result<(), RoomError> {
        match &mut self.sound {
            Some(sound) => {
                let joined = room.join(&mut sound.stream, heard_by).await;
                sound.note();
                joined
            }
            None => Ok(()),
        }
    }

    /// Let it hear music until something else is played or it is connected.
    pub(crate) fn play_hold_music(&self) {
        if let Some(stream) = self.stream() {
            stream.play(self.exchange.music.items(), true);
        }
    }

    /// It has accepted a description of ours.
    pub(crate) fn take_answer(&mut self, answer: Bytes) {
        self.set_theirs(answer);
        if let Err(refused) = self.open() {
            info!(why = refused.why, "an answer cannot be used");
        }
    }

    /// Have its sound on the same thread as that of another party.
    pub(crate) async fn sound_beside(&mut self, other: &Self) {
        if let (Some(sound), Some(beside)) = (&mut self.sound, &other.sound) {
            sound.stream.move_beside(&beside.stream).await;
            sound.note();
        }
    }

    /// Let sound flow as this party has described it, passed through from and to the other party.
    pub(crate) fn open(&mut self) -> Result<Direction, NoSound> {
        let Some(theirs) = self.theirs.clone() else { return Ok(Direction::SendRecv) };
        let sdp = Sdp::parse(&theirs).map_err(NoSound::unusable)?;
        self.anchor()?;
        self.open_picture(&sdp);
        if let Some(image) = sdp.image() {
            self.configure_image(&image);
            return Ok(Direction::SendRecv);
        }
        let audio = sdp.audio().map_err(NoSound::unusable)?;
        self.configure(&audio, None)?;
        Ok(audio.direction)
    }

    /// What the host speaks to it, if it has described a codec that the host knows.
    pub(crate) fn speaks(&self) -> Option<Negotiated> {
        let audio = Sdp::parse(self.theirs.as_ref()?).ok()?.audio().ok()?;
        self.shared(&audio).agreed(Preference(&self.exchange.config.codecs)).ok()
    }

    /// Answer a change of session on our own, as an end point.
    pub(crate) async fn accept_reoffer(&mut self, offer: Option<Bytes>) {
        let before = self.theirs.clone();
        let answer = match offer {
            Some(offer) => {
                self.theirs = Some(offer);
                self.answer_offer()
            }
            None => self.again(),
        };
        match answer {
            Ok(sdp) => self.leg.command(LegCommand::AnswerReoffer { sdp: Some(sdp) }).await,
            Err(refused) => {
                info!(why = refused.why, "change of session refused");
                // What was agreed before holds (RFC 3261 §14.1).
                self.theirs = before;
                self.leg.command(LegCommand::RejectReoffer { status: 488 }).await;
            }
        }
    }

    /// Which way sound flows by its last description.
    pub(crate) fn direction(&self) -> Direction {
        let audio = self.theirs.as_ref().and_then(|sdp| Sdp::parse(sdp).ok()?.audio().ok());
        audio.map_or(Direction::SendRecv, |audio| audio.direction)
    }

    /// Its leg, for want of anything else to do with it.
    pub(crate) fn into_leg(self) -> Leg {
        self.leg
    }

    /// End it.
    pub(crate) async fn hang_up(self, reason: Option<Reason>) {
        self.leg.hang_up(reason).await;
    }

    /// Its description with the formats alone that both descriptions name: what it may send and be sent, in its numbers.
    fn shared(&self, audio: &RtpMedia) -> RtpMedia {
        let (mut audio, told) = (audio.clone(), self.formats);
        if audio.formats.iter().any(|format| told.contains(format.payload_type)) {
            audio.formats.retain(|format| told.contains(format.payload_type));
        }
        audio
    }

    fn configure(&mut self, audio: &RtpMedia, agreed: Option<Negotiated>) -> Result<(), NoSound> {
        if self.asked {
            self.transport.conclude(&audio.transport).map_err(|error| self.no_sound(error))?;
        }
        let audio = self.shared(audio);
        let speak = agreed.or_else(|| audio.agreed(Preference(&self.exchange.config.codecs)).ok());
        let mut config = StreamConfig::new(&audio, Some(self.flow.remote.ip()), speak);
        config.security = self.transport.security().clone();
        self.keys.settle(&mut config);
        if let Some(sound) = &mut self.sound {
            sound.stream.configure(config);
            sound.note();
        }
        Ok(())
    }

    /// Where this party shall send its sound; binds the ports at the first call.
    fn anchor(&mut self) -> Result<Anchor, NoSound> {
        let stream = match &self.sound {
            Some(sound) => &sound.stream,
            None => {
                let (sender, events) = mpsc::channel(STREAM_EVENTS);
                let local: IpAddr = self.flow.local.ip();
                let stream = self.exchange.media.bind(local, self.call, rand::random(), sender).map_err(|error| {
                    warn!(%error, "no media port for a call");
                    NoSound { status: 503, why: format!("no media port: {error}") }
                })?;
                let place = self.place.clone();
                &self.sound.insert(Sound { stream, events, place }).stream
            }
        };
        self.version += 1;
        let local = stream.address();
        // The session id only has to be unique among our own: call and leg are (RFC 8866 §5.2).
        let session = self.call << 8 | (self.leg.id().0 & 0xff);
        let address = self.exchange.config.public_address.unwrap_or(local.ip());
        Ok(Anchor { address, port: local.port(), session, version: self.version })
    }
}

impl Sound {
    /// Its stream is open, or on another thread now.
    fn note(&self) {
        if let Some(place) = self.place.as_ref().filter(|_| self.stream.is_open()) {
            place.open(&self.stream);
        }
    }
}

impl Drop for Sound {
    fn drop(&mut self) {
        if let Some(place) = &self.place {
            place.over(&mut self.stream);
        }
    }
}

/// How the sound of a party that is reached by this flow travels. Browsers have but one way of it.
fn transport(exchange: &Exchange, flow: &Flow, encryption: Encryption) -> Transport {
    let is_browser = matches!(flow.transport, jackfield_sip::Transport::Ws | jackfield_sip::Transport::Wss);
    let encryption = if is_browser { Encryption::Browser } else { encryption };
    let private = matches!(flow.transport, jackfield_sip::Transport::Tls | jackfield_sip::Transport::Wss);
    Transport::new(encryption, private, Some(exchange.media.identity()), |bytes| rand::fill(bytes))
}

impl NoSound {
    fn unusable(error: impl std::fmt::Display) -> Self {
        // 488 Not Acceptable Here (RFC 3261 §21.4.26).
        Self { status: 488, why: error.to_string() }
    }
}

/// Which of several parties does something next, and what.
pub(crate) async fn next_of<T: Send>(parties: &mut [T], party: fn(&mut T) -> &mut Party) -> (usize, PartyEvent) {
    if let [only] = parties {
        return (0, party(only).next().await);
    }
    let mut waits: Vec<Pin<Box<dyn Future<Output = PartyEvent> + Send + '_>>> =
        parties.iter_mut().map(|each| Box::pin(party(each).next()) as _).collect();
    std::future::poll_fn(|context| {
        for (index, wait) in waits.iter_mut().enumerate() {
            if let Poll::Ready(event) = wait.as_mut().poll(context) {
                return Poll::Ready((index, event));
            }
        }
        Poll::Pending
    })
    .await
}

fn told_by_leg(event: Option<LegEvent>) -> Option<PartyEvent> {
    let gone = |why: &str| PartyEvent::Gone { cancelled: false, why: why.to_owned() };
    Some(match event {
        Some(LegEvent::Progress { status, sdp }) => PartyEvent::Progress { status, sdp },
        Some(LegEvent::Answered { sdp, .. }) => PartyEvent::Answered { sdp },
        Some(LegEvent::Rejected { status, message }) => {
            let retry_after = message.as_ref().and_then(|response| response.retry_after()).map(Duration::from_secs);
            PartyEvent::Rejected { status, made_here: message.is_none(), retry_after }
        }
        Some(LegEvent::Confirmed { sdp }) => PartyEvent::Confirmed { sdp },
        Some(LegEvent::Cancelled { reason }) => {
            PartyEvent::Gone { cancelled: true, why: reason.unwrap_or_else(|| "cancelled".into()) }
        }
        Some(LegEvent::Reoffer { sdp }) => PartyEvent::Reoffer { sdp },
        Some(LegEvent::Reanswered { sdp }) => PartyEvent::Reanswered { sdp },
        Some(LegEvent::ReofferFailed { status }) => PartyEvent::ReofferFailed { status },
        Some(LegEvent::Info { content_type, body }) => {
            PartyEvent::Digit { digit: dtmf_from_info(&content_type, &body)?, info: true }
        }
        Some(LegEvent::Refer(refer)) => PartyEvent::Refer(refer),
        Some(LegEvent::RefreshDue) => PartyEvent::RefreshDue,
        Some(LegEvent::Ended { cause }) => match cause {
            LegEnd::Bye { reason } => {
                PartyEvent::Gone { cancelled: false, why: reason.unwrap_or_else(|| "BYE".into()) }
            }
            LegEnd::NoAck => gone("no ACK"),
            LegEnd::Timeout => gone("no answer in the dialog"),
            LegEnd::Transport => gone("transport failed"),
            LegEnd::Local => gone("ended here"),
        },
        None => gone("the leg is over"),
    })
}
