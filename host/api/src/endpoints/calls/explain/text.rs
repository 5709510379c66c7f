//! An explanation as a file.

use super::Explanation;
use crate::endpoints::history::export::iso as time;
use jackfield_model::{AskOutcome, AskedPlugin, CallId, HouseRule, LegQuality, Party, SoundFault, TraceEvent};
use std::fmt::Write;

/// For programs.
pub(super) fn json(explanation: &Explanation) -> String {
    serde_json::to_string_pretty(explanation).expect("an explanation is made of strings and maps") + "\n"
}

/// For people: one line of time, messages indented below their start lines.
pub(super) fn write(id: &CallId, explanation: &Explanation) -> String {
    let Explanation { live, record, legs, trace } = explanation;
    let mut lines: Vec<(u64, String)> = Vec::new();
    let mut out = format!("Call {id}\n");
    // Writing to a string cannot fail.
    if let Some(call) = live {
        let _ = writeln!(out, "From {} to {}, in progress", who(&call.caller), who(&call.callee));
    }
    if let Some(call) = record {
        let _ = writeln!(out, "From {} to {}: {}", who(&call.caller), who(&call.callee), call.detail);
        let talked = call.answered.map_or(0, |answered| call.ended.saturating_sub(answered));
        let _ = writeln!(out, "Began {}, talked {} s", time(call.started), talked / 1_000);
    }
    for leg in legs {
        out.push_str(&sound(leg));
    }
    if let Some(trace) = trace {
        lines.extend(trace.entries.iter().map(|entry| (entry.at, step(&entry.event))));
        for message in &trace.messages {
            let with = trace.dialogs.get(usize::from(message.dialog)).map_or("", |dialog| dialog.with.as_str());
            let way = if message.sent { "->" } else { "<-" };
            let head = format!("SIP {way} {with} ({} {})", message.transport, message.remote);
            lines.push((message.at, format!("{head}\n        {}", message.text.replace('\n', "\n        "))));
        }
        lines.sort_by_key(|(at, _)| *at);
        out.push('\n');
        for (at, line) in lines {
            let _ = writeln!(out, "{}  {line}", time(at));
        }
        if trace.left_out > 0 {
            let _ = writeln!(out, "({} steps and messages found no room)", trace.left_out);
        }
    }
    out
}

fn who(party: &Party) -> String {
    if party.name.is_empty() { party.number.clone() } else { format!("{} ({})", party.number, party.name) }
}

fn sound(leg: &LegQuality) -> String {
    let mos = |mos: Option<u16>| mos.map_or_else(|| String::from("?"), |mos| format!("{:.2}", f32::from(mos) / 100.0));
    let mut out = format!(
        "Sound of {}: {} {:?}, {} received, {} lost, {} not taken, {} sent, jitter {} us, MOS {} (it hears {})\n",
        who(&leg.party),
        leg.codec.as_deref().unwrap_or("no codec"),
        leg.keys,
        leg.received,
        leg.lost,
        leg.refused,
        leg.sent,
        leg.jitter,
        mos(leg.mos),
        mos(leg.heard.as_ref().and_then(|heard| heard.mos)),
    );
    if let Some(fault) = &leg.fault {
        let _ = writeln!(out, "  ! {}", why(fault));
    }
    out
}

fn why(fault: &SoundFault) -> String {
    match fault {
        SoundFault::NoKeys { why } => format!("not heard: no keys ({why})"),
        SoundFault::NoWay => "not heard: ICE found no way".into(),
        SoundFault::NothingCame { expected } => format!("not heard: nothing came from {expected}"),
        SoundFault::WrongAddress { from, expected } => format!("not heard: packets from {from}, not from {expected}"),
        SoundFault::WrongCodec { payload_type } => format!("not heard: payload type {payload_type} was not agreed"),
        SoundFault::NoCommonCodec => "heard nothing: no codec in common".into(),
        SoundFault::CannotDecrypt => "not heard: its keys do not open its packets".into(),
        SoundFault::OnHold => "not heard: on hold".into(),
        SoundFault::StoppedComing { seconds } => format!("not heard for the last {seconds} s"),
        SoundFault::DoesNotReceive { to } => format!("heard nothing: what is sent to {to} does not arrive"),
        SoundFault::Lossy { percent } => format!("hard to understand: {percent} % lost"),
    }
}

fn step(event: &TraceEvent) -> String {
    match event {
        TraceEvent::Decided { decision, to, by, why, asked, micros, unreached } => {
            let by = by.as_ref().map_or_else(|| String::from("nobody"), |by| format!("{} {}", by.id, by.version));
            let why = why.as_ref().map_or_else(String::new, |why| format!(": {why}"));
            let about = if *unreached { " of a call that nobody took" } else { "" };
            let asked: Vec<_> = asked.iter().map(ask).collect();
            format!("Decision{about} by {by} in {micros} us: {decision:?} {to}{why} [{}]", asked.join("; "))
        }
        TraceEvent::Rule { rule, number } => {
            let rule = match rule {
                HouseRule::Extension => "an extension rings",
                HouseRule::OwnNumber => "one of our own numbers is called inside",
                HouseRule::Outside => "the outside is called",
                HouseRule::Emergency => "the emergency services are called",
                HouseRule::Unknown => "nobody has this number",
                HouseRule::Circle => "it was sent in a circle",
            };
            format!("House rule for {number}: {rule}")
        }
        TraceEvent::Rings { target, at, trunk } => {
            let by = trunk.as_ref().map_or_else(String::new, |trunk| format!(" by trunk {trunk}"));
            format!("Rings {target} at {at}{by}")
        }
        TraceEvent::Refused { target, status } => format!("{target} said {status}"),
        TraceEvent::NotReached { status, why } => format!("Nobody was reached ({status}): {why}"),
        TraceEvent::Answered { by } => format!("Answered by {by}"),
        TraceEvent::ScriptBegan { script } => format!("Script {script} has the caller"),
        TraceEvent::ScriptEnded { script, failed: None } => format!("Script {script} ended"),
        TraceEvent::ScriptEnded { script, failed: Some(why) } => format!("Script {script} failed: {why}"),
        TraceEvent::Verb { verb, detail, millis } => format!("  {verb} {detail} ({millis} ms)"),
        TraceEvent::SentOn { to } => format!("Goes to {to}"),
        TraceEvent::Ended { cause, detail } => format!("Ended: {cause:?}, {detail}"),
    }
}

fn ask(asked: &AskedPlugin) -> String {
    let outcome = match &asked.outcome {
        AskOutcome::Passed => "passed",
        AskOutcome::Decided => "decided",
        AskOutcome::Failed { why } => why,
        AskOutcome::NotAsked => "not asked",
    };
    format!("{} {}: {outcome}, {} us", asked.plugin.id, asked.plugin.version, asked.micros)
}
