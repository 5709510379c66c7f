//! Every timer of RFC 3261 (table 4) and RFC 6026, seen at its exact time.

use crate::pair::*;
use jackfield_sip::{
    ClientTransactionId, Event, LegCommand, LegEnd, LegEvent, Method, OutOfDialog, Reply, RequestFailure, Transport,
};
use std::time::Duration;

/// T1 · 64.
const GIVE_UP: Duration = Duration::from_secs(32);

fn ms(times: &[u64]) -> Vec<Duration> {
    times.iter().map(|&time| Duration::from_millis(time)).collect()
}

fn options(pair: &Pair) -> OutOfDialog {
    OutOfDialog {
        method: Method::Options,
        target: "sip:192.0.2.2".to_owned(),
        flow: pair.flow(Side::A),
        from: party("sip:100@192.0.2.1"),
        to: party("sip:192.0.2.2"),
        headers: Vec::new(),
        body: None,
        call_id: None,
        cseq: None,
        account: None,
    }
}

fn over_tcp() -> Pair {
    Pair::with(Transport::Tcp, Weather::FAIR, 1, jackfield_sip::Config::default())
}

fn reply(status: u16) -> Reply {
    Reply { status, ..Reply::default() }
}

#[test]
fn timer_a_doubles_and_timer_b_gives_up_after_64_t1() {
    let mut pair = Pair::new();
    pair.swallow = Box::new(|_, _| true);
    let invite = new_invite(pair.flow(Side::A));
    pair.command(Side::A, LEG, LegCommand::Invite(Box::new(invite)));
    pair.run(GIVE_UP - Duration::from_millis(1));
    pair.assert_silent();
    pair.run(Duration::from_millis(1));
    assert_eq!(pair.times(Side::A, "INVITE"), ms(&[0, 500, 1_500, 3_500, 7_500, 15_500, 31_500]));
    assert!(matches!(pair.leg_event(Side::A, LEG), LegEvent::Rejected { status: 408, message: None }));
    assert_eq!(pair.a.counters().timeouts, 1);
    pair.assert_clean();
}

#[test]
fn timers_a_and_b_stop_at_the_first_provisional_response() {
    let mut pair = Pair::new();
    ring(&mut pair);
    pair.run(Duration::from_secs(300));
    assert_eq!(pair.times(Side::A, "INVITE").len(), 1);
    pair.assert_silent();
}

#[test]
fn on_tcp_timer_a_does_not_run_but_timer_b_does() {
    let mut pair = over_tcp();
    pair.swallow = Box::new(|_, _| true);
    let invite = new_invite(pair.flow(Side::A));
    pair.command(Side::A, LEG, LegCommand::Invite(Box::new(invite)));
    pair.run_dry();
    assert_eq!(pair.elapsed(), GIVE_UP);
    assert_eq!(pair.times(Side::A, "INVITE").len(), 1);
    pair.assert_clean();
}

#[test]
fn timer_d_answers_repeated_refusals_for_32_seconds() {
    let mut pair = Pair::new();
    let leg = ring(&mut pair);
    let answered = pair.elapsed() + pair.weather.delay;
    pair.command(Side::B, leg, LegCommand::Reject { status: 486, headers: Vec::new() });
    pair.run(Duration::from_secs(10));
    let refusal = pair.last(Side::B, "486 INVITE").bytes().clone();
    pair.run(GIVE_UP - (pair.elapsed() - answered) - Duration::from_millis(1));
    assert_eq!(pair.a.counters().transactions, 1);
    pair.inject(Side::A, refusal.clone());
    assert_eq!(pair.times(Side::A, "ACK").len(), 2, "acknowledged again");
    pair.run(Duration::from_millis(1));
    assert_eq!(pair.a.counters().transactions, 0, "timer D");
    pair.inject(Side::A, refusal);
    assert_eq!((pair.times(Side::A, "ACK").len(), pair.a.counters().stray), (2, 1));
}

#[test]
fn on_tcp_timers_d_and_i_are_zero() {
    let mut pair = over_tcp();
    let leg = ring(&mut pair);
    pair.command(Side::B, leg, LegCommand::Reject { status: 486, headers: Vec::new() });
    pair.run(Duration::from_millis(2));
    assert_eq!((pair.a.counters().transactions, pair.b.counters().transactions), (0, 0));
}

#[test]
fn timer_e_doubles_up_to_t2_and_timer_f_gives_up() {
    let mut pair = Pair::new();
    pair.swallow = Box::new(|_, _| true);
    let request = options(&pair);
    pair.request(Side::A, 5, request);
    pair.run_dry();
    let sent = ms(&[0, 500, 1_500, 3_500, 7_500, 11_500, 15_500, 19_500, 23_500, 27_500, 31_500]);
    assert_eq!(pair.times(Side::A, "OPTIONS"), sent);
    assert_eq!(pair.elapsed(), GIVE_UP);
    let event = pair.event(Side::A);
    assert!(matches!(event, Event::Response(ClientTransactionId(5), Err(RequestFailure::Timeout))), "{event:?}");
    pair.assert_clean();
}

