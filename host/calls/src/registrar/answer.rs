//! The answer to a REGISTER that was carried out.

use super::{Registrar, wish::Asked};
use crate::{calendar::Civil, exchange::now_ms};
use jackfield_sip::{IncomingRequest, Reply};
use std::{borrow::Cow, time::Instant};

/// Seconds within which a phone shall send something by a stream, and by UDP, whose way through a NAT is closed sooner
/// (RFC 5626 §4.4): what it would choose by itself at most.
const FLOW_TIMER: (u32, u32) = (120, 30);

impl Registrar {
    /// 200 with every contact and how long each has left (RFC 3261 §10.3 step 8), the Path that is kept (RFC 3327 §5.3),
    /// and what a flow is to be kept open with (RFC 5626 §6).
    pub(super) fn accepted(&self, now: Instant, number: &str, incoming: &IncomingRequest, asked: &Asked) -> Reply {
        let seal = Some(&self.seal).filter(|_| asked.gruu.is_some());
        let state = self.state();
        let bindings = state.bindings.get(number).map(Vec::as_slice).unwrap_or_default();
        let contacts = bindings.iter().map(|b| (Cow::Borrowed("Contact"), b.listed(now, seal)));
        let path = asked.path.values().iter().map(|value| (Cow::Borrowed("Path"), value.clone()));
        let mut headers: Vec<_> = contacts.chain(path).collect();
        headers.push((Cow::Borrowed("Date"), http_date(now_ms())));
        if asked.uses_outbound() {
            headers.push((Cow::Borrowed("Require"), String::from("outbound")));
            // Otherwise it is the first proxy that knows how long it waits.
            if asked.is_direct {
                let (stream, datagram) = FLOW_TIMER;
                let seconds = if incoming.flow.transport.is_reliable() { stream } else { datagram };
                headers.push((Cow::Borrowed("Flow-Timer"), seconds.to_string()));
            }
        }
        Reply { status: 200, headers, ..Reply::default() }
    }
}

/// The Date header field (RFC 3261 §20.17): RFC 1123 in GMT.
fn http_date(ms: u64) -> String {
    const DAYS: [&str; 7] = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"];
    const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let Civil { year, month, day, hour, minute, second, weekday } = Civil::of(ms);
    let (weekday, month) = (DAYS[weekday as usize % 7], MONTHS[(month as usize + 11) % 12]);
    format!("{weekday}, {day:02} {month} {year} {hour:02}:{minute:02}:{second:02} GMT")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_those_of_the_calendar() {
        assert_eq!(http_date(0), "Thu, 01 Jan 1970 00:00:00 GMT");
        assert_eq!(http_date(951_782_399_000), "Mon, 28 Feb 2000 23:59:59 GMT");
        assert_eq!(http_date(951_782_400_000), "Tue, 29 Feb 2000 00:00:00 GMT");
        assert_eq!(http_date(4_107_542_400_000), "Mon, 01 Mar 2100 00:00:00 GMT");
        assert_eq!(http_date(1_289_656_169_000), "Sat, 13 Nov 2010 13:49:29 GMT");
    }
}
