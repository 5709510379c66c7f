//! How much memory a held call costs: two confirmed legs, a minute after they were answered.

use bytes::Bytes;
use jackfield_sip::{Config, Endpoint, Event, Flow, LegCommand, Transport};
use std::{
    fs,
    time::{Duration, Instant},
};

const LEGS: u32 = 20_000;

fn main() {
    let flow = Flow {
        transport: Transport::Udp,
        local: "192.0.2.10:5060".parse().expect("an address"),
        remote: "192.0.2.20:5080".parse().expect("an address"),
        connection: None,
    };
    #[expect(clippy::disallowed_methods, reason = "any instant will do as a base")]
    let start = Instant::now();
    let mut endpoint = Endpoint::new(Config { max_legs: LEGS as usize, ..Config::default() }, [1; 32]);
    let before = resident();
    for number in 0..LEGS {
        // 300 calls a second, each on its own to the end of its transactions.
        let now = start + Duration::from_micros(u64::from(number) * 3_333);
        endpoint.handle_timeout(now);
        answer(&mut endpoint, now, flow, number);
    }
    endpoint.handle_timeout(start + Duration::from_secs(300));
    let counters = endpoint.counters();
    assert_eq!((counters.transactions, counters.legs), (0, LEGS as usize));
    let per_leg = resident().saturating_sub(before) / u64::from(LEGS);
    #[expect(clippy::print_stdout, reason = "this is what it is for")]
    {
        println!("held leg: {per_leg} bytes, held call: {} bytes", per_leg * 2);
    }
}

fn answer(endpoint: &mut Endpoint, now: Instant, flow: Flow, number: u32) {
    let head = |method: &str, to_tag: &str| {
        format!(
            "{method} sip:2000@192.0.2.10:5060 SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.20:5080;branch=z9hG4bK-{number}-{method}\r\n\
             From: \"Reception\" <sip:1000@192.0.2.20:5080>;tag=tag-of-the-caller-{number}\r\nTo: <sip:2000@192.0.2.10:5060>{to_tag}\r\n\
             Call-ID: {number}-call-id-of-the-caller@192.0.2.20\r\nCSeq: 1 {method}\r\nContact: <sip:1000@192.0.2.20:5080;ob>\r\n\
             Max-Forwards: 70\r\n"
        )
    };
    let sdp = "v=0\r\nc=IN IP4 192.0.2.20\r\nm=audio 6000 RTP/AVP 0\r\n";
    let body = format!("Content-Type: application/sdp\r\nContent-Length: {}\r\n\r\n{sdp}", sdp.len());
    endpoint.handle_datagram(now, flow, Bytes::from(head("INVITE", "") + &body));
    let Some(Event::Invite(leg, _)) = endpoint.poll_event() else { panic!("no INVITE") };
    endpoint.command(now, leg, LegCommand::Answer { sdp: Some(Bytes::from_static(b"v=0\r\n")), headers: Vec::new() });
    let ok = std::iter::from_fn(|| endpoint.poll_transmit()).last().expect("a 200");
    let text = String::from_utf8_lossy(&ok.bytes).into_owned();
    let to = text.lines().find_map(|line| line.strip_prefix("To: ")).expect("a To");
    let tag = to.split_once(";tag=").expect("a tag").1;
    endpoint.handle_datagram(now, flow, Bytes::from(head("ACK", &format!(";tag={tag}")) + "Content-Length: 0\r\n\r\n"));
    assert!(endpoint.poll_event().is_some());
}

/// Resident bytes of this process (Linux).
fn resident() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    line.and_then(|line| line.split_whitespace().next()).and_then(|kb| kb.parse::<u64>().ok()).unwrap_or(0) * 1_024
}
