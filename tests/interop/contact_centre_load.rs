//! The contact centre under load, in real time: five hundred callers in a minute are held, and callers whom chance sends wait as long
//! as they should.

use crate::contact_centre::{centre, log_in, overview};
use anyhow::{Context, Result, ensure};
use jackfield_tests::{Loopback, Process, sipp, within};
use serde_json::Value;
use std::{
    cmp::Reverse,
    collections::BinaryHeap,
    fmt::Write,
    fs,
    path::Path,
    thread::sleep,
    time::{Duration, Instant},
};

/// Who calls waits as long as it takes, and is hung up by the host. The first field of its line says when it calls, in
/// milliseconds.
const WAITS: &str = r#"<?xml version="1.0" encoding="UTF-8"?>
<scenario name="waits">
  <nop hide="true"><action>
    <assignstr assign_to="text" value="[field0]"/><todouble assign_to="when" variable="text"/>
  </action></nop>
  <pause variable="when"/>
  <send retrans="500"><![CDATA[
INVITE sip:800@[remote_ip]:[remote_port] SIP/2.0
Via: SIP/2.0/UDP [local_ip]:[local_port];branch=[branch]
From: <sip:06[call_number]@[local_ip]>;tag=[call_number]
To: <sip:800@[remote_ip]>
Call-ID: [call_id]
CSeq: 1 INVITE
Contact: <sip:caller@[local_ip]:[local_port]>
Max-Forwards: 70
Content-Type: application/sdp
Content-Length: [len]

v=0
o=caller 1 1 IN IP4 [local_ip]
s=-
c=IN IP4 [media_ip]
t=0 0
m=audio [media_port] RTP/AVP 8
a=rtpmap:8 PCMA/8000
]]></send>
  <recv response="100" optional="true"/>
  <recv response="180" optional="true"/>
  <recv response="183" optional="true"/>
  <recv response="200" rrs="true"/>
  <send><![CDATA[
ACK sip:800@[remote_ip]:[remote_port] SIP/2.0
Via: SIP/2.0/UDP [local_ip]:[local_port];branch=[branch]
From: <sip:06[call_number]@[local_ip]>;tag=[call_number]
[last_To:]
Call-ID: [call_id]
CSeq: 1 ACK
Max-Forwards: 70
Content-Length: 0

]]></send>
  <recv request="BYE"/>
  <send><![CDATA[
SIP/2.0 200 OK
[last_Via:]
[last_From:]
[last_To:]
[last_Call-ID:]
[last_CSeq:]
Content-Length: 0

]]></send>
</scenario>
"#;

/// An agent picks up at once, talks for as many milliseconds as the first field of its line says, and hangs up.
const TALKS: &str = r#"<?xml version="1.0" encoding="UTF-8"?>
<scenario name="talks">
  <recv request="INVITE">
    <action>
      <ereg regexp=".*" search_in="hdr" header="From:" check_it="true" assign_to="far"/>
      <ereg regexp=".*" search_in="hdr" header="To:" check_it="true" assign_to="own"/>
      <ereg regexp="&lt;([^&gt;]*)&gt;" search_in="hdr" header="Contact:" check_it="true" assign_to="whole,peer"/>
      <assignstr assign_to="text" value="[field0]"/>
      <todouble assign_to="talk" variable="text"/>
    </action>
  </recv>
  <Reference variables="whole"/>
  <send retrans="500"><![CDATA[
SIP/2.0 200 OK
[last_Via:]
[last_From:]
[last_To:];tag=agent[call_number]
[last_Call-ID:]
[last_CSeq:]
Contact: <sip:agent@[local_ip]:[local_port]>
Content-Type: application/sdp
Content-Length: [len]

v=0
o=agent 1 1 IN IP4 [local_ip]
s=-
c=IN IP4 [media_ip]
t=0 0
m=audio [media_port] RTP/AVP 8
a=rtpmap:8 PCMA/8000
]]></send>
  <recv request="ACK"/>
  <pause variable="talk"/>
  <send retrans="500"><![CDATA[
BYE [$peer] SIP/2.0
Via: SIP/2.0/UDP [local_ip]:[local_port];branch=[branch]
From:[$own];tag=agent[call_number]
To:[$far]
Call-ID: [call_id]
CSeq: 1 BYE
Max-Forwards: 70
Content-Length: 0

]]></send>
  <recv response="200"/>
</scenario>
"#;

/// Chance that is the same in every run (Marsaglia's xorshift).
struct Chance(u64);

impl Chance {
    fn uniform(&mut self) -> f64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        ((self.0 >> 11) as f64 + 1.0) / (1_u64 << 53) as f64
    }

    /// Exponentially distributed, in milliseconds.
    fn wait(&mut self, mean: f64) -> u64 {
        (-mean * self.uniform().ln()) as u64
    }
}

/// Who calls when, and how long agents talk in the order in which they pick up; in milliseconds.
struct Traffic {
    calls: Vec<u64>,
    talks: Vec<u64>,
}

impl Traffic {
    /// Calls that are answered within so long, of so many agents who take who has waited longest: what must come out.
    fn answered_within(&self, limit: u64, agents: u32) -> usize {
        let mut free: BinaryHeap<_> = (0..agents).map(|_| Reverse(0)).collect();
        let waits = self.calls.iter().zip(&self.talks).map(|(calls, talk)| {
            let Reverse(from) = free.pop().unwrap_or_default();
            let begins = from.max(*calls);
            free.push(Reverse(begins + talk));
            begins - calls
        });
        waits.filter(|wait| *wait <= limit).count()
    }

