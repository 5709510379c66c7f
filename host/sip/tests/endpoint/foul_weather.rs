//! Thousands of calls through a network that loses, repeats and reorders: whatever happens, nothing is left behind.

use crate::pair::*;
use bytes::Bytes;
use jackfield_sip::{Config, Event, LegCommand, LegEvent, LegId, Reason, Transport};
use rand::{RngExt, SeedableRng, rngs::StdRng};
use std::{
    collections::{HashMap, VecDeque},
    time::Duration,
};

const CALLS: u64 = 3_000;
/// Calls that run at the same time in one network.
const AT_ONCE: u64 = 60;

fn storm(loss: f64) -> Weather {
    Weather { loss, duplication: 0.1, delay: Duration::from_millis(5), jitter: Duration::from_millis(80) }
}

/// What became of the calls.
#[derive(Debug, Default, PartialEq, Eq)]
struct Tally {
    answered: u64,
    rejected: u64,
    ended: u64,
    reanswered: u64,
}

/// One user for both sides, who does something random at random times and answers what it is asked.
struct User {
    pair: Pair,
    rng: StdRng,
    /// Legs alive and the number of terminal events each has had.
    ends: HashMap<(bool, LegId), u32>,
    tally: Tally,
}

impl User {
    fn new(seed: u64, loss: f64) -> Self {
        Self {
            pair: Pair::with(Transport::Udp, storm(loss), seed, Config::default()),
            rng: StdRng::seed_from_u64(seed),
            ends: HashMap::new(),
            tally: Tally::default(),
        }
    }

    fn run(mut self) -> Tally {
        for number in 0..AT_ONCE {
            let leg = LegId(number + 1);
            let mut invite = new_invite(self.pair.flow(Side::A));
            if self.rng.random_bool(0.1) {
                invite.sdp = None;
            }
            self.ends.insert((true, leg), 0);
            self.pair.command(Side::A, leg, LegCommand::Invite(Box::new(invite)));
            self.wait();
        }
        for _ in 0..400 {
            self.wait();
            self.meddle();
        }
        // Now everybody goes home.
        for _ in 0..80 {
            let alive: Vec<(bool, LegId)> =
                self.ends.iter().filter(|(_, ends)| **ends == 0).map(|(leg, _)| *leg).collect();
            for (is_a, leg) in alive {
                self.pair.command(side(is_a), leg, LegCommand::HangUp { reason: None });
            }
            self.pair.run(Duration::from_secs(5));
            self.answer_events();
        }
        self.pair.run_dry();
        self.answer_events();
        self.pair.assert_clean();
        for (leg, ends) in &self.ends {
            assert_eq!(*ends, 1, "{leg:?} ends exactly once");
        }
        self.tally
    }

    fn wait(&mut self) {
        let time = Duration::from_millis(self.rng.random_range(0..120));
        self.pair.run(time);
        self.answer_events();
    }

    /// Do something to a random leg; most commands do not fit and must do no harm.
    fn meddle(&mut self) {
        let mut legs: Vec<(bool, LegId)> = self.ends.keys().copied().collect();
        legs.sort();
        let Some((is_a, leg)) = legs.get(self.rng.random_range(0..legs.len())).copied() else { return };
        let command = match self.rng.random_range(0..12) {
            0 => LegCommand::HangUp { reason: Some(Reason::completed_elsewhere()) },
            1 => LegCommand::Reject { status: 486, headers: Vec::new() },
            2 | 3 => LegCommand::Progress { status: 180, sdp: None, headers: Vec::new() },
            4 => LegCommand::Info { content_type: "application/dtmf".to_owned(), body: Bytes::from_static(b"5") },
            5 | 6 => LegCommand::Reoffer { sdp: Bytes::from_static(b"new offer") },
            7 => LegCommand::RejectReoffer { status: 488 },
            _ => LegCommand::Answer { sdp: sdp("answer"), headers: Vec::new() },
        };
        self.pair.command(side(is_a), leg, command);
    }

    fn answer_events(&mut self) {
        for is_a in [true, false] {
            let events = if is_a { &mut self.pair.events_a } else { &mut self.pair.events_b };
            let events: VecDeque<Event> = std::mem::take(events);
            for event in events {
                match event {
                    Event::Invite(leg, _) => {
                        assert!(self.ends.insert((is_a, leg), 0).is_none(), "one event per INVITE");
                    }
                    Event::Leg(leg, event) => self.on_leg_event(is_a, leg, event),
                    Event::Request(..) | Event::Response(..) | Event::Subscribe(..) | Event::Subscription(..) => {
                        panic!("{event:?}")
                    }
                }
            }
        }
    }

    fn on_leg_event(&mut self, is_a: bool, leg: LegId, event: LegEvent) {
        let ends = self.ends.get_mut(&(is_a, leg)).expect("a leg that was announced");
        assert_eq!(*ends, 0, "no event after the end: {event:?}");
        match event {
            LegEvent::Rejected { .. } => {
                *ends += 1;
                self.tally.rejected += 1;
            }
            LegEvent::Cancelled { .. } => *ends += 1,
            LegEvent::Ended { .. } => {
                *ends += 1;
                self.tally.ended += 1;
            }
            LegEvent::Answered { .. } => {
                self.tally.answered += 1;
                self.pair.command(side(is_a), leg, LegCommand::AnswerReoffer { sdp: sdp("answer") });
            }
            LegEvent::Reoffer { .. } => {
                self.pair.command(side(is_a), leg, LegCommand::AnswerReoffer { sdp: sdp("answer") });
            }
            LegEvent::Reanswered { .. } => self.tally.reanswered += 1,
            LegEvent::Progress { .. }
            | LegEvent::Confirmed { .. }
            | LegEvent::ReofferFailed { .. }
            | LegEvent::Info { .. }
            | LegEvent::RefreshDue
            | LegEvent::Refer(_) => {}
        }
    }
}

fn side(is_a: bool) -> Side {
    if is_a { Side::A } else { Side::B }
}

fn calls(loss: f64) -> Tally {
    let mut sum = Tally::default();
    for seed in 0..CALLS / AT_ONCE {
        let tally = User::new(seed, loss).run();
        sum.answered += tally.answered;
        sum.rejected += tally.rejected;
        sum.ended += tally.ended;
        sum.reanswered += tally.reanswered;
    }
    sum
}

#[test]
fn thousands_of_calls_under_a_fifth_of_loss_leave_nothing_behind() {
    let tally = calls(0.2);
    assert!(tally.answered > CALLS / 4, "{tally:?}");
    assert!(tally.rejected > CALLS / 20 && tally.ended > CALLS / 2 && tally.reanswered > CALLS / 20, "{tally:?}");
}

#[test]
fn thousands_of_calls_under_half_of_loss_leave_nothing_behind() {
    let tally = calls(0.5);
    assert!(tally.answered > CALLS / 8, "{tally:?}");
}

#[test]
fn the_same_seed_gives_the_same_calls() {
    let run = || {
        let mut pair = Pair::with(Transport::Udp, storm(0.3), 42, Config::default());
        let invite = new_invite(pair.flow(Side::A));
        pair.command(Side::A, LEG, LegCommand::Invite(Box::new(invite)));
        pair.run(Duration::from_secs(40));
        pair.sent.iter().map(|(_, transmit)| transmit.bytes.clone()).collect::<Vec<_>>()
    };
    assert_eq!(run(), run());
}
