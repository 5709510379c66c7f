//! Reports of one party's sound: those that it sends are read, and where nobody else tells it what arrives of its sound the
//! host does, as the end of this leg that it is.

use super::{Port, REPORT, Stream};
use crate::{
    codec::Codec,
    rtcp::{self, REPORT_LEN, Report, ReportBlock, Sent, Told, VoipMetrics, in_units, of_units},
    secure::KeyState,
};
use std::{
    net::SocketAddr,
    time::{Duration, Instant},
};

/// Time between reports of the host's own (RFC 3550 §6.2 asks for at least five seconds).
const REPORT_EVERY: Duration = Duration::from_secs(5);
/// How long a party may have heard nothing of what the other end reports before the host reports in its place.
const SILENCE: Duration = Duration::from_secs(8);

/// What is known of a stream's sound, for whoever wants to know how it is and why it is not.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct StreamReport {
    /// Counts of packets.
    pub stats: super::StreamStats,
    /// Time since it began.
    pub open: Duration,
    /// Time since the last packet of the party; `None` when there was none.
    pub quiet: Option<Duration>,
    /// Where its description says that it is.
    pub expected: SocketAddr,
    /// Where its packets come from.
    pub from: Option<SocketAddr>,
    /// Where it is sent to.
    pub to: Option<SocketAddr>,
    /// Where packets came from last that were not believed to be its own.
    pub stranger: Option<SocketAddr>,
    /// The payload type of the last packet whose codec was not agreed.
    pub foreign: Option<u8>,
    /// What it spoke last.
    pub codec: Option<Codec>,
    /// What the host speaks to it; `None` when they have no codec in common.
    pub speaks: Option<Codec>,
    /// Whether it wants to hear anything.
    pub hears: bool,
    /// Whether it means to send anything.
    pub sends: bool,
    /// How far its keys are.
    pub keys: KeyState,
    /// Whether a check of its came through; `None` without ICE.
    pub ice: Option<bool>,
    /// Interarrival jitter of its packets, in microseconds.
    pub jitter: u32,
    /// From the host to it and back (RFC 3550 §6.4.1); `None` when it reports nothing.
    pub round_trip: Option<Duration>,
    /// What it reported last of what it hears.
    pub heard: Option<Heard>,
}

/// What a party reports of what it hears.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Heard {
    /// Its last reception report.
    pub block: ReportBlock,
    /// Its interarrival jitter in microseconds.
    pub jitter: u32,
    /// Its own measures, where it sends them.
    pub metrics: Option<VoipMetrics>,
}

/// What was reported to a party and by it.
#[derive(Debug, Default)]
pub(super) struct Reports {
    /// When it was told something last, and whether by the host itself.
    told: Option<(Instant, bool)>,
    /// Packets that it had been sent by then.
    sent: u64,
    /// The sender report that it was passed last, and when.
    passed: Option<(u32, Instant)>,
    /// The last that it sent itself, and when it came.
    came: Option<(u32, Instant)>,
    round_trip: Option<Duration>,
    heard: Option<Heard>,
}

impl Stream {
    /// Take note of a report of the party's.
    pub(super) fn read_report(&mut self, now: Instant, packet: &[u8]) {
        let (ours, rate) = (self.continuity.shown(), self.config.clock_rate());
        let reports = &mut self.reports;
        rtcp::read(packet, |told| match told {
            Told::Sends { ntp, .. } => reports.came = Some((ntp, now)),
            Told::Hears(block) if Some(block.ssrc) == ours => {
                let heard = reports.heard.get_or_insert_default();
                heard.block = block;
                let micros = u64::from(block.jitter) * 1_000_000 / u64::from(rate);
                heard.jitter = u32::try_from(micros).unwrap_or(u32::MAX);
                if let Some((_, at)) = reports.passed.filter(|(ntp, _)| *ntp == block.last_report) {
                    let since = now.saturating_duration_since(at);
                    reports.round_trip = Some(since.saturating_sub(of_units(block.since_report)));
                }
            }
            Told::Metrics(metrics) if Some(metrics.ssrc) == ours => {
                reports.heard.get_or_insert_default().metrics = Some(metrics);
            }
            Told::Hears(_) | Told::Metrics(_) => {}
        });
    }

    /// A report is about to go to the party, by the other end or by the host.
    pub(super) fn note_report(&mut self, now: Instant, report: &[u8], own: bool) {
        self.reports.told = Some((now, own));
        if let Some(ntp) = rtcp::middle_of_report(report) {
            self.reports.passed = Some((ntp, now));
        }
    }

    /// Whether the host owes the party a report: ask with each packet.
    pub fn report_is_due(&self, now: Instant) -> bool {
        let since = |at| now.saturating_duration_since(at);
        match self.reports.told {
            Some((at, true)) => since(at) >= REPORT_EVERY,
            Some((at, false)) => since(at) >= SILENCE,
            // What the host plays is reported at once, so that its clock is known.
            None => self.speaker.speaks() || since(self.opened) >= REPORT_EVERY,
        }
    }

    /// A report, when one is due. `ntp` is the time of day as a 32.32 fixed point number.
    pub fn poll_report(
        &mut self,
        now: Instant,
        ntp: u64,
        packet: &mut [u8; REPORT],
    ) -> Option<(usize, SocketAddr, Port)> {
        if !self.report_is_due(now) {
            return None;
        }
        let sends = std::mem::replace(&mut self.reports.sent, self.stats.sent) != self.stats.sent;
        let clock = self.continuity.clock(now, self.config.clock_rate());
        let sent = clock.filter(|_| sends).map(|(_, timestamp)| Sent {
            ntp,
            timestamp,
            packets: self.stats.sent as u32,
            octets: self.octets as u32,
        });
        let came = self.reports.came;
        let heard = self.reception.interval().map(|interval| ReportBlock {
            ssrc: interval.ssrc,
            fraction_lost: interval.fraction_lost,
            lost: interval.lost as i32,
            highest: interval.highest,
            jitter: interval.jitter,
            last_report: came.map_or(0, |(ntp, _)| ntp),
            since_report: came.map_or(0, |(_, at)| in_units(now.saturating_duration_since(at))),
        });
        if sent.is_none() && heard.is_none() {
            return None;
        }
        let ssrc = clock.map_or(self.speaker.ssrc, |(ssrc, _)| ssrc);
        let len = Report { ssrc, sent, heard }.write(packet.first_chunk_mut::<REPORT_LEN>()?);
        self.note_report(now, &packet[..len], true);
        self.finish_report(packet, len)
    }

    /// All that is known of its sound.
    pub fn report(&self, now: Instant) -> StreamReport {
        StreamReport {
            stats: self.stats(),
            open: now.saturating_duration_since(self.opened),
            quiet: self.last.map(|last| now.saturating_duration_since(last)),
            expected: self.config.rtp,
            from: self.rtp.current(),
            to: self.destination(),
            stranger: self.stranger,
            foreign: self.foreign,
            codec: self.spoken,
            speaks: self.config.speak.map(|speak| speak.codec),
            hears: self.config.hears,
            sends: self.config.sends,
            keys: self.guard.as_ref().map_or(KeyState::Clear, |guard| guard.keys()),
            ice: self.guard.as_ref().and_then(|guard| guard.way(Port::Rtp)).map(|way| way.is_some()),
            jitter: self.reception.jitter(),
            round_trip: self.reports.round_trip,
            heard: self.reports.heard,
        }
    }
}
