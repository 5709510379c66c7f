//! A whole endpoint with a user who does anything at any time: never a panic, only well-formed messages leave it, and
//! when all is over nothing is left.
#![no_main]

use arbitrary::{Arbitrary, Unstructured};
use bytes::Bytes;
use jackfield_sip::{
    Account, Config, Endpoint, Event, Flow, Framing, LegCommand, LegEvent, LegId, Limits, Message, Method, NewInvite,
    Party, Reply, SubscriptionCommand, SubscriptionEvent, SubscriptionId, Transport,
};
use libfuzzer_sys::fuzz_target;
use std::{
    collections::HashSet,
    time::{Duration, Instant},
};

#[derive(Arbitrary, Debug)]
enum Step<'a> {
    Datagram(&'a [u8]),
    /// A message that went out comes back, with this many bytes of it replaced.
    Echo { which: u8, at: u16, bytes: &'a [u8] },
    /// A message that went out is turned into a response.
    Respond { which: u8, status: u16, tag: u8 },
    Wait(u16),
    Invite { offer: bool, large: bool },
    Progress { leg: u8, sdp: bool },
    Answer { leg: u8, sdp: bool },
    Reject { leg: u8, status: u16 },
    Reoffer { leg: u8 },
    AnswerReoffer { leg: u8, sdp: bool },
    AcceptRefer { leg: u8, status: u16 },
    HangUp { leg: u8 },
    Fail,
}

struct World {
    endpoint: Endpoint,
    now: Instant,
    sent: Vec<Bytes>,
    legs: Vec<LegId>,
    ended: HashSet<LegId>,
    next: u64,
}

fn flow() -> Flow {
    Flow {
        transport: Transport::Udp,
        local: "192.0.2.2:5060".parse().expect("an address"),
        remote: "192.0.2.1:5060".parse().expect("an address"),
        connection: None,
    }
}

impl World {
    fn drain(&mut self) {
        while let Some(transmit) = self.endpoint.poll_transmit() {
            let sent = Message::parse(transmit.bytes.clone(), Framing::Stream, &Limits::default());
            assert!(sent.is_ok(), "{sent:?}");
            if self.sent.len() < 64 {
                self.sent.push(transmit.bytes);
            }
        }
        while let Some(event) = self.endpoint.poll_event() {
            match event {
                Event::Invite(leg, _) => self.legs.push(leg),
                Event::Leg(leg, event) => {
                    assert!(!self.ended.contains(&leg), "{event:?} after the end");
                    let is_end = matches!(
                        event,
                        LegEvent::Rejected { .. } | LegEvent::Cancelled { .. } | LegEvent::Ended { .. }
                    );
                    if is_end {
                        self.ended.insert(leg);
                    }
                }
                Event::Request(id, _) => {
                    self.endpoint.respond(self.now, id, Reply { status: 200, ..Reply::default() });
                }
                Event::Response(..) => {}
                Event::Subscribe(id, incoming) => {
                    let command = if incoming.request.expires() == Some(1) {
                        SubscriptionCommand::Refuse { status: 489, headers: Vec::new() }
                    } else {
                        SubscriptionCommand::Accept { expires: 600, headers: Vec::new() }
                    };
                    self.endpoint.subscription(self.now, id, command);
                    self.notify(id);
                }
                Event::Subscription(id, SubscriptionEvent::Refreshed | SubscriptionEvent::Notified) => self.notify(id),
                Event::Subscription(_, SubscriptionEvent::Ended) => {}
            }
        }
    }

    fn notify(&mut self, id: SubscriptionId) {
        let body = Some(("text/plain".to_owned(), Bytes::from_static(b"state")));
        self.endpoint.subscription(self.now, id, SubscriptionCommand::Notify { body, headers: Vec::new() });
    }

    fn leg(&self, index: u8) -> LegId {
        self.legs.get(usize::from(index) % self.legs.len().max(1)).copied().unwrap_or(LegId(0))
    }

    fn sent(&self, index: u8) -> Option<&Bytes> {
        self.sent.get(usize::from(index) % self.sent.len().max(1))
    }

    fn receive(&mut self, bytes: Bytes) {
        self.endpoint.handle_datagram(self.now, flow(), bytes);
    }

    fn command(&mut self, leg: LegId, command: LegCommand) {
        self.endpoint.command(self.now, leg, command);
    }

    fn wait(&mut self, time: Duration) {
        let until = self.now + time;
        while let Some(at) = self.endpoint.poll_timeout().filter(|at| *at <= until) {
            self.now = self.now.max(at);
            self.endpoint.handle_timeout(self.now);
            self.drain();
        }
        self.now = until;
    }

    fn take(&mut self, step: Step<'_>) {
        let sdp = |wanted: bool| wanted.then(|| Bytes::from_static(b"v=0\r\n"));
        match step {
            Step::Datagram(bytes) => self.receive(Bytes::copy_from_slice(bytes)),
            Step::Echo { which, at, bytes } => {
                let Some(mut copy) = self.sent(which).map(|sent| sent.to_vec()) else { return };
                let at = usize::from(at) % copy.len();
                let end = (at + bytes.len()).min(copy.len());
                copy[at..end].copy_from_slice(&bytes[..end - at]);
                self.receive(copy.into());
            }
            Step::Respond { which, status, tag } => {
                let Some(text) = self.sent(which).map(|sent| String::from_utf8_lossy(sent).into_owned()) else { return };
                let Some((_, rest)) = text.split_once("\r\n") else { return };
                let status = 100 + status % 600;
                let rest = rest.replacen("Call-ID", &format!("X: y\r\nCall-ID"), 1);
                let tagged = rest.replacen(">\r\nX: y", &format!(">;tag=t{tag}\r\nX: y"), 1);
                self.receive(format!("SIP/2.0 {status} Fuzz\r\n{tagged}").into());
            }
            Step::Wait(ms) => self.wait(Duration::from_millis(u64::from(ms))),
            Step::Invite { offer, large } => {
                let party = |user: &str| Party { display: Some("\"x\r\n".to_owned()), uri: format!("sip:{user}@h") };
                let sdp = offer.then(|| Bytes::from(vec![b'x'; if large { 1_400 } else { 5 }]));
                self.next += 1;
                let leg = LegId(self.next);
                self.legs.push(leg);
                let invite = NewInvite {
                    target: "sip:b@192.0.2.1".to_owned(),
                    flow: flow(),
                    from: party("a"),
                    to: party("b"),
                    sdp,
                    headers: Vec::new(),
                    max_forwards: 70,
                    call_id: None,
                    account: large.then(|| Account { user: "a".to_owned(), password: "b".to_owned(), ha1: None }),
                    patience: None,
                    session_timer: jackfield_sip::SessionPolicy::default(),
                };
                self.command(leg, LegCommand::Invite(Box::new(invite)));
            }
            Step::Progress { leg, sdp: with } => {
                self.command(self.leg(leg), LegCommand::Progress { status: 183, sdp: sdp(with), headers: Vec::new() });
            }
            Step::Answer { leg, sdp: with } => {
                self.command(self.leg(leg), LegCommand::Answer { sdp: sdp(with), headers: Vec::new() });
            }
            Step::Reject { leg, status } => {
                self.command(self.leg(leg), LegCommand::Reject { status, headers: Vec::new() });
            }
            Step::Reoffer { leg } => {
                self.command(self.leg(leg), LegCommand::Reoffer { sdp: Bytes::from_static(b"v=1\r\n") });
            }
            Step::AnswerReoffer { leg, sdp: with } => {
                self.command(self.leg(leg), LegCommand::AnswerReoffer { sdp: sdp(with) });
            }
            Step::AcceptRefer { leg, status } => {
                self.command(self.leg(leg), LegCommand::AcceptRefer);
                self.command(self.leg(leg), LegCommand::ReferProgress { status: 100 + status % 600 });
            }
            Step::HangUp { leg } => self.command(self.leg(leg), LegCommand::HangUp { reason: None }),
            Step::Fail => self.endpoint.handle_transport_failure(self.now, flow()),
        }
    }
}

fuzz_target!(|data: &[u8]| {
    let mut config = Config::default();
    config.methods.push(Method::Subscribe);
    let mut world = World {
        endpoint: Endpoint::new(config, [7; 32]),
        now: Instant::now(),
        sent: Vec::new(),
        legs: Vec::new(),
        ended: HashSet::new(),
        next: 0,
    };
    let mut input = Unstructured::new(data);
    for _ in 0..64 {
        if input.is_empty() {
            break;
        }
        let Ok(step) = Step::arbitrary(&mut input) else { break };
        world.take(step);
        world.drain();
    }
    for leg in world.legs.clone() {
        world.command(leg, LegCommand::HangUp { reason: None });
        world.drain();
    }
    world.wait(Duration::from_secs(1_200));
    let counters = world.endpoint.counters();
    assert_eq!((counters.legs, counters.transactions, counters.subscriptions), (0, 0, 0), "{counters:?}");
    assert_eq!(world.ended.len(), world.legs.iter().collect::<HashSet<_>>().len(), "every leg has its end");
});
