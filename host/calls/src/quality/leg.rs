//! From what a stream has counted to what people read.

use super::diagnosis::faults;
use jackfield_media::{HeardReport, StreamReport, codec::Codec, emodel, secure::KeyState};
use jackfield_model::{HeardQuality, LegQuality, LegSide, Party as Who, SoundKeys};
use std::time::Duration;

/// Sound in a packet, and in the device that makes it.
const PACKET: Duration = Duration::from_millis(20);
/// Least that a jitter buffer waits.
const LEAST_BUFFER: Duration = Duration::from_millis(20);
/// Fewer packets say nothing of quality.
const FEW: u64 = 50;

/// Of all legs of a call; with a fault where nobody was heard though somebody had answered.
pub(super) fn qualities(legs: &[(LegSide, Who, StreamReport)], answered: bool) -> Vec<LegQuality> {
    let reports: Vec<_> = legs.iter().map(|(.., report)| *report).collect();
    let faults = if answered { faults(&reports) } else { vec![None; legs.len()] };
    let each = legs.iter().zip(faults);
    each.map(|((side, who, report), fault)| LegQuality { fault, ..quality(*side, who.clone(), report) }).collect()
}

fn quality(side: LegSide, party: Who, report: &StreamReport) -> LegQuality {
    let stats = &report.stats;
    let codec = report.codec.or(report.speaks);
    let loss = share(stats.lost, stats.received + stats.lost);
    let jitter = Duration::from_micros(report.jitter.into());
    let way = report.round_trip.unwrap_or_default() / 2;
    let rating = (stats.received >= FEW).then(|| rating(codec, way, jitter, loss));
    LegQuality {
        side,
        party,
        codec: codec.map(|codec| codec.name().to_owned()),
        keys: match report.keys {
            KeyState::Clear => SoundKeys::Clear,
            KeyState::Sdes => SoundKeys::Sdes,
            KeyState::Awaited | KeyState::Agreed | KeyState::Failed(_) => SoundKeys::Dtls,
        },
        ice: report.ice.is_some(),
        expected: report.expected.to_string(),
        from: report.from.map(|from| from.to_string()),
        open: report.open.as_millis() as u64,
        received: stats.received,
        lost: stats.lost,
        refused: stats.refused + stats.unreadable,
        sent: stats.sent,
        loss: hundredths(loss),
        jitter: report.jitter,
        round_trip: report.round_trip.map(|time| u32::try_from(time.as_micros()).unwrap_or(u32::MAX)),
        rating: rating.map(|rating| rating.round() as u8),
        mos: rating.map(score),
        heard: report.heard.map(|heard| heard_quality(&heard, stats.sent, codec, way)),
        fault: None,
    }
}

fn heard_quality(heard: &HeardReport, sent: u64, codec: Option<Codec>, way: Duration) -> HeardQuality {
    let lost = u64::try_from(heard.block.lost).unwrap_or(0);
    let loss = share(lost, sent.max(lost));
    // Its own score counts: it knows what its jitter buffer has thrown away.
    let own = heard.metrics.and_then(|metrics| {
        let told = metrics.conversational.or(metrics.listening).map(|tenths| u16::from(tenths) * 10);
        told.or_else(|| metrics.rating.map(|rating| score(f32::from(rating))))
    });
    let made = || score(rating(codec, way, Duration::from_micros(heard.jitter.into()), loss));
    HeardQuality {
        lost,
        loss: hundredths(loss),
        jitter: heard.jitter,
        mos: own.or_else(|| (sent >= FEW).then(made)),
        own_score: own.is_some(),
        discarded: heard.metrics.map(|metrics| (u16::from(metrics.discarded) * 100 / 256) as u8),
        delay: heard.metrics.map(|metrics| metrics.end_delay),
    }
}

/// R of sound that takes so long to or from the host; a jitter buffer waits for twice the mean deviation.
fn rating(codec: Option<Codec>, way: Duration, jitter: Duration, loss: f32) -> f32 {
    let one_way = way + PACKET + (2 * jitter).max(LEAST_BUFFER);
    emodel::rating(codec.unwrap_or(Codec::Pcma), one_way, loss)
}

fn score(rating: f32) -> u16 {
    (emodel::opinion(rating) * 100.0).round() as u16
}

fn share(lost: u64, of: u64) -> f32 {
    if of == 0 { 0.0 } else { lost as f32 / of as f32 }
}

fn hundredths(share: f32) -> u16 {
    (share * 10_000.0).round() as u16
}

#[cfg(test)]
mod tests {
    use super::super::diagnosis::tests::report;
    use super::*;
    use jackfield_media::{
        StreamStats,
        rtcp::{ReportBlock, VoipMetrics},
    };

    fn of(report: StreamReport) -> LegQuality {
        qualities(&[(LegSide::Caller, Who::default(), report)], true).remove(0)
    }

    #[test]
    fn a_clean_leg_scores_as_the_standard_says_and_loss_costs() {
        let clean = of(report());
        // 20 ms of packet and 20 ms of buffer: R is 93.2 − 0.96.
        assert_eq!((clean.rating, clean.loss, clean.fault), (Some(92), 0, None));
        assert!((437..=441).contains(&clean.mos.unwrap()), "{:?}", clean.mos);
        let stats = StreamStats { received: 900, lost: 100, ..report().stats };
        let lossy = of(StreamReport { stats, round_trip: Some(Duration::from_millis(400)), ..report() });
        assert_eq!((lossy.loss, lossy.round_trip), (1_000, Some(400_000)));
        assert!(lossy.mos.unwrap() < 320, "{:?}", lossy.mos);
        let few = StreamStats { received: 10, ..report().stats };
        assert_eq!(of(StreamReport { stats: few, ..report() }).mos, None);
    }

    #[test]
    fn what_a_phone_measures_itself_goes_before_what_the_host_makes_of_it() {
        let block = ReportBlock { lost: 50, ..ReportBlock::default() };
        let metrics = VoipMetrics {
            ssrc: 1,
            loss: 12,
            discarded: 64,
            round_trip: 0,
            end_delay: 70,
            rating: Some(80),
            listening: Some(39),
            conversational: None,
        };
        let heard = |metrics| Some(HeardReport { block, jitter: 3_000, metrics });
        let own = of(StreamReport { heard: heard(Some(metrics)), ..report() }).heard.unwrap();
        assert_eq!((own.mos, own.own_score, own.discarded, own.delay), (Some(390), true, Some(25), Some(70)));
        let made = of(StreamReport { heard: heard(None), ..report() }).heard.unwrap();
        assert_eq!((made.loss, made.own_score, made.discarded), (500, false, None));
        assert!((380..=400).contains(&made.mos.unwrap()), "{:?}", made.mos);
    }
}