    /// Let it come: the processes that call and that answer.
    fn run(&self, host: &str, folder: &Path, caller: Loopback, agents: Loopback) -> Result<(Process, Process)> {
        let file = |name: &str, scenario: &str, lines: &[u64]| -> Result<()> {
            let mut text = String::from("SEQUENTIAL\n");
            lines.iter().try_for_each(|line| writeln!(text, "{line};"))?;
            fs::write(folder.join(format!("{name}.csv")), text)?;
            Ok(fs::write(folder.join(format!("{name}.xml")), scenario)?)
        };
        file("calls", WAITS, &self.calls)?;
        file("talks", TALKS, &self.talks)?;
        let answer = ["-sf", "talks.xml", "-inf", "talks.csv"];
        let answers = sipp(folder, "agents", agents.port(5060), &answer)?;
        let count = self.calls.len().to_string();
        // All of them begin at once, and each waits for its time.
        let call = ["-sf", "calls.xml", "-inf", "calls.csv", "-m", &count, "-l", &count, "-r", &count, host];
        Ok((sipp(folder, "callers", caller.port(5060), &call)?, answers))
    }
}

/// Every call has gone through all of its scenario.
fn has_ended_well(callers: &mut Process) -> Result<()> {
    let status = callers.wait(Duration::from_secs(120)).context("the callers do not end")?;
    ensure!(status.success(), "a call has failed: {}", callers.said());
    Ok(())
}

#[test]
#[ignore = "takes minutes: make long"]
fn five_hundred_callers_in_a_minute_are_held_and_then_all_are_answered() -> Result<()> {
    const CALLERS: usize = 500;
    const AGENTS: u32 = 64;
    let (caller, agents) = (Loopback::new(), Loopback::new());
    let mut host = centre(caller.port(5060), agents.port(5060), "", AGENTS)?;
    let admin = host.admin()?;
    let folder = tempfile::tempdir()?;
    let traffic = Traffic { calls: (0..CALLERS as u64).map(|n| n * 120).collect(), talks: vec![1_000; CALLERS] };
    let (mut callers, _answers) = traffic.run(&host.sip().to_string(), folder.path(), caller, agents)?;
    let began = Instant::now();
    let waiting = |seen: &Value| seen["waiting"].as_array().map_or(0, Vec::len);
    // A minute, on a machine that has time for it.
    let all = within(Duration::from_secs(300), || {
        sleep(Duration::from_secs(1));
        overview(&admin).ok().filter(|seen| waiting(seen) == CALLERS)
    });
    all.with_context(|| format!("not all wait: {}\n{}", callers.said(), host.log()))?;
    println!("{CALLERS} wait after {:.1} s", began.elapsed().as_secs_f64());
    // Held: nobody is lost while nothing happens.
    sleep(Duration::from_secs(15));
    ensure!(waiting(&overview(&admin)?) == CALLERS, "some are lost");
    log_in(&admin, AGENTS)?;
    has_ended_well(&mut callers)?;
    let today = within(Duration::from_secs(20), || {
        let today = overview(&admin).ok()?["queues"][0]["today"].clone();
        (today["ended"] == CALLERS).then_some(today)
    });
    let today = today.context("the centre does not know that all are over")?;
    for (what, count) in [("offered", CALLERS), ("answered", CALLERS), ("abandoned", 0), ("overflowed", 0)] {
        assert_eq!(today[what], count, "{what}: {today}");
    }
    assert!(!host.has_panicked(), "{}", host.log());
    host.end()
}

/// 500 calls an hour of 180 s in a slice of real time that begins with as many calls as there are in the mean. What must come out
/// of just these calls is reckoned; that it is what Erlang C has for many is a matter of the plugin's simulation.
#[test]
#[ignore = "takes minutes: make long"]
fn callers_whom_chance_sends_are_answered_in_time_as_often_as_can_be_reckoned() -> Result<()> {
    const AGENTS: u32 = 29;
    /// How long calls come in.
    const SLICE: u64 = 8 * 60_000;
    const MEAN_TALK: f64 = 180_000.0;
    const IN_TIME: u64 = 20_000;
    let mut chance = Chance(0x9e37_79b9_7f4a_7c15);
    let mut calls = vec![0; 25];
    let mut at = 0;
    while at < SLICE {
        at += chance.wait(3_600_000.0 / 500.0);
        calls.push(at);
    }
    let talks = calls.iter().map(|_| chance.wait(MEAN_TALK)).collect();
    let traffic = Traffic { calls, talks };
    let (caller, agents) = (Loopback::new(), Loopback::new());
    let mut host = centre(caller.port(5060), agents.port(5060), "goal_seconds = 20", AGENTS)?;
    let admin = host.admin()?;
    log_in(&admin, AGENTS)?;
    let folder = tempfile::tempdir()?;
    let (callers, _answers) = traffic.run(&host.sip().to_string(), folder.path(), caller, agents)?;
    let count = traffic.calls.len();
    let all = within(Duration::from_secs(SLICE / 1_000 + 300), || {
        sleep(Duration::from_secs(2));
        let today = overview(&admin).ok()?["queues"][0]["today"].clone();
        (today["answered"] == count).then_some(today)
    });
    let today = all.with_context(|| format!("not all are answered: {}\n{}", callers.said(), host.log()))?;
    let percent = |in_time: f64| 100.0 * in_time / count as f64;
    let measured = percent(today["answered_in_time"].as_f64().context("a number")?);
    let reckoned = percent(traffic.answered_within(IN_TIME, AGENTS) as f64);
    println!("{count} calls, {AGENTS} agents: {measured:.1} % in time, {reckoned:.1} % by reckoning");
    ensure!((measured - reckoned).abs() <= 3.0, "{measured:.1} % in place of {reckoned:.1} %");
    assert_eq!((&today["abandoned"], &today["overflowed"]), (&0.into(), &0.into()), "{today}");
    assert!(!host.has_panicked(), "{}", host.log());
    host.end()
}
