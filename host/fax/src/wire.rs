//! What host and engine say to each other: frames of a letter, a length in two octets, and so many octets.

use crate::job::{Job, Report};
use std::io::{self, Read, Write};

/// Largest frame: a report, or a packet of T.38.
const LARGEST: usize = u16::MAX as usize;

/// From the host.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum ToEngine {
    /// The first frame: be a terminal.
    Job(Job),
    /// The first frame: be a gateway between sound and T.38, with modems up to this rate in bit/s.
    Gateway(u32),
    /// 20 ms are over, in which this was heard; nothing on a line without sound. Answered by [`FromEngine::Tick`].
    Tick(Vec<i16>),
    /// A packet of T.38 (IFP) with its number.
    Packet(u16, Vec<u8>),
    /// Go on by T.38 from now on, from the beginning, at this rate in bit/s at most.
    SwitchToT38(u32),
    /// The line is cut.
    LineCut,
}

/// From the engine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum FromEngine {
    /// What is to be heard in these 20 ms; after the packets of this time.
    Tick(Vec<i16>),
    /// A packet of T.38 (IFP), to be sent so many times.
    Packet(u8, Vec<u8>),
    /// So many pages have gone over.
    Pages(u32),
    /// The fax is over, and so is the process.
    Report(Report),
}

impl ToEngine {
    pub(crate) fn write(&self, to: &mut impl Write) -> io::Result<()> {
        match self {
            Self::Job(job) => frame(to, b'J', &serde_json::to_vec(job)?),
            Self::Gateway(fastest) => frame(to, b'G', &fastest.to_le_bytes()),
            Self::Tick(samples) => frame(to, b'S', &octets(samples)),
            Self::Packet(number, ifp) => frame(to, b'P', &[&number.to_le_bytes(), ifp.as_slice()].concat()),
            Self::SwitchToT38(fastest) => frame(to, b'X', &fastest.to_le_bytes()),
            Self::LineCut => frame(to, b'E', &[]),
        }
    }

    /// The next frame; `None` at the end.
    pub(crate) fn read(from: &mut impl Read) -> io::Result<Option<Self>> {
        let Some((kind, payload)) = unframe(from)? else { return Ok(None) };
        Ok(Some(match (kind, payload.as_slice()) {
            (b'J', job) => Self::Job(serde_json::from_slice(job)?),
            (b'S', sound) => Self::Tick(samples(sound)),
            (b'P', [low, high, ifp @ ..]) => Self::Packet(u16::from_le_bytes([*low, *high]), ifp.to_vec()),
            (b'G', [a, b, c, d]) => Self::Gateway(u32::from_le_bytes([*a, *b, *c, *d])),
            (b'X', [a, b, c, d]) => Self::SwitchToT38(u32::from_le_bytes([*a, *b, *c, *d])),
            (b'E', _) => Self::LineCut,
            _ => return Err(unknown()),
        }))
    }
}

impl FromEngine {
    pub(crate) fn write(&self, to: &mut impl Write) -> io::Result<()> {
        match self {
            Self::Tick(samples) => frame(to, b's', &octets(samples)),
            Self::Packet(copies, ifp) => frame(to, b'p', &[&[*copies], ifp.as_slice()].concat()),
            Self::Pages(count) => frame(to, b'n', &count.to_le_bytes()),
            Self::Report(report) => frame(to, b'r', &serde_json::to_vec(report)?),
        }
    }

    /// The next frame; `None` at the end.
    pub(crate) fn read(from: &mut impl Read) -> io::Result<Option<Self>> {
        let Some((kind, payload)) = unframe(from)? else { return Ok(None) };
        Ok(Some(match (kind, payload.as_slice()) {
            (b's', sound) => Self::Tick(samples(sound)),
            (b'p', [copies, ifp @ ..]) => Self::Packet(*copies, ifp.to_vec()),
            (b'n', [a, b, c, d]) => Self::Pages(u32::from_le_bytes([*a, *b, *c, *d])),
            (b'r', report) => Self::Report(serde_json::from_slice(report)?),
            _ => return Err(unknown()),
        }))
    }
}

fn frame(to: &mut impl Write, kind: u8, payload: &[u8]) -> io::Result<()> {
    let length = u16::try_from(payload.len()).map_err(|_| io::Error::other("a frame of more than 65,535 octets"))?;
    let [low, high] = length.to_le_bytes();
    to.write_all(&[kind, low, high])?;
    to.write_all(payload)
}

fn unframe(from: &mut impl Read) -> io::Result<Option<(u8, Vec<u8>)>> {
    let mut head = [0; 3];
    match from.read_exact(&mut head) {
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(None),
        other => other?,
    }
    let length = usize::from(u16::from_le_bytes([head[1], head[2]])).min(LARGEST);
    let mut payload = vec![0; length];
    from.read_exact(&mut payload)?;
    Ok(Some((head[0], payload)))
}

fn octets(samples: &[i16]) -> Vec<u8> {
    samples.iter().flat_map(|sample| sample.to_le_bytes()).collect()
}

fn samples(octets: &[u8]) -> Vec<i16> {
    octets.chunks_exact(2).map(|pair| i16::from_le_bytes([pair[0], pair[1]])).collect()
}

fn unknown() -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, "a frame of no known kind")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Cause, Direction};

    #[test]
    fn every_frame_comes_over_as_it_was_and_a_cut_one_is_an_error() {
        let job =
            Job {
                direction: Direction::Send, station: "+33 1".into(), header: "Ä".into(), ecm: true, fastest: 14_400
            };
        let asked = [
            ToEngine::Job(job),
            ToEngine::Gateway(9_600),
            ToEngine::Tick(vec![-1, 2]),
            ToEngine::Packet(7, vec![9]),
            ToEngine::SwitchToT38(14_400),
        ];
        let mut octets = Vec::new();
        asked.iter().for_each(|frame| frame.write(&mut octets).unwrap());
        let mut from = octets.as_slice();
        for frame in &asked {
            assert_eq!(ToEngine::read(&mut from).unwrap().as_ref(), Some(frame));
        }
        assert_eq!(ToEngine::read(&mut from).unwrap(), None);
        let told = [
            FromEngine::Packet(3, vec![1, 2]),
            FromEngine::Pages(70_000),
            FromEngine::Report(Report::failed(Cause::Engine, "why")),
        ];
        let mut octets = Vec::new();
        told.iter().for_each(|frame| frame.write(&mut octets).unwrap());
        let mut from = octets.as_slice();
        for frame in &told {
            assert_eq!(FromEngine::read(&mut from).unwrap().as_ref(), Some(frame));
        }
        assert!(FromEngine::read(&mut &octets[..octets.len() - 1][..4]).is_err());
        assert!(FromEngine::read(&mut &b"?\0\0"[..]).is_err());
    }
}
