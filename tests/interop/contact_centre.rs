//! Queues and agents with real telephones: who is given to whom, a power cut, and more callers than anybody has.

use anyhow::{Context, Result, ensure};
use jackfield_tests::{
    Api, Baresip, Host, HostConfig, Line, Loopback, Phone, eventually, package, repository, sipp, tone, within,
};
use serde_json::{Value, json};
use std::{fmt::Write, net::SocketAddr, thread::sleep, time::Duration};

pub(crate) const PLUGIN: &str = "org.jackfield.contact-centre";
const OVERVIEW: &str = "/api/v1/plugins/org.jackfield.contact-centre/web/overview";
const SPOKEN: Duration = Duration::from_secs(30);
/// Callers of the storm, and how many of them come in a second: three times as fast as 500 a minute.
const CALLERS: u32 = 500;
const RATE: u32 = 25;
/// Agents who take them.
const AGENTS: u32 = 64;

/// Queue 800 with these agents.
pub(crate) fn settings(queue: &str, agents: impl IntoIterator<Item = u32>) -> String {
    let mut toml = format!("[[plugins.settings.\"{PLUGIN}\".queues]]\nnumber = \"800\"\nname = \"Sales\"\n{queue}\n");
    for agent in agents {
        let _ = write!(
            toml,
            "[[plugins.settings.\"{PLUGIN}\".agents]]\nextension = \"{agent}\"\nname = \"Agent {agent}\"\n\
             queues = [{{ queue = \"800\" }}]\n"
        );
    }
    toml
}

/// A host with queue 800, whose agents all have their telephones at one address, and who calls it without a password.
pub(crate) fn centre(caller: SocketAddr, agents: SocketAddr, queue: &str, count: u32) -> Result<Host> {
    let numbers = 200..200 + count;
    let queue =
        format!("wrap_up_seconds = 0\nwait_without_agents = true\ngreeting = []\nsay_position = false\n{queue}");
    let mut more = settings(&queue, numbers.clone());
    for number in numbers {
        let _ = write!(more, "[[extensions]]\nnumber = \"{number}\"\ncontact = \"sip:{number}@{agents}\"\n");
    }
    Host::start(&HostConfig {
        trusted: vec![caller],
        packages: vec![package("dialplan")?, package("contact-centre")?, package("reports")?],
        more,
        ..HostConfig::default()
    })
}

/// All agents of [`centre`] log in.
pub(crate) fn log_in(admin: &Api, count: u32) -> Result<()> {
    for number in 200..200 + count {
        // A person may ask so much in a second.
        sleep(Duration::from_millis(50));
        let number = number.to_string();
        order(admin, &json!({ "log_in": { "agent": number, "phone": number } }))?;
    }
    Ok(())
}

/// A page is looked at a few times in a second at most.
pub(crate) fn overview(admin: &Api) -> Result<Value> {
    sleep(Duration::from_millis(250));
    admin.get(OVERVIEW)
}

pub(crate) fn order(admin: &Api, order: &Value) -> Result<()> {
    let answer = admin.request("POST", OVERVIEW, Some(order))?;
    ensure!(answer.status == 204, "{order} is refused: {answer:?}");
    Ok(())
}

/// What an agent does, by the place among those that are set.
fn state(admin: &Api, agent: usize) -> Option<Value> {
    Some(overview(admin).ok()?["agents"][agent]["seat"]["state"].clone())
}

fn comes_to_hear(phone: &Baresip, prompt: &str) -> Result<()> {
    let file = repository().join("plugins/contact-centre/prompts/en").join(prompt).with_extension("wav");
    let prompt = tone::read(&file)?;
    let heard = within(SPOKEN, || {
        sleep(Duration::from_millis(250));
        phone.recording().is_ok_and(|heard| tone::holds_prompt(&heard, &prompt)).then_some(())
    });
    heard.with_context(|| format!("{} is not heard", file.display()))
}

/// Log in, or be ready again, by telephone.
fn is_there(agent: &mut Baresip, keys: &str, then_hears: &str) -> Result<()> {
    agent.dial("*90")?;
    agent.wait_for("CALL_ESTABLISHED")?;
    if !keys.is_empty() {
        comes_to_hear(agent, "agent-menu")?;
        agent.press(keys)?;
    }
    comes_to_hear(agent, then_hears)?;
    agent.wait_for("CALL_CLOSED")?;
    Ok(())
}

