//! Codecs and keys: real phones that share neither hear each other all the same.

use anyhow::{Context, Result};
use jackfield_tests::{Baresip, Host, HostConfig, Phone, eventually, tone};
use serde_json::json;
use std::{thread::sleep, time::Duration};

/// A calls B, each with its codec and its way of encrypting; each hears the other's tone. Gives their logs.
fn talk(a: (&'static str, &'static str), b: (&'static str, &'static str), secure: bool) -> Result<(String, String)> {
    let mut host = Host::start(&HostConfig { extensions: vec!["100", "101"], secure, ..HostConfig::default() })?;
    let phone = |number, (codec, encryption), hertz| {
        let phone = if secure { host.secure_phone(number) } else { host.phone(number) };
        Phone { codecs: vec![codec], encryption, hertz, ..phone }
    };
    let mut one = Baresip::registered(&phone("100", a, 1_000.0))?;
    let mut other = Baresip::registered(&Phone { answers: true, ..phone("101", b, 600.0) })?;
    one.dial("101")?;
    one.wait_for("CALL_ESTABLISHED")?;
    sleep(Duration::from_secs(3));
    one.hang_up()?;
    other.wait_for("CALL_CLOSED")?;
    // A phone that has heard nothing at all has recorded nothing.
    let at_b = tone::heard(&other.recording().unwrap_or_default(), 1_000.0);
    let at_a = tone::heard(&one.recording().unwrap_or_default(), 600.0);
    for heard in [at_a, at_b] {
        let logs = format!("A logged:\n{}\nB logged:\n{}", one.log(), other.log());
        assert!(heard.milliseconds() > 2_000, "{a:?} with {b:?}: A heard {at_a:?}, B heard {at_b:?}\n{logs}");
    }
    let logs = (one.log(), other.log());
    host.end()?;
    Ok(logs)
}

#[test]
fn opus_meets_g722_and_g711() -> Result<()> {
    talk(("opus", ""), ("G722", ""), false)?;
    talk(("PCMA", ""), ("opus", ""), false)?;
    Ok(())
}

#[test]
fn a_shared_codec_is_passed_on_and_not_turned() -> Result<()> {
    let (a, b) = talk(("opus", ""), ("opus", ""), false)?;
    for log in [a, b] {
        assert!(log.contains("Set audio decoder: opus"), "{log}");
    }
    Ok(())
}

#[test]
fn a_phone_with_keys_by_signalling_meets_one_in_the_clear() -> Result<()> {
    let (a, b) = talk(("PCMA", "srtp-mand"), ("PCMA", ""), false)?;
    assert!(a.contains("RTP/SAVP") && a.contains("a=crypto:"), "{a}");
    assert!(!b.contains("a=crypto:"), "{b}");
    talk(("PCMA", ""), ("opus", "srtp"), true)?;
    Ok(())
}

#[test]
fn a_phone_with_keys_by_dtls_meets_one_with_keys_by_signalling() -> Result<()> {
    talk(("PCMA", "dtls_srtp"), ("PCMA", ""), false)?;
    talk(("PCMA", "srtp-mand"), ("G722", "dtls_srtp"), false)?;
    Ok(())
}

#[test]
fn a_key_that_is_told_by_info_reaches_a_phone_that_takes_events() -> Result<()> {
    let mut host = Host::with_extensions(&["100", "101"])?;
    let mut one = Baresip::registered(&Phone { dtmf_info: true, ..host.phone("100") })?;
    let mut other = Baresip::registered(&Phone { answers: true, ..host.phone("101") })?;
    one.dial("101")?;
    one.wait_for("CALL_ESTABLISHED")?;
    one.press("5")?;
    eventually("the key arrives as an event", || other.log().contains("received event: '5' (end=1)"));
    other.press("6")?;
    eventually("a key arrives at the first", || one.log().contains("received event: '6' (end=1)"));
    one.hang_up()?;
    other.wait_for("CALL_CLOSED")?;
    host.end()
}

#[test]
fn an_extension_is_held_to_what_is_said_of_its_encryption() -> Result<()> {
    let mut host = Host::with_extensions(&["100"])?;
    let admin = host.admin()?;
    let added = |number: &str, encryption: &str| -> Result<Phone> {
        let extension = json!({"number": number, "name": number, "encryption": encryption});
        let made = admin.act("POST", "/api/v1/extensions", Some(&extension))?;
        let password = made["account"]["password"].as_str().context("a password")?;
        Ok(Phone::new(number, password, host.sip()))
    };
    let (must, may_not) = (added("201", "required")?, added("202", "off")?);
    let mut other = Baresip::registered(&Phone { answers: true, ..host.phone("100") })?;
    for (phone, fits, misfits, why) in
        [(must, "srtp-mand", "", "must be encrypted"), (may_not, "", "srtp-mand", "may not be encrypted")]
    {
        let mut refused = Baresip::registered(&Phone { encryption: misfits, ..phone.clone() })?;
        refused.dial("100")?;
        refused.wait_for("CALL_CLOSED")?;
        let log = refused.log();
        let answer = log.split("SIP/2.0 488").nth(1).and_then(|rest| rest.split("\r\n\r\n").next());
        let warning = answer.and_then(|head| head.lines().find(|line| line.starts_with("Warning: 399 ")));
        assert!(warning.is_some_and(|text| text.contains(why)), "{log}");
        let reason = || admin.get("/api/v1/history?limit=1").map(|listed| listed["items"][0].to_string());
        eventually("the record says why", || reason().is_ok_and(|reason| reason.contains(why)));
        drop(refused);

        let mut calls = Baresip::registered(&Phone { encryption: fits, ..phone })?;
        calls.dial("100")?;
        calls.wait_for("CALL_ESTABLISHED")?;
        eventually("they hear each other", || calls.packets().is_ok_and(|packets| packets.received > 25));
        calls.hang_up()?;
        other.wait_for("CALL_CLOSED")?;
    }
    host.end()
}
