use super::*;
use crate::{FRAME_TIME, Item, rtp::HEADER_LEN};
use std::time::Duration;

fn config(port: u16, codec: Codec, dtmf: Option<u8>) -> StreamConfig {
    let address = SocketAddr::from(([127, 0, 0, 1], port));
    let speak = Negotiated { codec, payload_type: codec.payload_type(), dtmf };
    let (payload_types, security) = (types(speak), Security::default());
    let speak = Some(speak);
    StreamConfig {
        rtp: address,
        rtcp: address,
        signalling_host: None,
        hears: true,
        sends: true,
        payload_types,
        speak,
        security,
        keys_by_tone: false,
        content: Content::Sound,
    }
}

fn types(of: Negotiated) -> PayloadTypes {
    let format = |payload_type, encoding: &str, clock_rate| crate::sdp::Format {
        payload_type,
        encoding: encoding.into(),
        clock_rate,
    };
    let events = of.dtmf.map(|dtmf| format(dtmf, "telephone-event", 8_000));
    let formats: Vec<_> =
        std::iter::once(format(of.payload_type, of.codec.name(), of.codec.clock_rate())).chain(events).collect();
    PayloadTypes::of(&formats)
}

fn packet(payload_type: u8, sequence: u16, payload: &[u8]) -> Vec<u8> {
    let mut bytes = [0; HEADER_LEN];
    let timestamp = u32::from(sequence) * 160;
    Header { marker: false, payload_type, sequence, timestamp, ssrc: 9, payload_start: 0, payload_end: 0 }
        .write(&mut bytes);
    [&bytes[..], payload].concat()
}

fn relay(from: &mut Stream, to: &mut Stream, packet: &mut [u8], source: SocketAddr) -> Option<SocketAddr> {
    let now = Instant::now();
    let Admission::Forward(header, len) = from.receive(now, Port::Rtp, source, packet, |_| ()) else { return None };
    let mut sent = None;
    to.pass_on(now, from, &header, packet, len, |_, to| sent = Some(to));
    sent
}

#[test]
fn a_law_meets_mu_law_and_event_payload_types_are_mapped() {
    let (a_addr, b_addr) = (SocketAddr::from(([127, 0, 0, 1], 4_000)), SocketAddr::from(([127, 0, 0, 1], 5_000)));
    let mut a = Stream::new(Instant::now(), config(4_000, Codec::Pcma, Some(96)), 1);
    let mut b = Stream::new(Instant::now(), config(5_000, Codec::Pcmu, Some(101)), 2);
    let mut sound = packet(8, 1, &[0xd5; 160]);
    assert_eq!(relay(&mut a, &mut b, &mut sound, a_addr), Some(b_addr));
    assert_eq!(sound[1], 0);
    assert!(crate::codec::g711::decode_ulaw(sound[12]).abs() <= 8, "A-law silence became µ-law silence");
    let mut event = packet(96, 2, &[1, 10, 0, 160]);
    assert_eq!(relay(&mut a, &mut b, &mut event, a_addr), Some(b_addr));
    assert_eq!(event[1], 101);
    let mut unknown = packet(18, 3, &[0; 20]);
    assert_eq!(relay(&mut a, &mut b, &mut unknown, a_addr), None, "never agreed");
    let counted = StreamStats { received: 2, refused: 1, foreign: 1, ..StreamStats::default() };
    assert_eq!((a.stats(), a.report(Instant::now()).foreign), (counted, Some(18)));
}

#[test]
fn a_party_on_hold_or_listening_to_a_prompt_is_not_disturbed() {
    let source = SocketAddr::from(([127, 0, 0, 1], 4_000));
    let mut a = Stream::new(Instant::now(), config(4_000, Codec::Pcma, None), 1);
    let mut b = Stream::new(Instant::now(), StreamConfig { hears: false, ..config(5_000, Codec::Pcma, None) }, 2);
    assert_eq!(relay(&mut a, &mut b, &mut packet(8, 1, &[0xd5; 160]), source), None);
    b.reconfigure(Instant::now(), config(5_000, Codec::Pcma, None));
    b.play(Player::new(1, vec![Item::Audio(vec![0; 10].into())], true));
    assert_eq!(relay(&mut a, &mut b, &mut packet(8, 2, &[0xd5; 160]), source), None);
    assert_eq!(b.stop_playing(), Some(1));
    let mut next = packet(8, 3, &[0xd5; 160]);
    assert!(relay(&mut a, &mut b, &mut next, source).is_some());
    assert_eq!(next[1] & 0x80, 0x80, "the marker says that another source begins");
}