#[test]
fn timer_k_absorbs_repeated_answers_for_t4_and_timer_j_repeats_them_for_64_t1() {
    let mut pair = Pair::new();
    let request = options(&pair);
    pair.request(Side::A, 5, request);
    pair.run(Duration::from_millis(1));
    let Event::Request(id, _) = pair.event(Side::B) else { panic!("no request") };
    pair.respond(Side::B, id, reply(200));
    let request = pair.last(Side::A, "OPTIONS").bytes().clone();
    pair.run(Duration::from_millis(1));
    assert!(matches!(pair.event(Side::A), Event::Response(_, Ok(_))));
    pair.run(Duration::from_millis(4_999));
    assert_eq!(pair.a.counters().transactions, 1);
    pair.run(Duration::from_millis(1));
    assert_eq!(pair.a.counters().transactions, 0, "timer K");
    // Timer J began when the answer was sent, at 1 ms.
    pair.run(Duration::from_millis(32_000) - pair.elapsed());
    assert_eq!(pair.b.counters().transactions, 1);
    pair.inject(Side::B, request.clone());
    assert_eq!(pair.times(Side::B, "200 OPTIONS").len(), 2, "answered again, not asked again");
    pair.assert_silent();
    pair.run(Duration::from_millis(1));
    assert_eq!(pair.b.counters().transactions, 0, "timer J");
    pair.inject(Side::B, request);
    assert!(matches!(pair.event(Side::B), Event::Request(..)), "a new transaction");
}

#[test]
fn on_tcp_timers_e_j_and_k_do_not_run() {
    let mut pair = over_tcp();
    let request = options(&pair);
    pair.request(Side::A, 5, request);
    pair.run(Duration::from_secs(9));
    let Event::Request(id, _) = pair.event(Side::B) else { panic!("no request") };
    pair.respond(Side::B, id, reply(200));
    assert_eq!(pair.b.counters().transactions, 0, "timer J is zero");
    pair.run(Duration::from_millis(1));
    assert_eq!(pair.a.counters().transactions, 0, "timer K is zero");
    assert_eq!(pair.times(Side::A, "OPTIONS").len(), 1, "no timer E");
}

#[test]
fn a_request_that_nobody_answers_is_forgotten_when_its_sender_has_given_up() {
    let mut pair = Pair::new();
    let request = options(&pair);
    pair.request(Side::A, 5, request);
    pair.run_dry();
    let Event::Request(id, _) = pair.event(Side::B) else { panic!("no request") };
    pair.respond(Side::B, id, reply(200));
    assert_eq!(pair.times(Side::B, "200 OPTIONS"), []);
    pair.assert_clean();
}

#[test]
fn a_challenge_keeps_nothing_and_is_the_same_challenge_when_the_request_comes_again() {
    let mut pair = Pair::new();
    let request = options(&pair);
    pair.swallow = Box::new(|side, _| side == Side::B);
    pair.request(Side::A, 5, request);
    let mut tags = Vec::new();
    for _ in 0..2 {
        pair.run(Duration::from_secs(1));
        let Event::Request(id, request) = pair.event(Side::B) else { panic!("no request") };
        assert!(request.request.to().unwrap().tag().is_none());
        pair.respond(Side::B, id, reply(401));
        assert_eq!(pair.b.counters().transactions, 0);
    }
    for (side, transmit) in &pair.sent {
        if *side == Side::B {
            let text = String::from_utf8_lossy(&transmit.bytes).into_owned();
            tags.push(text.lines().find(|line| line.starts_with("To:")).unwrap().to_owned());
        }
    }
    assert_eq!(tags.len(), 2);
    assert_eq!(tags[0], tags[1]);
    assert!(tags[0].contains(";tag="));
}

#[test]
fn timers_g_and_h_repeat_a_refusal_until_64_t1() {
    let mut pair = Pair::new();
    let leg = ring(&mut pair);
    pair.swallow = Box::new(|side, _| side == Side::B);
    let begun = pair.elapsed();
    pair.command(Side::B, leg, LegCommand::Reject { status: 486, headers: Vec::new() });
    pair.run(Duration::from_secs(31));
    assert_eq!(pair.b.counters().transactions, 1);
    pair.run(Duration::from_secs(1));
    assert_eq!(pair.b.counters().transactions, 0, "timer H");
    let times: Vec<Duration> = pair.times(Side::B, "486 INVITE").iter().map(|at| *at - begun).collect();
    assert_eq!(times, ms(&[0, 500, 1_500, 3_500, 7_500, 11_500, 15_500, 19_500, 23_500, 27_500, 31_500]));
}