#[test]
fn a_caller_waits_with_music_is_given_to_the_agent_and_notes_follow() -> Result<()> {
    let host = Host::start(&HostConfig {
        extensions: vec!["100", "201"],
        packages: vec![package("dialplan")?, package("contact-centre")?],
        more: settings("wait_without_agents = true\nwrap_up_seconds = 2\ngreeting = []", [201]),
        ..HostConfig::default()
    })?;
    let admin = host.admin()?;
    let mut caller = Baresip::registered(&host.phone("100"))?;
    caller.dial("800")?;
    caller.wait_for("CALL_ESTABLISHED")?;
    comes_to_hear(&caller, "you-are-number")?;
    let mut agent = Baresip::registered(&Phone { hertz: 600.0, ..host.phone("201") })?;
    is_there(&mut agent, "", "agent-logged-in")?;
    agent.wait_for("CALL_INCOMING")?;
    agent.accept()?;
    agent.wait_for("CALL_ESTABLISHED")?;
    eventually("they talk", || state(&admin, 0).is_some_and(|state| state["talking"].is_string()));
    sleep(Duration::from_secs(3));
    agent.hang_up()?;
    caller.wait_for("CALL_CLOSED")?;
    let heard = tone::heard(&caller.recording()?, 600.0);
    ensure!(heard.milliseconds() > 2_000, "the caller does not hear the agent: {heard:?}");
    let heard = tone::heard(&agent.recording()?, 1_000.0);
    ensure!(heard.milliseconds() > 2_000, "the agent does not hear the caller: {heard:?}");
    ensure!(state(&admin, 0).is_some_and(|state| state == "wrap_up"), "{:?}", state(&admin, 0));
    eventually("the time for notes is over", || state(&admin, 0).is_some_and(|state| state == "ready"));
    let seen = overview(&admin)?;
    let today = &seen["queues"][0]["today"];
    assert_eq!((&today["offered"], &today["answered"]), (&json!(1), &json!(1)), "{seen}");

    admin.act("POST", &format!("/api/v1/plugins/{PLUGIN}/disable"), Some(&json!({})))?;
    caller.dial("800")?;
    let closed = caller.wait_for("CALL_CLOSED")?;
    ensure!(closed.to_string().contains("404"), "nobody knows the number: {closed}");
    admin.act("POST", &format!("/api/v1/plugins/{PLUGIN}/enable"), Some(&json!({})))?;
    assert_eq!(overview(&admin)?["queues"][0]["today"]["answered"], 1);
    Ok(())
}

#[test]
fn agents_states_and_call_backs_survive_a_power_cut_and_callers_are_gone() -> Result<()> {
    let mut host = Host::start(&HostConfig {
        extensions: vec!["100", "101", "201"],
        packages: vec![package("dialplan")?, package("contact-centre")?],
        more: settings("callback = true\nwrap_up_seconds = 0\ngreeting = []\ncomfort_seconds = 5", [201]),
        ..HostConfig::default()
    })?;
    let admin = host.admin()?;
    let mut agent = Baresip::registered(&Phone { hertz: 600.0, ..host.phone("201") })?;
    is_there(&mut agent, "", "agent-logged-in")?;
    order(&admin, &json!({ "break": { "agent": "201", "name": "Lunch" } }))?;
    let mut wants = Baresip::registered(&host.phone("100"))?;
    wants.dial("800")?;
    wants.wait_for("CALL_ESTABLISHED")?;
    comes_to_hear(&wants, "press-1-callback")?;
    wants.press("1")?;
    comes_to_hear(&wants, "callback-confirm")?;
    wants.press("1")?;
    comes_to_hear(&wants, "callback-name")?;
    sleep(Duration::from_secs(2));
    wants.press("#")?;
    comes_to_hear(&wants, "callback-noted")?;
    wants.wait_for("CALL_CLOSED")?;
    let mut waits = Baresip::registered(&host.phone("101"))?;
    waits.dial("800")?;
    waits.wait_for("CALL_ESTABLISHED")?;
    eventually("both wait", || {
        overview(&admin).is_ok_and(|seen| seen["waiting"].as_array().is_some_and(|w| w.len() == 2))
    });

    host.restart_after_kill()?;
    eventually("the caller is gone", || {
        overview(&admin).is_ok_and(|seen| seen["waiting"].as_array().is_some_and(|waiting| waiting.len() == 1))
    });
    let seen = overview(&admin)?;
    assert_eq!(
        (&seen["waiting"][0]["callback"], &seen["waiting"][0]["number"]),
        (&json!(true), &json!("100")),
        "{seen}"
    );
    assert_eq!(
        (&seen["agents"][0]["seat"]["state"], &seen["queues"][0]["today"]["abandoned"]),
        (&json!({ "break": "Lunch" }), &json!(1))
    );
    // The telephones register anew, the agent is ready, and is called for the call-back.
    let mut agent = Baresip::registered(&Phone { hertz: 600.0, ..host.phone("201") })?;
    let mut wants = Baresip::registered(&host.phone("100"))?;
    is_there(&mut agent, "1", "agent-ready")?;
    agent.wait_for("CALL_INCOMING")?;
    agent.accept()?;
    agent.wait_for("CALL_ESTABLISHED")?;
    wants.wait_for("CALL_INCOMING")?;
    wants.accept()?;
    wants.wait_for("CALL_ESTABLISHED")?;
    sleep(Duration::from_secs(3));
    wants.hang_up()?;
    agent.wait_for("CALL_CLOSED")?;
    let heard = tone::heard(&wants.recording()?, 600.0);
    ensure!(heard.milliseconds() > 2_000, "the caller does not hear the agent: {heard:?}");
    eventually("it is done", || overview(&admin).is_ok_and(|seen| seen["done"][0]["end"] == "answered"));
    assert!(!host.has_panicked(), "{}", host.log());
    host.end()
}

