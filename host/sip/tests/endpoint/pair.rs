//! Two endpoints and a network between them, in virtual time.

use bytes::Bytes;
use jackfield_sip::{
    ClientTransactionId, Config, Endpoint, Event, Flow, Frame, HeaderName, LegCommand, LegEvent, LegId, Limits,
    Message, NewInvite, OutOfDialog, Party, Reply, ServerTransactionId, StreamFramer, Transmit, Transport,
};
use rand::{RngExt, SeedableRng, rngs::StdRng};
use std::{
    collections::{BTreeMap, VecDeque},
    net::SocketAddr,
    time::{Duration, Instant},
};

/// What the network does to each datagram.
#[derive(Clone, Copy, Debug)]
pub struct Weather {
    /// Share of datagrams lost, 0 to 1.
    pub loss: f64,
    /// Share that arrives twice.
    pub duplication: f64,
    /// Shortest way.
    pub delay: Duration,
    /// What is added to it at random; more than the gap between two datagrams reorders them.
    pub jitter: Duration,
}

impl Weather {
    pub const FAIR: Self =
        Self { loss: 0.0, duplication: 0.0, delay: Duration::from_millis(1), jitter: Duration::ZERO };
}

/// One of the two sides.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    A,
    B,
}

impl Side {
    pub fn other(self) -> Self {
        match self {
            Self::A => Self::B,
            Self::B => Self::A,
        }
    }
}

/// A message seen on the wire: when it was sent, by whom, and its first line or status and method.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sent {
    pub at: Duration,
    pub by: Side,
    pub what: String,
}

/// Which transmits the network swallows: side and label.
type Filter = Box<dyn FnMut(Side, &str) -> bool>;

pub struct Pair {
    pub a: Endpoint,
    pub b: Endpoint,
    pub now: Instant,
    pub start: Instant,
    pub weather: Weather,
    pub transport: Transport,
    /// Everything sent, lost or not.
    pub wire: Vec<Sent>,
    pub sent: Vec<(Side, Transmit)>,
    pub events_a: VecDeque<Event>,
    pub events_b: VecDeque<Event>,
    pub swallow: Filter,
    rng: StdRng,
    in_flight: BTreeMap<(Instant, u64), (Side, Bytes)>,
    number: u64,
    framers: [StreamFramer; 2],
}

pub const A: &str = "192.0.2.1:5060";
pub const B: &str = "192.0.2.2:5060";

#[expect(clippy::disallowed_methods, reason = "any instant will do as a base")]
pub fn base() -> Instant {
    Instant::now()
}

impl Pair {
    pub fn new() -> Self {
        Self::with(Transport::Udp, Weather::FAIR, 1, Config::default())
    }

    pub fn with(transport: Transport, weather: Weather, seed: u64, config: Config) -> Self {
        let now = base();
        let mut rng = StdRng::seed_from_u64(seed);
        let (mut a, mut b) = ([0; 32], [0; 32]);
        rng.fill(&mut a);
        rng.fill(&mut b);
        Self {
            a: Endpoint::new(config.clone(), a),
            b: Endpoint::new(config, b),
            now,
            start: now,
            weather,
            transport,
            wire: Vec::new(),
            sent: Vec::new(),
            events_a: VecDeque::new(),
            events_b: VecDeque::new(),
            swallow: Box::new(|_, _| false),
            rng,
            in_flight: BTreeMap::new(),
            number: 0,
            framers: [StreamFramer::new(Limits::default()), StreamFramer::new(Limits::default())],
        }
    }

    /// The way from one side to the other.
    pub fn flow(&self, from: Side) -> Flow {
        let (local, remote) = match from {
            Side::A => (A, B),
            Side::B => (B, A),
        };
        Flow { transport: self.transport, local: addr(local), remote: addr(remote), connection: None }
    }

    pub fn endpoint(&mut self, side: Side) -> &mut Endpoint {
        match side {
            Side::A => &mut self.a,
            Side::B => &mut self.b,
        }
    }

    pub fn command(&mut self, side: Side, leg: LegId, command: LegCommand) {
        let now = self.now;
        self.endpoint(side).command(now, leg, command);
        self.collect();
    }

    pub fn request(&mut self, side: Side, id: u64, request: OutOfDialog) {
        let now = self.now;
        self.endpoint(side).request(now, ClientTransactionId(id), request);
        self.collect();
    }

    pub fn respond(&mut self, side: Side, id: ServerTransactionId, reply: Reply) {
        let now = self.now;
        self.endpoint(side).respond(now, id, reply);
        self.collect();
    }

