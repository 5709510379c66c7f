//! Somebody takes part in a conversation of two others: listens, whispers, talks along.

use anyhow::{Context, Result};
use jackfield_tests::{Baresip, Host, HostConfig, Line, Phone, package, tone};
use std::{thread::sleep, time::Duration};

/// 100 sends 1,000 Hz, 101 sends 600 Hz, and 102, which supervises, 440 Hz.
const TONES: [f64; 3] = [1_000.0, 600.0, 440.0];

struct Office {
    host: Host,
    a: Baresip,
    b: Baresip,
    c: Baresip,
}

/// Two who talk, and a supervisor.
fn office(more: &str, trusted: Vec<std::net::SocketAddr>) -> Result<Office> {
    let settings = "[plugins.settings.\"org.jackfield.dialplan\"]\nsupervisors = [\"102\"]\n";
    let host = Host::start(&HostConfig {
        extensions: vec!["100", "101", "102"],
        packages: vec![package("dialplan")?],
        more: format!("{settings}{more}"),
        trusted,
        ..HostConfig::default()
    })?;
    let phone = |number, hertz, answers| Baresip::registered(&Phone { hertz, answers, ..host.phone(number) });
    let mut a = phone("100", TONES[0], false)?;
    let b = phone("101", TONES[1], true)?;
    let c = phone("102", TONES[2], false)?;
    a.dial("101")?;
    a.wait_for("CALL_ESTABLISHED")?;
    Ok(Office { host, a, b, c })
}

/// For how long each of the three tones is heard in the next two seconds of a recording.
fn heard(phone: &Baresip, before: usize) -> Result<[usize; 3]> {
    let recording = phone.recording()?;
    let new = recording.get(before..).unwrap_or_default();
    Ok(TONES.map(|hertz| tone::audible(new, hertz)))
}

fn take_part(office: &mut Office, code: &str) -> Result<[[usize; 3]; 3]> {
    office.c.dial(code)?;
    office.c.wait_for("CALL_ESTABLISHED")?;
    // The notice goes by, and the recordings' writers come to where they are.
    sleep(Duration::from_millis(1_500));
    let lengths = [office.a.recording()?.len(), office.b.recording()?.len(), office.c.recording()?.len()];
    sleep(Duration::from_millis(2_500));
    Ok([heard(&office.a, lengths[0])?, heard(&office.b, lengths[1])?, heard(&office.c, lengths[2])?])
}

/// Whether this is heard all the time (of at least one and a half seconds that are recorded), or never.
fn all(milliseconds: usize) -> bool {
    milliseconds > 1_400
}

#[test]
fn who_listens_hears_both_and_is_heard_by_neither() -> Result<()> {
    let mut office = office("", Vec::new())?;
    let [a, b, c] = take_part(&mut office, "*55100")?;
    assert!(all(c[0]) && all(c[1]), "the supervisor hears both: {c:?}");
    assert!(all(a[1]) && a[2] == 0, "100 hears 101 alone: {a:?}");
    assert!(all(b[0]) && b[2] == 0, "101 hears 100 alone: {b:?}");
    assert_eq!((a[0], b[1], c[2]), (0, 0, 0), "nobody hears itself");
    // The two go on when the supervisor leaves.
    office.c.hang_up()?;
    let before = (office.a.packets()?, office.b.packets()?);
    sleep(Duration::from_secs(1));
    let after = (office.a.packets()?, office.b.packets()?);
    assert!(after.0.received - before.0.received > 35 && after.1.received - before.1.received > 35);
    office.a.hang_up()?;
    office.b.wait_for("CALL_CLOSED")?;
    office.host.end()
}

#[test]
fn who_whispers_is_heard_by_the_one_who_was_named() -> Result<()> {
    let mut office = office("", Vec::new())?;
    let [a, b, c] = take_part(&mut office, "*56101")?;
    assert!(all(c[0]) && all(c[1]), "the supervisor hears both: {c:?}");
    assert!(all(b[0]) && all(b[2]), "101 hears 100 and the supervisor: {b:?}");
    assert!(all(a[1]) && a[2] == 0, "100 hears 101 alone: {a:?}");
    // When one of the two hangs up, the supervisor is let go.
    office.a.hang_up()?;
    office.b.wait_for("CALL_CLOSED")?;
    office.c.wait_for("CALL_CLOSED")?;
    office.host.end()
}