#[test]
fn five_hundred_callers_in_twenty_seconds_are_all_answered_by_sixty_four_agents() -> Result<()> {
    let (caller, agents) = (Loopback::new().port(5060), Loopback::new().port(5060));
    let mut host = centre(caller, agents, "", AGENTS)?;
    let admin = host.admin()?;
    log_in(&admin, AGENTS)?;
    let folder = tempfile::tempdir()?;
    let _answering = sipp(folder.path(), "agents", agents, &["-sn", "uas"])?;
    let (calls, rate, target) = (CALLERS.to_string(), RATE.to_string(), host.sip().to_string());
    let load = ["-sn", "uac", "-s", "800", "-r", &rate, "-m", &calls, "-d", "1500", "-l", "500", &target];
    let calling = sipp(folder.path(), "callers", caller, &load)?;
    let all = within(Duration::from_secs(60), || {
        sleep(Duration::from_millis(500));
        let seen = overview(&admin).ok()?;
        let today = &seen["queues"][0]["today"];
        (today["ended"] == CALLERS).then(|| today.clone())
    });
    let today = all.with_context(|| {
        let queues = overview(&admin).map(|seen| seen["queues"].clone());
        format!("not all are answered: {queues:?}\n{}\n{}", calling.said(), host.log())
    })?;
    for (what, count) in [("offered", CALLERS), ("answered", CALLERS), ("abandoned", 0), ("overflowed", 0)] {
        assert_eq!(today[what], count, "{what}: {today}");
    }
    assert!(!host.has_panicked(), "{}", host.log());
    host.end()
}

#[test]
fn what_was_said_of_a_call_and_what_reports_know_survive_a_power_cut() -> Result<()> {
    let (line, agents) = (Line::new()?, Loopback::new().port(5060));
    let queue = "comfort_seconds = 600\ncode_required = true";
    let mut host = centre(line.address(), agents, queue, 1)?;
    let admin = host.admin()?;
    log_in(&admin, 1)?;
    let folder = tempfile::tempdir()?;
    let _answering = sipp(folder.path(), "agents", agents, &["-sn", "uas"])?;
    let mut call = line.call(host.sip(), "0601234567", "800")?;
    call.is_answered()?;
    eventually("they talk", || state(&admin, 0).is_some_and(|state| state["talking"].is_string()));
    call.end()?;
    eventually("a code is asked for", || state(&admin, 0).is_some_and(|state| state == "wrap_up"));
    order(&admin, &json!({ "extend": { "agent": "200", "seconds": 600 } }))?;
    order(&admin, &json!({ "code": { "agent": "200", "code": "Complaint" } }))?;

    host.restart_after_kill()?;
    let seat = overview(&admin)?["agents"][0]["seat"].clone();
    assert_eq!(
        (&seat["state"], &seat["wrap"]["code"], &seat["wrap"]["number"]),
        (&json!("wrap_up"), &json!("Complaint"), &json!("0601234567")),
        "{seat}"
    );
    order(&admin, &json!({ "ready": { "agent": "200" } }))?;
    // Told before the cut, and after it.
    let visit = report(&admin, "034-queued-calls")?;
    for what in ["Sales", "0601234567", "answered", "200"] {
        assert!(visit.contains(what), "{what} is not in {visit}");
    }
    eventually("the code is counted", || report(&admin, "098-wrap-up-codes").is_ok_and(|of| of.contains("Complaint")));
    assert!(!host.has_panicked(), "{}", host.log());
    host.end()
}

/// The rows of a report of today, as text.
fn report(admin: &Api, id: &str) -> Result<String> {
    sleep(Duration::from_millis(250));
    let found = admin.get(&format!(
        "/api/v1/plugins/org.jackfield.reports/web/reports/{id}?wanted=%7B%22period%22%3A%22today%22%7D"
    ))?;
    ensure!(found["rows"].as_array().is_some_and(|rows| rows.len() == 1), "{found}");
    Ok(found["rows"].to_string())
}
