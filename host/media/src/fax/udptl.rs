//! UDPTL (T.38 annex D): a number, a packet, and those before it once more, or parity over them.
//!
//! Both ends work in room that they have from the beginning. What comes may be anything.

use super::ifp::{self, MOST_OCTETS};
use std::fmt;

/// Longest datagram that is made: it stays whole in an Ethernet frame.
pub const LONGEST: usize = 1_400;
/// Packets that are remembered, on either side.
const MEMORY: usize = 16;
/// Packets that one datagram may bring again.
const MOST_AGAIN: usize = 15;
/// A number that is so far ahead begins anew.
const GAP: u16 = 1_000;

/// How lost datagrams are made up for (the value of `T38FaxUdpEC`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Recovery {
    /// Not at all.
    None,
    /// So many packets come again in each datagram.
    Redundancy(u8),
    /// Parity over the last three.
    Fec,
}

impl Recovery {
    /// Its name in SDP (T.38 annex D.2.3).
    pub fn name(self) -> &'static str {
        match self {
            Self::None => "t38UDPNoEC",
            Self::Redundancy(_) => "t38UDPRedundancy",
            Self::Fec => "t38UDPFEC",
        }
    }

    /// The one of that name.
    pub fn of_name(name: &str) -> Option<Self> {
        let all = [Self::None, Self::Redundancy(3), Self::Fec];
        all.into_iter().find(|known| known.name().eq_ignore_ascii_case(name))
    }
}

/// Packets over which parity is made.
const SPAN: u16 = 3;

#[derive(Clone, Copy)]
struct Kept {
    /// `None`: nothing is kept here.
    number: Option<u16>,
    length: usize,
    octets: [u8; MOST_OCTETS],
}

/// The last packets, by their numbers.
struct Memory([Kept; MEMORY]);

impl Memory {
    fn new() -> Box<Self> {
        Box::new(Self([Kept { number: None, length: 0, octets: [0; MOST_OCTETS] }; MEMORY]))
    }

    fn put(&mut self, number: u16, packet: &[u8]) {
        let kept = &mut self.0[usize::from(number) % MEMORY];
        kept.number = Some(number);
        kept.length = packet.len();
        kept.octets[..packet.len()].copy_from_slice(packet);
    }

    fn of(&self, number: u16) -> Option<&[u8]> {
        let kept = &self.0[usize::from(number) % MEMORY];
        (kept.number == Some(number)).then(|| &kept.octets[..kept.length])
    }
}

impl fmt::Debug for Memory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Memory")
    }
}

/// Makes datagrams of packets.
#[derive(Debug)]
pub struct UdptlSender {
    recovery: Recovery,
    /// Longest datagram that is repeated or mended in.
    longest: usize,
    next: u16,
    sent: Box<Memory>,
}

impl UdptlSender {
    /// One that makes up for losses like this, in datagrams of at most so many octets (`T38FaxMaxDatagram`): what does not fit
    /// is left out. A packet that is longer by itself goes all the same, since without it there is no fax.
    pub fn new(recovery: Recovery, longest: usize) -> Self {
        Self { recovery, longest: longest.min(LONGEST), next: 0, sent: Memory::new() }
    }

    /// The datagram for a packet; how long it is. `None` when the packet is longer than any.
    pub fn datagram(&mut self, ifp: &[u8], out: &mut [u8; LONGEST]) -> Option<usize> {
        if ifp.is_empty() || ifp.len() > MOST_OCTETS {
            return None;
        }
        let number = self.next;
        self.next = number.wrapping_add(1);
        out[..2].copy_from_slice(&number.to_be_bytes());
        let mut at = push(out, 2, ifp)?;
        match self.recovery {
            Recovery::None => at = end_with(out, at, &[0, 0])?,
            Recovery::Redundancy(most) => {
                let count = at + 1;
                at = end_with(out, at, &[0, 0])?;
                for back in 1..=u16::from(most).min(MOST_AGAIN as u16) {
                    let Some(before) = self.sent.of(number.wrapping_sub(back)) else { break };
                    let Some(end) = push(out, at, before).filter(|end| *end <= self.longest) else { break };
                    (at, out[count]) = (end, back as u8);
                }
            }
            Recovery::Fec => {
                let mut parity = [0; MOST_OCTETS];
                let (mut longest, mut covered) = (0, 0);
                for before in (1..=SPAN).filter_map(|back| self.sent.of(number.wrapping_sub(back))) {
                    parity.iter_mut().zip(before).for_each(|(sum, octet)| *sum ^= octet);
                    (longest, covered) = (longest.max(before.len()), covered + 1);
                }
                // Parity, a number of one octet: the span; then so many entries.
                let entries = at + 3;
                at = end_with(out, at, &[0x80, 1, SPAN as u8, 0])?;
                let whole = covered == SPAN;
                if let Some(end) = push(out, at, &parity[..longest]).filter(|end| whole && *end <= self.longest) {
                    (at, out[entries]) = (end, 1);
                }
            }
        }
        self.sent.put(number, ifp);
        Some(at)
    }
}

