//! Packets of T.38 (Internet Fax Packet, T.38 §7), and how long one is: what was recovered by parity has zeros behind it.

/// Longest packet that is carried, in octets: more than any fax terminal makes.
pub const MOST_OCTETS: usize = 512;

/// A packet in room of its own, so that it can wait in a channel without being allocated.
#[derive(Clone, Debug)]
pub struct Ifp {
    /// Its number in UDPTL.
    pub number: u16,
    length: u16,
    octets: [u8; MOST_OCTETS],
}

impl Ifp {
    /// One of 1 to [`MOST_OCTETS`] octets; `None` for others.
    pub fn new(number: u16, packet: &[u8]) -> Option<Self> {
        let mut octets = [0; MOST_OCTETS];
        octets.get_mut(..packet.len()).filter(|_| !packet.is_empty())?.copy_from_slice(packet);
        Some(Self { number, length: packet.len() as u16, octets })
    }

    /// What is in it.
    pub fn octets(&self) -> &[u8] {
        &self.octets[..usize::from(self.length)]
    }
}

/// How many octets a packet of T.38 version 0 takes by what is in it; `None` when it is cut or is none. The host speaks
/// version 0 wherever it is an end point.
pub(super) fn length(packet: &[u8]) -> Option<usize> {
    let head = *packet.first()?;
    // Whether there are data fields, and whether its type is one that was added later, with an octet more.
    let (fields, extended) = (head & 0x80 != 0, head & 0x20 != 0);
    let mut at = if extended { 2 } else { 1 };
    if fields {
        let count = *packet.get(at)?;
        at += 1;
        // A field without octets takes half an octet; octets begin at a whole one.
        let mut half = false;
        for _ in 0..count {
            let octet = *packet.get(at)?;
            let field = if half { octet << 4 } else { octet };
            if field & 0x80 == 0 {
                at += usize::from(half);
                half = !half;
                continue;
            }
            half = false;
            // Their number less one.
            let [high, low] = *packet.get(at + 1..at + 3)?.first_chunk()?;
            at += 3 + usize::from(u16::from_be_bytes([high, low])) + 1;
        }
        at += usize::from(half);
    }
    (at <= packet.len()).then_some(at)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn packets_are_as_long_as_they_say() {
        assert_eq!(length(&[0x02]), Some(1), "an indicator");
        assert_eq!(length(&[0x02, 0, 0]), Some(1));
        // One HDLC field of two octets, then its end without any.
        assert_eq!(length(&[0xc0, 2, 0x80, 0, 1, 0xff, 0x03, 0x20, 0, 0]), Some(8));
        // Two without any share an octet.
        assert_eq!(length(&[0xc0, 2, 0x26, 0, 0]), Some(3));
        assert_eq!(length(&[0xc0, 3, 0x2a, 0, 0, 7, 0x20, 0]), Some(7));
        assert_eq!(length(&[0xc0, 1, 0x80, 0, 9, 0xff]), None, "cut");
        assert_eq!(length(&[]), None);
    }
}
