//! How calls of the pretended house sound.

use jackfield_model::{CallId, CallRecord, HeardQuality, LegQuality, LegSide, Party, SoundFault, SoundKeys};
use jackfield_store::QualityRow;

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
