//! Three phones that transfer, pick up and park, and a fourth that watches their lines.

use anyhow::{Context, Result};
use jackfield_tests::{Baresip, Host, HostConfig, Lamp, Line, Phone, eventually, package, tone};
use std::{thread::sleep, time::Duration};

struct Office {
    host: Host,
    a: Baresip,
    b: Baresip,
    c: Baresip,
    lamp: Lamp,
}

/// Extensions 100, 101 and 102 with a phone each, and a lamp for each of them. 101 and 102 send 600 and 440 Hz.
fn office(answers: [bool; 3]) -> Result<Office> {
    let lamp = Lamp::new()?;
    let host = Host::start(&HostConfig {
        extensions: vec!["100", "101", "102"],
        packages: vec![package("dialplan")?],
        trusted: vec![lamp.address()],
        ..HostConfig::default()
    })?;
    let phone = |number, hertz, answers| Baresip::registered(&Phone { hertz, answers, ..host.phone(number) });
    let a = phone("100", 1_000.0, answers[0])?;
    let b = phone("101", 600.0, answers[1])?;
    let c = phone("102", 440.0, answers[2])?;
    for number in ["100", "101", "102", "701"] {
        lamp.watch(host.sip(), number)?;
        lamp.shows(number, "idle");
    }
    Ok(Office { host, a, b, c, lamp })
}

/// Two phones hear each other, and nothing is missing.
fn talk(one: &mut Baresip, other: &mut Baresip) -> Result<()> {
    let before = (one.packets()?, other.packets()?);
    sleep(Duration::from_secs(1));
    let after = (one.packets()?, other.packets()?);
    let gained = (after.0.received - before.0.received, after.1.received - before.1.received);
    assert!(gained.0 > 35 && gained.1 > 35, "they do not hear each other: {before:?} {after:?}");
    Ok(())
}

#[test]
fn a_blind_transfer_connects_who_stays_and_the_lamps_follow() -> Result<()> {
    let Office { mut host, mut a, mut b, mut c, lamp } = office([false, true, true])?;
    a.dial("101")?;
    a.wait_for("CALL_ESTABLISHED")?;
    lamp.shows("100", "confirmed");
    lamp.shows("101", "confirmed");
    a.transfer(&format!("sip:102@{}", host.sip()))?;
    c.wait_for("CALL_ESTABLISHED")?;
    a.wait_for("CALL_CLOSED")?;
    lamp.shows("100", "idle");
    lamp.shows("102", "confirmed");
    talk(&mut b, &mut c)?;
    assert!(tone::heard(&c.recording()?, 600.0).milliseconds() > 500, "102 hears 101");
    let log = a.log();
    let told = log.rsplit_once("NOTIFY sip:").context("100 is told how it goes")?.1;
    assert!(told.contains("SIP/2.0 200 OK") && told.contains("terminated;reason=noresource"), "{told}");
    assert!(c.log().contains("Referred-By: <sip:100@"), "102 may know who has sent the call");
    b.hang_up()?;
    c.wait_for("CALL_CLOSED")?;
    for number in ["101", "102"] {
        lamp.shows(number, "idle");
        let versions = lamp.versions(number);
        assert!(versions.iter().enumerate().all(|(place, version)| place as u32 == *version), "{versions:?}");
    }
    assert_eq!(lamp.history("102"), ["idle", "early", "confirmed", "idle"]);
    host.end()
}

#[test]
fn who_transfers_to_nobody_is_told_so_and_nothing_is_left() -> Result<()> {
    let Office { host, mut a, mut b, lamp, .. } = office([false, true, false])?;
    a.dial("101")?;
    a.wait_for("CALL_ESTABLISHED")?;
    a.transfer(&format!("sip:999@{}", host.sip()))?;
    eventually("100 is told that nobody is there", || a.log().contains("SIP/2.0 404 Not Found"));
    // baresip gives up a call that it could not transfer; the other party is not left alone.
    b.wait_for("CALL_CLOSED")?;
    lamp.shows("100", "idle");
    lamp.shows("101", "idle");
    Ok(())
}

