//! How calls of the pretended house sound, and what happened in them.

use jackfield_model::*;
use jackfield_store::{QualityRow, TraceRow};

/// A leg that sounds well.
fn leg(side: LegSide, party: &Party, seconds: u64) -> LegQuality {
    let address = match side {
        LegSide::Caller => "192.0.2.14:11784",
        LegSide::Callee => "192.0.2.31:40012",
    };
    LegQuality {
        side,
        party: party.clone(),
        codec: Some("PCMA".into()),
        keys: SoundKeys::Sdes,
        ice: false,
        expected: address.into(),
        from: Some(address.into()),
        open: seconds * 1_000,
        received: seconds * 50,
        lost: seconds / 9,
        refused: 0,
        sent: seconds * 50,
        loss: 22,
        jitter: 1_420,
        round_trip: Some(18_300),
        rating: Some(91),
        mos: Some(437),
        heard: Some(HeardQuality {
            lost: 3,
            loss: 9,
            jitter: 2_125,
            mos: Some(430),
            own_score: side == LegSide::Caller,
            discarded: None,
            delay: (side == LegSide::Caller).then_some(65),
        }),
        fault: None,
    }
}

/// The two legs of a call; some calls have something wrong with their sound.
pub fn legs(call: &CallId, caller: &Party, callee: &Party, seconds: u64) -> Vec<LegQuality> {
    let one = leg(LegSide::Caller, caller, seconds);
    let other = leg(LegSide::Callee, callee, seconds);
    let silent = |fault| LegQuality {
        codec: None,
        from: None,
        received: 0,
        lost: 0,
        loss: 0,
        jitter: 0,
        round_trip: None,
        rating: None,
        mos: None,
        heard: None,
        fault: Some(fault),
        ..other.clone()
    };
    let expected = other.expected.clone();
    let count = call.0.rsplit('-').next().and_then(|count| u64::from_str_radix(count, 16).ok());
    let other = match count.unwrap_or_default() % 24 {
        1 => silent(SoundFault::NothingCame { expected }),
        7 => LegQuality {
            refused: seconds * 50,
            ..silent(SoundFault::WrongAddress { from: "198.51.100.77:53012".into(), expected })
        },
        13 => LegQuality {
            keys: SoundKeys::Dtls,
            ice: true,
            ..silent(SoundFault::NoKeys { why: "the handshake did not end in time".into() })
        },
        19 => LegQuality {
            lost: seconds * 5,
            loss: 909,
            rating: Some(66),
            mos: Some(341),
            jitter: 31_000,
            fault: Some(SoundFault::Lossy { percent: 9 }),
            ..other
        },
        _ => other,
    };
    vec![one, other]
}

/// How these finished calls sounded.
pub fn rows(records: &[CallRecord]) -> Vec<QualityRow> {
    let answered = records.iter().filter_map(|record| Some((record, record.answered?)));
    let row = |(record, answered): (&CallRecord, u64)| QualityRow {
        call: record.id.clone(),
        ended: record.ended,
        legs: legs(&record.id, &record.caller, &record.callee, (record.ended - answered) / 1_000),
    };
    answered.map(row).collect()
}

/// What happened in these finished calls.
pub fn traces(records: &[CallRecord]) -> Vec<TraceRow> {
    let row = |record: &CallRecord| TraceRow {
        call: record.id.clone(),
        ended: record.ended,
        trace: course(&record.caller, &record.callee, record.started, Some(record)),
    };
    records.iter().map(row).collect()
}