#[test]
fn who_barges_in_talks_with_both_and_goes_on_with_who_stays() -> Result<()> {
    let mut office = office("", Vec::new())?;
    let [a, b, c] = take_part(&mut office, "*57101")?;
    assert!(all(a[1]) && all(a[2]) && a[0] == 0, "100 hears the two others: {a:?}");
    assert!(all(b[0]) && all(b[2]) && b[1] == 0, "101 hears the two others: {b:?}");
    assert!(all(c[0]) && all(c[1]) && c[2] == 0, "102 hears the two others: {c:?}");
    office.b.hang_up()?;
    let lengths = [office.a.recording()?.len(), office.c.recording()?.len()];
    sleep(Duration::from_millis(3_000));
    assert!(all(heard(&office.a, lengths[0])?[2]), "100 hears 102");
    assert!(all(heard(&office.c, lengths[1])?[0]), "102 hears 100");
    office.c.hang_up()?;
    office.a.wait_for("CALL_CLOSED")?;
    office.host.end()
}

#[test]
fn where_it_is_not_allowed_nobody_takes_part_and_who_is_no_supervisor_never_does() -> Result<()> {
    let mut office = office("[calls]\nmonitoring = \"off\"\n", Vec::new())?;
    office.c.dial("*57101")?;
    let closed = office.c.wait_for("CALL_CLOSED")?;
    assert!(closed.to_string().contains("403"), "{closed}");
    office.b.dial("*57100")?;
    let closed = office.b.wait_for("CALL_CLOSED")?;
    assert!(closed.to_string().contains("403"), "{closed}");
    office.host.end()
}

/// What Join says to take part in the first call of a phone, as the phone knows its dialog.
fn join(phone: &Baresip) -> Result<String> {
    let log = phone.log();
    let ok = log.rsplit("SIP/2.0 200 OK").find(|text| text.contains("CSeq") && text.contains("INVITE"));
    let ok = ok.context("the answer is in the log")?;
    let header = |name: &str| ok.lines().find_map(|line| line.strip_prefix(name)).unwrap_or_default().trim();
    let tag = |value: &str| value.rsplit_once("tag=").map(|(_, tag)| tag.to_owned()).unwrap_or_default();
    let (call_id, to, from) = (header("Call-ID:"), tag(header("To:")), tag(header("From:")));
    Ok(format!("Join: {call_id};to-tag={to};from-tag={from}\r\n"))
}

#[test]
fn another_phone_of_one_of_the_two_joins_by_its_dialog_and_a_stranger_does_not() -> Result<()> {
    let line = Line::new()?;
    let mut office = office("[calls]\nmonitoring = \"off\"\n", vec![line.address()])?;
    let (join, sip) = (join(&office.a)?, office.host.sip());
    assert_eq!(line.call_with(sip, "102", "100", &join)?.is_refused()?, 403, "the house does not allow it");
    assert_eq!(line.call_with(sip, "100", "100", "Join: nobody;to-tag=1;from-tag=2\r\n")?.is_refused()?, 481);
    assert_eq!(line.call_with(sip, "100", "100", "Join: nobody\r\n")?.is_refused()?, 400);
    let mut third = line.call_with(sip, "100", "100", &join)?;
    third.is_answered()?;
    let before = (office.a.packets()?, office.b.packets()?);
    sleep(Duration::from_secs(1));
    let after = (office.a.packets()?, office.b.packets()?);
    assert!(after.0.received - before.0.received > 35 && after.1.received - before.1.received > 35);
    // Three talked: the two who are left go on.
    office.a.hang_up()?;
    sleep(Duration::from_millis(500));
    assert!(!office.b.has_seen("CALL_CLOSED"), "101 goes on with the third");
    third.end()?;
    office.b.wait_for("CALL_CLOSED")?;
    office.host.end()
}