    /// Give one side bytes as if they had come from the other.
    pub fn inject(&mut self, to: Side, bytes: impl Into<Bytes>) {
        let (now, flow) = (self.now, self.flow(to));
        self.endpoint(to).handle_datagram(now, flow, bytes.into());
        self.collect();
    }

    pub fn fail(&mut self, side: Side, flow: Flow) {
        let now = self.now;
        self.endpoint(side).handle_transport_failure(now, flow);
        self.collect();
    }

    /// Go to the next thing that happens. False if nothing ever will, or not before `until`.
    pub fn step(&mut self, until: Instant) -> bool {
        let arrival = self.in_flight.keys().next().map(|(at, _)| *at);
        let next = [arrival, self.a.poll_timeout(), self.b.poll_timeout()].into_iter().flatten().min();
        let Some(next) = next.filter(|next| *next <= until) else { return false };
        self.now = self.now.max(next);
        while let Some(entry) = self.in_flight.first_entry()
            && entry.key().0 <= self.now
        {
            let (to, bytes) = entry.remove();
            self.arrive(to, bytes);
        }
        for side in [Side::A, Side::B] {
            let now = self.now;
            if self.endpoint(side).poll_timeout().is_some_and(|at| at <= now) {
                self.endpoint(side).handle_timeout(now);
            }
        }
        self.collect();
        true
    }

    /// Let this much time pass.
    pub fn run(&mut self, time: Duration) {
        let until = self.now + time;
        while self.step(until) {}
        self.now = until;
    }

    /// Let time pass until nothing is left to happen (an hour at most).
    pub fn run_dry(&mut self) {
        let until = self.now + Duration::from_secs(3_600);
        while self.step(until) {}
    }

    /// Virtual time since the start.
    pub fn elapsed(&self) -> Duration {
        self.now - self.start
    }

    /// When a side sent messages with this label.
    pub fn times(&self, by: Side, what: &str) -> Vec<Duration> {
        self.wire.iter().filter(|sent| sent.by == by && sent.what == what).map(|sent| sent.at).collect()
    }

    /// The last message with this label.
    pub fn last(&self, by: Side, what: &str) -> Message {
        let found = self.sent.iter().rev().find(|(side, transmit)| *side == by && label(&transmit.bytes) == what);
        let (_, transmit) = found.unwrap_or_else(|| panic!("{by:?} sent no {what}: {:#?}", self.wire));
        parse(&transmit.bytes)
    }

    /// The next event of a side.
    pub fn event(&mut self, side: Side) -> Event {
        let events = match side {
            Side::A => &mut self.events_a,
            Side::B => &mut self.events_b,
        };
        events.pop_front().unwrap_or_else(|| panic!("{side:?} has no event; wire: {:#?}", self.wire))
    }

    /// The next event of a side, which is one of this leg.
    pub fn leg_event(&mut self, side: Side, leg: LegId) -> LegEvent {
        match self.event(side) {
            Event::Leg(found, event) if found == leg => event,
            other => panic!("expected an event of {leg:?}, got {other:?}"),
        }
    }

    /// No event is waiting.
    pub fn assert_silent(&self) {
        assert!(self.events_a.is_empty(), "A: {:?}", self.events_a);
        assert!(self.events_b.is_empty(), "B: {:?}", self.events_b);
    }

    /// Nothing is left behind on either side.
    pub fn assert_clean(&self) {
        for counters in [self.a.counters(), self.b.counters()] {
            assert_eq!((counters.transactions, counters.legs), (0, 0), "{counters:?}");
        }
    }

    pub fn collect(&mut self) {
        for side in [Side::A, Side::B] {
            while let Some(transmit) = self.endpoint(side).poll_transmit() {
                self.send(side, transmit);
            }
        }
        while let Some(event) = self.a.poll_event() {
            self.events_a.push_back(event);
        }
        while let Some(event) = self.b.poll_event() {
            self.events_b.push_back(event);
        }
    }

    fn send(&mut self, by: Side, transmit: Transmit) {
        let what = label(&transmit.bytes);
        self.wire.push(Sent { at: self.elapsed(), by, what: what.clone() });
        let bytes = transmit.bytes.clone();
        self.sent.push((by, transmit));
        if (self.swallow)(by, &what) || self.rng.random_bool(self.weather.loss) {
            return;
        }
        let copies = if self.rng.random_bool(self.weather.duplication) { 2 } else { 1 };
        for _ in 0..copies {
            let jitter = self.weather.jitter.mul_f64(self.rng.random::<f64>());
            self.number += 1;
            self.in_flight.insert((self.now + self.weather.delay + jitter, self.number), (by.other(), bytes.clone()));
        }
    }