/// Octets with their length before them (X.691 §10.9); where they end, if there is room.
fn push(out: &mut [u8; LONGEST], at: usize, octets: &[u8]) -> Option<usize> {
    let length = octets.len();
    let at = if length < 0x80 {
        end_with(out, at, &[length as u8])?
    } else {
        end_with(out, at, &(0x8000 | length as u16).to_be_bytes())?
    };
    end_with(out, at, octets)
}

fn end_with(out: &mut [u8; LONGEST], at: usize, octets: &[u8]) -> Option<usize> {
    out.get_mut(at..at + octets.len())?.copy_from_slice(octets);
    Some(at + octets.len())
}

/// Takes packets out of datagrams: each once, in their order, those that were lost made up for where that is possible.
#[derive(Debug)]
pub struct UdptlReceiver {
    /// The number that is expected next; none before the first.
    next: Option<u16>,
    seen: Box<Memory>,
}

impl Default for UdptlReceiver {
    fn default() -> Self {
        Self { next: None, seen: Memory::new() }
    }
}

impl UdptlReceiver {
    /// Take a datagram and `give` its packets with their numbers; false when it is none of UDPTL.
    pub fn take(&mut self, datagram: &[u8], mut give: impl FnMut(u16, &[u8])) -> bool {
        let mut reader = Reader(datagram);
        let (Some(number), Some(primary)) = (reader.short(), reader.field()) else { return false };
        if primary.is_empty() || primary.len() > MOST_OCTETS {
            return false;
        }
        let mut again: [&[u8]; MOST_AGAIN] = [&[]; MOST_AGAIN];
        let mut count = 0;
        match reader.octet() {
            Some(kind) if kind & 0x80 == 0 => {
                let named = reader.octet().unwrap_or(0);
                for place in again.iter_mut().take(usize::from(named)) {
                    let Some(packet) = reader.field().filter(|packet| packet.len() <= MOST_OCTETS) else { break };
                    *place = packet;
                    count += 1;
                }
            }
            Some(_) => self.mend(number, &mut reader),
            None => {}
        }
        // What was sent before anybody listened comes again with the first that is heard.
        let expected = self.next.unwrap_or_else(|| number.saturating_sub(count as u16));
        let ahead = number.wrapping_sub(expected);
        if (ahead as i16) < 0 && ahead.wrapping_neg() < GAP {
            // It was overtaken by one that had it already, or is too late.
            return true;
        }
        if ahead < GAP {
            // What was lost meanwhile: the oldest first.
            for back in (1..=ahead.min(MEMORY as u16)).rev() {
                let lost = number.wrapping_sub(back);
                let repeated = again[..count].get(usize::from(back) - 1).filter(|packet| !packet.is_empty());
                if let Some(packet) = repeated.copied().or_else(|| self.seen.of(lost)) {
                    give(lost, packet);
                }
                if let Some(packet) = repeated {
                    self.seen.put(lost, packet);
                }
            }
        }
        give(number, primary);
        self.seen.put(number, primary);
        self.next = Some(number.wrapping_add(1));
        true
    }