#[test]
fn after_a_transfer_that_comes_to_nothing_the_two_hear_each_other_again() -> Result<()> {
    let line = Line::new()?;
    let host = Host::start(&HostConfig {
        extensions: vec!["100", "101", "102"],
        trusted: vec![line.address()],
        ..HostConfig::default()
    })?;
    let _b = Baresip::registered(&Phone { hertz: 600.0, answers: true, ..host.phone("101") })?;
    let second = Duration::from_secs(1);
    for (to, status) in [
        // Refused at once: no number can be made of it.
        (String::from("<mailto:nobody@example.com>"), 404),
        (format!("<sip:102@{}?Replaces=nobody%3Bto-tag%3D1%3Bfrom-tag%3D2>", host.sip()), 481),
        // Accepted, and nobody is there.
        (format!("<sip:102@{}>", host.sip()), 202),
    ] {
        let mut call = line.call(host.sip(), "100", "101")?;
        call.is_answered()?;
        assert!(call.hears(second)? > 35);
        assert_eq!(call.refer(&to)?, status, "{to}");
        sleep(Duration::from_millis(500));
        let heard = call.hears(second)?;
        assert!(heard > 35, "{to}: {heard} packets");
        call.end()?;
    }
    Ok(())
}

#[test]
fn an_attended_transfer_joins_the_two_others() -> Result<()> {
    let Office { host, mut a, mut b, mut c, lamp } = office([false, true, true])?;
    a.dial("101")?;
    a.wait_for("CALL_ESTABLISHED")?;
    a.hold()?;
    b.wait_for("CALL_REMOTE_SDP")?;
    a.dial("102")?;
    c.wait_for("CALL_ESTABLISHED")?;
    a.wait_for("CALL_ESTABLISHED")?;
    lamp.shows("100", "confirmed,confirmed");
    // The dialog with the host about 102, as 100 knows it.
    let log = a.log();
    let ok = log.rsplit("SIP/2.0 200 OK").find(|text| text.contains("CSeq") && text.contains("INVITE"));
    let ok = ok.context("the answer of 102 is in the log")?;
    let header = |name: &str| ok.lines().find_map(|line| line.strip_prefix(name)).unwrap_or_default().trim();
    let tag = |value: &str| value.rsplit_once("tag=").map(|(_, tag)| tag.to_owned()).unwrap_or_default();
    let (call_id, to, from) = (header("Call-ID:"), tag(header("To:")), tag(header("From:")));
    assert!(!call_id.is_empty() && !to.is_empty() && !from.is_empty(), "{ok}");
    a.line(1)?;
    a.transfer(&format!("<sip:102@{}?Replaces={call_id}%3Bto-tag%3D{to}%3Bfrom-tag%3D{from}>", host.sip()))?;
    lamp.shows("100", "idle");
    lamp.shows("101", "confirmed");
    lamp.shows("102", "confirmed");
    sleep(Duration::from_millis(500));
    talk(&mut b, &mut c)?;
    let document = lamp.last("102").context("102 is watched")?;
    assert!(document.contains(">sip:101@"), "102 talks to 101 now: {document}");
    b.hang_up()?;
    c.wait_for("CALL_CLOSED")?;
    lamp.shows("102", "idle");
    let calls = host.admin()?.get("/api/v1/calls")?;
    assert_eq!(calls.as_array().map(Vec::len), Some(0), "{calls}");
    Ok(())
}

#[test]
fn a_ringing_call_is_picked_up_by_its_number() -> Result<()> {
    let Office { host: _host, mut a, mut b, mut c, lamp } = office([false, false, false])?;
    a.dial("101")?;
    b.wait_for("CALL_INCOMING")?;
    lamp.shows("101", "early");
    c.dial("*8101")?;
    c.wait_for("CALL_ESTABLISHED")?;
    a.wait_for("CALL_ESTABLISHED")?;
    b.wait_for("CALL_CLOSED")?;
    let log = b.log();
    let cancel = log.split_once("CANCEL sip:").context("101 stops ringing")?.1;
    assert!(cancel.contains("Call completed elsewhere"), "{cancel}");
    lamp.shows("101", "idle");
    lamp.shows("102", "confirmed");
    talk(&mut a, &mut c)?;
    a.hang_up()?;
    c.wait_for("CALL_CLOSED")?;
    lamp.shows("102", "idle");
    Ok(())
}