    fn arrive(&mut self, to: Side, bytes: Bytes) {
        let (now, flow) = (self.now, self.flow(to));
        if self.transport == Transport::Udp {
            self.endpoint(to).handle_datagram(now, flow, bytes);
            return;
        }
        let framer = &mut self.framers[to as usize];
        framer.push(&bytes);
        let mut framed = Vec::new();
        while let Some(frame) = framer.next().expect("our own messages are well framed") {
            if let Frame::Message(message) = frame {
                framed.push(message);
            }
        }
        for message in framed {
            self.endpoint(to).handle_message(now, flow, message);
        }
    }
}

/// `INVITE`, or `180 INVITE`.
pub fn label(bytes: &Bytes) -> String {
    let message = parse(bytes);
    match (message.method(), message.status(), message.cseq()) {
        (Some(method), _, _) => method.to_string(),
        (None, Some(status), Some(cseq)) => format!("{status} {}", cseq.method),
        other => panic!("neither request nor response: {other:?}"),
    }
}

pub fn parse(bytes: &Bytes) -> Message {
    Message::parse(bytes.clone(), jackfield_sip::Framing::Datagram, &Limits::default()).expect("well-formed")
}

pub fn addr(text: &str) -> SocketAddr {
    text.parse().expect("an address")
}

pub fn sdp(text: &str) -> Option<Bytes> {
    Some(Bytes::copy_from_slice(text.as_bytes()))
}

pub fn party(uri: &str) -> Party {
    Party { display: None, uri: uri.to_owned() }
}

/// An INVITE from A to B.
pub fn new_invite(flow: Flow) -> NewInvite {
    NewInvite {
        target: "sip:101@192.0.2.2".to_owned(),
        flow,
        from: Party { display: Some("Ana \"1\"".to_owned()), uri: "sip:100@192.0.2.1".to_owned() },
        to: party("sip:101@192.0.2.2"),
        sdp: sdp("offer"),
        headers: vec![("X-Office".to_owned(), "first\r\nfloor".to_owned())],
        max_forwards: 70,
        call_id: None,
        account: None,
        patience: None,
        session_timer: jackfield_sip::SessionPolicy::default(),
    }
}

pub const LEG: LegId = LegId(7);

/// A calls B and B's phone has been told; returns B's leg.
pub fn ring(pair: &mut Pair) -> LegId {
    let invite = new_invite(pair.flow(Side::A));
    pair.command(Side::A, LEG, LegCommand::Invite(Box::new(invite)));
    pair.run(Duration::from_millis(5));
    match pair.event(Side::B) {
        Event::Invite(leg, invite) => {
            assert_eq!(invite.sdp, sdp("offer"));
            leg
        }
        other => panic!("expected an INVITE, got {other:?}"),
    }
}

/// A and B talk; returns B's leg.
pub fn talk(pair: &mut Pair) -> LegId {
    let leg = ring(pair);
    pair.command(Side::B, leg, LegCommand::Answer { sdp: sdp("answer"), headers: Vec::new() });
    pair.run(Duration::from_millis(5));
    assert!(matches!(pair.leg_event(Side::A, LEG), LegEvent::Answered { .. }));
    assert!(matches!(pair.leg_event(Side::B, leg), LegEvent::Confirmed { sdp: None }));
    leg
}

/// A request of A in the confirmed dialog, made by hand.
pub fn by_hand(pair: &Pair, method: &str, step: u32, more: &str, body: &str) -> Bytes {
    let (invite, ok) = (pair.last(Side::A, "INVITE"), pair.last(Side::B, "200 INVITE"));
    let text = |message: &Message, name| message.text(name).unwrap().into_owned();
    Bytes::from(format!(
        "{method} sip:192.0.2.2:5060 SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bKhand{method}{step}\r\n\
         From: {}\r\nTo: {}\r\nCall-ID: {}\r\nCSeq: {} {method}\r\nMax-Forwards: 0\r\n{more}Content-Length: {}\r\n\r\n{body}",
        text(&invite, HeaderName::From),
        text(&ok, HeaderName::To),
        text(&invite, HeaderName::CallId),
        invite.cseq().unwrap().number + step,
        body.len(),
    ))
}