    /// Make the packets of which all others of their parity are there.
    fn mend(&mut self, number: u16, reader: &mut Reader<'_>) {
        // The span, as a number with its length.
        let (Some(1), Some(span), Some(entries)) = (reader.octet(), reader.octet(), reader.octet()) else { return };
        let (span, entries) = (u16::from(span), u16::from(entries));
        if span == 0 || entries == 0 || usize::from(span) * usize::from(entries) > MEMORY {
            return;
        }
        for entry in 0..entries {
            let Some(parity) = reader.field().filter(|parity| parity.len() <= MOST_OCTETS) else { return };
            // Entries take turns: each covers every so-manieth packet before this one.
            let covered =
                (0..span).map(|step| number.wrapping_sub(span * entries).wrapping_add(entry + step * entries));
            let mut lost = covered.clone().filter(|one| self.seen.of(*one).is_none());
            let (Some(one), None) = (lost.next(), lost.next()) else { continue };
            let mut mended = [0; MOST_OCTETS];
            mended[..parity.len()].copy_from_slice(parity);
            for before in covered.filter_map(|other| self.seen.of(other)) {
                mended.iter_mut().zip(before).for_each(|(sum, octet)| *sum ^= octet);
            }
            if let Some(length) = ifp::length(&mended[..parity.len()]) {
                self.seen.put(one, &mended[..length]);
            }
        }
    }
}

struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    fn octet(&mut self) -> Option<u8> {
        let (first, rest) = self.0.split_first()?;
        self.0 = rest;
        Some(*first)
    }

    fn short(&mut self) -> Option<u16> {
        Some(u16::from_be_bytes([self.octet()?, self.octet()?]))
    }

    /// Octets with their length before them; pieces of 16,384 and more are nothing that a datagram holds.
    fn field(&mut self) -> Option<&'a [u8]> {
        let first = self.octet()?;
        let length = match first {
            0..0x80 => usize::from(first),
            0x80..0xc0 => usize::from(first & 0x3f) << 8 | usize::from(self.octet()?),
            _ => return None,
        };
        let (field, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        Some(field)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Packets that are well-formed, each another: one field of so many octets.
    fn packet(number: u16) -> Vec<u8> {
        let octets = 3 + number % 170;
        let mut packet = vec![0xc0, 1, 0x80];
        packet.extend((octets - 1).to_be_bytes());
        packet.extend((0..octets).map(|at| (at * 7 + number) as u8));
        packet
    }

    /// What comes of so many packets when these datagrams are lost.
    fn carried(recovery: Recovery, count: u16, lost: impl Fn(u16) -> bool) -> Vec<(u16, Vec<u8>)> {
        let (mut sender, mut receiver) = (UdptlSender::new(recovery, LONGEST), UdptlReceiver::default());
        let mut came = Vec::new();
        for number in 0..count {
            let mut datagram = [0; LONGEST];
            let length = sender.datagram(&packet(number), &mut datagram).unwrap();
            if !lost(number) {
                assert!(receiver.take(&datagram[..length], |number, ifp| came.push((number, ifp.to_vec()))));
            }
        }
        came
    }

    fn whole(came: &[(u16, Vec<u8>)], count: u16) -> bool {
        came.len() == usize::from(count)
            && came.iter().zip(0..).all(|((number, ifp), expected)| *number == expected && *ifp == packet(expected))
    }

    #[test]
    fn with_repetition_three_in_a_row_may_be_lost_and_with_parity_one_in_three() {
        assert!(whole(&carried(Recovery::None, 500, |_| false), 500));
        assert!(whole(&carried(Recovery::Redundancy(3), 500, |number| number % 5 > 1 && number < 498), 500));
        assert!(whole(&carried(Recovery::Fec, 500, |number| number % 4 == 2 && number < 496), 500));
        let came = carried(Recovery::None, 10, |number| number == 4);
        assert_eq!(came.iter().map(|(number, _)| *number).collect::<Vec<_>>(), [0, 1, 2, 3, 5, 6, 7, 8, 9]);
    }

    #[test]
    fn what_comes_twice_or_late_is_given_once_and_numbers_go_round() {
        let (mut sender, mut receiver) = (UdptlSender::new(Recovery::Redundancy(2), LONGEST), UdptlReceiver::default());
        sender.next = u16::MAX - 2;
        let mut datagrams = Vec::new();
        for number in 0..6 {
            let mut datagram = [0; LONGEST];
            let length = sender.datagram(&packet(number), &mut datagram).unwrap();
            datagrams.push(datagram[..length].to_vec());
        }
        let mut came = Vec::new();
        for index in [0, 0, 2, 1, 3, 5, 4] {
            assert!(receiver.take(&datagrams[index], |_, ifp| came.push(ifp.to_vec())));
        }
        let expected: Vec<_> = (0..6).map(packet).collect();
        assert_eq!(came, expected);
    }

    #[test]
    fn the_bytes_are_those_of_annex_d() {
        let mut sender = UdptlSender::new(Recovery::Redundancy(1), LONGEST);
        let mut out = [0; LONGEST];
        let length = sender.datagram(&[0x02], &mut out).unwrap();
        assert_eq!(&out[..length], [0, 0, 1, 2, 0, 0]);
        let length = sender.datagram(&[0x04], &mut out).unwrap();
        assert_eq!(&out[..length], [0, 1, 1, 4, 0, 1, 1, 2]);
        assert_eq!(sender.datagram(&[0; MOST_OCTETS + 1], &mut out), None);
    }

    #[test]
    fn the_first_that_is_heard_brings_those_before_it() {
        let came = carried(Recovery::Redundancy(3), 20, |number| number < 3);
        assert!(whole(&came, 20), "{came:?}");
    }

    #[test]
    fn a_party_that_takes_short_datagrams_only_gets_what_fits() {
        for recovery in [Recovery::Redundancy(3), Recovery::Fec] {
            let mut sender = UdptlSender::new(recovery, 72);
            let mut receiver = UdptlReceiver::default();
            for number in 0..40 {
                let mut out = [0; LONGEST];
                let packet = vec![number; if number == 30 { 200 } else { 20 }];
                let length = sender.datagram(&packet, &mut out).unwrap();
                assert!(length <= 72 || number == 30, "{length} octets");
                let mut came = Vec::new();
                assert!(receiver.take(&out[..length], |_, ifp| came.push(ifp.to_vec())));
                assert_eq!(came, [packet]);
            }
        }
    }

    #[test]
    fn parity_that_takes_turns_mends_a_burst() {
        // Three entries over three each, as others send it: each covers every third packet before this one.
        let mut receiver = UdptlReceiver::default();
        let mut came = Vec::new();
        let ifp = |number: u16| vec![0xc0, 1, 0x80, 0, 1, number as u8, 0x5a];
        for number in 0..40_u16 {
            let mut datagram = [&number.to_be_bytes()[..], &[7], &ifp(number), &[0x80, 1, 3]].concat();
            datagram.push(if number < 9 { 0 } else { 3 });
            for entry in (0..3).filter(|_| number >= 9) {
                let covered = (0..3).map(|step| ifp(number - 9 + entry + 3 * step));
                let parity = covered.fold([0; 7], |sum, one| std::array::from_fn(|at| sum[at] ^ one[at]));
                datagram.push(7);
                datagram.extend(parity);
            }
            if !(20..23).contains(&number) {
                assert!(receiver.take(&datagram, |number, ifp| came.push((number, ifp.to_vec()))));
            }
        }
        let expected: Vec<_> = (0..40).map(|number| (number, ifp(number))).collect();
        assert_eq!(came, expected);
    }

    proptest::proptest! {
        #[test]
        fn nothing_that_comes_makes_it_panic_or_give_what_is_no_packet(
            datagrams in proptest::collection::vec(proptest::collection::vec(proptest::num::u8::ANY, 0..80), 0..60),
        ) {
            let mut receiver = UdptlReceiver::default();
            for datagram in &datagrams {
                let mut given = 0;
                receiver.take(datagram, |_, ifp| {
                    assert!((1..=MOST_OCTETS).contains(&ifp.len()));
                    given += 1;
                });
                assert!(given <= MEMORY + 1, "one datagram brings no flood");
            }
        }

        #[test]
        fn what_was_changed_under_way_does_not_make_it_panic(
            places in proptest::collection::vec((0..400_usize, proptest::num::u8::ANY), 1..40),
            parity in proptest::bool::ANY,
        ) {
            let recovery = if parity { Recovery::Fec } else { Recovery::Redundancy(3) };
            let (mut sender, mut receiver) = (UdptlSender::new(recovery, LONGEST), UdptlReceiver::default());
            for (number, (place, octet)) in (0..).zip(places) {
                let mut datagram = [0; LONGEST];
                let length = sender.datagram(&packet(number), &mut datagram).unwrap();
                datagram[place % length] ^= octet;
                receiver.take(&datagram[..length], |_, ifp| assert!(ifp.len() <= MOST_OCTETS));
            }
        }
    }
}