#[test]
fn a_prompt_goes_out_in_packets_of_20_ms_and_its_end_is_told() {
    let mut stream = Stream::new(Instant::now(), config(4_000, Codec::Pcmu, None), 0x0000_0007_0000_0000);
    stream.play(Player::new(5, vec![Item::Audio(vec![1_000; 400].into())], false));
    let (mut out, mut told, start) = ([0; PACKET], vec![], Instant::now());
    let mut headers = vec![];
    for tick in 0..5 {
        if let Some((len, _)) = stream.poll_packet(start + FRAME_TIME * tick, &mut out, |e| told.push(e)) {
            headers.push(Header::parse(&out[..len]).unwrap());
        }
    }
    assert_eq!(headers.len(), 3);
    assert_eq!(told, [StreamEvent::Played(5)]);
    assert!(headers[0].marker && !headers[1].marker);
    assert_eq!(headers[2].timestamp.wrapping_sub(headers[0].timestamp), 320);
    // A second later the clock of the timestamps has moved by a second.
    stream.play(Player::new(6, vec![Item::Audio(vec![1; 160].into())], false));
    let later = start + FRAME_TIME * 2 + Duration::from_secs(1);
    let (len, _) = stream.poll_packet(later, &mut out, |_| ()).unwrap();
    let header = Header::parse(&out[..len]).unwrap();
    assert_eq!(header.timestamp.wrapping_sub(headers[2].timestamp), 8_000);
    assert!(header.marker);
}

#[test]
fn lost_packets_are_counted_across_the_wrap_of_sequence_numbers() {
    let source = SocketAddr::from(([127, 0, 0, 1], 4_000));
    let mut stream = Stream::new(Instant::now(), config(4_000, Codec::Pcma, None), 1);
    for sequence in [65_533, 65_535, 65_534, 1, 3] {
        stream.receive(Instant::now(), Port::Rtp, source, &mut packet(8, sequence, &[0; 160]), |_| ());
    }
    assert_eq!(stream.stats().lost, 2, "0 and 2 are missing");
    assert_eq!(stream.stats().received, 5);
}

#[test]
fn what_is_turned_into_another_codec_continues_what_was_played_before() {
    let source = SocketAddr::from(([127, 0, 0, 1], 4_000));
    let mut a = Stream::new(Instant::now(), config(4_000, Codec::Pcma, None), 1);
    let mut b = Stream::new(Instant::now(), config(5_000, Codec::Opus, None), 2);
    b.play(Player::new(1, vec![Item::Audio(vec![1_000; 40 * 160].into())], false));
    let (mut out, start) = ([0; PACKET], Instant::now());
    let mut sent = vec![];
    for tick in 0..40 {
        let packet = b.poll_packet(start + FRAME_TIME * tick, &mut out, |_| ());
        sent.extend(packet.and_then(|(len, _)| Header::parse(&out[..len])));
    }
    b.stop_playing();
    for sequence in 0..10 {
        let now = start + FRAME_TIME * (40 + u32::from(sequence));
        let mut sound = packet(8, sequence, &[0x55; 160]);
        let Admission::Forward(header, len) = a.receive(now, Port::Rtp, source, &mut sound, |_| ()) else {
            panic!("not admitted");
        };
        b.pass_on(now, &a, &header, &mut sound, len, |packet, _| sent.extend(Header::parse(packet)));
    }
    assert!(sent.len() >= 49, "{}", sent.len());
    for (before, after) in sent.iter().zip(&sent[1..]) {
        assert_eq!(after.ssrc, before.ssrc);
        assert_eq!(after.sequence, before.sequence.wrapping_add(1), "{before:?} {after:?}");
        assert!(after.timestamp.wrapping_sub(before.timestamp) < 48_000, "{before:?} {after:?}");
    }
}

