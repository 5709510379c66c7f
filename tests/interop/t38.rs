//! Faxes by packets (T.38) with an end point that is not ours: `fax_machine.py`, whose SIP, SDP and UDPTL are its own. T.30 and
//! the packets inside UDPTL (IFP) are SpanDSP's in it as in the host's engine, for want of another free one in Debian.
//!
//! One test has an rtpengine of its own between the house and the machines, which speak sound then: its SDP and UDPTL are nobody
//! else's (the gateway behind them is SpanDSP's once more).
//!
//! Without sound only the two machines' own clocks count, so most of these go five times as fast as in life.

use super::fax::{FAX, LONG_FAX, Machine, Office, ROWS, WIDTH, dots};
use anyhow::{Context, Result};
use jackfield_tests::{Loopback, Process, eventually, within};
use serde_json::{Value, json};
use std::{path::PathBuf, process::Command, time::Duration};

const FAST: &str = "[fax]\npace = 5\n";
const PACE: &str = "pace=5";

fn by_packets(report: &Value, pages: u32) {
    let said = (&report["code"], &report["pages"], &report["t38"]);
    assert_eq!(said, (&json!(0), &json!(pages), &json!(true)), "{report}");
}

/// So many pages to a box, as many from Ada to a machine, and a third fax that is cut in this page, all by packets.
fn three_faxes(office: &Office, pages: u32, cut: u32, options: &[&str], limit: Duration) -> Result<[Value; 2]> {
    let file = office.document(pages)?;
    let sent = dots(&file)?;
    let seconds = format!("limit={}", limit.as_secs());
    let with = |own: &[&'static str]| [own, options, &[&seconds]].concat();
    // Who is called asks for packets: the machine does, with parity; where the house is called, it does. Some are lost.
    let (mut receiver, received) = office.waits(&with(&["t38=offer", "fec=1", "lose=9", "deaf=9"]))?;
    office.send(&file, "300")?;
    let [first, second] = office.callers;
    let mut sender = office.calls(first, "700", &file, &with(&["t38=accept", "lose=7", "deaf=7", "refresh=3"]))?;
    let cut_in = format!("cut={cut}");
    let mut cutter = office.calls(second, "701", &file, &[&with(&["t38=accept"])[..], &[&cut_in]].concat())?;

    let report = cutter.report(limit)?;
    let said = (&report["why"], &report["pages"], &report["t38"]);
    assert_eq!(said, (&json!("cut"), &json!(cut - 1), &json!(true)), "{report}");
    let (fax, kept) = office.received("701")?;
    let said = (&fax["pages"], &fax["broken_off"], &fax["t38"]);
    assert_eq!(said, (&json!(cut - 1), &json!("line_dropped"), &json!(true)), "{fax}");
    let whole = (WIDTH / 8 * ROWS * (cut - 1)) as usize;
    assert!(kept.len() >= whole && kept[..whole] == sent[..whole], "the pages that came before the cut differ");

    let first = sender.report(limit)?;
    by_packets(&first, pages);
    assert_eq!((&first["station"], &first["refused"]), (&json!("+49 30 1234"), &json!(false)), "{first}");
    let (fax, kept) = office.received("700")?;
    let said = (&fax["pages"], &fax["broken_off"], &fax["ecm"], &fax["t38"]);
    assert_eq!(said, (&json!(pages), &Value::Null, &json!(true), &json!(true)), "{fax}");
    assert!(kept == sent, "the pages that came differ");

    let second = receiver.report(limit)?;
    by_packets(&second, pages);
    assert!(dots(&received)? == sent, "the pages that went differ");
    eventually("the recipient has got it", || {
        office.page().is_ok_and(|page| page["jobs"][0]["recipients"][0]["state"] == "sent")
    });
    let recipient = &office.page()?["jobs"][0]["recipients"][0];
    assert_eq!((&recipient["pages"], &recipient["t38"]), (&json!(pages), &json!(true)), "{recipient}");
    assert!(!office.host.has_panicked(), "{}", office.host.log());
    Ok([first, second])
}

#[test]
fn thirty_pages_come_and_go_as_packets_and_a_cut_on_page_twelve_leaves_eleven() -> Result<()> {
    let office = Office::open_with(FAST)?;
    three_faxes(&office, 30, 12, &[PACE], FAX).map(drop)
}

#[test]
#[ignore = "takes minutes: make long"]
fn thirty_pages_in_their_own_time_outlive_the_session_timer() -> Result<()> {
    let office = Office::open_with("")?;
    let [sender, _] = three_faxes(&office, 30, 12, &["se=90"], LONG_FAX)?;
    // Half-way through the interval the session is renewed, with the description that holds.
    let renewed = sender["reoffers"].as_u64().unwrap_or(0);
    assert!(renewed >= 2, "packets were asked for, and then again to renew the session: {sender}");
    Ok(())
}

#[test]
fn a_machine_that_does_not_ask_for_packets_is_asked_once_it_is_heard() -> Result<()> {
    let office = Office::open_with(FAST)?;
    let file = office.document(1)?;
    let (mut receiver, received) = office.waits(&["t38=accept", PACE])?;
    office.send(&file, "300")?;
    let report = receiver.report(FAX)?;
    by_packets(&report, 1);
    assert!(report["reoffers"].as_u64() >= Some(1), "{report}");
    assert!(dots(&received)? == dots(&file)?, "the pages differ");
    assert!(!office.host.has_panicked(), "{}", office.host.log());
    Ok(())
}

#[test]
fn packets_pass_through_between_two_machines_that_both_speak_t38() -> Result<()> {
    let office = Office::open_with("")?;
    let file = office.document(3)?;
    let (mut receiver, received) = office.waits(&["t38=offer", "fec=1", "lose=9", PACE])?;
    let mut sender = office.calls(office.callers[0], "300", &file, &["t38=accept", "fec=1", "lose=7", PACE])?;
    by_packets(&sender.report(FAX)?, 3);
    by_packets(&receiver.report(FAX)?, 3);
    assert!(dots(&received)? == dots(&file)?, "the pages differ");
    let log = office.host.log();
    assert!(!office.host.has_panicked() && !log.contains("a gateway stands"), "{log}");
    Ok(())
}

#[test]
fn a_gateway_stands_between_packets_and_sound_both_ways() -> Result<()> {
    let other = Loopback::new().port(5060);
    let office = Office::open_with(&format!("[[extensions]]\nnumber = \"301\"\ncontact = \"sip:301@{other}\"\n"))?;
    let file = office.document(1)?;
    let kept = office.folder.path().join("other.tif");
    let arguments = ["answer", "301", "100", "receive", &kept.to_string_lossy(), "t38=refuse"].map(String::from);
    let arguments: Vec<_> = arguments.iter().map(String::as_str).collect();
    // One that is heard calls one that sends packets, and the other way round.
    let (mut by_packets_there, received) = office.waits(&["t38=offer"])?;
    let mut heard_there = Machine::start(office.folder.path(), other, office.host.sip(), &arguments)?;
    let [first, second] = office.callers;
    let mut heard = office.calls(first, "300", &file, &["t38=refuse"])?;
    let mut by_packets_here = office.calls(second, "301", &file, &["t38=offer"])?;
    let as_sound = |report: &Value| {
        let said = (&report["code"], &report["pages"], &report["t38"], &report["refused"]);
        assert_eq!(said, (&json!(0), &json!(1), &json!(false), &json!(true)), "{report}");
    };
    as_sound(&heard.report(FAX)?);
    by_packets(&by_packets_there.report(FAX)?, 1);
    by_packets(&by_packets_here.report(FAX)?, 1);
    as_sound(&heard_there.report(FAX)?);
    let wanted = dots(&file)?;
    let files: [PathBuf; 2] = [received, kept];
    assert!(dots(&files[0])? == wanted && dots(&files[1])? == wanted, "the pages differ");
    eventually("both gateways are done", || office.host.log().matches("a fax gateway is done").count() == 2);
    assert!(!office.host.has_panicked(), "{}", office.host.log());
    Ok(())
}

/// An rtpengine in a process of its own, and where it takes commands.
fn rtpengine(office: &Office) -> Result<(Process, String)> {
    let at = Loopback::new().port(22_222);
    let mut command = Command::new("/usr/bin/rtpengine");
    command.args(["--foreground", "--log-stderr", "--table=-1", "--port-min=30000", "--port-max=30099"]);
    command.args([format!("--interface={}", at.ip()), format!("--listen-ng={at}")]);
    let process = Process::start(&mut command, &office.folder.path().join("rtpengine"))?;
    let ready = within(Duration::from_secs(20), || process.said().contains("Startup complete").then_some(()));
    ready.with_context(|| format!("rtpengine does not start: {}", process.said()))?;
    Ok((process, format!("rtpengine={at}")))
}

#[test]
fn packets_are_understood_by_another_gateway() -> Result<()> {
    let office = Office::open_with("")?;
    let (_process, rtpengine) = rtpengine(&office)?;
    let file = office.document(1)?;
    let (mut receiver, received) = office.waits(&["t38=offer", &rtpengine])?;
    office.send(&file, "300")?;
    let mut sender = office.calls(office.callers[0], "700", &file, &["t38=accept", &rtpengine])?;
    for machine in [&mut sender, &mut receiver] {
        let report = machine.report(FAX)?;
        let said = (&report["code"], &report["pages"], &report["translated"]);
        assert_eq!(said, (&json!(0), &json!(1), &json!(true)), "{report}");
    }
    let (fax, kept) = office.received("700")?;
    assert_eq!((&fax["pages"], &fax["t38"]), (&json!(1), &json!(true)), "{fax}");
    let wanted = dots(&file)?;
    assert!(kept == wanted && dots(&received)? == wanted, "the pages differ");
    eventually("the recipient has got it by packets", || {
        let recipient = |page: Value| page["jobs"][0]["recipients"][0].clone();
        office.page().map(recipient).is_ok_and(|one| one["state"] == "sent" && one["t38"] == true)
    });
    assert!(!office.host.has_panicked(), "{}", office.host.log());
    Ok(())
}
