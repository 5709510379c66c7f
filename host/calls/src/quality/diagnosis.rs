//! “Why is there no audio?”: from what the streams of a call have seen to one reason for each, pure.

use jackfield_media::{StreamReport, secure::KeyState};
use jackfield_model::SoundFault;
use std::time::Duration;

/// A shorter time says nothing: phones begin to send when they have been answered.
const TOO_SHORT: Duration = Duration::from_secs(3);
/// Phones that leave out silence send something at least so often.
const LONG_SILENCE: Duration = Duration::from_secs(20);
/// Packets from which on a share of them means something.
const SOME: u64 = 100;
/// Share of lost packets, in per cent, from which on words are lost (G.711 with concealment: R below 75).
const LOSSY: u64 = 5;
/// Share of what it was sent that a party misses, in per cent, from which on it hears nothing.
const DEAF: u64 = 90;

/// For each stream of a call why its party was not heard, or did not hear. With two of them what one sent is held against what
/// the other was sent.
pub(super) fn faults(reports: &[StreamReport]) -> Vec<Option<SoundFault>> {
    let others = |index: usize| match reports {
        [first, second] => Some(if index == 0 { second } else { first }),
        _ => None,
    };
    reports.iter().enumerate().map(|(index, report)| fault(report, others(index))).collect()
}

fn fault(report: &StreamReport, other: Option<&StreamReport>) -> Option<SoundFault> {
    if report.open < TOO_SHORT {
        return None;
    }
    match report.keys {
        KeyState::Failed(error) => return Some(SoundFault::NoKeys { why: error.to_string() }),
        _ if report.stats.received == 0 => return Some(unheard(report)),
        _ => {}
    }
    deaf(report, other).or_else(|| broken(report))
}

/// Nothing of it was ever heard.
fn unheard(report: &StreamReport) -> SoundFault {
    let stats = &report.stats;
    let expected = report.expected.to_string();
    match (report.stranger, report.foreign) {
        _ if !report.sends => SoundFault::OnHold,
        _ if report.ice == Some(false) => SoundFault::NoWay,
        _ if report.keys == KeyState::Awaited => SoundFault::NoKeys { why: String::from("its handshake never began") },
        _ if stats.unreadable > 0 => SoundFault::CannotDecrypt,
        (_, Some(payload_type)) if stats.foreign >= stats.strangers => SoundFault::WrongCodec { payload_type },
        (Some(from), _) => SoundFault::WrongAddress { from: from.to_string(), expected },
        _ => SoundFault::NothingCame { expected },
    }
}

/// It heard nothing.
fn deaf(report: &StreamReport, other: Option<&StreamReport>) -> Option<SoundFault> {
    if !report.hears {
        return None;
    }
    let said = other.map_or(0, |other| other.stats.received);
    if said >= SOME && report.stats.sent == 0 && report.to.is_some() {
        return Some(SoundFault::NoCommonCodec);
    }
    let (sent, heard) = (report.stats.sent, report.heard?);
    let lost = u64::try_from(heard.block.lost).unwrap_or(0);
    let is_deaf = sent >= SOME && lost * 100 >= sent * DEAF;
    is_deaf.then(|| SoundFault::DoesNotReceive { to: report.to.map(|to| to.to_string()).unwrap_or_default() })
}

