//! Real phones with a picture: passed through between two who have one, refused where nobody could show it.

use anyhow::{Context, Result};
use jackfield_tests::{Baresip, Host, Phone, eventually};

fn sees(phone: &mut Baresip) -> u64 {
    phone.pictures().unwrap_or_default()
}

#[test]
fn two_phones_see_each_other_though_one_alone_is_encrypted() -> Result<()> {
    let mut host = Host::with_extensions(&["100", "101"])?;
    let mut one = Baresip::registered(&Phone { video: true, encryption: "srtp-mand", ..host.phone("100") })?;
    let mut other = Baresip::registered(&Phone { video: true, answers: true, ..host.phone("101") })?;
    one.dial("101")?;
    one.wait_for("CALL_ESTABLISHED")?;
    eventually("the first sees the second", || sees(&mut one) > 10);
    eventually("the second sees the first", || sees(&mut other) > 10);
    let (first, second) = (one.log(), other.log());
    assert!(first.contains(" RTP/SAVP ") && !second.contains("a=crypto:"), "{first}\n{second}");
    one.hang_up()?;
    other.wait_for("CALL_CLOSED")?;
    host.end()
}

#[test]
fn who_is_transferred_to_a_phone_without_a_picture_is_told_so_and_talks_on() -> Result<()> {
    let mut host = Host::with_extensions(&["100", "101", "102"])?;
    let mut one = Baresip::registered(&Phone { video: true, ..host.phone("100") })?;
    let mut other = Baresip::registered(&Phone { video: true, answers: true, ..host.phone("101") })?;
    let mut third = Baresip::registered(&Phone { answers: true, ..host.phone("102") })?;
    one.dial("101")?;
    one.wait_for("CALL_ESTABLISHED")?;
    eventually("the first sees the second", || sees(&mut one) > 5);
    other.transfer(&format!("sip:102@{}", host.sip()))?;
    third.wait_for("CALL_ESTABLISHED")?;
    eventually("the first is told that there is no picture", || {
        let log = one.log();
        log.rsplit_once("INVITE sip:100-").is_some_and(|(_, last)| last.contains("m=video 0 "))
    });
    let log = one.log();
    let last = log.rsplit_once("INVITE sip:100-").context("a change of the session")?.1;
    let places = (last.find("m=audio ").context("sound")?, last.find("m=video 0 ").context("a picture's place")?);
    assert!(places.0 < places.1, "the order of the lines: {last}");
    eventually("they hear each other", || third.packets().is_ok_and(|packets| packets.received > 25));
    let before = one.packets()?.received;
    eventually("both ways", || one.packets().is_ok_and(|packets| packets.received > before + 25));
    one.hang_up()?;
    third.wait_for("CALL_CLOSED")?;
    host.end()
}
