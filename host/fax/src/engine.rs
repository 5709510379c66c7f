//! The process of one fax: what it is told on its input, and what it tells on its output.
//!
//! It keeps no time of its own: each tick of the host's is 20 ms. So two of them joined in memory send a fax as fast as
//! the machine computes.

mod spandsp;

use crate::{
    FRAME,
    job::{Cause, Direction, Job, LONGEST_STATION, Report},
    wire::{FromEngine, ToEngine},
};
use nix::sys::resource::{Resource, setrlimit};
use spandsp::{Gateway, SpanDsp, Terminal};
use std::{
    io::{self, BufReader, BufWriter, Read, Write},
    path::Path,
};

/// The document, in the folder in which the process is started.
pub(crate) const DOCUMENT: &str = "document.tif";
/// Sound that still goes out when T.30 is over, in ticks.
const AFTERWARDS: u32 = 25;
/// Memory, processor time, size of the document, and open files.
const LIMITS: [(Resource, u64); 5] = [
    (Resource::RLIMIT_AS, 4 << 30),
    (Resource::RLIMIT_CPU, 1_800),
    (Resource::RLIMIT_FSIZE, 256 << 20),
    (Resource::RLIMIT_NOFILE, 32),
    (Resource::RLIMIT_CORE, 0),
];

/// Be the engine of one fax: read what is to be done from the standard input, tell on the standard output, work in the
/// current folder. Comes back when the fax is over.
///
/// # Errors
/// When whoever started it is gone, or does not speak the same language.
pub fn run() -> io::Result<()> {
    for (resource, limit) in LIMITS {
        setrlimit(resource, limit, limit)?;
    }
    let mut from = BufReader::new(io::stdin().lock());
    let mut to = BufWriter::new(io::stdout().lock());
    let report = conduct(&mut from, &mut to)?;
    FromEngine::Report(report).write(&mut to)?;
    to.flush()
}

fn conduct(from: &mut impl Read, to: &mut impl Write) -> io::Result<Report> {
    let first = ToEngine::read(from)?;
    let library = match SpanDsp::load() {
        Ok(library) => library,
        Err(why) => return Ok(Report::failed(Cause::Engine, why)),
    };
    match first {
        Some(ToEngine::Job(job)) => carry(&library, job, from, to),
        Some(ToEngine::Gateway(fastest)) => match library.gateway(fastest) {
            Ok(gateway) => translate(gateway, from, to),
            Err(why) => Ok(Report::failed(Cause::Engine, why)),
        },
        _ => Err(io::Error::new(io::ErrorKind::InvalidData, "the first frame says neither terminal nor gateway")),
    }
}

/// Be a terminal.
fn carry(library: &SpanDsp, mut job: Job, from: &mut impl Read, to: &mut impl Write) -> io::Result<Report> {
    job.station =
        job.station.chars().filter(|c| c.is_ascii_digit() || "+ ".contains(*c)).take(LONGEST_STATION).collect();
    let mut terminal = match library.terminal(&job, Path::new(DOCUMENT), false) {
        Ok(terminal) => terminal,
        Err(why) => return Ok(Report::failed(Cause::Engine, why)),
    };
    let (mut pages, mut afterwards) = (0, AFTERWARDS);
    while let Some(frame) = ToEngine::read(from)? {
        match frame {
            ToEngine::Tick(heard) => {
                let said = terminal.tick(heard, FRAME);
                if terminal.pages() != pages {
                    pages = terminal.pages();
                    FromEngine::Pages(pages).write(to)?;
                }
                tell(to, terminal.take_packets(), said)?;
                if terminal.is_over() {
                    afterwards -= 1;
                }
                if afterwards == 0 {
                    break;
                }
            }
            ToEngine::Packet(number, ifp) => terminal.packet(number, &ifp),
            // Once pages have gone over as sound there is no other way for the rest of them.
            ToEngine::SwitchToT38(fastest) if !terminal.is_t38() && pages == 0 => {
                job.fastest = job.fastest.min(fastest);
                match library.terminal(&job, Path::new(DOCUMENT), true) {
                    Ok(other) => terminal = other,
                    Err(why) => return Ok(Report::failed(Cause::Engine, why)),
                }
            }
            ToEngine::LineCut => break,
            ToEngine::SwitchToT38(_) | ToEngine::Job(_) | ToEngine::Gateway(_) => {}
        }
    }
    if !terminal.is_over() {
        terminal.cut();
    }
    Ok(report(library, &job, &terminal))
}