#[test]
fn timer_i_absorbs_acks_for_t4() {
    let mut pair = Pair::new();
    let leg = ring(&mut pair);
    pair.command(Side::B, leg, LegCommand::Reject { status: 486, headers: Vec::new() });
    pair.run(Duration::from_millis(2));
    let ack = pair.last(Side::A, "ACK").bytes().clone();
    pair.run(Duration::from_millis(4_999));
    assert_eq!((pair.b.counters().transactions, pair.b.counters().stray), (1, 0));
    pair.inject(Side::B, ack.clone());
    assert_eq!(pair.b.counters().stray, 0);
    pair.run(Duration::from_millis(1));
    assert_eq!(pair.b.counters().transactions, 0, "timer I");
    pair.inject(Side::B, ack);
    assert_eq!(pair.b.counters().stray, 1);
}

#[test]
fn timer_l_absorbs_the_invite_and_timer_m_the_2xx_for_64_t1() {
    let mut pair = Pair::new();
    let leg = ring(&mut pair);
    let begun = pair.elapsed();
    pair.command(Side::B, leg, LegCommand::Answer { sdp: sdp("answer"), headers: Vec::new() });
    pair.run(Duration::from_millis(2));
    let (invite, ok) = (pair.last(Side::A, "INVITE").bytes().clone(), pair.last(Side::B, "200 INVITE").bytes().clone());
    pair.run(GIVE_UP - (pair.elapsed() - begun) - Duration::from_millis(1));
    assert_eq!((pair.a.counters().transactions, pair.b.counters().transactions), (1, 1));
    pair.inject(Side::B, invite);
    assert_eq!(pair.times(Side::B, "200 INVITE").len(), 1, "absorbed: the leg repeats its 2xx, not the transaction");
    pair.inject(Side::A, ok.clone());
    assert_eq!(pair.times(Side::A, "ACK").len(), 2, "the same ACK again");
    pair.run(Duration::from_millis(1));
    assert_eq!((pair.a.counters().transactions, pair.b.counters().transactions), (1, 0), "timer L");
    pair.run(pair.weather.delay);
    assert_eq!(pair.a.counters().transactions, 0, "timer M");
    pair.inject(Side::A, ok);
    assert_eq!(pair.times(Side::A, "ACK").len(), 2, "stray");
}

#[test]
fn a_2xx_is_repeated_until_its_ack_and_a_leg_without_ack_is_hung_up() {
    let mut pair = Pair::new();
    let leg = ring(&mut pair);
    pair.swallow = Box::new(|_, what| what == "ACK");
    let begun = pair.elapsed();
    pair.command(Side::B, leg, LegCommand::Answer { sdp: sdp("answer"), headers: Vec::new() });
    pair.run(GIVE_UP);
    let times: Vec<Duration> = pair.times(Side::B, "200 INVITE").iter().map(|at| *at - begun).collect();
    assert_eq!(times, ms(&[0, 500, 1_500, 3_500, 7_500, 11_500, 15_500, 19_500, 23_500, 27_500, 31_500]));
    assert_eq!(pair.times(Side::A, "ACK").len(), times.len(), "each is acknowledged");
    assert_eq!(pair.times(Side::B, "BYE"), [begun + GIVE_UP]);
    assert!(matches!(pair.leg_event(Side::B, leg), LegEvent::Ended { cause: LegEnd::NoAck }));
    pair.run_dry();
    assert!(matches!(pair.leg_event(Side::A, LEG), LegEvent::Answered { .. }));
    assert!(matches!(pair.leg_event(Side::A, LEG), LegEvent::Ended { cause: LegEnd::Bye { .. } }));
    pair.assert_silent();
    pair.assert_clean();
}

#[test]
fn a_cancelled_invite_that_nobody_answers_is_dead_after_64_t1() {
    let mut pair = Pair::new();
    ring(&mut pair);
    pair.swallow = Box::new(|side, _| side == Side::B);
    pair.command(Side::A, LEG, LegCommand::HangUp { reason: None });
    let begun = pair.elapsed();
    pair.run(GIVE_UP);
    assert!(matches!(pair.leg_event(Side::A, LEG), LegEvent::Rejected { status: 487, message: None }));
    assert_eq!(pair.elapsed() - begun, GIVE_UP);
    pair.run_dry();
    pair.assert_clean();
}

#[test]
fn ringing_is_repeated_every_minute() {
    let mut pair = Pair::new();
    let leg = ring(&mut pair);
    pair.command(Side::B, leg, LegCommand::Progress { status: 180, sdp: None, headers: Vec::new() });
    let begun = pair.elapsed();
    pair.run(Duration::from_secs(150));
    let times: Vec<Duration> = pair.times(Side::B, "180 INVITE").iter().map(|at| *at - begun).collect();
    assert_eq!(times, ms(&[0, 60_000, 120_000]));
}
