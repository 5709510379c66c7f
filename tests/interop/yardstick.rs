//! The measuring itself: two phones call each other with nothing in between. What fails here fails everywhere.

use anyhow::Result;
use jackfield_tests::{Baresip, Phone, eventually, tone};
use std::{thread::sleep, time::Duration};

fn direct(number: &str, hertz: f64) -> Phone {
    let nowhere = "127.0.0.1:9".parse().expect("an address");
    Phone { registrar: None, hertz, codecs: vec!["PCMU"], ..Phone::new(number, "", nowhere) }
}

#[test]
fn two_phones_without_a_host_hear_each_other_hold_and_resume() -> Result<()> {
    let mut a = Baresip::start(&direct("1", 1_000.0))?;
    let mut b = Baresip::start(&direct("2", 600.0))?;
    a.dial(&format!("sip:2@{}", b.address()))?;
    a.wait_for("CALL_RINGING")?;
    b.wait_for("CALL_INCOMING")?;
    b.accept()?;
    a.wait_for("CALL_ESTABLISHED")?;
    b.wait_for("CALL_ESTABLISHED")?;
    sleep(Duration::from_secs(2));
    let heard = tone::heard(&b.recording()?, 1_000.0);
    assert!(heard.milliseconds() > 1_500 && heard.loss_percent() < 1.0, "{heard:?}");
    assert_eq!(a.codecs(), Some(("PCMU".into(), "PCMU".into())));

    a.hold()?;
    b.wait_for("CALL_REMOTE_SDP")?;
    let held = b.packets()?;
    sleep(Duration::from_secs(1));
    assert!(b.packets()?.received - held.received < 5, "sound goes on while held");
    a.resume()?;
    b.wait_for("CALL_REMOTE_SDP")?;
    let resumed = (a.packets()?, b.packets()?);
    sleep(Duration::from_secs(1));
    let later = (a.packets()?, b.packets()?);
    assert!(later.0.received - resumed.0.received > 40, "{resumed:?} {later:?}");
    assert!(later.1.received - resumed.1.received > 40, "{resumed:?} {later:?}");
    assert_eq!((later.0.lost, later.1.lost), (0, 0));
    a.press("5")?;
    eventually("the key is heard", || b.log().contains("received event: '5' (end=1)"));
    a.hang_up()?;
    b.wait_for("CALL_CLOSED")?;
    let back = tone::heard(&a.recording()?, 600.0);
    assert!(back.milliseconds() > 1_500 && back.loss_percent() < 1.0, "{back:?}");
    Ok(())
}