/// Be a gateway, until the line is cut: the two machines know when they are done.
fn translate(mut gateway: Gateway<'_>, from: &mut impl Read, to: &mut impl Write) -> io::Result<Report> {
    while let Some(frame) = ToEngine::read(from)? {
        match frame {
            ToEngine::Tick(heard) => {
                let said = gateway.tick(heard, FRAME);
                tell(to, gateway.take_packets(), said)?;
            }
            ToEngine::Packet(number, ifp) => gateway.packet(number, &ifp),
            ToEngine::LineCut => break,
            ToEngine::SwitchToT38(_) | ToEngine::Job(_) | ToEngine::Gateway(_) => {}
        }
    }
    let transferred = gateway.transferred();
    let count = |count: i32| u32::try_from(count).unwrap_or(0);
    let pages = count(transferred.pages);
    let cause = if pages > 0 { Cause::Complete } else { Cause::NoFax };
    let (bit_rate, ecm) = (count(transferred.bit_rate), transferred.ecm != 0);
    Ok(Report { pages, bit_rate, ecm, t38: true, ..Report::failed(cause, "the two machines have the outcome") })
}

/// What a tick has brought.
fn tell(to: &mut impl Write, packets: Vec<(u8, Vec<u8>)>, said: Vec<i16>) -> io::Result<()> {
    for (copies, ifp) in packets {
        FromEngine::Packet(copies, ifp).write(to)?;
    }
    FromEngine::Tick(said).write(to)?;
    to.flush()
}

fn report(library: &SpanDsp, job: &Job, terminal: &Terminal<'_>) -> Report {
    let statistics = terminal.statistics();
    let count = |count: i32| u32::try_from(count).unwrap_or(0);
    let pages = count(match job.direction {
        Direction::Receive => statistics.pages_received,
        Direction::Send => statistics.pages_sent,
    });
    let completion = terminal.completion().unwrap_or(CALL_DROPPED);
    let ecm = statistics.ecm != 0;
    Report {
        cause: cause(completion),
        explanation: library.explain(completion),
        pages,
        station: terminal.station(),
        bit_rate: if pages > 0 { count(statistics.bit_rate) } else { 0 },
        ecm: ecm && pages > 0,
        t38: terminal.is_t38(),
        errors: count(if ecm { statistics.ecm_retries } else { statistics.bad_rows }),
    }
}

/// `T30_ERR_CALLDROPPED`.
const CALL_DROPPED: i32 = 49;

/// What a completion code (`T30_ERR_*` of SpanDSP's `t30.h`) comes to.
fn cause(completion: i32) -> Cause {
    match completion {
        0 => Cause::Complete,
        // CEDTONE, T0, T1; GOTDCN and NODIS where a fax was expected to say what it can.
        1..=3 | 17 | 19 => Cause::NoFax,
        // CANNOT_TRAIN; BADDCS, PHBDEAD.
        6 | 14 | 20 => Cause::NotTrained,
        // INCOMPATIBLE to NOSIZESUPPORT.
        8..=12 => Cause::Incompatible,
        // BADPG; DCN where a page was expected, to DCNNORTN; RETRYDCN.
        15 | 35..=40 | 48 => Cause::Refused,
        41..=47 => Cause::Document,
        CALL_DROPPED => Cause::LineDropped,
        _ => Cause::Protocol,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn completion_codes_are_told_apart_by_what_is_to_be_done_about_them() {
        let said = [(0, Cause::Complete), (3, Cause::NoFax), (6, Cause::NotTrained), (12, Cause::Incompatible)];
        for (code, expected) in said {
            assert_eq!(cause(code), expected, "{code}");
        }
        assert_eq!((cause(41), cause(49), cause(48)), (Cause::Document, Cause::LineDropped, Cause::Refused));
        assert_eq!((cause(13), cause(-1), cause(1_000)), (Cause::Protocol, Cause::Protocol, Cause::Protocol));
    }
}