#[test]
fn a_parked_call_waits_with_music_and_is_retrieved_elsewhere() -> Result<()> {
    let Office { host, mut a, mut b, mut c, lamp } = office([false, true, false])?;
    a.dial("101")?;
    a.wait_for("CALL_ESTABLISHED")?;
    a.transfer(&format!("sip:701@{}", host.sip()))?;
    a.wait_for("CALL_CLOSED")?;
    lamp.shows("701", "confirmed");
    lamp.shows("100", "idle");
    let before = b.packets()?;
    sleep(Duration::from_secs(1));
    assert!(b.packets()?.received - before.received > 35, "101 hears music");
    c.dial("701")?;
    c.wait_for("CALL_ESTABLISHED")?;
    lamp.shows("701", "idle");
    lamp.shows("102", "confirmed");
    talk(&mut b, &mut c)?;
    assert!(tone::heard(&c.recording()?, 600.0).milliseconds() > 500, "102 hears 101");
    c.hang_up()?;
    b.wait_for("CALL_CLOSED")?;
    // An empty place says so.
    c.dial("701")?;
    eventually("an empty place is not found", || c.log().contains("SIP/2.0 404 Not Found"));
    Ok(())
}

#[test]
fn a_parked_call_that_nobody_takes_rings_back() -> Result<()> {
    let lamp = Lamp::new()?;
    let host = Host::start(&HostConfig {
        extensions: vec!["100", "101"],
        packages: vec![package("dialplan")?],
        trusted: vec![lamp.address()],
        more: String::from("[calls]\npark_recall = 5\n"),
        ..HostConfig::default()
    })?;
    let mut a = Baresip::registered(&host.phone("100"))?;
    let mut b = Baresip::registered(&Phone { hertz: 600.0, answers: true, ..host.phone("101") })?;
    a.dial("101")?;
    a.wait_for("CALL_ESTABLISHED")?;
    a.transfer(&format!("sip:701@{}", host.sip()))?;
    a.wait_for("CALL_CLOSED")?;
    a.wait_for("CALL_INCOMING")?;
    assert!(a.log().contains("701: Desk 101"), "100 sees which call comes back, and from where");
    a.accept()?;
    a.wait_for("CALL_ESTABLISHED")?;
    talk(&mut a, &mut b)?;
    b.hang_up()?;
    a.wait_for("CALL_CLOSED")?;
    Ok(())
}

#[test]
fn what_a_lamp_shows_is_enough_to_pick_up_a_call_that_rings_and_not_to_take_one_that_is_answered() -> Result<()> {
    let (lamp, line) = (Lamp::new()?, Line::new()?);
    let host = Host::start(&HostConfig {
        extensions: vec!["100", "101"],
        trusted: vec![lamp.address(), line.address()],
        ..HostConfig::default()
    })?;
    lamp.watch(host.sip(), "101")?;
    let mut a = Baresip::registered(&host.phone("100"))?;
    let mut b = Baresip::registered(&host.phone("101"))?;
    let shown = |lamp: &Lamp| -> Result<String> {
        let document = lamp.last("101").context("101 is watched")?;
        let value = |name: &str| document.split_once(name)?.1.split('"').next().map(str::to_owned);
        let dialog = (value(" call-id=\""), value(" local-tag=\""), value(" remote-tag=\""));
        let (Some(id), Some(to), Some(from)) = dialog else { anyhow::bail!("no dialog: {document}") };
        Ok(format!("Replaces: {id};to-tag={to};from-tag={from}\r\n"))
    };

    a.dial("101")?;
    b.wait_for("CALL_INCOMING")?;
    lamp.shows("101", "early");
    let mut picked_up = line.call_with(host.sip(), "199", "101", &shown(&lamp)?)?;
    picked_up.is_answered()?;
    b.wait_for("CALL_CLOSED")?;
    a.wait_for("CALL_ESTABLISHED")?;
    picked_up.end()?;
    a.wait_for("CALL_CLOSED")?;

    a.dial("101")?;
    b.wait_for("CALL_INCOMING")?;
    b.accept()?;
    a.wait_for("CALL_ESTABLISHED")?;
    lamp.shows("101", "confirmed");
    assert_eq!(line.call_with(host.sip(), "199", "101", &shown(&lamp)?)?.is_refused()?, 481);
    talk(&mut a, &mut b)
}
