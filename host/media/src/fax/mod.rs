//! Fax by packets: UDPTL (T.38 annex D), as much of T.38's packets (IFP) as it takes to know where one ends, and the tones
//! by which fax machines are known.

mod calling;
mod end;
mod ifp;
mod tones;
mod udptl;

pub(crate) use calling::{Caller, CallingEar};
pub use end::{FaxEnd, FaxLane, lane};
pub use ifp::{Ifp, MOST_OCTETS};
pub use tones::{FaxTone, FaxTones};
pub use udptl::{LONGEST, Recovery, UdptlReceiver, UdptlSender};
