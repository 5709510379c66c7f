//! Mailboxes: callers who leave messages, owners who hear them, lamps, and a host that dies in between.

use anyhow::{Context, Result, ensure};
use jackfield_tests::{Agent, Baresip, Choir, Host, HostConfig, Phone, eventually, package, repository, tone, within};
use std::{net::SocketAddr, path::PathBuf, thread::sleep, time::Duration};

const PLUGIN: &str = "org.jackfield.voicemail";
/// A spoken part of a call to its end.
const SPOKEN: Duration = Duration::from_secs(45);
/// Extensions that have messages left for them at once.
const BOXES: usize = 200;
/// How long everybody speaks.
const MESSAGE: Duration = Duration::from_secs(4);

fn house(extensions: Vec<&'static str>, trusted: Vec<SocketAddr>) -> Result<Host> {
    Host::start(&HostConfig {
        extensions,
        packages: vec![package("dialplan")?, package("voicemail")?],
        trusted,
        more: "[plugins.settings.\"org.jackfield.dialplan\"]\nring_seconds = 5\n".into(),
        ..HostConfig::default()
    })
}

/// Wait until a phone has heard a prompt of the plugin.
fn comes_to_hear(phone: &Baresip, prompt: &str) -> Result<()> {
    let file = repository().join("plugins/voicemail/prompts/en").join(prompt).with_extension("wav");
    let prompt = tone::read(&file)?;
    let heard = within(SPOKEN, || {
        sleep(Duration::from_millis(250));
        phone.recording().is_ok_and(|heard| tone::holds_prompt(&heard, &prompt)).then_some(())
    });
    heard.with_context(|| format!("{} is not heard", file.display()))
}

/// The recordings that the plugin keeps.
fn recordings(host: &Host) -> Result<Vec<PathBuf>> {
    let folder = host.data().join("plugins/data").join(PLUGIN).join("recordings");
    if !folder.exists() {
        return Ok(Vec::new());
    }
    Ok(std::fs::read_dir(folder)?.map(|entry| Ok(entry?.path())).collect::<std::io::Result<_>>()?)
}

#[test]
fn a_message_left_while_nobody_answers_lights_the_lamp_survives_a_kill_and_is_heard() -> Result<()> {
    let agent = Agent::new()?;
    let mut host = house(vec!["100", "101"], vec![agent.address()])?;
    agent.subscribe(host.sip(), "100", "100", "message-summary", "")?;
    agent.hears("100", "message-summary", &["Messages-Waiting: no"]);
    let desk = Baresip::registered(&Phone { hertz: 600.0, ..host.phone("100") })?;
    let mut caller = Baresip::registered(&host.phone("101"))?;
    caller.dial("100")?;
    caller.wait_for("CALL_ESTABLISHED")?;
    assert!(desk.has_seen("CALL_INCOMING"), "the owner's telephone rings first");
    comes_to_hear(&caller, "leave-a-message")?;
    // The prompt's loudest part has been heard; the rest of it and the beep take two seconds more.
    sleep(Duration::from_secs(8));
    caller.hang_up()?;
    agent.hears("100", "message-summary", &["Messages-Waiting: yes", "Voice-Message: 1/0 (0/0)"]);
    drop(desk);

    host.restart_after_kill()?;
    agent.subscribe(host.sip(), "100", "100", "message-summary", "")?;
    agent.hears("100", "message-summary", &["Messages-Waiting: yes", "Voice-Message: 1/0 (0/0)"]);
    let mut owner = Baresip::registered(&Phone { hertz: 600.0, ..host.phone("100") })?;
    owner.dial("*98")?;
    owner.wait_for("CALL_ESTABLISHED")?;
    comes_to_hear(&owner, "main-menu")?;
    owner.press("1")?;
    comes_to_hear(&owner, "letter-menu")?;
    let heard = tone::heard(&owner.recording()?, 1_000.0);
    assert!(heard.milliseconds() > 3_000, "the message is not whole: {heard:?}");
    owner.press("2")?;
    comes_to_hear(&owner, "message-deleted")?;
    agent.hears("100", "message-summary", &["Messages-Waiting: no", "Voice-Message: 0/0 (0/0)"]);
    owner.hang_up()?;
    assert!(!host.has_panicked(), "{}", host.log());
    host.end()
}

#[test]
fn the_mailbox_takes_calls_to_an_extension_whose_telephone_is_off_and_switched_off_it_takes_none() -> Result<()> {
    let host = house(vec!["100", "101"], vec![])?;
    let mut caller = Baresip::registered(&host.phone("101"))?;
    caller.dial("100")?;
    caller.wait_for("CALL_ESTABLISHED")?;
    caller.hang_up()?;
    caller.wait_for("CALL_CLOSED")?;
    host.admin()?.act("POST", &format!("/api/v1/plugins/{PLUGIN}/disable"), Some(&serde_json::json!({})))?;
    caller.dial("100")?;
    let closed = caller.wait_for("CALL_CLOSED")?;
    ensure!(closed.to_string().contains("480"), "nobody is there: {closed}");
    Ok(())
}

#[test]
fn two_hundred_callers_leave_messages_at_once_and_each_is_there_whole() -> Result<()> {
    let numbers: Vec<&'static str> = (0..BOXES).map(|n| &*format!("{}", 200 + n).leak()).collect();
    let hertz = |voice: usize| 400 + 10 * voice as u32;
    let mut choir = Choir::new((0..BOXES).map(hertz))?;
    let agent = Agent::new()?;
    let mut host = house(numbers.clone(), vec![choir.address(), agent.address()])?;
    for number in &numbers {
        agent.subscribe(host.sip(), number, number, "message-summary", "")?;
    }
    choir.call(host.sip(), |voice| format!("*97{}", 200 + voice))?;
    // The greeting takes a while, three digits of half a second among it; then there are so many seconds of each tone.
    let greeting: Duration = ["mailbox-of", "extension", "leave-a-message"]
        .iter()
        .map(|prompt| {
            let file = repository().join("plugins/voicemail/prompts/en").join(prompt).with_extension("wav");
            Ok(Duration::from_millis(tone::read(&file)?.len() as u64 / 8))
        })
        .sum::<Result<_>>()?;
    choir.sing(greeting + Duration::from_millis(1_500) + MESSAGE)?;
    choir.end()?;
    for number in &numbers {
        agent.hears(number, "message-summary", &["Voice-Message: 1/0 (0/0)"]);
    }
    eventually("every message is a file", || recordings(&host).is_ok_and(|all| all.len() == BOXES));
    let mut missing: Vec<u32> = (0..BOXES).map(hertz).collect();
    for file in recordings(&host)? {
        let samples = tone::read(&file)?;
        ensure!(samples.len() > 8_000 * 2, "{} is cut off: {} samples", file.display(), samples.len());
        let middle = &samples[samples.len() / 2 - 4_000..samples.len() / 2 + 4_000];
        let whose = missing.iter().position(|hertz| tone::amplitude(middle, f64::from(*hertz)) > 500.0);
        missing.remove(whose.with_context(|| format!("{} is nobody's message", file.display()))?);
    }
    assert!(missing.is_empty(), "no messages of {missing:?}");
    host.restart_after_kill()?;
    for number in [numbers[0], numbers[BOXES - 1]] {
        agent.subscribe(host.sip(), number, number, "message-summary", "")?;
        agent.hears(number, "message-summary", &["Voice-Message: 1/0 (0/0)"]);
    }
    assert!(!host.has_panicked(), "{}", host.log());
    host.end()
}