/// A call that a menu has taken and that somebody then answered.
pub fn course(caller: &Party, callee: &Party, began: TimestampMs, record: Option<&CallRecord>) -> CallTrace {
    let plugin = |id: &str, version: &str| PluginVersion { id: id.into(), version: version.into() };
    let asked = |id: &str, outcome, micros| AskedPlugin { plugin: plugin(id, "0.1.0"), outcome, micros };
    let dialplan = || plugin("org.jackfield.dialplan", "0.1.0");
    let number = callee.number.clone();
    let at = |ms: u64, event| TraceEntry { at: began + ms, event };
    let mut entries = vec![
        at(
            1,
            TraceEvent::Decided {
                decision: DecisionKind::Ring,
                to: format!("ext:{number} (20 s), then ext:107 (30 s)"),
                by: Some(dialplan()),
                why: Some(format!("Office hours: {number} rings, then the desk")),
                asked: vec![
                    asked("org.example.blocklist", AskOutcome::Passed, 38),
                    asked("org.example.crm", AskOutcome::Failed { why: "it took longer than 50 ms".into() }, 50_120),
                    asked("org.jackfield.dialplan", AskOutcome::Decided, 64),
                ],
                micros: 50_240,
                unreached: false,
            },
        ),
        at(2, TraceEvent::Rings { target: format!("ext:{number}"), at: "TLS 192.0.2.31:5061".into(), trunk: None }),
    ];
    if let Some(record) = record {
        if record.answered.is_some() {
            entries.push(at(5_990, TraceEvent::Answered { by: number.clone() }));
        } else {
            let (status, why) = (486, "the called phone said 486".into());
            entries.push(at(4_000, TraceEvent::Refused { target: format!("ext:{number}"), status }));
            entries.push(at(4_001, TraceEvent::NotReached { status, why }));
        }
        let ended = TraceEvent::Ended { cause: record.cause, detail: "the caller hung up (BYE)".into() };
        entries.push(TraceEntry { at: record.ended, event: ended });
    }
    let message = |at, dialog, sent, text: String| SipTrace {
        at,
        dialog,
        sent,
        transport: if dialog == 0 { "UDP".into() } else { "TLS".into() },
        remote: if dialog == 0 { "192.0.2.14:5060".into() } else { "192.0.2.31:5061".into() },
        text,
    };
    let fields = |cseq: &str| {
        format!(
            "From: \"{}\" <sip:{}@jackfield.example>;tag=a7f\nTo: <sip:{number}@jackfield.example>\nCSeq: {cseq}",
            caller.name, caller.number
        )
    };
    let sdp = "Content-Type: application/sdp\nc=IN IP4 192.0.2.14\nm=audio 11784 RTP/SAVP 8 0 101\n\
               a=crypto:1 AES_CM_128_HMAC_SHA1_80 …\na=sendrecv";
    let invite = format!("INVITE sip:{number}@jackfield.example SIP/2.0\n{}", fields("2 INVITE"));
    let mut messages = vec![
        message(began, 0, false, format!("{invite}\nAuthorization: Digest …\nUser-Agent: Yealink SIP-T54W\n{sdp}")),
        message(began, 0, true, format!("SIP/2.0 100 Trying\n{}", fields("2 INVITE"))),
        message(began + 2, 1, true, format!("{invite}\n{sdp}")),
        message(began + 31, 1, false, format!("SIP/2.0 180 Ringing\n{}", fields("1 INVITE"))),
        message(began + 32, 0, true, format!("SIP/2.0 180 Ringing\n{}", fields("2 INVITE"))),
    ];
    if let Some(record) = record {
        let (line, after) = if record.answered.is_some() { ("200 OK", 5_990) } else { ("486 Busy Here", 4_000) };
        messages.extend([
            message(began + after, 1, false, format!("SIP/2.0 {line}\n{}", fields("1 INVITE"))),
            message(began + after + 1, 1, true, format!("ACK sip:{number}@192.0.2.31 SIP/2.0\n{}", fields("1 ACK"))),
            message(began + after + 1, 0, true, format!("SIP/2.0 {line}\n{}", fields("2 INVITE"))),
            message(began + after + 20, 0, false, format!("ACK sip:{number}@192.0.2.1 SIP/2.0\n{}", fields("2 ACK"))),
        ]);
        if record.answered.is_some() {
            messages.extend([
                message(record.ended, 0, false, format!("BYE sip:{number}@192.0.2.1 SIP/2.0\n{}", fields("3 BYE"))),
                message(record.ended, 0, true, format!("SIP/2.0 200 OK\n{}", fields("3 BYE"))),
                message(record.ended, 1, true, format!("BYE sip:{number}@192.0.2.31 SIP/2.0\n{}", fields("2 BYE"))),
                message(record.ended + 18, 1, false, format!("SIP/2.0 200 OK\n{}", fields("2 BYE"))),
            ]);
        }
    }
    let dialog = |call_id: &str, with: &Party| TraceDialog { call_id: call_id.into(), with: with.number.clone() };
    CallTrace { entries, dialogs: vec![dialog("a1@192.0.2.14", caller), dialog("b2", callee)], messages, left_out: 0 }
}

/// A call that the dialplan would send to two phones, and voicemail then.
pub fn foreseen(to: &str) -> Foreseen {
    let party = |number: &str| Party { number: number.into(), ..Party::default() };
    let steps = course(&party("102"), &party(to), 0, None).entries.into_iter().map(|entry| entry.event).collect();
    let plugin = PluginVersion { id: "org.jackfield.voicemail".into(), version: "0.1.0".into() };
    let asked = vec![AskedPlugin { plugin: plugin.clone(), outcome: AskOutcome::Decided, micros: 71 }];
    let unanswered = vec![TraceEvent::Decided {
        decision: DecisionKind::Run,
        to: "org.jackfield.voicemail/leave".into(),
        by: Some(plugin),
        why: Some(format!("Nobody took the call to {to}")),
        asked,
        micros: 75,
        unreached: true,
    }];
    Foreseen { steps, unanswered }
}