#[test]
fn the_host_reports_where_nobody_else_does_and_learns_from_what_a_party_reports() {
    use crate::rtcp::{Report, ReportBlock, Told, read};
    let source = SocketAddr::from(([127, 0, 0, 1], 4_000));
    let start = Instant::now();
    let mut a = Stream::new(start, config(4_000, Codec::Pcma, None), 1);
    let mut b = Stream::new(start, config(5_000, Codec::Pcma, None), 2);
    let mut out = [0; REPORT];
    let pass = |a: &mut Stream, b: &mut Stream, sequence: u16| {
        let now = start + FRAME_TIME * u32::from(sequence);
        let mut sound = packet(8, sequence, &[0xd5; 160]);
        let Admission::Forward(header, len) = a.receive(now, Port::Rtp, source, &mut sound, |_| ()) else { return };
        b.pass_on(now, a, &header, &mut sound, len, |_, _| ());
    };
    (0..100).filter(|n| n % 10 != 9).for_each(|n| pass(&mut a, &mut b, n));
    assert!(!a.report_is_due(start + Duration::from_secs(2)), "a phone may report itself first");
    let due = start + Duration::from_secs(6);
    let told = |packet: &[u8]| {
        let mut told = vec![];
        read(packet, |one| told.push(one));
        told
    };
    // To who speaks: a receiver report of what came from it. To who hears: a sender report in the name it is shown.
    let (len, to, _) = a.poll_report(due, 0, &mut out).unwrap();
    let Told::Hears(block) = told(&out[..len])[0] else { panic!("{:?}", told(&out[..len])) };
    assert_eq!((to, block.ssrc, block.lost, block.last_report), (source, 9, 9, 0));
    let (len, ..) = b.poll_report(due, 0x1111_2222_3333_4444, &mut out).unwrap();
    assert_eq!(told(&out[..len]), [Told::Sends { ssrc: 9, ntp: 0x2222_3333 }]);
    assert!(b.poll_report(due + Duration::from_secs(4), 0, &mut out).is_none() && !b.report_is_due(due));

    // 80 ms later it reports, having waited 20 ms.
    let block = ReportBlock { ssrc: 9, lost: 4, jitter: 80, last_report: 0x2222_3333, since_report: 1_310, ..block };
    let mut written = [0; crate::rtcp::REPORT_LEN];
    let len = Report { ssrc: 77, sent: None, heard: Some(block) }.write(&mut written);
    let from = SocketAddr::from(([127, 0, 0, 1], 5_000));
    let later = due + Duration::from_millis(80);
    assert_eq!(b.receive(later, Port::Rtcp, from, &mut written[..len], |_| ()), Admission::Report(len));
    let report = b.report(later);
    assert!((59..=61).contains(&report.round_trip.unwrap().as_millis()), "{:?}", report.round_trip);
    let heard = report.heard.unwrap();
    assert_eq!((heard.block.lost, heard.jitter), (4, 10_000));

    // What it says is passed on, so that the host keeps silent towards the other for a while.
    a.pass_report(later, &mut written, len);
    assert!(!a.report_is_due(later + Duration::from_secs(7)) && a.report_is_due(later + Duration::from_secs(8)));
    assert_eq!(a.report(later).quiet, Some(later - (start + FRAME_TIME * 98)));
}

#[test]
fn what_was_not_taken_is_told_apart() {
    let (own, elsewhere) = (SocketAddr::from(([127, 0, 0, 1], 4_000)), SocketAddr::from(([127, 0, 0, 9], 4_000)));
    let now = Instant::now();
    let mut stream = Stream::new(now, config(4_000, Codec::Pcma, None), 1);
    for (from, payload_type) in [(elsewhere, 8), (own, 97), (elsewhere, 8)] {
        stream.receive(now, Port::Rtp, from, &mut packet(payload_type, 1, &[0; 160]), |_| ());
    }
    let report = stream.report(now);
    assert_eq!((report.stats.strangers, report.stats.foreign, report.stats.refused), (2, 1, 3));
    assert_eq!((report.stranger, report.foreign, report.from), (Some(elsewhere), Some(97), None));
    assert_eq!((report.quiet, report.ice, report.keys), (None, None, crate::secure::KeyState::Clear));
}

#[test]
fn comfort_noise_goes_on_to_whoever_agreed_on_it_and_is_neither_lost_nor_foreign() {
    let (source, now) = (SocketAddr::from(([127, 0, 0, 1], 4_000)), Instant::now());
    let format = |payload_type, encoding: &str| crate::sdp::Format {
        payload_type,
        encoding: encoding.into(),
        clock_rate: 8_000,
    };
    let agreeing = |port| StreamConfig {
        payload_types: PayloadTypes::of(&[format(8, "PCMA"), format(13, "CN")]),
        ..config(port, Codec::Pcma, None)
    };
    let mut a = Stream::new(now, agreeing(4_000), 1);
    let mut b = Stream::new(now, agreeing(5_000), 2);
    let mut without = Stream::new(now, config(6_000, Codec::Pcma, None), 3);
    assert!(relay(&mut a, &mut b, &mut packet(8, 1, &[0xd5; 160]), source).is_some());
    // -60 dBov, no more than the level (RFC 3389 §3).
    let mut noise = packet(13, 2, &[60]);
    assert!(relay(&mut a, &mut b, &mut noise, source).is_some());
    assert_eq!((noise[1] & 0x7f, noise[12]), (13, 60));
    assert_eq!(relay(&mut a, &mut without, &mut packet(13, 3, &[60]), source), None);
    assert_eq!((a.stats().received, a.stats().lost, a.stats().foreign), (3, 0, 0));
}