/// It was heard, but not well or not to the end.
fn broken(report: &StreamReport) -> Option<SoundFault> {
    let stats = &report.stats;
    let expected = stats.received + stats.lost;
    let quiet = report.quiet.filter(|quiet| *quiet >= LONG_SILENCE && report.sends && report.hears);
    if let Some(quiet) = quiet {
        return Some(SoundFault::StoppedComing { seconds: u32::try_from(quiet.as_secs()).unwrap_or(u32::MAX) });
    }
    let percent = (stats.lost * 100).checked_div(expected)?;
    (expected >= SOME && percent >= LOSSY).then(|| SoundFault::Lossy { percent: percent.min(100) as u8 })
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use jackfield_media::{HeardReport, StreamStats, codec::Codec, rtcp::ReportBlock, secure::DtlsError};

    /// A leg of 20 s that talks and listens.
    pub(in super::super) fn report() -> StreamReport {
        let address = "192.0.2.5:4000".parse().unwrap();
        StreamReport {
            stats: StreamStats { received: 1_000, sent: 1_000, ..StreamStats::default() },
            open: Duration::from_secs(20),
            quiet: Some(Duration::from_millis(20)),
            expected: address,
            from: Some(address),
            to: Some(address),
            stranger: None,
            foreign: None,
            codec: Some(Codec::Pcma),
            speaks: Some(Codec::Pcma),
            hears: true,
            sends: true,
            keys: KeyState::Clear,
            ice: None,
            jitter: 0,
            round_trip: None,
            heard: None,
        }
    }

    /// One of which nothing was taken.
    fn silent(strangers: u64, foreign: u64, unreadable: u64) -> StreamReport {
        StreamReport {
            stats: StreamStats { received: 0, strangers, foreign, unreadable, ..report().stats },
            quiet: None,
            from: None,
            codec: None,
            stranger: (strangers > 0).then(|| "198.51.100.7:9000".parse().unwrap()),
            foreign: (foreign > 0).then_some(18),
            ..report()
        }
    }

    fn of(report: StreamReport) -> Option<SoundFault> {
        faults(&[report]).remove(0)
    }

    #[test]
    fn whoever_is_not_heard_is_told_why() {
        let expected = || String::from("192.0.2.5:4000");
        assert_eq!(of(report()), None);
        assert_eq!(of(silent(0, 0, 0)), Some(SoundFault::NothingCame { expected: expected() }));
        let from = String::from("198.51.100.7:9000");
        assert_eq!(of(silent(9, 0, 0)), Some(SoundFault::WrongAddress { from, expected: expected() }));
        assert_eq!(of(silent(0, 9, 0)), Some(SoundFault::WrongCodec { payload_type: 18 }));
        assert_eq!(of(silent(0, 0, 9)), Some(SoundFault::CannotDecrypt));
        let no_way = StreamReport { ice: Some(false), keys: KeyState::Awaited, ..silent(0, 0, 0) };
        assert_eq!(of(no_way), Some(SoundFault::NoWay));
        assert!(matches!(of(StreamReport { ice: Some(true), ..no_way }), Some(SoundFault::NoKeys { .. })));
        let failed = StreamReport { keys: KeyState::Failed(DtlsError::Fingerprint), ..silent(0, 0, 0) };
        assert_eq!(of(failed), Some(SoundFault::NoKeys { why: DtlsError::Fingerprint.to_string() }));
        assert_eq!(of(StreamReport { sends: false, ..silent(0, 0, 0) }), Some(SoundFault::OnHold));
        assert_eq!(of(StreamReport { open: Duration::from_secs(2), ..silent(0, 0, 0) }), None, "too short to say");
    }

    #[test]
    fn whoever_does_not_hear_is_told_too() {
        let unsent = StreamReport { stats: StreamStats { sent: 0, ..report().stats }, ..report() };
        assert_eq!(faults(&[report(), unsent]), [None, Some(SoundFault::NoCommonCodec)]);
        assert_eq!(faults(&[report(), StreamReport { hears: false, ..unsent }]), [None, None], "it has us on hold");
        let block = ReportBlock { lost: 950, ..ReportBlock::default() };
        let deaf = StreamReport { heard: Some(HeardReport { block, ..HeardReport::default() }), ..report() };
        assert_eq!(of(deaf), Some(SoundFault::DoesNotReceive { to: "192.0.2.5:4000".into() }));
    }

    #[test]
    fn sound_that_breaks_off_or_is_lost_is_told() {
        let quiet = Some(Duration::from_secs(45));
        assert_eq!(of(StreamReport { quiet, ..report() }), Some(SoundFault::StoppedComing { seconds: 45 }));
        assert_eq!(of(StreamReport { quiet, sends: false, ..report() }), None, "it holds the other");
        let lossy = |lost| StreamReport { stats: StreamStats { received: 900, lost, ..report().stats }, ..report() };
        assert_eq!(of(lossy(100)), Some(SoundFault::Lossy { percent: 10 }));
        assert_eq!(of(lossy(20)), None);
    }
}
