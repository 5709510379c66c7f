//! What is spoken from pieces is heard by a real phone, in its caller's language, until a key is pressed.

use anyhow::{Context, Result, ensure};
use jackfield_tests::{Baresip, Host, HostConfig, example, repository, tone};
use std::{
    thread::sleep,
    time::{Duration, Instant},
};

/// The longest that the clock speaks before something is heard.
const SPOKEN: Duration = Duration::from_secs(30);

/// A piece of the house's, as it is played (ITU-T G.711 µ-law).
fn piece(name: &str) -> Result<Vec<i16>> {
    let file = repository().join("host/prompts/sounds").join(name).with_extension("ul");
    let octets = std::fs::read(&file).with_context(|| format!("no {}", file.display()))?;
    let linear = |octet: u8| {
        let (sign, exponent, mantissa) = (!octet & 0x80, !octet >> 4 & 7, i16::from(!octet & 15));
        let size = (((mantissa << 3) + 132) << exponent) - 132;
        if sign == 0 { size } else { -size }
    };
    Ok(octets.into_iter().map(linear).collect())
}

/// Wait until a phone has heard a piece, said for the first time after this many samples.
fn comes_to_hear(phone: &Baresip, name: &str, after: usize) -> Result<()> {
    let (end, piece) = (Instant::now() + SPOKEN, piece(name)?);
    let heard = || {
        let recording = phone.recording().unwrap_or_default();
        tone::holds_prompt(recording.get(after..).unwrap_or_default(), &piece)
    };
    while !heard() {
        ensure!(Instant::now() < end, "“{name}” is not heard");
        sleep(Duration::from_millis(250));
    }
    Ok(())
}

#[test]
fn the_time_is_heard_until_a_key_ends_it_or_changes_its_language() -> Result<()> {
    let config =
        HostConfig { extensions: vec!["100"], packages: vec![example("speaking-clock")?], ..HostConfig::default() };
    let mut host = Host::start(&config)?;
    let mut phone = Baresip::registered(&host.phone("100"))?;
    phone.dial("720")?;
    phone.wait_for("CALL_ESTABLISHED")?;
    comes_to_hear(&phone, "en/seconds", 0)?;
    let english = phone.recording()?.len();
    phone.press("3")?;
    // Looking for a piece takes a while, in which the clock may have come to its end by itself.
    comes_to_hear(&phone, "de/seconds", english)?;
    phone.press("9")?;
    comes_to_hear(&phone, "de/goodbye", english)?;
    phone.wait_for("CALL_CLOSED")?;
    host.end()
}
